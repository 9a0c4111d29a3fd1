"""What several workers share for a while, in the memory of a Redis or Valkey that keeps nothing on disk.

Chats are known there by hashes under the day's key, which never enters Redis. What it holds: the numbers of updates
that have ended, whose turn it is in a chat, a chat's small state, increments that no tick has written yet, and what
`bot.scale_out.sign_in` puts there. When it cannot be reached the caller is told so at once and goes on with its own
memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, NoScriptError, ResponseError

from bot.counting.counters import Batch
from bot.limits import Backoff
from bot.logs import log
from bot.scale_out.increments import IncrementPool, field_of
from bot.scale_out.redis_server import (
    CALL_SECONDS,
    RedisErrors,
    RedisPersistsError,
    check_keeps_nothing,
    config_words,
    prefix_of,
)

RECOVERY_SECONDS = 1.0
BEAT_SECONDS = 1.0
DEAD_AFTER_SECONDS = 10
"""A worker that has not been heard of for so long holds nothing any more; its supervisor says so sooner."""
ENDED_SECONDS = 1800
"""How long an ended update is recognised. Telegram repeats within minutes."""
STATE_SECONDS = 86_400
INCREMENT_SECONDS = 3 * 86_400
HOLD_SECONDS = 900
FIRST_PAUSE_SECONDS = 0.005
LONGEST_PAUSE_SECONDS = 0.1
PAUSE_FACTOR = 1.5

# KEYS: holder, queue, state. ARGV: member, prefix of the living, prefix of the ended, hold seconds, update numbers.
_ENTER = """
local mine = ARGV[1]
local function alive(member)
  return redis.call('EXISTS', ARGV[2] .. string.match(member, ':(.*)$')) == 1
end
local function number(member)
  return tonumber(string.match(member, '^(%d+):'))
