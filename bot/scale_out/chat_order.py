"""The order of chats among several workers, and what they tell each other of a chat: by way of the shared memory."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from bot.channels.telegram.chat_state import ChatState, Held
from bot.channels.telegram.ports import Lane

if TYPE_CHECKING:  # importing redis is for those who use it
    from bot.counting.counters import Counters
    from bot.scale_out.redis_state import SharedMemory, Turn

CHAT_BYTES = 16

# KEYS: the value. ARGV: nothing, to read it with its milliseconds; or the value and its milliseconds; or "" to drop it.
_HELD = """
if #ARGV == 0 then return {redis.call('GET', KEYS[1]) or '', redis.call('PTTL', KEYS[1])} end
if ARGV[1] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 'kept'
"""


class RedisOrdering:
    """One worker's part. While the shared memory cannot be reached, everything stays within the process."""

    def __init__(
        self, shared: SharedMemory, chat_state: ChatState, counters: Counters, key: Callable[[], bytes]
    ) -> None:
        """Take what a worker remembers and counts, and today's key."""
        self._shared = shared
        self._chat_state = chat_state
        self._counters = counters
        self._key = key
        self._turns: dict[Lane, Turn] = {}
        self._held: dict[Lane, Held | None] = {}
        """What the conversation held of a chat when its turn began."""

    async def enter(self, lane: Lane, numbers: Sequence[int]) -> frozenset[int]:
        """Wait for the chat's turn, and learn what other workers know of it."""
        kind, chat = lane
        if kind == "inline":
            # A query that is answered twice does no harm, and nobody waits for it.
            return frozenset()
        name = hmac.digest(self._key(), f"chat:{chat}".encode(), "sha256")[:CHAT_BYTES].hex()
        turn = await self._shared.enter(name, numbers)
        if turn is None:
            return frozenset()
        self._turns[lane] = turn
        if turn.state is not None:
            values = json.loads(turn.state)
            self._learn(chat, values)
            if values["by"] != self._shared.worker:
                await self._load_held(chat, turn.lane)
        self._held[lane] = self._chat_state.held(chat)
        return turn.ended

    async def leave(self, lane: Lane, numbers: Sequence[int]) -> None:
        """Tell the others; what was counted goes along, so that it is counted exactly when the update has ended."""
        turn = self._turns.pop(lane, None)
        if turn is None:
            return
        held = self._chat_state.held(lane[1])
        if held != self._held.pop(lane, None):
            await self._save_held(turn.lane, held)
        batches = self._counters.hand_over()
        if not await self._shared.leave(turn, numbers, self._shown(lane[1]), batches):
            self._counters.take_back(batches)

    async def _load_held(self, chat: int, name: str) -> None:
        """Learn the conversation's value of a chat from whoever answered last."""
        answer = await self._shared.call(_HELD, (self._held_key(name),), ())
        if answer is not None:
            value, milliseconds = answer
            left = time.monotonic() + milliseconds / 1000
            self._chat_state.hold(chat, Held(value.decode(), left) if value else None)

    async def _save_held(self, name: str, held: Held | None) -> None:
        """Tell the others the conversation's value of a chat; it dies in Redis when it does here."""
        left = int((held.until - time.monotonic()) * 1000) if held is not None else 0
        values = (held.value, left) if held is not None and left > 0 else ("",)
        await self._shared.call(_HELD, (self._held_key(name),), values)

    def _held_key(self, name: str) -> str:
        return f"{self._shared.prefix}held:{name}"

    async def hand_over(self) -> None:
        """Hand over what was counted while the shared memory was away."""
        batches = self._counters.hand_over()
        if not await self._shared.put(batches):
            self._counters.take_back(batches)

    def _shown(self, chat: int) -> bytes:
        # In a private chat, the only kind that is counted, the chat has the asker's number.
        values: dict[str, Any] = {
            "by": self._shared.worker,
            "asked": self._counters.remembered(chat),
            **self._chat_state.shown(chat),
        }
        return json.dumps(values, separators=(",", ":")).encode()

    def _learn(self, chat: int, values: dict[str, Any]) -> None:
        if values["by"] != self._shared.worker:
            # Another worker has answered since: what this one was gathering is no longer the last question.
            self._chat_state.close_question(chat)
        self._chat_state.learn(chat, values)
        self._counters.remember(chat, values["asked"])
