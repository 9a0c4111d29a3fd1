"""The released tables: each window is written once, and never changed."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, insert
from sqlmodel import Session, col, select

from storage.databases import migrate, released_engine
from storage.tables import ReleasedCellRow, ReleasedWindowRow
from storage.values import Release, Row


class AlreadyReleased(Exception):
    """A window with this number has been released with other figures; the first ones stay."""


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
            cells = session.exec(select(ReleasedCellRow).where(ReleasedCellRow.window == number)).all()
            rows = (Row(**cell.model_dump(exclude={"window"})) for cell in cells)
            return Release(**window.model_dump(), rows=tuple(sorted(rows, key=lambda row: (row.family, row.key))))

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
