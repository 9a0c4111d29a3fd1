"""A lock in PostgreSQL that one session holds at a time; the server gives it back when that session ends."""

from __future__ import annotations

import contextlib
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from storage.databases import StoreErrors, released_engine


class AdvisoryLock:
    """One of PostgreSQL's advisory locks, by its number."""

    def __init__(self, data_dir: Path, database_url: str, number: int) -> None:
        self._engine: Engine = released_engine(data_dir, database_url)
        self._number = number
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Take it, or see whether it is still held; False: another session holds it. Waits for nobody.

        Raises one of `StoreErrors` when PostgreSQL cannot be reached; nothing is held then.
        """
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            # The same session may take its lock again and again: the answer is no only while another holds it.
            taken = self._connection.execute(text("SELECT pg_try_advisory_lock(:number)"), {"number": self._number})
            held = bool(taken.scalar_one())
            self._connection.commit()
        except StoreErrors:
            self.give_back()
            raise
        if not held:
            self.give_back()
        return held

    def give_back(self) -> None:
        """Let another session take it."""
        if self._connection is not None:
            with contextlib.suppress(*StoreErrors):
                self._connection.close()
            self._connection = None
