"""What the tables hold, as frozen values: a window, and what has been released of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

Cell = tuple[str, str]
"""(dimension, key): one counter."""


@dataclass(frozen=True, slots=True)
class Window:
    """One window of days whose counts are not released yet, or still a baseline."""

    number: int
    first_day: date
    length: int
    """Days."""
    state: str
    """open, closed or released."""
    scale: float
    show_limit: int
    restarts: int = 0
    beats: int = 0
    """Hours in which the counters were written."""

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.first_day + timedelta(days=self.length - 1)

    @property
    def lost_hours(self) -> int:
        """Hours in which nothing was written: the bot stood still, or its store did."""
        return max(0, self.length * 24 - self.beats)


@dataclass(frozen=True, slots=True)
class Row:
    """What coordinators see of one key in one window."""

    family: str
    """Key of the dimension."""
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
    """Days."""
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

    def family(self, family: str) -> tuple[Row, ...]:
        """One dimension's rows, most asked first; those that are not shown come last."""
        mine = [row for row in self.rows if row.family == family]
        return tuple(sorted(mine, key=lambda row: (-(row.shown or 0), row.key)))

    def shown(self, family: str) -> tuple[Row, ...]:
        """One dimension's rows that reached their limit, most asked first."""
        return tuple(row for row in self.family(family) if row.shown is not None)
