"""The Telegram channel as the rest of the program sees it: open it, then poll or mount its route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute
from telegram import Bot
from telegram.error import TelegramError

from bot.channels.telegram.bot import AiohttpRequest, open_bot, repeated
from bot.channels.telegram.delivery import watch_delivery
from bot.channels.telegram.handler_context import HandlerContext
from bot.channels.telegram.handlers import Handlers
from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.polling import STOP_SECONDS, Polling
from bot.channels.telegram.ports import Services
from bot.channels.telegram.profile import (
    TokenRefused,
    WebhookRefused,
    ask_name,
    describe,
    set_webhook,
    take_webhook_away,
)
from bot.channels.telegram.sending import Sender
from bot.channels.telegram.server_clock import ServerClock
from bot.channels.telegram.updates import Me
from bot.channels.telegram.webhook import PATH, telegram_routes
from bot.channels.voice import LARGEST_BYTES
from bot.settings import Settings

FINE, WRONG_SETTING = 0, 2
"""Exit codes; the second is for what another start does not change: a refused token or webhook."""
DROP_EXPIRED_SECONDS = 1.0
PICTURES_AT_ONCE = 2
"""More are answered as pictures that cannot be read: reading takes seconds of a core."""
PICTURE_BYTES = 5_000_000
PICTURE_SECONDS = 8.0
NOTES_AT_ONCE = 2
"""More are answered as voice notes that cannot be heard: hearing takes many seconds of two cores."""
NOTE_SECONDS = 8.0


class Channel:
    """One process's Telegram."""

    def __init__(
        self, settings: Settings, services: Services, bot: Bot, request: AiohttpRequest, clock: ServerClock
    ) -> None:
        """Take the Bot API with its connections, and the clock that hears them; use open_channel() instead."""
        self._settings = settings
        self._services = services
        self._bot = bot
        self._request = request
        self.clock = clock
        """Telegram's time, and when it last answered."""
        # The number before the colon is the bot's own id: known before Telegram has been reached.
        number = settings.telegram_token.partition(":")[0]
        self._me = Me(int(number) if number.isascii() and number.isdigit() else 0)
        context = HandlerContext(services, Sender(bot), lambda: self._me, clock)
        handlers = Handlers(context, settings.stale_minutes * 60.0, self._words_of, self._heard)
        self.inbox = Inbox(handlers, lambda: self._me, services.ordering)
        self._describing: asyncio.Task[None] | None = None
        self._reading = asyncio.Semaphore(PICTURES_AT_ONCE)
        self._hearing = asyncio.Semaphore(NOTES_AT_ONCE)

    async def poll(self, stop: asyncio.Event) -> int:
        """Poll until told to stop; gives the exit code. Never raises but when cancelled."""
        try:
            if not await self._introduce(stop):
                return FINE
            await take_webhook_away(self._bot, stop)
            await Polling(self._bot, self.inbox).run(stop)
        except TokenRefused:
            return WRONG_SETTING
        return FINE

    async def take_webhook(self, stop: asyncio.Event, *, announce: bool = True) -> int:
        """Have updates delivered to the route until told to stop; gives the exit code. Never raises but when cancelled.

        The web server must run already, since Telegram delivers at once what waits. Of several workers one announces
        the address and the bot's commands.
        """
        try:
            secret = self._settings.webhook_secret
            address = self._settings.webhook_url + PATH if self._settings.webhook_url and announce else ""
            if address:
                await set_webhook(self._bot, address, secret, stop)
            await self._introduce(stop, publish=announce)
            await watch_delivery(self._bot, address, secret, stop)
        except (TokenRefused, WebhookRefused):
            return WRONG_SETTING
        await self.inbox.close(STOP_SECONDS)
        return FINE

    async def post(self, chat: str, text: str, picture: bytes | None) -> None:
        """Send a digest to the operator's chat or channel (an id or @name): a picture with a caption, or a text.

        Raises:
            telegram.error.TelegramError: Telegram refuses it, or cannot be reached for a while.
        """
        bot = self._bot
        if picture is None:
            await repeated(lambda: bot.send_message(chat, text, disable_notification=True))
        else:
            await repeated(
                lambda: bot.send_photo(chat, picture, text, disable_notification=True, filename="digest.png")
            )

    def routes(self) -> Sequence[BaseRoute]:
        """The webhook's route."""
        return telegram_routes(self.inbox, self._settings.webhook_secret)

    async def _words_of(self, file: str) -> str | None:
        """The words in a picture; None where they are not read, or nothing that can be trusted is found."""
        read = self._services.read_picture
        if read is None or self._reading.locked():
            return None
        async with self._reading:
            picture = await self._download(file, PICTURE_BYTES, PICTURE_SECONDS)
            return await asyncio.to_thread(read, picture) if picture is not None else None

    async def _heard(self, file: str, languages: Sequence[str]) -> str | None:
        """The words of a voice note; None where they are not heard, or nothing that can be trusted is found."""
        hear = self._services.hear_voice
        if hear is None or self._hearing.locked():
            return None
        async with self._hearing:
            note = await self._download(file, LARGEST_BYTES, NOTE_SECONDS)
            return await asyncio.to_thread(hear, note, languages) if note is not None else None

    async def _download(self, file: str, limit: int, seconds: float) -> bytes | None:
        """What somebody sent, into memory; None when it is too large, slow, or gone."""
        try:
            found = await self._bot.get_file(file, read_timeout=seconds)
        except TelegramError:
            return None
        if found.file_path is None or (found.file_size or 0) > limit:
            return None
        return await self._request.fetch(found.file_path, limit=limit, seconds=seconds)

    async def _introduce(self, stop: asyncio.Event, *, publish: bool = True) -> bool:
        """Learn the bot's name and publish its commands; False when told to stop before."""
        me = await ask_name(self._bot, stop)
        if me is None:
            return False
        self._me = me
        if publish:
            # Beside the work: nobody waits for a menu.
            campaign = self._services.conversation().campaign
            self._describing = asyncio.create_task(describe(self._bot, self._services.say, campaign))
        return True

    async def close(self) -> None:
        """Drop what is still under way."""
        if self._describing is not None:
            self._describing.cancel()
            await asyncio.gather(self._describing, return_exceptions=True)
        await self.inbox.close(0.0)


@asynccontextmanager
async def open_channel(settings: Settings, services: Services) -> AsyncIterator[Channel]:
    """A channel with its connections, closed at the end."""
    clock = ServerClock()

    async def drop_expired() -> None:
        while True:
            await asyncio.sleep(DROP_EXPIRED_SECONDS)
            services.chat_state.drop_expired()

    async with open_bot(settings, clock) as (bot, request):
        channel = Channel(settings, services, bot, request, clock)
        dropping = asyncio.create_task(drop_expired())
        try:
            yield channel
        finally:
            dropping.cancel()
            await channel.close()
