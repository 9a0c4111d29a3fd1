"""Looks, while a webhook is in use, whether Telegram still answers and still delivers to this bot's own address.

A quiet bot makes no calls, so that its silence would say nothing; and an address that somebody else has set takes every
update away without an error anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from telegram import Bot
from telegram.error import TelegramError

from bot.channels.telegram.profile import WebhookRefused, set_webhook
from bot.logs import log

LOOK_SECONDS = 60.0


async def watch_delivery(
    bot: Bot, address: str, secret: str, stop: asyncio.Event, *, seconds: float = LOOK_SECONDS
) -> None:
    """Look now and then until told to stop; an address of somebody else's is put right.

    Without an `address` of our own (another process has told it) it is only asked whether Telegram answers.

    Raises:
        TokenRefused: Telegram does not know the token any more.
    """
    while not await _stopped(stop, seconds):
        try:
            found = (await bot.get_webhook_info()).url
        except TelegramError as error:
            log("telegram-unreachable", logging.WARNING, kind=type(error).__name__)
            continue
        if not address or found == address:
            continue
        log("webhook-elsewhere", logging.WARNING)
        with contextlib.suppress(WebhookRefused):
            await set_webhook(bot, address, secret, stop)
            log("webhook-ours")


async def _stopped(stop: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()
