"""Releases: once per closed window, written once, never drawn or rounded again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, insert
from sqlmodel import Session, col, select

from bot.counting.dimensions import Cell, Family, Rule, rules, sizes_of
from bot.counting.trends import trends
from bot.counting.window import BASELINE, Window
from storage.databases import migrate, released_engine
from storage.tables import ReleasedCellRow, ReleasedWindowRow

STEP = 5
"""Shown values are multiples of this."""
TOTAL_STEP = 10


@dataclass(frozen=True, slots=True)
class Row:
    """What coordinators see of one key in one window."""

    family: Family
    key: str
    shown: int | None
    """A multiple of 5; None: too few to show."""
    label: str | None = None
    lift: int | None = None
    """Tenths."""
    lift_low: int | None = None
    lift_high: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One released window."""

    number: int
    first_day: date
    length: int
    scale: float
    show_limit: int
    total: int
    restarts: int
    lost_hours: int
    synthetic: bool
    rows: tuple[Row, ...]

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.first_day + timedelta(days=self.length - 1)

    @property
    def rules(self) -> dict[Family, Rule]:
        """Caps, noise and show limits of the window."""
        return rules(self.scale, self.show_limit, sizes_of((row.family, row.key) for row in self.rows))

    def family(self, family: Family) -> tuple[Row, ...]:
        """One family's rows, most asked first; those that are not shown come last."""
        mine = [row for row in self.rows if row.family == family]
        return tuple(sorted(mine, key=lambda row: (-(row.shown or 0), row.key)))

    def shown(self, family: Family) -> tuple[Row, ...]:
        """One family's rows that reached their limit, most asked first."""
        return tuple(row for row in self.family(family) if row.shown is not None)


class AlreadyReleased(Exception):
    """A window with this number has been released with other figures; the first ones stay."""


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
    topics = {key: count for (family, key), count in cells.items() if family == "topic"}
    before = [
        {key: count for (family, key), count in counts.items() if family == "topic"}
        for earlier, counts in baselines
        if earlier.length == window.length and earlier.scale == window.scale
    ][-BASELINE:]
    changed = trends(topics, before, by_family["topic"].scale, by_family["topic"].show_limit)
    earlier_labels = (
        {row.key: row.label for row in last.rows if row.family == "topic"}
        if last is not None and last.number == window.number - 1
        else {}
    )
    ever = {key for _, counts in baselines for family, key in counts if family == "topic"}
    # Organised questions are no rise: a topic that was cut off at its daily limit gets a flood mark instead.
    floods = {
        key for (family, key), count in cells.items() if family == "flood" and count >= by_family[family].show_limit
    }
    rows = []
    for (family, key), count in sorted(cells.items()):
        shown = rounded(count) if count >= by_family[family].show_limit else None
        label, lift, low, high = None, None, None, None
        if family == "topic" and key in changed and key not in floods:
            trend = changed[key]
            confirmed = str(earlier_labels.get(key)).endswith(trend.direction)
            label = f"{'confirmed' if confirmed else 'possible'}-{trend.direction}"
            lift, low, high = (round(10 * value) for value in (trend.lift, trend.low, trend.high))
        elif family == "topic" and ever and key not in ever:
            label = "new"
        rows.append(Row(family, key, shown, label, lift, low, high))
    return Release(
        window.number,
        window.first_day,
        window.length,
        window.scale,
        window.show_limit,
        max(0, rounded(sum(topics.values()), TOTAL_STEP)),
        window.restarts,
        window.lost_hours,
        synthetic,
        tuple(rows),
    )


class Releases:
    """The released tables. Methods raise one of `StoreErrors` when the database cannot be used."""

    def __init__(self, data_dir: Path, database_url: str = "") -> None:
        self._local = None if database_url else data_dir
        self._engine: Engine = released_engine(data_dir, database_url)
        self._ready = False

    def prepare(self) -> None:
        """Make or migrate the tables."""
        if not self._ready:
            if self._local is not None:
                self._local.mkdir(parents=True, exist_ok=True)
            migrate(self._engine)
            self._ready = True

    def numbers(self) -> tuple[int, ...]:
        """Numbers of all released windows, oldest first."""
        self.prepare()
        with Session(self._engine) as session:
            return tuple(session.exec(select(ReleasedWindowRow.number).order_by(col(ReleasedWindowRow.number))).all())

    def get(self, number: int) -> Release | None:
        """One released window."""
        self.prepare()
        with Session(self._engine) as session:
            window = session.get(ReleasedWindowRow, number)
            if window is None:
                return None
            rows = session.exec(select(ReleasedCellRow).where(ReleasedCellRow.window == number)).all()
            listed = sorted(
                (
                    Row(cast(Family, row.family), row.key, row.shown, row.label, row.lift, row.lift_low, row.lift_high)
                    for row in rows
                ),
                key=lambda row: (row.family, row.key),
            )
            return Release(**window.model_dump(), rows=tuple(listed))

    def last(self, count: int, *, until: int | None = None) -> tuple[Release, ...]:
        """The last released windows up to a number, oldest first."""
        numbers = [number for number in self.numbers() if until is None or number <= until]
        found = (self.get(number) for number in numbers[-count:])
        return tuple(release for release in found if release is not None)

    def put(self, release: Release) -> bool:
        """Write a release once; False when exactly this one is there already.

        Raises:
            AlreadyReleased: the window was released with other figures.
        """
        there = self.get(release.number)
        if there is not None:
            if there != release:
                raise AlreadyReleased(f"window {release.number} has been released with other figures")
            return False
        fields = {name: getattr(release, name) for name in ReleasedWindowRow.model_fields}
        rows = [
            {"window": release.number, **{name: getattr(row, name) for name in Row.__slots__}} for row in release.rows
        ]
        with Session(self._engine) as session:
            session.add(ReleasedWindowRow(**fields))
            session.flush()
            session.execute(insert(ReleasedCellRow), rows)
            session.commit()
        return True
