"""The desk's ASGI application: pages for staff, and what a supervisor reads of the machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from bot.desk.access import Sessions, access_mode
from bot.desk.content_pages import content_routes
from bot.desk.dependencies import DeskServices
from bot.desk.guard import Guard
from bot.desk.health_page import health_routes
from bot.desk.machine import machine_routes
from bot.desk.pages import Pages
from bot.desk.sign_in import local_path, sign_in_routes
from bot.desk.trends_page import trends_routes
from bot.desk.try_page import try_routes
from bot.settings import Settings, SettingsError

_A_YEAR = "public, max-age=31536000, immutable"


def check_desk_settings(settings: Settings) -> None:
    """Refuse to start where the pages are all there is, and would be open to others.

    Beside Telegram the bot still starts, and its pages stay closed until a password is set.

    Raises:
        SettingsError: with how to mend it.
    """
    if settings.effective_mode == "page" and access_mode(settings) == "closed":
        raise SettingsError(
            "The pages would be open to everybody who reaches this machine. Set TABAYYAN_DESK_PASSWORD, "
            "or leave TABAYYAN_HOST at 127.0.0.1 and TABAYYAN_WEBHOOK_URL empty."
        )


def desk_app(services: DeskServices) -> Starlette:
    """Everything but /telegram, to be mounted at /.

    Raises:
        SettingsError: the pages would be open to others without a password.
    """
    check_desk_settings(services.settings)
    access = access_mode(services.settings)
    sessions = Sessions(services.settings.desk_password, services.session_key, shared=services.sign_in_records)
    pages = Pages(services, access, sessions)

    def refused(scope: Scope) -> Response:
        return pages.page(Request(scope), "refused.html", 403, closed=access == "closed")

    routes = [
        Route("/desk/static/{tag}/{name}", _static(pages)),
        *machine_routes(services),
        *sign_in_routes(pages),
        *try_routes(pages),
        *content_routes(pages),
        *trends_routes(pages),
        *health_routes(pages),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, access=access, sessions=sessions, refused=refused),
            Middleware(GZipMiddleware, minimum_size=2048, compresslevel=5),
        ],
        exception_handlers={404: _not_found(pages)},
    )
    # Starlette's own way to a path without its last slash leads to whatever host the request names.
    app.router.redirect_slashes = False
    return app


def _static(pages: Pages) -> Callable[[Request], Awaitable[Response]]:
    async def static(request: Request) -> Response:
        asset = pages.assets.get(request.path_params["name"])
        if asset is None:
            return PlainTextResponse("Not found.\n", status_code=404)
        # The style sheet names its pictures without their tags: those are asked for again.
        kept = _A_YEAR if asset.tag == request.path_params["tag"] else "no-cache"
        return Response(asset.body, media_type=asset.kind, headers={"cache-control": kept})

    return static


def _not_found(pages: Pages) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def not_found(request: Request, _: Exception) -> Response:
        path: str = request.scope["path"]
        if request.method == "GET" and path.endswith("/") and (there := local_path(path.rstrip("/"))) != "/":
            return RedirectResponse(f"{there}?lang={pages.language(request)}", status_code=307)
        return pages.page(request, "not_found.html", 404)

    return not_found
