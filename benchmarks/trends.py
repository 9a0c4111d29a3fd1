"""What the released figures are worth: the rule in use beside simpler ones, on made-up weeks.

    python -m benchmarks.trends [--weeks 400] [--seed 1]

Model: 82 topics with Zipf weights (place ^ -1), 1.7 questions an asker's day (1, 1, 1, 2, 2 or 3), three topics a day
at most, Poisson askers; "bursty" multiplies each topic's week by a gamma factor of shape 8. The noise and the rule
are the program's own; the askers are drawn from a seed, the noise is not.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from statistics import mean

from bot.counting.noise import discrete_laplace
from bot.counting.release import drawn_up
from bot.counting.trends import trends
from bot.counting.window import BASELINE
from storage.values import Cell, Release, Window

TOPICS = 82
PER_ASKER = (1, 1, 1, 2, 2, 3)
SCALE, LIMIT = 2.0, 12
DOUBLED = 5
"""Place of the topic that doubles, by size."""
THEMES, THEME_ASKERS, THEME_CELLS = 10, 25, 150
Counts = dict[str, int]


class Weeks:
    """Draws true askers' days per topic."""

    def __init__(self, questions: int, seed: int, *, bursty: bool = False) -> None:
        self._random = random.Random(seed)
        self._askers = questions / mean(PER_ASKER)
        self._bursty = bursty
        self.keys = [f"t{place}" for place in range(1, TOPICS + 1)]
        self._weights = [1 / place for place in range(1, TOPICS + 1)]

    def poisson(self, expected: float) -> int:
        """A Poisson number; a rounded normal one where that is as good."""
        if expected > 60:
            return max(0, round(self._random.gauss(expected, math.sqrt(expected))))
        limit, product, count = math.exp(-expected), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            count += 1
        return count

    def week(self, factors: Mapping[str, float] | None = None, surge: float = 1.0) -> Counts:
        """One week's true counts."""
        weights = [
            weight * (factors or {}).get(key, 1.0) * (self._random.gammavariate(8, 1 / 8) if self._bursty else 1.0)
            for key, weight in zip(self.keys, self._weights, strict=True)
        ]
        counts = dict.fromkeys(self.keys, 0)
        for _ in range(self.poisson(self._askers * surge)):
            for key in set(self._random.choices(self.keys, weights, k=self._random.choice(PER_ASKER))):
                counts[key] += 1
        return counts


def noisy(counts: Counts, scale: float = SCALE) -> Counts:
    return {key: count + discrete_laplace(scale) for key, count in counts.items()}


def released(number: int, counts: Counts) -> Release:
    window = Window(number, date(2026, 1, 4) + timedelta(days=7 * number), 7, "closed", SCALE, LIMIT)
    cells: dict[Cell, int] = {("topic", key): count for key, count in noisy(counts).items()}
    return drawn_up(window, cells, (), None, synthetic=True)


def rank_correlation(one: list[float], other: list[float]) -> float:
    """Spearman's, with mean ranks for ties; 1 where there is too little to rank."""

    def ranks(values: list[float]) -> list[float]:
        order = sorted(range(len(values)), key=values.__getitem__)
        found = [0.0] * len(values)
        start = 0
        while start < len(order):
            end = start
            while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
                end += 1
            for place in order[start : end + 1]:
                found[place] = (start + end) / 2
            start = end + 1
        return found

    a, b = ranks(one), ranks(other)
    if len(a) < 3:
        return math.nan
    middle = (len(a) - 1) / 2
    top = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    bottom = math.sqrt(sum((x - middle) ** 2 for x in a) * sum((y - middle) ** 2 for y in b))
    return top / bottom if bottom else math.nan


def ranking(questions: int, weeks: int, seed: int, shown_of: Callable[[Counts], Counts]) -> tuple[float, ...]:
    """Rows shown, rank correlation over them, share of them among the true top as many and a quarter, mean error."""
    source = Weeks(questions, seed)
    rows, correlations, top, errors = [], [], [], []
    for _ in range(weeks):
        true = source.week()
        shown = shown_of(true)
        rows.append(float(len(shown)))
        keys = list(shown)
        correlation = rank_correlation([float(shown[key]) for key in keys], [float(true[key]) for key in keys])
        if not math.isnan(correlation):
            correlations.append(correlation)
        if keys:
            # The smallest true count that a list of this length deserves, less the half-width of the band.
            deserved = sorted(true.values(), reverse=True)[len(keys) - 1]
            top.append(mean(true[key] >= deserved - 4 for key in keys))
            errors.append(mean(abs(shown[key] - true[key]) for key in keys))
    return mean(rows), mean(correlations or [math.nan]), mean(top or [math.nan]), mean(errors or [math.nan])


