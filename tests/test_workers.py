"""Several workers against the simulator and real engines: what dies, hangs or fills up costs nobody an answer."""

from __future__ import annotations

import http.client
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from bot.scale_out.leader import LeaderLock
from storage.databases import LOCAL_FILE, StoreErrors
from storage.releases import Releases
from storage.values import Release, Row
from tests.engines import Postgres, Redis, needs_postgres, needs_redis
from tests.simulator.client import Telegram, cpu_of, until
from tests.simulator.fixtures import Bot, running

CREW = (sys.executable, "-m", "tests.simulator.small_crew")
START_SECONDS = 90
"""Two workers start in 5 s on an idle machine; the tests share theirs."""


def children(parent: int, module: str = "small_worker") -> list[int]:
    """Process numbers of a parent's workers."""
    found = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True)
    return [int(line.split()[0]) for line in found.stdout.splitlines() if module in line]


@contextmanager
def crew(folder: Path, redis: Redis, workers: int = 2, **settings: str) -> Iterator[tuple[Telegram, Bot]]:
    """A simulator and a crew that takes requests."""
    empty = folder / "no-content"
    empty.mkdir(parents=True)
    with running("webhook", folder, CREW) as (telegram, bot):
        telegram("set", hook_retry=0.05)
        bot.settings |= {
            "TABAYYAN_WORKERS": str(workers),
            "TABAYYAN_CONTENT_DIR": str(empty),
            "TABAYYAN_REDIS_URL": redis.url,
            **settings,
        }
        bot.start()
        assert until(lambda: bot.said.count("worker-started") >= workers, START_SECONDS), bot.said
        yield telegram, bot


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis for the module."""
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def pair(engine: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Telegram, Bot]]:
    """A crew of two, shared by the module."""
    with crew(tmp_path_factory.mktemp("crew"), engine) as (telegram, bot):
        yield telegram, bot


_FIRST = iter(range(1_000_000, 90_000_000, 20_000))


class Flow:
    """One question from each of many people."""

    def __init__(self, telegram: Telegram, people: int, rate: float = 0.0) -> None:
        self._telegram = telegram
        self._first, self._people = next(_FIRST), people
        telegram("flood", n=people, users=people, text="prison {i}", rate=rate, first=self._first)

    def answers(self) -> list[int]:
        """How often each has been answered."""
        said = self._telegram("bot-said")
        return [said.get(str(user), 0) for user in range(self._first, self._first + self._people)]

    def check(self, *, twice: int = 0, seconds: float = 60.0) -> None:
        """Everybody has been answered, at most so many twice."""
        self._telegram.idle(seconds)
        answers = self.answers()
        assert answers.count(0) == 0, f"{answers.count(0)} of {len(answers)} lost"
        assert sum(count > 1 for count in answers) <= twice
        assert max(answers) <= 2


def parent_of(bot: Bot) -> int:
    """The parent's process number."""
    assert bot.process is not None
    return bot.process._process.pid


pytestmark = [needs_redis, pytest.mark.slow]


def test_both_workers_answer_and_nobody_twice(pair: tuple[Telegram, Bot]) -> None:
    telegram, bot = pair
    before = {worker: cpu_of(worker) for worker in children(parent_of(bot))}
    Flow(telegram, 600).check()
    worked = [cpu_of(worker) - start for worker, start in before.items()]
    assert len(worked) == 2
    assert min(worked) > 0.1 * sum(worked), f"one worker did nearly all: {worked}"


def test_supervisors_pages_hold_with_every_worker(pair: tuple[Telegram, Bot]) -> None:
    _, bot = pair
    for _ in range(8):
        line = http.client.HTTPConnection("127.0.0.1", bot.port, timeout=10)
        line.request("GET", "/healthz")
        assert line.getresponse().read() == b"ok\n"
        line.request("GET", "/metrics")
        metrics = line.getresponse().read().decode()
        assert "tabayyan_workers 2.0" in metrics
        assert "tabayyan_redis_up 1.0" in metrics
        assert not re.search(r"update|topic|message", metrics)
        line.close()


def test_a_killed_worker_costs_nobody_an_answer_and_comes_back(pair: tuple[Telegram, Bot]) -> None:
    telegram, bot = pair
    flow = Flow(telegram, 800)
    time.sleep(0.4)
    victim = children(parent_of(bot))[0]
    os.kill(victim, signal.SIGKILL)
    # What was answered and not yet acknowledged when it died is answered again: at most its window.
    flow.check(twice=16)
    assert until(lambda: len(children(parent_of(bot))) == 2, 10)
    assert victim not in children(parent_of(bot))
    assert "worker-died" in bot.said
    Flow(telegram, 50).check()


