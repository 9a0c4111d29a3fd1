"""The pages in Chromium: Arabic and English, narrow and wide, light and dark, with and without a script.

Screenshots go to test-artefacts/, to be looked at.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
import uvicorn

from bot.content_tools.load.build import read_content
from bot.content_tools.problems import Problem
from bot.desk.asgi import desk_app
from bot.desk.dependencies import Health
from bot.dialogue.offers import OfferChecker
from bot.settings import ROOT
from tests import browser_kit, desk_kit
from tests.test_desk_trends import Windows, release

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    PageOf = Callable[..., Page]

SIZES: dict[str, Any] = {"narrow": {"width": 360, "height": 740}, "wide": {"width": 1360, "height": 900}}
PAGES = {
    "try": "/",
    "topics": "/desk/content",
    "topic": "/desk/content/law-prison-term?ask=1",
    "contacts": "/desk/contacts",
    "sources": "/desk/sources",
    "problems": "/desk/problems",
    "file": "/desk/file?path=content/ar/law-prison-term.yaml&line=3",
    "trends": "/desk/trends?window=9&other=8",
    "health": "/desk/health",
    "login": "/desk/login",
    "missing": "/desk/nope",
}
ASKED = {"ar": "شكد ينحبس اللي يروح يقاتل", "en": "how many years in prison if I fight there"}
LISTED: list[Problem] = [
    Problem("content/ar/law-prison-term.yaml", 3, "key-missing", {"key": "short"}),
    Problem("content/en/law-prison-term.yaml", 1, "key-unknown", {"key": "titel", "nearest": "title"}),
]


def windows(topics: list[str]) -> Windows:
    made = []
    for number in range(1, 10):
        shown = {
            topic: (10 + 7 * place % 90 + 5 * number) if (place + number) % 4 else None
            for place, topic in enumerate(topics)
        }
        first = date(2026, 8, 1) + timedelta(days=7 * number)
        made.append(replace(release(number, shown), first_day=first, total=900, synthetic=True))
    return Windows(*made)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The desk over the real content and a plain classifier, on a port of its own."""
    content = read_content(ROOT / "content").content
    assert content is not None
    talk = desk_kit.conversation(content.campaign)
    if content.offers:
        talk._offers = OfferChecker(content.offers)
    wordings = tmp_path_factory.mktemp("wordings")
    for code in content.campaign.languages:
        source = ROOT / "tests" / "wordings" / code / "law-prison-term.yaml"
        if source.is_file():
            (wordings / code).mkdir()
            shutil.copy(source, wordings / code)
    given = desk_kit.services(
        wordings,
        talk=talk,
        content=lambda: content,
        problems=lambda: tuple(LISTED),
        releases=windows(list(content.campaign.topics)[:12]),
        health=lambda: Health(
            "polling",
            desk_kit.fixed_clock().now(),
            "0.1.0",
            store="sqlite",
            last_release=date(2026, 11, 15),
        ),
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(desk_app(given), log_level="critical", access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browser_kit.chromium() as running:
        yield running


@pytest.fixture
def page_of(browser: Browser, address: str) -> Iterator[PageOf]:
    """Opens pages; afterwards no error may stand in a console and no request may have left this machine."""
    contexts: list[Any] = []
    faults: list[str] = []

    def opened(path: str, language: str = "en", size: str = "wide", scheme: str = "light", **changed: Any) -> Page:
        context = browser.new_context(
            viewport=SIZES[size], color_scheme=cast(Any, scheme), locale=language, reduced_motion="reduce", **changed
        )
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                faults.append(message.text) if message.type == "error" and "404" not in message.text else None
            ),
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: faults.append(request.url) if not request.url.startswith(address) else None)
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def ask(page: Page, text: str) -> None:
    page.fill("#text", text)
    page.keyboard.press("Enter")
    page.wait_for_selector(".phone.shown .message.bot")


