"""One raw update -> telegram.Update -> what has happened, freed of Telegram's shapes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from telegram import (
    CallbackQuery,
    InlineKeyboardMarkup,
    InlineQuery,
    MessageOriginUser,
    Update,
    User,
)
from telegram import Message as TelegramMessage
from telegram.constants import ChatType

from bot.channels.voice import LONGEST_SECONDS
from bot.dialogue.reply import Kind

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member")

COMMANDS = (
    "start",
    "help",
    "topics",
    "hotline",
    "urgent",
    "check",
    "language",
    "privacy",
    "hide",
    "forget",
    "verify",
)
"""Commands that are answered in groups without the bot's name; the conversation knows some more spellings."""

UpdateKind = Literal["message", "edited", "pressed", "inline"]

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("voice", "voice"),
    ("audio", "voice"),
    ("video", "video"),
    ("video_note", "video"),
    ("animation", "video"),
    ("photo", "picture"),
    ("paid_media", "picture"),
    ("sticker", "sticker"),
    ("contact", "contact"),
    ("venue", "location"),
    ("location", "location"),
    ("document", "document"),
    ("poll", "poll"),
    ("dice", "dice"),
    ("story", "story"),
    ("invoice", "payment"),
    ("successful_payment", "payment"),
    ("refunded_payment", "payment"),
    ("gift", "payment"),
    ("unique_gift", "payment"),
)
"""Fields of a message that say its kind, in this order: an animation is also a document, a venue a location."""
_SENT_BY_PEOPLE = (*(name for name, _ in _KINDS), "text", "caption", "game", "checklist")
_PLAIN: Mapping[str, type] = {
    "message_id": int,
    "date": int,
    "edit_date": int,
    "chat": dict,
    "from": dict,
    "sender_chat": dict,
    "text": str,
    "caption": str,
    "message_thread_id": int,
    "is_topic_message": bool,
    "media_group_id": str,
    "is_automatic_forward": bool,
}
"""Fields of a message without which it cannot be answered well, with their types."""
_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,64})(?:@([A-Za-z0-9_]+))?(?=\s|$)")


class Malformed(Exception):
    """An update that cannot be read. Carries no part of it."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself."""

    id: int
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where to write: a chat, or one topic of it."""

    chat: int
    thread: int | None = None
    """The forum topic; also private chats can have topics."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The message that one is a reply to."""

    message: int
    mine: bool
    text: str
    actions: tuple[str, ...]
    """Callback data of its buttons."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a message of ours shows."""

    text: str
    """Without markup."""
    keyboard: InlineKeyboardMarkup | None


@dataclass(frozen=True, slots=True)
class Incoming:
    """What has happened."""

    update: int
    kind: UpdateKind
    chat: int
    sender: int
    private: bool
    message: int | None = None
    """Number of the message: the one sent, or the one whose button was pressed; None where it cannot be reached."""
    text: str = ""
    """Text, caption, inline query or callback data."""
    content: Kind = "text"
    forwarded: bool = False
    own: bool = False
    """A message of this very bot, forwarded."""
    date: int = 0
    """When it was sent (or edited), Unix seconds by Telegram's clock; 0: unknown."""
    first_date: int = 0
    """When an edited message was sent first."""
    language: str | None = None
    """The language of the asker's app."""
    query: str = ""
    """What a pressed button or an inline query is answered by."""
    album: str | None = None
    service: bool = False
    """Nobody wrote it: Telegram's own message about the chat."""
    earlier: Earlier | None = None
    thread: int | None = None
    """The topic that it was sent in, where the chat has topics."""
    shown: Shown | None = None
    """What the message of a pressed button showed."""
    arrived: float = field(default_factory=time.monotonic, compare=False)
    """When it arrived here, monotonic seconds."""
    photo: str | None = None
    """File of the largest picture, for those who read pictures."""
    voice: str | None = None
    """File of a voice note that is short enough to be heard, for those who hear them."""
    heard: bool = False
    """The text was heard in a voice note."""

    @property
    def is_command(self) -> bool:
        """Whether it begins like a command."""
        return self.text.startswith("/")

    @property
    def place(self) -> Place:
        """Where an answer belongs."""
        return Place(self.chat, self.thread)


