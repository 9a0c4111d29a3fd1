"""Whether the bot can do what it is for: what is broken now, said in words when it breaks and when it heals.

Two sources: probes that look (Telegram's silence, the clock, disk, memory, the last words of the content), and the
events that other parts log ("store-unavailable" ... "store-back"). Nothing here knows when anybody asked anything.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.i18n import N_, staff_phrases
from bot.logs import log, on_event

SILENCE_SECONDS = 300.0
"""So long without an answer to any call of ours, Telegram counts as out of reach."""
SKEW_SECONDS = 30.0
LOW_DISK_BYTES = 200 * 2**20
LOW_MEMORY_BYTES = 64 * 2**20
LOOK_SECONDS = 15.0
"""Between two looks."""
FORGET_SECONDS = 600.0
"""A trouble that is logged again while it lasts, and has no healing of its own, is over after so long without it."""
ALERT_SECONDS = 30.0
"""How long the operator's program may take."""

WORDS: Mapping[str, str] = {
    "telegram-silent": N_(
        "Telegram has not been reached for {number} minutes: nobody is answered. Check the network, the firewall and TABAYYAN_TELEGRAM_API_URL. What is asked meanwhile waits at Telegram for up to 24 hours."
    ),
    "webhook-elsewhere": N_(
        "Telegram delivers to an address that somebody else has set. Does another program use the same token?"
    ),
    "webhook-refused": N_("Telegram refuses the webhook. Check TABAYYAN_WEBHOOK_URL and TABAYYAN_WEBHOOK_SECRET."),
    "telegram-refused-token": N_(
        "Telegram refuses the token. Copy it again from @BotFather into TABAYYAN_TELEGRAM_TOKEN."
    ),
    "second-poller": N_("Another program polls with the same token. Stop one of the two."),
    "clock-wrong": N_(
        "The clock is {number} seconds off Telegram's. Switch on time synchronisation (timedatectl set-ntp true)."
    ),
    "disk-low": N_(
        "Only {number} MiB are free where the data folder lies. Make room: counting and learning stop without it."
    ),
    "memory-low": N_("Only {number} MiB of memory are free. Give the machine more, or set TABAYYAN_SEMANTIC=off."),
    "store-unavailable": N_("Counting has stopped: the data folder cannot be written. Answers go on."),
    "redis-unavailable": N_("Redis cannot be reached: each worker goes on with its own memory."),
    "content-none": N_("There is no content: only the urgent help answers. See: tabayyan check"),
    "content-problems": N_("A later edit of the content is refused; older words answer. See: tabayyan check"),
    "content-last-good": N_("The content cannot be read; the last good copy answers. See: tabayyan check"),
    "digest-failed": N_("A digest could not be sent. Is the bot an administrator of TABAYYAN_DIGEST_CHAT?"),
    "worker-died": N_("A worker has died and was started again."),
}
"""Every trouble, in English and Arabic."""
HEALED_BY: Mapping[str, tuple[str, ...]] = {
    "telegram-back": ("telegram-silent",),
    "webhook-ours": ("webhook-elsewhere", "webhook-refused"),
    "clock-right": ("clock-wrong",),
    "disk-fine": ("disk-low",),
    "memory-fine": ("memory-low",),
    "store-back": ("store-unavailable",),
    "redis-back": ("redis-unavailable",),
    "content-loaded": ("content-none", "content-problems", "content-last-good"),
}
"""Event that says that it is over -> the troubles that are."""
REPEATED = frozenset({"webhook-elsewhere", "webhook-refused"})
"""Logged again while they last, and put right without a word by whoever polls."""
_HEALING = {trouble: event for event, troubles in HEALED_BY.items() for trouble in troubles}


class TelegramClock(Protocol):
    """What a channel knows of Telegram by the answers to its own calls, never by anybody's update."""

    @property
    def silence(self) -> float | None:
        """Seconds since Telegram last answered a call of ours; None before its first answer."""
        ...

    @property
    def skew(self) -> float | None:
        """How far the machine's clock is ahead of Telegram's Date header, seconds; None before its first answer."""
        ...


class AnswersHeard:
    """The smallest `TelegramClock`: call `answered` after each call that Telegram has answered."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._monotonic, self._wall = monotonic, wall
        self._last: float | None = None
        self._skew: float | None = None

    def answered(self, told: float | None) -> None:
        """`told` is the Date header as Unix seconds, or None where there was none."""
        self._last = self._monotonic()
        if told is not None:
            self._skew = self._wall() - told

    @property
    def silence(self) -> float | None:
        """See TelegramClock."""
        return self._monotonic() - self._last if self._last is not None else None

    @property
    def skew(self) -> float | None:
        """See TelegramClock."""
        return self._skew


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is broken now."""

    code: str
    number: int = 0
    """What its sentence names, if it names a number."""

    def words(self, language: str) -> str:
        """In a language of the staff."""
        return staff_phrases(language).filled(language, WORDS[self.code], {"number": str(self.number)})


