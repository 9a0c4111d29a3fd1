"""One of several workers: what it was handed by the supervisor, and what it shares with the others in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.channels.telegram.chat_state import ChatState
from bot.channels.telegram.ports import Ordering
from bot.clock import Clock
from bot.counting.counters import Counters
from bot.scale_out.chat_order import RedisOrdering
from bot.scale_out.day_keys import DayKeys
from bot.scale_out.leader import LeaderLock
from bot.scale_out.redis_state import SharedMemory
from bot.scale_out.sign_in import SharedSignIn
from bot.settings import Settings

HAND_OVER_SECONDS = 30.0


class WorkerContext:
    """A worker's part in the whole; a `ProcessContext`."""

    backlog = 1
    """Workers take one connection at a time from their common socket: whoever is free takes the next."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        keys: DayKeys,
        session_key: bytes,
        shared: SharedMemory,
        *,
        announces: bool,
    ) -> None:
        self.keys = keys
        self.session_key = session_key
        self.announces = announces
        self.leadership = LeaderLock(settings.data_dir, settings.database_url)
        self.sign_in_records = SharedSignIn(shared, session_key)
        self.pool = shared.pool
        self._clock = clock
        self._shared = shared
        self._order: RedisOrdering | None = None

    @property
    def redis_works(self) -> bool:
        """Whether Redis could be reached a moment ago."""
        return self._shared.works

    def ordering(self, chat_state: ChatState, counters: Counters) -> Ordering:
        """A chat's order among the workers."""
        self._order = RedisOrdering(self._shared, chat_state, counters, lambda: self.keys.of(self._clock.today()))
        return self._order

    @asynccontextmanager
    async def sharing(self) -> AsyncIterator[None]:
        """Reach Redis, and hand over now and then what was counted and who signed out while it was away."""
        await self._shared.open()
        handing_over = asyncio.create_task(self._hand_over_again())
        try:
            yield
        finally:
            handing_over.cancel()
            await asyncio.gather(handing_over, return_exceptions=True)
            await self._hand_over()
            await self._shared.close()

    async def _hand_over_again(self) -> None:
        while True:
            await asyncio.sleep(HAND_OVER_SECONDS)
            await self._hand_over()
            await self.sign_in_records.tell_again()

    async def _hand_over(self) -> None:
        if self._order is not None:
            await self._order.hand_over()
