"""What the channel remembers for a short time, in this process only, under a key that dies at midnight.

Nothing here is ever written. Chats are known by an HMAC under a random key that is renewed each day;
everything is bounded, so that no number of senders makes it grow.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from bot.dialogue.reply import Kind

CHATS = 8192
"""Chats remembered at most; the one longest not seen goes first."""
ANSWERS_PER_CHAT = 8
ANSWER_SECONDS = 3600.0
"""How long an edited question still finds its answer."""
PENDING_SECONDS = 8.0
"""How long the words of the last question are kept, so that its rest can be read together with it."""
STATE_SECONDS = 600.0
"""How long the conversation's own small value of a chat is kept."""

DAY_CHECK_SECONDS = 1.0

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a question that may come in several."""

    text: str
    kind: Kind
    forwarded: bool
    heard: bool = False


@dataclass(slots=True)
class PendingQuestion:
    """The last question of a chat, while its rest may still come."""

    parts: dict[int, Part]
    """Message number -> what it said."""
    answers: tuple[int, ...]
    """Message numbers of the answer."""
    urgent: bool
    album: str | None
    last_date: int
    """Telegram's time of the last part, Unix seconds."""
    arrived: float
    """When the last part arrived here, monotonic seconds."""
    thread: int | None = None


@dataclass(frozen=True, slots=True)
class MessageLink:
    """Which messages answer which: numbers only."""

    questions: tuple[int, ...]
    answers: tuple[int, ...]
    at: float
    shown: int | None = None
    """Python's hash of the reply, under a key of this process; None: not known here."""


@dataclass(frozen=True, slots=True)
class Held:
    """The conversation's value of a chat."""

    value: str
    until: float
    """Monotonic seconds."""


@dataclass(slots=True)
class Bucket:
    """A token bucket."""

    tokens: float
    at: float
    warned: bool = False
    """Whether the sender has been told to wait since the bucket was last half full."""

    def take(self, now: float, size: float, seconds_per_token: float, count: int = 1) -> bool:
        """Take so many tokens if they are there."""
        self.tokens = min(size, self.tokens + (now - self.at) / seconds_per_token)
        self.at = now
        if self.tokens >= size / 2:
            self.warned = False
        if self.tokens < count:
            return False
        self.tokens -= count
        return True