def update_number(raw: object) -> int | None:
    """The update_id, or None where there is none."""
    number = raw.get("update_id") if isinstance(raw, Mapping) else None
    return number if type(number) is int else None


def read_update(raw: object, me: Me) -> Incoming | None:
    """Read one update; None for what needs no reaction (not addressed to the bot, or of a kind it does not take).

    Raises:
        Malformed: it is not what the Bot API calls an update, not even without what nobody here looks at.
    """
    if update_number(raw) is None or not isinstance(raw, dict):
        raise Malformed
    # The library checks no types, so that anything at all can be raised by what is of another shape.
    try:
        try:
            return _incoming(Update.de_json(raw), me)
        except Exception:
            return _incoming(Update.de_json(_simplified(raw)), me)
    except Exception:
        raise Malformed from None


def _simplified(raw: dict[str, Any]) -> dict[str, Any]:
    """An update without what is most likely to be of a shape that the library does not know yet."""
    update = {name: value for name, value in raw.items() if name in ("update_id", "inline_query")}
    for name in ("message", "edited_message"):
        if name in raw:
            update[name] = _plain(raw[name])
    if "callback_query" in raw:
        press = dict(raw["callback_query"])
        update["callback_query"] = {**press, "message": _plain(press["message"])} if "message" in press else press
    return update


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in message.items() if isinstance(value, _PLAIN.get(name, ()))}
    return {"message_id": 0, "date": 0, **known}


def _incoming(update: Update, me: Me) -> Incoming | None:
    number = update.update_id
    if update.message is not None:
        return _message(number, update.message, "message", me)
    if update.edited_message is not None:
        return _message(number, update.edited_message, "edited", me)
    if update.callback_query is not None:
        return _pressed(number, update.callback_query)
    if update.inline_query is not None:
        return _inline(number, update.inline_query)
    return None


def _content(message: TelegramMessage) -> Kind:
    for name, kind in _KINDS:
        if getattr(message, name):
            if kind == "document" and message.document and (message.document.mime_type or "").startswith("image/"):
                return "picture"
            return kind
    return "text" if message.text is not None else "other"


def _words(message: TelegramMessage) -> str:
    """Text or caption, if it is one.

    Raises:
        Malformed: it is something else.
    """
    words = message.text or message.caption or ""
    if not isinstance(words, str):
        raise Malformed
    return words


def _message(number: int, message: TelegramMessage, kind: UpdateKind, me: Me) -> Incoming | None:
    chat, sender = message.chat, message.from_user
    if type(chat.id) is not int:
        raise Malformed
    if message.is_automatic_forward or (message.via_bot is not None and message.via_bot.id == me.id):
        # A linked channel's post, or one of our own cards, which is an answer already.
        return None
    if sender is not None and sender.is_bot and message.sender_chat is None:
        return None
    if kind == "edited" and message.text is None and message.caption is None:
        # A live location moves by edits; a picture changed without words asks nothing new.
        return None
    private = chat.type == ChatType.PRIVATE
    content = _content(message)
    date = int(message.date.timestamp())
    origin = message.forward_origin
    incoming = Incoming(
        update=number,
        kind=kind,
        chat=chat.id,
        sender=sender.id if sender is not None else chat.id,
        private=private,
        message=message.message_id or None,
        text=_words(message),
        content=content,
        forwarded=origin is not None,
        own=isinstance(origin, MessageOriginUser) and origin.sender_user.id == me.id,
        date=int(message.edit_date.timestamp()) if message.edit_date is not None and kind == "edited" else date,
        first_date=date,
        language=_language(sender),
        album=message.media_group_id,
        service=not any(getattr(message, name) for name in _SENT_BY_PEOPLE),
        earlier=_earlier(message.reply_to_message, me),
        thread=_thread(message),
        photo=_largest(message) if content == "picture" else None,
        voice=_short_note(message),
    )
    return _addressed(incoming, me) if incoming.text or not private else incoming


