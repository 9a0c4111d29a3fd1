"""YAML text -> a tree of strings, lists and mappings in which every node knows its line.

Every scalar stays the string that was typed: YAML would read `no` as false and 12:30 as 750. Equal keys, anchors,
aliases and tags are refused (an alias bomb grows a few lines into gigabytes), and size and depth are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

LARGEST_FILE = 1024 * 1024
"""Bytes."""
DEEPEST = 12
"""Levels of lists and mappings; our deepest file has six."""

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# What YAML 1.1 or 1.2 turns into something else than text when it stands without quotes.
_GUESSED = re.compile(
    r"""(?: ~ | null | true | false | yes | no | on | off | y | n
    | [-+]?[0-9][0-9_,]*(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)? | [-+]?\.[0-9]+ | 0x[0-9a-f]+ | 0o?[0-7]+
    | [-+]?\.inf | \.nan | [-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[tT ].*)? | <<? | = )""",
    re.VERBOSE | re.IGNORECASE,
)

Value: TypeAlias = "str | list[Node] | dict[str, tuple[Node, Node]]"
Step: TypeAlias = "str | int"


def guessed(text: str) -> bool:
    """Whether YAML would read a text without quotation marks as something else than text."""
    return not text or _GUESSED.fullmatch(text) is not None


@dataclass(slots=True)
class Node:
    """One value of a file. Lines and columns count from 1."""

    value: Value
    line: int
    column: int
    end_line: int
    plain: bool = False
    """Written without quotes and not as a block."""

    def data(self) -> Any:
        """The value as plain str, list and dict."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, list):
            return [node.data() for node in self.value]
        return {key: node.data() for key, (_, node) in self.value.items()}

    def at(self, path: tuple[Step, ...]) -> Node:
        """The node at a path of keys and positions, or the deepest one on the way that exists."""
        node = self
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                node = node.value[str(step)][1]
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                break
        return node

    def key_at(self, path: tuple[Step, ...]) -> Node:
        """The node of the key that a path ends in, or `at(path)` where it ends in no key."""
        parent = self.at(path[:-1])
        if path and isinstance(parent.value, dict) and path[-1] in parent.value:
            return parent.value[str(path[-1])][0]
        return self.at(path)

    def nearest_key(self, path: tuple[Step, ...]) -> Node:
        """`key_at` the longest beginning of a path that exists."""
        while len(path) > 1 and not self.holds(path):
            path = path[:-1]
        return self.key_at(path)

    def holds(self, path: tuple[Step, ...]) -> bool:
        """Whether there is a value at exactly this path."""
        parent, last = self.at(path[:-1]), path[-1]
        if isinstance(parent.value, dict):
            return last in parent.value and (len(path) == 1 or self.holds(path[:-1]))
        return isinstance(parent.value, list) and isinstance(last, int) and last < len(parent.value)

    def texts(self) -> Iterator[Node]:
        """Every scalar below, values only, in the order of the file."""
        if isinstance(self.value, str):
            yield self
        elif isinstance(self.value, list):
            for node in self.value:
                yield from node.texts()
        else:
            for _, node in self.value.values():
                yield from node.texts()

    @property
    def guessed(self) -> bool:
        """Whether YAML itself would read this text as a number, a date, a truth value or nothing."""
        return self.plain and isinstance(self.value, str) and guessed(self.value)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a file's form: a message code, where, and the message's values."""

    code: str
    line: int
    column: int | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file."""

    path: str
    """Relative to the folder that holds content/ and tests/, with /."""
    lines: tuple[str, ...]
    root: Node

    def line_of(self, node: Node, fragment: str) -> int:
        """The line inside a node on which a fragment of its text stands; the node's own where it is not found."""
        start = node.line - 1
        end = max(node.end_line, node.line)
        for number in range(start, min(end, len(self.lines))):
            if fragment in self.lines[number]:
                return number + 1
        # A folded text may break inside the fragment: its first word then shows the line.
        word = next(iter(fragment.split()), "")
        if word and word != fragment:
            return self.line_of(node, word)
        return node.line


class _Refused(Exception):
    def __init__(self, fault: Fault) -> None:
        self.fault = fault


