"""The matcher at work: question -> ranked topics with calibrated confidence.

How a question is read: it is clipped and folded; unknown words are repaired; Latin-letter Arabic is also read in
Arabic letters. Each reading is held against a linear classifier over hashed n-grams and against the nearest
phrasing; where an encoder is at hand, its sentence vector against a logistic model and the nearest vector. The
weights of that evidence, the chances and the thresholds are learnt from the content alone (matching.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.core.calibration import Doubles, chance_of, softmax
from bot.core.features import Floats, Ints, Vectoriser, buckets
from bot.core.nearest import NearestPhrasing, best_per_topic
from bot.core.ranking import Ranked, Ranking, RankingOutcome, Why
from bot.core.readings import Question, Reader
from bot.core.semantic import projected

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> one row of unit length each."""

KINDS = ("classifier", "nearest", "vector", "nearest vector")
"""The kinds of evidence; the last two are nought without an encoder."""
GROUPS = ("arabic", "arabizi", "latin")
"""Kinds of writing, each with its own weights and chances."""
_SHOWN = 5
MOST_CHOICES = 3
_PARTS = re.compile(
    r"[?؟!\n]+|[.،,;؛]\s|\s(?:و|او|وهم|and|also|w|wa)\s|\s(?=و(?:شلون|شنو|شكد|شگد|وين|ليش|منو|هل|كيف|ماذا|كم|متى|اين|أين|ما)\s)"
)
_LEAST_PART = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The two borders between the outcomes, and what they cost on the content."""

    answer: float
    """Chance that the first topic is right from which it is answered at once."""
    choices: float
    """Chance that the right topic is among the first three from which they are offered."""
    answered: float
    """Share of held-out phrasings answered at once."""
    wrong: float
    """Share of held-out phrasings answered at once with a wrong topic."""
    offered: float
    """Share of held-out phrasings whose topic is answered or offered."""
    foreign_answered: float
    """Share of held-out foreign questions answered at once."""
    foreign_offered: float
    """Share of held-out foreign questions that get buttons."""


@dataclass(frozen=True, slots=True)
class Chances:
    """What was learnt for one kind of writing."""

    fusion: Doubles
    """Weight of each kind of evidence."""
    first: Doubles
    """Logistic model of "the first topic is right"."""
    among: Doubles
    """Logistic model of "the right topic is among the first three"."""


@dataclass(frozen=True, slots=True)
class Index:
    """What the content's texts were made into. Class len(topics), where there is one, is "no topic"."""

    vectoriser: Vectoriser
    weights: NDArray[np.float32] | NDArray[np.float16]
    """Of the linear classifier, shape (columns, classes)."""
    nearest: NearestPhrasing
    starts: NDArray[np.int64]
    """First phrasing of each class."""
    phrasings: tuple[str, ...]
    vectors: Floats | None
    """Projected sentence vectors of the phrasings; None without an encoder."""
    projection: Floats | None
    vector_weights: Floats | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each class."""

    kinds: Doubles
    """Shape (classes, len(KINDS))."""
    known: float
    """Share of the question's letter groups that the content holds."""
    likeness: Floats
    """To each phrasing."""


def classifier_scores(index: Ints, values: Floats, weights: NDArray[np.float32] | NDArray[np.float16]) -> Floats:
    """Return one margin per class for a sparse row."""
    result: Floats = values @ weights[index].astype(np.float32, copy=False)
    return result


def gather(
    question: Question,
    index: Index,
    vector: Floats | None,
    *,
    vector_weights: Floats | None = None,
    without: NDArray[np.int64] | None = None,
) -> Evidence:
    """Return the evidence for a question; other vector weights and phrasings to do without are for held-out asking."""
    classes = len(index.starts)
    kinds = np.zeros((classes, len(KINDS)))
    likeness = np.zeros(len(index.phrasings), np.float32)
    known = 0.0
    for _, reading, weight in question.readings:
        columns, values, share = index.vectoriser.row(buckets(reading))
        known = max(known, share)
        kinds[:, 0] += weight * classifier_scores(columns, values, index.weights)
        likeness += np.float32(weight) * index.nearest.likeness(columns, values)
    if without is not None:
        likeness[without] = 0
    kinds[:, 1] = best_per_topic(likeness, index.starts)
    if (
        vector is not None
        and index.vectors is not None
        and index.projection is not None
        and index.vector_weights is not None
    ):
        kinds[:, 2] = vector @ (index.vector_weights if vector_weights is None else vector_weights)
        cosines = index.vectors @ projected(vector, index.projection)
        if without is not None:
            cosines[without] = 0
        kinds[:, 3] = best_per_topic(cosines, index.starts)
    return Evidence(kinds, known, likeness)


