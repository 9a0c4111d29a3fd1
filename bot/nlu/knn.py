"""The nearest phrasings of a question: cosines against all of them through an inverted index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.featurizer import FIELD_WEIGHTS, Floats, Ints, Rows

_FULL = float(np.sqrt(sum(weight * weight for weight in FIELD_WEIGHTS)))
"""Length of a row that has all fields."""
_COMMON = 0.04
"""Features of more than this share of the phrasings tell little and cost most of the time: they are left out."""
_NEIGHBOURS = 15
"""Examples that vote for their label."""
_ALWAYS, _NEVER = 200, 1000
"""Features of no more phrasings than the first are kept whatever their share, of more than the second never: ten times
the content shall not take ten times as long."""


@dataclass(frozen=True, slots=True)
class NearestExamples:
    """An inverted index over the rows of all phrasings: column c stands in those from indptr[c] to indptr[c + 1]."""

    count: int
    """Phrasings."""
    indices: Ints
    data: Floats
    indptr: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Rows, columns: int) -> NearestExamples:
        """Return the index over rows of so many columns."""
        frequency = np.bincount(rows.indices, minlength=columns)
        frequency[frequency > min(max(_ALWAYS, _COMMON * len(rows)), _NEVER)] = 0
        keep = frequency[rows.indices] > 0
        indices = np.repeat(np.arange(len(rows), dtype=np.int32), np.diff(rows.indptr))[keep]
        order = np.argsort(rows.indices[keep], kind="stable")
        return cls(
            len(rows),
            indices[order],
            rows.data[keep][order] / np.float32(_FULL),
            np.concatenate([np.zeros(1, np.int64), np.cumsum(frequency)]),
        )

    def similarity(self, index: Ints, values: Floats) -> Floats:
        """Return the cosine with every phrasing, 0 to 1, for a sparse row."""
        if not len(index):
            return np.zeros(self.count, np.float32)
        starts = self.indptr[index]
        lengths = self.indptr[index + 1] - starts
        total = int(lengths.sum())
        ends = np.cumsum(lengths)
        places: NDArray[np.int64] = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
        weights = self.data[places] * np.repeat(values / np.float32(_FULL), lengths)
        return np.bincount(self.indices[places], weights, minlength=self.count).astype(np.float32)


def best_per_label(similarity: Floats, starts: NDArray[np.int64]) -> Floats:
    """Return the largest similarity within each label; examples are ordered by label, label l from starts[l]."""
    result: Floats = np.maximum.reduceat(similarity, starts)
    return result


def votes(similarity: Floats, starts: NDArray[np.int64]) -> Floats:
    """Return each label's share of the nearest examples, the nearer ones counting more."""
    if len(similarity) > _NEIGHBOURS:
        near = np.argpartition(similarity, -_NEIGHBOURS)[-_NEIGHBOURS:]
    else:
        near = np.arange(len(similarity))
    weights = similarity[near].astype(np.float64) ** 2
    owner = np.searchsorted(starts, near, side="right") - 1
    counted = np.bincount(owner, weights, minlength=len(starts))
    result: Floats = (counted / max(1e-9, float(weights.sum()))).astype(np.float32)
    return result
