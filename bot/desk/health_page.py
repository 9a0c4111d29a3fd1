"""The health page: what runs, since when, and what is wrong with it, in words."""

from __future__ import annotations

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.content_tools.reviews import review_state
from bot.desk.machine import resident_bytes
from bot.desk.pages import Pages


def health_routes(pages: Pages) -> list[Route]:
    """The health page and the part of it that refreshes itself."""

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_health, pages, request)

    return [Route("/desk/health", show)]


def _health(pages: Pages, request: Request) -> Response:
    health, content = pages.services.health(), pages.services.content()
    problems = pages.services.problems()
    memory = resident_bytes()
    language = pages.language(request)
    topics = content.campaign.topics if content is not None else {}
    unread, overdue = review_state(topics, pages.services.clock.today())
    values = {
        "health": health,
        "content": content,
        "errors": sum(problem.severity == "error" for problem in problems),
        "warnings": sum(problem.severity == "warning" for problem in problems),
        "memory": memory // 2**20 if memory is not None else None,
        "moment": _moment,
        "day": lambda day: pages.services.conversation().render.day(day, language),
        "troubles": [trouble.words(language) for trouble in health.troubles],
        **_reviews(unread, overdue, language),
    }
    if request.query_params.get("part") == "1":
        return HTMLResponse(pages.text(request, "_health.html", **values))
    return pages.page(request, "health.html", **values)


def _moment(when: datetime) -> str:
    """A moment to the minute, with its time zone."""
    return f"{when:%Y-%m-%d %H:%M} ({when.tzinfo})"


def _reviews(unread: int, overdue: int, language: str) -> dict[str, object]:
    """How far the answers have been read by people, in words."""
    titles = ("Reviews", "المراجعات")
    words = (
        f"Topics that nobody has read yet: {unread}; past their date: {overdue}. See reviews: in topics.yaml",
        f"مواضيع لم يقرأها أحد بعد: {unread}؛ تجاوزت موعدها: {overdue}. انظر reviews:‎ في topics.yaml",
    )
    arabic = language == "ar"
    return {"unread": unread, "overdue": overdue, "review_title": titles[arabic], "review_words": words[arabic]}