def chosen(true: Counts) -> Counts:
    return {row.key: row.shown or 0 for row in released(1, true).shown("topic")}


def plain_threshold(true: Counts) -> Counts:
    return {key: 5 * round(count / 5) for key, count in true.items() if count >= 10}


def daily_noise(true: Counts) -> Counts:
    """Differential privacy anew every day at epsilon 1: seven draws of scale 3."""
    noised = {key: count + sum(discrete_laplace(3.0) for _ in range(7)) for key, count in true.items()}
    return {key: count for key, count in noised.items() if count >= 12}


Rule = Callable[[Counts, list[Counts]], set[str]]


def rule_in_use(now: Counts, before: list[Counts]) -> set[str]:
    return {key for key, trend in trends(now, before, SCALE, LIMIT).items() if trend.direction == "rise"}


def half_more(now: Counts, before: list[Counts]) -> set[str]:
    """The usual arrow: half as much again as last week, on the same noisy counts."""
    return {key for key, count in now.items() if count >= LIMIT and count >= 1.5 * max(before[-1][key], 1)}


def labels(
    questions: int, weeks: int, seed: int, rule: Rule, *, bursty: bool = False
) -> tuple[float, float, float, float]:
    """False labels a normal week, in a week with 2.5 times the traffic; false confirmed; chance of a doubling."""
    source = Weeks(questions, seed, bursty=bursty)
    false = surged = confirmed = found = 0
    doubled = f"t{DOUBLED}"
    for _ in range(weeks):
        before = [noisy(source.week()) for _ in range(BASELINE)]
        first = noisy(source.week())
        one = rule(first, before)
        two = rule(noisy(source.week()), [*before[1:], first])
        false += len(one)
        confirmed += len(one & two)
        surged += len(rule(noisy(source.week(surge=2.5)), before))
        found += doubled in rule(noisy(source.week({doubled: 2.0})), before)
    return false / weeks, surged / weeks, confirmed / weeks, found / weeks


def themes(weeks: int) -> tuple[float, float, float]:
    """Planted themes that show (25 askers), themes at half the limit that show, and empty cells shown a window."""
    shown = low = empty = 0
    for number in range(weeks):
        window = Window(number + 1, date(2026, 1, 4), 7, "closed", SCALE, LIMIT)
        cells: dict[Cell, int] = {}
        for cell in range(THEME_CELLS):
            true = THEME_ASKERS if cell < THEMES else 8 if cell < 2 * THEMES else 0
            cells["vocabulary", f"v{cell:03}"] = true + discrete_laplace(SCALE)
        for row in drawn_up(window, cells, (), None, synthetic=True).shown("vocabulary"):
            place = int(row.key[1:])
            shown += place < THEMES
            low += THEMES <= place < 2 * THEMES
            empty += place >= 2 * THEMES
    return shown / weeks / THEMES, low / weeks / THEMES, empty / weeks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print("What is shown of a week (rows; rank correlation; share that belongs there; mean error)")
    for questions in (100, 300, 1000, 3000):
        for name, rule in (
            ("in use: b 2, from 12, rounded to 5", chosen),
            ("no noise, from 10, rounded to 5", plain_threshold),
            ("noise anew every day, epsilon 1", daily_noise),
        ):
            rows, correlation, top, error = ranking(questions, max(20, given.weeks // 4), given.seed, rule)
            print(f"{questions:6} {name:36} {rows:6.1f} {correlation:6.2f} {top:6.2f} {error:6.1f}", flush=True)
    print(
        "\nRising (false labels a week; in a week of 2.5 times the traffic; false confirmed; a doubling found at once)"
    )
    for questions in (300, 1000):
        for bursty in (False, True):
            for label, judge in (("in use", rule_in_use), ("half more than last week", half_more)):
                found = labels(questions, given.weeks, given.seed, judge, bursty=bursty)
                kind = "bursty" if bursty else "even"
                print(f"{questions:6} {kind:7} {label:28} " + " ".join(f"{value:6.2f}" for value in found), flush=True)
    print("\nThemes without an answer (25 askers shown; 8 askers shown; empty ones shown a window)")
    print("       " + " ".join(f"{value:6.3f}" for value in themes(given.weeks)))


if __name__ == "__main__":
    main()
