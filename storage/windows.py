"""open.db: the windows that are open or not yet released, and their noisy counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import Engine, Table, delete, text
from sqlmodel import Session, col, select

from storage.databases import LOCAL_FILE, sqlite_engine
from storage.tables import ClosedCellRow, LocalTable, OpenCellRow, WindowRow
from storage.values import Cell, Window

ORIGIN = 8192
"""Added to every stored count, so that small and large ones take the same two bytes: the file's size says nothing."""
SCHEMA = 1
_OPEN: Table = LocalTable.metadata.tables["cell_open"]
_CLOSED: Table = LocalTable.metadata.tables["cell_closed"]


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

    def closed_cells(self, number: int) -> dict[Cell, int]:
        """The noisy counts of a closed window."""
        with Session(self._engine) as session:
            cells = select(ClosedCellRow.family, ClosedCellRow.key, ClosedCellRow.n)
            rows = session.exec(cells.where(ClosedCellRow.window == number)).all()
            return {(family, key): n - ORIGIN for family, key, n in rows}

    def open(self, window: Window, counts: Mapping[Cell, int]) -> None:
        """Open a window: one row for every cell, at the count that it starts from (noise, never a bare 0)."""
        rows = [
            {"window": window.number, "family": family, "key": key, "n": ORIGIN + count}
            for (family, key), count in sorted(counts.items())
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

    def forget_old(self, kept: int) -> None:
        """Delete released windows beyond the last `kept` closed ones; secure_delete overwrites the bytes."""
        closed = [window for window in self.windows() if window.state != "open"]
        old = [window.number for window in closed[:-kept] if window.state == "released"]
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
        {"window": window, "family": family, "key": key, "n": n + increments.get((family, key), 0)}
        for window, family, key, n in session.exec(cells.order_by(col(OpenCellRow.family), col(OpenCellRow.key))).all()
    ]