def signals_of(scores: Doubles, evidence: Evidence, real: int) -> Doubles:
    """Return what the chances are told from, for fused scores of shape (classes,)."""
    chance = softmax(scores)
    order = np.argsort(-scores[:real])[:4]
    best = order[0]
    second = order[1] if len(order) > 1 else best
    foreign = scores[real] if len(scores) > real else scores[best] - 8
    return np.array(
        [
            np.log(chance[best] + 1e-6),
            np.log(chance[order[:3]].sum() + 1e-6),
            min(8.0, scores[best] - scores[second]),
            min(8.0, scores[best] - scores[order[-1]]),
            np.clip(scores[best] - foreign, -8, 8),
            *evidence.kinds[best],
            evidence.known,
        ]
    )


class LearntMatcher:
    """The matcher of `build_matcher`; see Matcher in ranking.py."""

    def __init__(
        self,
        topics: Sequence[str],
        reader: Reader,
        index: Index,
        chances: Mapping[str, Chances],
        thresholds: Mapping[str, Thresholds],
        encoder: Encoder | None = None,
    ) -> None:
        self._topics = tuple(topics)
        self._reader = reader
        self._index = index
        self._chances = chances
        self._encoder = encoder
        self.thresholds = thresholds
        """For each kind of writing in GROUPS."""

    def rank(self, question: str, *, why: bool = False) -> Ranking:
        """Rank topics for one message as typed; with `why`, explain it."""
        whole = self._rank(question, why=why)
        parts = [part for part in _PARTS.split(question[:600]) if len(part.split()) >= _LEAST_PART]
        if not 2 <= len(parts) <= 3 or whole.outcome == "none":
            return whole
        return self._join(whole, [self._rank(part) for part in parts[:2]])

    @staticmethod
    def _join(whole: Ranking, parts: Sequence[Ranking]) -> Ranking:
        """Return the ranking of a message that may ask two things."""
        sure = dict.fromkeys(p.answered[0] for p in parts if p.answered)
        if len(sure) < 2:
            return whole
        if whole.outcome == "answer" and whole.answered[0] not in sure:
            return whole
        chance = {r.topic: r.confidence for part in parts for r in part.ranked[:1]}
        rest = [r for r in whole.ranked if r.topic not in sure]
        ranked = sorted((Ranked(t, chance[t]) for t in sure), key=lambda r: -r.confidence) + rest
        return Ranking(tuple(ranked[:_SHOWN]), "answer", tuple(r.topic for r in ranked[:2]), (), whole.why)

    def _rank(self, text: str, *, why: bool = False) -> Ranking:
        question = self._reader.question(text)
        vector = None
        if self._encoder is not None and question.sentence:
            vector = self._encoder([question.sentence])[0]
        evidence = gather(question, self._index, vector)
        chances = self._chances[question.group]
        real = len(self._topics)
        scores = evidence.kinds @ chances.fusion
        signals = signals_of(scores, evidence, real)
        first, among = float(chance_of(chances.first, signals)), float(chance_of(chances.among, signals))
        order = np.argsort(-scores[:real], kind="stable")[:_SHOWN]
        share = softmax(scores[:real])[order]
        rest = np.minimum(share[1:] / max(1e-9, 1 - share[0]) * (1 - first), first)
        ranked = tuple(Ranked(self._topics[t], round(float(c), 4)) for t, c in zip(order, [first, *rest], strict=True))
        outcome = self._outcome(question, first, among)
        return Ranking(
            ranked=ranked,
            outcome=outcome,
            answered=(ranked[0].topic,) if outcome == "answer" else (),
            choices=tuple(r.topic for r in ranked[:MOST_CHOICES]) if outcome == "choices" else (),
            why=self._why(question, order, evidence, scores) if why else None,
        )

    def _outcome(self, question: Question, first: float, among: float) -> RankingOutcome:
        if question.script.script not in ("arabic", "latin", "arabizi") or not question.readings[0][1].words:
            return "none"
        borders = self.thresholds[question.group]
        if first >= borders.answer:
            return "answer"
        return "choices" if among >= borders.choices else "none"

    def _why(self, question: Question, order: NDArray[np.int64], evidence: Evidence, scores: Doubles) -> Why:
        starts, phrasings, likeness = self._index.starts, self._index.phrasings, evidence.likeness
        ends = [*starts[1:], len(phrasings)]
        nearest = []
        for topic in order:
            start = int(starts[topic])
            best = start + int(np.argmax(likeness[start : ends[topic]]))
            nearest.append((self._topics[topic], phrasings[best], round(float(likeness[best]), 3)))
        return Why(
            readings=tuple((name, " ".join(reading.words)) for name, reading, _ in question.readings),
            repaired=question.repaired,
            nearest=tuple(nearest),
            scores=tuple(
                (
                    self._topics[topic],
                    (
                        *((k, round(float(v), 3)) for k, v in zip(KINDS, evidence.kinds[topic], strict=True)),
                        ("sum", round(float(scores[topic]), 3)),
                    ),
                )
                for topic in order
            ),
        )
