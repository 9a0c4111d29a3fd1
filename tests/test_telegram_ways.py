"""Telegram's own ways: forums, migrations, edits that change nothing, numbers that begin anew, clocks that differ."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.chat_state import ANSWER_SECONDS
from bot.channels.telegram.server_clock import ServerClock
from tests.simulator.client import Telegram, buttons, key, until
from tests.simulator.fixtures import MODES, Bot, pair, running, telegram, user

__all__ = ["pair", "telegram", "user"]

QUESTION = "what is the prison term?"
THREAD = 77


@pytest.fixture
def group(user: int) -> int:
    return -1_000_000 - user


def made(telegram: Telegram, method: str, chat: int) -> list[dict[str, Any]]:
    """The values of the calls of a method about a chat."""
    return [call["values"] for call in telegram("calls", method=method) if call["values"].get("chat_id") == chat]


@pytest.fixture
def polled(tmp_path: Path) -> Iterator[tuple[Telegram, Bot]]:
    with running("polling", tmp_path) as (telegram, bot):
        bot.start()
        telegram.ask(1, "hello")
        yield telegram, bot


# ---- numbers, webhooks, refusals


def test_numbers_that_begin_anew_lose_nobody_and_make_no_busy_circle(polled: tuple[Telegram, Bot]) -> None:
    telegram, bot = polled
    telegram("number", next=1001)
    telegram.ask(2, QUESTION)
    telegram.idle()
    before = telegram("stats")["calls"]["getUpdates"]
    time.sleep(1.5)
    assert telegram("stats")["calls"]["getUpdates"] - before <= 3
    telegram.ask(3, QUESTION)
    telegram("number", next=900_000_000)
    telegram.ask(4, QUESTION)
    telegram.idle()
    assert [len(telegram.said(chat)) for chat in (2, 3, 4)] == [1, 1, 1]
    assert "update-repeated" not in bot.said


def test_a_webhook_that_somebody_sets_while_the_bot_polls_is_taken_away(polled: tuple[Telegram, Bot]) -> None:
    telegram, bot = polled
    telegram("hook", url="https://elsewhere.example.org/telegram")
    telegram.ask(2, QUESTION)
    assert "webhook-elsewhere" in bot.said
    assert "second-poller" not in bot.said
    assert telegram("stats")["webhook"]["url"] == ""


@pytest.mark.parametrize(
    "setting", [{"TABAYYAN_WEBHOOK_SECRET": "bad secret!"}, {"TABAYYAN_WEBHOOK_URL": "http://bot.example.org"}]
)
def test_a_webhook_that_telegram_refuses_ends_in_words(tmp_path: Path, setting: dict[str, str]) -> None:
    with running("webhook", tmp_path) as (telegram, bot):
        process = bot.start(setting)
        # Whoever reads settings may refuse them before Telegram does.
        assert process.wait(10) in (1, 2)
        assert "webhook-refused" in bot.said or "TABAYYAN_WEBHOOK" in bot.said
        assert telegram("stats")["calls"].get("setWebhook", 0) <= 1
        assert "bad secret" not in bot.said


def test_a_webhook_refused_because_of_the_network_is_tried_again(tmp_path: Path) -> None:
    with running("webhook", tmp_path) as (telegram, bot):
        passing = "Bad Request: bad webhook: Failed to resolve host: Temporary failure in name resolution"
        telegram("fault", method="setWebhook", kind="400", description=passing)
        bot.start()
        telegram.ask(1, QUESTION, seconds=30)


# ---- groups that become supergroups


def test_an_answer_reaches_a_group_that_has_moved(telegram: Telegram, user: int, group: int) -> None:
    telegram("say", user=user, chat=group, text=f"@sim_faq_bot {QUESTION}")
    answer = telegram.next(group, 0)
    new = telegram("migrate", chat=group)
    telegram("press", user=user, chat=group, message_id=answer["message_id"], label=key(answer, "ts"))
    assert "Choose a shelf" in telegram.next(new, 0)["text"]
    telegram.idle()
    assert len(telegram.said(new)) == 1


def test_an_edited_question_of_a_group_that_has_moved_is_answered_there(
    telegram: Telegram, user: int, group: int
) -> None:
    said = telegram("say", user=user, chat=group, text=f"@sim_faq_bot {QUESTION}")
    telegram.next(group, 0)
    new = telegram("migrate", chat=group)
    telegram("edit", user=user, chat=group, message_id=said["message_id"], text="@sim_faq_bot the amnesty")
    assert "amnesty" in telegram.next(new, 0)["text"]
    assert "reply_parameters" not in made(telegram, "sendMessage", new)[-1]


# ---- topics


def test_everything_that_is_said_in_a_topic_stays_there(telegram: Telegram, user: int, group: int) -> None:
    for number, words in enumerate((QUESTION, "explode please", "/help", "the story")):
        telegram("say", user=user, chat=group, text=f"@sim_faq_bot {words}", thread=THREAD)
        telegram.next(group, number)
    telegram("fault", method="sendMessage", kind="400", description="Bad Request: can't parse entities", chat_id=group)
    telegram("say", user=user, chat=group, text="@sim_faq_bot the amnesty", thread=THREAD)
    simple = telegram.next(group, 4)
    assert simple["reply_to_message"]["text"] == "@sim_faq_bot the amnesty"
    assert "Ask the bot" in buttons(simple)
    said = telegram.said(group)
    assert "Something went wrong" in said[1]["text"]
    assert [one["message_thread_id"] for one in said] == [THREAD] * 5
    assert {values["message_thread_id"] for values in made(telegram, "sendMessage", group)} == {THREAD}


def test_a_flood_in_a_topic_is_told_there(telegram: Telegram, user: int, group: int) -> None:
    for number in range(65):
        telegram("say", user=user, chat=group, text=f"/help@sim_faq_bot {number}", thread=THREAD)
    telegram.idle(30)
    said = telegram.said(group)
    assert any("That was a lot at once" in one["text"] for one in said)
    assert {one.get("message_thread_id") for one in said} == {THREAD}


def test_a_topic_that_has_gone_costs_no_answer(telegram: Telegram, user: int, group: int) -> None:
    telegram("close-topic", chat=group, thread=THREAD)
    telegram("say", user=user, chat=group, text=f"@sim_faq_bot {QUESTION}", thread=THREAD)
    assert "prison term" in telegram.next(group, 0)["text"]


def test_a_private_chat_can_have_topics_and_its_questions_are_not_joined(telegram: Telegram, user: int) -> None:
    telegram("say", user=user, text="tell me", thread=1)
    telegram("say", user=user, text="the story", thread=2)
    telegram.idle()
    said = telegram.said(user)
    assert [one["message_thread_id"] for one in said] == [1, 2]
    telegram.press(user, said[1], "More and sources")
    assert {one["message_thread_id"] for one in telegram.said(user)[1:]} == {2}


# ---- comments under a channel's posts

COMMENT = {"message_thread_id": 9}
CHANNEL_BOT = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}


def test_a_comment_is_answered_and_its_thread_is_no_topic(telegram: Telegram, user: int, group: int) -> None:
    telegram("say", user=user, chat=group, text=f"@sim_faq_bot {QUESTION}", content=COMMENT)
    assert "prison term" in telegram.next(group, 0)["text"]
    assert "message_thread_id" not in made(telegram, "sendMessage", group)[-1]


@pytest.mark.parametrize("text", [QUESTION, f"@sim_faq_bot {QUESTION}"])
def test_a_channel_that_comments_is_answered_when_it_names_the_bot(
    telegram: Telegram, user: int, group: int, text: str
) -> None:
    # A private channel has no username, and its members' comments may come in its name.
    content = {**COMMENT, "from": CHANNEL_BOT, "sender_chat": {"id": -1001, "type": "channel", "title": "Private"}}
    telegram("say", user=user, chat=group, text=text, content=content)
    telegram.idle()
    assert len(telegram.said(group)) == ("@" in text)


def test_naming_the_bot_under_a_channels_post_checks_the_post(telegram: Telegram, user: int, group: int) -> None:
    channel = {"id": -1001, "type": "channel", "title": "Private"}
    service = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
    content = {"is_automatic_forward": True, "sender_chat": channel, "from": service}
    post = telegram("say", user=777000, chat=group, text="salary 3000 dollars", content=content)
    telegram("say", user=user, chat=group, text="@sim_faq_bot", content=COMMENT, reply_to=post["message_id"])
    assert "Warning signs" in telegram.next(group, 0)["text"]


def test_a_channels_own_post_is_left_alone(telegram: Telegram, user: int, group: int) -> None:
    channel = {"id": -1001, "type": "channel", "title": "Private"}
    origin = {"type": "channel", "date": 1, "chat": channel, "message_id": 5}
    content = {"is_automatic_forward": True, "sender_chat": channel, "forward_origin": origin}
    telegram("say", user=user, chat=group, text=f"@sim_faq_bot {QUESTION}", content=content)
    telegram.idle()
    assert not telegram.said(group)


# ---- edits


def test_a_button_pressed_twice_edits_once(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, QUESTION)
    for _ in range(3):
        telegram("press", user=user, message_id=message["message_id"], data="1:ts:en::0", force=True)
    telegram.idle()
    assert "Choose a shelf" in telegram.said(user)[0]["text"]
    assert len(made(telegram, "editMessageText", user)) == 1


def test_a_button_of_an_answer_that_is_not_remembered_is_compared_with_what_it_shows(
    telegram: Telegram, user: int
) -> None:
    message = telegram.ask(user, "/help")
    telegram.press(user, message, key(message, "ts"))
    telegram.ask(user, "/forget")
    before = len(made(telegram, "editMessageText", user))
    telegram("press", user=user, message_id=message["message_id"], data="1:ts:en::0", force=True)
    telegram.idle()
    edits = telegram("calls", method="editMessageText")
    assert not [call for call in edits[before:] if "not modified" in call.get("error", "")]


def test_there_and_back_shows_the_first_again_however_fast(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, QUESTION)
    topics = telegram.press(user, message, key(message, "ts"))
    assert topics is not None
    for data in ("1:s:en::", "1:ts:en::0"):  # another screen, and this one again, before either is shown
        telegram("press", user=user, message_id=message["message_id"], data=data, force=True)
    telegram.idle()
    assert telegram.said(user)[0]["text"] == topics["text"]


def test_the_rest_of_a_question_that_changes_nothing_edits_nothing(telegram: Telegram, user: int) -> None:
    telegram.ask(user, "salary 3000 dollars")
    telegram("say", user=user, text="salary 3000 dollars")
    telegram.idle()
    assert not made(telegram, "editMessageText", user)


@pytest.mark.parametrize("where", ["private", "group"])
def test_an_edit_that_changes_nothing_does_nothing_and_another_edits_the_answer(
    telegram: Telegram, user: int, group: int, where: str
) -> None:
    chat = user if where == "private" else group
    said = telegram("say", user=user, chat=chat, text=f"@sim_faq_bot {QUESTION}")
    telegram.next(chat, 0)
    for _ in range(3):  # a reaction may come as an edit
        telegram("edit", user=user, chat=chat, message_id=said["message_id"], text=f"@sim_faq_bot {QUESTION}")
    telegram.idle()
    assert not made(telegram, "editMessageText", chat)
    telegram("edit", user=user, chat=chat, message_id=said["message_id"], text="@sim_faq_bot the amnesty")
    assert until(lambda: "amnesty" in telegram.said(chat)[0]["text"], 5)
    shown = telegram.said(chat)[0]
    telegram("press", user=user, chat=chat, message_id=shown["message_id"], label=key(shown, "ts"))
    telegram.idle()
    telegram("edit", user=user, chat=chat, message_id=said["message_id"], text="@sim_faq_bot the amnesty!")
    assert until(lambda: "amnesty" in telegram.said(chat)[0]["text"], 5), "a press in between shows something else"
    assert len(telegram.said(chat)) == 1


def test_an_edit_of_long_ago_is_left_alone_unless_somebody_cries_for_help(telegram: Telegram, user: int) -> None:
    said = telegram("say", user=user, text=QUESTION)
    telegram.next(user, 0)
    telegram.ask(user, "/forget")
    telegram("age", chat=user, message_id=said["message_id"], seconds=ANSWER_SECONDS + 60)
    telegram("edit", user=user, message_id=said["message_id"], text="the amnesty")
    telegram.idle()
    assert len(telegram.said(user)) == 2
    telegram("edit", user=user, message_id=said["message_id"], text="they locked me")
    assert telegram.next(user, 2)["text"].startswith("URGENT")


# ---- its own words


def own(text: str) -> dict[str, Any]:
    """A message of the bot, forwarded."""
    sender = {"id": 123456, "is_bot": True, "first_name": "Sim", "username": "sim_faq_bot"}
    return {"text": text, "content": {"forward_origin": {"type": "user", "date": 1, "sender_user": sender}}}


@pytest.mark.parametrize("text", ["URGENT they locked me", "Warning signs: salary 3000", "/start", "the prison term"])
def test_its_own_words_brought_back_are_no_question_and_no_offer(telegram: Telegram, user: int, text: str) -> None:
    told = telegram.ask(user, **own(text))
    assert "@sim_faq_bot" in told["text"]
    assert "real bot" in told["text"]


def test_its_own_words_are_left_alone_in_a_group(telegram: Telegram, user: int, group: int) -> None:
    telegram("say", user=user, chat=group, **own("@sim_faq_bot salary 3000"))
    telegram.idle()
    assert not telegram.said(group)


# ---- deep links

PAYLOADS = [
    "", "poster", "t_", "t_ffffff", "t_ffffff_poster", "-", "_" * 64, "a" * 65, "a" * 4000, "١٢٣", "عربي", "%d%s%n",
    "{handle}", "<b>x</b>", "&amp;", "../../etc", "'; drop", "\u202e\u2066", "t_ffffff poster\nlaw", "\t", "\n", "😀" * 20,
]  # fmt: skip


@pytest.mark.parametrize("blank", [" ", "\n", "\t", "  "])
@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_a_deep_link_with_anything_in_it_opens_something(
    telegram: Telegram, user: int, payload: str, blank: str
) -> None:
    told = telegram.ask(user, f"/start{blank}{payload}")
    assert "Something went wrong" not in told["text"]
    assert "🆘 Urgent help" in buttons(told)


@pytest.mark.parametrize("text", ["/start@sim_faq_bot", "/start@sim_faq_bot true", "/startgroup", "/startapp x"])
def test_a_deep_link_into_a_group(telegram: Telegram, user: int, group: int, text: str) -> None:
    telegram("say", user=user, chat=group, text=text)
    telegram.idle()
    assert len(telegram.said(group)) == ("@" in text)


# ---- waiting signs


@pytest.mark.waits
def test_a_press_is_answered_soon_although_its_chat_must_wait(polled: tuple[Telegram, Bot]) -> None:
    # By webhook Telegram itself delivers a chat's updates one after another.
    telegram, user = polled[0], 2
    message = telegram.ask(user, QUESTION)
    telegram("fault", method="editMessageText", kind="429", seconds=4, chat_id=user)
    telegram("press", user=user, message_id=message["message_id"], label=key(message, "m"))
    query = telegram("press", user=user, message_id=message["message_id"], data="1:ts:en::0", force=True)
    answered = until(lambda: telegram("callback", id=query["callback_query_id"]), 3)
    assert answered
    assert answered["seconds"] < 2.5
    telegram.idle()
    assert "Choose a shelf" in telegram.said(user)[-1]["text"]
    calls = [call["values"]["callback_query_id"] for call in telegram("calls", method="answerCallbackQuery")]
    assert calls.count(query["callback_query_id"]) == 1


# ---- time


@pytest.mark.parametrize("ahead", [3 * 3600, -3 * 3600, 86_400, -86_400])
@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_clock_of_ours_silences_nobody(tmp_path: Path, mode: str, ahead: int) -> None:
    with running(mode, tmp_path) as (telegram, bot):
        telegram("set", ahead=ahead)
        bot.start()
        told = telegram.ask(1, "they locked me", seconds=20)
        assert told["text"].startswith("URGENT")
        told = telegram.ask(2, QUESTION)
        assert "prison term" in told["text"]
        assert not told["_silent"]
        assert "clock-wrong" in bot.said
        # What is really old is so by Telegram's clock.
        telegram("say", user=3, text=QUESTION, date=int(time.time()) + ahead - 100 * 60)
        assert "I am back" in telegram.next(3, 0)["text"]


def test_an_old_cry_for_help_gets_the_neutral_line_with_the_neutral_button(telegram: Telegram, user: int) -> None:
    old = int(time.time()) - 100 * 60
    telegram("say", user=user, text=QUESTION, date=old - 300)
    line = telegram.next(user, 0)
    assert line["text"] == "I am back. Ask me again when it suits you."
    assert not buttons(line)
    for words in ("they locked me", "/urgent", QUESTION):
        telegram("say", user=user, text=words, date=old)
    telegram.idle()
    _, urgent = telegram.said(user)
    assert urgent["text"] == line["text"]
    assert buttons(urgent) == ["🆘 Urgent help"]
    assert urgent["_silent"]
    shown = telegram.press(user, urgent, "🆘 Urgent help")
    assert shown is not None
    assert shown["text"].startswith("URGENT")


def test_the_clock_hears_telegram_and_forgets_its_own() -> None:
    running, wall = 100.0, 5_000_000.0
    clock = ServerClock(lambda: running, lambda: wall)
    assert (clock.now, clock.skew, clock.silence, clock.age(1)) == (None, None, None, 0.0)
    for date in (None, "", "yesterday", "Sun, 99 Nov 2026 00:00:00 GMT"):
        clock.hear(date)
    assert clock.now is None
    clock.hear("Sun, 22 Nov 2026 10:00:00 GMT")
    told = 1_795_341_600
    assert clock.now == told + 0.5
    running += 60
    assert clock.age(told - 30) == 90.5
    assert clock.age(told + 3600) == 0.0
    assert clock.silence == 60
    assert clock.skew == wall - told - 60.5
