"""The rules of the content check: one code each, what it says, and the seeded case that shows it.

A rule is declared beside the code that finds the fault. What it says is the msgid of the catalogue `staff`: what is
wrong, then how to mend it, with {placeholders} that a problem's values fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong."""

    code: str
    severity: Severity
    """An error keeps an edit from going live; a warning does not."""
    says: str
    example: str
    """Name of the file in tests/broken_content/cases that shows it."""


RULES: dict[str, Rule] = {}
"""Code -> rule, of every module that has been imported."""


def error(code: str, says: str, example: str = "") -> str:
    """Declare a rule that keeps an edit from going live; gives its code. Without `example` the case bears its name."""
    return _declared(Rule(code, "error", says, example or code))


def warning(code: str, says: str, example: str = "") -> str:
    """Declare a rule that only warns; gives its code."""
    return _declared(Rule(code, "warning", says, example or code))


def _declared(rule: Rule) -> str:
    if rule.code in RULES:
        raise ValueError(f"two rules are called {rule.code}")
    RULES[rule.code] = rule
    return rule.code
