"""Which topics rose or fell: shares against the windows before, from noisy counts only.

The rule compares shares, allows for the noise on every counter and for topics that come in bursts (a quasi-Poisson
dispersion), and takes all topics together (Benjamini and Hochberg, 1995, with weights as Genovese, Roeder and
Wasserman, 2006): when nothing has changed, a label appears in about three windows of ten.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.counting.noise import variance

Direction = Literal["rise", "fall"]
FEWEST_BASELINES = 4
FEWEST_COUNTED = 200
"""Counted questions of a window; 300 messages are about 270 counted questions, since repeats are taken off."""
FALSE_SHARE = 0.3
"""Chance that a window in which nothing changed gets a label at all; `benchmarks/trends.py` measures it."""
LEAST_LIFT = 1.5
SMALL_WEIGHT = 0.1
"""Weight of a topic that is hardly ever asked: it must stand out ten times as clearly, since there are many of them."""
LARGE = 150
"""Expected count from which the normal curve is as good."""
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


def chance(counted: int, expected: float, spread: float, scale: float, *, up: bool) -> float:
    """How likely a noisy count as far from the expected one is by chance alone.

    The true count is taken as negative binomial with variance `spread`, the noise as what it is: its tails are heavier
    than a normal curve's, and small topics would rise every week if that were forgotten.
    """
    spread = max(spread, expected * 1.0001)
    normal = _tail((abs(counted - expected) - 0.5) / math.sqrt(spread + variance(scale)))
    if expected > LARGE:
        return normal
    size = expected**2 / (spread - expected)
    odds = expected / (size + expected)
    reach = math.ceil(20 * scale)
    # at_most[k] is the chance of k or fewer.
    probability = (1 - odds) ** size
    total = probability
    at_most = [total]
    for count in range(max(counted, 0) + reach + 1):
        probability *= (count + size) / (count + 1) * odds
        total += probability
        at_most.append(total)
    a = math.exp(-1 / scale)
    chances = 0.0
    for noise in range(-reach, reach + 1):
        weight = (1 - a) / (1 + a) * a ** abs(noise)
        left = counted - noise
        if up:
            chances += weight * (1 - at_most[left - 1] if left > 0 else 1.0)
        else:
            chances += weight * (at_most[left] if left >= 0 else 0.0)
    # Downwards the baseline's own noise weighs more, and it is not skewed as the count is.
    return max(chances, 0.0) if up else max(chances, normal)


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
    fewer than `FEWEST_COUNTED` questions were counted.
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
    usual = {key: total * (before[key] + 0.5) / (total_before + 0.5 * len(known)) for key in known}
    weights = {key: 1.0 if expected >= STEADY_MEAN else SMALL_WEIGHT for key, expected in usual.items()}
    whole = sum(weights.values())
    found: list[tuple[float, str, Trend]] = []
    for key in known:
        counted, base, expected = now[key], before[key], usual[key]
        up = counted >= expected
        # A rise needs enough now, a fall enough before.
        if (counted if up else expected) < show_limit:
            continue
        lift = max(counted, 0) / expected
        if (up and lift < LEAST_LIFT) or (not up and lift > 1 / LEAST_LIFT):
            continue
        varies = spread * (expected + expected**2 / max(base, 1)) + noise * count * ratio**2
        reach = 1.96 * math.sqrt(varies + noise) / expected
        trend = Trend("rise" if up else "fall", lift, max(lift - reach, 0.0), lift + reach)
        unlikely = chance(counted, expected, varies, scale, up=up)
        found.append((unlikely * whole / weights[key], key, trend))
    found.sort(key=lambda row: (row[0], row[1]))
    kept = 0
    # Every known topic had its chance to stand out, not only those that did.
    for place, (weighted, _, _) in enumerate(found, 1):
        if weighted <= FALSE_SHARE * place:
            kept = place
    return {key: trend for _, key, trend in found[:kept]}
