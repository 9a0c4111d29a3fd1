"""What speaks for each label of a question: a linear classifier over hashed n-grams and the nearest example; where an
encoder is at hand, a logistic model of its sentence vector and the nearest vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.calibration import Doubles
from bot.nlu.embeddings import projected
from bot.nlu.featurizer import Featurizer, Floats
from bot.nlu.knn import NearestExamples, best_per_label, votes
from bot.nlu.preprocessor import Question

SCORE_NAMES = ("classifier", "nearest", "neighbours", "vector", "nearest vector", "vector neighbours")
"""The kinds of evidence; the last three are nought without an encoder."""
WORD_SCORES = 3
"""How many of them come from the words alone."""
GROUPS = ("arabic", "arabizi", "latin")
"""Kinds of writing, each with its own weights and probabilities."""

Weights = NDArray[np.float32] | NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Index:
    """What the examples were made into. Class len(labels), where there is one, is "out of scope"."""

    featurizer: Featurizer
    weights: Weights
    """Of the linear classifier, shape (columns, classes); behind the classes of the labels stand those of the tags."""
    nearest: NearestExamples
    starts: NDArray[np.int64]
    """First example of each class."""
    examples: tuple[str, ...]
    vectors: Floats | None = None
    """Projected sentence vectors of the examples; None without an encoder."""
    projection: Floats | None = None
    vector_weights: Floats | None = None
    """Shape (dimensions, classes), the classes as in `weights`."""

    @property
    def classes(self) -> int:
        """Number of labels, out of scope among them; without the classes of the tags."""
        return len(self.starts)


@dataclass(slots=True)
class Evidence:
    """What speaks for each class."""

    scores: Doubles
    """Shape (classes, len(SCORE_NAMES))."""
    known: float
    """Share of the question's letter groups that the examples hold."""
    similarity: Floats
    """To each example, by letters and words."""
    tags: Doubles
    """Shape (classes of the tags, 2): by words, by vector."""
    row: tuple[NDArray[np.int32], Floats]
    """(columns, values) of the question, for explanations."""


def weighted_row(question: Question, featurizer: Featurizer) -> tuple[NDArray[np.int32], Floats, float]:
    """Return the columns and values of a question, its variants' rows as one, and the share of known letter groups."""
    rows, shares = featurizer.rows(question.buckets)
    # All evidence of words is linear: the variants' rows, each with its weight, count as one.
    return rows.indices, rows.data * np.repeat(question.weights, np.diff(rows.indptr)), float(shares.max())


def gather(question: Question, index: Index, *, without: NDArray[np.int64] | None = None) -> Evidence:
    """Return the evidence of a question's words; examples to do without are for held-out asking."""
    classes = index.classes
    scores = np.zeros((classes, len(SCORE_NAMES)))
    tags = np.zeros((index.weights.shape[1] - classes, 2))
    columns, values, known = weighted_row(question, index.featurizer)
    if len(values):
        margins = values @ index.weights.take(columns, axis=0).astype(np.float32, copy=False)
        scores[:, 0], tags[:, 0] = margins[:classes], margins[classes:]
    similarity = index.nearest.similarity(columns, values)
    if without is not None:
        similarity[without] = 0
    scores[:, 1] = best_per_label(similarity, index.starts)
    scores[:, 2] = votes(similarity, index.starts)
    return Evidence(scores, known, similarity, tags, (columns, values))


def add_vectors(
    evidence: Sequence[Evidence],
    vectors: Floats,
    index: Index,
    *,
    weights: Floats | None = None,
    without: NDArray[np.int64] | None = None,
) -> None:
    """Add what sentence vectors tell of questions; other weights and examples to do without are for held-out asking.

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
        one.scores[:, 3], one.tags[:, 1] = margins[number, : index.classes], margins[number, index.classes :]
        one.scores[:, 4] = best[number]
        one.scores[:, 5] = votes(cosines[number], index.starts)


def words_only(scores: Doubles) -> Doubles:
    """Return scores as they are without sentence vectors; the last axis is len(SCORE_NAMES)."""
    return np.where(np.arange(len(SCORE_NAMES)) < WORD_SCORES, scores, 0.0)


def nearest_examples(evidence: Evidence, index: Index, classes: Sequence[int]) -> list[tuple[int, str, float]]:
    """Return (class, its nearest example, similarity 0 to 1) for some classes."""
    ends = [*index.starts[1:].tolist(), len(index.examples)]
    found = []
    for number in classes:
        start = int(index.starts[number])
        best = start + int(np.argmax(evidence.similarity[start : ends[number]]))
        found.append((number, index.examples[best], round(float(evidence.similarity[best]), 3)))
    return found
