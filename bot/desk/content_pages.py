"""Content pages: topics and their state, one topic with its preview, contacts, sources, problems, files, search."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.content_tools.checks.check import WORDINGS
from bot.content_tools.edit import EditError
from bot.content_tools.problems import Problem
from bot.content_tools.scaffold import verify_contact
from bot.desk.chat import Bubble, bubble_of
from bot.desk.forms import Form, read_form, writes
from bot.desk.pages import Pages
from bot.desk.topic_state import TopicState, problems_by_topic, topic_state
from bot.desk.why import explain
from bot.desk.wordings import Known, Wording, read_file, read_wording, save
from bot.dialogue.callback_data import Action
from bot.dialogue.campaign import Campaign, Contact, Topic
from bot.dialogue.conversation import Conversation
from bot.dialogue.render import CONTACT_MAX_AGE
from bot.dialogue.reply import Context, Message
from bot.dialogue.telegram_limits import plain, utf16_units

LONGEST_FILE = 1024 * 1024
SHOWN_MATCHES = 10


@dataclass(frozen=True, slots=True)
class ContactState:
    """A contact as staff see it."""

    contact: Contact
    expired: bool
    topics: tuple[str, ...]
    """Topics whose answers name it."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A test wording put to the bot that runs."""

    known: Known
    language: str
    best: str
    """Topic ranked first; empty for none."""
    outcome: str
    right: bool


