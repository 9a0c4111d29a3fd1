"""The words that all parts of a report share, in one language: names, days, ranges, tables and charts of rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.counting.dimensions import DIMENSIONS, FLOOD, TOPIC
from bot.counting.noise import variance
from bot.counting.release import STEP, rules_of
from bot.dialogue.render import N_
from bot.reports.names import Names, written_day
from bot.reports.report import Ahead, Bar, Chart, Table
from storage.values import Release, Row

NOISE_ALONE = 3
"""A row of a sparse dimension may be noise alone while it is over its limit by less than this many times the noise's scale."""
MOST_ROWS = 10
"""Bars in a chart; the table below it has every shown row."""
FEWEST_FOR_COMPARING = 20
"""No window is called larger or smaller than another by a sum under this."""

LABELS = {
    "possible-rise": N_("possible rise"),
    "confirmed-rise": N_("confirmed rise"),
    "possible-fall": N_("possible fall"),
    "confirmed-fall": N_("confirmed fall"),
    "new": N_("new topic"),
}


class Wording:
    """Words figures in one language."""

    def __init__(self, names: Names, language: str) -> None:
        self.names = names
        self.language = language

    def say(self, sentence: str, **values: str) -> str:
        """An English sentence in the report's language, with its values in place."""
        return self.names.say(self.language, sentence, **values)

    def day(self, when: date) -> str:
        """A date in words."""
        return written_day(self.names.say, self.language, when.year, when.month, when.day)

    def period(self, release: Release) -> str:
        """A window's first and last day."""
        return self.say("{first} to {last}", first=self.day(release.first_day), last=self.day(release.last_day))

    def ahead(self, ahead: Ahead) -> str:
        """When the next figures come."""
        last, due = ahead
        return self.say(
            "The open window ends on {last}; its figures come on {due}.",
            last=self.day(last),
            due=self.day(due),
        )

    def name(self, row: Row) -> str:
        """What a row's key is called."""
        return self.names.name(row.family, row.key, self.language)

    def dimension(self, family: str) -> str:
        """What a dimension is called."""
        return self.names.dimension(family, self.language)

    def quoted(self, release: Release, row: Row) -> str:
        """A row's name within a sentence, with its warning where it has one."""
        return self.say("“{name}”", name=self.name(row)) + self._warning(release, row)

    def _warning(self, release: Release, row: Row) -> str:
        flooded = row.family == TOPIC and row.key in {one.key for one in release.shown(FLOOD)}
        return " " + self.say("(may be organised)") if flooded else ""

    def marked(self, release: Release, row: Row) -> str:
        """A row's name in a list, with its warning where it has one."""
        return self.name(row) + self._warning(release, row)

    def listed(self, release: Release, rows: Sequence[Row]) -> str:
        """The names of some rows in one line."""
        return self.say(", ").join(self.quoted(release, row) for row in rows)

    def span(self, release: Release) -> str:
        """How long a window is."""
        match release.length:
            case 7:
                return self.say("one week")
            case 28:
                return self.say("four weeks")
            case _:
                return self.say("{days} days", days=str(release.length))

    def figure(self, total: Total) -> str:
        """A sum with its range."""
        return self.say(
            "about {value} (likely {low} to {high})", value=str(total.value), low=str(total.low), high=str(total.high)
        )

    def about(self, release: Release, row: Row) -> str:
        """A shown value with the range it stands for."""
        low, high = reach(release, row)
        return self.say("about {value} (likely {low} to {high})", value=str(row.shown), low=str(low), high=str(high))

    def table(self, release: Release, rows: Sequence[Row], *, labels: bool = False) -> Table:
        """Names, values and ranges; with `labels` also which rose, fell or are new."""
        say = self.say
        columns = (
            say("Name"),
            say("Counted"),
            say("Likely from"),
            say("Likely to"),
            *([say("Mark")] if labels else ()),
        )
        listed: list[tuple[str | int | None, ...]] = []
        for row in rows:
            mark = say(LABELS[row.label]) if row.label is not None else ""
            listed.append((self.marked(release, row), row.shown, *reach(release, row), *([mark] if labels else ())))
        return Table(columns, tuple(listed))

    def bars(self, release: Release, rows: Sequence[Row], title: str, before: Release | None = None) -> Chart | None:
        """The first rows as bars; None without rows. `before` is a window of the same length to compare with."""
        earlier = {(row.family, row.key): row.shown for row in before.rows} if before is not None else {}
        bars = tuple(
            Bar(self.marked(release, row), row.shown or 0, *reach(release, row), earlier.get((row.family, row.key)))
            for row in rows[:MOST_ROWS]
        )
        axis = self.say("Counted questions")
        if any(bar.before is not None for bar in bars):
            axis = self.say("Counted questions; the dark mark is the window before")
        return Chart(title, axis, bars) if bars else None


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of shown rows."""

    value: int
    low: int
    high: int
    """The true sum of these rows lies between, in at least 95 of 100 cases (`benchmarks/ranges.py`)."""
    hidden: int
    """Rows that are too small to show and not in the sum."""


def total_of(release: Release, family: str) -> Total:
    """The sum of one dimension's shown rows: each brings its own noise and its own rounding."""
    shown = release.shown(family)
    value = sum(row.shown or 0 for row in shown)
    rule = rules_of(release)[family]
    spread = math.sqrt(len(shown) * (variance(rule.scale) + STEP**2 / 12))
    # Never under one row's own range: a single row's noise has heavier tails than a normal curve.
    band = max(rule.band if shown else 0, STEP * math.ceil(2 * spread / STEP))
    return Total(value, max(0, value - band), value + band, len(release.family(family)) - len(shown))


def comparable(release: Release, earlier: Sequence[Release]) -> Release | None:
    """The window before, where it has the same length."""
    before = earlier[-1] if earlier else None
    if before is None or before.number != release.number - 1 or before.length != release.length:
        return None
    return before


def reach(release: Release, row: Row) -> tuple[int, int]:
    """From where to where the true value of a shown row lies, in at least 95 of 100 cases."""
    rule, value = rules_of(release)[row.family], row.shown or 0
    low = max(0, value - rule.band)
    if DIMENSIONS[row.family].sparse and value < rule.show_limit + NOISE_ALONE * rule.scale:
        low = 0
    return low, value + rule.band
