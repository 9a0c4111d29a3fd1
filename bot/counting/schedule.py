"""The clockwork of the counters: a thread that ticks at every full hour, at the start and at the end."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from bot.clock import Clock
from bot.counting.counters import Counters
from bot.scale_out.leader import TickRight

RETRY = timedelta(minutes=1)
"""After a tick that failed; otherwise only the full hour counts, however busy the bot is."""
ASK_AGAIN = 1.0
"""Real seconds after which the right to tick is asked for again."""
LAST_TICK = 1.5
"""Real seconds that stopping waits for the last tick."""


class Keeper:
    """Ticks in a thread of its own, so that a slow disk never delays an answer."""

    def __init__(self, counters: Counters, clock: Clock, right: TickRight | None = None) -> None:
        """Take the counters; and, where several processes share them, the right to tick."""
        self._counters = counters
        self._right = right
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
            if self._right is not None and not self._right.held():
                self._stopping.wait(ASK_AGAIN)
                continue
            done = self._counters.tick()
            moment = self._clock.now()
            until = next_hour(moment) if done else min(next_hour(moment), moment + RETRY)
            self._stopping.wait(self._clock.seconds_until(until))
        if self._right is None or self._right.held():
            self._counters.tick()
        if self._right is not None:
            self._right.give_back()


def next_hour(moment: datetime) -> datetime:
    """The next full hour."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
