"""getUpdates, acknowledged only after the answer.

Telegram confirms every update below the offset that is asked for, and forgets it. So the offset stays at the oldest
update that is still open, and each call repeats what is open beside what is new: a window of updates that begins
there. A process that dies leaves at most the window answered but unconfirmed.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.bot import Backoff
from bot.channels.telegram.inbox import Acknowledgement, Inbox
from bot.channels.telegram.profile import LONGEST_START_BACK_OFF_SECONDS, START_BACK_OFF_SECONDS, TokenRefused
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
CONFLICT_PAUSE_SECONDS = 3.0
"""Also after an error that another try at once does not change."""
REPEAT_EVENT_SECONDS = 60.0
REFUSALS_BELIEVED = 3
"""So many refused tokens in a row, after the token has worked, are the end."""
STOP_SECONDS = 1.2
CONFIRM_SECONDS = 0.5

# Bot.get_updates reads all updates of an answer or none: one that it cannot read would keep the others out for ever.
warnings.filterwarnings("ignore", message="Please use 'Bot.getUpdates'")


class Polling:
    """The polling loop of one process."""

    def __init__(self, bot: Bot, inbox: Inbox, now: Callable[[], float] = time.monotonic) -> None:
        self._bot = bot
        self._inbox = inbox
        self._now = now
        self._window: dict[int, Acknowledgement] = {}
        """Updates taken in and not yet confirmed, in order; some have ended."""
        self._next = 0
        """One more than the last update taken; 0 before the first. After a quiet week numbers may begin lower."""
        self._moved = asyncio.Event()
        self._stuck_since: tuple[int, float] = (0, 0.0)
        self._said: dict[str, float] = {}
        self._refusals = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop; then let open updates end for a moment, and confirm those that have.

        Raises:
            TokenRefused: the token does not work any more.
        """
        polling, halt = asyncio.create_task(self._poll()), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((polling, halt), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (polling, halt):
                task.cancel()
            ends = await asyncio.gather(polling, halt, return_exceptions=True)
        if isinstance(ends[0], Exception):
            raise ends[0]
        await self._inbox.close(STOP_SECONDS)
        await self._confirm()

    async def _poll(self) -> None:
        """Ask for updates, again and again, until cancelled.

        Raises:
            TokenRefused: see run().
        """
        backoff = Backoff(START_BACK_OFF_SECONDS, LONGEST_START_BACK_OFF_SECONDS)
        pause = FIRST_PAUSE_SECONDS
        while True:
            offset = self._offset()
            asked = self._now()
            try:
                batch = await self._ask(offset)
            except TelegramError as error:
                await asyncio.sleep(await self._after(error, backoff))
                continue
            self._recovered()
            backoff = Backoff(START_BACK_OFF_SECONDS, LONGEST_START_BACK_OFF_SECONDS)
            fresh = self._take(batch)
            pause = FIRST_PAUSE_SECONDS if fresh else min(pause * 2, LONGEST_PAUSE_SECONDS)
            if self._window:
                await self._wait_for_progress(pause)
            if not fresh and self._now() - asked < FIRST_PAUSE_SECONDS:
                # A server that does not wait as it was asked to, or repeats what has been confirmed, must not be asked
                # in a tight circle.
                await asyncio.sleep(pause)

    def _offset(self) -> int:
        """Drop what can be confirmed from the window; gives the offset that confirms it."""
        for number in list(self._window):
            if not self._window[number].done():
                return number
            del self._window[number]
        return self._next

    async def _ask(self, offset: int) -> list[Any]:
        seconds = 0 if self._window else LONG_POLL_SECONDS
        values: dict[str, Any] = {"allowed_updates": ALLOWED_UPDATES, "limit": self._limit(), "timeout": seconds}
        if offset:
            values["offset"] = offset
        result = await self._bot.do_api_request("getUpdates", values, read_timeout=seconds + ANSWER_MARGIN_SECONDS)
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
            self._next = number + 1
            acknowledgement = self._inbox.take(raw)
            self._window[number] = acknowledgement
            if not acknowledgement.done():
                fresh = True
                acknowledgement.add_done_callback(self._progress)
        return fresh

    def _progress(self, _: Acknowledgement) -> None:
        self._moved.set()

    async def _wait_for_progress(self, seconds: float) -> None:
        """Wait until half the window can be confirmed or all of it has ended, for so many seconds at most."""
        end = self._now() + seconds
        while True:
            ended = 0
            for acknowledgement in self._window.values():
                if not acknowledgement.done():
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
            values = {"offset": offset, "limit": 1, "timeout": 0}
            await self._bot.do_api_request("getUpdates", values, read_timeout=CONFIRM_SECONDS)
        except TelegramError:
            # Telegram will deliver the last window again; some of it is then answered twice.
            log("telegram-unreachable", logging.WARNING)

    # ---- errors

    async def _after(self, error: TelegramError, backoff: Backoff) -> float:
        """Say what is wrong, and mend it where that can be done; gives the seconds to wait.

        Raises:
            TokenRefused: see run().
        """
        if isinstance(error, Conflict):
            return await self._after_conflict()
        if isinstance(error, InvalidToken):
            self._refusals += 1
            if self._refusals >= REFUSALS_BELIEVED:
                raise TokenRefused
        self._say("rate-limited" if isinstance(error, RetryAfter) else "telegram-unreachable")
        pause = backoff.pause(error)
        return pause if pause is not None else CONFLICT_PAUSE_SECONDS

    async def _after_conflict(self) -> float:
        """Find out who else gets the updates: another program that polls, or an address, which is taken away."""
        try:
            elsewhere = bool((await self._bot.get_webhook_info()).url)
            self._say("webhook-elsewhere" if elsewhere else "second-poller")
            if elsewhere:
                await self._bot.delete_webhook(drop_pending_updates=False)
                return FIRST_PAUSE_SECONDS
        except TelegramError:
            self._say("telegram-unreachable")
        return CONFLICT_PAUSE_SECONDS

    def _recovered(self) -> None:
        self._refusals = 0
        self._said.pop("telegram-unreachable", None)

    def _say(self, event: str) -> None:
        """Log an event, but not again and again."""
        now = self._now()
        if now - self._said.get(event, -REPEAT_EVENT_SECONDS) >= REPEAT_EVENT_SECONDS:
            self._said[event] = now
            log(event, logging.WARNING)
