"""What time it is: the machine's clock, or a test's.

TABAYYAN_TEST_CLOCK is "2026-11-22T10:00:00Z" (start there) or "2026-11-22T10:00:00Z*3600" (and run so many times
as fast). It is honoured only while the Bot API server is on loopback, so that it cannot be left on by accident.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall time, possibly shifted and sped up."""

    start: datetime
    """The time shown when the clock was made."""
    made: float
    """time.monotonic() at that moment, seconds."""
    speed: float = 1.0
    """Clock seconds per real second."""
    zone: tzinfo = UTC
    """Where days begin."""

    def in_zone(self, name: str) -> Clock:
        """The same clock with the days of a time zone, by its IANA name."""
        return replace(self, zone=ZoneInfo(name))

    def now(self) -> datetime:
        """The time now, aware, in the clock's time zone."""
        return (self.start + timedelta(seconds=(time.monotonic() - self.made) * self.speed)).astimezone(self.zone)

    def today(self) -> date:
        """The day in the clock's time zone."""
        return self.now().date()

    def seconds_until(self, moment: datetime) -> float:
        """Real seconds until this clock shows a moment; 0 when it has passed."""
        return max(0.0, (moment - self.now()).total_seconds() / self.speed)


def machine_clock() -> Clock:
    """The machine's own time."""
    return Clock(datetime.now(UTC), time.monotonic())


def read_clock(setting: str, *, loopback: bool) -> Clock:
    """The test clock where one is set and allowed, else the machine's.

    Raises:
        ValueError: the setting is not a time, or its speed is not a positive number.
    """
    if not setting or not loopback:
        return machine_clock()
    moment, _, speed = setting.partition("*")
    start = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    if start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    factor = float(speed) if speed else 1.0
    if factor <= 0:
        raise ValueError("TABAYYAN_TEST_CLOCK: the speed after * must be over 0.")
    return Clock(start, time.monotonic(), factor)
