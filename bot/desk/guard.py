"""What stands before every page: body limit, security headers, and who is let in."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.desk.access import COOKIE, AccessMode, Sessions, from_this_machine
from bot.logs import log

LARGEST_BODY = 256 * 1024
"""Bytes; the try page's steps are the largest thing that a page sends."""

CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Other sites learn nothing; with no-referrer browsers would send our own forms with "Origin: null".
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
MACHINE_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Open to whoever reaches the port: a supervisor has no password, and nothing of an asker stands there."""
_LOGIN = "/desk/login"


class _TooLarge(Exception):
    """The body went over the limit while it was read."""


class Guard:
    """ASGI middleware around all pages."""

    def __init__(
        self, app: ASGIApp, access: AccessMode, sessions: Sessions, refused: Callable[[Scope], Response]
    ) -> None:
        """`refused` words the page for requests that may not come in."""
        self._app = app
        self._access = access
        self._sessions = sessions
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["cookie"], state["inside"] = session_cookie(headers), self._access == "open"
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _put_headers(message)
            await send(message)

        response = await self._stopped(scope, headers)
        if response is not None:
            await response(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, _bounded(headers, receive), send_guarded)
        except _TooLarge:
            if not started:
                await PlainTextResponse("Too large.\n", status_code=413)(scope, receive, send_guarded)
        except Exception as error:
            # Starlette would log the exception with its text, which may hold what a tester typed.
            log("internal-error", logging.ERROR, kind=type(error).__name__, place="desk")
            if not started:
                await PlainTextResponse("Something went wrong.\n", status_code=500)(scope, receive, send_guarded)

    async def _stopped(self, scope: Scope, headers: Headers) -> Response | None:
        path: str = scope["path"]
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 12) or int(length) > LARGEST_BODY:
            return PlainTextResponse("Too large.\n", status_code=413, headers={"connection": "close"})
        if path in MACHINE_PATHS:
            return None
        if self._access == "open":
            client = scope.get("client")
            return None if from_this_machine(headers, client[0] if client else None) else self._refused(scope)
        if self._access == "closed":
            return self._refused(scope)
        if path.startswith("/desk/static/"):
            return None
        scope["state"]["inside"] = await self._sessions.is_valid(scope["state"]["cookie"])
        if scope["state"]["inside"] or path == _LOGIN:
            return None
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Sign in first.\n", status_code=403)
        return RedirectResponse(f"{_LOGIN}?next={quote(path)}", status_code=303)


def session_cookie(headers: Headers) -> str:
    """The session's cookie as the browser sent it; empty for none or for a header that cannot be read."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


def _put_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    # Nothing that a tester typed, and no staff page, is to lie in a browser's or a proxy's cache.
    headers.setdefault("cache-control", "no-store")


def _bounded(headers: Headers, receive: Receive) -> Callable[[], Awaitable[Message]]:
    read = 0

    async def receive_bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            raise _TooLarge
        return message

    return receive_bounded
