"""The sections of a report, each a function of one release."""

from __future__ import annotations

from collections.abc import Sequence

from bot.counting.dimensions import DIMENSIONS, FLOOD, TOPIC, Dimension
from bot.counting.release import rules_of
from bot.counting.trends import FEWEST_BASELINES, FEWEST_COUNTED
from bot.dialogue.render import N_
from bot.reports.report import Ahead, Chart, Line, Section, Table
from bot.reports.wording import (
    FEWEST_FOR_COMPARING,
    LABELS,
    MOST_ROWS,
    Total,
    Wording,
    comparable,
    reach,
    total_of,
)
from storage.values import Release, Row

OUTCOME = "outcome"
SPARKS = 8
"""Windows in a line of development."""
FEWEST_FOR_SHARES = 20
"""No percentage is formed from a shown value under this."""

CHANGED = (
    ("confirmed-rise", N_("Rising, confirmed: {topics}.")),
    ("confirmed-fall", N_("Falling, confirmed: {topics}.")),
    ("possible-rise", N_("Possibly rising, may be chance: {topics}. Wait for the next window.")),
    ("possible-fall", N_("Possibly falling, may be chance: {topics}. Wait for the next window.")),
)


def headline(words: Wording, release: Release, earlier: Sequence[Release], ahead: Ahead | None) -> Section:
    """The window in a few sentences, what matters most first. `ahead` as in `ReportWriter.report`."""
    say = words.say
    total = total_of(release, OUTCOME)
    lines = [
        say("Counted outcomes in {span}: {figure}.", span=words.span(release), figure=words.figure(total)),
        *_parts(words, release, total),
        *_against(words, release, total, earlier),
    ]
    if total.value < FEWEST_COUNTED:
        lines.append(say("This is a small window: its figures are rough, and which row stands first may be chance."))
    lines += _floods(words, release)
    lines += _missed_lines(words, release)
    topics = release.shown(TOPIC)
    if topics:
        first = topics[0]
        lines.append(
            say("Most asked: {topic}, {about}.", topic=words.quoted(release, first), about=words.about(release, first))
        )
        lines += _changed(words, release)
    else:
        lines += _too_little(words, release, ahead)
    row = _urgent_row(release)
    if row is not None:
        lines.append(say("Urgent help was shown {about} times.", about=words.about(release, row)))
    return Section("headline", say("In short"), tuple(lines))


def _parts(words: Wording, release: Release, total: Total) -> list[str]:
    """What the sum is made of, so that anybody can add it up."""
    shown = release.shown(OUTCOME)
    if not shown:
        return []
    rows = words.say(", ").join(f"{words.name(row)} {row.shown}" for row in shown)
    return [
        words.say(
            "This is the sum of: {rows}. Kinds of outcome that are too rare to show: {hidden}.",
            rows=rows,
            hidden=str(total.hidden),
        )
    ]


def _against(words: Wording, release: Release, total: Total, earlier: Sequence[Release]) -> list[str]:
    """More or less than the window before; nothing where the two cannot be compared."""
    before = comparable(release, earlier)
    if before is None:
        return []
    then = total_of(before, OUTCOME)
    if min(total.value, then.value) < FEWEST_FOR_COMPARING:
        return []
    figure = str(then.value)
    if total.low > then.high:
        return [words.say("More than in the window before (about {figure}).", figure=figure)]
    if total.high < then.low:
        return [words.say("Fewer than in the window before (about {figure}).", figure=figure)]
    return [words.say("About as many as in the window before (about {figure}).", figure=figure)]


def _floods(words: Wording, release: Release) -> list[str]:
    floods = release.shown(FLOOD)
    if not floods:
        return []
    names = words.say(", ").join(words.say("“{name}”", name=words.name(row)) for row in floods)
    return [
        words.say(
            "Unusual pattern, may be organised: {topics}. Their counts were cut off at four times a usual day.",
            topics=names,
        )
    ]


def _missed_lines(words: Wording, release: Release) -> list[str]:
    """What the bot left unanswered."""
    shown = release.shown(OUTCOME)
    whole = sum(row.shown or 0 for row in shown)
    return [_missed(words, release, row, whole) for row in shown if row.key in ("no-match", "choices")]


def _changed(words: Wording, release: Release) -> list[str]:
    """Rises and falls; one that may be chance is never said like one that was confirmed."""
    lines = []
    for label, sentence in CHANGED:
        rows = [row for row in release.rows if row.label == label]
        if rows:
            lines.append(words.say(sentence, topics=words.listed(release, rows)))
    return lines


