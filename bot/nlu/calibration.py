"""Small logistic models: weights of the evidence, and chances out of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def fit_conditional_logit(
    evidence: Doubles, right: NDArray[np.int64], *, l2: float = 1e-3, rounds: int = 60
) -> Doubles:
    """Learn weights w so that softmax(evidence @ w) gives the right class its probability (conditional logit).

    `evidence` has shape (questions, classes, kinds of evidence), `right` the right class of each. Newton's method.
    """
    questions, _, kinds = evidence.shape
    weights = np.full(kinds, 1.0)
    chosen = evidence[np.arange(questions), right]
    for _ in range(rounds):
        probability = softmax(evidence @ weights)
        mean = np.einsum("qc,qck->qk", probability, evidence)
        gradient = (chosen - mean).mean(axis=0) - l2 * weights
        hessian = np.einsum("qc,qck,qcl->kl", probability, evidence, evidence, optimize=True) - mean.T @ mean
        step = np.linalg.solve(hessian / questions + (l2 + 1e-9) * np.eye(kinds), gradient)
        size = float(np.abs(step).max())
        weights = weights + step * min(1.0, 2.0 / (size + 1e-12))
        if size < 1e-4:
            break
    return weights


def fit_nonnegative_logistic(
    features: Doubles,
    outcomes: NDArray[np.bool_],
    *,
    weights: Doubles | None = None,
    prior: float = 15.0,
    rounds: int = 1000,
) -> Doubles:
    """Learn (weights..., intercept) of a logistic model from features of shape (cases, kinds).

    Every signal speaks for it, so no weight is below nought; `prior` is how many cases' worth of l2 each weight
    starts with. `weights` says how much each case counts. Accelerated projected gradient on features of unit spread.
    """
    counts = np.ones(len(features)) if weights is None else weights * (len(weights) / weights.sum())
    mean, std = features.mean(axis=0), features.std(axis=0) + 1e-6
    inputs = np.hstack([(features - mean) / std, np.ones((len(features), 1))])
    l2 = np.full(inputs.shape[1], prior / len(inputs))
    l2[-1] = 1e-6
    step_size = 1 / (np.linalg.eigvalsh((inputs.T * counts) @ inputs / len(inputs))[-1] / 4 + l2.max())
    learnt = lookahead = np.zeros(inputs.shape[1])
    for step in range(rounds):
        gradient = inputs.T @ ((logistic(inputs @ lookahead) - outcomes) * counts) / len(inputs) + l2 * lookahead
        new = lookahead - step_size * gradient
        np.maximum(new[:-1], 0, out=new[:-1])
        lookahead = new + (new - learnt) * (step / (step + 3))
        learnt = new
    learnt[:-1] /= std
    learnt[-1] -= mean @ learnt[:-1]
    return learnt


def predict_proba(weights: Doubles, features: Doubles) -> Doubles:
    """Return the probability for each case, for weights of `fit_nonnegative_logistic`."""
    return logistic(features @ weights[:-1] + weights[-1])


def softmax(scores: Doubles) -> Doubles:
    """Return chances over the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Doubles = raised / raised.sum(axis=-1, keepdims=True)
    return result


def logistic(scores: Doubles) -> Doubles:
    """Return 1 / (1 + exp(-scores)) without overflow."""
    result: Doubles = 1.0 / (1.0 + np.exp(-np.clip(scores, -40, 40)))
    return result
