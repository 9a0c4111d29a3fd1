"""What several workers share, on a real Redis: turns, each update once, caps, increments; and life without it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.channels.telegram.chat_state import ChatState, PendingQuestion
from bot.counting.counters import Counters
from bot.dialogue.reply import Counted
from bot.scale_out.chat_order import RedisOrdering
from bot.scale_out.day_keys import DayKeys
from bot.scale_out.redis_server import RedisErrors, RedisPersistsError, redis_keeps_nothing
from bot.scale_out.redis_state import SharedMemory
from storage.releases import Releases
from tests.engines import Redis, needs_redis

pytestmark = needs_redis
TODAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 9, tzinfo=UTC)
CELLS = frozenset({("topic", "law"), ("topic", "scam"), ("topic", "visa"), ("topic", "army"), ("outcome", "answered")})
ASKER = 770_112_233


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis for the module."""
    redis = Redis(tmp_path_factory.mktemp("redis"))
    yield redis
    redis.stop()


class Worker:
    """One worker's memory, counters and order."""

    def __init__(self, redis: Redis, folder: Path, keys: DayKeys) -> None:
        self.shared = SharedMemory(redis.url, "123456")
        self.chat_state = ChatState(lambda: TODAY, key_of=keys.of)
        self.counters = Counters(
            folder, Releases(folder), CELLS, lambda: NOON, key_of=keys.of, pool=self.shared.pool, scale=0.001
        )
        self.order = RedisOrdering(self.shared, self.chat_state, self.counters, lambda: keys.of(TODAY))

    async def answer(self, number: int, *topics: str, chat: int = ASKER) -> frozenset[int]:
        """Answer one update about so many topics."""
        elsewhere = await self.order.enter(("chat", chat), [number])
        if not elsewhere:
            self.counters.add(chat, Counted(topics=topics, outcome="answered"))
        await self.order.leave(("chat", chat), [number])
        return elsewhere


@pytest.fixture
async def pair(server: Redis, tmp_path: Path) -> AsyncIterator[tuple[Worker, Worker]]:
    """Two workers of one parent."""
    server.command("FLUSHALL")
    keys = DayKeys(lambda: TODAY)
    workers = Worker(server, tmp_path, keys), Worker(server, tmp_path, keys)
    for worker in workers:
        await worker.shared.open()
    yield workers
    for worker in workers:
        await worker.shared.close()


def counted(worker: Worker) -> dict[tuple[str, str], int]:
    """What a tick of this worker finds gathered by all."""
    return {cell: count for _, cells in worker.shared.pool.collect() for cell, count in cells.items()}