def visit(page: Page, address: str, name: str, language: str) -> None:
    """Open another of our pages in the same tab; the try page with a question asked."""
    path = PAGES[name]
    page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
    if name == "try":
        ask(page, ASKED[language])


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_is_pictured(page_of: PageOf, address: str, language: str, size: str, scheme: str) -> None:
    browser_kit.ARTEFACTS.mkdir(exist_ok=True)
    page = page_of("/", language, size, scheme)
    for name in PAGES:
        visit(page, address, name, language)
        width, room, direction = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth, document.documentElement.dir]"
        )
        assert width <= room, f"{name} scrolls sideways"
        assert direction == ("rtl" if language == "ar" else "ltr")
        picture = browser_kit.ARTEFACTS / f"{name}-{language}-{size}-{scheme}.png"
        page.screenshot(path=picture, full_page=name not in ("topics", "sources"))


def barriers(page: Page, script: str) -> Any:
    """What axe-core finds, as (rule, places)."""
    page.evaluate(script)
    return page.evaluate(
        "async () => (await axe.run()).violations.map("
        "v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + n.failureSummary)])"
    )


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_try_page_has_no_barrier_that_axe_finds(page_of: PageOf, address: str, language: str) -> None:
    script = browser_kit.axe_script()
    page = page_of("/", language, "narrow")
    ask(page, ASKED[language])
    assert barriers(page, script) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize(("size", "scheme"), [("wide", "light"), ("narrow", "dark")])
def test_no_page_has_a_barrier_that_axe_finds(
    page_of: PageOf, address: str, language: str, size: str, scheme: str
) -> None:
    script = browser_kit.axe_script()
    page = page_of("/", language, size, scheme)
    for name in PAGES:
        visit(page, address, name, language)
        assert barriers(page, script) == [], name
    page.goto(f"{address}/desk/content?lang={language}")
    page.fill("#q", f"{ASKED[language]} {size}")
    page.keyboard.press("Enter")
    page.wait_for_selector(".why h2")
    assert barriers(page, script) == [], "search"
    page.click(".why details summary")
    page.click(".why form button")
    page.wait_for_selector("pre")
    assert barriers(page, script) == [], "saved wording"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_chat_with_buttons(page_of: PageOf, language: str) -> None:
    page = page_of("/", language, "narrow")
    ask(page, ASKED[language])
    shown = page.locator(".phone.shown")
    assert shown.get_attribute("data-column") == language
    assert shown.locator(".bubble").last.evaluate("element => getComputedStyle(element).direction") == (
        "rtl" if language == "ar" else "ltr"
    )
    before = shown.locator(".message.bot").inner_text()
    shown.locator(".key.press").first.click()
    shown.locator(".edited").wait_for()
    assert shown.locator(".message.bot").count() == 1
    assert shown.locator(".message.bot").inner_text() != before
    shown.locator(".key.press").last.click()
    shown.locator(".message").first.wait_for(state="detached")
    assert shown.locator(".message").count() == 0


def test_both_languages_stand_side_by_side_on_wide_screens(page_of: PageOf) -> None:
    page = page_of("/", "en", "wide")
    ask(page, ASKED["en"])
    arabic, english = (page.locator(f'.phone[data-column="{code}"]').bounding_box() for code in ("ar", "en"))
    assert arabic is not None and english is not None
    assert arabic["y"] == english["y"] and arabic["x"] != english["x"]
    assert page.locator('.phone[data-column="ar"] .message.bot').count() == 1
    assert "Why this answer" in page.locator("#why").inner_text()


def test_the_language_switch_of_a_narrow_screen(page_of: PageOf) -> None:
    page = page_of("/", "en", "narrow")
    ask(page, ASKED["en"])
    page.click('[data-show="ar"]')
    assert page.locator('.phone[data-column="ar"]').is_visible()
    assert not page.locator('.phone[data-column="en"]').is_visible()


