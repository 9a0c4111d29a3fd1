"""Takes raw updates in and says when each has ended: in order within a chat, chats side by side, each once."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from bot.channels.telegram.handlers import GATHERED_PARTS, Dialogue, Ended, joins
from bot.channels.telegram.order import Alone, Lane, Order
from bot.channels.telegram.updates import Incoming, Malformed, Me, read_update, update_number
from bot.logs import log

ENDED_KNOWN = 20_000
"""Ended updates recognised when Telegram delivers them again; their numbers only."""

Ending = asyncio.Future[Ended]


class Inbox:
    """All open updates of one process."""

    def __init__(self, dialogue: Dialogue, me: Callable[[], Me], order: Order | None = None) -> None:
        self._dialogue = dialogue
        self._me = me
        self._order = order or Alone()
        self._open: dict[int, Ending] = {}
        self._ended: OrderedDict[int, None] = OrderedDict()
        self._lanes: dict[Lane, deque[tuple[Incoming, Ending]]] = {}
        self._workers: set[asyncio.Task[None]] = set()
        self._closing = False

    def take(self, raw: object) -> Ending:
        """Take one update in; the future is done when it may be acknowledged.

        A repeated update shares the future of the first, or is done at once. A malformed one is passed over. The future
        is cancelled for an update that shall be delivered again, because the program stops.
        """
        number = update_number(raw)
        if self._closing:
            return _dropped()
        if number is not None and (number in self._open or number in self._ended):
            log("update-repeated")
            return self._open.get(number) or _done("ignored")
        try:
            incoming = read_update(raw, self._me())
        except Malformed:
            log("update-malformed", logging.WARNING)
            incoming = None
        if number is None:
            return _done("failed")
        if incoming is None:
            self._end(number)
            return _done("ignored")
        ending: Ending = asyncio.get_running_loop().create_future()
        self._open[number] = ending
        # An inline query is typed into another chat and need not wait for this one.
        lane: Lane = ("inline" if incoming.happening == "inline" else "chat", incoming.chat)
        waiting = self._lanes.get(lane)
        if waiting is not None:
            waiting.append((incoming, ending))
        else:
            self._lanes[lane] = deque([(incoming, ending)])
            worker = asyncio.get_running_loop().create_task(self._work(lane))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return ending

    async def _work(self, lane: Lane) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting and not self._closing:
                group = [waiting.popleft()]
                while waiting and len(group) < GATHERED_PARTS and joins(group[-1][0], waiting[0][0]):
                    group.append(waiting.popleft())
                ended = await self._answer(lane, [incoming for incoming, _ in group])
                for incoming, ending in group:
                    self._end(incoming.update)
                    if not ending.done():
                        ending.set_result(ended)
        finally:
            del self._lanes[lane]

    async def _answer(self, lane: Lane, group: Sequence[Incoming]) -> Ended:
        """Answer what belongs together. Never raises but when cancelled: others wait behind it."""
        numbers = [incoming.update for incoming in group]
        elsewhere: frozenset[int] = frozenset()
        ended: Ended = "failed"
        with _reported():
            elsewhere = await self._order.enter(lane, numbers)
        if elsewhere:
            log("update-repeated")
        fresh = [incoming for incoming in group if incoming.update not in elsewhere]
        with _reported():
            ended = await self._dialogue.handle(fresh) if fresh else "ignored"
        with _reported():
            await self._order.leave(lane, numbers)
        return ended

    def _end(self, number: int) -> None:
        self._open.pop(number, None)
        self._ended[number] = None
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
        for ending in self._open.values():
            ending.cancel()
        self._open.clear()


@contextmanager
def _reported() -> Iterator[None]:
    """Report an error that was thought impossible, and go on."""
    try:
        yield
    except Exception as error:
        log("internal-error", logging.ERROR, kind=type(error).__name__)


def _done(ended: Ended) -> Ending:
    ending: Ending = asyncio.get_running_loop().create_future()
    ending.set_result(ended)
    return ending


def _dropped() -> Ending:
    ending: Ending = asyncio.get_running_loop().create_future()
    ending.cancel()
    return ending