async def test_an_update_delivered_to_two_workers_is_answered_once(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    ends = await asyncio.gather(*(worker.answer(7, "law") for worker in (one, other)))
    assert sorted(map(len, ends)) == [0, 1]
    assert await one.answer(7, "law") == {7}


async def test_a_chat_has_one_turn_at_a_time_in_the_order_of_updates(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    lane = ("chat", ASKER)
    done: list[int] = []
    await one.order.enter(lane, [10])

    async def wait(worker: Worker, number: int) -> None:
        await worker.order.enter(lane, [number])
        done.append(number)
        await worker.order.leave(lane, [number])

    late = asyncio.create_task(wait(other, 12))
    await asyncio.sleep(0.05)
    assert not done
    await one.order.leave(lane, [10])
    await late
    assert done == [12]
    # Another chat waits for nobody.
    await one.order.enter(lane, [13])
    await asyncio.wait_for(other.answer(14, chat=5), 1)


async def test_the_lower_update_goes_first_among_those_that_wait(pair: tuple[Worker, Worker], server: Redis) -> None:
    one, other = pair
    third = SharedMemory(server.url, "123456")
    await third.open()
    first = await one.shared.enter("lane", [1])
    assert first is not None
    order: list[int] = []

    async def wait(shared: SharedMemory, number: int) -> None:
        turn = await shared.enter("lane", [number])
        assert turn is not None
        order.append(number)
        await shared.leave(turn, [number], b"", ())

    later = asyncio.create_task(wait(other.shared, 9))
    await asyncio.sleep(0.03)
    sooner = asyncio.create_task(wait(third, 5))
    await asyncio.sleep(0.2)
    await one.shared.leave(first, [1], b"", ())
    await asyncio.gather(later, sooner)
    assert order == [5, 9]
    await third.close()


async def test_what_a_dead_worker_held_is_taken_over(pair: tuple[Worker, Worker], server: Redis) -> None:
    one, other = pair
    await one.order.enter(("chat", ASKER), [20])
    server.command("DEL", f"tabayyan:123456:alive:{one.shared.worker}")
    assert await asyncio.wait_for(other.answer(20, "law"), 2) == frozenset()


async def test_caps_hold_across_workers_and_nothing_of_an_asker_can_be_read(
    pair: tuple[Worker, Worker], server: Redis
) -> None:
    one, other = pair
    for number, topic in enumerate(("law", "scam", "visa", "army", "law"), 30):
        await (one, other)[number % 2].answer(number, topic)
    total = counted(one)
    # Three different topics a day at most, and one outcome.
    assert sum(count for (family, _), count in total.items() if family == "topic") == 3
    assert total[("outcome", "answered")] == 1
    everything = b"".join(
        server.command("DUMP", key.decode()) + key for key in server.command("KEYS", "*").split() if b":" in key
    )
    assert str(ASKER).encode() not in everything
    states = [key for key in server.command("KEYS", "*").split() if b":state:" in key]
    assert len(states) == 1
    assert b"law" not in server.command("GET", states[0].decode())


async def test_a_forgotten_asker_stays_forgotten_with_every_worker(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    await one.order.enter(("chat", ASKER), [40])
    one.counters.forget(ASKER)
    await one.order.leave(("chat", ASKER), [40])
    await other.answer(41, "law")
    assert counted(other) == {}


async def test_language_buckets_and_answers_are_known_to_the_next_worker(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    lane = ("chat", ASKER)
    other.chat_state.remember_question(ASKER, PendingQuestion({1: None}, (2,), False, None, 0, 1e12))  # type: ignore[dict-item]
    await one.order.enter(lane, [50])
    one.chat_state.choose_language(ASKER, "en")
    one.chat_state.link(ASKER, (1,), (2, 3))
    bucket = one.chat_state.message_bucket(ASKER, 60)
    assert bucket.take(bucket.at, 60, 5.0, 60)
    await one.order.leave(lane, [50])
    await other.order.enter(lane, [51])
    assert other.chat_state.language(ASKER) == "en"
    link = other.chat_state.link_of(ASKER, 3)
    assert link is not None
    assert link.answers == (2, 3)
    assert not other.chat_state.message_bucket(ASKER, 60).take(bucket.at, 60, 5.0)
    assert other.chat_state.pending(ASKER) is None, "an older question must not be joined with what came after it"
    await other.order.leave(lane, [51])


async def test_the_conversations_value_of_a_chat_is_known_to_the_next_worker_and_goes_when_it_is_dropped(
    pair: tuple[Worker, Worker], server: Redis
) -> None:
    one, other = pair
    lane, canary = ("chat", ASKER), "law-canary-in-the-state"

    def kept() -> bytes:
        return b"".join(server.command("GET", key.decode()) for key in server.command("KEYS", "*:held:*").split())

    await one.order.enter(lane, [52])
    one.chat_state.save(ASKER, canary)
    await one.order.leave(lane, [52])
    assert canary.encode() in kept()
    await other.order.enter(lane, [53])
    assert other.chat_state.load(ASKER) == canary
    await other.order.leave(lane, [53])
    (key,) = [word for word in server.command("KEYS", "*:held:*").split() if b":held:" in word]
    assert 0 < int(server.command("TTL", key.decode()).strip(b":\r\n")) <= 600
    assert str(ASKER).encode() not in key
    # Hide and /forget, whichever worker does it.
    drops: tuple[Callable[[], None], ...] = (
        lambda: one.chat_state.save(ASKER, None),
        lambda: one.chat_state.forget(ASKER),
    )
    for number, drop in enumerate(drops, 54):
        await one.order.enter(lane, [2 * number])
        drop()
        await one.order.leave(lane, [2 * number])
        assert canary.encode() not in kept()
        await other.order.enter(lane, [2 * number + 1])
        assert other.chat_state.load(ASKER) is None
        other.chat_state.save(ASKER, canary)
        await other.order.leave(lane, [2 * number + 1])


async def test_increments_are_read_again_until_they_are_on_disk(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    await one.answer(60, "law")
    assert counted(other)[("topic", "law")] == 1
    await one.answer(61, "scam", chat=6)
    # The first batch is not on disk yet: it comes again, alone, whoever ticks.
    assert counted(one) == {("topic", "law"): 1, ("outcome", "answered"): 1}
    one.shared.pool.written(TODAY)
    assert counted(one)[("topic", "scam")] == 1


async def test_a_tick_writes_what_all_workers_counted(pair: tuple[Worker, Worker]) -> None:
    one, other = pair
    for number in range(10):
        await (one, other)[number % 2].answer(70 + number, "law", chat=100 + number)
    assert await asyncio.to_thread(one.counters.tick)
    assert counted(one) == {}


async def test_without_redis_each_goes_on_alone_and_finds_back(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    redis = Redis(folder)
    worker = Worker(redis, tmp_path, DayKeys(lambda: TODAY))
    await worker.shared.open()
    try:
        await worker.answer(80, "law")
        redis.signal(signal.SIGKILL)
        assert await asyncio.wait_for(worker.answer(81, "scam", chat=7), 3) == frozenset()
        assert not worker.shared.works
        # While it is away nothing waits for it.
        await asyncio.wait_for(worker.answer(82, "visa", chat=8), 0.2)
        redis.start()
        for _ in range(60):
            await asyncio.sleep(0.1)
            if worker.shared.works:
                break
        assert worker.shared.works
        await worker.order.hand_over()
        assert counted(worker)[("topic", "scam")] == 1
    finally:
        await worker.shared.close()
        redis.stop()


async def test_a_redis_that_hangs_is_left_after_a_second(tmp_path: Path) -> None:
    redis = Redis(tmp_path)
    worker = Worker(redis, tmp_path, DayKeys(lambda: TODAY))
    await worker.shared.open()
    try:
        redis.signal(signal.SIGSTOP)
        await asyncio.wait_for(worker.answer(90, "law"), 5)
        assert not worker.shared.works
    finally:
        redis.signal(signal.SIGCONT)
        await worker.shared.close()
        redis.stop()


@pytest.mark.parametrize(
    "settings", [("--save", "60 1", "--appendonly", "no"), ("--save", "", "--appendonly", "yes")], ids=["rdb", "aof"]
)
async def test_a_redis_that_persists_is_refused(tmp_path: Path, settings: tuple[str, ...]) -> None:
    redis = Redis(tmp_path, *settings)
    try:
        with pytest.raises(RedisPersistsError, match=r"to disk|append-only"):
            redis_keeps_nothing(redis.url)
        shared = SharedMemory(redis.url, "123456")
        await shared.open()
        assert not shared.works, "a worker that meets it later must not use it either"
        await shared.close()
    finally:
        redis.stop()


def test_a_redis_that_forbids_the_question_is_said_to_be_unchecked(tmp_path: Path) -> None:
    redis = Redis(tmp_path, "--save", "", "--rename-command", "CONFIG", "")
    try:
        assert redis_keeps_nothing(redis.url) is False
    finally:
        redis.stop()
    with pytest.raises(RedisErrors):
        redis_keeps_nothing(redis.url)


def test_a_days_key_is_shared_and_dies_at_midnight() -> None:
    days = [TODAY]
    parent, worker = DayKeys(lambda: days[0]), DayKeys(lambda: days[0])
    worker.take(parent.ahead())
    tomorrow = date(2026, 11, 23)
    assert worker.of(TODAY) == parent.of(TODAY) != parent.of(tomorrow)
    assert worker.of(tomorrow) == parent.of(tomorrow)
    before = parent.of(TODAY)
    days[0] = tomorrow
    assert before not in {*parent.ahead().values()}
    worker.take({})
    assert TODAY not in worker._keys
