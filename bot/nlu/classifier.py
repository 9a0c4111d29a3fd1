"""Which label a message means: ranked labels with calibrated probabilities.

How a message is read: it is clipped and folded; unknown words are corrected; Latin-letter Arabic is also read in
Arabic letters. What then speaks for each label stands in evidence.py. The weights of that evidence, the probabilities
and the thresholds are learnt from the examples alone (training.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bot.nlu.calibration import Doubles, predict_proba, softmax
from bot.nlu.evidence import SCORE_NAMES, Evidence, Index, add_vectors, gather, nearest_examples
from bot.nlu.featurizer import Ints
from bot.nlu.preprocessor import Question
from bot.nlu.ranking import Explanation, Ranked, Ranking, RankingOutcome
from bot.nlu.reader import Reader
from bot.nlu.utterance import Utterance

_SHOWN = 12
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
    """What separates the forms of a reply, and what they cost on the content."""

    sure: float
    """Probability that the first label is right from which it is answered as certain."""
    likely: float
    """Probability from which it is answered as what it may be."""
    choices: float
    """Probability that the right label is among the first three from which they are offered."""
    answered: float
    """Share of held-out examples answered as certain."""
    wrong: float
    """Share of held-out examples answered as certain with a wrong label."""
    likely_wrong: float
    """Share of held-out examples answered with a wrong label as what it may be."""
    offered: float
    """Share of held-out examples whose label is answered or offered."""
    out_of_scope_answered: float
    """Share of held-out questions out of scope answered as certain."""
    out_of_scope_likely: float
    """Share of held-out questions out of scope answered as what it may be."""
    out_of_scope_offered: float
    """Share of held-out questions out of scope that get buttons."""


@dataclass(frozen=True, slots=True)
class ProbabilityModel:
    """What was learnt for one kind of writing."""

    score_weights: Doubles
    """Weight of each kind of evidence."""
    first: Doubles
    """Logistic model of "the first label is right"."""
    top3: Doubles
    """Logistic model of "the right label is among the first three"."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What some evidence is worth, for each kind of writing in GROUPS."""

    models: Mapping[str, ProbabilityModel]
    thresholds: Mapping[str, Thresholds]


@dataclass(frozen=True, slots=True)
class Written:
    """The wordings that stand under one label only."""

    digests: NDArray[np.uint64]
    """`digest_of` each, sorted."""
    labels: Ints
    """The label of each."""

    def label_of(self, tokens: Sequence[str]) -> int | None:
        """Return the label under which this very wording was written; None for any other."""
        digest = np.uint64(digest_of(tokens))
        place = int(np.searchsorted(self.digests, digest))
        if place == len(self.digests) or self.digests[place] != digest:
            return None
        return int(self.labels[place])


def digest_of(tokens: Sequence[str]) -> int:
    """Return 64 bits that stand for a question's folded words."""
    return int.from_bytes(blake2b(" ".join(tokens).encode("utf-8", "replace"), digest_size=8).digest(), "little")


