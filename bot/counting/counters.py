"""Counting: what turns add is gathered in memory and written by a fixed hourly tick, also when nothing came.

Who asked is known only as a keyed hash whose key lives in memory and is renewed at 00:00 in the campaign's time zone: enough to count
an asker once a day, useless afterwards. `Counters.add` never waits for the disk and never raises.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from pathlib import Path
from statistics import median
from typing import Protocol

from bot.counting.dimensions import DIMENSIONS, FLOOD, TOPIC, cells_in, rules
from bot.counting.release import drawn_up
from bot.counting.window import BASELINE, SHORT, due, length_of_next, starting_counts
from bot.dialogue.reply import OTHER, Counted
from bot.logs import log
from storage.databases import StoreErrors
from storage.releases import AlreadyReleased, Releases
from storage.values import Cell, Window
from storage.windows import WindowFile

MOST_ASKERS = 500_000
"""Askers remembered in a day; beyond them nobody new is counted, so that memory stays bounded."""
LEAST_DAILY_LIMIT = 5
SURGE = 4
"""A topic may add this many times its usual day; what comes beyond is taken for a flood."""
MARK_BYTES = 8
_RANDOM = secrets.SystemRandom()

Batch = tuple[date, dict[Cell, int]]
"""What one day added."""


class Pool(Protocol):
    """Where several processes put what they have gathered, for the one that ticks. Methods never raise."""

    def collect(self) -> Sequence[Batch]:
        """What no tick has written yet; the same again until it is said to be written."""
        ...

    def written(self, day: date) -> None:
        """Drop a day's collected increments: they are on disk."""
        ...


class NoPool:
    """For a single process: all that is counted is gathered in it."""

    def collect(self) -> Sequence[Batch]:
        """Nothing from others."""
        return ()

    def written(self, day: date) -> None:
        """Nothing to drop."""


def _own_keys(_: date) -> bytes:
    return secrets.token_bytes(32)


