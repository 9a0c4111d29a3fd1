"""Guesses at the desk's password and ended sessions hold with every worker, and each goes on alone without Redis."""

from __future__ import annotations

import asyncio
import http.client
import re
import signal
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from bot.desk.access import COOKIE, FREE_TRIES, TRIES_A_MINUTE, Sessions, TryLimit
from bot.desk.asgi import desk_app
from bot.scale_out.redis_state import SharedMemory
from bot.scale_out.sign_in import SharedSignIn
from tests import desk_kit
from tests.engines import Redis, needs_redis
from tests.test_workers import crew

KEY = b"k" * 32
PASSWORD = "a long password of the desk"
STAFF = "192.0.2.77"
GUESSER = "198.51.100.9"


@dataclass
class Worker:
    """One worker's desk, reached over HTTP from any address."""

    memory: SharedMemory
    shared: SharedSignIn

    def __post_init__(self) -> None:
        settings = desk_kit.settings(desk_password=PASSWORD)
        self.app = desk_app(desk_kit.services(settings=settings, session_key=KEY, sign_in_records=self.shared))

    def client(self, address: str) -> httpx.AsyncClient:
        """A browser at an address."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app, client=(address, 4000)), base_url="http://localhost"
        )

    async def try_password(self, password: str, address: str) -> httpx.Response:
        """Send the form."""
        async with self.client(address) as client:
            return await client.post("/desk/login", data={"password": password})

    async def guess(self, address: str = GUESSER) -> int:
        """A wrong password; gives the status."""
        return (await self.try_password("wrong", address)).status_code

    async def sign_in(self, address: str = STAFF) -> str:
        """Sign in; gives the cookie."""
        answer = await self.try_password(PASSWORD, address)
        assert answer.status_code == 303
        return answer.cookies[COOKIE]

    async def lets_in(self, cookie: str) -> bool:
        """Whether a session opens a page."""
        async with self.client(STAFF) as client:
            client.cookies.set(COOKIE, cookie)
            return (await client.get("/desk/content")).status_code == 200

    async def sign_out(self, cookie: str) -> None:
        """Press the button."""
        async with self.client(STAFF) as client:
            client.cookies.set(COOKIE, cookie)
            page = (await client.get("/")).text
            form = re.search(r'action="/desk/logout"><input type="hidden" name="token" value="([^"]+)"', page)
            assert form is not None
            assert (await client.post("/desk/logout", data={"token": form[1]})).status_code == 303


def worker_of(url: str) -> Worker:
    """A worker that has not connected yet."""
    memory = SharedMemory(url, "123456")
    return Worker(memory, SharedSignIn(memory, KEY))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis for the module."""
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()


@pytest.fixture
async def pair(server: Redis) -> AsyncIterator[tuple[Worker, Worker]]:
    """Two workers of one parent."""
    server.command("FLUSHALL")
    workers = worker_of(server.url), worker_of(server.url)
    for worker in workers:
        await worker.memory.open()
    yield workers
    for worker in workers:
        await worker.memory.close()


def keys_in(server: Redis) -> list[str]:
    """What lies in Redis beside the workers' beats."""
    return [
        word.decode() for word in server.command("KEYS", "*").split() if b"tabayyan:" in word and b":alive:" not in word
    ]


@needs_redis
async def test_two_workers_allow_no_more_guesses_than_one(pair: tuple[Worker, Worker]) -> None:
    codes = [await pair[number % 2].guess() for number in range(FREE_TRIES + 3)]
    assert codes == [403] * FREE_TRIES + [429] * 3
    for worker in pair:
        refused = await worker.try_password(PASSWORD, GUESSER)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 30
        # Nobody else has to wait for a guesser.
        assert await worker.sign_in()


@needs_redis
async def test_guesses_sent_at_the_same_time_count_too(pair: tuple[Worker, Worker]) -> None:
    codes = await asyncio.gather(*(pair[number % 2].guess() for number in range(20)))
    assert sorted(codes) == [403] * FREE_TRIES + [429] * (20 - FREE_TRIES)


