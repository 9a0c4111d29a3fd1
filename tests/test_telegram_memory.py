"""Short-lived memory: bounded, keyed by a key of the day, forgotten in time."""

from __future__ import annotations

from datetime import date

import pytest

from bot.channels.telegram.chat_state import ANSWER_SECONDS, PENDING_SECONDS, Bucket, ChatState, Part, PendingQuestion


class Time:
    """A clock and a calendar that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.day = date(2026, 11, 22)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def memory(time: Time) -> ChatState:
    return ChatState(lambda: time.day, chats=50, now=lambda: time.seconds)


def everything(memory: ChatState) -> str:
    """All that is held, as text."""
    kept = memory._memory
    return repr([getattr(kept, name)._entries for name in kept.__slots__ if name != "key"])


def question(time: Time) -> PendingQuestion:
    return PendingQuestion({1: Part("secret words", "text", False)}, (2,), False, None, 0, time.seconds)


def test_a_language_is_remembered_until_midnight(memory: ChatState, time: Time) -> None:
    memory.choose_language(5, "ar")
    assert memory.language(5) == "ar"
    assert memory.language(6) is None
    time.day = date(2026, 11, 23)
    time.seconds += 2
    assert memory.language(5) is None


def test_forgetting_drops_everything_but_the_buckets(memory: ChatState, time: Time) -> None:
    memory.choose_language(5, "ar")
    memory.remember_question(5, question(time))
    memory.link(5, (1,), (2,))
    memory.message_bucket(5, 10).take(time.seconds, 10, 1, 10)
    memory.forget(5)
    assert memory.language(5) is None
    assert memory.pending(5) is None
    assert memory.link_of(5, 1) is None
    assert not memory.message_bucket(5, 10).take(time.seconds, 10, 1)


def test_words_are_dropped_within_seconds(memory: ChatState, time: Time) -> None:
    memory.remember_question(5, question(time))
    assert memory.pending(5) is not None
    time.seconds += PENDING_SECONDS + 1
    memory.drop_expired()
    assert not len(memory._memory.pending)
    assert memory.pending(5) is None


CANARY = "law-canary-topic"


def test_the_conversations_value_is_kept_for_ten_minutes_and_leaves_nothing(memory: ChatState, time: Time) -> None:
    memory.save(5, CANARY)
    assert (memory.load(5), memory.load(6)) == (CANARY, None)
    time.seconds += 599
    assert memory.load(5) == CANARY
    time.seconds += 1
    assert memory.load(5) is None
    memory.drop_expired()
    assert CANARY not in everything(memory)


@pytest.mark.parametrize("way", ["dropped", "forgotten", "midnight"])
def test_the_conversations_value_goes_when_it_shall(memory: ChatState, time: Time, way: str) -> None:
    memory.save(5, CANARY)
    assert CANARY in everything(memory), "the positive control"
    match way:
        case "dropped":
            memory.save(5, None)
        case "forgotten":
            memory.forget(5)
        case "midnight":
            time.day, time.seconds = date(2026, 11, 23), time.seconds + 2
    assert memory.load(5) is None
    assert CANARY not in everything(memory)
    assert CANARY not in repr(memory.shown(5))


def test_a_chat_is_welcomed_once_and_once_more_for_the_first_cry(memory: ChatState, time: Time) -> None:
    assert [memory.first_welcome(5, 10, urgent=urgent) for urgent in (False, False, True, True, False)] == [
        *(True, False, True, False, False)
    ]
    time.seconds += 11
    assert memory.first_welcome(5, 10, urgent=False)


def test_answers_are_found_by_any_of_their_messages_for_an_hour(memory: ChatState, time: Time) -> None:
    memory.link(5, (1, 3), (4, 5))
    for message in (1, 3, 4, 5):
        link = memory.link_of(5, message)
        assert link is not None
        assert (link.questions, link.answers) == ((1, 3), (4, 5))
    assert memory.link_of(5, 9) is None
    assert memory.link_of(6, 1) is None
    time.seconds += ANSWER_SECONDS + 1
    assert memory.link_of(5, 1) is None


def test_an_answer_shown_anew_replaces_what_was_known_of_it(memory: ChatState) -> None:
    memory.link(5, (1,), (2,))
    memory.link(5, (1,), (2, 3))
    link = memory.link_of(5, 2)
    assert link is not None
    assert link.answers == (2, 3)


def test_a_crowd_costs_no_memory_that_grows(memory: ChatState, time: Time) -> None:
    for chat in range(10_000):
        memory.choose_language(chat, "ar")
        memory.save(chat, "x")
        memory.remember_question(chat, question(time))
        memory.message_bucket(chat, 10)
        memory.press_bucket(chat, 10)
        memory.first_welcome(chat, 10, urgent=False)
        for number in range(20):
            memory.link(7, (number,), (number + 1000,))
            memory.link(chat, (1,), (2,))
    kept = memory._memory
    entries_of = (kept.languages, kept.pending, kept.links, kept.messages, kept.presses, kept.welcomed, kept.held)
    for entries in entries_of:
        assert len(entries) <= 50
    assert len(kept.links.get(memory._key(7)) or []) <= 8


def test_no_chat_number_is_held(memory: ChatState) -> None:
    memory.choose_language(123456789, "ar")
    assert "123456789" not in repr(memory._memory.languages._entries)
    assert ChatState(lambda: date(2026, 1, 1))._key(5) != memory._key(5)


def test_a_bucket_empties_and_fills_again() -> None:
    bucket = Bucket(3, 0.0)
    assert [bucket.take(0.0, 3, 10) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(9.0, 3, 10)
    assert bucket.take(10.5, 3, 10)
    assert [bucket.take(1000.0, 3, 10) for _ in range(4)] == [True, True, True, False]


def test_a_bucket_says_once_that_it_is_empty_until_it_has_half_filled() -> None:
    bucket = Bucket(4, 0.0)
    assert bucket.take(0.0, 4, 1, 4)
    bucket.warned = True
    bucket.take(1.0, 4, 1)
    assert bucket.warned
    bucket.take(4.5, 4, 1)
    assert not bucket.warned
