"""Writing content files: comments, order and every line that is not edited kept, and whole or not at all.

Reading stays with `load/yaml_tree`: it is faster and knows lines. Here ruamel.yaml keeps a file byte for byte through
load and dump (tests/test_edit.py tries it on all content), so that an edit changes the lines it means and no others.
"""

from __future__ import annotations

import io
import os
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import CommentMark, YAMLError
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    PlainScalarString,
)
from ruamel.yaml.tokens import CommentToken

from bot.content_tools.load.yaml_tree import guessed

ONE_LINE = 80
"""Characters; a longer text becomes a block."""
WIDTH = 112
INDENT = 2

_PLAIN = re.compile(r"[^\W\d_][^\n\t:#\[\]{},&*!|>'\"%@`]*", re.UNICODE)
_AFTER_VALUE = 2
"""Where ruamel.yaml keeps the comment that follows the value of a key."""


class EditError(ValueError):
    """An edit that cannot be made: one sentence for the person who asked for it."""


class _Texts(VersionedResolver):
    """Every plain scalar is a text, as everywhere in this program."""

    @property
    def versioned_resolver(self) -> dict[str, Any]:
        return {}


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Resolver = _Texts
    yaml.width = sys.maxsize
    yaml.indent(mapping=INDENT, sequence=INDENT * 2, offset=INDENT)
    yaml.preserve_quotes = True
    return yaml


def opened(text: str) -> Any:
    """A file's text as maps and lists that remember how they were written; an empty map for an empty file.

    Raises:
        EditError: the text is no YAML.
    """
    try:
        root = _yaml().load(text)
    except (YAMLError, ValueError) as error:
        raise EditError(f"the file cannot be read ({type(error).__name__}). Run: tabayyan check") from None
    return CommentedMap() if root is None else root


def written(root: Any) -> str:
    """Maps and lists as the text of a file."""
    text = io.StringIO()
    _yaml().dump(root, text)
    return text.getvalue()


def scalar(text: str, column: int = 0) -> str:
    """A text in the form in which it is best read: plain, quoted, folded, or literal where its line breaks count.

    `column` is where its key stands, in characters from 0.
    """
    parts = text.split("\n")
    whole = all(part.isprintable() and part == part.rstrip() for part in parts)
    if not (len(text) > ONE_LINE or len(parts) > 1) or not whole or not parts[-1] or parts[0][:1] in ("", " "):
        return line_scalar(text)
    folded = textwrap.wrap(text, WIDTH - column, break_long_words=False, break_on_hyphens=False)
    if len(parts) > 1 or " ".join(folded) != text:
        literal: str = LiteralScalarString(text)
        return literal
    block: Any = FoldedScalarString(text)
    ends = [sum(len(line) + 1 for line in folded[:count]) - 1 for count in range(1, len(folded))]
    block.fold_pos = ends
    made: str = block
    return made


def line_scalar(text: str) -> str:
    """A text on one line; quotation marks only where they are needed."""
    if _PLAIN.fullmatch(text) and text.isprintable() and not guessed(text) and text == text.strip():
        plain: str = PlainScalarString(text)
        return plain
    return quoted_scalar(text)


def quoted_scalar(text: str) -> str:
    """A text in quotation marks, wherever it stands."""
    made: str = DoubleQuotedScalarString(text)
    return made


def mapping(values: Mapping[str, Any], *, flow: bool = False) -> CommentedMap:
    """A map to put into a file; with `flow` in braces on one line."""
    made = CommentedMap(values)
    if flow:
        made.fa.set_flow_style()
    return made


def listing(values: Iterable[Any], *, flow: bool = False) -> CommentedSeq:
    """A list to put into a file; with `flow` in brackets on one line, as an empty one always is."""
    made = CommentedSeq(values)
    if flow or not made:
        made.fa.set_flow_style()
    return made