def test_forwarding_and_starting_anew(page_of: PageOf) -> None:
    page = page_of("/", "en", "narrow")
    page.check('input[name="forwarded"]')
    ask(page, "work in moscow salary 3000 dollars free visa")
    assert page.locator(".phone.shown .forwarded").count() == 1
    assert not page.is_checked('input[name="forwarded"]')
    page.click('button[form="newcomer"]')
    page.wait_for_load_state()
    assert page.locator(".phone.shown .message.bot").count() == 1
    page.click(".again a")
    page.wait_for_load_state()
    assert page.locator(".message").count() == 0


@pytest.mark.parametrize("language", ["ar", "en"])
def test_without_a_script_the_page_works_as_forms(page_of: PageOf, language: str) -> None:
    page = page_of("/", language, "narrow", java_script_enabled=False)
    page.fill("#text", ASKED[language])
    page.click(".send")
    column = page.locator(f'.phone[data-column="{language}"]')
    assert column.locator(".message.bot").is_visible()
    with page.expect_navigation():  # a form's answer is a page of its own: the old one has nothing edited
        column.locator(".key.press").first.click()
    assert column.locator(".edited").count() == 1
    page.fill("#text", "/start")
    page.click(".send")
    assert column.locator(".message.bot").count() == 2


def test_the_keyboard_alone_reaches_everything(page_of: PageOf) -> None:
    page = page_of("/", "en", "wide")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    assert page.evaluate("document.activeElement.id") == "text"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.type("how many years in prison")
    page.keyboard.press("Enter")
    page.wait_for_selector(".message.bot")


def test_the_keyboard_keeps_its_place_when_a_bubble_changes(page_of: PageOf) -> None:
    page = page_of("/", "en", "narrow")
    ask(page, ASKED["en"])
    page.locator(".phone.shown .key.press").first.focus()
    page.keyboard.press("Enter")
    page.locator(".phone.shown .edited").wait_for()
    assert page.evaluate("document.activeElement.classList.contains('key')")
    page.locator(".phone.shown .key.press").last.focus()
    page.keyboard.press("Enter")
    page.locator(".phone.shown .message").first.wait_for(state="detached")
    assert page.evaluate("document.activeElement.id") == "text"


def test_light_and_dark_can_be_chosen_and_stay_chosen(page_of: PageOf) -> None:
    page = page_of("/", "en", "wide", "light")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.click("#theme")
    dark = page.evaluate(background)
    assert light != dark
    page.reload()
    assert page.evaluate(background) == dark
    assert page.context.cookies() == []


def test_the_problems_page_changes_by_itself(page_of: PageOf) -> None:
    page = page_of("/desk/problems", "en")
    LISTED.append(Problem("content/en/new-file.yaml", 12, "key-missing", {"key": "short"}))
    try:
        page.get_by_text("content/en/new-file.yaml:12").wait_for(timeout=8000)
    finally:
        LISTED.pop()
    page.get_by_text("content/en/new-file.yaml:12").wait_for(state="detached", timeout=8000)


def test_saving_a_tried_question(page_of: PageOf) -> None:
    page = page_of("/", "en", "wide")
    ask(page, "how many years in prison, I wonder")
    page.click("#why details summary")
    page.click("#why form button")
    page.wait_for_load_state()
    assert page.locator(".notice.good").inner_text() == "Saved."


def test_typed_markup_stays_text(page_of: PageOf) -> None:
    page = page_of("/", "en", "wide")
    ask(page, "<img src=x onerror=document.title='broken'><b>bold</b>")
    assert "<img src=x" in page.locator(".message.asker .bubble").first.inner_text()
    assert page.title() != "broken"


def test_pages_print(page_of: PageOf) -> None:
    page = page_of("/desk/trends?window=9", "ar")
    page.emulate_media(media="print")
    assert not page.locator(".top nav").is_visible()
    assert page.locator("table").first.is_visible()
    assert page.pdf().startswith(b"%PDF")
