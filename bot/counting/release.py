"""Releases: what coordinators may see of a closed window. Made once, never drawn or rounded again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bot.counting.dimensions import DIMENSIONS, FLOOD, TOPIC, Rule, rules, sizes_of
from bot.counting.trends import trends
from bot.counting.window import BASELINE
from storage.values import Cell, Release, Row, Window

STEP = 5
"""Shown values are multiples of this."""
TOTAL_STEP = 10


def rules_of(release: Release) -> dict[str, Rule]:
    """Caps, noise and show limits of a released window, by dimension."""
    return rules(release.scale, release.show_limit, sizes_of((row.family, row.key) for row in release.rows))


def can_be_released(row: Row) -> bool:
    """Whether a row is one that a release can hold: a dimension of ours, and a figure that was rounded."""
    return row.family in DIMENSIONS and (row.shown or 0) % STEP == 0


def rounded(count: int, step: int = STEP) -> int:
    """The nearest multiple, halves up."""
    return step * math.floor(count / step + 0.5)


def drawn_up(
    window: Window,
    cells: Mapping[Cell, int],
    baselines: Sequence[tuple[Window, Mapping[Cell, int]]],
    last: Release | None,
    *,
    synthetic: bool,
) -> Release:
    """What is released of a closed window. The same input gives the same release for ever: nothing is drawn.

    `baselines` are the closed windows before it with their noisy counts, `last` the release before.
    """
    by_family = rules(window.scale, window.show_limit, sizes_of(cells))
    marks = _marks(window, cells, baselines, last, by_family)
    rows = []
    for (family, key), count in sorted(cells.items()):
        shown = rounded(count) if count >= by_family[family].show_limit else None
        rows.append(Row(family, key, shown, *(marks.get(key, ()) if family == TOPIC else ())))
    return Release(
        window.number,
        window.first_day,
        window.length,
        window.scale,
        window.show_limit,
        max(0, rounded(sum(_of(TOPIC, cells).values()), TOTAL_STEP)),
        window.restarts,
        window.lost_hours,
        synthetic,
        tuple(rows),
    )


Mark = tuple[str, int, int, int] | tuple[str]
"""A label; of a rise or fall also its lift and the ends of its range, in tenths."""


def _marks(
    window: Window,
    cells: Mapping[Cell, int],
    baselines: Sequence[tuple[Window, Mapping[Cell, int]]],
    last: Release | None,
    by_family: Mapping[str, Rule],
) -> dict[str, Mark]:
    """Topics that rose, fell or are new."""
    topics, rule = _of(TOPIC, cells), by_family[TOPIC]
    before = [
        _of(TOPIC, counts)
        for earlier, counts in baselines
        if earlier.length == window.length and earlier.scale == window.scale
    ][-BASELINE:]
    labels: dict[str, str | None] = {}
    if last is not None and last.number == window.number - 1:
        labels = {row.key: row.label for row in last.rows if row.family == TOPIC}
    # Organised questions are no rise: a topic that was cut off at its daily limit gets a flood mark instead.
    floods = {key for key, count in _of(FLOOD, cells).items() if count >= by_family[FLOOD].show_limit}
    ever = {key for _, counts in baselines for key in _of(TOPIC, counts)}
    marks: dict[str, Mark] = {key: ("new",) for key in topics if ever and key not in ever}
    for key, trend in trends(topics, before, rule.scale, rule.show_limit).items():
        if key not in floods:
            sure = "confirmed" if str(labels.get(key)).endswith(trend.direction) else "possible"
            low, high = round(10 * trend.low), round(10 * trend.high)
            marks[key] = (f"{sure}-{trend.direction}", round(10 * trend.lift), low, high)
    return marks


def _of(family: str, cells: Mapping[Cell, int]) -> dict[str, int]:
    return {key: count for (one, key), count in cells.items() if one == family}
