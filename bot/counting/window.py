"""When a window opens, closes and is released, how long it is, and the noise that every counter of it starts from.

Days begin at 00:00 in the campaign's time zone. A window closes at 00:00 after its last day and is released `RELEASE_AFTER` later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta, tzinfo

from bot.counting.dimensions import rules, sizes_of
from bot.counting.noise import discrete_laplace
from storage.values import Cell, Window

SHORT, LONG = 7, 28
"""Days of a window."""
ENOUGH_FOR_SHORT = 240
"""Counted questions a week from which weekly windows are worth reading: about 300 messages."""
BASELINE = 8
"""Closed windows kept as the baseline of the trend rule."""
RELEASE_AFTER = timedelta(hours=33)


def closes(window: Window, zone: tzinfo | None) -> datetime:
    """The moment at which a window closes: 00:00 after its last day, in a time zone."""
    return datetime.combine(window.first_day + timedelta(days=window.length), time(), zone)


def due(window: Window, zone: tzinfo | None) -> datetime:
    """The moment from which a window may be released, in a time zone."""
    return closes(window, zone) + RELEASE_AFTER


def starting_counts(window: Window, cells: Iterable[Cell]) -> dict[Cell, int]:
    """A secret draw for every cell of a window: what its counter starts from."""
    listed = sorted(cells)
    by_family = rules(window.scale, window.show_limit, sizes_of(listed))
    return {(family, key): discrete_laplace(by_family[family].scale) for family, key in listed}


def length_of_next(last_total: int | None, last_length: int) -> int:
    """7 days where the last released window had enough questions a week, else 28.

    Before anything has been released it is 7, so that a new campaign sees a report soon.
    """
    if last_total is None:
        return SHORT
    return SHORT if last_total * SHORT / last_length >= ENOUGH_FOR_SHORT else LONG
