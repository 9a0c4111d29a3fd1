"""The try page: talk to the bot without Telegram, in every language side by side, and see why it answers so."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.desk.chat import (
    Bubble,
    Played,
    Step,
    next_number,
    play,
    play_all,
    pressed_step,
    read_steps,
    write_steps,
)
from bot.desk.forms import Form, read_form
from bot.desk.pages import Pages
from bot.desk.why import Explained, explain
from bot.dialogue.conversation import Conversation

EXAMPLES_SHOWN = 3
LONGEST_TYPED = 4096
"""Telegram's longest message; longer text is cut as a phone would not let it be typed."""


@dataclass(frozen=True, slots=True)
class Column:
    """One language's phone."""

    code: str
    name: str
    campaign: str
    """The campaign's name, as the chat's title."""
    direction: str
    bubbles: tuple[Bubble, ...]


def try_routes(pages: Pages) -> list[Route]:
    """The try page and its form."""

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_whole, pages, request, ())

    async def act(request: Request) -> Response:
        form = await read_form(request)
        if form("part"):
            return await run_in_threadpool(_part, pages, request, form)
        steps = _so_far(form)
        new = _new_step(form, next_number(steps))
        return await run_in_threadpool(_whole, pages, request, steps if new is None else (*steps, new))

    return [Route("/", show, methods=["GET"]), Route("/", act, methods=["POST"])]


def _so_far(form: Form) -> tuple[Step, ...]:
    return () if form("restart") else read_steps(form("steps"))


def _new_step(form: Form, number: int) -> Step | None:
    """What the form asks for; None for nothing typed, or a key that no page of ours wrote."""
    if pressed := form("press"):
        return pressed_step(pressed, number)
    # A form sends line breaks as CR LF; Telegram sends LF.
    said = (form("example") or form("say")).replace("\r\n", "\n")[:LONGEST_TYPED]
    return Step(number, "say", said, forwarded=bool(form("forwarded"))) if said.strip() else None


def _whole(pages: Pages, request: Request, steps: tuple[Step, ...]) -> Response:
    """The page with the whole chat, played from its beginning."""
    conversation = pages.services.conversation()
    today = pages.services.clock.today()
    known = conversation.campaign.languages
    columns = [
        Column(
            code,
            language.name,
            conversation.campaign.name.get(code, "Tabayyan"),
            language.direction,
            play_all(conversation, steps, code, today),
        )
        for code, language in known.items()
    ]
    last = [play(conversation, steps[-1], code, today) for code in known] if steps else []
    interface = pages.language(request)
    return pages.page(
        request,
        "try.html",
        columns=columns,
        shown=_shown(last, interface),
        steps=write_steps(steps),
        examples={code: _examples(conversation, code) for code in known},
        has_token=bool(pages.services.settings.telegram_token),
        why=_explained(conversation, steps[-1], last, interface) if steps else None,
    )


def _part(pages: Pages, request: Request, form: Form) -> Response:
    """The new step alone, for a page whose script keeps the chat."""
    conversation = pages.services.conversation()
    today = pages.services.clock.today()
    steps = _so_far(form)
    step = _new_step(form, next_number(steps))
    if step is None:
        return JSONResponse({"steps": write_steps(steps), "columns": []})
    played = [play(conversation, step, code, today) for code in conversation.campaign.languages]
    columns = [
        {
            "code": one.column,
            "put": [
                {"id": bubble.id, "html": pages.text(request, "_bubble.html", bubble=bubble, column=one.column)}
                for bubble in one.put
            ],
            "removed": list(one.removed),
        }
        for one in played
    ]
    interface = pages.language(request)
    explained = _explained(conversation, step, played, interface)
    return JSONResponse(
        {
            "steps": write_steps((*steps, step)),
            "columns": columns,
            "shown": _shown(played, interface),
            "why": pages.text(request, "_why.html", why=explained) if explained is not None else None,
        }
    )


def _shown(played: list[Played], interface: str) -> str:
    """The column that a narrow screen shows: the one that an asker would have got, or where a key was pressed."""
    changed = [one for one in played if one.put or one.removed]
    if len(changed) == 1:
        return changed[0].column
    return next((one.column for one in changed if any(bubble.own for bubble in one.put)), interface)


def _examples(conversation: Conversation, language: str) -> tuple[str, ...]:
    """A few titles to begin with, each from another shelf."""
    shelves: dict[str, str] = {}
    for topic in conversation.campaign.topics.values():
        answer = topic.answers.get(language)
        if answer is not None:
            shelves.setdefault(topic.category, answer.title)
    return tuple(shelves.values())[:EXAMPLES_SHOWN]


def _explained(conversation: Conversation, step: Step, played: list[Played], interface: str) -> Explained | None:
    """The panel of one step; None when nothing was asked of the bot."""
    shown = _shown(played, interface)
    one = next((one for one in played if one.column == shown), None)
    if one is None or one.turn is None:
        return None
    return explain(conversation, step.text if step.act == "say" else None, one.turn, interface)