def set_text(owner: CommentedMap, key: str, text: str, *, before: str | None = None, after: str | None = None) -> None:
    """Give a key a text; one that is missing is added before or after another, else at the end."""
    value = scalar(text, owner.lc.col or 0)
    if key in owner:
        replace(owner, key, value)
        return
    keys = list(owner)
    if before in keys:
        owner.insert(keys.index(before), key, value)
    elif after in keys:
        owner.insert(keys.index(after) + 1, key, value)
    else:
        add_key(owner, key, value)


def replace(owner: CommentedMap, key: str, value: Any) -> None:
    """Exchange the value of a key; what follows it stays."""
    if _is_block(value) and _comment_on_line(owner, key):
        value = line_scalar(str(value))  # a comment beside the text has no place beside a block
    tail = _taken_tail(owner, key)
    owner[key] = value
    if tail is not None:
        _set_tail(owner, key, tail)


def _is_block(value: Any) -> bool:
    return isinstance(value, (FoldedScalarString, LiteralScalarString))


def _comment_on_line(owner: CommentedMap, key: str) -> bool:
    kept = owner.ca.items.get(key)
    token = kept[_AFTER_VALUE] if kept else None
    return token is not None and bool(token.value.partition("\n")[0].strip())


def add_key(owner: CommentedMap, key: str, value: Any) -> None:
    """Add a key at the end of a map, above the empty lines and comments that follow its last one."""
    keys = list(owner)
    tail = _taken_tail(owner, keys[-1]) if keys else None
    owner[key] = value
    if tail is not None:
        _set_tail(owner, key, tail)


def add_entry(owner: CommentedSeq, value: Any, *, after: int | None = None) -> None:
    """Add an entry at the end of a list or after a position, above the empty lines and comments that follow there."""
    place = len(owner) - 1 if after is None else after
    if place < 0:
        owner.fa.set_block_style()
        owner.append(value)
        return
    tail = _taken_tail(owner, place)
    owner.insert(place + 1, value)
    if tail is not None:
        _set_tail(owner, place + 1, tail)


def drop_entry(owner: CommentedSeq, position: int) -> None:
    """Take an entry out of a list; what follows the last one stays below the list."""
    tail = _taken_tail(owner, position) if position == len(owner) - 1 and position > 0 else None
    del owner[position]
    if tail is not None:
        _set_tail(owner, position - 1, tail)


def _taken_tail(owner: Any, key: Any) -> str | None:
    """Take away the empty lines and comments that follow a value; a comment beside it stays.

    The text begins with the end of the value's own line.
    """
    value = owner[key]
    if _goes_on_below(value):
        return _taken_tail(value, _last_of(value))
    kept = owner.ca.items.get(key)
    index = _AFTER_VALUE if isinstance(owner, CommentedMap) else 0
    token = kept[index] if kept else None
    if token is None:
        return None
    if _is_block(value):
        kept[index] = None
        return f"\n{token.value}"
    head, _, rest = token.value.partition("\n")
    if not rest:
        return None
    if head.strip():
        token.value = head + "\n"
    else:
        kept[index] = None
    return f"\n{rest}"


def _set_tail(owner: Any, key: Any, tail: str) -> None:
    value = owner[key]
    if _goes_on_below(value):
        _set_tail(value, _last_of(value), tail)
        return
    kept = owner.ca.items.setdefault(key, [None, None, None, None])
    index = _AFTER_VALUE if isinstance(owner, CommentedMap) else 0
    beside = kept[index].value.removesuffix("\n") if kept[index] is not None else ""
    text = tail.removeprefix("\n") if _is_block(value) else beside + tail
    kept[index] = CommentToken(text, CommentMark(0), None)


def _goes_on_below(value: Any) -> bool:
    return isinstance(value, (CommentedMap, CommentedSeq)) and bool(value) and not value.fa.flow_style()


def _last_of(value: CommentedMap | CommentedSeq) -> Any:
    return list(value)[-1] if isinstance(value, CommentedMap) else len(value) - 1


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
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
