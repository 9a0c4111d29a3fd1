"""getUpdates, acknowledged only after the answer.

Telegram confirms every update below the offset that is asked for, and forgets it. So the offset stays at the oldest
update that is still open, and each call repeats what is open beside what is new: a window of updates that begins
there. A process that dies leaves at most the window answered but unconfirmed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.api import Api
from bot.channels.telegram.inbox import Ending, Inbox
from bot.channels.telegram.updates import ALLOWED_UPDATES, update_number
from bot.logs import log

WINDOW = 16
"""Updates open at once."""
WIDE_WINDOW = 100
"""The same while the oldest one is stuck (a chat that Telegram makes wait): as many as one call gives."""
STUCK_SECONDS = 0.5
LONG_POLL_SECONDS = 25
ANSWER_MARGIN_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.25
FIRST_BACK_OFF_SECONDS = 0.5
LONGEST_BACK_OFF_SECONDS = 15.0
SECOND_POLLER_PAUSE_SECONDS = 3.0
REPEAT_EVENT_SECONDS = 60.0
REFUSALS_BELIEVED = 3
"""So many refused tokens in a row, after the token has worked, are the end."""
STOP_SECONDS = 1.2
CONFIRM_SECONDS = 0.5


class TokenRefused(Exception):
    """Telegram does not know the token."""


class Polling:
    """The polling loop of one process."""

    def __init__(self, api: Api, inbox: Inbox, now: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._inbox = inbox
        self._now = now
        self._window: dict[int, Ending] = {}
        """Updates taken in and not yet confirmed, in order; some have ended."""
        self._next = 0
        """One more than the highest update seen; 0 before the first."""
        self._moved = asyncio.Event()
        self._stuck_since: tuple[int, float] = (0, 0.0)
        self._said: dict[str, float] = {}
        self._refusals = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop; then let open updates end for a moment, and confirm those that have.

        Raises:
            TokenRefused: the token does not work any more.
        """
        halt = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                turn = asyncio.create_task(self._turn())
                await asyncio.wait((turn, halt), return_when=asyncio.FIRST_COMPLETED)
                if not turn.done():
                    turn.cancel()
                    await asyncio.gather(turn, return_exceptions=True)
                    break
                turn.result()
        finally:
            halt.cancel()
        await self._inbox.close(STOP_SECONDS)
        await self._confirm()

    async def _turn(self) -> None:
        """One call of getUpdates with what follows from it."""
        back_off = FIRST_BACK_OFF_SECONDS
        pause = FIRST_PAUSE_SECONDS
        while True:
            offset = self._offset()
            try:
                asked = self._now()
                batch = await self._ask(offset)
            except TelegramError as error:
                await asyncio.sleep(self._after(error, back_off))
                back_off = min(back_off * 2, LONGEST_BACK_OFF_SECONDS)
                continue
            self._recovered()
            back_off = FIRST_BACK_OFF_SECONDS
            fresh = self._take(batch)
            pause = FIRST_PAUSE_SECONDS if fresh else min(pause * 2, LONGEST_PAUSE_SECONDS)
            if self._window:
                await self._wait_for_progress(pause)
            elif not batch and self._now() - asked < FIRST_PAUSE_SECONDS:
                # A server that does not wait as it was asked to must not be asked in a tight circle.
                await asyncio.sleep(pause)

    def _offset(self) -> int:
        """Drop what can be confirmed from the window; gives the offset that confirms it."""
        for number in list(self._window):
            if not self._window[number].done():
                return number
            del self._window[number]
        return self._next

    async def _ask(self, offset: int) -> list[Any]:
        values: dict[str, Any] = {"allowed_updates": ALLOWED_UPDATES, "limit": self._limit()}
        if offset:
            values["offset"] = offset
        seconds = 0 if self._window else LONG_POLL_SECONDS
        values["timeout"] = seconds
        result = await self._api.call("getUpdates", values, seconds=seconds + ANSWER_MARGIN_SECONDS)
        return result if isinstance(result, list) else []

    def _limit(self) -> int:
        head = next(iter(self._window), 0)
        if not head:
            return WINDOW
        if self._stuck_since[0] != head:
            self._stuck_since = (head, self._now())
        return WIDE_WINDOW if self._now() - self._stuck_since[1] > STUCK_SECONDS else WINDOW

    def _take(self, batch: list[Any]) -> bool:
        """Hand new updates to the inbox; whether there were any."""
        fresh = False
        for raw in batch:
            number = update_number(raw)
            if number is None:
                # Cannot be confirmed by itself; the next update's confirmation takes it along.
                self._inbox.take(raw)
                continue
            if number in self._window:
                continue
            fresh = True
            self._next = max(self._next, number + 1)
            ending = self._inbox.take(raw)
            self._window[number] = ending
            if not ending.done():
                ending.add_done_callback(self._progress)
        return fresh

    def _progress(self, _: Ending) -> None:
        self._moved.set()

    async def _wait_for_progress(self, seconds: float) -> None:
        """Wait until half the window can be confirmed or all of it has ended, for so many seconds at most."""
        end = self._now() + seconds
        while True:
            ended = 0
            for ending in self._window.values():
                if not ending.done():
                    break
                ended += 1
            left = end - self._now()
            if ended == len(self._window) or ended >= WINDOW // 2 or left <= 0:
                return
            self._moved.clear()
            try:
                async with asyncio.timeout(left):
                    await self._moved.wait()
            except TimeoutError:
                return

    async def _confirm(self) -> None:
        """Tell Telegram what has been answered, before leaving."""
        offset = self._offset()
        if not offset:
            return
        try:
            await self._api.call("getUpdates", {"offset": offset, "limit": 1, "timeout": 0}, seconds=CONFIRM_SECONDS)
        except TelegramError:
            # Telegram will deliver the last window again; some of it is then answered twice.
            log("telegram-unreachable", logging.WARNING)

    # ---- errors

    def _after(self, error: TelegramError, back_off: float) -> float:
        """Say what is wrong; gives the seconds to wait.

        Raises:
            TokenRefused: see run().
        """
        if isinstance(error, RetryAfter):
            wait = error.retry_after
            self._say("rate-limited")
            return float(wait) if isinstance(wait, int) else wait.total_seconds()
        if isinstance(error, Conflict):
            self._say("second-poller")
            return SECOND_POLLER_PAUSE_SECONDS
        if isinstance(error, InvalidToken):
            self._refusals += 1
            if self._refusals >= REFUSALS_BELIEVED:
                raise TokenRefused
        self._say("telegram-unreachable")
        return back_off

    def _recovered(self) -> None:
        self._refusals = 0
        self._said.pop("telegram-unreachable", None)

    def _say(self, event: str) -> None:
        """Log an event, but not again and again."""
        now = self._now()
        if now - self._said.get(event, -REPEAT_EVENT_SECONDS) >= REPEAT_EVENT_SECONDS:
            self._said[event] = now
            log(event, logging.WARNING)
