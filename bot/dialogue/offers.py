"""The offer checker: a pasted or forwarded advert -> the warning signs in it, each with the words that show it.

It never says that an offer is safe, least of all where it found nothing. The words of every language are looked for
in every text; the report comes in one language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Protocol

from bot.nlu.normalize import normalize
from bot.nlu.patterns import LONGEST_WORDS, Found, Pattern, PatternView, Vocabulary, seen_words
from bot.nlu.utterance import Utterance

LONGEST_QUOTE = 80
"""Characters of an offer that are quoted for one sign."""
LONGEST_REPORT = 3300
"""UTF-16 units of a whole report; Telegram takes 4096 and the markup needs some."""
FEWEST_WORDS = 5
"""A shorter text is a question or a heading, not an offer."""
FEWEST_FORWARDED = 2
"""Different invitations and terms from which a forwarded text is an offer."""
FEWEST_EVIDENCE = 6
"""The same for a typed text, an invitation counting twice."""
FEWEST_TERMS_ALONE = 7
"""Different terms that make an offer where nothing invites."""
WITHOUT_WORDS: Mapping[str, str] = {
    "ar": "لا أستطيع فحص العروض الآن. لا ترسل صورة جوازك ولا مالاً، ولا توقّع ورقة لا تفهمها.",
    "en": "I cannot check offers right now. Send no picture of your passport and no money, and sign no paper that you do "
    "not understand.",
}
"""What is said when the content, and with it every sign, is gone."""
_CHUNK = re.compile(r"\S+|\n+")
"""Words as typed; a line break ends a clause."""
_EDGES = " \t\n\r.,;:!?،؛؟-–—•*|/()[]{}\"'«»"


class Renders(Protocol):
    """What fills {contact:ID} and {number:ID} and makes HTML of a plain paragraph."""

    def paragraph(self, text: str, language: str, today: date) -> str:
        """One plain text with placeholders -> one paragraph of HTML."""
        ...


@dataclass(frozen=True, slots=True)
class Sign:
    """One warning sign found, and the words of the text that show it."""

    id: str
    quote: str


@dataclass(frozen=True, slots=True)
class OfferReading:
    """What an offer holds; the signs in the order of the word files."""

    signs: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class SignWords:
    """One warning sign in one language, as an editor wrote it."""

    id: str
    name: str
    why: str
    ask: str
    patterns: tuple[str, ...]
    without: tuple[str, ...]
    """Phrases that look like the sign and are not."""
    only_with: tuple[str, ...]
    """Ids of signs of which one must be there too; () where the sign speaks for itself."""
    not_with: tuple[str, ...]
    """Ids of signs beside which this one says nothing."""


@dataclass(frozen=True, slots=True)
class OfferReport:
    """The sentences around the signs in one language; plain text with placeholders."""

    found: str
    nothing_found: str
    ask: str
    """What stands before the question to the recruiter."""
    more: str
    """Said when there are more signs than fit; {names} are their names."""
    next: str


@dataclass(frozen=True, slots=True)
class OfferWords:
    """One language's words for the offer checker."""

    language: str
    groups: Mapping[str, tuple[str, ...]]
    calls: tuple[str, ...]
    """How somebody invites: "wanted", "apply", "write to me"."""
    terms: tuple[str, ...]
    """What an offer speaks of: pay, housing, ticket, visa."""
    questions: tuple[str, ...]
    warnings: tuple[str, ...]
    news: tuple[str, ...]
    signs: tuple[SignWords, ...]
    report: OfferReport


@dataclass(frozen=True, slots=True)
class _Sign:
    id: str
    patterns: tuple[Pattern, ...]
    without: tuple[Pattern, ...]
    only_with: frozenset[str]
    not_with: frozenset[str]


