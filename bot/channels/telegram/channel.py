"""The Telegram channel as the rest of the program sees it: open it, then poll or mount its route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute
from telegram import InputFile

from bot.channels.telegram.aiohttp_request import AiohttpRequest
from bot.channels.telegram.api import Api
from bot.channels.telegram.handlers import Dialogue
from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.polling import STOP_SECONDS, Polling, TokenRefused
from bot.channels.telegram.ports import Services
from bot.channels.telegram.profile import ask_name, describe, set_polling, set_webhook
from bot.channels.telegram.sending import Sender
from bot.channels.telegram.updates import Me
from bot.channels.telegram.webhook import PATH, telegram_routes
from bot.settings import Settings

FINE, WRONG_TOKEN = 0, 2
"""Exit codes."""
CONNECTIONS = 64
ANSWER_SECONDS = 6.0
"""How long Telegram may take to answer a call before its fate counts as unknown."""
DROP_WORDS_SECONDS = 1.0
PICTURES_AT_ONCE = 2
"""More are answered as pictures that cannot be read: reading takes seconds of a core."""
PICTURE_BYTES = 5_000_000
PICTURE_SECONDS = 8.0


class Channel:
    """One process's Telegram."""

    def __init__(self, settings: Settings, services: Services, request: AiohttpRequest) -> None:
        """Take an initialised request class; use open_channel() instead."""
        token = settings.telegram_token
        self._settings = settings
        self._services = services
        self.api = Api(request, settings.telegram_api_url, token)
        # The number before the colon is the bot's own id: known before Telegram has been reached.
        number = token.partition(":")[0]
        self._me = Me(int(number) if number.isascii() and number.isdigit() else 0)
        stale_seconds = settings.stale_minutes * 60.0
        dialogue = Dialogue(services, Sender(self.api), lambda: self._me, stale_seconds, self._words_of)
        self.inbox = Inbox(dialogue, lambda: self._me, services.order)
        self._describing: asyncio.Task[None] | None = None
        self._reading = asyncio.Semaphore(PICTURES_AT_ONCE)

    async def poll(self, stop: asyncio.Event) -> int:
        """Poll until told to stop; gives the exit code. Never raises but when cancelled."""
        try:
            if not await self._introduce(stop):
                return FINE
            await set_polling(self.api, stop)
            await Polling(self.api, self.inbox).run(stop)
        except TokenRefused:
            return WRONG_TOKEN
        return FINE

    async def take_webhook(self, stop: asyncio.Event, *, announce: bool = True) -> int:
        """Have updates delivered to the route until told to stop; gives the exit code. Never raises but when cancelled.

        The web server must run already, since Telegram delivers at once what waits. Of several workers one announces
        the address and the bot's commands.
        """
        try:
            if self._settings.webhook_url and announce:
                address = self._settings.webhook_url + PATH
                await set_webhook(self.api, address, self._settings.webhook_secret, stop)
            await self._introduce(stop, publish=announce)
        except TokenRefused:
            return WRONG_TOKEN
        await stop.wait()
        await self.inbox.close(STOP_SECONDS)
        return FINE

    async def post(self, chat: str, text: str, picture: bytes | None) -> None:
        """Send a digest to the operator's chat or channel (an id or @name): a picture with a caption, or a text.

        Raises:
            telegram.error.TelegramError: Telegram refuses it, or cannot be reached for a while.
        """
        if picture is None:
            await self.api.send("sendMessage", {"chat_id": chat, "text": text, "disable_notification": True})
            return
        photo = InputFile(picture, filename="digest.png", attach=True)
        await self.api.send(
            "sendPhoto", {"chat_id": chat, "photo": photo, "caption": text, "disable_notification": True}
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
            picture = await self.api.download(file, limit=PICTURE_BYTES, seconds=PICTURE_SECONDS)
            return await asyncio.to_thread(read, picture) if picture is not None else None

    async def _introduce(self, stop: asyncio.Event, *, publish: bool = True) -> bool:
        """Learn the bot's name and publish its commands; False when told to stop before."""
        me = await ask_name(self.api, stop)
        if me is None:
            return False
        self._me = me
        if publish:
            # Beside the work: nobody waits for a menu.
            languages = self._services.languages()
            self._describing = asyncio.create_task(describe(self.api, self._services.say, languages))
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
    request = AiohttpRequest(settings.telegram_api_url, connections=CONNECTIONS, seconds=ANSWER_SECONDS)
    await request.initialize()
    channel = Channel(settings, services, request)

    async def drop_words() -> None:
        while True:
            await asyncio.sleep(DROP_WORDS_SECONDS)
            services.recall.drop_old_words()

    dropping = asyncio.create_task(drop_words())
    try:
        yield channel
    finally:
        dropping.cancel()
        await channel.close()
        await request.shutdown()
