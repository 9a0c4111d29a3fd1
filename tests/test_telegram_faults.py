"""The Telegram channel when things break: nothing lost, hardly anything twice, never stuck, always said in words."""

from __future__ import annotations

import random
import re
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.simulator.client import TOKEN, Telegram, free_port, key, until
from tests.simulator.fixtures import MODES, Bot, pair, running, telegram, user

__all__ = ["pair", "telegram", "user"]

QUESTION = "what is the prison term?"


def copies(telegram: Telegram, chat: int) -> int:
    """How many answers to QUESTION a chat shows."""
    return sum("prison term" in one["text"] for one in telegram.said(chat))


# ---- sending


@pytest.mark.parametrize(
    ("kind", "times", "seconds"), [("429", 1, 1), ("502", 3, 0), ("500", 2, 0), ("503", 1, 0), ("slow", 1, 1)]
)
def test_a_send_that_did_not_work_is_repeated_until_it_does(
    telegram: Telegram, user: int, kind: str, times: int, seconds: int
) -> None:
    telegram("fault", method="sendMessage", kind=kind, times=times, seconds=seconds, chat_id=user)
    telegram.ask(user, QUESTION)
    telegram.idle()
    assert copies(telegram, user) == 1


@pytest.mark.parametrize(("kind", "shown"), [("reset", 1), ("lost-reply", 2), ("bad-json", 1)])
def test_a_send_of_unknown_fate_is_repeated_once_and_counted_apart(
    telegram: Telegram, pair: tuple[Telegram, Bot], user: int, kind: str, shown: int
) -> None:
    before = pair[1].said.count("send-repeated")
    telegram("fault", method="sendMessage", kind=kind, times=1, chat_id=user)
    telegram.ask(user, QUESTION)
    telegram.idle()
    assert copies(telegram, user) == shown
    assert pair[1].said.count("send-repeated") == before + 1


@pytest.mark.waits
def test_a_send_that_stays_unknown_ends_in_words(telegram: Telegram, user: int) -> None:
    telegram("fault", method="sendMessage", kind="reset", times=6, chat_id=user)
    assert "Something went wrong" in telegram.ask(user, QUESTION)["text"]
    telegram.idle()
    assert len(telegram.said(user)) == 1


def test_an_edit_of_unknown_fate_is_repeated_without_a_second_message(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, QUESTION)
    telegram("fault", method="editMessageText", kind="lost-reply", times=1, chat_id=user)
    after = telegram.press(user, message, key(message, "ts"))
    assert after is not None
    assert "Choose a shelf" in after["text"]
    assert len(telegram.said(user)) == 1


@pytest.mark.waits
def test_a_hanging_send_ends_and_is_repeated(telegram: Telegram, user: int) -> None:
    telegram("fault", method="sendMessage", kind="hang", times=1, seconds=9, chat_id=user)
    start = time.monotonic()
    telegram.ask(user, QUESTION, seconds=15)
    assert time.monotonic() - start < 10
    telegram.idle()
    assert copies(telegram, user) == 1


@pytest.mark.waits
def test_one_stuck_chat_does_not_stop_the_others(telegram: Telegram, user: int) -> None:
    telegram("fault", method="sendMessage", kind="429", times=1, seconds=4, chat_id=user)
    telegram("say", user=user, text=QUESTION)
    start = time.monotonic()
    others = range(user + 1, user + 9)
    for _ in range(5):
        for other in others:
            telegram("say", user=other, text="/help")
    assert until(lambda: all(len(telegram.said(other)) == 5 for other in others), 3)
    assert time.monotonic() - start < 3.5
    assert not telegram.said(user)
    telegram.idle()
    assert copies(telegram, user) == 1


def test_a_blocked_bot_and_an_unknown_chat_stop_nobody(telegram: Telegram, user: int) -> None:
    telegram("say", user=user, text="hello")
    telegram.next(user, 0)
    telegram("block", user=user)
    telegram("say", user=user, text="/help")
    telegram(
        "raw", update={"message": {"message_id": 1, "chat": {"id": 4_000_000_001, "type": "private"}, "text": "hi"}}
    )
    telegram.idle()
    assert copies(telegram, user) == 0
    telegram.ask(user + 1, QUESTION)


