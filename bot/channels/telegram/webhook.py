"""POST /telegram: one update a request, answered over HTTP only after the asker has been answered."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.polling import STUCK_SECONDS, WINDOW
from bot.events import log

PATH = "/telegram"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (a header's name)
LARGEST_BODY = 1024 * 1024
"""Bytes; Telegram's own updates are a hundred times smaller."""


class TooLarge(Exception):
    """A body over the limit."""


def telegram_routes(inbox: Inbox, secret: str) -> Sequence[BaseRoute]:
    """The webhook's route, to be mounted at the root.

    Answers 200 when the update has ended, 403 without the secret, 400 for what is no update, 413 for too large a body,
    503 while stopping: Telegram repeats whatever is not answered with 200.
    """
    expected = secret.encode()

    gate = _Gate()

    async def receive(request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        if not expected or not hmac.compare_digest(given, expected):
            return Response(status_code=403)
        try:
            update = json.loads(await _body(request))
        except TooLarge:
            return Response(status_code=413)
        except (ValueError, RecursionError):
            log("update-malformed", logging.WARNING)
            return Response(status_code=400)
        except ClientDisconnect:
            return Response(status_code=400)
        if not isinstance(update, dict):
            log("update-malformed", logging.WARNING)
            return Response(status_code=400)
        place = await gate.enter()
        try:
            # Shielded: when Telegram gives up waiting, the answer under way is finished all the same.
            await asyncio.shield(inbox.take(update))
        except asyncio.CancelledError:
            return _Leaving(place, status_code=503)
        return _Leaving(place, status_code=200)

    return (Route(PATH, receive, methods=["POST"]),)


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


class _Leaving(Response):
    """An empty response that gives up its place once it has been written."""

    def __init__(self, place: _Place, status_code: int) -> None:
        super().__init__(status_code=status_code)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._place.leave()


async def _body(request: Request) -> bytes:
    """The request's body.

    Raises:
        TooLarge: over the limit, by its own word or in fact.
    """
    told = request.headers.get("content-length", "0")
    if not (told.isascii() and told.isdigit()) or int(told) > LARGEST_BODY:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)