def _too_little(words: Wording, release: Release, ahead: Ahead | None) -> list[str]:
    say = words.say
    lines = [
        say(
            "No topic was asked often enough to be shown. A topic is shown from about {limit} on, so that no figure points at somebody.",
            limit=str(rules_of(release)[TOPIC].show_limit),
        )
    ]
    if ahead is not None:
        lines.append(words.ahead(ahead))
    return [*lines, say("With few questions a window lasts 28 days, and then more can be shown.")]


def most_asked(words: Wording, release: Release, earlier: Sequence[Release]) -> Section:
    """All topics that are shown."""
    say = words.say
    shown = release.shown(TOPIC)
    hidden = len(release.family(TOPIC)) - len(shown)
    lines = [
        say(
            "An asker counts once a day for a topic, and for three topics at most: these are neither people nor messages."
        ),
        say("Topics are counted by themselves: their sum is not the number of outcomes above."),
        say("Topics with too few questions to show: {count}. Not shown does not mean not asked.", count=str(hidden)),
    ]
    if len(shown) > MOST_ROWS:
        lines.append(say("The chart shows the first {count}; the table has them all.", count=str(MOST_ROWS)))
    return Section(
        "topics",
        say("Most asked"),
        tuple(lines),
        words.table(release, shown, labels=True),
        words.bars(release, shown, say("Most asked"), comparable(release, earlier)),
    )


def changes(words: Wording, release: Release, earlier: Sequence[Release]) -> Section:
    """Which topics rose or fell, and how they went over the last windows. `earlier` are releases, oldest first."""
    say = words.say
    changed = [row for row in release.family(TOPIC) if row.lift is not None]
    same = [one for one in earlier if one.length == release.length and one.number < release.number]
    lines = [_change(words, row) for row in changed]
    if changed:
        lines += [
            say(
                "A possible rise or fall appears by chance about once in one to three windows; wait for the next window."
            ),
            say("A confirmed one was seen in two windows in a row; by chance at most about once in 16 windows."),
        ]
    elif release.total < FEWEST_COUNTED or len(same) < FEWEST_BASELINES:
        lines.append(
            say(
                "Nothing can be said yet: it takes {count} counted questions in a window and {windows} windows of the same length before it.",
                count=str(FEWEST_COUNTED),
                windows=str(FEWEST_BASELINES),
            )
        )
    else:
        lines.append(say("No topic rose or fell clearly."))
    lines.append(say("Topics are compared by their share, so that a busy week makes nothing rise."))
    chart = _development(words, changed or list(release.shown(TOPIC)[:3]), [*same, release][-SPARKS:])
    table = None
    if chart is not None:
        table = Table((say("Topic"), *chart.steps), tuple((line.name, *line.values) for line in chart.lines))
    return Section("changes", say("Rising and falling"), tuple(lines), table, chart)


def _change(words: Wording, row: Row) -> str:
    assert row.label is not None and row.lift is not None
    return words.say(
        "{topic}: {label}. Its share is about {lift} times that of the windows before (likely {low} to {high}).",
        topic=words.say("“{name}”", name=words.name(row)),
        label=words.say(LABELS[row.label]),
        lift=_tenths(row.lift),
        low=_tenths(row.lift_low or 0),
        high=_tenths(row.lift_high or 0),
    )


def _development(words: Wording, rows: Sequence[Row], windows: Sequence[Release]) -> Chart | None:
    """Some topics over some windows, oldest first; None where there is nothing to compare."""
    if not rows or len(windows) < 2:
        return None
    steps = tuple(f"{window.first_day.day}/{window.first_day.month}" for window in windows)
    lines = tuple(_line(words, row, windows) for row in rows)
    return Chart(
        words.say("The last windows"), words.say("Counted questions, by the first day of the window"), (), lines, steps
    )


def _line(words: Wording, row: Row, windows: Sequence[Release]) -> Line:
    values = [
        next((other.shown for other in window.rows if (other.family, other.key) == (row.family, row.key)), None)
        for window in windows
    ]
    return Line(words.name(row), tuple(values))