@pytest.mark.parametrize(
    ("descriptions", "keys"),
    [
        (["can't parse entities: Unsupported start tag"], True),
        (["BUTTON_DATA_INVALID"], False),
        (["can't parse entities: Unsupported start tag", "something new"], False),
    ],
)
def test_a_form_that_telegram_refuses_leaves_what_it_takes(
    telegram: Telegram, user: int, descriptions: list[str], keys: bool
) -> None:
    for description in descriptions:
        telegram("fault", method="sendMessage", kind="400", description=f"Bad Request: {description}", chat_id=user)
    said = telegram.ask(user, QUESTION)
    assert "Answer: The prison term <&>." in said["text"]
    assert ("reply_markup" in said) == keys


@pytest.mark.parametrize("kind", ["400", "502", "reset"])
def test_a_press_that_cannot_be_answered_still_shows_its_screen(telegram: Telegram, user: int, kind: str) -> None:
    message = telegram.ask(user, QUESTION)
    telegram("fault", method="answerCallbackQuery", kind=kind, times=1)
    telegram("press", user=user, message_id=message["message_id"], label=key(message, "ts"))
    assert until(lambda: "Choose a shelf" in telegram.said(user)[0]["text"], 5)


def test_an_expired_press_and_an_expired_inline_query_stop_nobody(telegram: Telegram, user: int) -> None:
    message = telegram.ask(user, QUESTION)
    telegram("set", callback_seconds=0.0, inline_seconds=0.0)
    telegram("press", user=user, message_id=message["message_id"], label=key(message, "ts"))
    telegram("inline", user=user, query="law")
    telegram.idle()
    telegram("set", callback_seconds=15.0, inline_seconds=10.0)
    assert "Choose a shelf" in telegram.said(user)[0]["text"]
    telegram.ask(user + 1, QUESTION)


# ---- receiving

MALFORMED = [
    {},
    {"message": None},
    {"message": "words with canary 07709998888"},
    {"message": {}},
    {"message": {"text": "no chat"}},
    {"message": {"chat": {"id": "text"}}},
    {"message": [1, 2]},
    {"callback_query": {}},
    {"callback_query": {"id": 5, "from": None}},
    {"inline_query": {"id": "x"}},
    {"edited_message": {"chat": None}},
    {"something_new": {"a": 1}},
]


@pytest.mark.parametrize("update", MALFORMED, ids=lambda update: repr(update)[:30])
def test_a_malformed_update_stops_nobody(
    telegram: Telegram, pair: tuple[Telegram, Bot], user: int, update: dict[str, object]
) -> None:
    telegram("raw", update=update)
    telegram.ask(user, QUESTION)
    telegram.idle()
    assert pair[1].process is not None
    assert pair[1].process.running
    assert "07709998888" not in pair[1].said


@pytest.mark.parametrize(
    "message",
    [
        {"text": 5},
        {"text": "what is the prison term?", "date": "yesterday", "from": "somebody"},
        {"text": "what is the prison term?", "entities": "none", "reply_to_message": 7},
        {"text": "what is the prison term? " + "x" * 100_000},
        {"photo": "no list", "caption": "what is the prison term?"},
        {"text": "\u0000\u202e\ufffd what is the prison term?"},
        {"text": "", "message_id": None},
    ],
    ids=range(7),
)
def test_an_odd_message_is_answered_all_the_same(telegram: Telegram, user: int, message: dict[str, object]) -> None:
    telegram(
        "raw", chats=[user], update={"message": {"message_id": 1, "chat": {"id": user, "type": "private"}, **message}}
    )
    assert telegram.next(user, 0)["text"]


def test_an_update_delivered_again_is_answered_once(telegram: Telegram, pair: tuple[Telegram, Bot], user: int) -> None:
    number = telegram("say", user=user, text=QUESTION)["update_id"]
    telegram.next(user, 0)
    telegram.idle()
    telegram("repeat", update_id=number)
    telegram.ask(user + 1, QUESTION)
    telegram.idle()
    assert copies(telegram, user) == 1
    assert "update-repeated" in pair[1].said


# ---- polling


