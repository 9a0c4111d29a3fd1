"""A released window in words, tables and charts, in one language. Writers only lay it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.clock import BAGHDAD
from bot.counting.dimensions import Family
from bot.counting.release import Release, Row
from bot.counting.trends import FEWEST_BASELINES, FEWEST_COUNTED
from bot.dialogue.render import N_
from bot.reports.names import Names, written_day

MOST_ROWS = 15
"""Bars in a chart; the table below it has every shown row."""
SPARKS = 8
"""Windows in a line of development."""
FEWEST_FOR_SHARES = 20
"""No percentage is formed from a shown value under this."""

LABELS = {
    "possible-rise": N_("possible rise"),
    "confirmed-rise": N_("confirmed rise"),
    "possible-fall": N_("possible fall"),
    "confirmed-fall": N_("confirmed fall"),
    "new": N_("new topic"),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a shown value and the range it stands for."""

    name: str
    value: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Line:
    """One topic over the last windows; None where it was not shown."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows: bars, or lines over the windows named by `steps`."""

    title: str
    axis: str
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; a None cell is "too few to show"."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report."""

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    table: Table | None = None
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    language: str
    right_to_left: bool
    title: str
    period: str
    synthetic: str
    """The sentence that marks made-up figures; empty for real ones."""
    sections: tuple[Section, ...]
    release: Release | None
    too_few: str
    """What stands in a table where a value is not shown."""
    ahead: str
    """When the next figures come; empty where that is not known."""


