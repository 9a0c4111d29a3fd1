"""A small store for tests: a clock that is set by hand, few cells, many askers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.counting.counters import Counters
from bot.dialogue.reply import Counted
from storage.releases import Releases
from storage.values import Cell

TOPICS = tuple(f"topic-{number}" for number in range(20))
ZONE = ZoneInfo("Asia/Baghdad")
START = datetime(2026, 11, 1, 0, 0, tzinfo=ZONE)
"""The beginning of a day of the campaign."""


def cells(topics: Iterable[str] = TOPICS) -> frozenset[Cell]:
    """Every family, few keys."""
    found: set[Cell] = set()
    for topic in topics:
        found |= {("topic", topic), ("near-miss", topic), ("flood", topic), ("feedback", f"{topic}:helpful")}
    found |= {("outcome", outcome) for outcome in ("answered", "no-match", "urgent")}
    found |= {("language", language) for language in ("ar", "en", "other")}
    found |= {("campaign", code) for code in ("school", "other", "none")}
    found |= {("offer-sign", "pay"), ("offer-sign", "visa"), ("vocabulary", "wife"), ("vocabulary", "belarus")}
    return frozenset(found)


class Store:
    """Counters over a folder, with the time in our hands."""

    def __init__(
        self,
        folder: Path,
        *,
        scale: float = 2.0,
        show_limit: int = 12,
        over: frozenset[Cell] | None = None,
        on_release: Callable[[int], None] | None = None,
        moment: datetime = START,
    ) -> None:
        self.folder = folder
        self.moment = moment
        self.releases = Releases(folder)
        self.counters = Counters(
            folder,
            self.releases,
            cells() if over is None else over,
            lambda: self.moment,
            scale=scale,
            show_limit=show_limit,
            on_release=on_release,
        )

    def ask(self, asker: int, topic: str = TOPICS[0]) -> None:
        self.counters.add(asker, Counted(topics=(topic,), outcome="answered", language="ar"))

    def hours(self, count: int) -> None:
        """Let hours pass, with a tick at each."""
        for _ in range(count):
            self.moment += timedelta(hours=1)
            self.counters.tick()

    def skip(self, **duration: int) -> None:
        """Let time pass at once, with one tick at its end."""
        self.moment += timedelta(**duration)
        self.counters.tick()

    def release_first(self) -> None:
        """Go on until the first window of 7 days has been released."""
        self.skip(days=7)
        self.skip(hours=34)
