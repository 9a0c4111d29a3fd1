"""The try page over HTTP: both ways of using it, and nothing hostile in it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.desk.chat import STEPS_KEPT, Step, play, play_all, pressed_step, read_steps, write_steps
from tests import desk_kit

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def say(client: TestClient, text: str, steps: str = "[]", **more: str) -> Any:
    return client.post("/?lang=en", data={"say": text, "steps": steps, **more})


def part(client: TestClient, steps: str = "[]", **more: str) -> Any:
    return client.post("/?lang=en", data={"steps": steps, "part": "1", **more}).json()


def html_of(turn: dict[str, Any]) -> list[str]:
    """All markup of a part; its steps are data, which the page keeps in a field's value."""
    return [turn.get("why") or "", *(bubble["html"] for column in turn["columns"] for bubble in column["put"])]


def test_first_view_is_small_and_says_that_no_token_is_set() -> None:
    client = desk_kit.client()
    page = client.get("/?lang=en")
    assert page.status_code == 200
    assert "No Telegram token is set." in page.text
    assert "TABAYYAN_TELEGRAM_TOKEN" in page.text
    assets = re.findall(r'/desk/static/[^"]+', page.text)
    total = (
        len(page.content)
        + sum(len(client.get(one).content) for one in set(assets))
        + len(client.get("/desk/static/x/wall.svg").content)
    )
    assert total < 100_000


def test_a_set_token_is_never_shown() -> None:
    token = "12345678:" + "A" * 35
    client = desk_kit.client(settings=desk_kit.settings(telegram_token=token, mode="page"))
    page = client.get("/?lang=en").text
    assert "No Telegram token is set." not in page
    assert token not in page


@pytest.mark.parametrize(("asked", "expected"), [("ar", 'lang="ar" dir="rtl"'), ("en", 'lang="en" dir="ltr"')])
def test_language_follows_the_address_then_the_browser(asked: str, expected: str) -> None:
    client = desk_kit.client()
    assert expected in client.get(f"/?lang={asked}").text
    assert expected in client.get("/", headers={"accept-language": f"xx,{asked}-IQ;q=0.8"}).text


def test_without_a_script_the_form_carries_the_chat() -> None:
    client = desk_kit.client()
    first = say(client, "how many years in prison").text
    steps = desk_kit.found(r'name="steps" value="([^"]*)"', first).replace("&#34;", '"')
    assert json.loads(steps) == [{"n": 1, "act": "say", "text": "how many years in prison"}]
    assert first.count('class="message bot') == 2
    key = desk_kit.found(r'value="(press\|en\|1\|[^"]+)"', first)
    second = client.post("/?lang=en", data={"press": key, "steps": steps}).text
    assert "edited" in second
    assert second.count('class="message bot') == 2


def test_a_press_edits_its_bubble_in_its_column_only() -> None:
    client = desk_kit.client()
    first = part(client, say="how many years in prison")
    key = desk_kit.found(r'value="(press\|ar\|1\|[^"]+)"', first["columns"][0]["put"][1]["html"])
    second = part(client, first["steps"], press=key)
    ar, en = second["columns"]
    assert [bubble["id"] for bubble in ar["put"]] == ["1-a"]
    assert en["put"] == [] and en["removed"] == []
    assert second["shown"] == "ar"


def test_hide_takes_question_and_answer_away() -> None:
    talk = desk_kit.conversation()
    asked = Step(1, "say", "how many years in prison")
    bubbles = play_all(talk, [asked], "en", desk_kit.TODAY)
    hide = next(key for row in bubbles[1].rows for key in row if key.label == "🗑")
    step = pressed_step(hide.value, 2)
    assert step is not None
    assert play(talk, step, "en", desk_kit.TODAY).removed == ("1-q", "1-a")
    assert play_all(talk, [asked, step], "en", desk_kit.TODAY) == ()
    assert len(play_all(talk, [asked, step], "ar", desk_kit.TODAY)) == 2


def test_narrow_screens_show_the_language_that_an_asker_would_get() -> None:
    client = desk_kit.client()
    assert part(client, say="كم سنه حبس")["shown"] == "ar"
    assert part(client, say="how many years in prison")["shown"] == "en"


def test_why_panel_names_runner_up_repair_phrasing_and_counts() -> None:
    panel = part(desk_kit.client(), say="how many years in prison")["why"]
    for expected in (
        "runner-up",
        "prisson",
        "a phrasing",
        "classifier",
        "topic: law-prison-term",
        "Answered at once",
    ):
        assert expected in panel, expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("big salary for you", "Read as an offer"),
        ("what about the moon", "Said that it does not know"),
        ("hello there", "Command, menu or small talk"),
        ("how many eggs are in a big omelette", "Asked which topic is meant"),
    ],
)
def test_every_outcome_has_its_words(said: str, expected: str) -> None:
    assert expected in part(desk_kit.client(), say=said)["why"]


def test_share_shows_what_another_chat_would_get() -> None:
    client = desk_kit.client()
    first = part(client, say="how many years in prison")
    more = desk_kit.found(r'value="(press\|en\|1\|[^"]+)"[^>]*>More and sources', first["columns"][1]["put"][1]["html"])
    second = part(client, first["steps"], press=more)
    share = desk_kit.found(r'value="(share\|en\|[^"]+)"', second["columns"][1]["put"][0]["html"])
    third = part(client, second["steps"], press=share)
    assert "t.me/TabayyanTestBot" in third["columns"][1]["put"][0]["html"]


def test_a_new_user_starts_from_nothing() -> None:
    client = desk_kit.client()
    page = client.post(
        "/?lang=en", data={"restart": "1", "say": "/start", "steps": write_steps([Step(4, "say", "old text")])}
    )
    assert "old text" not in page.text
    assert page.text.count('class="message bot') == 2


@pytest.mark.parametrize("field", ["say", "press", "steps", "example"])
def test_markup_is_never_passed_on(field: str) -> None:
    client = desk_kit.client()
    given = {"steps": "[]", field: HOSTILE}
    for data in (given, given | {"part": "1"}):
        page = client.post("/?lang=en", data=data)
        assert page.status_code == 200
        shown = [page.text] if "part" not in data else html_of(page.json())
        assert shown and not any("<script>alert" in html or "<img src=x" in html for html in shown)


def test_hostile_steps_are_shown_as_text() -> None:
    steps = json.dumps(
        [{"n": 1, "act": "say", "text": HOSTILE}, {"n": 2, "act": "press", "column": HOSTILE, "on": 1, "text": HOSTILE}]
    )
    page = desk_kit.client().post("/?lang=en", data={"steps": steps})
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text


@pytest.mark.parametrize(
    "steps",
    [
        "",
        "[",
        "{}",
        "null",
        "[null]",
        "[[]]",
        '[{"n": true, "act": "say", "text": "x"}]',
        '[{"n": 1e9, "act": "say", "text": "x"}]',
        "[" * 50_000,
        '[{"n": -1, "act": "say", "text": "x"}]',
        '[{"n": 1, "act": "press", "text": "x"}]',
    ],
)
def test_broken_steps_are_left_out(steps: str) -> None:
    assert read_steps(steps) == ()


def test_only_the_last_steps_are_kept() -> None:
    steps = read_steps(write_steps([Step(number, "say", "x") for number in range(1, 80)]))
    assert len(steps) == STEPS_KEPT
    assert steps[-1].number == 79
