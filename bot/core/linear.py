"""A one-against-the-rest linear classifier over sparse rows, learnt by dual coordinate ascent.

The problem is LIBLINEAR's L2-regularised squared hinge (Hsieh et al., ICML 2008), all classes of one row updated at
once. Keeping the dual variables lets a few rows be forgotten and the rest relearnt quickly: that is how the
held-out scores for calibration are made.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.core.features import Rows


class LinearModel:
    """Weights of shape (columns, classes), and the dual variables of shape (rows, classes) they come from."""

    def __init__(self, columns: int, classes: int, rows: int) -> None:
        self.weights = np.zeros((columns, classes), dtype=np.float32)
        self.duals = np.zeros((rows, classes), dtype=np.float32)

    def learn(
        self,
        rows: Rows,
        labels: NDArray[np.int64],
        *,
        over: NDArray[np.int64],
        epochs: int,
        cost: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Go `epochs` times over the rows numbered in `over`, in random order."""
        random = np.random.default_rng(seed)
        weights, duals = self.weights, self.duals
        diagonal = np.float32(0.5 / cost)
        squares = np.array([float(v @ v) for v in (rows.row(i)[1] for i in range(len(rows)))], dtype=np.float32)
        for _ in range(epochs):
            for i in random.permutation(over):
                index, values = rows.row(i)
                if not len(index):
                    continue
                near = weights[index]
                margin = values @ near
                margin *= -1
                label = labels[i]
                margin[label] *= -1
                old = duals[i]
                new = old - (margin - 1 + diagonal * old) / (squares[i] + diagonal)
                np.maximum(new, 0, out=new)
                step = old - new
                step[label] *= -1
                duals[i] = new
                changed = np.flatnonzero(step)
                if not len(changed):
                    continue
                near += values[:, None] * step
                weights[index] = near

    def forget(self, rows: Rows, labels: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        """Take the rows with these numbers out of the weights."""
        for i in numbers:
            index, values = rows.row(i)
            step = self.duals[i].copy()
            step[labels[i]] *= -1
            self.weights[index] += values[:, None] * step
            self.duals[i] = 0

    def copy(self) -> LinearModel:
        """Return an independent copy."""
        twin = LinearModel(0, 0, 0)
        twin.weights, twin.duals = self.weights.copy(), self.duals.copy()
        return twin
