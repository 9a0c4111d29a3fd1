"""The lane before everything else: who may be in danger now gets fixed help, whatever else is broken.

Two listen together. Word patterns of the editors are certain and can say why; they work when no model is there. A
trained detector hears what is told indirectly. There are three levels: "full" answers with help at once, "ask" asks
first, with the help already in that message, and "note" is an ordinary answer led by one line of help. Every
language's words are looked for in every message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Literal

from bot.dialogue.campaign import DangerKind
from bot.dialogue.corpus import UNKNOWN_PLACE
from bot.dialogue.urgent_reply import UrgentReply
from bot.nlu.detector import Detection, DetectionExplanation, Detector, Hints
from bot.nlu.normalize import words as folded_words
from bot.nlu.patterns import Pattern, PatternView, Vocabulary
from bot.nlu.utterance import Utterance

Level = Literal["full", "ask", "note"]
UNKNOWN = "unknown"
"""The danger of somebody who asks for help and says no more."""
_LEVELS: tuple[Level, ...] = ("note", "ask", "full")
_SURE_OF_LABEL = 0.6
"""Probability of a danger from which the detector's choice beats that of the patterns."""
_NAMED_PLACE, _USUAL_PLACE = 1.0, 0.9
"""Log odds that a place gains by being named, and by being where people in this danger usually are."""
_SURE_PLACE = 0.6
"""A place less probable than this is taken for unknown: that reply helps anywhere, and a wrong one sends somebody to
people who hurt them. On held-out training texts it takes Iraq for Russia or Russia for Iraq in 3 % instead of 9 %."""
_LIKELIER_AFTER_DANGER = 0.55
"""Share of a threshold that is enough when the same chat spoke of danger a few minutes ago."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the lane heard."""

    level: Level
    danger: str
    place: str
    """Where the person in danger is: an id of the campaign's places, or "unknown"."""
    who: str
    """Who is in danger; see corpus.WHO."""
    topics: tuple[str, ...]
    """Topics whose buttons the urgent reply carries, best first."""
    asks: bool = False
    """Whether the reply asks if there is danger now."""
    alone: bool = False
    """Whether the reply stands alone, without topics."""
    probability: float = 1.0
    """Of the level; 1 where the patterns alone decided."""
    explanation: DetectionExplanation | None = None

    def surer_than(self, scam: float) -> bool:
        """Whether it is likelier that somebody is in danger than that the text is an offer that is a trap."""
        return self.probability >= scam


