"""Reading raw updates: whatever comes, it is read, left alone, or called malformed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.updates import Incoming, Malformed, Me, read_update, update_number

ME = Me(77, "The_Bot")
PERSON = {"id": 5, "is_bot": False, "first_name": "x", "language_code": "ar"}
BOT = {"id": 77, "is_bot": True, "first_name": "Bot"}
EARLIER: dict[str, Any] = {"message_id": 2, "date": 8, "chat": {"id": 5, "type": "private", "first_name": "x"}}

_KEYS = st.sampled_from(
    [
        "message",
        "edited_message",
        "callback_query",
        "inline_query",
        "chat",
        "from",
        "id",
        "type",
        "text",
        "caption",
        "date",
        "message_id",
        "data",
        "query",
        "photo",
        "reply_to_message",
        "reply_markup",
        "inline_keyboard",
        "document",
    ]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=4), st.integers())
def test_any_update_is_read_or_malformed(update: dict[str, Any], number: int) -> None:
    try:
        read = read_update({"update_id": number, **update}, ME)
    except Malformed:
        return
    assert read is None or (isinstance(read, Incoming) and isinstance(read.text, str) and read.update == number)


@pytest.mark.parametrize("raw", [None, 5, "x", [], {}, {"update_id": None}, {"update_id": "7"}, {"update_id": True}])
def test_what_has_no_number_is_malformed(raw: object) -> None:
    assert update_number(raw) is None
    with pytest.raises(Malformed):
        read_update(raw, ME)


def said(text: str, *, private: bool = False, me: Me = ME, **more: Any) -> Incoming | None:
    """A text message as the bot reads it."""
    chat = {"id": 5 if private else -5, "type": "private" if private else "supergroup"}
    message = {"message_id": 3, "date": 9, "chat": chat, "from": PERSON, "text": text, **more}
    return read_update({"update_id": 1, "message": message}, me)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("@The_Bot what is the law", "what is the law"),
        ("what @the_bot is the law", "what  is the law"),
        ("@The_Bot", "/start"),
        ("/help@The_Bot", "/help"),
        ("/check@the_bot some offer", "/check some offer"),
        ("/help", "/help"),
        ("/Help", "/Help"),
        ("what is the law", None),
        ("@The_Bots hello", None),
        ("mail me@The_Bottle", None),
        ("/help@Other", None),
        ("/ban", None),
        ("/", None),
    ],
)
def test_who_is_addressed_in_a_group(text: str, read: str | None) -> None:
    found = said(text)
    assert (found.text if found is not None else None) == read


def test_before_its_name_is_known_only_plain_commands_and_replies_reach_a_group() -> None:
    nameless = Me(77)
    assert said("@The_Bot hello", me=nameless) is None
    assert said("/help@The_Bot", me=nameless) is None
    assert said("/help", me=nameless) is not None
    reply = {**EARLIER, "from": BOT, "text": "x"}
    assert said("and the law?", me=nameless, reply_to_message=reply) is not None


def test_in_private_everything_is_for_the_bot() -> None:
    for text in ("law", "/help@Other", "/nonsense", "@someone law", ""):
        assert said(text, private=True) is not None


def test_check_as_a_reply_takes_the_other_messages_text() -> None:
    offer = {**EARLIER, "from": PERSON, "caption": "salary 3000", "photo": []}
    found = said("/check", private=True, reply_to_message=offer)
    assert found is not None
    assert found.text == "/check salary 3000"


def test_the_actions_of_our_message_are_seen_in_a_reply_to_it() -> None:
    markup = {"inline_keyboard": [[{"text": "Hide", "callback_data": "1:h:en:3:"}, {"text": "x", "url": "u"}]]}
    ours = {**EARLIER, "from": BOT, "text": "x", "reply_markup": markup}
    found = said("/hide", private=True, reply_to_message=ours)
    assert found is not None
    assert found.earlier is not None
    assert found.earlier.mine
    assert found.earlier.actions == ("1:h:en:3:",)


def test_the_largest_picture_is_the_one_to_read() -> None:
    sizes = [{"file_id": name, "file_unique_id": name, "width": 1, "height": 1} for name in ("small", "large")]
    found = read_update({"update_id": 1, "message": {**EARLIER, "photo": sizes}}, ME)
    assert found is not None
    assert (found.content, found.photo) == ("picture", "large")
