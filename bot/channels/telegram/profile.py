"""What the bot tells Telegram about itself: who it is, its commands and descriptions, its webhook."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.api import Api
from bot.channels.telegram.polling import FIRST_BACK_OFF_SECONDS, LONGEST_BACK_OFF_SECONDS, TokenRefused
from bot.channels.telegram.updates import ALLOWED_UPDATES, Me
from bot.dialogue.render import N_
from bot.dialogue.telegram_limits import COMMAND_DESCRIPTION_UNITS, DESCRIPTION_UNITS, SHORT_DESCRIPTION_UNITS
from bot.logs import log

WEBHOOK_CONNECTIONS = 40

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
DESCRIPTION = N_(
    "Ask anything about offers to work, study or fight in Russia. Answers come from published sources. "
    "This is a machine: no person reads the chat."
)
SHORT_DESCRIPTION = N_("Questions and answers about offers abroad. A machine; nobody reads this chat.")


async def insist(act: Callable[[], Any], stop: asyncio.Event) -> Any:
    """Do one thing until Telegram has answered; None when told to stop before.

    Raises:
        TokenRefused: Telegram does not know the token.
    """
    pause = FIRST_BACK_OFF_SECONDS
    while not stop.is_set():
        try:
            return await act()
        except InvalidToken:
            log("telegram-refused-token", logging.ERROR)
            raise TokenRefused from None
        except RetryAfter as told:
            wait = told.retry_after
            seconds = float(wait) if isinstance(wait, int) else wait.total_seconds()
            log("rate-limited", logging.WARNING)
        except TelegramError as error:
            log("telegram-unreachable", logging.WARNING, kind=type(error).__name__)
            seconds, pause = pause, min(pause * 2, LONGEST_BACK_OFF_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            continue
    return None


async def ask_name(api: Api, stop: asyncio.Event) -> Me | None:
    """Ask Telegram who the bot is, until it answers; None when told to stop before.

    Raises:
        TokenRefused: Telegram does not know the token.
    """
    told = await insist(lambda: api.call("getMe", {}), stop)
    if not isinstance(told, dict) or type(told.get("id")) is not int:
        return None
    username = told.get("username")
    return Me(told["id"], username if isinstance(username, str) else None)


async def set_polling(api: Api, stop: asyncio.Event) -> None:
    """Take a webhook away, without losing what waits.

    Raises:
        TokenRefused: Telegram does not know the token.
    """
    await insist(lambda: api.call("deleteWebhook", {"drop_pending_updates": False}), stop)


async def set_webhook(api: Api, address: str, secret: str, stop: asyncio.Event) -> None:
    """Have updates delivered to an address.

    Raises:
        TokenRefused: Telegram does not know the token.
    """
    values = {
        "url": address,
        "secret_token": secret,
        "allowed_updates": ALLOWED_UPDATES,
        "max_connections": WEBHOOK_CONNECTIONS,
        "drop_pending_updates": False,
    }
    await insist(lambda: api.call("setWebhook", values), stop)


async def describe(api: Api, say: Callable[[str, str], str], languages: Sequence[str]) -> None:
    """Set commands and descriptions, in each language and, for all other clients, in the first. Never raises.

    What Telegram refuses is left as it is: the bot works without.
    """
    for code, language in (("", languages[0]), *((language, language) for language in languages)):
        commands = [
            {"command": name, "description": say(language, words)[:COMMAND_DESCRIPTION_UNITS]} for name, words in MENU
        ]
        calls: tuple[tuple[str, dict[str, Any]], ...] = (
            ("setMyCommands", {"commands": commands}),
            ("setMyDescription", {"description": say(language, DESCRIPTION)[:DESCRIPTION_UNITS]}),
            (
                "setMyShortDescription",
                {"short_description": say(language, SHORT_DESCRIPTION)[:SHORT_DESCRIPTION_UNITS]},
            ),
        )
        for method, values in calls:
            if code:
                values["language_code"] = code
            try:
                await api.send(method, values, repeatable=True)
            except TelegramError as error:
                log("description-refused", logging.WARNING, kind=type(error).__name__)
