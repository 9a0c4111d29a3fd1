"""The matcher at work: question -> ranked topics with calibrated confidence.

How a question is read: it is clipped and folded; unknown words are repaired; Latin-letter Arabic is also read in
Arabic letters. Each variant is held against a linear classifier over hashed n-grams and against the nearest
phrasing; where an encoder is at hand, its sentence vector against a logistic model and the nearest vector. The
weights of that evidence, the models and the thresholds are learnt from the content alone (matching.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.nlu.calibration import Doubles, predict_proba, softmax
from bot.nlu.embeddings import projected
from bot.nlu.featurizer import Featurizer, Floats, Ints, buckets
from bot.nlu.knn import NearestExamples, best_per_topic
from bot.nlu.preprocessor import Preprocessor, Question
from bot.nlu.ranking import Explanation, Ranked, Ranking, RankingOutcome
from bot.nlu.utterance import Utterance

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> one row of unit length each."""
QueryEncoder = Callable[[Sequence[str]], NDArray[np.float32] | None]
"""The same for what people ask; None when there is no time for it now."""

SCORE_NAMES = ("classifier", "nearest", "vector", "nearest vector")
"""The scores_by_kind of evidence; the last two are nought without an encoder."""
GROUPS = ("arabic", "arabizi", "latin")
"""Kinds of writing, each with its own weights and models."""
_SHOWN = 5
MOST_CHOICES = 3
_PARTS = re.compile(
    r"[?؟!\n]+|[.،,;؛]\s|\s(?:و|او|وهم|and|also|w|wa)\s|\s(?=و(?:شلون|شنو|شكد|شگد|وين|ليش|منو|هل|كيف|ماذا|كم|متى|اين|أين|ما)\s)"
)
_LEAST_PART = 3
"""Words of a part; what is shorter asks nothing by itself."""
_MOST_PARTS = 3
_LIKELY = 0.65
"""Chance from which a half's topic counts as meant, where the whole message points to it too."""
_POSSIBLE = 0.2
"""Chance from which a half's topic is worth a button."""
_LONGEST_TWO = 600
"""Characters of a message that are searched for two questions."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The two thresholds between the outcomes, and what they cost on the content."""

    answer: float
    """Chance that the first topic is right from which it is answered at once."""
    choices: float
    """Chance that the right topic is top3 the first three from which they are offered."""
    answered: float
    """Share of held-out phrasings answered at once."""
    wrong: float
    """Share of held-out phrasings answered at once with a wrong topic."""
    offered: float
    """Share of held-out phrasings whose topic is answered or offered."""
    out_of_scope_answered: float
    """Share of held-out out_of_scope questions answered at once."""
    out_of_scope_offered: float
    """Share of held-out out_of_scope questions that get buttons."""


@dataclass(frozen=True, slots=True)
class ProbabilityModel:
    """What was learnt for one kind of writing."""

    score_weights: Doubles
    """Weight of each kind of evidence."""
    first: Doubles
    """Logistic model of "the first topic is right"."""
    top3: Doubles
    """Logistic model of "the right topic is top3 the first three"."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What some evidence is worth, for each kind of writing in GROUPS."""

    models: Mapping[str, ProbabilityModel]
    thresholds: Mapping[str, Thresholds]


@dataclass(frozen=True, slots=True)
class Index:
    """What the content's texts were made into. Class len(topics), where there is one, is "no topic"."""

    featurizer: Featurizer
    weights: NDArray[np.float32] | NDArray[np.float16]
    """Of the linear classifier, shape (columns, classes)."""
    nearest: NearestExamples
    starts: NDArray[np.int64]
    """First phrasing of each class."""
    phrasings: tuple[str, ...]
    vectors: Floats | None
    """Projected sentence vectors of the phrasings; None without an encoder."""
    projection: Floats | None
    vector_weights: Floats | None
    written: NDArray[np.uint64]
    """`digest_of` every wording that stands under one topic only, sorted."""
    written_under: Ints
    """The topic of each."""