class HealthMonitor:
    """Keeps what is broken, logs each change, and tells the operator's program."""

    def __init__(
        self,
        data_dir: Path,
        alert: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`alert` gets an event's code when something breaks or heals."""
        self._data_dir = data_dir
        self._alert = alert
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._troubles: dict[str, Trouble] = {}
        self._heard: dict[str, float] = {}
        self._telegram: TelegramClock | None = None
        self._watching_since = 0.0

    def watch_telegram(self, clock: TelegramClock) -> None:
        """From now on Telegram has to answer: call it when the channel begins to speak."""
        self._telegram, self._watching_since = clock, self._monotonic()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is broken now."""
        with self._lock:
            return tuple(self._troubles.values())

    @property
    def telegram_silence(self) -> float | None:
        """Seconds since Telegram last answered, or since we began to ask; None where it is not connected."""
        if self._telegram is None:
            return None
        silence = self._telegram.silence
        return silence if silence is not None else self._monotonic() - self._watching_since

    @property
    def telegram_reached(self) -> bool:
        """False when it has not answered for `SILENCE_SECONDS`."""
        silence = self.telegram_silence
        return silence is None or silence < SILENCE_SECONDS

    @property
    def clock_skew(self) -> float | None:
        """Seconds; None before Telegram has told its time."""
        return self._telegram.skew if self._telegram is not None else None

    async def run(self) -> None:
        """Listen to events and look now and then, until cancelled."""
        stop_listening = on_event(self.hear)
        try:
            while True:
                await asyncio.to_thread(self.look)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            stop_listening()

    def hear(self, event: str) -> None:
        """Take an event that was logged."""
        changed = False
        with self._lock:
            if event in WORDS:
                self._heard[event] = self._monotonic()
                changed = event not in self._troubles
                self._troubles.setdefault(event, Trouble(event))
            for trouble in HEALED_BY.get(event, ()):
                changed = self._troubles.pop(trouble, None) is not None or changed
        if changed and self._alert is not None:
            self._alert(event)

    def look(self) -> None:
        """Look at everything once, and log what has changed."""
        silence, skew = self.telegram_silence, self.clock_skew
        self._found("telegram-silent", not self.telegram_reached, int((silence or 0) // 60))
        if skew is not None:
            self._found("clock-wrong", abs(skew) > SKEW_SECONDS, round(abs(skew)))
        free, memory = free_bytes(self._data_dir), available_memory()
        if free is not None:
            self._found("disk-low", free < LOW_DISK_BYTES, free // 2**20)
        if memory is not None:
            self._found("memory-low", memory < LOW_MEMORY_BYTES, memory // 2**20)
        self._forget()

    def _found(self, code: str, broken: bool, number: int) -> None:
        with self._lock:
            known = code in self._troubles
            if broken:
                self._troubles[code] = Trouble(code, number)
        # Logged outside of the lock: hear() takes it.
        if broken and not known:
            log(code, logging.ERROR, number=number)
            self._tell(code)
        elif known and not broken:
            with self._lock:
                self._troubles.pop(code, None)
            log(_HEALING[code])
            self._tell(_HEALING[code])

    def _tell(self, event: str) -> None:
        if self._alert is not None:
            self._alert(event)

    def _forget(self) -> None:
        now = self._monotonic()
        with self._lock:
            over = [
                code
                for code in self._troubles
                if (code in REPEATED or code not in _HEALING) and now - self._heard.get(code, now) > FORGET_SECONDS
            ]
            for code in over:
                del self._troubles[code]


class AlertCommand:
    """Runs the operator's program with an event's code as its only argument, one at a time and never for long."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._one_at_a_time = threading.Lock()

    def __call__(self, event: str) -> None:
        """Returns at once."""
        threading.Thread(target=self._run, args=(event,), name="alert", daemon=True).start()

    def _run(self, event: str) -> None:
        # Without our environment: the token and the passwords are in it.
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        with self._one_at_a_time:
            try:
                subprocess.run(  # noqa: S603 - the operator's own program; the code is one of a fixed list
                    [str(self._program), event],
                    env=kept,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=ALERT_SECONDS,
                    check=True,
                )
            except (OSError, subprocess.SubprocessError) as error:
                log("alert-failed", logging.ERROR, kind=type(error).__name__)


def free_bytes(folder: Path) -> int | None:
    """Free space where a folder lies, or will lie; None where the system does not say."""
    try:
        there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        return shutil.disk_usage(there).free
    except (OSError, StopIteration):
        return None


def available_memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that programs can still have; None where the system does not say."""
    try:
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None
