"""What a chat remembers for ten minutes: ids as short keys, never a word that somebody wrote."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.callback_data import topic_key
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Context, Message
from bot.dialogue.state import EMPTY, MOST_DANGERS, DialogueState, StateCodec
from tests.conftest import TODAY

CANARY = "Zainabcanary"
TOPICS = ("law-prison-term", "law-amnesty", "scam-red-flags", "risk-survival")
DANGERS = ("held", "in-camp", "self-harm", "unknown")
CODEC = StateCodec(TOPICS, DANGERS)

states = st.builds(
    DialogueState,
    topics=st.lists(st.sampled_from(TOPICS), max_size=2).map(tuple),
    choices=st.lists(st.sampled_from(TOPICS), max_size=4).map(tuple),
    dangers=st.lists(st.sampled_from(DANGERS), max_size=MOST_DANGERS).map(tuple),
    question=st.sampled_from([None, "danger", "choices"]),
)


@given(states)
def test_a_state_is_read_back_as_it_was_written(state: DialogueState) -> None:
    line = CODEC.encode(state)
    assert (line is None) == (state == EMPTY)
    assert CODEC.decode(line) == state


@given(states)
def test_a_line_holds_keys_and_no_id_or_other_word(state: DialogueState) -> None:
    line = CODEC.encode(state) or ""
    assert re.fullmatch(r"[0-9a-z.:-]*", line)
    assert not [one for one in (*TOPICS, *DANGERS) if one in line]
    assert len(line.encode()) <= 160


def test_an_empty_state_is_not_kept_at_all() -> None:
    assert CODEC.encode(EMPTY) is None
    assert CODEC.decode(None) == EMPTY


@pytest.mark.parametrize("line", ["", ":", ":::", "a:b:c", "a:b:c:d:e", "::::::", "\x00", "زز:زز:زز:زز", "-:-:-:-"])
def test_a_line_of_another_version_is_empty(line: str) -> None:
    assert CODEC.decode(line) == EMPTY


def test_what_this_version_does_not_know_is_dropped_and_the_rest_kept() -> None:
    gone = topic_key("a-topic-that-is-gone")
    known = topic_key("law-amnesty")
    line = f"{gone}.{known}:{gone}:{topic_key('held')}.{gone}:another-question"
    assert CODEC.decode(line) == DialogueState(topics=("law-amnesty",), dangers=("held",))


def test_a_topic_is_never_read_as_a_danger() -> None:
    line = f"{topic_key('held')}:{topic_key('held')}:{topic_key('law-amnesty')}:-"
    assert CODEC.decode(line) == EMPTY


@given(st.text(max_size=200))
def test_any_line_is_read(line: str) -> None:
    state = CODEC.decode(line)
    assert set(state.topics) | set(state.choices) <= set(TOPICS)
    assert set(state.dangers) <= set(DANGERS)
    assert state.question in (None, "danger", "choices")


@given(st.lists(st.sampled_from(DANGERS), max_size=12))
def test_few_dangers_are_remembered_each_once_the_last_one_last(spoken: list[str]) -> None:
    state = EMPTY
    for danger in spoken:
        state = DialogueState(dangers=state.after_danger(danger))
    assert len(state.dangers) == len(set(state.dangers)) <= MOST_DANGERS
    if spoken:
        assert state.dangers[-1] == spoken[-1]


def test_a_state_has_no_room_for_text() -> None:
    """Its fields are ids and one closed set of questions; a new field has to be thought about here."""
    assert [field.name for field in fields(DialogueState)] == ["topics", "choices", "dangers", "question"]
    hints = get_type_hints(DialogueState)
    assert hints["topics"] == hints["choices"] == hints["dangers"] == tuple[str, ...]


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f"they took my passport {CANARY}",
        f"مطلوب حراس بروسيا راتب 2500 دولار راسلنا خاص {CANARY}",
        f"/check {CANARY} salary 3000 dollars in russia, write to me",
        f"law-prison-term|law-amnesty {CANARY}",
        f"/start {CANARY}",
    ],
)
def test_nothing_that_somebody_writes_gets_into_the_state(scripted: Conversation, text: str) -> None:
    for forwarded in (False, True):
        state = scripted.respond(Message(text, forwarded=forwarded), Context(TODAY, question_id=3)).state
        kept = scripted.states.encode(state)
        assert CANARY.casefold() not in repr(state).casefold()
        assert CANARY.casefold() not in (kept or "").casefold()
        assert {*state.topics, *state.choices} <= scripted.campaign.topics.keys()
        assert set(state.dangers) <= {danger.id for danger in scripted.campaign.dangers}


def test_every_state_of_the_real_campaign_is_read_back(scripted: Conversation) -> None:
    for topic in scripted.campaign.topics:
        state = scripted.respond(Message(topic), Context(TODAY)).state
        assert scripted.states.decode(scripted.states.encode(state)) == state


@pytest.mark.parametrize("command", ["/forget", "/start", "/hide"])
def test_some_commands_leave_nothing_behind(scripted: Conversation, command: str) -> None:
    before = DialogueState(("law-amnesty",), ("law-prison-term",), ("held",), "choices")
    assert scripted.respond(Message(command), Context(TODAY, state=before)).state == EMPTY