@pytest.fixture
def polled(tmp_path: Path) -> object:
    with running("polling", tmp_path) as (telegram, bot):
        bot.start()
        telegram.ask(1, "hello")
        yield telegram, bot


@pytest.mark.parametrize(
    ("kind", "times", "event"),
    [("502", 3, "telegram-unreachable"), ("reset", 2, "telegram-unreachable"), ("bad-json", 1, "telegram-unreachable"),
     ("429", 1, "rate-limited"), ("409", 1, "second-poller"), ("401", 1, "telegram-unreachable")],
)  # fmt: skip
def test_polling_gets_over_it_and_says_so(polled: tuple[Telegram, Bot], kind: str, times: int, event: str) -> None:
    telegram, bot = polled
    telegram("fault", method="getUpdates", kind=kind, times=times)
    telegram("say", user=2, text=QUESTION)
    telegram("say", user=3, text=QUESTION)
    telegram.next(2, 0, 12)
    telegram("say", user=4, text=QUESTION)
    telegram.next(4, 0, 12)
    telegram.idle()
    assert [copies(telegram, chat) for chat in (2, 3, 4)] == [1, 1, 1]
    assert event in bot.said


def test_short_polls_are_no_busy_circle(polled: tuple[Telegram, Bot]) -> None:
    telegram, _ = polled
    telegram("set", longest_poll=0.0)
    telegram("say", user=2, text="hello")  # ends the long poll that is under way
    telegram.next(2, 0)
    before = telegram("stats")["calls"]["getUpdates"]
    time.sleep(2)
    assert telegram("stats")["calls"]["getUpdates"] - before < 20
    assert copies(telegram, 2) == 0


def test_an_open_update_is_no_busy_circle(polled: tuple[Telegram, Bot]) -> None:
    telegram, _ = polled
    telegram("fault", method="sendMessage", kind="429", times=1, seconds=3)
    before = telegram("stats")["calls"]["getUpdates"]
    telegram("say", user=2, text=QUESTION)
    telegram.next(2, 0)
    assert telegram("stats")["calls"]["getUpdates"] - before < 30


def test_two_pollers_are_said_in_words_and_everybody_is_answered(polled: tuple[Telegram, Bot], tmp_path: Path) -> None:
    telegram, bot = polled
    second = Bot(telegram, "polling", tmp_path / "second")
    second.output.parent.mkdir()
    second.start()
    try:
        assert until(lambda: "second-poller" in bot.said + second.said, 10)
        for chat in range(10, 15):
            telegram("say", user=chat, text=QUESTION)
        assert until(lambda: all(copies(telegram, chat) for chat in range(10, 15)), 20)
    finally:
        second.stop()


# ---- starting and stopping


def test_a_refused_token_ends_with_words_and_exit_code_2(tmp_path: Path) -> None:
    for mode in MODES:
        with running(mode, tmp_path / mode) as (_, bot):
            process = bot.start({"TABAYYAN_TELEGRAM_TOKEN": "654321:AAwrong-token"})
            assert process.wait(10) == 2
            assert "telegram-refused-token" in bot.said
            assert "AAwrong" not in bot.said


@pytest.mark.waits
@pytest.mark.parametrize("mode", MODES)
def test_starting_before_telegram_can_be_reached(tmp_path: Path, mode: str) -> None:
    port = free_port()
    with running(mode, tmp_path) as (_, bot):
        bot.start({"TABAYYAN_TELEGRAM_API_URL": f"http://127.0.0.1:{port}"})
        assert until(lambda: "telegram-unreachable" in bot.said, 10)
        (tmp_path / "late").mkdir()
        late = Telegram(tmp_path / "late", port)
        try:
            late("fault", method="*", kind="502", times=2)
            late.ask(5, QUESTION, seconds=20)
        finally:
            bot.stop()
            late.stop()


@pytest.mark.waits
@pytest.mark.parametrize("mode", MODES)
def test_a_bot_without_telegram_stops_when_told_to(tmp_path: Path, mode: str) -> None:
    with running(mode, tmp_path) as (_, bot):
        bot.start({"TABAYYAN_TELEGRAM_API_URL": f"http://127.0.0.1:{free_port()}"})
        assert until(lambda: "telegram-unreachable" in bot.said, 10)
        start = time.monotonic()
        assert bot.stop() == 0
        assert time.monotonic() - start < 2


