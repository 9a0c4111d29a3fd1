"""The lane before everything else: who may be in danger now gets fixed help, whatever else is broken.

Strong phrases answer at once ("full"); weak ones ask first, with the contacts already in that message ("ask"). The
words are handed in, one `SafetyWords` per language, and every language's words are looked for in every message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from bot.nlu.normalize import words as folded_words
from bot.nlu.patterns import Pattern, PatternView, Vocabulary
from bot.nlu.utterance import Utterance

Level = Literal["full", "ask"]
Place = Literal["iraq", "russia", "unknown"]


class Renders(Protocol):
    """What fills {contact:ID} and {number:ID} and makes HTML of a plain paragraph."""

    def paragraph(self, text: str, language: str, today: date) -> str:
        """One plain text with placeholders -> one paragraph of HTML."""
        ...


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the lane found."""

    level: Level
    danger: str
    place: Place
    topics: tuple[str, ...]
    """Topics whose buttons the urgent reply carries, best first."""


@dataclass(frozen=True, slots=True)
class DangerWords:
    """The phrases of one danger in one language, as an editor wrote them."""

    id: str
    strong: tuple[str, ...]
    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UrgentReply:
    """The sentences of the fixed reply in one language; plain text with placeholders."""

    full: str
    """First sentence when the danger is clear."""
    ask: str
    """First sentence when it is asked whether there is danger."""
    now: Mapping[str, str]
    """What to do now: danger id -> sentences; "unknown" for a button pressed without words."""
    contacts: Mapping[str, str]
    """Whom to turn to: iraq, russia, unknown -> sentences."""
    machine: str
    kindness: str
    again: str
    """How to see this again; {word} stands for the safe word."""


@dataclass(frozen=True, slots=True)
class SafetyWords:
    """One language's words for the lane."""

    language: str
    safe_words: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    negations: tuple[str, ...]
    cancels: tuple[str, ...]
    softens: tuple[str, ...]
    dangers: tuple[DangerWords, ...]
    self_words: tuple[str, ...]
    relatives: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    """Place id -> patterns that tell it."""
    enlisting: tuple[str, ...]
    recruiting: tuple[str, ...]
    reply: UrgentReply


@dataclass(frozen=True, slots=True)
class _Danger:
    """What does not depend on a language."""

    place: Place
    topics: tuple[str, ...]
    relative_topics: tuple[str, ...]


UNKNOWN = "unknown"
"""The danger of somebody who asks for help and says no more."""

_UNKNOWN_TOPICS = ("hotline-911-iraq", "in-russia-which-number")
_DANGERS: Mapping[str, _Danger] = {
    "self-harm": _Danger("unknown", ("hotline-911-iraq",), ("hotline-911-iraq",)),
    "killed": _Danger(
        "unknown",
        ("family-is-the-news-true", "family-bring-body-home"),
        ("family-is-the-news-true", "family-bring-body-home"),
    ),
    "wounded": _Danger(
        "russia", ("in-russia-wounded", "in-russia-at-the-front"), ("in-russia-wounded", "family-son-calls-from-camp")
    ),
    "in-camp": _Danger(
        "russia",
        ("in-russia-training-camp", "in-russia-lost-passport"),
        ("family-son-calls-from-camp", "in-russia-training-camp"),
    ),
    "at-front": _Danger(
        "russia",
        ("in-russia-at-the-front", "contact-i-want-to-live"),
        ("family-son-calls-from-camp", "in-russia-at-the-front"),
    ),
    "detained": _Danger(
        "russia",
        ("arrival-expired-visa-police", "in-russia-not-signed"),
        ("arrival-expired-visa-police", "contact-embassy-moscow"),
    ),
    "minor": _Danger(
        "unknown", ("scam-agreed-want-out", "hotline-911-iraq"), ("family-talk-to-son", "hotline-911-iraq")
    ),
    "papers-taken": _Danger(
        "russia",
        ("in-russia-lost-passport", "in-russia-not-signed"),
        ("family-son-missing-first-steps", "contact-embassy-moscow"),
    ),
    "held": _Danger(
        "russia",
        ("in-russia-not-signed", "in-russia-lost-passport"),
        ("family-son-missing-first-steps", "contact-embassy-moscow"),
    ),
    "threatened": _Danger(
        "unknown", ("hotline-911-iraq", "scam-agreed-want-out"), ("family-money-for-silence", "hotline-911-iraq")
    ),
    "leaving-now": _Danger(
        "unknown", ("scam-agreed-want-out", "scam-tourist-visa"), ("scam-friend-leaving-now", "family-talk-to-son")
    ),
    "silent-relative": _Danger(
        "unknown",
        ("family-son-missing-first-steps", "contact-red-crescent"),
        ("family-son-missing-first-steps", "contact-red-crescent"),
    ),
    UNKNOWN: _Danger("unknown", _UNKNOWN_TOPICS, _UNKNOWN_TOPICS),
}
DANGERS: tuple[str, ...] = tuple(_DANGERS)
"""Danger ids, the most pressing first: where a message speaks of two, the first decides."""