def content_routes(pages: Pages) -> list[Route]:
    """All content pages."""

    def shown(make: Callable[[Pages, Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            return await run_in_threadpool(make, pages, request)

        return page

    async def search(request: Request) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(_search, pages, request, form)

    async def verify(request: Request, form: Form) -> Response:
        return await run_in_threadpool(_verify, pages, request, form)

    async def keep(request: Request, form: Form) -> Response:
        return await run_in_threadpool(_keep_wording, pages, request, form)

    return [
        Route("/desk", shown(_topics)),
        Route("/desk/content", shown(_topics), methods=["GET"]),
        Route("/desk/content", search, methods=["POST"]),
        Route("/desk/content/{topic}", shown(_topic)),
        Route("/desk/contacts", shown(_contacts), methods=["GET"]),
        Route("/desk/contacts", writes(pages, verify), methods=["POST"]),
        Route("/desk/sources", shown(_sources)),
        Route("/desk/problems", shown(_problems)),
        Route("/desk/file", shown(_file)),
        Route("/desk/wordings", writes(pages, keep), methods=["POST"]),
    ]


def _topics(pages: Pages, request: Request) -> Response:
    conversation = pages.services.conversation()
    campaign, today = conversation.campaign, pages.services.clock.today()
    language = pages.language(request)
    shelves = {shelf.id: shelf.titles.get(language, shelf.id) for shelf in campaign.categories}
    problems = problems_by_topic(pages.services.problems())
    rows = [
        topic_state(
            campaign,
            topic,
            conversation.render.answer(topic, language).title,
            shelves.get(topic.category, topic.category),
            today,
            problems,
        )
        for topic in campaign.topics.values()
    ]
    shelf = request.query_params.get("shelf", "")
    only = request.query_params.get("only", "")
    tests: dict[str, Callable[[TopicState], bool]] = {
        "incomplete": lambda row: not row.complete,
        "unread": lambda row: not row.read,
        "stale": lambda row: row.staleness in ("stale", "soon"),
        "problems": lambda row: row.problems > 0,
    }
    counts = {name: sum(map(test, rows)) for name, test in tests.items()}
    kept = [row for row in rows if (shelf not in shelves or row.topic.category == shelf) and tests.get(only, bool)(row)]
    return pages.page(
        request, "topics.html", rows=kept, total=len(rows), shelves=shelves, shelf=shelf, only=only, counts=counts
    )


def _search(pages: Pages, request: Request, form: Form) -> Response:
    """What the bot's own matcher makes of a question, and titles or ids that hold its words."""
    conversation = pages.services.conversation()
    language, question = pages.language(request), form("q")[:500]
    if not question.strip():
        return _topics(pages, request)
    context = Context(today=pages.services.clock.today(), forced_language=language)
    turn = conversation.respond(Message(question), context, explain=True)
    wanted = question.casefold().strip()
    named = []
    for topic in conversation.campaign.topics.values():
        titles = [answer.title for answer in topic.answers.values()]
        if wanted in topic.id or any(wanted in title.casefold() for title in titles):
            named.append((topic.id, conversation.render.answer(topic, language).title))
    return pages.page(
        request,
        "search.html",
        question=question,
        why=explain(conversation, question, turn, language),
        named=named[:SHOWN_MATCHES],
    )


def _topic(pages: Pages, request: Request) -> Response:
    conversation = pages.services.conversation()
    campaign, today = conversation.campaign, pages.services.clock.today()
    topic = campaign.topics.get(request.path_params["topic"])
    if topic is None:
        raise HTTPException(404)
    language = pages.language(request)
    shelf = next((one.titles.get(language, one.id) for one in campaign.categories if one.id == topic.category), "")
    problems = tuple(one for one in pages.services.problems() if one.path.endswith(f"/{topic.id}.yaml"))
    facts = [campaign.facts[fact] for fact in topic.facts if fact in campaign.facts]
    asked = request.query_params.get("ask") == "1"
    return pages.page(
        request,
        "topic.html",
        state=topic_state(
            campaign,
            topic,
            conversation.render.answer(topic, language).title,
            shelf,
            today,
            problems_by_topic(problems),
        ),
        place=campaign.places.get(topic.place),
        previews=_previews(conversation, topic, today),
        facts=[(fact, [campaign.sources[one] for one in fact.sources if one in campaign.sources]) for fact in facts],
        related=[
            (one, conversation.render.answer(campaign.topics[one], language).title)
            for one in topic.related
            if one in campaign.topics
        ],
        problems=problems,
        files=_files_of(pages, campaign, topic),
        asked=asked,
        tested=_tested(pages, conversation, topic, today) if asked else (),
        titles={one.id: conversation.render.answer(one, language).title for one in campaign.topics.values()},
    )


def _previews(
    conversation: Conversation, topic: Topic, today: date
) -> list[tuple[str, tuple[Bubble, Bubble], tuple[int, int]]]:
    """(language, (short answer, details), (their lengths in UTF-16 units)) for every language that has the topic."""
    found = []
    for code in topic.answers:
        context = Context(today=today, forced_language=code)
        bubbles, units = [], []
        for number, verb in enumerate(("topic", "more"), 1):
            action = Action("more" if verb == "more" else "topic", code, None, (topic.id,))
            reply = conversation.press(conversation.actions.encode(action), context).reply
            bubbles.append(bubble_of(conversation, f"{number}-a", reply, number, code, "bot"))
            units.append(utf16_units(plain("\n\n".join(reply.paragraphs))))
        found.append((code, (bubbles[0], bubbles[1]), (units[0], units[1])))
    return found


def _files_of(pages: Pages, campaign: Campaign, topic: Topic) -> list[str]:
    content, wordings = pages.services.settings.content_dir, pages.services.wordings_folder
    names = [f"{code}/{part}{topic.id}.yaml" for code in campaign.languages for part in ("", "phrasings/")]
    found = [f"{content.name}/{name}" for name in names if (content / name).is_file()]
    if wordings is not None:
        listed = [f"{code}/{topic.id}.yaml" for code in campaign.languages]
        found += [f"{WORDINGS}/{name}" for name in listed if (wordings / name).is_file()]
    return found


def _tested(pages: Pages, conversation: Conversation, topic: Topic, today: date) -> list[Tested]:
    """The topic's own test wordings, put to the bot that runs: what other topics take from it."""
    folder = pages.services.wordings_folder
    if folder is None:
        return []
    tested = []
    for code in conversation.campaign.languages:
        for known in read_file(folder / code / f"{topic.id}.yaml"):
            turn = conversation.respond(Message(known.question), Context(today=today))
            best = turn.ranked[0].topic if turn.ranked else ""
            fair = {topic.id, *known.also}
            right = topic.id not in turn.answered if known.listed == "near_misses" else best in fair
            tested.append(Tested(known, code, best, turn.outcome, right))
    return tested


def _contacts(
    pages: Pages, request: Request, status: int = 200, fault: str = "", said: str = "", form: Form | None = None
) -> Response:
    conversation = pages.services.conversation()
    campaign, today = conversation.campaign, pages.services.clock.today()
    states = []
    for contact in campaign.contacts.values():
        marks = (f"{{contact:{contact.id}}}", f"{{number:{contact.id}}}")
        topics = tuple(
            topic.id
            for topic in campaign.topics.values()
            if any(
                mark in answer.short + answer.details + answer.next_step
                for answer in topic.answers.values()
                for mark in marks
            )
        )
        old = contact.checked is not None and today - contact.checked > CONTACT_MAX_AGE
        states.append(ContactState(contact, old, topics))
    return pages.page(
        request,
        "contacts.html",
        status,
        states=states,
        fault=fault,
        said=said,
        given=form if form is not None else Form({}),
        max_age=CONTACT_MAX_AGE.days,
    )


def _verify(pages: Pages, request: Request, form: Form) -> Response:
    """Do what `tabayyan contact verify` does."""
    fields = {name: " ".join(form(name).split())[:300] for name in ("id", "by", "source", "value")}
    try:
        verify_contact(
            pages.services.settings.content_dir,
            fields["id"],
            by=fields["by"],
            source=fields["source"],
            today=pages.services.clock.today(),
            value=fields["value"] or None,
        ).write()
    except EditError as error:
        return _contacts(pages, request, 400, fault=str(error), form=form)
    except OSError:
        return _contacts(
            pages, request, 500, fault="contacts.yaml cannot be written. Check who may write there.", form=form
        )
    return _contacts(pages, request, said=fields["id"])


def _sources(pages: Pages, request: Request) -> Response:
    campaign = pages.services.conversation().campaign
    uses: dict[str, list[str]] = {}
    for fact in campaign.facts.values():
        for source in fact.sources:
            uses.setdefault(source, []).append(fact.id)
    return pages.page(
        request, "sources.html", sources=[(source, uses.get(source.id, [])) for source in campaign.sources.values()]
    )


def _problems(pages: Pages, request: Request) -> Response:
    problems = pages.services.problems()
    by_file: dict[str, list[Problem]] = {}
    for problem in problems:
        by_file.setdefault(problem.path, []).append(problem)
    values = {
        "by_file": by_file,
        "errors": sum(problem.severity == "error" for problem in problems),
        "warnings": sum(problem.severity == "warning" for problem in problems),
        "health": pages.services.health(),
    }
    if request.query_params.get("part") == "1":
        return HTMLResponse(pages.text(request, "_problems.html", **values))
    return pages.page(request, "problems.html", **values)


def _file(pages: Pages, request: Request) -> Response:
    """A content file with numbered lines: where a problem's link leads."""
    name = request.query_params.get("path", "")
    path = content_file(pages.services.settings.content_dir, pages.services.wordings_folder, name)
    if path is None:
        raise HTTPException(404)
    text = path.read_text(encoding="utf-8", errors="replace")
    by_line: dict[int, list[Problem]] = {}
    for problem in pages.services.problems():
        if problem.path == name:
            by_line.setdefault(problem.line, []).append(problem)
    wanted = request.query_params.get("line", "")
    line = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 0
    return pages.page(request, "file.html", name=name, lines=text.splitlines(), by_line=by_line, line=line)


def content_file(content: Path, wordings: Path | None, name: str) -> Path | None:
    """The file that a problem names, below the content folder or the test wordings; None for any other."""
    for prefix, folder in ((content.name, content), (WORDINGS, wordings)):
        if folder is None or not name.startswith(f"{prefix}/") or "\0" in name or len(name) > 300:
            continue
        root = folder.resolve()
        path = (root / name.removeprefix(f"{prefix}/")).resolve()
        hidden = any(part.startswith(".") for part in name.split("/"))
        if hidden or path.suffix != ".yaml" or not path.is_relative_to(root) or not path.is_file():
            continue
        if path.stat().st_size <= LONGEST_FILE:
            return path
    return None


def _keep_wording(pages: Pages, request: Request, form: Form) -> Response:
    """Save a tried question as a test wording, or show the line to paste."""
    campaign = pages.services.conversation().campaign
    wording = read_wording(campaign, form)
    if wording is None:
        raise HTTPException(400)
    fault, saved = "", False
    if pages.services.wordings_folder is not None:
        try:
            save(pages.services.wordings_folder, wording)
            saved = True
        except EditError as error:
            fault = str(error)
        except OSError:
            fault = f"tests/wordings/{wording.path} cannot be written. Check who may write there."
    return _wording_page(pages, request, wording, saved, fault)


def _wording_page(pages: Pages, request: Request, wording: Wording, saved: bool, fault: str) -> Response:
    return pages.page(request, "wording.html", 200 if not fault else 409, wording=wording, saved=saved, fault=fault)
