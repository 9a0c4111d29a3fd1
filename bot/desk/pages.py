"""Templates, static files and what every page is given."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.desk.access import AccessMode, Sessions
from bot.desk.dependencies import DeskServices
from bot.desk.markup import safe_address
from bot.dialogue.conversation import Conversation
from bot.dialogue.render import isolate

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file, read once."""

    body: bytes
    kind: str
    tag: str


class Pages:
    """Renders templates in the reader's language."""

    def __init__(self, services: DeskServices, access: AccessMode, sessions: Sessions) -> None:
        self.services = services
        self.access = access
        self.sessions = sessions
        self.assets = _read_assets()
        self._environment = _environment()

    def language(self, request: Request) -> str:
        """The interface language: asked for in the address, else the browser's, else the campaign's first."""
        known = self.services.conversation().campaign.languages
        asked = request.query_params.get("lang", "")
        if asked in known:
            return asked
        for part in request.headers.get("accept-language", "")[:200].split(","):
            code = part.partition(";")[0].strip().casefold().partition("-")[0]
            if code in known:
                return code
        return next(iter(known))

    def page(self, request: Request, template: str, status: int = 200, /, **values: Any) -> Response:
        """A whole page."""
        return HTMLResponse(self.text(request, template, **values), status_code=status)

    def text(self, request: Request, template: str, /, **values: Any) -> str:
        """A template filled in the reader's language."""
        conversation = self.services.conversation()
        language = self.language(request)
        return self._environment.get_template(template).render(
            **self._common(request, conversation, language), **values
        )

    def _common(self, request: Request, conversation: Conversation, language: str) -> Mapping[str, Any]:
        say = self.services.say
        languages = conversation.campaign.languages

        # Numbers, dates and addresses keep their order inside sentences written from the right.
        def translated(sentence: str, /, **values: str) -> str:
            return isolated(say(language, sentence, **values))

        def plural(one: str, many: str, count: int, /, **values: str) -> str:
            return isolated(say.plural(language, one, many, count, **values))

        def isolated(text: object) -> str:
            return isolate(str(text), right_to_left=languages[language].direction == "rtl")

        def link(address: str, /, **query: str | int) -> str:
            kept = {name: value for name, value in query.items() if value != ""}
            return f"{address}?{urlencode({'lang': language, **kept})}"

        return {
            "_": translated,
            "ngettext": plural,
            "link": link,
            "asset": lambda name: f"/desk/static/{self.assets[name].tag}/{name}",
            "lang": language,
            "direction": languages[language].direction,
            "languages": languages,
            "campaign_name": conversation.campaign.name.get(language, "Tabayyan"),
            "path": request.url.path,
            "access": self.access,
            "inside": request.state.inside,
            "form_token": self.sessions.form_token(request.state.cookie),
            "safe_address": safe_address,
            "ltr": isolated,
        }


@cache
def _environment() -> Environment:
    """The templates, compiled once: they hold nothing of a bot or a reader."""
    return Environment(
        loader=PackageLoader("bot.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _read_assets() -> Mapping[str, Asset]:
    assets = {}
    for file in files("bot.desk").joinpath("static").iterdir():
        kind = _TYPES.get(file.name[file.name.rfind(".") :])
        if kind is not None:
            body = file.read_bytes()
            assets[file.name] = Asset(body, kind, hashlib.sha256(body).hexdigest()[:12])
    return assets
