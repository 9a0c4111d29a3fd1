"""Signing in and out."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.desk.access import COOKIE, SESSION_SECONDS, TryLimit, same_origin
from bot.desk.forms import Form, read_form, writes
from bot.desk.pages import Pages


def sign_in_routes(pages: Pages) -> list[Route]:
    """The form that asks for the password, and the button that ends a session."""
    limit = TryLimit(shared=pages.services.sign_in_records)
    secure = pages.services.settings.webhook_url.startswith("https")

    async def ask(request: Request) -> Response:
        return pages.page(request, "login.html", fault="", next=local_path(request.query_params.get("next", "")))

    async def enter(request: Request) -> Response:
        if not same_origin(request.headers):
            return pages.page(request, "login.html", 403, fault="origin", next="/")
        form = await read_form(request)
        target = local_path(form("next"))
        address = request.client.host if request.client is not None else ""
        wait = await limit.wait(address)
        if wait:
            response = pages.page(request, "login.html", 429, fault="wait", next=target)
            response.headers["retry-after"] = str(math.ceil(wait))
            return response
        if not await pages.sessions.is_password(form("password")):
            return pages.page(request, "login.html", 403, fault="wrong", next=target)
        await limit.forgive(address)
        response = RedirectResponse(f"{target}?lang={pages.language(request)}", status_code=303)
        # Believing a proxy here can only make the cookie stricter.
        https = secure or "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
        response.set_cookie(
            COOKIE,
            pages.sessions.begin(),
            max_age=SESSION_SECONDS,
            path="/",
            httponly=True,
            samesite="strict",
            secure=https,
        )
        return response

    async def leave(request: Request, _: Form) -> Response:
        await pages.sessions.end(request.state.cookie)
        response = RedirectResponse("/desk/login", status_code=303)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response

    return [
        Route("/desk/login", ask, methods=["GET"]),
        Route("/desk/login", enter, methods=["POST"]),
        Route("/desk/logout", writes(pages, leave), methods=["POST"]),
    ]


def local_path(address: str) -> str:
    """A path of our own to go on to; / for anything that could lead elsewhere or break a header."""
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    clean = plain and all(character.isascii() and (character.isalnum() or character in "/-_.") for character in address)
    return address if clean and len(address) < 200 else "/"