def test_ten_thousand_updates_survive_kills_and_a_storm(pair: tuple[Telegram, Bot]) -> None:
    telegram, bot = pair
    died = bot.said.count("worker-died")
    for kind, share in (("429", 0.005), ("502", 0.01), ("slow", 0.01)):
        telegram("storm", method="sendMessage", kind=kind, share=share, seconds=1)
    try:
        flow = Flow(telegram, 10_000)
        for left in (7500, 2500):
            assert until(partial(lambda most: telegram("stats")["pending"] < most, left), 60)
            os.kill(children(parent_of(bot))[0], signal.SIGKILL)
            telegram.ask(next(_FIRST), "they locked me", seconds=20)
        telegram.idle(240)
        answers = flow.answers()
        twice = sum(count > 1 for count in answers)
        print(f"{answers.count(0)} of {len(answers)} lost, {twice} answered twice", file=sys.stderr)
        flow.check(twice=10, seconds=1)
    finally:
        telegram("no-faults")
    assert bot.said.count("worker-died") >= died + 2
    assert until(lambda: len(children(parent_of(bot))) == 2, 10)


def test_a_rolling_restart_costs_nobody_an_answer(pair: tuple[Telegram, Bot]) -> None:
    telegram, bot = pair
    until(lambda: bot.said.count("worker-started") >= 3, START_SECONDS)
    before = children(parent_of(bot))
    renewed = bot.said.count("workers-renewed")
    os.kill(parent_of(bot), signal.SIGHUP)
    while bot.said.count("workers-renewed") == renewed:
        Flow(telegram, 60, rate=60).check()
        assert len(children(parent_of(bot))) >= 2
    assert not {*before} & {*children(parent_of(bot))}


def test_a_killed_redis_stops_nobody_and_is_found_again(pair: tuple[Telegram, Bot], engine: Redis) -> None:
    telegram, bot = pair
    flow = Flow(telegram, 600)
    time.sleep(0.3)
    engine.signal(signal.SIGKILL)
    flow.check(twice=40)
    asked = time.monotonic()
    assert "URGENT" in telegram.ask(next(_FIRST), "they locked me")["text"]
    assert time.monotonic() - asked < 5
    assert "redis-unavailable" in bot.said
    engine.start()
    assert until(lambda: bot.said.count("redis-back") >= 2, 15)
    Flow(telegram, 100).check()


def test_repeated_and_reordered_updates_are_answered_once(pair: tuple[Telegram, Bot]) -> None:
    telegram, _ = pair
    users = [next(_FIRST) for _ in range(20)]
    numbers = [telegram("say", user=user, text="prison")["update_id"] for user in users]
    telegram.idle()
    for number in (*numbers, *reversed(numbers)):
        telegram("repeat", update_id=number)
    telegram.idle()
    assert [len(telegram.said(user)) for user in users] == [1] * len(users)


def test_storms_at_telegram_lose_nothing_and_the_urgent_lane_answers(pair: tuple[Telegram, Bot]) -> None:
    telegram, _ = pair
    for kind, share in (("429", 0.05), ("502", 0.1), ("reset", 0.02), ("slow", 0.05)):
        telegram("storm", method="sendMessage", kind=kind, share=share, seconds=1)
    try:
        flow = Flow(telegram, 300)
        assert "URGENT" in telegram.ask(next(_FIRST), "they locked me", seconds=30)["text"]
        # A reset leaves the fate of a send unknown; it is sent again and counted apart.
        flow.check(twice=15, seconds=120)
    finally:
        telegram("no-faults")


def test_a_sender_of_many_messages_is_slowed_down_across_workers(pair: tuple[Telegram, Bot]) -> None:
    telegram, _ = pair
    user = next(_FIRST)
    for _ in range(75):
        telegram("say", user=user, text="/help")
    telegram.idle(30)
    said = telegram.said(user)
    # 60 at once, a few more as time goes by, and one word that it is too fast.
    assert 55 <= len(said) <= 70


def test_a_dead_parent_leaves_no_worker_behind(engine: Redis, tmp_path: Path) -> None:
    with crew(tmp_path, engine) as (_, bot):
        workers = children(parent_of(bot))
        assert len(workers) == 2
        assert bot.process is not None
        bot.process.kill()
        assert until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), 10)


def test_all_stop_soon_when_told_to(engine: Redis, tmp_path: Path) -> None:
    with crew(tmp_path, engine) as (telegram, bot):
        workers = children(parent_of(bot))
        told = time.monotonic()
        assert bot.stop() == 0
        # 2 s on an idle machine.
        assert time.monotonic() - told < 6
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
        # What comes meanwhile waits at Telegram.
        telegram("say", user=5, text="prison")
        bot.start()
        assert until(lambda: len(telegram.said(5)) == 1, START_SECONDS)


def test_a_redis_that_persists_is_refused_in_one_sentence(tmp_path: Path) -> None:
    redis = Redis(tmp_path, "--save", "3600 1")
    try:
        with running("webhook", tmp_path / "bot", CREW) as (_, bot):
            bot.settings |= {"TABAYYAN_WORKERS": "2", "TABAYYAN_REDIS_URL": redis.url}
            assert bot.start().wait(60) == 2
            assert "Start it with --save ''" in bot.said
            assert len(bot.said.splitlines()) == 1
    finally:
        redis.stop()


