"""Short-lived memory: bounded, keyed by a key of the day, forgotten in time."""

from __future__ import annotations

from datetime import date

import pytest

from bot.channels.telegram.chat_state import ANSWER_SECONDS, GATHER_SECONDS, Bucket, Gathered, Part, ShortMemory


class Time:
    """A clock and a calendar that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.day = date(2026, 11, 22)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def memory(time: Time) -> ShortMemory:
    return ShortMemory(lambda: time.day, chats=50, now=lambda: time.seconds)


def question(time: Time) -> Gathered:
    return Gathered({1: Part("secret words", "text", False)}, (2,), False, None, 0, time.seconds)


def test_a_language_is_remembered_until_midnight(memory: ShortMemory, time: Time) -> None:
    memory.choose_language(5, "ar")
    assert memory.language(5) == "ar"
    assert memory.language(6) is None
    time.day = date(2026, 11, 23)
    time.seconds += 2
    assert memory.language(5) is None


def test_forgetting_drops_everything_but_the_buckets(memory: ShortMemory, time: Time) -> None:
    memory.choose_language(5, "ar")
    memory.gather(5, question(time))
    memory.remember_answer(5, (1,), (2,))
    memory.message_bucket(5, 10).take(time.seconds, 10, 1, 10)
    memory.forget(5)
    assert memory.language(5) is None
    assert memory.gathered(5) is None
    assert memory.answer_with(5, 1) is None
    assert not memory.message_bucket(5, 10).take(time.seconds, 10, 1)


def test_words_are_dropped_within_seconds(memory: ShortMemory, time: Time) -> None:
    memory.gather(5, question(time))
    assert memory.gathered(5) is not None
    time.seconds += GATHER_SECONDS + 1
    memory.drop_old_words()
    assert not len(memory._memory.gathered)
    assert memory.gathered(5) is None


def test_answers_are_found_by_any_of_their_messages_for_an_hour(memory: ShortMemory, time: Time) -> None:
    memory.remember_answer(5, (1, 3), (4, 5))
    for message in (1, 3, 4, 5):
        told = memory.answer_with(5, message)
        assert told is not None
        assert (told.questions, told.answers) == ((1, 3), (4, 5))
    assert memory.answer_with(5, 9) is None
    assert memory.answer_with(6, 1) is None
    time.seconds += ANSWER_SECONDS + 1
    assert memory.answer_with(5, 1) is None


def test_an_answer_shown_anew_replaces_what_was_known_of_it(memory: ShortMemory) -> None:
    memory.remember_answer(5, (1,), (2,))
    memory.remember_answer(5, (1,), (2, 3))
    told = memory.answer_with(5, 2)
    assert told is not None
    assert told.answers == (2, 3)


def test_a_crowd_costs_no_memory_that_grows(memory: ShortMemory, time: Time) -> None:
    for chat in range(10_000):
        memory.choose_language(chat, "ar")
        memory.gather(chat, question(time))
        memory.message_bucket(chat, 10)
        memory.press_bucket(chat, 10)
        memory.first_welcome(chat, 10)
        for number in range(20):
            memory.remember_answer(7, (number,), (number + 1000,))
            memory.remember_answer(chat, (1,), (2,))
    kept = memory._memory
    for entries in (kept.languages, kept.gathered, kept.answered, kept.messages, kept.presses, kept.welcomed):
        assert len(entries) <= 50
    assert len(kept.answered.get(memory._key(7)) or []) <= 8


def test_no_chat_number_is_held(memory: ShortMemory) -> None:
    memory.choose_language(123456789, "ar")
    assert "123456789" not in repr(memory._memory.languages._entries)
    assert ShortMemory(lambda: date(2026, 1, 1))._key(5) != memory._key(5)


def test_a_bucket_empties_and_fills_again() -> None:
    bucket = Bucket(3, 0.0)
    assert [bucket.take(0.0, 3, 10) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(9.0, 3, 10)
    assert bucket.take(10.5, 3, 10)
    assert [bucket.take(1000.0, 3, 10) for _ in range(4)] == [True, True, True, False]


def test_a_bucket_says_once_that_it_is_empty_until_it_has_half_filled() -> None:
    bucket = Bucket(4, 0.0)
    assert bucket.take(0.0, 4, 1, 4)
    bucket.told = True
    bucket.take(1.0, 4, 1)
    assert bucket.told
    bucket.take(4.5, 4, 1)
    assert not bucket.told
