"""A problem as a value, and the four forms in which it is printed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.content_tools.rule import RULES, Severity
from bot.i18n import staff_phrases

Form = Literal["terminal", "plain", "json", "github"]

_COLOURS = {"error": "\033[31m", "warning": "\033[33m", "place": "\033[1m", "end": "\033[0m"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an editor should mend: where, what, and how."""

    path: str
    """Relative to the folder that holds content/ and tests/."""
    line: int
    code: str
    """Key of RULES."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What the message is filled with; `name.ar` is the value of {name} in Arabic."""
    column: int | None = None

    @property
    def severity(self) -> Severity:
        """An error keeps an edit from going live; a warning does not."""
        return RULES[self.code].severity

    def message(self, language: str) -> str:
        """What is wrong, and how to mend it; in English where the language has no catalogue of staff sentences."""
        says = RULES[self.code].says
        return staff_phrases(language).filled(language, says, _values_in(language, self.values))


def _values_in(language: str, values: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, text in values.items():
        name, _, code = key.partition(".")
        if code in ("", language):
            found[name] = text
        else:
            found.setdefault(name, text)
    return found


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems without repetition, by file, then line."""
    unique = {(p.path, p.line, p.code, tuple(sorted(p.values.items()))): p for p in problems}
    return tuple(sorted(unique.values(), key=lambda p: (p.path, p.line, p.column or 0, p.code)))


def printed(problem: Problem, form: Form, language: str) -> str:
    """One line (terminal, plain, github) or one JSON object for a problem."""
    text = problem.message(language)
    if form == "json":
        return json.dumps(
            {
                "path": problem.path,
                "line": problem.line,
                "column": problem.column,
                "severity": problem.severity,
                "code": problem.code,
                "message": text,
            },
            ensure_ascii=False,
        )
    if form == "github":
        place = f"file={_property(problem.path)},line={problem.line}"
        if problem.column is not None:
            place += f",col={problem.column}"
        return f"::{problem.severity} {place}::{_data(text)}"
    if form == "terminal":
        colour = _COLOURS[problem.severity]
        return f"{_COLOURS['place']}{problem.path}:{problem.line}:{_COLOURS['end']} {colour}{text}{_COLOURS['end']}"
    return f"{problem.path}:{problem.line}: {text}"


def _data(text: str) -> str:
    # GitHub's workflow commands end at a line break and read % as an escape.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
