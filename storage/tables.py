"""Every table and column there is. The list is closed: a test compares it with the schema, and no column holds a time.

Two databases. What is open or not yet released stays in a local file that is never backed up; what has been
released lies in `released.db` or PostgreSQL.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel


class LocalTable(SQLModel):
    """Tables of open.db."""

    metadata: ClassVar[MetaData] = MetaData()


class WindowRow(LocalTable, table=True):
    """A window that is open, or closed and still needed."""

    __tablename__ = "window"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    first_day: date
    length: int
    """Days: 7 or 28."""
    state: str
    """open, closed or released."""
    scale: float
    show_limit: int
    restarts: int
    beats: int
    """Hours in which the counters were written."""


class OpenCellRow(LocalTable, table=True):
    """A counter of the open window; its first value is noise, so the true count is never on disk."""

    __tablename__ = "cell_open"
    __table_args__ = {"sqlite_with_rowid": False}
    window: int = Field(primary_key=True)
    family: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    n: int
    """The noisy count plus `storage.windows.ORIGIN`."""


class ClosedCellRow(LocalTable, table=True):
    """A counter of a closed window, still noisy: the baseline of the trend rule, kept for 8 windows."""

    __tablename__ = "cell_closed"
    __table_args__ = {"sqlite_with_rowid": False}
    window: int = Field(primary_key=True)
    family: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    n: int


class ReleasedTable(SQLModel):
    """Tables of released.db or PostgreSQL."""

    metadata: ClassVar[MetaData] = MetaData()


class ReleasedWindowRow(ReleasedTable, table=True):
    """A window whose figures have been released."""

    __tablename__ = "released_window"
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    first_day: date
    length: int
    scale: float
    show_limit: int
    total: int
    """Sum of the noisy topic counters, rounded to 10."""
    restarts: int
    lost_hours: int
    synthetic: bool


class ReleasedCellRow(ReleasedTable, table=True):
    """What coordinators see of one key; written once and kept."""

    __tablename__ = "released"
    __table_args__ = {"sqlite_with_rowid": False}
    window: int = Field(primary_key=True)
    family: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    shown: int | None
    """A multiple of 5; null: too few to show."""
    label: str | None
    """possible-rise, confirmed-rise, possible-fall, confirmed-fall or new."""
    lift: int | None
    """Tenths: 18 is a share 1.8 times that of the windows before."""
    lift_low: int | None
    lift_high: int | None
