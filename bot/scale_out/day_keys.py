"""Keys that live for one day of the campaign's time zone, in memory only: askers are known by hashes under them.

One process makes its own. The supervisor of several makes today's and tomorrow's and hands both down, so that at midnight
every worker already holds the next one and all drop the last.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import date, timedelta

KEY_BYTES = 32


class DayKeys:
    """Random keys by day."""

    def __init__(self, today: Callable[[], date]) -> None:
        """Take what gives the day."""
        self._today = today
        self._keys: dict[date, bytes] = {}

    def of(self, day: date) -> bytes:
        """A day's key; made here when nobody has handed it down. Drops those of days before yesterday."""
        self._drop_old()
        return self._keys.setdefault(day, secrets.token_bytes(KEY_BYTES))

    def take(self, handed: Mapping[date, bytes]) -> None:
        """Take keys that were handed down; a day that has a key already keeps it."""
        for day, key in handed.items():
            self._keys.setdefault(day, key)
        self._drop_old()

    def ahead(self) -> Mapping[date, bytes]:
        """Today's and tomorrow's, to be handed down."""
        today = self._today()
        return {day: self.of(day) for day in (today, today + timedelta(days=1))}

    def _drop_old(self) -> None:
        today = self._today()
        for day in [day for day in self._keys if day < today]:
            del self._keys[day]
