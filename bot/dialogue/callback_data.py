"""Callback data: a button's whole meaning in at most 64 bytes, so that no button ever needs a memory.

Grammar, fields joined by ":":  1:VERB:LANGUAGE:QUESTION:ARGUMENTS
VERB is one letter or two, QUESTION the question's message number in base 36 or empty, ARGUMENTS depend on the verb;
topics are written as short keys derived from their ids, joined by ".".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from bot.dialogue.telegram_limits import CALLBACK_BYTES

Verb = Literal[
    "start",
    "topics",
    "category",
    "topic",
    "more",
    "other",
    "helpful",
    "not-helpful",
    "urgent",
    "not-urgent",
    "contacts",
    "check",
    "language",
    "privacy",
    "hide",
    "pick",
    "not-said",
]

_CODES: dict[Verb, str] = {
    "start": "s",
    "topics": "ts",
    "category": "c",
    "topic": "t",
    "more": "m",
    "other": "o",
    "helpful": "y",
    "not-helpful": "n",
    "urgent": "u",
    "not-urgent": "nu",
    "contacts": "k",
    "check": "ch",
    "language": "l",
    "privacy": "p",
    "hide": "h",
    "pick": "i",
    "not-said": "ns",
}
_VERBS = {code: verb for verb, code in _CODES.items()}
assert set(_CODES) == set(get_args(Verb)) and len(_VERBS) == len(_CODES)

_VERSION = "1"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TOPICS_PER_ACTION = 4


@dataclass(frozen=True, slots=True)
class Action:
    """What a pressed button asks for."""

    verb: Verb
    language: str
    question: int | None = None
    topics: tuple[str, ...] = ()
    """Topic ids; for verb "other" the runners-up, for "not-urgent" the best topics."""
    category: str | None = None
    """A shelf of the menu, or for verb "urgent" a danger of the safety lane."""
    page: int = 0


_OF_A_CATEGORY: frozenset[Verb] = frozenset({"category", "urgent"})


def topic_key(topic: str) -> str:
    """A topic's short key: six characters, the same in every process and for ever."""
    return hashlib.sha256(topic.encode()).hexdigest()[:6]


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"


class Actions:
    """Writes and reads callback data for one campaign's topics and categories."""

    def __init__(self, topics: Iterable[str], categories: Iterable[str], languages: Iterable[str]) -> None:
        """Take the topic ids, the ids of menu categories and dangers together, and the language codes."""
        self._topics = {topic_key(topic): topic for topic in topics}
        self._categories = {topic_key(category): category for category in categories}
        self._languages = frozenset(languages)

    def encode(self, action: Action) -> str:
        """Write an action as callback data.

        Raises:
            ValueError: the data would be over Telegram's 64 bytes (too many topics, or a very long language code).
        """
        question = "" if action.question is None else _base36(action.question)
        if action.category is not None:
            arguments = f"{topic_key(action.category)}.{action.page}"
        elif action.verb == "topics":
            arguments = str(action.page)
        else:
            arguments = ".".join(topic_key(topic) for topic in action.topics[:TOPICS_PER_ACTION])
        data = ":".join((_VERSION, _CODES[action.verb], action.language, question, arguments))
        if len(data.encode()) > CALLBACK_BYTES:
            raise ValueError(f"callback data over {CALLBACK_BYTES} bytes")
        return data

    def decode(self, data: str) -> Action | None:
        """Read callback data; None for anything that this version did not write. Unknown topics are dropped."""
        fields = data.split(":")
        if len(fields) != 5 or fields[0] != _VERSION or fields[1] not in _VERBS or fields[2] not in self._languages:
            return None
        verb, language, arguments = _VERBS[fields[1]], fields[2], fields[4]
        question: int | None = None
        if fields[3]:
            if len(fields[3]) > 12 or any(character not in _DIGITS for character in fields[3]):
                return None
            question = int(fields[3], 36)
        page = 0
        category: str | None = None
        topics: tuple[str, ...] = ()
        if verb in _OF_A_CATEGORY:
            key, _, number = arguments.partition(".")
            category = self._categories.get(key)
            if category is None and verb == "category":
                return None
            page = _page(number)
        elif verb == "topics":
            page = _page(arguments)
        elif arguments:
            topics = tuple(self._topics[key] for key in arguments.split(".") if key in self._topics)
        return Action(verb, language, question, topics, category, page)


def _page(number: str) -> int:
    return int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
