"""What the channel remembers for a short time, in this process only, under a key that dies at midnight.

Nothing here is ever written. Chats are known by an HMAC under a random key that is renewed each day in Baghdad;
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
GATHER_SECONDS = 8.0
"""How long the words of the last question are kept, so that its rest can be read together with it."""

DAY_CHECK_SECONDS = 1.0

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a question that may come in several."""

    text: str
    kind: Kind
    forwarded: bool


@dataclass(slots=True)
class Gathered:
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


@dataclass(frozen=True, slots=True)
class Answered:
    """Which messages answer which: numbers only."""

    questions: tuple[int, ...]
    answers: tuple[int, ...]
    at: float


@dataclass(slots=True)
class Bucket:
    """A token bucket."""

    tokens: float
    at: float
    told: bool = False
    """Whether the sender has been told to wait since the bucket was last half full."""

    def take(self, now: float, size: float, seconds_per_token: float, count: int = 1) -> bool:
        """Take so many tokens if they are there."""
        self.tokens = min(size, self.tokens + (now - self.at) / seconds_per_token)
        self.at = now
        if self.tokens >= size / 2:
            self.told = False
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

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)


@dataclass(slots=True)
class _Memory:
    languages: Bounded[str]
    gathered: Bounded[Gathered]
    answered: Bounded[list[Answered]]
    messages: Bounded[Bucket]
    presses: Bounded[Bucket]
    welcomed: Bounded[float]
    key: bytes


class ShortMemory:
    """The short-lived state of all chats."""

    def __init__(
        self,
        today: Callable[[], date],
        chats: int = CHATS,
        now: Callable[[], float] = time.monotonic,
        key_of: Callable[[date], bytes] = lambda _: secrets.token_bytes(32),
    ) -> None:
        """Take the day in Baghdad, the bound on chats, a monotonic clock in seconds, and what gives a day's key."""
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
            *(Bounded(size), Bounded(size), Bounded(size), Bounded(size), Bounded(size), Bounded(size)),
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

    # ---- the question that is still being written

    def gathered(self, chat: int) -> Gathered | None:
        """The last question, unless its time has passed."""
        key = self._key(chat)
        found = self._memory.gathered.get(key)
        if found is not None and self._now() - found.arrived > GATHER_SECONDS:
            self._memory.gathered.drop(key)
            return None
        return found

    def gather(self, chat: int, question: Gathered) -> None:
        """Remember the last question for some seconds. Old ones of all chats go at the same time."""
        self._memory.gathered.put(self._key(chat), question)

    def close_gathering(self, chat: int) -> None:
        """The next message begins a new question."""
        self._memory.gathered.drop(self._key(chat))

    def drop_old_words(self) -> None:
        """Drop the words of every question whose time has passed; called each second."""
        entries = self._memory.gathered._entries
        limit = self._now() - GATHER_SECONDS
        for key in [key for key, question in entries.items() if question.arrived < limit]:
            del entries[key]

    # ---- which message answers which

    def remember_answer(self, chat: int, questions: tuple[int, ...], answers: tuple[int, ...]) -> None:
        """Remember message numbers, so that an edit or Hide finds its answer; replaces what shared a message."""
        key = self._key(chat)
        told = self._memory.answered.get(key) or []
        kept = [old for old in told if not set(old.answers) & set(answers)]
        self._memory.answered.put(key, [*kept, Answered(questions, answers, self._now())][-ANSWERS_PER_CHAT:])

    def answer_with(self, chat: int, message: int) -> Answered | None:
        """The question and answer that a message number belongs to."""
        limit = self._now() - ANSWER_SECONDS
        for told in reversed(self._memory.answered.get(self._key(chat)) or []):
            if (message in told.answers or message in told.questions) and told.at >= limit:
                return told
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

    def first_welcome(self, chat: int, seconds: float) -> bool:
        """Whether a chat has not been welcomed back within so many seconds; it has been from now on."""
        key = self._key(chat)
        before = self._memory.welcomed.get(key)
        now = self._now()
        if before is not None and now - before < seconds:
            return False
        self._memory.welcomed.put(key, now)
        return True

    def forget(self, chat: int) -> None:
        """Drop everything about a chat but its buckets, which would otherwise be refilled by asking."""
        key = self._key(chat)
        memory = self._memory
        memory.languages.drop(key)
        memory.gathered.drop(key)
        memory.answered.drop(key)
        memory.welcomed.drop(key)

    # ---- several workers

    def shown(self, chat: int) -> dict[str, Any]:
        """What other workers may know of a chat: numbers, the language and the buckets, never a word of it."""
        key, memory = self._key(chat), self._memory
        buckets = {"messages": memory.messages.get(key), "presses": memory.presses.get(key)}
        limit = self._now() - ANSWER_SECONDS
        return {
            "language": memory.languages.get(key),
            "welcomed": memory.welcomed.get(key),
            "answered": [
                [told.questions, told.answers, told.at] for told in memory.answered.get(key) or [] if told.at >= limit
            ],
            **{name: [one.tokens, one.at, one.told] if one is not None else None for name, one in buckets.items()},
        }

    def learn(self, chat: int, shown: Mapping[str, Any]) -> None:
        """Take over what another worker of this machine has shown. The clock of `now` must be the machine's."""
        key, memory = self._key(chat), self._memory
        _set(memory.languages, key, shown["language"])
        _set(memory.welcomed, key, shown["welcomed"])
        answered = [Answered(tuple(questions), tuple(answers), at) for questions, answers, at in shown["answered"]]
        _set(memory.answered, key, answered or None)
        for bucket, values in ((memory.messages, shown["messages"]), (memory.presses, shown["presses"])):
            if values is not None:
                bucket.put(key, Bucket(*values))


def _set(entries: Bounded[Value], key: bytes, value: Value | None) -> None:
    if value is None:
        entries.drop(key)
    else:
        entries.put(key, value)