class Counters:
    """Counts for one process, or for the one of several that ticks. All methods may be called from any thread."""

    def __init__(
        self,
        data_dir: Path,
        releases: Releases,
        cells: Iterable[Cell],
        now: Callable[[], datetime],
        *,
        scale: float = 2.0,
        show_limit: int = 12,
        synthetic: bool = False,
        on_release: Callable[[int], None] | None = None,
        key_of: Callable[[date], bytes] = _own_keys,
        pool: Pool | None = None,
    ) -> None:
        """Touch no disk yet; `tick` does.

        `now` gives the aware time in the zone whose days are counted; `cells` are those of the content; `on_release` is called with the number of each
        newly released window, in the thread that ticks. `key_of` gives a day's key where several processes share one,
        `pool` is what they gather in.
        """
        self._file = WindowFile(data_dir)
        self._releases = releases
        self._now = now
        self._scale, self._show_limit, self._synthetic = scale, show_limit, synthetic
        self._on_release = on_release
        self._key_of = key_of
        self._pool: Pool = pool or NoPool()
        self._caps = {family: rule.cap for family, rule in rules(scale, show_limit).items()}
        self._cells = frozenset(cells)
        self._guard = threading.Lock()
        """Held for microseconds only, never while the disk is touched."""
        self._ticking = threading.Lock()
        self._daily_limits: Mapping[str, int] = {}
        self._unknown_limit: int | None = None
        self._gathered: dict[Cell, int] = {}
        self._sealed: list[Batch] = []
        self._topics_by_day: dict[date, dict[str, int]] = {}
        """What each day's topics have been asked so far; used by the tick alone."""
        self._beat: datetime | None = None
        self._started = False
        self._failing = False
        self._day = date.min
        self._day_ends = 0.0
        self._begin_day(self._now())

    # ---- counting, in memory

    def add(self, asker_id: int, counted: Counted) -> None:
        """Count one turn within the caps of the asker's day. Never raises, never waits for the disk."""
        try:
            cells = cells_in(counted)
            if not cells:
                return
            moment = self._now()
            with self._guard:
                if moment.timestamp() >= self._day_ends:
                    self._begin_day(moment)
                self._add(self._pseudonym(asker_id), cells)
        except Exception as error:
            log("internal-error", logging.ERROR, kind=type(error).__name__)

    def forget(self, asker_id: int) -> None:
        """Forget what an asker asked today. Nothing more of that asker is counted until tomorrow."""
        with self._guard:
            self._askers[self._pseudonym(asker_id)] = None

    def remembered(self, asker_id: int) -> list[str] | None:
        """What is remembered of an asker's day, as marks that say nothing without the day's key; None: forgotten."""
        with self._guard:
            marks = self._askers.get(pseudonym := self._pseudonym(asker_id))
            if marks is None:
                return None if pseudonym in self._askers else []
            return sorted(mark.hex() for mark in marks)

    def remember(self, asker_id: int, marks: Sequence[str] | None) -> None:
        """Take over what another process remembers of an asker's day."""
        with self._guard:
            pseudonym = self._pseudonym(asker_id)
            known = self._askers.get(pseudonym)
            if marks is None:
                self._askers[pseudonym] = None
            elif (known is not None or pseudonym not in self._askers) and len(self._askers) < MOST_ASKERS:
                self._askers[pseudonym] = (known or set()) | {bytes.fromhex(mark) for mark in marks}

    def hand_over(self) -> list[Batch]:
        """Give up what has been gathered, for a pool."""
        with self._guard:
            batches = [*self._sealed, *([(self._day, self._gathered)] if self._gathered else [])]
            self._sealed, self._gathered = [], {}
            return batches

    def take_back(self, batches: Sequence[Batch]) -> None:
        """Gather again what a pool could not take."""
        self._keep(batches)

    def renew(self, cells: Iterable[Cell]) -> None:
        """Take the cells of newly loaded content; keys that are new count from the next window on."""
        self._cells = frozenset(cells)

    def _pseudonym(self, asker_id: int) -> bytes:
        return hmac.digest(self._key, asker_id.to_bytes(16, "big", signed=True), "sha256")[:16]

    def _mark(self, asker: bytes, *names: str) -> bytes:
        """Stands for an asker and a cell, or a place under a cap: nothing can be read from it."""
        return blake2b("\0".join(names).encode() + asker, key=self._key, digest_size=MARK_BYTES).digest()

    def _begin_day(self, moment: datetime) -> None:
        if self._gathered:
            self._sealed.append((self._day, self._gathered))
        self._gathered = {}
        self._day = moment.date()
        self._key = self._key_of(self._day)
        self._askers: dict[bytes, set[bytes] | None] = {}
        self._day_ends = datetime.combine(self._day + timedelta(days=1), time(), moment.tzinfo).timestamp()

    def _add(self, asker: bytes, cells: list[Cell]) -> None:
        seen = self._askers.get(asker)
        if seen is None:
            if asker in self._askers or len(self._askers) >= MOST_ASKERS:
                return
            seen = self._askers[asker] = set()
        for cell in self._in_fair_order(cells):
            family, key = cell
            mark = self._mark(asker, family, key)
            if mark in seen:
                continue
            places = (self._mark(asker, family, "", str(place)) for place in range(self._caps[family]))
            free = next((place for place in places if place not in seen), None)
            if free is None:
                continue
            if cell not in self._cells:
                if not DIMENSIONS[family].others:
                    continue
                cell = (family, OTHER)
                mark = self._mark(asker, *cell)
                if mark in seen:
                    continue
            seen |= {mark, free}
            self._gathered[cell] = self._gathered.get(cell, 0) + 1

    def _in_fair_order(self, cells: list[Cell]) -> list[Cell]:
        """Shuffled where more keys of a family came than its cap, so that no key is favoured for standing first."""
        if len(cells) <= 2:
            return cells
        counts: dict[str, int] = {}
        for family, _ in cells:
            counts[family] = counts.get(family, 0) + 1
        if any(count > self._caps[family] for family, count in counts.items()):
            cells = list(cells)
            _RANDOM.shuffle(cells)
        return cells

    # ---- writing

    def tick(self) -> bool:
        """Write what was gathered, open and close windows, release what is due, delete what is old.

        False when the store could not be used: the event is logged, what was gathered is kept and tried again.
        """
        with self._ticking:
            moment = self._now()
            with self._guard:
                if moment.timestamp() >= self._day_ends:
                    self._begin_day(moment)
                today = self._day
                waiting = {today: self._gathered}
                for day, increments in self._sealed:
                    waiting[day] = _sum(waiting.get(day, {}), increments)
                self._sealed, self._gathered = [], {}
            pooled = dict(self._pool.collect())
            released: list[int] = []
            try:
                self._file.prepare()
                for day in sorted({*waiting, *pooled}):
                    self._write(day, _sum(waiting.get(day, {}), pooled.get(day, {})), moment)
                    # Given up only when on disk: what a failure leaves is written by the next tick.
                    waiting.pop(day, None)
                    if day in pooled:
                        self._pool.written(day)
                self._report(None)
            except StoreErrors as error:
                self._keep(list(waiting.items()))
                self._report(type(error).__name__)
                return False
            complete = self._release_due(moment, released)
        for number in released:
            log("released", number=number)
            if self._on_release is not None:
                self._on_release(number)
        return complete

    def _write(self, day: date, increments: Mapping[Cell, int], moment: datetime) -> None:
        window = self._file.open_window()
        if window is not None and day > window.last_day:
            self._file.close()
            window = None
        if window is None:
            self._open(day)
            self._started = True
        elif not self._started:
            self._set_daily_limits()
        hour = moment.replace(minute=0, second=0, microsecond=0)
        beat = hour != self._beat and day == self._day
        asked = {key: count for (family, key), count in increments.items() if family == TOPIC}
        self._file.write(self._without_floods(day, increments), beat=beat, restart=not self._started)
        self._started = True
        if beat:
            self._beat = hour
        # Only now, since what could not be written comes again.
        before = self._topics_by_day.pop(day, {})
        self._topics_by_day = {
            kept: counts for kept, counts in self._topics_by_day.items() if kept >= day - timedelta(days=1)
        }
        self._topics_by_day[day] = {key: before.get(key, 0) + asked.get(key, 0) for key in {*before, *asked}}

    def _without_floods(self, day: date, increments: Mapping[Cell, int]) -> dict[Cell, int]:
        """What goes beyond a topic's daily limit is counted as a flood instead."""
        before = self._topics_by_day.get(day, {})
        kept = dict(increments)
        for cell, count in increments.items():
            family, key = cell
            limit = self._daily_limits.get(key, self._unknown_limit) if family == TOPIC else None
            if limit is None:
                continue
            kept[cell] = min(count, max(0, limit - before.get(key, 0)))
            if kept[cell] < count:
                kept[(FLOOD, key)] = kept.get((FLOOD, key), 0) + count - kept[cell]
        return kept

    def _open(self, first_day: date) -> None:
        windows = self._file.windows()
        number, length = (windows[-1].number, windows[-1].length) if windows else (0, SHORT)
        try:
            last = self._releases.last(1)
        except StoreErrors:
            # Without a window of our own the next number is not known, and a number must not be used twice.
            if not windows:
                raise
        else:
            number = max(number, last[0].number) if last else number
            length = length_of_next(last[0].total, last[0].length) if last else SHORT
        window = Window(number + 1, first_day, length, "open", self._scale, self._show_limit)
        self._file.open(window, starting_counts(window, self._cells))
        self._set_daily_limits()

    def _set_daily_limits(self) -> None:
        """A topic's daily limit from the windows before: 4 times its usual day, at least 5."""
        days: dict[str, list[float]] = {}
        for window in self._file.windows():
            if window.state != "open":
                for (family, key), count in self._file.closed_cells(window.number).items():
                    if family == TOPIC:
                        days.setdefault(key, []).append(count / window.length)
        usual = {key: median(counts) for key, counts in days.items()}
        with self._guard:
            self._daily_limits = {key: max(LEAST_DAILY_LIMIT, round(SURGE * day)) for key, day in usual.items()}
            self._unknown_limit = max(self._daily_limits.values(), default=None)

    def _release_due(self, moment: datetime, released: list[int]) -> bool:
        try:
            windows = self._file.windows()
            for place, window in enumerate(windows):
                if window.state != "closed" or moment < due(window, moment.tzinfo):
                    continue
                cells = {earlier.number: self._file.closed_cells(earlier.number) for earlier in windows[: place + 1]}
                release = drawn_up(
                    window,
                    cells[window.number],
                    [(earlier, cells[earlier.number]) for earlier in windows[:place]],
                    self._releases.get(window.number - 1),
                    synthetic=self._synthetic,
                )
                try:
                    if self._releases.put(release):
                        released.append(window.number)
                except AlreadyReleased:
                    log("released-before", logging.WARNING, number=window.number)
                self._file.set_released(window.number)
            self._file.forget_old(BASELINE)
        except StoreErrors as error:
            log("release-delayed", logging.ERROR, kind=type(error).__name__)
            return False
        return True

    def _keep(self, waiting: Sequence[Batch]) -> None:
        with self._guard:
            for day, increments in waiting:
                if day == self._day:
                    for cell, count in increments.items():
                        self._gathered[cell] = self._gathered.get(cell, 0) + count
                elif increments:
                    self._sealed.append((day, increments))
            self._sealed.sort(key=lambda batch: batch[0])

    def _report(self, failure: str | None) -> None:
        if failure is not None and not self._failing:
            log("store-unavailable", logging.ERROR, kind=failure)
        elif failure is None and self._failing:
            log("store-back")
        self._failing = failure is not None

    @property
    def healthy(self) -> bool:
        """Whether the last tick could write."""
        return not self._failing


def _sum(some: Mapping[Cell, int], more: Mapping[Cell, int]) -> dict[Cell, int]:
    """Two days' increments together."""
    return {cell: some.get(cell, 0) + more.get(cell, 0) for cell in {**some, **more}}