def parse(raw: bytes) -> tuple[Node | None, tuple[str, ...], tuple[Fault, ...]]:
    """Bytes of a file -> (tree or None, its lines, faults). Never raises for any bytes.

    Equal keys leave a tree (the first one counts) and a fault each; every other fault leaves no tree.
    """
    if len(raw) > LARGEST_FILE:
        return None, (), (Fault("file-too-large", 1, None, {"limit": str(LARGEST_FILE // 1024)}),)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return None, (), (Fault("not-utf8", line),)
    lines = tuple(text.splitlines())
    for number, line_text in enumerate(lines, 1):
        if found := _UNREADABLE.search(line_text):
            fault = Fault("control-character", number, found.start() + 1, {"code": f"U+{ord(found.group()):04X}"})
            return None, lines, (fault,)
        if line_text.startswith("\t"):
            return None, lines, (Fault("tab-indent", number, 1),)
    builder = _Builder(text)
    try:
        root = builder.document()
    except _Refused as refused:
        return None, lines, (*builder.faults, refused.fault)
    except yaml.MarkedYAMLError as error:
        return None, lines, (*builder.faults, _syntax_fault(error, lines))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None, lines, (*builder.faults, Fault("yaml-broken", 1))
    return root, lines, tuple(builder.faults)


_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def _syntax_fault(error: yaml.MarkedYAMLError, lines: tuple[str, ...]) -> Fault:
    mark = error.problem_mark or error.context_mark
    number = min(mark.line + 1, max(len(lines), 1)) if mark is not None else 1
    column = mark.column + 1 if mark is not None else None
    problem = str(error.problem or "")
    opened = error.context_mark.line + 1 if error.context_mark is not None else number
    if "quoted scalar" in str(error.context or ""):
        return Fault("quote-open", opened, None)
    if "flow" in str(error.context or "") or "',' or" in problem:
        return Fault("bracket-open", opened, None)
    if "mapping values are not allowed" in problem:
        return Fault("colon-in-text", number, column)
    if "cannot start any token" in problem:
        typed = lines[number - 1][mark.column : mark.column + 1] if mark is not None and lines else ""
        return Fault("sign-starts-text", number, column, {"sign": typed})
    if column is not None and lines and lines[number - 1][: column - 1].endswith(("'", '"')):
        return Fault("text-after-quote", number, column)
    if "could not find expected ':'" in problem:
        return Fault("colon-missing", opened, None)
    return Fault("indent-wrong", number, column)


def _start(event: Any) -> tuple[int, int]:
    """Line and column, from 1, at which an event begins."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def _end(event: Any) -> int:
    """The last line of an event; a block text ends at the start of the line after it."""
    return int(event.end_mark.line + (1 if event.end_mark.column else 0))


class _Builder:
    """Builds the tree from the parser's events, so that nothing is expanded or guessed on the way."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
        self.faults: list[Fault] = []

    def document(self) -> Node:
        """The tree of the one document."""
        root: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise _Refused(Fault("two-documents", _start(event)[0]))
                root = self._node(next(self._events), 0)
        if root is None:
            raise _Refused(Fault("file-empty", 1))
        return root

    def _node(self, event: Any, depth: int) -> Node:
        line, column = _start(event)
        if type(event) is yaml.ScalarEvent and event.anchor is None and event.tag is None and depth <= DEEPEST:
            return Node(event.value, line, column, max(_end(event), line), not event.style)
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(Fault("alias", line, column, {"name": f"*{event.anchor}"}))
        if event.anchor is not None:
            raise _Refused(Fault("alias", line, column, {"name": f"&{event.anchor}"}))
        if event.tag is not None:
            raise _Refused(Fault("tag", line, column, {"name": str(event.tag)[:40]}))
        if depth > DEEPEST:
            raise _Refused(Fault("too-deep", line, column, {"limit": str(DEEPEST)}))
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(child := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(child, depth + 1))
            return Node(items, line, column, _end(child))
        pairs: dict[str, tuple[Node, Node]] = {}
        while not isinstance(child := next(self._events), yaml.MappingEndEvent):
            key = self._node(child, depth + 1)
            if not isinstance(key.value, str):
                raise _Refused(Fault("key-not-text", key.line, key.column))
            value = self._node(next(self._events), depth + 1)
            if key.value in pairs:
                first = str(pairs[key.value][0].line)
                self.faults.append(Fault("key-twice", key.line, key.column, {"key": key.value, "first": first}))
            else:
                pairs[key.value] = (key, value)
        return Node(pairs, line, column, _end(child))
