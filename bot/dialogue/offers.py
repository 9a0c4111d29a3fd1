"""The offer checker: a pasted or forwarded advert -> the warning signs in it, each with the words that show it.

It never says that an offer is safe, least of all where it found nothing. The words of every language are looked for
in every text; the report comes in one language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from bot.dialogue.corpus import SCAM
from bot.dialogue.urgent_reply import Renders
from bot.nlu.detector import Detection, DetectionExplanation, Detector, Hints
from bot.nlu.normalize import normalize
from bot.nlu.patterns import LONGEST_WORDS, Found, Pattern, PatternView, Vocabulary, seen_words
from bot.nlu.span_tagger import SpanTagger
from bot.nlu.utterance import Utterance

LONGEST_QUOTE = 80
"""Characters of an offer that are quoted for one sign."""
FEWEST_TYPED = 4
"""Words from which a typed text may be an offer: "yes" and "you lie" are none, whatever a detector makes of them."""
FEWEST_WORDS = 5
"""A shorter text is a question or a heading, not an offer."""
FEWEST_FORWARDED = 2
"""Different invitations and terms from which a forwarded text is an offer."""
FEWEST_EVIDENCE = 6
"""The same for a typed text, an invitation counting twice."""
FEWEST_TERMS_ALONE = 7
"""Different terms that make an offer where nothing invites."""
FORWARDED_SHARE = 0.6
"""Share of a threshold that is enough for a forwarded text."""
DOUBTFUL, FEWEST_DOUBTFUL = 0.35, 2
"""An offer that is a trap with this probability shows its signs where the patterns find so many."""
MOST_TOLD = 3
"""Signs that are told in full; the others are named."""
_CHUNK = re.compile(r"\S+|\n+")
"""Words as typed; a line break ends a clause."""
_EDGES = " \t\n\r.,;:!?،؛؟-–—•*|/()[]{}\"'«»"


@dataclass(frozen=True, slots=True)
class Sign:
    """One warning sign found, and the words of the text that show it."""

    id: str
    quote: str


@dataclass(frozen=True, slots=True)
class OfferReading:
    """What an offer holds; the signs in the order of the word files."""

    signs: tuple[Sign, ...]
    scam: float = 0.0
    """Probability that it is a trap."""
    explanation: DetectionExplanation | None = None


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

    def __init__(
        self, words: Iterable[OfferWords], detector: Detector | None = None, tagger: SpanTagger | None = None
    ) -> None:
        """Without words and models it finds no offers. Raises PatternError (a ValueError) for a pattern that cannot be
        read."""
        self._detector, self._tagger = detector, tagger
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

    def hints(self, utterance: Utterance) -> Hints:
        """What the word patterns say, for the detector: (whether it is an offer, how many signs it shows)."""
        view = self._view(utterance)
        offer = self._is_offer(view, forwarded=False, asks=_asks(utterance))
        return (float(offer), min(1.0, len(self._found(view)) / 3))

    def read(self, utterance: Utterance, *, forwarded: bool = False, explain: bool = False) -> OfferReading | None:
        """The signs in an offer; None for a text that is no offer. Never raises.

        A forwarded text counts as an offer more readily than one that somebody typed.
        """
        view = self._view(utterance)
        count = sum(map(bool, view.words))
        if not forwarded and count < FEWEST_TYPED:
            return None
        if self._detector is None:
            offer = count >= FEWEST_WORDS and self._is_offer(view, forwarded=forwarded, asks=_asks(utterance))
            return OfferReading(self._quoted(utterance, self._found(view))) if offer else None
        found = self._found(view)
        hints = (float(self._is_offer(view, forwarded=False, asks=_asks(utterance))), min(1.0, len(found) / 3))
        detection = self._detector.predict(utterance, hints, explain=explain)
        share = FORWARDED_SHARE if forwarded else 1.0
        if all(detection.levels[level] < detection.thresholds[level] * share for level in detection.levels):
            return None
        return OfferReading(
            self._signs_of(utterance, found, detection),
            scam=round(detection.levels[SCAM], 4),
            explanation=detection.explanation,
        )

    def _signs_of(
        self, utterance: Utterance, found: Sequence[tuple[str, Found]], detection: Detection
    ) -> tuple[Sign, ...]:
        """The signs that both readers see, in the order of the word files; none in an offer that looks honest."""
        suspect = detection.levels[SCAM] >= detection.thresholds[SCAM]
        if not suspect and (detection.levels[SCAM] < DOUBTFUL or len(found) < FEWEST_DOUBTFUL):
            return ()
        spans = self._tagger.predict(utterance) if self._tagger is not None else ()
        if not spans and not found and self._tagger is not None:
            spans = self._tagger.likeliest(utterance)
        quotes = {sign.id: sign.quote for sign in self._quoted(utterance, found)}
        quotes |= {span.label: _shortened(utterance.raw[span.start : span.end]) for span in spans}
        known = dict.fromkeys((*(sign.id for sign in self._signs), *quotes))
        return tuple(Sign(sign, quotes[sign]) for sign in known if sign in quotes)

    def _quoted(self, utterance: Utterance, found: Sequence[tuple[str, Found]]) -> tuple[Sign, ...]:
        spans = _spans(utterance.raw) if found else []
        return tuple(Sign(sign, _quote(utterance.raw, spans, place)) for sign, place in found)

    def _view(self, utterance: Utterance) -> PatternView:
        known = utterance.memo.get(self)
        if known is None:
            known = utterance.memo[self] = self._vocabulary.read(utterance, by_clause=True)
        assert isinstance(known, PatternView)
        return known

    def _is_offer(self, view: PatternView, *, forwarded: bool, asks: bool) -> bool:
        calls = sum(1 for pattern in self._calls if view.has(pattern))
        terms = sum(1 for pattern in self._terms if view.has(pattern))
        against = view.any(self._warnings) or view.any(self._news)
        if against:
            return False
        if forwarded:
            return calls + terms >= FEWEST_FORWARDED
        if asks or view.any(self._questions):
            return calls >= 2 and terms >= 5
        if calls == 0:
            return terms >= FEWEST_TERMS_ALONE
        return terms >= 2 and 2 * calls + terms >= FEWEST_EVIDENCE

    def _found(self, view: PatternView) -> list[tuple[str, Found]]:
        places: dict[str, Found] = {}
        for sign in self._signs:
            blocked = view.covered(sign.without)
            for pattern in sign.patterns:
                place = view.find(pattern, blocked)
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
        """The report as paragraphs of HTML, in a language or in the first one that there is; none without words."""
        if not self._words:
            return ()
        if language not in self._words:
            language = next(iter(self._words))
        known = self._words[language]
        by_id = {sign.id: sign for sign in known.signs}
        report = known.report

        def said(text: str) -> tuple[str, ...]:
            return tuple(render.paragraph(part.strip(), language, today) for part in text.split("\n\n") if part.strip())

        signs = [sign for sign in reading.signs if sign.id in by_id]
        told = [self._told(by_id[sign.id], sign.quote, language, render, today) for sign in signs[:MOST_TOLD]]
        left = [by_id[sign.id].name for sign in signs[MOST_TOLD:]]
        more = said(report.more.replace("{names}", ("، " if language == "ar" else ", ").join(left))) if left else ()
        # What to do comes with the verdict, before the reasons: many read no further.
        first = said(report.found if signs else report.nothing_found)
        return (*first, *(said(report.next) if signs else ()), *told, *more, *(() if signs else said(report.ask)))

    @staticmethod
    def _told(about: SignWords, quote: str, language: str, render: Renders, today: date) -> str:
        """One sign as a paragraph of HTML: its name, the words that show it, why it matters."""
        name = render.paragraph(about.name, language, today)
        why = render.paragraph(about.why, language, today)
        quoted = f"<blockquote>{escape(quote, quote=False)}</blockquote>" if quote else "\n"
        return f"<b>{name}</b>{quoted}{why}"


def _spans(text: str) -> list[tuple[int, int]]:
    """Where each word that patterns see stands in the text, as (begin, end) characters."""
    spans: list[tuple[int, int]] = []
    for chunk in _CHUNK.finditer(text):
        spans += [chunk.span()] * len(seen_words(normalize(chunk.group()), by_clause=True))
        if len(spans) >= LONGEST_WORDS:
            break
    return spans


def _asks(utterance: Utterance) -> bool:
    return utterance.clean[-1:] in ("?", "؟")


def _quote(text: str, spans: list[tuple[int, int]], place: Found) -> str:
    """The words of a text that a match covers, at most LONGEST_QUOTE characters; empty where they cannot be told."""
    if place.start >= len(spans):
        return ""
    begin, end = spans[place.start][0], spans[min(place.end, len(spans)) - 1][1]
    return _shortened(text[begin : max(end, begin)])


def _shortened(words: str) -> str:
    quote = " ".join(words.split()).strip(_EDGES)
    return quote[: LONGEST_QUOTE - 1].rstrip() + "…" if len(quote) > LONGEST_QUOTE else quote