def test_a_refused_token_ends_all(engine: Redis, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    with running("webhook", tmp_path / "bot", CREW) as (_, bot):
        settings = {"TABAYYAN_TELEGRAM_TOKEN": "123456:wrong", "TABAYYAN_CONTENT_DIR": str(tmp_path / "none")}
        bot.settings |= {"TABAYYAN_WORKERS": "2", "TABAYYAN_REDIS_URL": engine.url}
        assert bot.start(settings).wait(START_SECONDS) == 2
        assert "telegram-refused-token" in bot.said


def test_two_workers_start_with_the_real_content_and_an_empty_cache(engine: Redis, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "bot.cli", "run")
    with running("webhook", tmp_path, command) as (telegram, bot):
        bot.settings |= {"TABAYYAN_WORKERS": "2", "TABAYYAN_REDIS_URL": engine.url}
        bot.start()
        # Once learnt, not twice: some 30 s on an idle machine, and both wait for it.
        assert until(lambda: bot.said.count("worker-started") >= 2, 300), bot.said
        assert "911" in telegram.ask(next(_FIRST), "اخذوا جوازي وحبسوني بالعراق", seconds=20)["text"]
        assert len(list((tmp_path / "data" / "cache").glob("model-*"))) == 1


def test_a_full_disk_stops_the_counting_and_nothing_else(engine: Redis, tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file of the crew may grow beyond this: its databases cannot be made. Logs stay far smaller.
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limit[1]))
    try:
        with crew(tmp_path, engine) as (telegram, bot):
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            assert until(lambda: "store-unavailable" in bot.said, 20)
            Flow(telegram, 50).check()
            assert "URGENT" in telegram.ask(next(_FIRST), "they locked me")["text"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


def test_a_disk_that_hangs_delays_no_answer(engine: Redis, tmp_path: Path) -> None:
    # An hour a second, so that the counters are written all the time.
    with crew(tmp_path, engine, TABAYYAN_TEST_CLOCK="2026-11-01T10:00:00Z*3600") as (telegram, bot):
        store = bot.data / LOCAL_FILE
        assert until(store.exists, 20)
        blocker = sqlite3.connect(store, isolation_level=None, timeout=20)
        blocker.execute("begin exclusive")
        try:
            telegram("clear-delays")
            Flow(telegram, 400, rate=50).check()
            assert telegram("stats")["p99"] < 500, "milliseconds"
            asked = time.monotonic()
            assert "URGENT" in telegram.ask(next(_FIRST), "they locked me")["text"]
            assert time.monotonic() - asked < 2
            assert until(lambda: "store-unavailable" in bot.said, 30)
        finally:
            blocker.close()
        assert until(lambda: "store-back" in bot.said, 90)


# ---- PostgreSQL


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL for the module."""
    server = Postgres(tmp_path_factory.mktemp("cluster"))
    yield server
    server.stop()


RELEASE = Release(
    1, date(2026, 11, 1), 7, 2.0, 12, 340, 0, 1, False, (Row("topic", "law", 40), Row("topic", "visa", None))
)


@needs_postgres
def test_releases_are_the_same_in_postgresql_and_sqlite(postgres: Postgres, tmp_path: Path) -> None:
    for releases in (Releases(tmp_path, postgres.url), Releases(tmp_path)):
        assert releases.put(RELEASE)
        assert not releases.put(RELEASE)
        assert releases.get(1) == RELEASE
        assert releases.numbers() == (1,)


@needs_postgres
def test_one_host_at_a_time_ticks(postgres: Postgres, tmp_path: Path) -> None:
    here, there = LeaderLock(tmp_path / "a", postgres.url), LeaderLock(tmp_path / "b", postgres.url)
    assert here.held()
    assert here.held()
    assert not there.held()
    here.give_back()
    assert there.held()
    there.give_back()


def test_one_process_at_a_time_ticks(tmp_path: Path) -> None:
    here, there = LeaderLock(tmp_path), LeaderLock(tmp_path)
    assert here.held()
    assert not there.held()
    here.give_back()
    assert there.held()
    there.give_back()


@needs_postgres
def test_a_killed_postgresql_stops_no_answer_and_keeps_what_was_released(
    engine: Redis, postgres: Postgres, tmp_path: Path
) -> None:
    releases = Releases(tmp_path / "figures", postgres.url)
    releases.put(RELEASE)
    with crew(tmp_path / "crew", engine, TABAYYAN_DATABASE_URL=postgres.url) as (telegram, bot):
        flow = Flow(telegram, 300)
        postgres.kill()
        flow.check()
        with pytest.raises(StoreErrors):
            releases.numbers()
        Flow(telegram, 50).check()
        postgres.start()
        assert releases.get(1) == RELEASE
        assert "Traceback" not in bot.said
