"""What a process is among others: alone, or one of several workers. The rest of the program asks no further."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from bot.channels.telegram.chat_state import ChatState
from bot.channels.telegram.ports import LocalOrdering, Ordering
from bot.clock import Clock
from bot.counting.counters import Counters, NoPool, Pool
from bot.counting.schedule import AlwaysLeader, Leadership
from bot.desk.access import OwnRecords, SignInRecords
from bot.scale_out.day_keys import DayKeys

WAITING_CONNECTIONS = 512


class ProcessContext(Protocol):
    """What a process shares with others, or has for itself."""

    @property
    def keys(self) -> DayKeys:
        """The day's key, the same in every worker; it never leaves the machine."""
        ...

    @property
    def session_key(self) -> bytes:
        """Signs the desk's sessions, the same in every worker."""
        ...

    @property
    def pool(self) -> Pool:
        """Where what was counted is gathered for the one that ticks."""
        ...

    @property
    def leadership(self) -> Leadership:
        """Which process ticks."""
        ...

    @property
    def sign_in_records(self) -> SignInRecords:
        """What is known of guesses and ended sessions."""
        ...

    @property
    def announces(self) -> bool:
        """Whether this process tells Telegram the bot's address and commands."""
        ...

    @property
    def backlog(self) -> int:
        """Connections that may wait for this process."""
        ...

    @property
    def redis_works(self) -> bool | None:
        """None where there is no Redis."""
        ...

    def ordering(self, chat_state: ChatState, counters: Counters) -> Ordering:
        """Keeps a chat's order, and what was remembered and counted of it, beyond this process. Called once."""
        ...

    def sharing(self) -> AbstractAsyncContextManager[None]:
        """While entered, what is shared is reached and handed over; Redis may come and go."""
        ...


class SingleProcess:
    """Alone: nothing is shared."""

    announces = True
    backlog = WAITING_CONNECTIONS
    redis_works = None

    def __init__(self, clock: Clock) -> None:
        self.keys = DayKeys(clock.today)
        self.session_key = secrets.token_bytes(32)
        self.pool = NoPool()
        self.leadership = AlwaysLeader()
        self.sign_in_records = OwnRecords()

    def ordering(self, chat_state: ChatState, counters: Counters) -> Ordering:
        """The process's own lanes are enough."""
        return LocalOrdering()

    @asynccontextmanager
    async def sharing(self) -> AsyncIterator[None]:
        """Nothing is handed over."""
        yield
