"""The clockwork of the counters: a thread that ticks at every full hour, at the start and at the end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.counting.counters import Counters

RETRY = timedelta(minutes=1)
"""After a tick that failed; otherwise only the full hour counts, however busy the bot is."""
ASK_AGAIN = 1.0
"""Real seconds after which a process that does not lead looks again whether it may."""
LAST_TICK = 1.5
"""Real seconds that stopping waits for the last tick."""


class Leadership(Protocol):
    """Which of several processes ticks. Methods never raise, never wait for another process."""

    def held(self) -> bool:
        """Take the lead, or see whether it is still held."""
        ...

    def give_back(self) -> None:
        """Let another process lead."""
        ...


class AlwaysLeader:
    """For a single process."""

    def held(self) -> bool:
        """Nobody else ticks."""
        return True

    def give_back(self) -> None:
        """Nobody waits for it."""


class CounterSchedule:
    """Ticks in a thread of its own, so that a slow disk never delays an answer."""

    def __init__(self, counters: Counters, clock: Clock, leadership: Leadership | None = None) -> None:
        """Take the counters; and, where several processes share them, which of them leads."""
        self._counters = counters
        self._leadership: Leadership = leadership or AlwaysLeader()
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="counters", daemon=True)

    def start(self) -> None:
        """Begin with a first tick."""
        self._thread.start()

    def stop(self) -> None:
        """Write what was gathered and end; waits a moment only."""
        self._stopping.set()
        self._thread.join(LAST_TICK)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._leadership.held():
                self._stopping.wait(ASK_AGAIN)
                continue
            done = self._counters.tick()
            moment = self._clock.now()
            until = next_hour(moment) if done else min(next_hour(moment), moment + RETRY)
            self._stopping.wait(self._clock.seconds_until(until))
        if self._leadership.held():
            self._counters.tick()
        self._leadership.give_back()


def next_hour(moment: datetime) -> datetime:
    """The next full hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
