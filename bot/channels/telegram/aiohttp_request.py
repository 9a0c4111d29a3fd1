"""python-telegram-bot's request interface on aiohttp: fast under load, and exact about a request's fate.

The stock client slows down as more requests run at once. Every error raised here is free of addresses and bodies,
because the address holds the token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram import InputFile
from telegram.error import NetworkError
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter

CONNECT_SECONDS = 5.0
KEEP_IDLE_SECONDS = 25.0
_JSON = {"Content-Type": "application/json"}


class NotSent(NetworkError):
    """The request never left: no connection. It can be repeated without harm."""


class FateUnknown(NetworkError):
    """The request left and no readable answer came: it may have been carried out."""


class ServerTrouble(NetworkError):
    """The server answered 5xx, or 429 without saying how long to wait."""


def parameters(values: Mapping[str, Any]) -> RequestData:
    """The parameters of one call: plain JSON values, and files that are to be attached."""
    return RequestData(
        [
            RequestParameter(name, f"attach://{value.attach_name}", [value])
            if isinstance(value, InputFile)
            else RequestParameter(name, value, None)
            for name, value in values.items()
        ]
    )


class AiohttpRequest(BaseRequest):
    """Carries Bot API calls over one aiohttp session."""

    def __init__(self, api_url: str, *, connections: int, seconds: float) -> None:
        """Take the API's root, the number of connections at once, and how long to wait for an answer."""
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
                payload = await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(type(error).__name__) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise FateUnknown(type(error).__name__) from None
        if status >= 500 or (status == 429 and b"retry_after" not in payload):
            raise ServerTrouble(str(status))
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
            FateUnknown: it is no JSON object, so that nobody can say what has become of the request.
        """
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            raise FateUnknown("unreadable answer") from None
        if not isinstance(answer, dict):
            raise FateUnknown("unreadable answer")
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