def digest_of(tokens: Sequence[str]) -> int:
    """Return 64 bits that stand for a question's folded words."""
    return int.from_bytes(blake2b(" ".join(tokens).encode("utf-8", "replace"), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each class."""

    scores_by_kind: Doubles
    """Shape (classes, len(SCORE_NAMES))."""
    known: float
    """Share of the question's letter groups that the content holds."""
    similarity: Floats
    """To each phrasing."""


def gather(question: Question, index: Index, *, without: NDArray[np.int64] | None = None) -> Evidence:
    """Return the evidence of a question's words; phrasings to do without are for held-out asking."""
    scores_by_kind = np.zeros((len(index.starts), len(SCORE_NAMES)))
    rows, shares = index.featurizer.rows(buckets([variant for _, variant, _ in question.variants]))
    # Both scores_by_kind of evidence are linear: the variants' rows, each with its weight, count as one.
    weights = np.array([weight for _, _, weight in question.variants], dtype=np.float32)
    values = rows.data * np.repeat(weights, np.diff(rows.indptr))
    if len(values):
        scores_by_kind[:, 0] = values @ index.weights.take(rows.indices, axis=0).astype(np.float32, copy=False)
    similarity = index.nearest.similarity(rows.indices, values)
    if without is not None:
        similarity[without] = 0
    scores_by_kind[:, 1] = best_per_topic(similarity, index.starts)
    return Evidence(scores_by_kind, float(shares.max()), similarity)


def add_vectors(
    evidence: Sequence[Evidence],
    vectors: Floats,
    index: Index,
    *,
    weights: Floats | None = None,
    without: NDArray[np.int64] | None = None,
) -> None:
    """Add what sentence vectors tell of questions; other weights and phrasings to do without are for held-out asking.

    `vectors` has one row a question.
    """
    if index.vectors is None or index.projection is None or index.vector_weights is None:
        return
    margins = vectors @ (index.vector_weights if weights is None else weights)
    cosines = projected(vectors, index.projection) @ index.vectors.T
    if without is not None:
        cosines[:, without] = 0
    best = np.maximum.reduceat(cosines, index.starts, axis=1)
    for number, one in enumerate(evidence):
        one.scores_by_kind[:, 2] = margins[number]
        one.scores_by_kind[:, 3] = best[number]


def meta_features_of(scores: Doubles, evidence: Evidence, real: int) -> Doubles:
    """Return what the models are tokens from, for fused scores of shape (classes,)."""
    probability = softmax(scores)
    order = np.argsort(-scores[:real])[:4]
    best = order[0]
    second = order[1] if len(order) > 1 else best
    out_of_scope = scores[real] if len(scores) > real else scores[best] - 8
    return np.array(
        [
            np.log(probability[best] + 1e-6),
            np.log(probability[order[:3]].sum() + 1e-6),
            min(8.0, scores[best] - scores[second]),
            min(8.0, scores[best] - scores[order[-1]]),
            np.clip(scores[best] - out_of_scope, -8, 8),
            *evidence.scores_by_kind[best],
            evidence.known,
        ]
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question and what speaks for which topic."""

    question: Question
    evidence: Evidence


class IntentClassifier:
    """The matcher of `build_matcher`; see Matcher in ranking.py."""

    def __init__(
        self,
        topics: Sequence[str],
        preprocessor: Preprocessor,
        index: Index,
        by_words: Calibration,
        by_vectors: Calibration | None = None,
        encoder: QueryEncoder | None = None,
    ) -> None:
        """Take what was learnt: what the words alone are worth and, with an encoder, the words and the vectors."""
        self._topics = tuple(topics)
        self._preprocessor = preprocessor
        self._index = index
        self._by_words = by_words
        self._by_vectors = by_vectors
        self._encoder = encoder

    @property
    def thresholds(self) -> Mapping[str, Thresholds]:
        """Those in force while there is time for all evidence, for each kind of writing in GROUPS."""
        return (self._by_vectors or self._by_words).thresholds

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Rank labels for one message; with `explain`, say why."""
        whole = self._read(utterance)
        parts = self._parts(utterance)
        calibration = self._add_vectors([whole, *parts])
        ranking = self._ranking(whole, calibration, explain=explain)
        if not parts or ranking.outcome == "none":
            return ranking
        return _joined(ranking, *(self._ranking(part, calibration) for part in parts))

    def _read(self, utterance: Utterance) -> _Asked:
        question = self._preprocessor.question(utterance)
        return _Asked(question, gather(question, self._index))

    def _parts(self, utterance: Utterance) -> list[_Asked]:
        """Return the two halves of a message that may ask two things; [] for any other."""
        parts = [part for part in _PARTS.split(utterance.normal[:_LONGEST_TWO]) if len(part.split()) >= _LEAST_PART]
        if not 2 <= len(parts) <= _MOST_PARTS:
            return []
        best: list[_Asked] = []
        least = 0.0
        for border in range(1, len(parts)):
            halves = [self._read(utterance.excerpt(" . ".join(half))) for half in (parts[:border], parts[border:])]
            margins = [half.evidence.scores_by_kind[:, 0] for half in halves]
            likeliest = {int(margin.argmax()) for margin in margins}
            # Sentence vectors cost most: only halves that look like two different topics get them.
            if len(likeliest) == 2 and len(self._topics) not in likeliest:
                clear = min(float(margin.max()) for margin in margins)
                if not best or clear > least:
                    best, least = halves, clear
        return best

    def _add_vectors(self, asked: Sequence[_Asked]) -> Calibration:
        """Add the evidence of sentence vectors, if there is time; return what the evidence is worth.

        Several at once cost little more than one.
        """
        tokens = [one for one in asked if one.question.sentence]
        if self._encoder is None or self._by_vectors is None or not tokens:
            return self._by_words
        vectors = self._encoder([one.question.sentence for one in tokens])
        if vectors is None:
            return self._by_words
        add_vectors([one.evidence for one in tokens], vectors, self._index)
        return self._by_vectors

    def _ranking(self, asked: _Asked, calibration: Calibration, *, explain: bool = False) -> Ranking:
        question, evidence = asked.question, asked.evidence
        models = calibration.models[question.group]
        real = len(self._topics)
        scores = evidence.scores_by_kind @ models.score_weights
        meta_features = meta_features_of(scores, evidence, real)
        first, top3 = (
            float(predict_proba(models.first, meta_features)),
            float(predict_proba(models.top3, meta_features)),
        )
        order = np.argsort(-scores[:real], kind="stable")[:_SHOWN]
        share = softmax(scores[:real])[order]
        rest = np.minimum(share[1:] / max(1e-9, 1 - share[0]) * (1 - first), first)
        ranked = tuple(Ranked(self._topics[t], round(float(c), 4)) for t, c in zip(order, [first, *rest], strict=True))
        outcome = self._outcome(question, calibration.thresholds[question.group], first, top3)
        return Ranking(
            ranked=ranked,
            outcome=outcome,
            answered=(ranked[0].topic,) if outcome == "answer" else (),
            choices=tuple(r.topic for r in ranked[:MOST_CHOICES]) if outcome == "choices" else (),
            written=self._written(question),
            explanation=self._explain(question, order, evidence, scores) if explain else None,
        )

    def _written(self, question: Question) -> str | None:
        digest = np.uint64(digest_of(question.variants[0][1].words))
        place = int(np.searchsorted(self._index.written, digest))
        if place == len(self._index.written) or self._index.written[place] != digest:
            return None
        return self._topics[int(self._index.written_under[place])]

    @staticmethod
    def _outcome(question: Question, thresholds: Thresholds, first: float, top3: float) -> RankingOutcome:
        if question.script not in ("arabic", "latin", "arabizi") or not question.variants[0][1].words:
            return "none"
        if first >= thresholds.answer:
            return "answer"
        return "choices" if top3 >= thresholds.choices else "none"

    def _explain(
        self, question: Question, order: NDArray[np.int64], evidence: Evidence, scores: Doubles
    ) -> Explanation:
        starts, phrasings, similarity = self._index.starts, self._index.phrasings, evidence.similarity
        ends = [*starts[1:], len(phrasings)]
        nearest = []
        for topic in order:
            start = int(starts[topic])
            best = start + int(np.argmax(similarity[start : ends[topic]]))
            nearest.append((self._topics[topic], phrasings[best], round(float(similarity[best]), 3)))
        return Explanation(
            variants=tuple((name, " ".join(variant.words)) for name, variant, _ in question.variants),
            repaired=question.repaired,
            nearest=tuple(nearest),
            scores=tuple(
                (
                    self._topics[topic],
                    (
                        *(
                            (k, round(float(v), 3))
                            for k, v in zip(SCORE_NAMES, evidence.scores_by_kind[topic], strict=True)
                        ),
                        ("sum", round(float(scores[topic]), 3)),
                    ),
                )
                for topic in order
            ),
        )


def _joined(whole: Ranking, *halves: Ranking) -> Ranking:
    """Return the ranking of a message that may ask two things, from those of the message and of its halves."""
    found = [half.ranked[0] for half in halves if half.ranked and half.ranked[0].confidence >= _POSSIBLE]
    if len({one.topic for one in found}) < 2:
        return whole
    pointed_to = {one.topic for one in whole.ranked[:MOST_CHOICES]}
    answered = {half.answered[0] for half in halves if half.answered}
    meant = [one for one in found if one.topic in answered or (one.confidence >= _LIKELY and one.topic in pointed_to)]
    topics = {one.topic for one in found}
    rest = [one for one in whole.ranked if one.topic not in topics]
    if len(meant) == 2 and (whole.outcome != "answer" or whole.answered[0] in topics):
        ranked = (*sorted(meant, key=lambda one: -one.confidence), *rest)[:_SHOWN]
        return replace(
            whole, ranked=ranked, outcome="answer", answered=tuple(one.topic for one in ranked[:2]), choices=()
        )
    # The whole message's first topic stays first; what the halves ask comes next.
    first, *later = whole.ranked
    known = {one.topic: one for one in later}
    asked = (
        max(one, known.get(one.topic, one), key=lambda o: o.confidence) for one in found if one.topic != first.topic
    )
    ranked = (first, *asked, *(one for one in rest if one is not first))[:_SHOWN]
    choices = tuple(one.topic for one in ranked[:MOST_CHOICES]) if whole.outcome == "choices" else ()
    return replace(whole, ranked=ranked, choices=choices)
