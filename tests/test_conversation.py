"""The conversation from outside: every screen and button, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue import telegram_limits as limits
from bot.dialogue.callback_data import Action, Actions
from bot.dialogue.conversation import Conversation
from bot.dialogue.render import isolate
from bot.dialogue.reply import Context, Message, Turn
from tests.conftest import TODAY

COMMANDS = (
    "start",
    "help",
    "topics",
    "hotline",
    "language",
    "check",
    "privacy",
    "forget",
    "hide",
    "verify",
    "urgent",
    "nonsense",
)
SMALL_TALK = ("greeting", "thanks", "scared", "guilt", "follow-up", "yes", "no", "first", "nobody-wrote-this")
KINDS = (
    "voice",
    "video",
    "picture",
    "sticker",
    "contact",
    "location",
    "document",
    "poll",
    "dice",
    "story",
    "payment",
    "other",
)


def opens_urgent(conversation: Conversation, turn: Turn) -> bool:
    """Whether the urgent help is on the screen or one tap away."""
    if turn.outcome == "urgent":
        return True
    actions = (conversation.actions.decode(button.action) for button in turn.reply.buttons if button.action)
    return any(action is not None and action.verb == "urgent" for action in actions)


def assert_sendable(turn: Turn) -> None:
    """A reply that Telegram would take as it is."""
    assert turn.reply.text.strip()
    for paragraph in turn.reply.paragraphs:
        assert not limits.html_faults(paragraph), paragraph
        assert "{" not in paragraph, paragraph
    for message in limits.pack(turn.reply.paragraphs):
        assert limits.utf16_units(limits.plain(message)) <= limits.TEXT_UNITS
    assert len(turn.reply.buttons) <= limits.BUTTONS_PER_MESSAGE
    for button in turn.reply.buttons:
        assert button.label.strip()
        assert limits.utf16_units(button.label) <= limits.BUTTON_LABEL_UNITS
        assert [button.action, button.url, button.share].count(None) == 2
        if button.action is not None:
            assert len(button.action.encode()) <= limits.CALLBACK_BYTES


@pytest.mark.parametrize("language", ["ar", "en"])
def test_crawl_of_every_state_and_button(scripted: Conversation, language: str) -> None:
    """From every command, kind and topic, follow every button: no dead end, urgent help within one tap."""
    context = Context(TODAY, client_language=language, question_id=10**9)
    topics = tuple(scripted.campaign.topics)
    turns = [scripted.respond(Message(f"/{command}"), context) for command in COMMANDS]
    turns += [scripted.respond(Message("", kind=kind), context) for kind in KINDS]  # type: ignore[arg-type]
    forced = replace(context, forced_language=language)
    turns += [scripted.respond(Message(topic), forced) for topic in topics]
    turns += [scripted.respond(Message("|".join(pair)), forced) for pair in pairwise(topics)]
    turns += [scripted.respond(Message("~" + topic), forced) for topic in topics]
    turns += [scripted.respond(Message("talk:" + kind), forced) for kind in SMALL_TALK]
    turns += [
        scripted.press(scripted.actions.encode(Action("urgent", language, category=danger.id)), forced)
        for danger in scripted.campaign.dangers
    ]
    turns += [scripted.respond(Message("zzz nothing"), forced)]
    seen: set[str] = set()
    while turns:
        turn = turns.pop()
        assert turn.language == language
        assert_sendable(turn)
        assert turn.effect == "hide" or turn.reply.buttons, turn.reply.text
        assert turn.effect == "hide" or opens_urgent(scripted, turn), turn.reply.text
        for button in turn.reply.buttons:
            if button.action is None or button.action in seen:
                continue
            seen.add(button.action)
            action = scripted.actions.decode(button.action)
            assert action is not None
            if action.verb == "language" and action.language != language:
                continue
            turns.append(scripted.press(button.action, context))
    assert len(seen) > 2 * len(topics)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_topic_is_reached_from_the_menu(scripted: Conversation, language: str) -> None:
    context = Context(TODAY, client_language=language)
    waiting = [scripted.respond(Message("/topics"), context)]
    seen: set[str] = set()
    answered: set[str] = set()
    while waiting:
        turn = waiting.pop()
        answered.update(turn.answered)
        for button in turn.reply.buttons:
            action = scripted.actions.decode(button.action or "")
            if action is not None and action.verb in ("category", "topic") and button.action not in seen:
                seen.add(str(button.action))
                waiting.append(scripted.press(str(button.action), context))
    assert answered == set(scripted.campaign.topics)


def test_no_button_or_reply_gives_a_callable_emergency_number_to_somebody_in_russia(
    scripted: Conversation, chat: Context
) -> None:
    """W1: topics for somebody who may be in Russia never stand without the warning when they name the number."""
    for topic in scripted.campaign.topics.values():
        if topic.place == "iraq":
            continue
        for language, warning in (("en", r"not (to )?(dial|call)"), ("ar", r"(لا|ألا) [تي](تصل|طلب)")):
            turn = scripted.respond(Message(topic.id), replace(chat, forced_language=language))
            more = scripted.press(scripted.actions.encode(Action("more", language, topics=(topic.id,))), chat)
            for text in (turn.reply.text, more.reply.text):
                if "911" in text:
                    assert re.search(warning, text.casefold()), (topic.id, language)


def test_unverified_values_never_reach_anybody(scripted: Conversation, chat: Context) -> None:
    hidden = [c.value for c in scripted.campaign.contacts.values() if c.status != "usable" and c.value]
    parts = {part for value in hidden for part in value.split() if len(part) > 5}
    assert len(parts) >= 4
    for topic in scripted.campaign.topics:
        for language in ("ar", "en"):
            for verb in ("topic", "more"):
                turn = scripted.press(scripted.actions.encode(Action(verb, language, topics=(topic,))), chat)
                shown = "".join(turn.reply.paragraphs)
                assert not [part for part in parts if part in shown], topic


@pytest.mark.parametrize(
    ("chosen", "client", "text", "language"),
    [
        (None, None, "شكد الراتب هناك", "ar"),
        (None, "ar", "how much do they pay", "en"),
        ("en", "ar", "شكد الراتب هناك", "ar"),
        (None, "en", "shlon arja3 lel 3iraq wein aro7", "ar"),
        ("en", "ar", "911", "en"),
        (None, "en-GB", "911", "en"),
        (None, "de", "911", "ar"),
        (None, None, "👍", "ar"),
    ],
)
def test_reply_language(
    scripted: Conversation, chosen: str | None, client: str | None, text: str, language: str
) -> None:
    """The text's own language, else the chat's choice, else the client's, else the campaign's first."""
    turn = scripted.respond(Message(text), Context(TODAY, chosen_language=chosen, client_language=client))
    assert turn.language == language


def test_start_payloads_count_known_campaigns_only(scripted: Conversation, chat: Context) -> None:
    codes = tuple(scripted.campaign.codes)
    assert codes, "the sample campaign has a code"
    assert scripted.respond(Message(f"/start {codes[0]}"), chat).counted.campaign == codes[0]
    assert scripted.respond(Message("/start someone-private"), chat).counted.campaign == "other"
    assert scripted.respond(Message("/start"), chat).counted.campaign == "none"
    assert scripted.respond(Message("/start \x00'; drop"), chat).counted.campaign == "none"


def test_inline_cards_say_what_the_chat_says(scripted: Conversation, chat: Context) -> None:
    cards = scripted.inline("law-prison-term", replace(chat, forced_language="ar"))
    turn = scripted.respond(Message("law-prison-term"), replace(chat, forced_language="ar"))
    assert cards[0].topic == "law-prison-term"
    assert cards[0].reply.paragraphs == turn.reply.paragraphs


def test_data_that_nobody_wrote_gets_a_fresh_menu(scripted: Conversation, chat: Context) -> None:
    for data in ("", "cb:topic:hotline-911-iraq:1", "1:t:ar::zzzzzz", "9:x:y:z:w", "1:t:xx::abc", "1:c:ar::nope.0"):
        turn = scripted.press(data, chat)
        assert turn.reply.buttons
        assert opens_urgent(scripted, turn)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_a_reply_that_telegram_takes(scripted: Conversation, text: str) -> None:
    turn = scripted.respond(Message(text), Context(TODAY, question_id=5))
    assert_sendable(turn)
    assert opens_urgent(scripted, turn)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_callback_gets_a_reply(scripted: Conversation, data: str) -> None:
    assert_sendable(scripted.press(data, Context(TODAY)))


verbs = st.sampled_from(["start", "topic", "more", "other", "helpful", "urgent", "hide", "language", "pick"])
actions = st.builds(
    Action,
    verb=verbs,
    language=st.sampled_from(["ar", "en"]),
    question=st.none() | st.integers(0, 2**40),
    topics=st.lists(st.sampled_from(["a", "b", "c-d"]), unique=True, max_size=4).map(tuple),
)


@given(actions)
def test_callback_data_is_read_back_as_it_was_written(action: Action) -> None:
    both = Actions(["a", "b", "c-d"], ["x"], ["ar", "en"])
    data = both.encode(action)
    assert len(data.encode()) <= limits.CALLBACK_BYTES
    read = both.decode(data)
    assert read == (replace(action, topics=()) if action.verb == "urgent" else action)


@given(st.lists(st.text(alphabet="ab <>&ق\U0001f600", max_size=9000), max_size=4))
def test_packed_messages_fit_and_lose_nothing(texts: list[str]) -> None:
    from html import escape

    messages = limits.pack([escape(text, quote=False) for text in texts])
    assert all(limits.utf16_units(limits.plain(message)) <= limits.TEXT_UNITS for message in messages)

    def letters(parts: list[str]) -> str:
        return "".join("".join(parts).split())

    assert letters([limits.plain(message) for message in messages]) == letters(texts)


@given(st.text(alphabet="قل 019+-.@/<b>&;abC", max_size=200))
def test_isolation_changes_no_letter(text: str) -> None:
    from html import escape

    markup = escape(text, quote=False)
    isolated = isolate(markup, right_to_left=True)
    assert isolated.replace("\u2068", "").replace("\u2069", "") == markup
    assert isolated.count("\u2068") == isolated.count("\u2069")
    assert isolate(markup, right_to_left=False) == markup


def test_a_question_that_an_editor_wrote_is_answered_however_short_it_is(scripted: Conversation, chat: Context) -> None:
    turn = scripted.respond(Message("=hotline-911-iraq"), chat)
    assert turn.outcome == "answer"
    assert turn.answered == ("hotline-911-iraq",)
    assert "911" in turn.reply.text