@pytest.mark.waits
@pytest.mark.parametrize("mode", MODES)
def test_commands_and_descriptions_are_set_in_both_languages(tmp_path: Path, mode: str) -> None:
    with running(mode, tmp_path) as (telegram, bot):
        telegram("fault", method="setMyDescription", kind="400", times=1)
        bot.start()
        texts = until(lambda: (known := telegram("stats")["texts"]) and len(known) >= 8 and known, 10)
        assert {"commands|", "commands|ar", "commands|en", "short_description|ar"} <= set(texts)
        assert "description-refused" in bot.said
        names = [command["command"] for command in texts["commands|en"]]
        assert {"urgent", "topics", "hotline", "language", "check", "privacy", "forget", "hide", "verify"} <= set(names)
        telegram.ask(1, "hello")


def _queue(telegram: Telegram, count: int) -> None:
    telegram("set", keep_calls=False)
    telegram("flood", n=count, users=count, text="/help")


def _tally(telegram: Telegram, count: int) -> tuple[int, int]:
    """(people without an answer, people with more than one)."""
    said = telegram("bot-said")
    answers = [said.get(str(5000 + i), 0) for i in range(count)]
    return sum(n == 0 for n in answers), sum(n > 1 for n in answers)


@pytest.mark.parametrize("mode", MODES)
def test_sigterm_stops_at_once_and_loses_nothing(tmp_path: Path, mode: str) -> None:
    with running(mode, tmp_path) as (telegram, bot):
        bot.start()
        telegram.ask(1, "hello")
        telegram("set", hook_retry=0.2)
        _queue(telegram, 600)
        until(lambda: telegram("stats")["pending"] < 400, 10)
        start = time.monotonic()
        assert bot.stop() == 0
        assert time.monotonic() - start < 2
        assert telegram("stats")["pending"] > 0, "it has not been stopped in the middle"
        bot.start()
        telegram.idle(30)
        assert _tally(telegram, 600) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("times", [1, 3])
def test_kill_9_loses_nobody(tmp_path: Path, mode: str, times: int) -> None:
    with running(mode, tmp_path) as (telegram, bot):
        bot.start()
        telegram.ask(1, "hello")
        telegram("set", hook_retry=0.2)
        _queue(telegram, 2000)
        for _ in range(times):
            enough = telegram("stats")["pending"] * random.uniform(0.4, 0.9)
            until(lambda limit=enough: telegram("stats")["pending"] < limit, 20)
            assert bot.process is not None
            assert bot.process.kill() == -signal.SIGKILL
            assert telegram("stats")["pending"] > 0, "it has not been killed in the middle"
            bot.start()
        telegram.idle(60)
        lost, twice = _tally(telegram, 2000)
        print(f"{mode}, killed {times} times: {lost} lost, {twice} of 2000 answered twice", file=sys.stderr)
        assert lost == 0
        assert twice <= 20 * times


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_storm_of_faults_loses_nobody(tmp_path: Path, mode: str) -> None:
    """One call in ten fails in some way; every person is answered, and twice only where a fate was unknown."""
    count = 2000
    with running(mode, tmp_path) as (telegram, bot):
        bot.start()
        telegram.ask(1, "hello")
        telegram("set", keep_calls=False, hook_retry=0.2)
        for kind in ("429", "502", "reset", "lost-reply", "bad-json"):
            telegram("storm", method="sendMessage", kind=kind, share=0.02, seconds=1)
        telegram("storm", method="getUpdates", kind="502", share=0.02)
        telegram("flood", n=count, users=count, text="/help")
        telegram.idle(120)
        lost, twice = _tally(telegram, count)
        repeated = bot.said.count("send-repeated")
        events = Counter(re.findall(r"[A-Z]+ ([a-z-]+):", bot.said))
        print(f"{events}, {mode} storm: {lost} lost, {twice} twice, {repeated} repeated of {count}", file=sys.stderr)
        assert lost == 0
        assert twice <= repeated


def test_nothing_is_said_about_the_token(pair: tuple[Telegram, Bot]) -> None:
    assert TOKEN.partition(":")[2] not in pair[1].said