def meta_features_of(scores: Doubles, evidence: Evidence, labels: int) -> Doubles:
    """Return what the probabilities are told from, for fused scores of shape (classes,)."""
    probability = softmax(scores)
    order = np.argsort(-scores[:labels])[:4]
    best = order[0]
    second = order[1] if len(order) > 1 else best
    out_of_scope = scores[labels] if len(scores) > labels else scores[best] - 8
    return np.array(
        [
            np.log(probability[best] + 1e-6),
            np.log(probability[order[:3]].sum() + 1e-6),
            min(8.0, scores[best] - scores[second]),
            min(8.0, scores[best] - scores[order[-1]]),
            np.clip(scores[best] - out_of_scope, -8, 8),
            *evidence.scores[best],
            evidence.known,
        ]
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """A question and what speaks for which label."""

    question: Question
    evidence: Evidence


class IntentClassifier:
    """A trained classifier; see Classifier in ranking.py."""

    def __init__(
        self,
        labels: Sequence[str],
        reader: Reader,
        index: Index,
        written: Written,
        by_words: Calibration,
        by_vectors: Calibration | None = None,
    ) -> None:
        """Take what was learnt: what the words alone are worth and, with an encoder, the words and the vectors."""
        self._labels = tuple(labels)
        self._reader = reader
        self._index = index
        self._written = written
        self._by_words = by_words
        self._by_vectors = by_vectors

    @property
    def thresholds(self) -> Mapping[str, Thresholds]:
        """Those in force while there is time for all evidence, for each kind of writing in GROUPS."""
        return (self._by_vectors or self._by_words).thresholds

    def read(self, raw: str) -> Utterance:
        """Read a message. Never raises."""
        return self._reader.read(raw)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Rank labels for one message; with `explain`, say why."""
        whole = self._read(utterance)
        parts = self._parts(utterance)
        calibration = self._add_vectors([whole, *parts])
        ranking = self._ranking(whole, calibration, explain=explain)
        if not parts or ranking.outcome == "none":
            return ranking
        return _joined(ranking, *(self._ranking(part, calibration) for part in parts))

    def _read(self, utterance: Utterance) -> _Read:
        question = self._reader.question(utterance)
        return _Read(question, gather(question, self._index))

    def _parts(self, utterance: Utterance) -> list[_Read]:
        """Return the two halves of a message that may ask two things; [] for any other."""
        parts = [part for part in _PARTS.split(utterance.normal[:_LONGEST_TWO]) if len(part.split()) >= _LEAST_PART]
        if not 2 <= len(parts) <= _MOST_PARTS:
            return []
        best: list[_Read] = []
        least = 0.0
        for border in range(1, len(parts)):
            halves = [self._read(utterance.excerpt(" . ".join(half))) for half in (parts[:border], parts[border:])]
            margins = [half.evidence.scores[:, 0] for half in halves]
            likeliest = {int(margin.argmax()) for margin in margins}
            # Sentence vectors cost most: only halves that look like two different topics get them.
            if len(likeliest) == 2 and len(self._labels) not in likeliest:
                clear = min(float(margin.max()) for margin in margins)
                if not best or clear > least:
                    best, least = halves, clear
        return best

    def _add_vectors(self, read: Sequence[_Read]) -> Calibration:
        """Add the evidence of sentence vectors, if there is time; return what the evidence is worth."""
        written = [one for one in read if one.question.sentence]
        if self._by_vectors is None or not written:
            return self._by_words
        vectors = self._reader.vectors([one.question for one in written])
        if vectors is None:
            return self._by_words
        add_vectors([one.evidence for one in written], vectors, self._index)
        return self._by_vectors

    def _ranking(self, read: _Read, calibration: Calibration, *, explain: bool = False) -> Ranking:
        question, evidence = read.question, read.evidence
        model = calibration.models[question.group]
        labels = len(self._labels)
        scores = evidence.scores @ model.score_weights
        features = meta_features_of(scores, evidence, labels)
        first, top3 = float(predict_proba(model.first, features)), float(predict_proba(model.top3, features))
        order = np.argsort(-scores[:labels], kind="stable")[:_SHOWN]
        share = softmax(scores[:labels])[order]
        rest = np.minimum(share[1:] / max(1e-9, 1 - share[0]) * (1 - first), first)
        ranked = tuple(Ranked(self._labels[t], round(float(c), 4)) for t, c in zip(order, [first, *rest], strict=True))
        outcome, sure = self._outcome(question, calibration.thresholds[question.group], first, top3)
        written = self._written.label_of(question.variants[0][1].words)
        return Ranking(
            ranked=ranked,
            outcome=outcome,
            sure=sure,
            answered=(ranked[0].topic,) if outcome == "answer" else (),
            choices=tuple(r.topic for r in ranked[:MOST_CHOICES]) if outcome == "choices" else (),
            written=self._labels[written] if written is not None else None,
            explanation=self._explain(question, order, evidence, scores) if explain else None,
        )

    @staticmethod
    def _outcome(question: Question, thresholds: Thresholds, first: float, top3: float) -> tuple[RankingOutcome, bool]:
        if question.script not in ("arabic", "latin", "arabizi") or not question.variants[0][1].words:
            return "none", False
        if first >= thresholds.likely:
            return "answer", first >= thresholds.sure
        return ("choices" if top3 >= thresholds.choices else "none"), False

    def _explain(
        self, question: Question, order: NDArray[np.int64], evidence: Evidence, scores: Doubles
    ) -> Explanation:
        return Explanation(
            variants=tuple((name, " ".join(variant.words)) for name, variant, _ in question.variants),
            repaired=question.repaired,
            nearest=tuple(
                (self._labels[label], text, similarity)
                for label, text, similarity in nearest_examples(evidence, self._index, order.tolist())
            ),
            scores=tuple(
                (
                    self._labels[label],
                    (
                        *((k, round(float(v), 3)) for k, v in zip(SCORE_NAMES, evidence.scores[label], strict=True)),
                        ("sum", round(float(scores[label]), 3)),
                    ),
                )
                for label in order
            ),
        )


def _joined(whole: Ranking, *halves: Ranking) -> Ranking:
    """Return the ranking of a message that may ask two things, from those of the message and of its halves."""
    found = [half.ranked[0] for half in halves if half.ranked and half.ranked[0].confidence >= _POSSIBLE]
    if len({one.topic for one in found}) < 2:
        return whole
    pointed_to = {one.topic for one in whole.ranked[:MOST_CHOICES]}
    answered = {half.answered[0] for half in halves if half.answered and half.sure}
    meant = [one for one in found if one.topic in answered or (one.confidence >= _LIKELY and one.topic in pointed_to)]
    topics = {one.topic for one in found}
    rest = [one for one in whole.ranked if one.topic not in topics]
    if len(meant) == 2 and (whole.outcome != "answer" or not whole.sure or whole.answered[0] in topics):
        ranked = (*sorted(meant, key=lambda one: -one.confidence), *rest)[:_SHOWN]
        both = tuple(one.topic for one in ranked[:2])
        return replace(whole, ranked=ranked, outcome="answer", sure=True, answered=both, choices=())
    # The whole message's first topic stays first; what the halves ask comes next.
    first, *later = whole.ranked
    known = {one.topic: one for one in later}
    asked = (
        max(one, known.get(one.topic, one), key=lambda o: o.confidence) for one in found if one.topic != first.topic
    )
    ranked = (first, *asked, *(one for one in rest if one is not first))[:_SHOWN]
    choices = tuple(one.topic for one in ranked[:MOST_CHOICES]) if whole.outcome == "choices" else ()
    return replace(whole, ranked=ranked, choices=choices)