_ENLISTING = ("law-is-joining-a-crime", "risk-survival")
_RECRUITING = ("law-recruiter-punishment", "law-what-is-trafficking")


@dataclass(frozen=True, slots=True)
class _Compiled:
    strong: tuple[tuple[str, tuple[Pattern, ...]], ...]
    weak: tuple[tuple[str, tuple[Pattern, ...]], ...]
    negations: tuple[Pattern, ...]
    cancels: tuple[Pattern, ...]
    softens: tuple[Pattern, ...]
    self_words: tuple[Pattern, ...]
    relatives: tuple[Pattern, ...]
    in_russia: tuple[Pattern, ...]
    in_iraq: tuple[Pattern, ...]
    enlisting: tuple[Pattern, ...]
    recruiting: tuple[Pattern, ...]


class SafetyLane:
    """Looks for danger in messages and words the fixed reply. Holds nothing that changes."""

    def __init__(self, words: Iterable[SafetyWords]) -> None:
        """Raises PatternError (a ValueError) for a pattern that cannot be read."""
        listed = tuple(words)
        if not listed:
            raise ValueError("The urgent lane needs the words of at least one language.")
        self._replies = {one.language: one.reply for one in listed}
        self._safe_words = {folded_words(word) for one in listed for word in one.safe_words} - {()}
        self._first_safe_word = {one.language: one.safe_words[0] for one in listed if one.safe_words}
        self._vocabulary = Vocabulary()
        self._compiled = _merged(tuple(_compile(one, self._vocabulary) for one in listed))
        self._vocabulary.seal()

    @property
    def dangers(self) -> tuple[str, ...]:
        """All danger ids, the most pressing first."""
        return DANGERS

    @property
    def unknown(self) -> Alarm:
        """The alarm of the urgent button, /urgent and the safe word."""
        return Alarm("full", UNKNOWN, "unknown", _UNKNOWN_TOPICS)

    def alarm(self, danger: str) -> Alarm:
        """The full alarm of one danger, for whoever pressed Yes; the unknown one for an id that is not known."""
        known = _DANGERS.get(danger)
        if known is None:
            return self.unknown
        return Alarm("full", danger, known.place, known.topics)

    def is_safe_word(self, utterance: Utterance) -> bool:
        """Whether a whole message is the safe word of any language."""
        return utterance.tokens in self._safe_words

    def read(self, utterance: Utterance) -> PatternView:
        """A message as the word patterns see it, for `look` and `steer`. Never raises."""
        return self._vocabulary.read(utterance)

    def look(self, message: PatternView) -> Alarm | None:
        """The danger that a message speaks of, or None. Never raises."""
        if not message.words:
            return None
        words = self._compiled
        blocked = message.after(words.negations)
        found, level = self._danger(message, words, blocked)
        if found is None:
            return None
        if message.any(words.cancels):
            if found != "self-harm" or level == "ask":
                return None
            level = "ask"
        elif message.any(words.softens):
            if level == "ask":
                return None
            level = "ask"
        return Alarm(level, found, self._place(message, found), self._topics(message, found))

    @staticmethod
    def _danger(message: PatternView, words: _Compiled, blocked: int) -> tuple[str | None, Level]:
        for danger, patterns in words.strong:
            if message.any(patterns, blocked):
                return danger, "full"
        for danger, patterns in words.weak:
            if message.any(patterns, blocked):
                return danger, "ask"
        return None, "ask"

    def _place(self, message: PatternView, danger: str) -> Place:
        usual = _DANGERS[danger].place
        russia, iraq = message.any(self._compiled.in_russia), message.any(self._compiled.in_iraq)
        if iraq and not russia and usual != "russia":
            return "iraq"
        if russia and not iraq and usual == "unknown" and danger in ("self-harm", "threatened"):
            return "russia"
        return usual

    def _topics(self, message: PatternView, danger: str) -> tuple[str, ...]:
        known = _DANGERS[danger]
        relative = message.any(self._compiled.relatives) is not None
        if not relative:
            return known.topics
        if message.any(self._compiled.self_words):
            return tuple(dict.fromkeys((known.relative_topics[0], known.topics[0])))
        return known.relative_topics

    def steer(self, message: PatternView) -> tuple[str, ...]:
        """Topic ids for somebody who asks how to enlist or how to recruit; else ()."""
        if message.any(self._compiled.recruiting):
            return _RECRUITING
        if message.any(self._compiled.enlisting):
            return _ENLISTING
        return ()

    def paragraphs(self, alarm: Alarm, language: str, render: Renders, today: date) -> tuple[str, ...]:
        """The fixed urgent reply as paragraphs of HTML, in a language or in the first one that there is."""
        if language not in self._replies:
            language = next(iter(self._replies))
        reply = self._replies[language]
        parts = [
            reply.full if alarm.level == "full" else reply.ask,
            reply.now.get(alarm.danger) or reply.now[UNKNOWN],
            reply.contacts[alarm.place],
            reply.machine,
            reply.kindness,
        ]
        safe_word = self._first_safe_word.get(language)
        if safe_word is not None:
            parts.append(reply.again.replace("{word}", safe_word))
        return tuple(
            render.paragraph(piece.strip(), language, today)
            for part in parts
            for piece in part.split("\n\n")
            if piece.strip()
        )