class OfferChecker:
    """Reads offers and words the report. Holds nothing that changes."""

    def __init__(self, words: Iterable[OfferWords]) -> None:
        """Without words it finds no offers. Raises PatternError (a ValueError) for a pattern that cannot be read."""
        listed = tuple(words)
        self._words = {one.language: one for one in listed}
        vocabulary = Vocabulary()

        def joined(name: str) -> tuple[Pattern, ...]:
            return tuple(vocabulary.compile(line, one.groups) for one in listed for line in getattr(one, name))

        self._calls, self._terms = joined("calls"), joined("terms")
        self._questions, self._warnings, self._news = joined("questions"), joined("warnings"), joined("news")
        signs: dict[str, _Sign] = {}
        for one in listed:
            for sign in one.signs:
                known = signs.get(sign.id, _Sign(sign.id, (), (), frozenset(), frozenset()))
                signs[sign.id] = _Sign(
                    sign.id,
                    known.patterns + tuple(vocabulary.compile(line, one.groups) for line in sign.patterns),
                    known.without + tuple(vocabulary.compile(line, one.groups) for line in sign.without),
                    known.only_with | frozenset(sign.only_with),
                    known.not_with | frozenset(sign.not_with),
                )
        self._signs = tuple(signs.values())
        vocabulary.seal()
        self._vocabulary = vocabulary

    @property
    def sign_ids(self) -> tuple[str, ...]:
        """All sign ids, in the order of the word files."""
        return tuple(sign.id for sign in self._signs)

    def look(self, utterance: Utterance, *, forwarded: bool = False) -> OfferReading | None:
        """The signs in an offer; None for a text that is no offer. Never raises.

        A forwarded text counts as an offer more readily than one that somebody typed.
        """
        message = self._vocabulary.read(utterance, by_clause=True)
        asks = utterance.clean[-1:] in ("?", "؟")
        if sum(map(bool, message.words)) < FEWEST_WORDS or not self._is_offer(message, forwarded=forwarded, asks=asks):
            return None
        found = self._found(message)
        if not found:
            return OfferReading(())
        spans = _spans(utterance.raw)
        return OfferReading(tuple(Sign(sign, _quote(utterance.raw, spans, place)) for sign, place in found))

    def _is_offer(self, message: PatternView, *, forwarded: bool, asks: bool) -> bool:
        calls = sum(1 for pattern in self._calls if message.has(pattern))
        terms = sum(1 for pattern in self._terms if message.has(pattern))
        against = message.any(self._warnings) or message.any(self._news)
        if against:
            return False
        if forwarded:
            return calls + terms >= FEWEST_FORWARDED
        if asks or message.any(self._questions):
            return calls >= 2 and terms >= 5
        if calls == 0:
            return terms >= FEWEST_TERMS_ALONE
        return terms >= 2 and 2 * calls + terms >= FEWEST_EVIDENCE

    def _found(self, message: PatternView) -> list[tuple[str, Found]]:
        places: dict[str, Found] = {}
        for sign in self._signs:
            blocked = message.covered(sign.without)
            for pattern in sign.patterns:
                place = message.find(pattern, blocked)
                if place is not None:
                    places[sign.id] = place
                    break
        alone = {sign.id for sign in self._signs if sign.id in places and not sign.only_with}
        return [
            (sign.id, places[sign.id])
            for sign in self._signs
            if sign.id in places
            and (not sign.only_with or sign.only_with & alone)
            and not (sign.not_with & places.keys())
        ]

    def paragraphs(self, reading: OfferReading, language: str, render: Renders, today: date) -> tuple[str, ...]:
        """The report as paragraphs of HTML, in a language or in the first one that there is."""
        if not self._words:
            return (render.paragraph(WITHOUT_WORDS.get(language, WITHOUT_WORDS["ar"]), language, today),)
        if language not in self._words:
            language = next(iter(self._words))
        known = self._words[language]
        by_id = {sign.id: sign for sign in known.signs}
        report = known.report

        def said(text: str) -> tuple[str, ...]:
            return tuple(render.paragraph(part.strip(), language, today) for part in text.split("\n\n") if part.strip())

        signs = [sign for sign in reading.signs if sign.id in by_id]
        last = said(report.next)
        first = said(report.found if signs else report.nothing_found)
        room = LONGEST_REPORT - _units(*first, *last)
        blocks = [self._told(by_id[sign.id], sign.quote, report, language, render, today) for sign in signs]
        told = blocks
        if _units(*blocks) + 2 * len(blocks) > room:
            # What does not fit is named at least: room for all names is kept free.
            room -= _units(report.more, *(f"{by_id[sign.id].name}, " for sign in signs))
            fitting = 0
            while fitting < len(blocks) and _units(blocks[fitting]) + 2 <= room:
                room -= _units(blocks[fitting]) + 2
                fitting += 1
            told = blocks[:fitting]
        left = [by_id[sign.id].name for sign in signs[len(told) :]]
        more = said(report.more.replace("{names}", ("، " if language == "ar" else ", ").join(left))) if left else ()
        return (*first, *told, *more, *last)

    @staticmethod
    def _told(about: SignWords, quote: str, report: OfferReport, language: str, render: Renders, today: date) -> str:
        """One sign as a paragraph of HTML: its name, the words that show it, why it matters, what to ask."""
        name = render.paragraph(about.name, language, today)
        why = render.paragraph(about.why, language, today)
        ask = render.paragraph(f"{report.ask} {about.ask}", language, today)
        quoted = f"<blockquote>{escape(quote, quote=False)}</blockquote>" if quote else ""
        return f"<b>{name}</b>\n{quoted}{why}\n<i>{ask}</i>"


def _units(*texts: str) -> int:
    """Length as Telegram counts it."""
    return sum(len(text.encode("utf-16-le", "surrogatepass")) // 2 for text in texts)


def _spans(text: str) -> list[tuple[int, int]]:
    """Where each word that patterns see stands in the text, as (begin, end) characters."""
    spans: list[tuple[int, int]] = []
    for chunk in _CHUNK.finditer(text):
        spans += [chunk.span()] * len(seen_words(normalize(chunk.group()), by_clause=True))
        if len(spans) >= LONGEST_WORDS:
            break
    return spans


def _quote(text: str, spans: list[tuple[int, int]], place: Found) -> str:
    """The words of a text that a match covers, at most LONGEST_QUOTE characters; empty where they cannot be told."""
    if place.start >= len(spans):
        return ""
    begin, end = spans[place.start][0], spans[min(place.end, len(spans)) - 1][1]
    quote = " ".join(text[begin : max(end, begin)].split()).strip(_EDGES)
    if len(quote) > LONGEST_QUOTE:
        quote = quote[: LONGEST_QUOTE - 1].rstrip() + "…"
    return quote
