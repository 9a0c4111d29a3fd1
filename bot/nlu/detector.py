"""Whether a message is of a kind at all, how surely, which one, and what else is known of it.

One detector hears danger, another one tells offers from talk about offers. Its evidence is that of every classifier
(evidence.py); word patterns add what they are good at, as hints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.calibration import Doubles, predict_proba, softmax
from bot.nlu.evidence import Evidence, Index, add_vectors, gather, nearest_examples
from bot.nlu.preprocessor import Question
from bot.nlu.reader import Reader
from bot.nlu.utterance import Utterance

Hints = Sequence[float]
"""What word patterns say of a message: each one speaks for the highest level."""

LEVEL = "level"
"""The tag whose values are the levels, the lowest ("none") first."""
_NEAREST_SHOWN = 3
_WORDS_SHOWN = 5
_MOST_WORDS_WEIGHED = 40


@dataclass(frozen=True, slots=True)
class Worth:
    """What some evidence is worth for one kind of writing."""

    score_weights: Doubles
    """Weight of each kind of evidence."""
    levels: Mapping[str, Doubles]
    """Level -> logistic model of "it is at least this"."""
    tags: Mapping[str, Doubles]
    """Tag -> weights of (words, vector)."""
    thresholds: Mapping[str, float]
    """Level -> probability from which it is taken for reached."""
    held_out: Mapping[str, tuple[int, int, int, int]]
    """Level -> (examples of it or of more, of these found; examples of less, of these taken for it), left out of the
    learning."""


@dataclass(frozen=True, slots=True)
class DetectionExplanation:
    """Why: the nearest examples, and the words that weigh most."""

    nearest: tuple[tuple[str, str, float], ...]
    """(label, its nearest example, similarity 0 to 1), likeliest label first."""
    words: tuple[tuple[str, float], ...]
    """(folded word, how much of the score goes without it), the weightiest first."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says of one message."""

    label: str
    """The likeliest label, whether or not there is any."""
    level: str | None
    """The highest level that is reached; None for none."""
    levels: Mapping[str, float]
    """Level -> calibrated probability that it is at least this."""
    thresholds: Mapping[str, float]
    """Level -> probability from which it is taken for reached."""
    label_probability: float
    """Probability of the label, if there is one."""
    tags: Mapping[str, tuple[str, float]]
    """Tag -> (likeliest value, probability), if there is a label."""
    explanation: DetectionExplanation | None = None


class Detector:
    """A trained detector. Holds nothing that changes."""

    def __init__(
        self,
        labels: Sequence[str],
        tags: Mapping[str, Sequence[str]],
        reader: Reader,
        index: Index,
        by_words: Mapping[str, Worth],
        by_vectors: Mapping[str, Worth] | None,
    ) -> None:
        """Take what was learnt; the two last hold a Worth for each kind of writing in GROUPS."""
        self.labels = tuple(labels)
        self.tags = {tag: tuple(values) for tag, values in tags.items()}
        self.index, self.by_words, self.by_vectors = index, by_words, by_vectors
        self._reader = reader

    def predict(self, utterance: Utterance, hints: Hints, *, explain: bool = False) -> Detection:
        """Say what a message is. Never raises, for any text."""
        question = self._reader.question(utterance)
        evidence = gather(question, self.index)
        vectors = self._reader.vectors([question]) if self.by_vectors is not None else None
        worth = self.by_words[question.group]
        if vectors is not None and self.by_vectors is not None:
            add_vectors([evidence], vectors, self.index)
            worth = self.by_vectors[question.group]
        fused = evidence.scores @ worth.score_weights
        levels = {
            level: float(predict_proba(model, level_features(level, self.tags, fused, evidence, hints)))
            for level, model in worth.levels.items()
        }
        chosen = softmax(fused[: len(self.labels)])
        best = int(np.argmax(chosen))
        reached = [level for level, probability in levels.items() if probability >= worth.thresholds[level]]
        return Detection(
            label=self.labels[best],
            level=reached[-1] if reached else None,
            levels=levels,
            thresholds=worth.thresholds,
            label_probability=float(chosen[best]),
            tags={tag: self._tag(tag, evidence, worth) for tag in self.tags if tag != LEVEL},
            explanation=self._explain(utterance, question, evidence, fused, worth) if explain else None,
        )

    def _tag(self, tag: str, evidence: Evidence, worth: Worth) -> tuple[str, float]:
        chosen = softmax(evidence.tags[tag_slice(self.tags, tag)] @ worth.tags[tag])
        best = int(np.argmax(chosen))
        return self.tags[tag][best], float(chosen[best])

    def _explain(
        self, utterance: Utterance, question: Question, evidence: Evidence, fused: Doubles, worth: Worth
    ) -> DetectionExplanation:
        order = np.argsort(-fused[: len(self.labels)])[:_NEAREST_SHOWN].tolist()
        nearest = tuple(
            (self.labels[number], text, similarity)
            for number, text, similarity in nearest_examples(evidence, self.index, order)
        )
        tokens = question.variants[0][1].words[:_MOST_WORDS_WEIGHED]
        whole = self._margin(question, worth)
        weights = []
        for place, word in enumerate(tokens):
            rest = " ".join((*tokens[:place], *tokens[place + 1 :]))
            weights.append(
                (word, round(whole - self._margin(self._reader.question(utterance.excerpt(rest)), worth), 3))
            )
        weights.sort(key=lambda pair: -pair[1])
        return DetectionExplanation(nearest, tuple(pair for pair in weights[:_WORDS_SHOWN] if pair[1] > 0))

    def _margin(self, question: Question, worth: Worth) -> float:
        """How far the words alone speak for any label rather than for none."""
        fused = gather(question, self.index).scores @ worth.score_weights
        return label_margin(fused, len(self.labels))


def tag_slice(tags: Mapping[str, Sequence[str]], tag: str) -> slice:
    """Return where a tag's values stand among the classes of all tags."""
    start = 0
    for name, values in tags.items():
        if name == tag:
            return slice(start, start + len(values))
        start += len(values)
    raise KeyError(tag)


def label_margin(fused: Doubles, labels: int) -> float:
    """Return log odds, up to a scale, of any label against none, for fused scores of shape (classes,)."""
    top = fused[:labels].max()
    any_label = top + np.log(np.exp(fused[:labels] - top).sum())
    none = fused[labels] if len(fused) > labels else any_label - 8
    return float(np.clip(any_label - none, -12, 12))


def level_features(
    level: str, tags: Mapping[str, Sequence[str]], fused: Doubles, evidence: Evidence, hints: Hints
) -> Doubles:
    """Return what the probability of "at least this level" is told from; each feature speaks for it."""
    labels = evidence.scores.shape[0] - 1
    place = tags[LEVEL].index(level)
    margins = evidence.tags[tag_slice(tags, LEVEL)]
    reached = margins[place:].max(axis=0) - margins[:place].max(axis=0)
    nearest = evidence.scores[:labels, [1, 4]].max(axis=0) - evidence.scores[labels, [1, 4]]
    voted = evidence.scores[:labels, [2, 5]].sum(axis=0) - evidence.scores[labels, [2, 5]]
    return np.array([label_margin(fused, labels), *np.clip(reached, -4, 4), *nearest, *voted, *hints])
