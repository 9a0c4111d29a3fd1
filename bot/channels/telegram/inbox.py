"""Takes raw updates in and says when each has ended: in order within a chat, chats side by side, each once."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, Protocol

from bot.channels.telegram.pending import PENDING_PARTS, joins
from bot.channels.telegram.ports import Lane, LocalOrdering, Ordering
from bot.channels.telegram.updates import Incoming, Malformed, Me, read_update, update_number
from bot.logs import log

ENDED_KNOWN = 20_000
"""Ended updates recognised when Telegram delivers them again; their numbers only."""
ENDED_SECONDS = 86_400.0
"""How long they are: Telegram delivers nothing later, and after a quiet week its numbers may begin anywhere."""

UpdateOutcome = Literal["answered", "refused", "failed", "ignored", "malformed"]
"""How an update has ended; whichever it is, it is acknowledged."""
Acknowledgement = asyncio.Future[UpdateOutcome]
"""Done when an update may be acknowledged; cancelled when Telegram shall deliver it again."""


class Handler(Protocol):
    """What reacts to updates."""

    async def handle(self, group: Sequence[Incoming]) -> UpdateOutcome:
        """React to one update, or to several messages that belong together. Never raises but when cancelled."""
        ...

    def must_wait(self, incoming: Incoming) -> None:
        """An update has to wait for others of its chat."""


class Inbox:
    """All open updates of one process."""

    def __init__(
        self,
        handler: Handler,
        me: Callable[[], Me],
        ordering: Ordering | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what reacts, who the bot is, what keeps chats in order among processes, and a clock in seconds."""
        self._handler = handler
        self._me = me
        self._ordering = ordering or LocalOrdering()
        self._now = now
        self._open: dict[int, Acknowledgement] = {}
        self._ended: OrderedDict[int, float] = OrderedDict()
        self._lanes: dict[Lane, deque[tuple[Incoming, Acknowledgement]]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._closing = False

    def take(self, raw: object) -> Acknowledgement:
        """Take one update in.

        A repeated update shares the acknowledgement of the first, or is acknowledged at once. A malformed one is passed
        over. All are to be delivered again once the program stops.
        """
        number = update_number(raw)
        if self._closing:
            return _dropped()
        if number is not None and (number in self._open or self._has_ended(number)):
            log("update-repeated")
            return self._open.get(number) or _done("ignored")
        try:
            incoming = read_update(raw, self._me())
        except Malformed:
            log("update-malformed", logging.WARNING)
            if number is not None:
                self._end(number)
            return _done("malformed")
        assert number is not None
        if incoming is None:
            self._end(number)
            return _done("ignored")
        acknowledgement: Acknowledgement = asyncio.get_running_loop().create_future()
        self._open[number] = acknowledgement
        # An inline query is typed into another chat and need not wait for this one.
        lane: Lane = ("inline" if incoming.kind == "inline" else "chat", incoming.chat)
        waiting = self._lanes.get(lane)
        if waiting is not None:
            waiting.append((incoming, acknowledgement))
            self._handler.must_wait(incoming)
        else:
            self._lanes[lane] = deque([(incoming, acknowledgement)])
            worker = asyncio.get_running_loop().create_task(self._work(lane))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return acknowledgement

    async def _work(self, lane: Lane) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting and not self._closing:
                group = [waiting.popleft()]
                while waiting and len(group) < PENDING_PARTS and joins(group[-1][0], waiting[0][0]):
                    group.append(waiting.popleft())
                ended = await self._answer(lane, [incoming for incoming, _ in group])
                for incoming, acknowledgement in group:
                    self._end(incoming.update)
                    if not acknowledgement.done():
                        acknowledgement.set_result(ended)
        finally:
            del self._lanes[lane]

    async def _answer(self, lane: Lane, group: Sequence[Incoming]) -> UpdateOutcome:
        """Answer what belongs together. Never raises but when cancelled: others wait behind it."""
        numbers = [incoming.update for incoming in group]
        elsewhere: frozenset[int] = frozenset()
        ended: UpdateOutcome = "failed"
        with _reported():
            elsewhere = await self._ordering.enter(lane, numbers)
        if elsewhere:
            log("update-repeated")
        fresh = [incoming for incoming in group if incoming.update not in elsewhere]
        with _reported():
            ended = await self._handler.handle(fresh) if fresh else "ignored"
        with _reported():
            await self._ordering.leave(lane, numbers)
        return ended

    def _has_ended(self, number: int) -> bool:
        ended = self._ended.get(number)
        return ended is not None and self._now() - ended < ENDED_SECONDS

    def _end(self, number: int) -> None:
        self._open.pop(number, None)
        self._ended[number] = self._now()
        self._ended.move_to_end(number)
        if len(self._ended) > ENDED_KNOWN:
            self._ended.popitem(last=False)

    @property
    def open(self) -> int:
        """How many updates are being worked on."""
        return len(self._open)

    async def close(self, seconds: float) -> None:
        """Let what is being answered end for so long, then drop the rest: Telegram delivers it again."""
        self._closing = True
        if self._workers:
            await asyncio.wait(self._workers, timeout=seconds)
        for worker in list(self._workers):
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        for acknowledgement in self._open.values():
            acknowledgement.cancel()
        self._open.clear()


@contextmanager
def _reported() -> Iterator[None]:
    """Report an error that was thought impossible, and go on."""
    try:
        yield
    except Exception as error:
        log("internal-error", logging.ERROR, kind=type(error).__name__)


def _done(ended: UpdateOutcome) -> Acknowledgement:
    acknowledgement: Acknowledgement = asyncio.get_running_loop().create_future()
    acknowledgement.set_result(ended)
    return acknowledgement


def _dropped() -> Acknowledgement:
    acknowledgement: Acknowledgement = asyncio.get_running_loop().create_future()
    acknowledgement.cancel()
    return acknowledgement
