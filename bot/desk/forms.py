"""Forms of the desk: read within bounds, and acted on only when they come from our own page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from bot.desk.access import same_origin
from bot.desk.pages import Pages

KIND = "application/x-www-form-urlencoded"
FIELDS = 20
PART_BYTES = 192 * 1024


class Form:
    """Text fields of a form; a file or a missing field is the empty text."""

    def __init__(self, fields: dict[str, str]) -> None:
        self._fields = fields

    def __call__(self, name: str) -> str:
        """A field's text."""
        return self._fields.get(name, "")


async def read_form(request: Request) -> Form:
    """The form that a request carries; an empty one where the body is of another kind than our pages send.

    Multipart bodies are not even read: they name the codec of their texts, and Python's punycode takes a second for one
    that is within the limit.

    Raises:
        HTTPException: 400 for a form that holds too much.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != KIND:
        return Form({})
    data = await request.form(max_fields=FIELDS, max_part_size=PART_BYTES)
    return Form({name: value for name, value in data.multi_items() if isinstance(value, str)})


Act = Callable[[Request, Form], Awaitable[Response]]


def writes(pages: Pages, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """Guard a form that changes something: same origin, and the token of a page that we made for this session."""

    async def guarded(request: Request) -> Response:
        form = await read_form(request)
        cookie: str = request.state.cookie
        if not same_origin(request.headers) or not pages.sessions.is_form_token(form("token"), cookie):
            return pages.page(request, "stale_form.html", 403)
        return await act(request, form)

    return guarded
