"""Small logistic models: weights of the evidence, and chances out of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def fit_choice(evidence: Doubles, right: NDArray[np.int64], *, ridge: float = 1e-3, rounds: int = 60) -> Doubles:
    """Learn weights w so that softmax(evidence @ w) gives the right class its chance (conditional logit).

    `evidence` has shape (questions, classes, kinds of evidence), `right` the right class of each. Newton's method.
    """
    questions, _, kinds = evidence.shape
    weights = np.full(kinds, 1.0)
    chosen = evidence[np.arange(questions), right]
    for _ in range(rounds):
        chance = softmax(evidence @ weights)
        mean = np.einsum("qc,qck->qk", chance, evidence)
        slope = (chosen - mean).mean(axis=0) - ridge * weights
        spread = np.einsum("qc,qck,qcl->kl", chance, evidence, evidence, optimize=True) - mean.T @ mean
        step = np.linalg.solve(spread / questions + (ridge + 1e-9) * np.eye(kinds), slope)
        size = float(np.abs(step).max())
        weights = weights + step * min(1.0, 2.0 / (size + 1e-12))
        if size < 1e-4:
            break
    return weights


def fit_chance(signals: Doubles, happened: NDArray[np.bool_], *, prior: float = 15.0, rounds: int = 1000) -> Doubles:
    """Learn (weights..., intercept) of a logistic model from signals of shape (cases, kinds).

    Every signal speaks for it, so no weight is below nought; `prior` is how many cases' worth of doubt each weight
    starts with. Accelerated projected gradient on signals of unit spread.
    """
    middle, spread = signals.mean(axis=0), signals.std(axis=0) + 1e-6
    inputs = np.hstack([(signals - middle) / spread, np.ones((len(signals), 1))])
    doubt = np.full(inputs.shape[1], prior / len(inputs))
    doubt[-1] = 1e-6
    length = 1 / (np.linalg.eigvalsh(inputs.T @ inputs / len(inputs))[-1] / 4 + doubt.max())
    weights = ahead = np.zeros(inputs.shape[1])
    for step in range(rounds):
        slope = inputs.T @ (logistic(inputs @ ahead) - happened) / len(inputs) + doubt * ahead
        new = ahead - length * slope
        np.maximum(new[:-1], 0, out=new[:-1])
        ahead = new + (new - weights) * (step / (step + 3))
        weights = new
    weights[:-1] /= spread
    weights[-1] -= middle @ weights[:-1]
    return weights


def chance_of(weights: Doubles, signals: Doubles) -> Doubles:
    """Return the chance for each case, for weights of `fit_chance`."""
    return logistic(signals @ weights[:-1] + weights[-1])


def softmax(scores: Doubles) -> Doubles:
    """Return chances over the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Doubles = raised / raised.sum(axis=-1, keepdims=True)
    return result


def logistic(scores: Doubles) -> Doubles:
    """Return 1 / (1 + exp(-scores)) without overflow."""
    result: Doubles = 1.0 / (1.0 + np.exp(-np.clip(scores, -40, 40)))
    return result
