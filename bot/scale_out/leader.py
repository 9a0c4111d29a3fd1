"""Which of several processes writes and releases: one at a time, taken over at once when it ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from storage.advisory_lock import AdvisoryLock
from storage.databases import StoreErrors

LOCK_FILE = ".ticking"
LOCK_NUMBER = 0x7AB_A77A
"""A number of our own among PostgreSQL's advisory locks."""


class LeaderLock:
    """Who holds it ticks: a lock on a file of the data folder and, where there is one, a lock in PostgreSQL.

    The kernel and PostgreSQL give both back when the process ends, kill -9 included.
    """

    def __init__(self, data_dir: Path, database_url: str = "") -> None:
        self._path = data_dir / LOCK_FILE
        self._file: int | None = None
        self._there = AdvisoryLock(data_dir, database_url, LOCK_NUMBER) if database_url else None

    def held(self) -> bool:
        """Take the lock, or see whether it is still held. Never raises, never waits for another process.

        A PostgreSQL that cannot be reached releases nothing, so that the file alone decides until it is back.
        """
        if self._file is None:
            self._file = self._lock_file()
        if self._file is None:
            return False
        try:
            return self._there is None or self._there.held()
        except StoreErrors:
            return True

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

    def give_back(self) -> None:
        """Let another process lead."""
        if self._there is not None:
            self._there.give_back()
        if self._file is not None:
            os.close(self._file)
            self._file = None