def _compile(words: SafetyWords, vocabulary: Vocabulary) -> _Compiled:
    groups = words.groups

    def all_of(lines: Iterable[str], *, exact: bool = False) -> tuple[Pattern, ...]:
        return tuple(vocabulary.compile(line, groups, exact=exact) for line in lines)

    by_id = {danger.id: danger for danger in words.dangers}
    ordered = [by_id[danger] for danger in DANGERS if danger in by_id]
    return _Compiled(
        strong=tuple((danger.id, all_of(danger.strong)) for danger in ordered),
        weak=tuple((danger.id, all_of(danger.weak)) for danger in ordered),
        negations=all_of(words.negations, exact=True),
        cancels=all_of(words.cancels, exact=True),
        softens=all_of(words.softens, exact=True),
        self_words=all_of(words.self_words),
        relatives=all_of(words.relatives),
        in_russia=all_of(words.places.get("russia", ())),
        in_iraq=all_of(words.places.get("iraq", ())),
        enlisting=all_of(words.enlisting),
        recruiting=all_of(words.recruiting),
    )


def _merged(languages: tuple[_Compiled, ...]) -> _Compiled:
    """All languages' patterns as one: people mix languages within one sentence."""

    def dangers(
        lists: Iterable[tuple[tuple[str, tuple[Pattern, ...]], ...]],
    ) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
        gathered: dict[str, tuple[Pattern, ...]] = {}
        for one in lists:
            for danger, patterns in one:
                gathered[danger] = gathered.get(danger, ()) + patterns
        return tuple((danger, gathered[danger]) for danger in DANGERS if danger in gathered)

    def joined(name: str) -> tuple[Pattern, ...]:
        return tuple(pattern for one in languages for pattern in getattr(one, name))

    return _Compiled(
        strong=dangers(one.strong for one in languages),
        weak=dangers(one.weak for one in languages),
        negations=joined("negations"),
        cancels=joined("cancels"),
        softens=joined("softens"),
        self_words=joined("self_words"),
        relatives=joined("relatives"),
        in_russia=joined("in_russia"),
        in_iraq=joined("in_iraq"),
        enlisting=joined("enlisting"),
        recruiting=joined("recruiting"),
    )