@dataclass(frozen=True, slots=True)
class DangerWords:
    """The phrases of one danger in one language, as an editor wrote them."""

    id: str
    strong: tuple[str, ...]
    weak: tuple[str, ...]


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
    """Place id -> how it is named."""
    enlisting: tuple[str, ...]
    recruiting: tuple[str, ...]
    reply: UrgentReply


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the word patterns found."""

    danger: str
    level: Level


@dataclass(frozen=True, slots=True)
class _Compiled:
    strong: tuple[tuple[str, tuple[Pattern, ...]], ...]
    weak: tuple[tuple[str, tuple[Pattern, ...]], ...]
    negations: tuple[Pattern, ...]
    cancels: tuple[Pattern, ...]
    softens: tuple[Pattern, ...]
    self_words: tuple[Pattern, ...]
    relatives: tuple[Pattern, ...]
    places: Mapping[str, tuple[Pattern, ...]]
    enlisting: tuple[Pattern, ...]
    recruiting: tuple[Pattern, ...]


class SafetyLane:
    """Listens for danger. Holds nothing that changes."""

    def __init__(
        self, words: Iterable[SafetyWords], kinds: Sequence[DangerKind] = (), detector: Detector | None = None
    ) -> None:
        """Without kinds the dangers stand in the order of the words. Raises PatternError (a ValueError) for a pattern
        that cannot be read."""
        listed = tuple(words)
        if not listed:
            raise ValueError("The urgent lane needs the words of at least one language.")
        self._detector = detector
        named = [*(kind.id for kind in kinds), *(danger.id for one in listed for danger in one.dangers), UNKNOWN]
        by_id = {kind.id: kind for kind in kinds}
        self._kinds = {
            danger: by_id.get(danger) or DangerKind(danger, UNKNOWN_PLACE, (), ()) for danger in dict.fromkeys(named)
        }
        self.replies = {one.language: one.reply for one in listed}
        self._safe_words = {folded_words(word) for one in listed for word in one.safe_words} - {()}
        self._first_safe_word = {one.language: one.safe_words[0] for one in listed if one.safe_words}
        self._vocabulary = Vocabulary()
        self._compiled = _merged(tuple(_compile(one, self._vocabulary) for one in listed), tuple(self._kinds))
        self._vocabulary.seal()

    @property
    def dangers(self) -> tuple[str, ...]:
        """All danger ids, the most pressing first."""
        return tuple(self._kinds)

    @property
    def unknown(self) -> Alarm:
        """The alarm of the urgent button, /urgent and the safe word."""
        return self.alarm(UNKNOWN)

    def kind(self, danger: str) -> DangerKind:
        """What does not depend on a language; that of the unknown danger for an id that is not known."""
        return self._kinds.get(danger) or self._kinds[UNKNOWN]

    def alarm(self, danger: str) -> Alarm:
        """The full alarm of one danger, for whoever pressed Yes; the unknown one for an id that is not known."""
        kind = self.kind(danger)
        return Alarm("full", kind.id, kind.place, "self", kind.topics, alone=kind.alone)

    def safe_word(self, language: str) -> str | None:
        """The word that brings the help again, in a language."""
        return self._first_safe_word.get(language)

    def is_safe_word(self, utterance: Utterance) -> bool:
        """Whether a whole message is the safe word of any language."""
        return utterance.tokens in self._safe_words

    def hints(self, utterance: Utterance) -> Hints:
        """What the word patterns say, for the detector: (a clear danger, any danger)."""
        heard = self._by_patterns(self._view(utterance))
        return (float(heard is not None and heard.level == "full"), float(heard is not None))

    def listen(self, utterance: Utterance, recent: Sequence[str] = (), *, explain: bool = False) -> Alarm | None:
        """The danger that a message speaks of, or None. Never raises.

        `recent` are the dangers that the same chat spoke of a few minutes ago: what follows them is likelier to be
        meant so.
        """
        if not utterance.tokens:
            return None
        view = self._view(utterance)
        heard = self._by_patterns(view)
        detection = None
        if self._detector is not None:
            hints = (float(heard is not None and heard.level == "full"), float(heard is not None))
            detection = self._detector.predict(utterance, hints, explain=explain)
        level = _level(heard, detection, after_danger=bool(recent))
        kind = self.kind(_danger(heard, detection, recent))
        if level in (None, "note") and heard is not None and self.kind(heard.danger).alone:
            # Whoever may mean to die is asked, however unlikely a detector finds it: never topics in reply to that.
            level, kind = "ask", self.kind(heard.danger)
        elif level == "note" and kind.alone:
            level = "ask"
        if level is None:
            return None
        who = self._who(view, detection)
        return Alarm(
            level,
            kind.id,
            self._place(view, kind, detection),
            who,
            self._topics(view, kind, who),
            asks=level == "ask" and kind.ask_first,
            alone=kind.alone,
            probability=detection.levels[level] if detection is not None else 1.0,
            explanation=detection.explanation if detection is not None else None,
        )

    def _view(self, utterance: Utterance) -> PatternView:
        known = utterance.memo.get(self)
        if known is None:
            known = utterance.memo[self] = self._vocabulary.read(utterance)
        assert isinstance(known, PatternView)
        return known

    def _by_patterns(self, view: PatternView) -> _Heard | None:
        words = self._compiled
        found, level = self._first(view, words, view.after(words.negations))
        if found is None:
            return None
        if view.any(words.cancels):
            return _Heard(found, "ask") if found == "self-harm" and level == "full" else None
        if view.any(words.softens):
            return _Heard(found, "ask") if level == "full" else None
        return _Heard(found, level)

    @staticmethod
    def _first(view: PatternView, words: _Compiled, blocked: int) -> tuple[str | None, Level]:
        for danger, patterns in words.strong:
            if view.any(patterns, blocked):
                return danger, "full"
        for danger, patterns in words.weak:
            if view.any(patterns, blocked):
                return danger, "ask"
        return None, "ask"

    def _place(self, view: PatternView, kind: DangerKind, detection: Detection | None) -> str:
        """Where the person in danger is: by the words and by what is likely; without a detector by where people in
        this danger usually are."""
        named = [place for place, patterns in self._compiled.places.items() if view.any(patterns)]
        likely = dict.fromkeys((*self._compiled.places, UNKNOWN_PLACE), log(1 / 3))
        if detection is not None and "place" in detection.tags:
            value, probability = detection.tags["place"]
            rest = (1 - probability) / max(1, len(likely) - 1)
            likely = {place: log(max(1e-3, probability if place == value else rest)) for place in likely}
        else:
            likely[kind.place] = likely.get(kind.place, log(1 / 3)) + _USUAL_PLACE
        for place in named:
            likely[place] = likely.get(place, log(1 / 3)) + _NAMED_PLACE
        best = max(likely, key=lambda place: likely[place])
        share = exp(likely[best]) / sum(exp(odds) for odds in likely.values())
        return best if detection is None or share >= _SURE_PLACE else UNKNOWN_PLACE

    def _who(self, view: PatternView, detection: Detection | None) -> str:
        if detection is not None and "who" in detection.tags and detection.tags["who"][1] >= 0.5:
            return detection.tags["who"][0]
        relative = view.any(self._compiled.relatives) is not None
        return "relative" if relative and not view.any(self._compiled.self_words) else "self"

    def _topics(self, view: PatternView, kind: DangerKind, who: str) -> tuple[str, ...]:
        if kind.alone:
            return ()
        if who in ("self", "woman"):
            return kind.topics
        if view.any(self._compiled.self_words):
            return tuple(dict.fromkeys((*kind.relative_topics[:1], *kind.topics[:1])))
        return kind.relative_topics

    def steer(self, utterance: Utterance) -> Literal["enlisting", "recruiting"] | None:
        """Whether somebody asks how to enlist, or how to recruit."""
        view = self._view(utterance)
        if view.any(self._compiled.recruiting):
            return "recruiting"
        return "enlisting" if view.any(self._compiled.enlisting) else None


def _level(heard: _Heard | None, detection: Detection | None, *, after_danger: bool) -> Level | None:
    """The level of the patterns alone where there is no detector; else the detector's, which has heard the patterns.

    A clear pattern is never passed over in silence.
    """
    if detection is None:
        return heard.level if heard is not None else None
    level = detection.level
    if after_danger:
        reached = [
            known
            for known in _LEVELS
            if detection.levels[known] >= detection.thresholds[known] * _LIKELIER_AFTER_DANGER
        ]
        level = reached[-1] if reached else level
    if level is None and heard is not None and heard.level == "full":
        return "note"
    return next((known for known in _LEVELS if known == level), None)


def _danger(heard: _Heard | None, detection: Detection | None, recent: Sequence[str]) -> str:
    if detection is None:
        return heard.danger if heard is not None else UNKNOWN
    if heard is not None and heard.level == "full" and detection.label_probability < _SURE_OF_LABEL:
        return heard.danger
    if detection.label == UNKNOWN and recent:
        return recent[-1]
    return detection.label


def _compile(words: SafetyWords, vocabulary: Vocabulary) -> _Compiled:
    groups = words.groups

    def all_of(lines: Iterable[str], *, exact: bool = False) -> tuple[Pattern, ...]:
        return tuple(vocabulary.compile(line, groups, exact=exact) for line in lines)

    return _Compiled(
        strong=tuple((danger.id, all_of(danger.strong)) for danger in words.dangers),
        weak=tuple((danger.id, all_of(danger.weak)) for danger in words.dangers),
        negations=all_of(words.negations, exact=True),
        cancels=all_of(words.cancels, exact=True),
        softens=all_of(words.softens, exact=True),
        self_words=all_of(words.self_words),
        relatives=all_of(words.relatives),
        places={place: all_of(lines) for place, lines in words.places.items()},
        enlisting=all_of(words.enlisting),
        recruiting=all_of(words.recruiting),
    )


def _merged(languages: tuple[_Compiled, ...], order: Sequence[str]) -> _Compiled:
    """All languages' patterns as one: people mix languages within one sentence."""

    def dangers(
        lists: Iterable[tuple[tuple[str, tuple[Pattern, ...]], ...]],
    ) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
        gathered: dict[str, tuple[Pattern, ...]] = {}
        for one in lists:
            for danger, patterns in one:
                gathered[danger] = gathered.get(danger, ()) + patterns
        return tuple((danger, gathered[danger]) for danger in order if danger in gathered)

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
        places={
            place: tuple(pattern for one in languages for pattern in one.places.get(place, ()))
            for place in dict.fromkeys(place for one in languages for place in one.places)
        },
        enlisting=joined("enlisting"),
        recruiting=joined("recruiting"),
    )