class Bounded(Generic[Value]):
    """A mapping that holds at most so many entries; the one longest untouched goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, Value] = OrderedDict()

    def get(self, key: bytes) -> Value | None:
        """The value of a key, which becomes the last to go."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: bytes, value: Value) -> None:
        """Set a key."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: bytes) -> None:
        """Forget a key, if it is there."""
        self._entries.pop(key, None)

    def drop_where(self, old: Callable[[Value], bool]) -> None:
        """Forget what is old."""
        for key in [key for key, value in self._entries.items() if old(value)]:
            del self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(slots=True)
class _Memory:
    languages: Bounded[str]
    pending: Bounded[PendingQuestion]
    links: Bounded[list[MessageLink]]
    messages: Bounded[Bucket]
    presses: Bounded[Bucket]
    welcomed: Bounded[tuple[float, bool]]
    held: Bounded[Held]
    key: bytes


class ChatState:
    """What is remembered of all chats, for a short time."""

    def __init__(
        self,
        today: Callable[[], date],
        chats: int = CHATS,
        now: Callable[[], float] = time.monotonic,
        key_of: Callable[[date], bytes] = lambda _: secrets.token_bytes(32),
    ) -> None:
        """Take what gives the day, the bound on chats, a monotonic clock in seconds, and what gives a day's key."""
        self._today = today
        self._key_of = key_of
        self._chats = chats
        self._now = now
        self._day = today()
        self._day_checked = now()
        self._last: tuple[int, bytes] | None = None
        self._memory = self._fresh()

    def _fresh(self) -> _Memory:
        size = self._chats
        return _Memory(
            *(Bounded(size), Bounded(size), Bounded(size), Bounded(size), Bounded(size), Bounded(size), Bounded(size)),
            self._key_of(self._day),
        )

    def _key(self, chat: int) -> bytes:
        now = self._now()
        if now - self._day_checked > DAY_CHECK_SECONDS or now < self._day_checked:
            self._day_checked = now
            today = self._today()
            if today != self._day:
                self._day, self._last = today, None
                self._memory = self._fresh()
        # One message asks for the same chat's key several times.
        if self._last is None or self._last[0] != chat:
            self._last = (chat, hmac.digest(self._memory.key, str(chat).encode(), "sha256")[:16])
        return self._last[1]

    # ---- language

    def language(self, chat: int) -> str | None:
        """The language that the asker has chosen today."""
        return self._memory.languages.get(self._key(chat))

    def choose_language(self, chat: int, language: str) -> None:
        """Remember a choice until midnight."""
        self._memory.languages.put(self._key(chat), language)

    # ---- the conversation's own small value

    def load(self, chat: int) -> str | None:
        """What the conversation has saved of a chat, unless its time has passed."""
        held = self.held(chat)
        return held.value if held is not None else None

    def save(self, chat: int, value: str | None) -> None:
        """Keep a small value of a chat, which holds ids only, for STATE_SECONDS; None drops it."""
        self.hold(chat, Held(value, self._now() + STATE_SECONDS) if value is not None else None)

    def held(self, chat: int) -> Held | None:
        """The same with the time that it has left."""
        held = self._memory.held.get(self._key(chat))
        return held if held is not None and held.until > self._now() else None

    def hold(self, chat: int, held: Held | None) -> None:
        """Keep a value until its own time; None drops it."""
        _set(self._memory.held, self._key(chat), held)

    # ---- the question that is still being written

    def pending(self, chat: int) -> PendingQuestion | None:
        """The last question, unless its time has passed."""
        key = self._key(chat)
        found = self._memory.pending.get(key)
        if found is not None and self._now() - found.arrived > PENDING_SECONDS:
            self._memory.pending.drop(key)
            return None
        return found

    def remember_question(self, chat: int, question: PendingQuestion) -> None:
        """Remember the last question for some seconds."""
        self._memory.pending.put(self._key(chat), question)

    def close_question(self, chat: int) -> None:
        """The next message begins a new question."""
        self._memory.pending.drop(self._key(chat))

    def drop_expired(self) -> None:
        """Drop the words of every question and every value whose time has passed; called each second."""
        now = self._now()
        self._memory.pending.drop_where(lambda question: now - question.arrived > PENDING_SECONDS)
        self._memory.held.drop_where(lambda held: held.until <= now)

    # ---- which message answers which

    def link(self, chat: int, questions: tuple[int, ...], answers: tuple[int, ...], shown: int | None = None) -> None:
        """Remember message numbers, so that an edit or Hide finds its answer; replaces what shared a message."""
        key = self._key(chat)
        links = self._memory.links.get(key) or []
        kept = [old for old in links if not set(old.answers) & set(answers)]
        self._memory.links.put(key, [*kept, MessageLink(questions, answers, self._now(), shown)][-ANSWERS_PER_CHAT:])

    def link_of(self, chat: int, message: int) -> MessageLink | None:
        """The question and answer that a message number belongs to."""
        limit = self._now() - ANSWER_SECONDS
        for link in reversed(self._memory.links.get(self._key(chat)) or []):
            if (message in link.answers or message in link.questions) and link.at >= limit:
                return link
        return None

    # ---- floods and late answers

    def message_bucket(self, chat: int, size: float) -> Bucket:
        """The bucket for what a chat sends."""
        return self._bucket(self._memory.messages, chat, size)

    def press_bucket(self, chat: int, size: float) -> Bucket:
        """The bucket for the buttons that a chat presses."""
        return self._bucket(self._memory.presses, chat, size)

    def _bucket(self, buckets: Bounded[Bucket], chat: int, size: float) -> Bucket:
        key = self._key(chat)
        bucket = buckets.get(key)
        if bucket is None:
            bucket = Bucket(size, self._now())
            buckets.put(key, bucket)
        return bucket

    def first_welcome(self, chat: int, seconds: float, *, urgent: bool) -> bool:
        """Whether a chat has to be welcomed back: not within so many seconds, nor for the first urgent message."""
        key = self._key(chat)
        before = self._memory.welcomed.get(key)
        now = self._now()
        if before is not None and now - before[0] < seconds and (before[1] or not urgent):
            return False
        self._memory.welcomed.put(key, (now, urgent))
        return True

    def forget(self, chat: int) -> None:
        """Drop everything about a chat but its buckets, which would otherwise be refilled by asking."""
        key, memory = self._key(chat), self._memory
        for entries in (memory.languages, memory.pending, memory.links, memory.welcomed, memory.held):
            entries.drop(key)

    # ---- several workers

    def shown(self, chat: int) -> dict[str, Any]:
        """What other workers may know of a chat: numbers, the language and the buckets, never a word of it."""
        key, memory = self._key(chat), self._memory
        buckets = {"messages": memory.messages.get(key), "presses": memory.presses.get(key)}
        limit = self._now() - ANSWER_SECONDS
        return {
            "language": memory.languages.get(key),
            "welcomed": memory.welcomed.get(key),
            "links": [
                [link.questions, link.answers, link.at] for link in memory.links.get(key) or [] if link.at >= limit
            ],
            **{name: [one.tokens, one.at, one.warned] if one is not None else None for name, one in buckets.items()},
        }

    def learn(self, chat: int, shown: Mapping[str, Any]) -> None:
        """Take over what another worker of this machine has shown. The clock of `now` must be the machine's."""
        key, memory = self._key(chat), self._memory
        _set(memory.languages, key, shown["language"])
        welcomed = shown["welcomed"]
        _set(memory.welcomed, key, (welcomed[0], welcomed[1]) if welcomed is not None else None)
        # What another worker has linked anew has another time, and so shows what is not known here.
        own = {(link.answers, link.at): link.shown for link in memory.links.get(key) or []}
        links = [
            MessageLink(tuple(questions), tuple(answers), at, own.get((tuple(answers), at)))
            for questions, answers, at in shown["links"]
        ]
        _set(memory.links, key, links or None)
        for bucket, values in ((memory.messages, shown["messages"]), (memory.presses, shown["presses"])):
            if values is not None:
                bucket.put(key, Bucket(*values))


def _set(entries: Bounded[Value], key: bytes, value: Value | None) -> None:
    if value is None:
        entries.drop(key)
    else:
        entries.put(key, value)
