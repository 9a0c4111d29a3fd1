"""Telegram's time, learnt from the Date header of its answers, so that a wrong clock of ours silences nobody."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from bot.logs import log

HEAR_AGAIN_SECONDS = 5.0
"""The header is read so often at most: reading costs more than a call's other headers together."""
HALF_A_SECOND = 0.5
"""The header is cut to whole seconds: what it means is half a second later on average."""
SKEW_SECONDS = 30.0
"""From so far on the machine's clock is called wrong."""


class ServerClock:
    """What time it is at Telegram."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        """Take the machine's clocks, seconds: one that only runs, and one that may be wrong."""
        self._monotonic = monotonic
        self._wall = wall
        self._ahead: float | None = None
        """Telegram's Unix seconds less our monotonic ones."""
        self._answered: float | None = None
        self._read: float | None = None
        self._wrong = False

    def hear(self, date: str | None) -> None:
        """Take the Date header of an answer that has just come; whatever is no date is passed over."""
        now = self._answered = self._monotonic()
        if date is None or (self._read is not None and now - self._read < HEAR_AGAIN_SECONDS):
            return
        try:
            told = parsedate_to_datetime(date).timestamp() + HALF_A_SECOND
        except (ValueError, OverflowError):
            return
        self._read, self._ahead = now, told - now
        self._say(abs(self._wall() - told))

    def _say(self, off: float) -> None:
        wrong = off > SKEW_SECONDS
        if wrong != self._wrong:
            self._wrong = wrong
            log("clock-wrong" if wrong else "clock-right", logging.WARNING if wrong else logging.INFO)

    @property
    def now(self) -> float | None:
        """Telegram's time, Unix seconds; None before its first answer."""
        return self._monotonic() + self._ahead if self._ahead is not None else None

    @property
    def skew(self) -> float | None:
        """How far the machine's clock is ahead of Telegram's, seconds; None before its first answer."""
        now = self.now
        return self._wall() - now if now is not None else None

    @property
    def silence(self) -> float | None:
        """Seconds since Telegram last answered a call of ours; None before its first answer."""
        return self._monotonic() - self._answered if self._answered is not None else None

    def age(self, date: int) -> float:
        """How old a message is, seconds; `date` is Telegram's, Unix seconds.

        Before Telegram has told its time, nothing is known to be old.
        """
        now = self.now
        return max(0.0, now - date) if now is not None else 0.0
