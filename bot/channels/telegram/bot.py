"""The Bot API: python-telegram-bot's `Bot` on aiohttp, and the one policy by which calls are repeated.

The stock client slows down as more requests run at once. Every error raised here is free of addresses and bodies,
because the address holds the token.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TelegramError
from telegram.request import BaseRequest, RequestData

from bot.channels.telegram.server_clock import ServerClock
from bot.logs import log
from bot.settings import Settings

CONNECTIONS = 64
ANSWER_SECONDS = 6.0
"""How long Telegram may take to answer a call before its fate counts as unknown."""
CONNECT_SECONDS = 5.0
KEEP_IDLE_SECONDS = 25.0
PATIENCE_SECONDS = 60.0
"""How long one call is tried, Telegram's own requests to wait included."""
WAIT_MARGIN_SECONDS = 0.05
FIRST_BACK_OFF_SECONDS = 0.2
LONGEST_BACK_OFF_SECONDS = 5.0
_OF_A_SENT_MESSAGE = ("message_id", "date", "chat")
_JSON = {"Content-Type": "application/json"}


class NotSent(NetworkError):
    """The request never left: no connection. It can be repeated without harm."""


class FateUnknown(NetworkError):
    """The request left and no readable answer came: it may have been carried out."""


class ServerTrouble(NetworkError):
    """The server answered 5xx, or 429 without saying how long to wait."""


class AiohttpRequest(BaseRequest):
    """Carries Bot API calls over one aiohttp session."""

    def __init__(self, api_url: str, *, connections: int, seconds: float, clock: ServerClock | None = None) -> None:
        """Take the API's root, how many connections at once, how long to wait for an answer, and who hears the time."""
        self._clock = clock or ServerClock()
        self._proxy = _proxy(api_url)
        self._connections = connections
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that a call waits for its answer."""
        return self._seconds

    async def initialize(self) -> None:
        """Open the session, once."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEEP_IDLE_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "tabayyan"},
                proxy=self._proxy,
            )

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one HTTP request; gives status and body.

        Raises:
            NotSent, FateUnknown, ServerTrouble: see there.
        """
        if self._session is None:
            raise NotSent("the session is closed")
        seconds = float(read_timeout) if isinstance(read_timeout, (int, float)) else self._seconds
        body: bytes | aiohttp.FormData | None = None
        headers: Mapping[str, str] | None = None
        if request_data is not None and request_data.contains_files:
            body = _form(request_data)
        elif request_data is not None:
            # One JSON object, not a form with a JSON text in each field. A lone surrogate, which no text from Telegram
            # holds, becomes a question mark rather than an error.
            values = json.dumps(request_data.parameters, ensure_ascii=False, separators=(",", ":"))
            body = values.encode("utf-8", "replace")
            headers = _JSON
        timeout = aiohttp.ClientTimeout(total=seconds, connect=min(CONNECT_SECONDS, seconds))
        try:
            async with self._session.request(method, url, data=body, headers=headers, timeout=timeout) as answer:
                status = answer.status
                date = answer.headers.get("Date")
                payload = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise FateUnknown(type(error).__name__) from None
        if status >= 500 or (status == 429 and b"retry_after" not in payload):
            raise ServerTrouble(str(status))
        self._clock.hear(date)
        return status, payload

    async def fetch(self, url: str, *, limit: int, seconds: float) -> bytes | None:
        """A file of at most so many bytes within so many seconds; None otherwise. Never raises but when cancelled."""
        if self._session is None:
            return None
        try:
            async with self._session.get(url, timeout=aiohttp.ClientTimeout(total=seconds)) as answer:
                if answer.status != 200:
                    return None
                body = b""
                async for chunk in answer.content.iter_chunked(1 << 16):
                    body += chunk
                    if len(body) > limit:
                        return None
                return body
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer's body.

        Raises:
            FateUnknown: it is no answer of the Bot API, so that nobody can say what has become of the request.
        """
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            raise FateUnknown("unreadable answer") from None
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error_code"}:
            raise FateUnknown("unreadable answer")
        sent = answer.get("result")
        if isinstance(sent, dict) and "message_id" in sent:
            # A message of ours, of which only the number is wanted: to read all of it costs more than to send it, and
            # nothing that Telegram adds to it one day can make a reply that has been sent look like a failure.
            answer["result"] = {name: sent[name] for name in _OF_A_SENT_MESSAGE if name in sent}
        return answer


def _form(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, mime) in data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime)
    return form


def _proxy(api_url: str) -> str | None:
    """The proxy that the environment names for this address, as other programs use it; never for loopback."""
    address = urlsplit(api_url)
    host = address.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    return getproxies().get(address.scheme)


# ---- opening


@asynccontextmanager
async def open_bot(settings: Settings, clock: ServerClock) -> AsyncIterator[tuple[Bot, AiohttpRequest]]:
    """The Bot API and its connections, closed at the end. Makes no call: Telegram may be away, or refuse the token."""
    request = AiohttpRequest(settings.telegram_api_url, connections=CONNECTIONS, seconds=ANSWER_SECONDS, clock=clock)
    await request.initialize()
    try:
        yield (
            Bot(
                settings.telegram_token,
                base_url=f"{settings.telegram_api_url}/bot",
                base_file_url=f"{settings.telegram_api_url}/file/bot",
                request=request,
                get_updates_request=request,
            ),
            request,
        )
    finally:
        await request.shutdown()


# ---- repeating

Value = TypeVar("Value")


class Backoff:
    """How long to wait after each error of one call, before it is made again."""

    def __init__(self, first: float = FIRST_BACK_OFF_SECONDS, longest: float = LONGEST_BACK_OFF_SECONDS) -> None:
        """Take the first pause and the longest, seconds; each is twice the one before."""
        self._first = self._next = first
        self._longest = longest

    def pause(self, error: TelegramError) -> float | None:
        """Seconds to wait; None for a refusal, which another try does not change."""
        if isinstance(error, RetryAfter):
            self._next = self._first
            wait = error.retry_after
            return (wait.total_seconds() if isinstance(wait, timedelta) else float(wait)) + WAIT_MARGIN_SECONDS
        if not isinstance(error, (NotSent, FateUnknown, ServerTrouble)):
            return None
        pause, self._next = self._next, min(self._next * 2, self._longest)
        return pause


async def repeated(call: Callable[[], Awaitable[Value]], *, harmless: bool = False) -> Value:
    """Make one call for sure: repeat it after 429, 5xx and failed connections, for PATIENCE_SECONDS at most.

    A call whose fate is unknown is repeated once and counted apart, since somebody may then see a message twice; a
    harmless one (an edit, a deletion) is repeated like the others.

    Raises:
        TelegramError: Telegram refuses it, or the time is over.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    backoff = Backoff()
    doubted = False
    while True:
        try:
            return await call()
        except TelegramError as error:
            pause = backoff.pause(error)
            if isinstance(error, RetryAfter):
                log("rate-limited", logging.WARNING)
            if isinstance(error, FateUnknown) and not harmless:
                if doubted:
                    raise
                doubted = True
                log("send-repeated", logging.WARNING)
            if pause is None or time.monotonic() + pause > end:
                raise
        await asyncio.sleep(pause)
