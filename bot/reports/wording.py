"""The words that all parts of a report share, in one language: names, days, ranges, tables and charts of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.clock import BAGHDAD
from bot.counting.release import rules_of
from bot.dialogue.render import N_
from bot.reports.names import Names, written_day
from bot.reports.report import Ahead, Bar, Chart, Table
from storage.values import Release, Row

MOST_ROWS = 15
"""Bars in a chart; the table below it has every shown row."""

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
            due=self.day(due.astimezone(BAGHDAD).date()),
        )

    def name(self, row: Row) -> str:
        """What a row's key is called."""
        return self.names.name(row.family, row.key, self.language)

    def dimension(self, family: str) -> str:
        """What a dimension is called."""
        return self.names.dimension(family, self.language)

    def listed(self, rows: Sequence[Row]) -> str:
        """The names of some rows in one line."""
        return self.say(", ").join(self.name(row) for row in rows)

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
            listed.append((self.name(row), row.shown, *reach(release, row), *([mark] if labels else ())))
        return Table(columns, tuple(listed))

    def bars(self, release: Release, rows: Sequence[Row], title: str) -> Chart | None:
        """The first rows as bars; None without rows."""
        bars = tuple(Bar(self.name(row), row.shown or 0, *reach(release, row)) for row in rows[:MOST_ROWS])
        return Chart(title, self.say("Counted questions"), bars) if bars else None


def reach(release: Release, row: Row) -> tuple[int, int]:
    """From where to where the true value of a shown row lies, in about 98 of 100 cases."""
    band = rules_of(release)[row.family].band
    return max(0, (row.shown or 0) - band), (row.shown or 0) + band
