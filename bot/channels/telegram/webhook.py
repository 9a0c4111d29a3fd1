"""POST /telegram: one update a request, answered over HTTP only after the asker has been answered."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.polling import STUCK_SECONDS, WINDOW
from bot.logs import log

PATH = "/telegram"
SECRET_HEADER = b"x-telegram-bot-api-secret-token"
LARGEST_BODY = 1024 * 1024
"""Bytes; Telegram's own updates are a hundred times smaller."""
LONGEST_NUMBER = 20
"""Digits of a length that are read at all."""


class _Refused(Exception):
    """A request that is no update, with the status that says so."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


def telegram_routes(inbox: Inbox, secret: str) -> Sequence[BaseRoute]:
    """The webhook's route, to be mounted at the root.

    Answers 200 when the update has ended, 403 without the secret, 400 for what is no update, 405 for another method,
    413 for too large a body, 503 while stopping: Telegram repeats whatever is not answered with 200.
    """
    return (Route(PATH, _WebhookApp(inbox, secret)),)


class _WebhookApp:
    """The route as an ASGI application: no request and response objects, which cost more than they give here."""

    def __init__(self, inbox: Inbox, secret: str) -> None:
        self._inbox = inbox
        self._secret = secret.encode()
        self._gate = _Gate()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            update = await self._update(scope, receive)
        except _Refused as refused:
            await _answer(send, refused.status)
            return
        place = await self._gate.enter()
        try:
            # Shielded: when Telegram gives up waiting, the answer under way is finished all the same.
            await asyncio.shield(self._inbox.take(update))
        except asyncio.CancelledError:
            await _answer(send, 503)
        else:
            await _answer(send, 200)
        finally:
            place.leave()

    async def _update(self, scope: Scope, receive: Receive) -> dict[str, Any]:
        """Check a request and read its body.

        Raises:
            _Refused: it is not Telegram's, or no update.
        """
        if scope["method"] != "POST":
            raise _Refused(405)
        given, length = b"", b"0"
        for name, value in scope["headers"]:
            if name == SECRET_HEADER:
                given = value
            elif name == b"content-length":
                length = value
        if not self._secret or not hmac.compare_digest(given, self._secret):
            raise _Refused(403)
        if not length.isdigit() or int(length[:LONGEST_NUMBER]) > LARGEST_BODY:
            raise _Refused(413)
        try:
            update = json.loads(await _body(receive))
        except (ValueError, RecursionError):
            update = None
        if not isinstance(update, dict):
            log("update-malformed", logging.WARNING)
            raise _Refused(400)
        return update


async def _body(receive: Receive) -> bytes:
    """The request's body.

    Raises:
        _Refused: it is over the limit, whatever the header says, or the sender has gone.
    """
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400)
        chunk: bytes = message.get("body", b"")
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _Refused(413)
        if not message.get("more_body", False):
            return body


async def _answer(send: Send, status: int) -> None:
    """An empty response."""
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


class _Place:
    """One update's place inside the gate, given up once."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave: Callable[[], None] | None = leave
        # One that is stuck (a chat that Telegram makes wait) must not keep the others out.
        self._timer = asyncio.get_running_loop().call_later(STUCK_SECONDS, self.leave)

    def leave(self) -> None:
        """Let the next one in."""
        if self._leave is not None:
            self._timer.cancel()
            self._leave()
            self._leave = None


class _Gate:
    """Bounds how many updates are answered but not yet acknowledged, should the process die."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(WINDOW)

    async def enter(self) -> _Place:
        """Wait for a place."""
        await self._free.acquire()
        return _Place(self._free.release)
