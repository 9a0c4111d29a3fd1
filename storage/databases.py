"""Opening the two databases with the settings that keep deleted bytes deleted."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlmodel import create_engine

LOCK_WAIT = 1.0
"""Seconds that a write waits for another process's lock; the counters then try again later."""
LOCAL_FILE = "open.db"
RELEASED_FILE = "released.db"

StoreErrors = (SQLAlchemyError, OSError)
"""What a store that is locked, full, read-only, broken or out of reach raises."""


def sqlite_engine(path: Path) -> Engine:
    """An SQLite file: no write-ahead log (its frames show the order of updates), deleted bytes overwritten."""
    # A duplicate key's message would carry the value: hidden. No pool: the file is closed between two writes.
    engine = create_engine(
        f"sqlite:///{path}", hide_parameters=True, poolclass=NullPool, connect_args={"timeout": LOCK_WAIT}
    )

    @event.listens_for(engine, "connect")
    def _careful(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=DELETE", "secure_delete=ON", "temp_store=MEMORY", "synchronous=FULL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def released_engine(data_dir: Path, database_url: str) -> Engine:
    """Where released figures lie: PostgreSQL when an address is set, else released.db in the data folder."""
    if not database_url:
        return sqlite_engine(data_dir / RELEASED_FILE)
    address = database_url
    for scheme in ("postgres://", "postgresql://"):
        if address.startswith(scheme):
            address = "postgresql+psycopg://" + address.removeprefix(scheme)
    return create_engine(address, hide_parameters=True, poolclass=NullPool, connect_args={"connect_timeout": 5})


_migrating = threading.Lock()
"""Alembic's environment is one for the whole process: two threads at once would take it from each other."""


def migrate(engine: Engine) -> None:
    """Bring the released tables to this version's schema."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    with _migrating, engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