@needs_redis
async def test_the_right_password_clears_the_tries_with_every_worker(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    for _ in range(FREE_TRIES - 1):
        assert await one.guess(STAFF) == 403
    await other.sign_in(STAFF)
    assert await one.guess(STAFF) == 403


@needs_redis
async def test_many_addresses_guess_no_faster_at_many_workers(pair: tuple[Worker, Worker], server: Redis) -> None:
    limits = [TryLimit(shared=worker.shared) for worker in pair]
    start = time.monotonic()
    waits = [await limits[number % 2].wait(f"10.0.{number // 250}.{number % 250}") for number in range(1000)]
    more = time.monotonic() - start
    assert TRIES_A_MINUTE <= waits.count(0) <= TRIES_A_MINUTE + more + 1
    # Addresses that were refused take no memory.
    assert len(keys_in(server)) <= waits.count(0) + 1


@needs_redis
async def test_tries_come_back_one_by_one(pair: tuple[Worker, Worker]) -> None:
    async def take() -> float:
        wait = await pair[0].shared.take(GUESSER, (2, 0.2), (100, 0.01))
        assert wait is not None
        return wait

    assert [await take(), await take()] == [0, 0]
    assert 0 < await take() <= 0.2
    await asyncio.sleep(0.22)
    assert await take() == 0
    assert await take() > 0
    await asyncio.sleep(0.5)
    assert [await take(), await take()] == [0, 0]
    assert await take() > 0


@needs_redis
async def test_who_signs_out_at_one_worker_is_out_at_all(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    cookie, second = await one.sign_in(), await one.sign_in()
    assert await one.lets_in(cookie)
    assert await other.lets_in(cookie)
    await other.sign_out(cookie)
    assert not await one.lets_in(cookie)
    assert not await other.lets_in(cookie)
    assert await one.lets_in(second)


@needs_redis
async def test_redis_learns_no_address_session_or_password_and_forgets_in_time(
    pair: tuple[Worker, Worker], server: Redis
) -> None:
    one, other = pair
    await one.guess()
    cookie = await other.sign_in()
    await one.sign_out(cookie)
    keys = keys_in(server)
    assert sorted(key.split(":")[2] for key in keys) == ["signed-out", "tries", "tries"]
    everything = "\n".join(keys).encode() + b"".join(server.command("GET", key) for key in keys)
    for secret in (GUESSER, STAFF, cookie.split(".")[1], cookie.split(".")[2], PASSWORD, "wrong", KEY.decode()):
        assert secret.encode() not in everything
    longest = {"tries": FREE_TRIES * 30, "signed-out": 8 * 3600}
    for key in keys:
        assert 0 < int(server.command("TTL", key)[1:]) <= longest[key.split(":")[2]]
    # Without the workers' key an address cannot be tried out, and another bot's staff are strangers.
    assert SharedSignIn(one.memory, b"j" * 32)._name("tries", GUESSER) not in keys


@needs_redis
async def test_without_redis_each_worker_still_slows_guessing_down(tmp_path: Path) -> None:
    redis = Redis(tmp_path)
    worker = worker_of(redis.url)
    await worker.memory.open()
    try:
        assert [await worker.guess() for _ in range(3)] == [403] * 3
        redis.signal(signal.SIGKILL)
        # The three are remembered here as well: going away opens no new tries.
        assert [await worker.guess() for _ in range(4)] == [403, 403, 429, 429]
        cookie = await worker.sign_in()
        assert await worker.lets_in(cookie)
        await worker.sign_out(cookie)
        assert not await worker.lets_in(cookie)
    finally:
        await worker.memory.close()
        redis.stop()


@needs_redis
async def test_a_redis_that_was_away_or_forgot_is_told_again_who_signed_out(tmp_path: Path) -> None:
    redis = Redis(tmp_path)
    one, other = worker_of(redis.url), worker_of(redis.url)
    for worker in (one, other):
        await worker.memory.open()
    try:
        before, meanwhile = await one.sign_in(), await one.sign_in()
        await one.sign_out(before)
        assert not await other.lets_in(before)
        redis.signal(signal.SIGKILL)
        await one.sign_out(meanwhile)
        redis.start()
        for _ in range(60):
            await asyncio.sleep(0.1)
            if one.memory.works and other.memory.works:
                break
        await one.shared.tell_again()
        assert not await other.lets_in(before)
        assert not await other.lets_in(meanwhile)
    finally:
        for worker in (one, other):
            await worker.memory.close()
        redis.stop()


@needs_redis
async def test_a_redis_that_hangs_locks_nobody_out(tmp_path: Path) -> None:
    redis = Redis(tmp_path)
    worker = worker_of(redis.url)
    await worker.memory.open()
    try:
        redis.signal(signal.SIGSTOP)
        start = time.monotonic()
        cookie = await worker.sign_in()
        assert await worker.lets_in(cookie)
        assert time.monotonic() - start < 5
        assert [await worker.guess() for _ in range(FREE_TRIES + 1)] == [403] * FREE_TRIES + [429]
    finally:
        redis.signal(signal.SIGCONT)
        await worker.memory.close()
        redis.stop()


class NoMemory:
    """A shared memory that cannot be reached, and notes who asked."""

    prefix = "tabayyan:1:"

    def __init__(self) -> None:
        self.calls = 0

    async def call(self, script: str, keys: tuple[str, ...], values: tuple[int, ...]) -> object:
        self.calls += 1
        return None


async def test_a_memory_that_was_never_there_leaves_the_own_limit() -> None:
    ticks = iter(range(0, 1_000_000, 1))
    limit = TryLimit(lambda: next(ticks) / 1e6, SharedSignIn(NoMemory(), KEY))
    waits = [await limit.wait(GUESSER) for _ in range(FREE_TRIES + 2)]
    assert waits[:FREE_TRIES] == [0] * FREE_TRIES
    assert min(waits[FREE_TRIES:]) > 0


async def test_invented_cookies_ask_nothing_of_the_shared_memory() -> None:
    memory = NoMemory()
    sessions = Sessions(PASSWORD, KEY, shared=SharedSignIn(memory, KEY))
    for made in ("", "x", "9999999999.x." + "0" * 64, sessions.begin() + "0"):
        assert not await sessions.is_valid(made)
        await sessions.end(made)
    assert memory.calls == 0
    assert await sessions.is_valid(sessions.begin())
    assert memory.calls == 1


# ---- real processes


def ask(
    port: int, method: str, path: str, body: dict[str, str] | None = None, cookie: str = ""
) -> tuple[int, str, str]:
    """One request on a connection of its own, so that any worker may take it; gives status, cookie and page."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"cookie": f"{COOKIE}={cookie}"} if cookie else {}
    if body is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    line.request(method, path, urlencode(body or {}), headers)
    answer = line.getresponse()
    page = answer.read().decode()
    line.close()
    return answer.status, (answer.getheader("set-cookie") or "").partition("=")[2].partition(";")[0], page


@needs_redis
@pytest.mark.slow
def test_the_real_workers_share_guesses_and_ended_sessions(server: Redis, tmp_path: Path) -> None:
    with crew(tmp_path, server, TABAYYAN_DESK_PASSWORD=PASSWORD) as (_, bot):
        status, cookie, _ = ask(bot.port, "POST", "/desk/login", {"password": PASSWORD})
        assert status == 303
        pages = [ask(bot.port, "GET", "/desk/health", cookie=cookie) for _ in range(10)]
        assert {status for status, _, _ in pages} == {200}
        form = re.search(r'action="/desk/logout"><input type="hidden" name="token" value="([^"]+)"', pages[0][2])
        assert form is not None
        assert ask(bot.port, "POST", "/desk/logout", {"token": form[1]}, cookie)[0] == 303
        assert {ask(bot.port, "GET", "/desk/health", cookie=cookie)[0] for _ in range(20)} == {303}
        with ThreadPoolExecutor(8) as threads:
            codes = list(
                threads.map(lambda _: ask(bot.port, "POST", "/desk/login", {"password": "wrong"})[0], range(30))
            )
        assert sorted(codes) == [403] * FREE_TRIES + [429] * (30 - FREE_TRIES)
