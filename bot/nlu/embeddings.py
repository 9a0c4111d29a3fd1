"""Sentence vectors as evidence: a multinomial logistic model, and a smaller space to find the nearest phrasing in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bot.nlu.featurizer import Floats

_RIDGE = 0.1
_ROUNDS = 25
_NEAREST_DIMENSIONS = 128


def fit_multinomial_logistic(vectors: Floats, labels: NDArray[np.int64], classes: int) -> Floats:
    """Return weights of shape (dimensions, classes) of a ridge-regularised multinomial logistic regression.

    Newton steps with Boehning's bound of the curvature, which one factorisation serves, with momentum.
    """
    weights: Floats
    previous: Floats
    curvature = vectors.T @ vectors * 0.5 + _RIDGE * np.eye(vectors.shape[1], dtype=np.float32)
    inverse = np.linalg.inv(curvature.astype(np.float64)).astype(np.float32)
    weights = np.zeros((vectors.shape[1], classes), dtype=np.float32)
    previous = weights
    numbers = np.arange(len(labels))
    for step in range(_ROUNDS):
        lookahead = weights + (weights - previous) * np.float32(step / (step + 3))
        scores = vectors @ lookahead
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= -scores.sum(axis=1, keepdims=True)
        scores[numbers, labels] += 1
        gradient = vectors.T @ scores - np.float32(_RIDGE) * lookahead
        previous, weights = weights, (lookahead + inverse @ gradient).astype(np.float32)
    centred: Floats = weights - weights.mean(axis=1, keepdims=True)
    return centred


def principal_directions(vectors: Floats) -> Floats:
    """Return a projection of shape (dimensions, fewer) onto the directions in which the vectors differ most."""
    _, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    return np.ascontiguousarray(directions[:, -_NEAREST_DIMENSIONS:], dtype=np.float32)


def projected(vectors: Floats, projection: Floats) -> Floats:
    """Return the projected vectors, of unit length; shape (..., dimensions) -> (..., fewer)."""
    small = vectors @ projection
    result: Floats = small / np.maximum(np.linalg.norm(small, axis=-1, keepdims=True), np.float32(1e-9))
    return result
