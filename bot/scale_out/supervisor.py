"""Several workers: a supervisor that binds the socket, starts them, hands keys down, and starts anew what dies.

The supervisor answers nobody and holds no content: it cannot be what breaks. It hands secrets down through pipes, so that
none shows in a list of processes.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.clock import Clock
from bot.limits import Backoff
from bot.logs import log
from bot.scale_out.day_keys import DayKeys
from bot.scale_out.redis_server import RedisErrors, RedisPersistsError, expire_worker, redis_keeps_nothing
from bot.settings import Settings, SettingsError

WORKER = "bot.worker"
WAIT_SECONDS = 0.1
STOP_SECONDS = 1.8
"""After so long a worker that was told to stop is killed: what it had not answered is delivered again."""
LIVED_SECONDS = 10.0
"""A worker that lived so long is started anew at once."""
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 15.0
WRONG_USE = 2
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


@dataclass
class Worker:
    """One worker process, as its supervisor sees it."""

    number: int
    name: str
    process: subprocess.Popen[bytes]
    ready: int
    """Where it says that it takes requests; -1 once it has."""
    started: float

    def takes_requests(self) -> bool:
        """Whether it has said so."""
        if self.ready >= 0:
            with contextlib.suppress(BlockingIOError):
                if os.read(self.ready, 16):
                    self.forget_pipe()
        return self.ready < 0

    def forget_pipe(self) -> None:
        """Close the pipe on which it says that it takes requests."""
        if self.ready >= 0:
            os.close(self.ready)
            self.ready = -1

    def tell(self, line: bytes) -> None:
        """Write a line to it; one that is dying is not missed."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.write(line)
            self.process.stdin.flush()

    @property
    def lives(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None


class Supervisor:
    """Starts, watches and ends the workers."""

    def __init__(self, settings: Settings, clock: Clock, web: socket.socket, module: str) -> None:
        """Take a listening socket, and the module that a worker runs."""
        self._module = module
        self._settings = settings
        self._bot = settings.telegram_token.partition(":")[0]
        self._clock = clock
        self._web = web
        self._keys = DayKeys(clock.today)
        self._session_key = secrets.token_bytes(32)
        self._workers: dict[int, Worker] = {}
        self._backoffs: dict[int, Backoff] = {}
        """By number of a worker that died and has not lived long since."""
        self._again: dict[int, float] = {}
        """Number of a worker that died -> monotonic time at which it is started anew."""
        self._to_renew: deque[int] = deque()
        self._next: Worker | None = None
        """The one that shall take another's place."""
        self._leaving: Worker | None = None
        self._day: date | None = None

    def run(self) -> int:
        """Work until told to stop; gives the exit code."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for number in range(self._settings.workers):
            self._workers[number] = self._start(number)
        try:
            while True:
                sign = signal.sigtimedwait(_SIGNALS, WAIT_SECONDS)
                if sign is not None and sign.si_signo in (signal.SIGTERM, signal.SIGINT):
                    return 0
                if sign is not None and sign.si_signo == signal.SIGHUP:
                    self._to_renew = deque(sorted(self._workers))
                self._hand_keys_down()
                if self._replace_the_dead() == WRONG_USE:
                    return WRONG_USE
                self._renew()
        finally:
            self._stop()

    # ---- starting

    def _start(self, number: int) -> Worker:
        name = secrets.token_hex(8)
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", self._module], stdin=subprocess.PIPE, pass_fds=(self._web.fileno(), writing)
        )
        os.close(writing)
        worker = Worker(number, name, process, reading, time.monotonic())
        first = {
            "settings": self._settings.model_dump(mode="json"),
            "clock": {"start": self._clock.start.isoformat(), "made": self._clock.made, "speed": self._clock.speed},
            "keys": _written(self._keys.ahead()),
            "session_key": self._session_key.hex(),
            "bot": self._bot,
            "name": name,
            "announces": number == 0,
            "socket": self._web.fileno(),
            "ready": writing,
        }
        worker.tell(json.dumps(first).encode() + b"\n")
        return worker

    def _hand_keys_down(self) -> None:
        """Each day hand down the key of the next, hours before it is needed."""
        today = self._clock.today()
        if today == self._day:
            return
        self._day = today
        line = json.dumps({"keys": _written(self._keys.ahead())}).encode() + b"\n"
        for worker in self._all():
            worker.tell(line)

    def _all(self) -> list[Worker]:
        return [*self._workers.values(), *(one for one in (self._next, self._leaving) if one is not None)]

    # ---- watching

    def _replace_the_dead(self) -> int:
        for number, worker in list(self._workers.items()):
            if worker.takes_requests() and time.monotonic() - worker.started > LIVED_SECONDS:
                self._backoffs.pop(number, None)
            if worker.lives:
                continue
            if worker.process.returncode == WRONG_USE:
                return WRONG_USE
            log("worker-died", logging.ERROR, code=worker.process.returncode)
            self._expire(worker)
            del self._workers[number]
            self._again[number] = time.monotonic() + self._pause(number)
        for number, moment in list(self._again.items()):
            if time.monotonic() >= moment:
                del self._again[number]
                self._workers[number] = self._start(number)
        return 0

    def _pause(self, number: int) -> float:
        """Seconds before a worker that died is started anew: none the first time."""
        if number in self._backoffs:
            return self._backoffs[number].pause()
        self._backoffs[number] = Backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
        return 0.0

    def _expire(self, worker: Worker) -> None:
        worker.forget_pipe()
        expire_worker(self._settings.redis_url, self._bot, worker.name)

    # ---- renewing one after another

    def _renew(self) -> None:
        """One step of a rolling restart: an old worker is told to stop only when a new one takes requests."""
        if self._leaving is not None:
            if self._leaving.lives:
                return
            self._leaving = None
            if not self._to_renew:
                log("workers-renewed")
        if self._next is not None:
            self._take_over(self._next)
        elif self._to_renew:
            number = self._to_renew.popleft()
            if number in self._workers:
                self._next = self._start(number)

    def _take_over(self, new: Worker) -> None:
        if new.takes_requests():
            self._next = None
            old = self._workers.get(new.number)
            self._again.pop(new.number, None)
            self._workers[new.number] = new
            if old is not None:
                old.forget_pipe()
                old.process.terminate()
                self._leaving = old
        elif not new.lives:
            # What cannot start does not replace what runs.
            log("worker-died", logging.ERROR, code=new.process.returncode or 0)
            self._expire(new)
            self._next = None
            self._to_renew.clear()

    # ---- ending

    def _stop(self) -> None:
        workers = self._all()
        for worker in workers:
            if worker.lives:
                worker.process.terminate()
        end = time.monotonic() + STOP_SECONDS
        for worker in workers:
            try:
                worker.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()
            worker.forget_pipe()


def _written(keys: Mapping[date, bytes]) -> dict[str, str]:
    return {day.isoformat(): key.hex() for day, key in keys.items()}


def check_redis(url: str) -> None:
    """Refuse a Redis that keeps anything on disk. One that cannot be reached is for the workers to wait for.

    Raises:
        SettingsError: with how to mend it.
    """
    try:
        if not redis_keeps_nothing(url):
            log("redis-unchecked", logging.WARNING)
    except RedisPersistsError as error:
        raise SettingsError(f"TABAYYAN_REDIS_URL: {error}") from None
    except ValueError:
        raise SettingsError("TABAYYAN_REDIS_URL is wrong: write it as redis://127.0.0.1:6379/0.") from None
    except RedisErrors:
        return


def run_workers(settings: Settings, clock: Clock, web: socket.socket, module: str = WORKER) -> int:
    """Run several workers on a listening socket until told to stop; gives the exit code.

    Raises:
        SettingsError: Redis keeps something on disk.
    """
    check_redis(settings.redis_url)
    return Supervisor(settings, clock, web, module).run()