def unanswered(words: Wording, release: Release) -> Section:
    """What the bot could not answer, and what about: near misses and themes."""
    say = words.say
    outcomes, near, themes = (release.shown(family) for family in (OUTCOME, "near-miss", "vocabulary"))
    lines = _missed_lines(words, release)
    if near:
        lines.append(
            say(
                "Topics that need more phrasings (the bot was near and not sure): {topics}.",
                topics=words.listed(release, near),
            )
        )
    if themes:
        lines.append(
            say(
                "Themes in questions without an answer (counted over a closed list of words): {themes}.",
                themes=words.listed(release, themes),
            )
        )
    if not lines:
        lines.append(say("Too few questions went unanswered to show any."))
    rows = (*outcomes, *near, *themes)
    table = Table(
        (say("Kind"), say("Name"), say("Counted"), say("Likely from"), say("Likely to")),
        tuple((words.dimension(row.family), words.name(row), row.shown, *reach(release, row)) for row in rows),
    )
    chart = words.bars(release, themes or near, say("Themes without an answer") if themes else say("Near miss"))
    return Section("unanswered", say("What could not be answered"), tuple(lines), table if rows else None, chart)


def _missed(words: Wording, release: Release, row: Row, whole: int) -> str:
    name, about = words.name(row), words.about(release, row)
    if (row.shown or 0) < FEWEST_FOR_SHARES:
        return words.say("{outcome}: {about}.", outcome=name, about=about)
    percent = str(round(100 * (row.shown or 0) / whole))
    return words.say(
        "{outcome}: {about}, roughly {percent} % of what was counted.", outcome=name, about=about, percent=percent
    )


def own_section(words: Wording, release: Release, dimension: Dimension) -> Section:
    """A dimension that has a section of its own."""
    title = words.say(dimension.section or dimension.name)
    other = words.say("This counts something else than the outcomes above: do not add the two.")
    lines = (words.say(dimension.note), other) if dimension.note is not None else (other,)
    shown = release.shown(dimension.key)
    if not shown:
        return Section(dimension.key, title, (*lines, words.say("Too few to show.")))
    return Section(dimension.key, title, lines, words.table(release, shown), words.bars(release, shown, title))


def own_sections(words: Wording, release: Release) -> tuple[Section, ...]:
    """All of them, in the order of the list of dimensions."""
    return tuple(own_section(words, release, one) for one in DIMENSIONS.values() if one.section is not None)


def urgent(words: Wording, release: Release) -> Section:
    """How often urgent help was shown."""
    row = _urgent_row(release)
    if row is None:
        line = words.say("Too few to show. That does not mean that nobody was in danger.")
    else:
        line = words.say("Urgent help was shown {about} times.", about=words.about(release, row))
    return Section("urgent", words.say("Urgent help"), (line,))


def _urgent_row(release: Release) -> Row | None:
    return next((row for row in release.shown("outcome") if row.key == "urgent"), None)


def quality(words: Wording, release: Release) -> Section:
    """What was lost, cut off or new."""
    say = words.say
    lines = [
        say(
            "Hours not counted: {lost} of {all}. Restarts: {restarts}.",
            lost=str(release.lost_hours),
            all=str(release.length * 24),
            restarts=str(release.restarts),
        )
    ]
    lines += _floods(words, release)
    fresh = [row for row in release.rows if row.label == "new"]
    if fresh:
        lines.append(
            say(
                "New topics: {topics}. A new topic rises by itself and takes questions from its neighbours.",
                topics=words.listed(release, fresh),
            )
        )
    return Section("quality", say("How good these figures are"), tuple(lines))


def method(words: Wording, release: Release) -> Section:
    """How was counted, and what must not be concluded."""
    say = words.say
    rule = rules_of(release)[TOPIC]
    return Section(
        "method",
        say("How this was counted, and what it does not say"),
        (
            say(
                "No question, name, number or time is kept. Only counters over the bot's own topics and word lists exist."
            ),
            say(
                "Each counter began at a secret random value (discrete Laplace, b = {scale}), so the true count was never written down.",
                scale=f"{release.scale:g}",
            ),
            say(
                "A figure is shown when its noisy count reaches {limit}; it is then rounded to 5, so that 10 may stand there. Other kinds of figure have higher limits.",
                limit=str(rule.show_limit),
            ),
            say(
                "A shown topic lies within {band} of the true count in at least 95 of 100 cases, and the sum of the outcomes within its own range.",
                band=str(rule.band),
            ),
            say(
                "Do not conclude: how many people asked, who or where they were, or that a topic not shown was not asked."
            ),
            say(
                "Rankings of neighbouring rows may be chance. Do not compare windows of different length by their figures."
            ),
        ),
    )


def _tenths(value: int) -> str:
    return f"{value // 10}.{value % 10}"
