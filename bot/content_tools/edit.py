"""Writing content files: few lines at a time, comments and order kept, and whole or not at all."""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import uuid4

from bot.content_tools.load.yaml_tree import Node, guessed

_PLAIN = re.compile(r"[^\W\d_][^\n\t:#\[\]{},&*!|>'\"%@`]*", re.UNICODE)

ONE_LINE = 80
"""Characters; a longer text becomes a block."""
WIDTH = 112

# What YAML refuses or takes for a line break; inside quotation marks it may stand as an escape.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class EditError(ValueError):
    """An edit that cannot be made: one sentence for the person who asked for it."""


def write_whole(path: Path, text: str) -> None:
    """Replace a file in one step, so that a reader sees the old text or the new one and nothing between.

    Raises:
        OSError: the file cannot be written; it is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f".{path.name}.{uuid4().hex}"
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def quoted(text: str) -> str:
    """A text as one YAML scalar on one line; quotation marks only where they are needed."""
    if _PLAIN.fullmatch(text) and text.isprintable() and not guessed(text) and text == text.strip():
        return text
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", json.dumps(text, ensure_ascii=False))


def block(key: str, text: str, indent: int = 0) -> list[str]:
    """`key: text` as lines: on one line where it fits, else folded, or literal where its line breaks count."""
    pad = " " * indent
    parts = text.split("\n")
    whole = all(part.isprintable() and part == part.rstrip() for part in parts)
    if not (len(text) > ONE_LINE or len(parts) > 1) or not whole or not parts[-1] or parts[0][:1] in ("", " "):
        return [f"{pad}{key}: {quoted(text)}"]
    folded = textwrap.wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    if len(parts) == 1 and " ".join(folded) == text:
        return [f"{pad}{key}: >-", *(f"{pad}  {part}" for part in folded)]
    return [f"{pad}{key}: |-", *(f"{pad}  {part}" if part else "" for part in parts)]


def replaced(lines: Sequence[str], changes: Iterable[tuple[int, int, Sequence[str]]]) -> list[str]:
    """Lines with some ranges exchanged: (first line from 1, last line, new lines); last < first inserts before first."""
    result = list(lines)
    for first, last, new in sorted(changes, key=lambda change: change[0], reverse=True):
        result[first - 1 : max(last, first - 1)] = new
    return result


def last_line(key: Node, value: Node, lines: Sequence[str]) -> int:
    """The last line of a key's value, without the empty lines and comments that follow it."""
    last = min(max(value.end_line, key.line), len(lines))
    while last > key.line:
        line = lines[last - 1]
        comment = line.lstrip().startswith("#") and len(line) - len(line.lstrip()) < key.column
        if line.strip() and not comment:
            break
        last -= 1
    return last


def entry(root: Node, listed: str, id_: str) -> tuple[int, Node] | None:
    """Position and node of the entry with an id in a list file such as contacts.yaml."""
    found = root.at((listed,))
    for position, node in enumerate(found.value if isinstance(found.value, list) else ()):
        if node.at(("id",)).value == id_:
            return position, node
    return None


def set_keys(lines: Sequence[str], node: Node, values: Iterable[tuple[str, str]], *, after: str) -> list[str]:
    """Give keys of one mapping new one-line texts; keys that it lacks are added below the key `after`.

    Takes and gives the file's lines. Every other line stays as it is.
    """
    if not isinstance(node.value, dict):
        raise EditError("the entry holds no keys")
    result: list[str | None] = list(lines)
    added: list[str] = []
    indent = " " * (next(iter(node.value.values()))[0].column - 1)
    for key, text in values:
        if key not in node.value:
            added.append(f"{indent}{key}: {quoted(text)}")
            continue
        name, value = node.value[key]
        prefix = lines[name.line - 1][: name.column - 1]
        result[name.line - 1] = f"{prefix}{key}: {quoted(text)}"
        for number in range(name.line, value.end_line):
            result[number] = None
    anchor = node.value[after][1].end_line
    head = [line for line in result[:anchor] if line is not None]
    return [*head, *added, *(line for line in result[anchor:] if line is not None)]