end
local ended = {}
for i = 5, #ARGV do
  if redis.call('EXISTS', ARGV[3] .. ARGV[i]) == 1 then ended[#ended + 1] = ARGV[i] end
end
if #ended == #ARGV - 4 then
  redis.call('ZREM', KEYS[2], mine)
  return {'ended', '', ended}
end
local function wait()
  redis.call('ZADD', KEYS[2], number(mine), mine)
  redis.call('EXPIRE', KEYS[2], ARGV[4])
  return {'wait', '', {}}
end
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= mine then
  if alive(holder) then return wait() end
  redis.call('ZREM', KEYS[2], holder)
end
while true do
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  if not first or first == mine or number(first) > number(mine) then break end
  if alive(first) then return wait() end
  redis.call('ZREM', KEYS[2], first)
end
redis.call('SET', KEYS[1], mine, 'EX', ARGV[4])
return {'go', redis.call('GET', KEYS[3]) or '', ended}
"""

# KEYS: holder, queue, state. ARGV: member, state or '', its seconds, prefix of the ended, their seconds, how many
# update numbers, the numbers, prefix of increments, their seconds, then day, cell, count again and again.
_LEAVE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] ~= '' then redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[3]) end
local last = 6 + tonumber(ARGV[6])
for i = 7, last do redis.call('SET', ARGV[4] .. ARGV[i], '1', 'EX', ARGV[5]) end
for i = last + 3, #ARGV, 3 do
  local day = ARGV[last + 1] .. ARGV[i]
  redis.call('HINCRBY', day, ARGV[i + 1], ARGV[i + 2])
  redis.call('EXPIRE', day, ARGV[last + 2])
end
return 'left'
"""


def _name_of(script: str) -> str:
    """What Redis calls a script."""
    return hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Turn:
    """A worker's turn in a chat."""

    lane: str
    member: str
    ended: frozenset[int]
    """Updates that have ended elsewhere: not to be answered again."""
    state: bytes | None
    """What was remembered of the chat; None: nothing."""


class SharedMemory:
    """One worker's way to the shared memory. Methods never raise; all but the pool's belong to the event loop."""

    def __init__(self, url: str, bot: str, worker: str | None = None) -> None:
        """Take the address, the bot's public number and this worker's name; connects later."""
        self.worker = worker or secrets.token_hex(8)
        self.prefix = prefix_of(bot)
        self._client = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=CALL_SECONDS,
            socket_connect_timeout=CALL_SECONDS,
            retry=AsyncRetry(NoBackoff(), 0),
        )
        self._waiting: list[tuple[str, Sequence[str], Sequence[str | bytes | int], asyncio.Future[Any]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._beating: asyncio.Task[None] | None = None
        self._scripts = {script: _name_of(script) for script in (_ENTER, _LEAVE)}
        self._closing = False
        self._works: bool | None = None
        """None before the first try."""
        self.pool = IncrementPool(url, self.prefix)

    @property
    def works(self) -> bool:
        """Whether it could be reached a moment ago."""
        return bool(self._works)

    async def open(self) -> None:
        """Connect, and go on trying when that fails."""
        await self._recover()
        self._beating = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Give up everything that is held, and the connection."""
        self._closing = True
        if self._beating is not None:
            # A cancellation that meets the client's own time-out is taken for one: hence the flag, and no waiting
            # beyond a call's time.
            self._beating.cancel()
            await asyncio.wait((self._beating,), timeout=CALL_SECONDS)
        if self.works:
            with contextlib.suppress(*RedisErrors):
                await self._client.delete(self._alive)
        with contextlib.suppress(*RedisErrors):
            await self._client.aclose()

    # ---- a chat's turn

    async def enter(self, lane: str, numbers: Sequence[int]) -> Turn | None:
        """Wait for a chat's turn in the order of update numbers; None: no shared memory, go on with your own."""
        member = f"{numbers[0]}:{self.worker}"
        backoff = Backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PAUSE_FACTOR)
        while True:
            answer = await self.call(
                _ENTER,
                self._lane_keys(lane),
                (member, f"{self.prefix}alive:", f"{self.prefix}ended:", HOLD_SECONDS, *numbers),
            )
            if answer is None:
                return None
            word, state, ended = answer
            if word != b"wait":
                return Turn(lane, member, frozenset(int(number) for number in ended), state or None)
            await asyncio.sleep(backoff.pause())

    async def leave(self, turn: Turn, numbers: Sequence[int], state: bytes, batches: Sequence[Batch]) -> bool:
        """End a turn: its updates have ended, the chat's state is kept, increments are added. False: it was not told."""
        increments = [
            word
            for day, counts in batches
            for cell, count in counts.items()
            for word in (day.isoformat(), field_of(cell), count)
        ]
        answer = await self.call(
            _LEAVE,
            self._lane_keys(turn.lane),
            (
                *(turn.member, state, STATE_SECONDS, f"{self.prefix}ended:", ENDED_SECONDS, len(numbers)),
                *numbers,
                *(f"{self.prefix}increments:", INCREMENT_SECONDS),
                *increments,
            ),
        )
        return answer is not None

    async def put(self, batches: Sequence[Batch]) -> bool:
        """Add increments that belong to no turn. False: they could not be added."""
        return not batches or await self.leave(Turn("-", "-", frozenset(), None), (), b"", batches)

    def _lane_keys(self, lane: str) -> tuple[str, ...]:
        return tuple(f"{self.prefix}{kind}:{lane}" for kind in ("holder", "queue", "state"))

    # ---- calling

    async def call(self, script: str, keys: Sequence[str], values: Sequence[str | bytes | int]) -> Any:
        """Run a script; None when the memory cannot be reached. What is called at the same time goes out together."""
        if not self._works:
            return None
        if script not in self._scripts:
            self._scripts[script] = _name_of(script)
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((script, keys, values, done))
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())
        return await done

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    answers = await self._run(batch) if self._works else [None] * len(batch)
                except RedisErrors as error:
                    self._report(False, type(error).__name__)
                    answers = [None] * len(batch)
                for (*_, done), answer in zip(batch, answers, strict=True):
                    if not done.done():
                        done.set_result(answer)
        finally:
            self._flushing = None

    async def _run(self, batch: Sequence[tuple[str, Sequence[str], Sequence[Any], Any]]) -> list[Any]:
        answers: list[Any] = [None] * len(batch)
        left: Sequence[int] = range(len(batch))
        for again in (True, False):
            pipeline = self._client.pipeline(transaction=False)
            for number in left:
                script, keys, values, _ = batch[number]
                pipeline.evalsha(self._scripts[script], len(keys), *keys, *values)
            for number, answer in zip(left, await pipeline.execute(raise_on_error=False), strict=True):
                answers[number] = answer
            left = [number for number in left if isinstance(answers[number], NoScriptError)]
            if not (left and again):
                break
            # A script's first use, or a Redis that was started anew and has forgotten them: those have not run yet.
            await self._load_scripts()
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    async def _load_scripts(self) -> None:
        for script in list(self._scripts):
            await self._client.script_load(script)

    # ---- being there

    @property
    def _alive(self) -> str:
        return f"{self.prefix}alive:{self.worker}"

    async def _beat(self) -> None:
        while not self._closing:
            await asyncio.sleep(BEAT_SECONDS if self.works else RECOVERY_SECONDS)
            if not self.works:
                await self._recover()
                continue
            try:
                await self._client.set(self._alive, b"1", ex=DEAD_AFTER_SECONDS)
            except RedisErrors as error:
                self._report(False, type(error).__name__)

    async def _recover(self) -> None:
        """Try to reach it, and look whether it keeps anything before trusting it."""
        try:
            await self._check()
            await self._load_scripts()
            await self._client.set(self._alive, b"1", ex=DEAD_AFTER_SECONDS)
        except RedisPersistsError:
            self._report(False, "Persists")
        except RedisErrors as error:
            self._report(False, type(error).__name__)
        else:
            self._report(True, "")

    async def _check(self) -> None:
        answers: dict[str, Mapping[str, str]] = {}
        for name in ("save", "appendonly"):
            try:
                answers[name] = config_words(await self._client.config_get(name))
            except (NoPermissionError, ResponseError):
                return
        check_keeps_nothing(lambda name: answers[name])

    def _report(self, works: bool, kind: str) -> None:
        if works == self._works:
            return
        if works and self._works is not None:
            log("redis-back")
        elif not works:
            log("redis-persists" if kind == "Persists" else "redis-unavailable", logging.ERROR, kind=kind)
        self._works = works
        self.pool.reachable = works
