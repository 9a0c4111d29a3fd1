"""Which topics rose or fell: shares against the windows before, from noisy counts only.

The rule compares shares, allows for the noise on every counter and for topics that come in bursts (a quasi-Poisson
dispersion), and lets at most one in ten labels of a window be false (Benjamini and Hochberg, 1995).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.noise import variance

Direction = Literal["rise", "fall"]
FEWEST_BASELINES = 4
FEWEST_COUNTED = 300
FALSE_SHARE = 0.10
LEAST_LIFT = 1.5
STEADY_MEAN = 5
"""Baseline mean from which a topic tells how bursty topics are."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One topic's change of share."""

    direction: Direction
    lift: float
    low: float
    high: float
    """About 95 of 100 such ranges hold the true lift."""


def _tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def dispersion(baselines: Sequence[Mapping[str, int]], noise: float) -> float:
    """How much more the baseline counts vary than by chance and noise alone; at least 1."""
    sums = {key: sum(window.get(key, 0) for window in baselines) for key in baselines[0]}
    steady = {key: total for key, total in sums.items() if total / len(baselines) >= STEADY_MEAN}
    whole = sum(max(total, 0) for total in sums.values())
    if len(steady) < 2 or whole <= 0:
        return 1.0
    statistic = 0.0
    for window in baselines:
        window_total = sum(window.values())
        for key, total in steady.items():
            expected = max(window_total * total / whole, 0.5)
            statistic += (window.get(key, 0) - expected) ** 2 / (expected + noise)
    return max(1.0, statistic / ((len(baselines) - 1) * len(steady)))


def trends(
    now: Mapping[str, int], baselines: Sequence[Mapping[str, int]], scale: float, show_limit: int
) -> dict[str, Trend]:
    """The topics whose share rose or fell, from noisy counts.

    `baselines` are up to 8 closed windows of the same length. Nothing is said while they are fewer than 4 or while
    fewer than 300 questions were counted.
    """
    count = len(baselines)
    total = sum(now.values())
    if count < FEWEST_BASELINES or total < FEWEST_COUNTED:
        return {}
    known = [key for key in now if all(key in window for window in baselines)]
    before = {key: max(sum(window[key] for window in baselines), 0) for key in known}
    total_before = sum(sum(window.values()) for window in baselines)
    if total_before <= 0:
        return {}
    noise = variance(scale)
    spread = dispersion([{key: window[key] for key in known} for window in baselines], noise)
    ratio = total / total_before
    found: list[tuple[float, str, Trend]] = []
    tested = 0
    for key in known:
        counted, base = now[key], before[key]
        expected = total * (base + 0.5) / (total_before + 0.5 * len(known))
        # A rise needs enough now, a fall enough before.
        if max(counted, expected) < show_limit:
            continue
        deviation = math.sqrt(spread * (expected + expected**2 / max(base, 1)) + noise * (1 + count * ratio**2))
        up = counted >= expected
        if up and counted < show_limit:
            continue
        tested += 1
        chance = _tail((abs(counted - expected) - 0.5) / deviation)
        lift = max(counted, 0) / expected
        if (up and lift < LEAST_LIFT) or (not up and lift > 1 / LEAST_LIFT):
            continue
        reach = 1.96 * deviation / expected
        trend = Trend("rise" if up else "fall", lift, max(lift - reach, 0.0), lift + reach)
        found.append((chance, key, trend))
    found.sort(key=lambda row: (row[0], row[1]))
    kept = 0
    for place, (chance, _, _) in enumerate(found, 1):
        if chance <= FALSE_SHARE * place / tested:
            kept = place
    return {key: trend for _, key, trend in found[:kept]}
