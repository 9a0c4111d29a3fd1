"""Discrete Laplace noise, sampled exactly: whole numbers and `secrets` only, never floats and never `random`.

The sampler is algorithm 2 of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (2020):
P(x) is proportional to exp(-|x| / scale).
"""

from __future__ import annotations

import math
from fractions import Fraction
from secrets import randbelow


def as_fraction(scale: float) -> Fraction:
    """A noise scale as a fraction, so that sampling stays exact. Raises ValueError unless it is over 0."""
    exact = Fraction(str(scale)).limit_denominator(1000)
    if exact <= 0:
        raise ValueError("the noise scale must be over 0")
    return exact


def _true_with_exp_minus(numerator: int, denominator: int) -> bool:
    """True with chance exp(-numerator/denominator), for a fraction from 0 to 1."""
    count = 1
    while randbelow(denominator * count) < numerator:
        count += 1
    return count % 2 == 1


def discrete_laplace(scale: float) -> int:
    """One draw with P(x) proportional to exp(-|x| / scale)."""
    exact = as_fraction(scale)
    t, s = exact.numerator, exact.denominator
    while True:
        low = randbelow(t)
        if not _true_with_exp_minus(low, t):
            continue
        high = 0
        while _true_with_exp_minus(1, 1):
            high += 1
        size = (low + t * high) // s
        negative = randbelow(2) == 1
        if negative and size == 0:
            continue
        return -size if negative else size


def variance(scale: float) -> float:
    """Variance of the noise: 2a / (1 - a)^2 with a = exp(-1 / scale)."""
    a = math.exp(-1 / scale)
    return 2 * a / (1 - a) ** 2


def chance_at_least(count: int, scale: float) -> float:
    """P(noise >= count)."""
    a = math.exp(-1 / scale)
    return a**count / (1 + a) if count >= 0 else 1 - a ** (1 - count) / (1 + a)