def _language(user: User | None) -> str | None:
    return (user.language_code or None) if user is not None else None


def _thread(message: TelegramMessage) -> int | None:
    """The topic of a message. Threads of replies, as under a channel's post, are none: Telegram refuses their number."""
    return message.message_thread_id if message.is_topic_message else None


def _earlier(message: TelegramMessage | None, me: Me) -> Earlier | None:
    if message is None or message.forum_topic_created is not None:
        return None
    mine = message.from_user is not None and message.from_user.id == me.id
    actions = tuple(
        button.callback_data
        for row in (message.reply_markup.inline_keyboard if message.reply_markup is not None else ())
        for button in row
        if isinstance(button.callback_data, str)
    )
    return Earlier(message.message_id, mine, _words(message), actions)


def _addressed(incoming: Incoming, me: Me) -> Incoming | None:
    """Find out whether a message is meant for the bot, and free its text of the bot's name."""
    text, earlier, called = incoming.text, incoming.earlier, False
    if incoming.own and not incoming.private:
        return None
    command = _COMMAND.match(text)
    if command is not None:
        name, at = command[1].casefold(), command[2]
        if at is not None:
            if me.username is None or at.casefold() != me.username.casefold():
                return incoming if incoming.private else None
            text = f"/{command[1]}{text[command.end() :]}"
        elif not incoming.private and name not in COMMANDS:
            return None
        if name == "check" and not text[len(name) + 1 :].strip() and earlier is not None and not earlier.mine:
            text = f"/check {earlier.text}".strip()
        return replace(incoming, text=text)
    if me.username is not None and "@" in text:
        text, times = re.subn(rf"@{re.escape(me.username)}\b", "", text, flags=re.IGNORECASE)
        called = times > 0
        text = text.strip()
    if not called:
        return incoming if incoming.private or (earlier is not None and earlier.mine) else None
    if not text and incoming.content == "text":
        # Named and nothing else: what the message replies to is what is asked about.
        if earlier is not None and earlier.text and not earlier.mine:
            return replace(incoming, text=earlier.text, forwarded=True)
        text = "/start"
    return replace(incoming, text=text)


def _largest(message: TelegramMessage) -> str | None:
    """The file of a picture's largest size, or of a picture sent as a document."""
    if message.photo:
        return message.photo[-1].file_id
    return message.document.file_id if message.document is not None else None


def _short_note(message: TelegramMessage) -> str | None:
    """The file of a voice note of at most LONGEST_SECONDS; music and films are none."""
    note = message.voice
    if note is None or not isinstance(note.file_id, str):
        return None
    seconds = note.duration.total_seconds() if isinstance(note.duration, timedelta) else note.duration
    return note.file_id if seconds <= LONGEST_SECONDS else None


def _pressed(number: int, query: CallbackQuery) -> Incoming:
    asker, message = query.from_user, query.message
    chat = message.chat if message is not None else None
    reachable = message if isinstance(message, TelegramMessage) and message.is_accessible else None
    return Incoming(
        update=number,
        kind="pressed",
        chat=chat.id if chat is not None else asker.id,
        sender=asker.id,
        private=chat is None or chat.type == ChatType.PRIVATE,
        message=reachable.message_id if reachable is not None else None,
        text=query.data or "",
        language=_language(asker),
        query=query.id,
        thread=_thread(reachable) if reachable is not None else None,
        shown=_shown(reachable) if reachable is not None else None,
    )


def _shown(message: TelegramMessage) -> Shown | None:
    return Shown(message.text, message.reply_markup) if message.text is not None else None


def _inline(number: int, query: InlineQuery) -> Incoming:
    return Incoming(
        update=number,
        kind="inline",
        chat=query.from_user.id,
        sender=query.from_user.id,
        private=True,
        text=query.query,
        language=_language(query.from_user),
        query=query.id,
    )
