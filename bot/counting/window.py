"""The local file of windows that are open or not yet released: every cell made in advance, at noise.

Times are days in Baghdad. A window closes at 00:00 after its last day and is released `RELEASE_AFTER` later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, Table, delete, text
from sqlmodel import Session, col, select

from bot.clock import BAGHDAD
from bot.counting.dimensions import Cell, Family, rules, sizes_of
from bot.counting.noise import discrete_laplace
from storage.databases import LOCAL_FILE, sqlite_engine
from storage.tables import ClosedCellRow, LocalTable, OpenCellRow, WindowRow

ORIGIN = 8192
"""Added to every stored count, so that small and large ones take the same two bytes: the file's size says nothing."""
SHORT, LONG = 7, 28
"""Days of a window."""
ENOUGH_FOR_SHORT = 240
"""Counted questions a week from which weekly windows are worth reading: about 300 messages."""
BASELINE = 8
"""Closed windows kept as the baseline of the trend rule."""
RELEASE_AFTER = timedelta(hours=33)
SCHEMA = 1
_OPEN: Table = LocalTable.metadata.tables["cell_open"]
_CLOSED: Table = LocalTable.metadata.tables["cell_closed"]


@dataclass(frozen=True, slots=True)
class Window:
    """One window; counts are noisy."""

    number: int
    first_day: date
    length: int
    state: str
    scale: float
    show_limit: int
    restarts: int = 0
    beats: int = 0

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.first_day + timedelta(days=self.length - 1)

    @property
    def closes(self) -> datetime:
        """The moment at which it closes: 00:00 in Baghdad after the last day."""
        return datetime.combine(self.first_day + timedelta(days=self.length), time(), BAGHDAD)

    @property
    def due(self) -> datetime:
        """The moment from which it may be released."""
        return self.closes + RELEASE_AFTER

    @property
    def lost_hours(self) -> int:
        """Hours in which nothing was written: the bot stood still, or its store did."""
        return max(0, self.length * 24 - self.beats)


class LaterSchema(OSError):
    """open.db was written by another version of the program."""


class WindowFile:
    """open.db. Every method is one transaction; it raises one of `StoreErrors` when the file cannot be used."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / LOCAL_FILE
        self._engine: Engine = sqlite_engine(self.path)
        self._ready = False

    def prepare(self) -> None:
        """Make the folder and the tables when they are missing."""
        if self._ready and self.path.exists():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._engine.begin() as connection:
            version = connection.execute(text("PRAGMA user_version")).scalar_one()
            if version not in (0, SCHEMA):
                raise LaterSchema("open.db was written by another version")
            LocalTable.metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {SCHEMA}"))
        self._ready = True

    def windows(self) -> tuple[Window, ...]:
        """All windows in the file, oldest first."""
        with Session(self._engine) as session:
            rows = session.exec(select(WindowRow).order_by(col(WindowRow.number))).all()
            return tuple(Window(**row.model_dump()) for row in rows)

    def open_window(self) -> Window | None:
        """The open one, if there is one."""
        return next((window for window in self.windows() if window.state == "open"), None)

    def keys(self) -> frozenset[Cell]:
        """The cells of the open window."""
        with Session(self._engine) as session:
            rows = session.exec(select(OpenCellRow.family, OpenCellRow.key)).all()
            return frozenset((cast(Family, family), key) for family, key in rows)

    def closed_cells(self, number: int) -> dict[Cell, int]:
        """The noisy counts of a closed window."""
        with Session(self._engine) as session:
            cells = select(ClosedCellRow.family, ClosedCellRow.key, ClosedCellRow.n)
            rows = session.exec(cells.where(ClosedCellRow.window == number)).all()
            return {(cast(Family, family), key): n - ORIGIN for family, key, n in rows}

    def open(self, window: Window, cells: Iterable[Cell]) -> None:
        """Open a window: one row for every cell, each starting at a secret draw."""
        listed = sorted(cells)
        by_family = rules(window.scale, window.show_limit, sizes_of(listed))
        rows = [
            {
                "window": window.number,
                "family": family,
                "key": key,
                "n": ORIGIN + discrete_laplace(by_family[family].scale),
            }
            for family, key in listed
        ]
        with Session(self._engine) as session:
            session.add(WindowRow(**asdict(window)))
            session.flush()
            session.execute(_OPEN.insert(), rows)
            session.commit()

    def write(self, increments: Mapping[Cell, int], *, beat: bool, restart: bool = False) -> None:
        """Add to the open window and write every row of it anew, whether it changed or not."""
        with Session(self._engine) as session:
            window = session.exec(select(WindowRow).where(WindowRow.state == "open")).one()
            rows = _rows(session, increments)
            # An UPDATE that changes nothing writes nothing: only a row made anew looks the same on a quiet day.
            session.execute(delete(OpenCellRow))
            session.execute(_OPEN.insert(), rows)
            window.beats += beat
            window.restarts += restart
            session.add(window)
            session.commit()

    def close(self) -> None:
        """Close the open window: its noisy counts become a baseline and wait for their release."""
        with Session(self._engine) as session:
            window = session.exec(select(WindowRow).where(WindowRow.state == "open")).one()
            window.state = "closed"
            session.add(window)
            rows = _rows(session, {})
            session.execute(delete(OpenCellRow))
            session.execute(_CLOSED.insert(), rows)
            session.commit()

    def set_released(self, number: int) -> None:
        """Note that a closed window has been released."""
        with Session(self._engine) as session:
            window = session.get_one(WindowRow, number)
            window.state = "released"
            session.add(window)
            session.commit()

    def forget_old(self) -> None:
        """Delete released windows beyond the last 8 closed ones; secure_delete overwrites the bytes."""
        closed = [window for window in self.windows() if window.state != "open"]
        old = [window.number for window in closed[:-BASELINE] if window.state == "released"]
        if not old:
            return
        with Session(self._engine) as session:
            session.execute(delete(ClosedCellRow).where(col(ClosedCellRow.window).in_(old)))
            session.execute(delete(WindowRow).where(col(WindowRow.number).in_(old)))
            session.commit()


def _rows(session: Session, increments: Mapping[Cell, int]) -> list[dict[str, object]]:
    """The open window's rows in the order of their keys, with something added."""
    cells = select(OpenCellRow.window, OpenCellRow.family, OpenCellRow.key, OpenCellRow.n)
    return [
        {"window": window, "family": family, "key": key, "n": n + increments.get((cast(Family, family), key), 0)}
        for window, family, key, n in session.exec(cells.order_by(col(OpenCellRow.family), col(OpenCellRow.key))).all()
    ]


def length_of_next(last_total: int | None, last_length: int) -> int:
    """7 days where the last released window had enough questions a week, else 28.

    Before anything has been released it is 7, so that a new campaign sees a report soon.
    """
    if last_total is None:
        return SHORT
    return SHORT if last_total * SHORT / last_length >= ENOUGH_FOR_SHORT else LONG