class ReportWriter:
    """Words a release in one language."""

    def __init__(self, names: Names, language: str) -> None:
        self._names = names
        self._language = language

    def report(self, release: Release, earlier: Sequence[Release], ahead: tuple[date, datetime] | None) -> Report:
        """The report of a release.

        `earlier` are releases before it, oldest first; `ahead` is the open window's last day and the moment its
        figures are due.
        """
        say, language = self._names.say, self._language
        sections = [
            self._headline(release, ahead),
            self._most_asked(release),
            self._changes(release, earlier),
            self._unanswered(release),
            self._simple(release, "language", say(language, "Languages"), ()),
            self._simple(
                release,
                "campaign",
                say(language, "Campaign codes"),
                (say(language, "Only starts by a link or poster count here."),),
            ),
            self._simple(release, "offer-sign", say(language, "Warning signs in offers"), ()),
            self._urgent(release),
            self._simple(release, "feedback", say(language, "Did the answer help?"), ()),
            self._quality(release),
            self._method(release),
        ]
        return self._framed(tuple(sections), release, ahead)

    def nothing_yet(self, ahead: tuple[date, datetime] | None) -> Report:
        """The report before anything has been released."""
        say, language = self._names.say, self._language
        paragraphs = [
            say(language, "Nothing has been released yet. Figures come in whole windows only, never before one closes.")
        ]
        paragraphs += (
            [self._ahead(ahead)]
            if ahead is not None
            else [say(language, "No window is open: the bot has not counted here yet.")]
        )
        return self._framed((Section("headline", say(language, "In short"), tuple(paragraphs)),), None, ahead)

    # ---- words

    def day(self, when: date) -> str:
        """A date in words."""
        return written_day(self._names.say, self._language, when.year, when.month, when.day)

    def _period(self, release: Release) -> str:
        return self._names.say(
            self._language, "{first} to {last}", first=self.day(release.first_day), last=self.day(release.last_day)
        )

    def _ahead(self, ahead: tuple[date, datetime]) -> str:
        last, due = ahead
        due = due.astimezone(BAGHDAD)
        return self._names.say(
            self._language,
            "The open window ends on {last}; its figures come on {due}.",
            last=self.day(last),
            due=self.day(due.date()),
        )

    def _name(self, row: Row) -> str:
        return self._names.name(row.family, row.key, self._language)

    def _list(self, rows: Sequence[Row]) -> str:
        return self._names.say(self._language, ", ").join(self._name(row) for row in rows)

    def _about(self, release: Release, row: Row) -> str:
        low, high = reach(release, row)
        return self._names.say(
            self._language, "about {value} (likely {low} to {high})", value=str(row.shown), low=str(low), high=str(high)
        )

    def _framed(
        self, sections: tuple[Section, ...], release: Release | None, ahead: tuple[date, datetime] | None
    ) -> Report:
        say, language = self._names.say, self._language
        synthetic = release is not None and release.synthetic
        return Report(
            self._language,
            self._names.right_to_left(self._language),
            say(language, "What young people asked"),
            self._period(release) if release is not None else "",
            say(language, "SYNTHETIC: made by `tabayyan simulate`. Nobody asked these questions.") if synthetic else "",
            sections,
            release,
            say(language, "too few to show"),
            self._ahead(ahead) if ahead is not None else "",
        )

    # ---- sections

    def _headline(self, release: Release, ahead: tuple[date, datetime] | None) -> Section:
        say, language = self._names.say, self._language
        topics = release.shown("topic")
        lines = [
            say(
                language,
                "About {total} counted questions in {days} days: {period}.",
                total=str(release.total),
                days=str(release.length),
                period=self._period(release),
            ),
            say(
                language,
                "An asker counts once a day for a topic, and for three topics at most: these are neither people nor messages.",
            ),
        ]
        if not topics:
            lines.append(
                say(
                    language,
                    "No topic was asked often enough to be shown. A topic is shown from about {limit} on, so that no figure points at somebody.",
                    limit=str(release.rules["topic"].show_limit),
                )
            )
            if ahead is not None:
                lines.append(self._ahead(ahead))
            lines.append(say(language, "With few questions a window lasts 28 days, and then more can be shown."))
        else:
            first = topics[0]
            lines.append(
                say(
                    language,
                    "Most asked: {topic}, {about}.",
                    topic=self._name(first),
                    about=self._about(release, first),
                )
            )
            rising = [row for row in release.rows if row.label in ("possible-rise", "confirmed-rise")]
            if rising:
                lines.append(say(language, "Rising: {topics}.", topics=self._list(rising)))
        urgent = next((row for row in release.shown("outcome") if row.key == "urgent"), None)
        if urgent is not None:
            lines.append(say(language, "Urgent help was shown {about} times.", about=self._about(release, urgent)))
        return Section("headline", say(language, "In short"), tuple(lines))

    def _most_asked(self, release: Release) -> Section:
        say, language = self._names.say, self._language
        shown = release.shown("topic")
        hidden = len(release.family("topic")) - len(shown)
        lines = [
            say(
                language,
                "Topics with too few questions to show: {count}. Not shown does not mean not asked.",
                count=str(hidden),
            )
        ]
        return Section(
            "topics",
            say(language, "Most asked"),
            tuple(lines),
            self._table(release, shown, labels=True),
            self._bars(release, shown, say(language, "Most asked")),
        )

    def _changes(self, release: Release, earlier: Sequence[Release]) -> Section:
        say, language = self._names.say, self._language
        changed = [row for row in release.family("topic") if row.lift is not None]
        same = [one for one in earlier if one.length == release.length and one.number < release.number]
        lines = []
        for row in changed:
            assert row.label is not None and row.lift is not None
            lines.append(
                say(
                    language,
                    "{topic}: {label}. Its share is about {lift} times that of the windows before (likely {low} to {high}).",
                    topic=self._name(row),
                    label=say(language, LABELS[row.label]),
                    lift=_tenths(row.lift),
                    low=_tenths(row.lift_low or 0),
                    high=_tenths(row.lift_high or 0),
                )
            )
        if changed:
            lines += [
                say(
                    language,
                    "A possible rise or fall appears by chance about once in one to three windows; wait for the next window.",
                ),
                say(
                    language,
                    "A confirmed one was seen in two windows in a row; by chance at most about once in 16 windows.",
                ),
            ]
        elif release.total < FEWEST_COUNTED or len(same) < FEWEST_BASELINES:
            lines.append(
                say(
                    language,
                    "Nothing can be said yet: it takes {count} counted questions in a window and {windows} windows of the same length before it.",
                    count=str(FEWEST_COUNTED),
                    windows=str(FEWEST_BASELINES),
                )
            )
        else:
            lines.append(say(language, "No topic rose or fell clearly."))
        lines.append(say(language, "Topics are compared by their share, so that a busy week makes nothing rise."))
        rows = changed or list(release.shown("topic")[:3])
        windows = [*same, release][-SPARKS:]
        chart = None
        if rows and len(windows) > 1:
            steps = tuple(f"{window.first_day.day}/{window.first_day.month}" for window in windows)
            chart = Chart(
                say(language, "The last windows"),
                say(language, "Counted questions"),
                (),
                tuple(self._line(row, windows) for row in rows),
                steps,
            )
        table = None
        if chart is not None:
            table = Table(
                (say(language, "Topic"), *chart.steps), tuple((line.name, *line.values) for line in chart.lines)
            )
        return Section("changes", say(language, "Rising and falling"), tuple(lines), table, chart)

    def _line(self, row: Row, windows: Sequence[Release]) -> Line:
        values = [
            next((other.shown for other in window.rows if (other.family, other.key) == (row.family, row.key)), None)
            for window in windows
        ]
        return Line(self._name(row), tuple(values))

    def _unanswered(self, release: Release) -> Section:
        say, language = self._names.say, self._language
        outcomes = release.shown("outcome")
        lines = []
        missed = [row for row in outcomes if row.key in ("no-match", "choices", "near-miss")]
        whole = sum(row.shown or 0 for row in outcomes)
        for row in missed:
            if (row.shown or 0) >= FEWEST_FOR_SHARES and whole:
                lines.append(
                    say(
                        language,
                        "{outcome}: {about}, roughly {percent} % of what was counted.",
                        outcome=self._name(row),
                        about=self._about(release, row),
                        percent=str(round(100 * (row.shown or 0) / whole)),
                    )
                )
            else:
                lines.append(
                    say(language, "{outcome}: {about}.", outcome=self._name(row), about=self._about(release, row))
                )
        near, themes = release.shown("near-miss"), release.shown("vocabulary")
        if near:
            lines.append(
                say(
                    language,
                    "Topics that need more phrasings (the bot was near and not sure): {topics}.",
                    topics=self._list(near),
                )
            )
        if themes:
            lines.append(
                say(
                    language,
                    "Themes in questions without an answer (counted over a closed list of words): {themes}.",
                    themes=self._list(themes),
                )
            )
        if not (missed or near or themes):
            lines.append(say(language, "Too few questions went unanswered to show any."))
        rows = (*outcomes, *near, *themes)
        kinds = {
            "outcome": say(language, "Outcome"),
            "near-miss": say(language, "Near miss"),
            "vocabulary": say(language, "Theme"),
        }
        table = Table(
            (
                say(language, "Kind"),
                say(language, "Name"),
                say(language, "Counted"),
                say(language, "Likely from"),
                say(language, "Likely to"),
            ),
            tuple((kinds[row.family], self._name(row), row.shown, *reach(release, row)) for row in rows),
        )
        chart = self._bars(
            release, themes or near, say(language, "Themes without an answer") if themes else say(language, "Near miss")
        )
        return Section(
            "unanswered", say(language, "What could not be answered"), tuple(lines), table if rows else None, chart
        )

    def _simple(self, release: Release, family: Family, title: str, lines: tuple[str, ...]) -> Section:
        shown = release.shown(family)
        if not shown:
            return Section(family, title, (*lines, self._names.say(self._language, "Too few to show.")))
        return Section(family, title, lines, self._table(release, shown), self._bars(release, shown, title))

    def _urgent(self, release: Release) -> Section:
        urgent = next((row for row in release.shown("outcome") if row.key == "urgent"), None)
        if urgent is None:
            line = self._names.say(self._language, "Too few to show. That does not mean that nobody was in danger.")
        else:
            line = self._names.say(
                self._language, "Urgent help was shown {about} times.", about=self._about(release, urgent)
            )
        return Section("urgent", self._names.say(self._language, "Urgent help"), (line,))

    def _quality(self, release: Release) -> Section:
        say, language = self._names.say, self._language
        lines = [
            say(
                language,
                "Hours not counted: {lost} of {all}. Restarts: {restarts}.",
                lost=str(release.lost_hours),
                all=str(release.length * 24),
                restarts=str(release.restarts),
            )
        ]
        floods = release.shown("flood")
        if floods:
            lines.append(
                say(
                    language,
                    "Unusual pattern, may be organised: {topics}. Their counts were cut off at four times a usual day.",
                    topics=self._list(floods),
                )
            )
        fresh = [row for row in release.rows if row.label == "new"]
        if fresh:
            lines.append(
                say(
                    language,
                    "New topics: {topics}. A new topic rises by itself and takes questions from its neighbours.",
                    topics=self._list(fresh),
                )
            )
        return Section("quality", say(language, "How good these figures are"), tuple(lines))

    def _method(self, release: Release) -> Section:
        say, language = self._names.say, self._language
        rule = release.rules["topic"]
        return Section(
            "method",
            say(language, "How this was counted, and what it does not say"),
            (
                say(
                    language,
                    "No question, name, number or time is kept. Only counters over the bot's own topics and word lists exist.",
                ),
                say(
                    language,
                    "Each counter began at a secret random value (discrete Laplace, b = {scale}), so the true count was never written down.",
                    scale=f"{release.scale:g}",
                ),
                say(
                    language,
                    "A figure is shown from {limit} on, rounded to 5, once, after its window has closed. Small families have higher limits.",
                    limit=str(rule.show_limit),
                ),
                say(
                    language,
                    "A shown value lies within {band} of the true one in about 98 of 100 cases.",
                    band=str(rule.band),
                ),
                say(
                    language,
                    "Do not conclude: how many people asked, who or where they were, or that a topic not shown was not asked.",
                ),
                say(
                    language,
                    "Rankings of neighbouring rows may be chance. Do not compare windows of different length by their figures.",
                ),
            ),
        )

    # ---- tables and charts

    def _table(self, release: Release, rows: Sequence[Row], *, labels: bool = False) -> Table:
        say, language = self._names.say, self._language
        columns = [
            say(language, "Name"),
            say(language, "Counted"),
            say(language, "Likely from"),
            say(language, "Likely to"),
        ]
        if labels:
            columns.append(say(language, "Mark"))
        listed: list[tuple[str | int | None, ...]] = []
        for row in rows:
            cells: list[str | int | None] = [self._name(row), row.shown, *reach(release, row)]
            if labels:
                cells.append(say(language, LABELS[row.label]) if row.label is not None else "")
            listed.append(tuple(cells))
        return Table(tuple(columns), tuple(listed))

    def _bars(self, release: Release, rows: Sequence[Row], title: str) -> Chart | None:
        bars = tuple(Bar(self._name(row), row.shown or 0, *reach(release, row)) for row in rows[:MOST_ROWS])
        return Chart(title, self._names.say(self._language, "Counted questions"), bars) if bars else None


def reach(release: Release, row: Row) -> tuple[int, int]:
    """From where to where the true value of a shown row lies, in about 98 of 100 cases."""
    band = release.rules[row.family].band
    return max(0, (row.shown or 0) - band), (row.shown or 0) + band


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"
