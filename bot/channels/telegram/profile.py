"""What the bot tells Telegram about itself: who it is, its commands and descriptions, its webhook."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from telegram import Bot, BotCommand
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.bot import Backoff, repeated
from bot.channels.telegram.updates import ALLOWED_UPDATES, Me
from bot.dialogue.campaign import Campaign
from bot.dialogue.render import N_
from bot.dialogue.telegram_limits import COMMAND_DESCRIPTION_UNITS, DESCRIPTION_UNITS, SHORT_DESCRIPTION_UNITS
from bot.logs import log

WEBHOOK_CONNECTIONS = 40
START_BACK_OFF_SECONDS = 0.5
LONGEST_START_BACK_OFF_SECONDS = 15.0
_PASSING = ("resolve host", "timed out", "timeout", "temporar", "unreachable", "connection")

MENU: tuple[tuple[str, str], ...] = (
    ("urgent", N_("Urgent help now")),
    ("topics", N_("All topics")),
    ("check", N_("Check an offer")),
    ("hotline", N_("Contacts")),
    ("language", N_("Language")),
    ("privacy", N_("What is kept")),
    ("hide", N_("Delete a question and its answer")),
    ("forget", N_("Forget me")),
    ("verify", N_("Is this the real bot?")),
    ("help", N_("Help")),
)
"""Commands of the menu, with their descriptions in English."""
DESCRIPTION = N_("This is a program: nobody reads the chat. Send no names, numbers or photos of papers.")
"""What stands there where the campaign says nothing of itself in a language."""

Value = TypeVar("Value")


class TokenRefused(Exception):
    """Telegram does not know the token."""


class WebhookRefused(Exception):
    """Telegram does not accept the webhook's address or secret."""


async def insist(
    call: Callable[[], Awaitable[Value]], stop: asyncio.Event, *, until_refused: bool = False
) -> Value | None:
    """Make one call until Telegram has answered; None when told to stop before.

    Raises:
        TokenRefused: Telegram does not know the token.
        BadRequest: with `until_refused`, that Telegram refuses what is asked for, and would again.
    """
    backoff = Backoff(START_BACK_OFF_SECONDS, LONGEST_START_BACK_OFF_SECONDS)
    while not stop.is_set():
        try:
            return await call()
        except InvalidToken:
            log("telegram-refused-token", logging.ERROR)
            raise TokenRefused from None
        except TelegramError as error:
            if until_refused and isinstance(error, BadRequest) and not _is_passing(error):
                raise
            event = "rate-limited" if isinstance(error, RetryAfter) else "telegram-unreachable"
            log(event, logging.WARNING, kind=type(error).__name__)
            pause = backoff.pause(error)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause if pause is not None else LONGEST_START_BACK_OFF_SECONDS):
                await stop.wait()
    return None


def _is_passing(error: BadRequest) -> bool:
    """Whether a 400 is about the network: what was asked for may be right."""
    return any(sign in error.message.casefold() for sign in _PASSING)


async def ask_name(bot: Bot, stop: asyncio.Event) -> Me | None:
    """Ask Telegram who the bot is, until it answers; None when told to stop before.

    Raises:
        TokenRefused: Telegram does not know the token.
    """
    user = await insist(bot.get_me, stop)
    return Me(user.id, user.username) if user is not None else None


async def take_webhook_away(bot: Bot, stop: asyncio.Event) -> None:
    """Have updates wait for polling, without losing what waits already.

    Raises:
        TokenRefused: Telegram does not know the token.
    """
    await insist(lambda: bot.delete_webhook(drop_pending_updates=False), stop)


async def set_webhook(bot: Bot, address: str, secret: str, stop: asyncio.Event) -> None:
    """Have updates delivered to an address.

    Raises:
        TokenRefused: Telegram does not know the token.
        WebhookRefused: Telegram does not take the address or the secret.
    """
    try:
        await insist(
            lambda: bot.set_webhook(
                address,
                secret_token=secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=WEBHOOK_CONNECTIONS,
                drop_pending_updates=False,
            ),
            stop,
            until_refused=True,
        )
    except BadRequest:
        log("webhook-refused", logging.ERROR)
        raise WebhookRefused from None


async def describe(bot: Bot, say: Callable[[str, str], str], campaign: Campaign) -> None:
    """Set commands and descriptions, in each language and, for all other clients, in the first. Never raises.

    What Telegram refuses is left as it is: the bot works without.
    """
    languages = tuple(campaign.languages)
    for code, language in ((None, languages[0]), *((language, language) for language in languages)):
        commands = [BotCommand(name, say(language, words)[:COMMAND_DESCRIPTION_UNITS]) for name, words in MENU]
        neutral = say(language, DESCRIPTION)
        long = campaign.description.get(language, neutral)[:DESCRIPTION_UNITS]
        short = campaign.short_description.get(language, neutral)[:SHORT_DESCRIPTION_UNITS]
        calls: tuple[Callable[[], Awaitable[bool]], ...] = (
            partial(bot.set_my_commands, commands, language_code=code),
            partial(bot.set_my_description, long, language_code=code),
            partial(bot.set_my_short_description, short, language_code=code),
        )
        for call in calls:
            try:
                await repeated(call, harmless=True)
            except TelegramError as error:
                log("description-refused", logging.WARNING, kind=type(error).__name__)
