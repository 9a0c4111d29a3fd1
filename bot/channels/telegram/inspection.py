"""What Telegram says about a bot that need not be running: for `tabayyan doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from telegram.error import InvalidToken, TelegramError

from bot.channels.telegram.bot import open_bot
from bot.channels.telegram.server_clock import ServerClock
from bot.settings import Settings

ANSWER_SECONDS = 8.0


class Unreachable(Exception):
    """Telegram does not answer, or not as Telegram would. Without a word of the address: the token is in it."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What Telegram says."""

    token_known: bool
    skew: float | None
    """How far the machine's clock is ahead of Telegram's, seconds; None: Telegram did not tell its time."""
    webhook: str = ""
    """The address that it delivers to; empty: it waits to be polled."""
    last_error: datetime | None = None
    """When a delivery failed last."""
    waiting: int = 0
    """Updates that nobody has taken."""


async def inspect_telegram(settings: Settings) -> Inspection:
    """Ask Telegram about the bot, once.

    Raises:
        Unreachable: see there.
    """
    clock = ServerClock()
    async with open_bot(settings, clock) as (bot, _):
        try:
            await bot.get_me(read_timeout=ANSWER_SECONDS)
            info = await bot.get_webhook_info(read_timeout=ANSWER_SECONDS)
        except InvalidToken:
            return Inspection(False, clock.skew)
        except (TelegramError, KeyError, TypeError, ValueError, AttributeError):
            raise Unreachable from None
        return Inspection(True, clock.skew, info.url, info.last_error_date, info.pending_update_count)
