"""A one-against-the-rest linear classifier over sparse rows, learnt by dual coordinate ascent.

The problem is LIBLINEAR's L2-regularised squared hinge (Hsieh et al., ICML 2008), all classes of one row updated at
once. Keeping the dual variables lets rows be added later: the held-out texts are learnt after they were asked.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.nlu.featurizer import Floats, Rows


class LinearSvm:
    """Weights of shape (columns, classes), and the dual variables of shape (rows, classes) they come from."""

    def __init__(self, columns: int, classes: int, rows: int) -> None:
        self.weights = np.zeros((columns, classes), dtype=np.float32)
        self.duals = np.zeros((rows, classes), dtype=np.float32)

    def forget(self) -> None:
        """Know nothing again, in the same arrays."""
        self.weights.fill(0)
        self.duals.fill(0)

    def learn(
        self,
        rows: Rows,
        targets: Sequence[NDArray[np.int64]] | NDArray[np.int64],
        *,
        over: NDArray[np.int64],
        epochs: int,
        seed: int = 0,
        costs: Floats | None = None,
    ) -> None:
        """Go `epochs` times over the rows numbered in `over`, in random order.

        `targets` holds each row's class, or the classes of each row where it may have several or none; `costs` how
        much each row counts (LIBLINEAR's C), 1 where there are none.
        """
        random = np.random.default_rng(seed)
        weights, duals = self.weights, self.duals
        diagonals = np.full(len(rows), 0.5, dtype=np.float32) if costs is None else np.float32(0.5) / costs
        sums = np.concatenate([np.zeros(1), np.cumsum(rows.data.astype(np.float64) ** 2)])
        squares = np.diff(sums[rows.indptr]).astype(np.float32)
        for _ in range(epochs):
            for i in random.permutation(over):
                index, values = rows.row(i)
                diagonal = diagonals[i]
                if not len(index):
                    continue
                near = weights.take(index, axis=0)
                margin = values @ near
                margin *= -1
                label = targets[i]
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
                # Most classes are settled: only the columns of the others are written.
                weights[index[:, None], changed] = near[:, changed] + values[:, None] * step[changed]
