"""Which of several processes writes and releases: one at a time, taken over at once when it ends, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from storage.databases import StoreErrors, released_engine

LOCK_FILE = ".ticking"
ADVISORY_LOCK = 0x7AB_A77A
"""A number of our own among PostgreSQL's advisory locks."""


class TickRight:
    """The right to tick: a lock on a file of the data folder and, where there is one, a lock in PostgreSQL.

    The kernel and PostgreSQL give both back when the process ends, kill -9 included.
    """

    def __init__(self, data_dir: Path, database_url: str = "") -> None:
        self._path = data_dir / LOCK_FILE
        self._file: int | None = None
        self._engine: Engine | None = released_engine(data_dir, database_url) if database_url else None
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Take the right, or see whether it is still held. Never raises, never waits for another process.

        A PostgreSQL that cannot be reached releases nothing, so that the file alone decides until it is back.
        """
        if self._file is None:
            self._file = self._lock_file()
        if self._file is None:
            return False
        return self._engine is None or self._locked_there(self._engine)

    def _lock_file(self) -> int | None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return None
        return file

    def _locked_there(self, engine: Engine) -> bool:
        try:
            if self._connection is None:
                self._connection = engine.connect()
            # The same session may take its lock again and again: the answer is no only while another holds it.
            taken = self._connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": ADVISORY_LOCK})
            held = bool(taken.scalar_one())
            self._connection.commit()
        except StoreErrors:
            self._drop_connection()
            return True
        if not held:
            self._drop_connection()
        return held

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(*StoreErrors):
                self._connection.close()
            self._connection = None

    def give_back(self) -> None:
        """Let another process tick."""
        self._drop_connection()
        if self._file is not None:
            os.close(self._file)
            self._file = None
