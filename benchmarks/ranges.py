"""How often a report's ranges hold the truth, against simulated seasons of which the truth is known.

`python -m benchmarks.ranges [SEEDS]` prints, for each kind of figure, in how many of 100 cases its range held the true
count: rows one by one, and the headline (the sum of the shown outcomes).
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bot.content_tools.load.build import Content, read_content
from bot.counting import counters
from bot.counting.release import drawn_up
from bot.counting.window import starting_counts
from bot.dialogue.conversation import Conversation
from bot.dialogue.offers import OfferChecker
from bot.i18n import read_phrases
from bot.reports.simulation import Simulator
from bot.reports.wording import reach, total_of
from bot.settings import LOCALES, ROOT
from storage.values import Cell, Release
from tests.kit.conversations import scripted_conversation

WEEKS = 4
SIZES = (60, 300, 1000)
"""Questions a week."""


@contextmanager
def truths() -> Iterator[dict[int, dict[Cell, int]]]:
    """True counts by window, taken beside the counters: what was drawn as noise is subtracted again."""
    found: dict[int, dict[Cell, int]] = {}
    noises: list[Mapping[Cell, int]] = []

    def drawn(*arguments: Any, **more: Any) -> dict[Cell, int]:
        noise = starting_counts(*arguments, **more)
        noises.append(dict(noise))
        return noise

    def made(opened: Any, cells: Mapping[Cell, int], *arguments: Any, **more: Any) -> Release:
        noise = noises[opened.number - 1]
        found[opened.number] = {cell: count - noise[cell] for cell, count in cells.items()}
        return drawn_up(opened, cells, *arguments, **more)

    with patch.object(counters, "starting_counts", drawn), patch.object(counters, "drawn_up", made):
        yield found


def season(
    conversation: Conversation, content: Content, seed: int, questions: int, weeks: int = WEEKS
) -> list[tuple[Release, dict[Cell, int]]]:
    """Released windows with the true counts of each."""
    with tempfile.TemporaryDirectory() as folder, truths() as true:
        simulator = Simulator(conversation, OfferChecker(content.offers).sign_ids, Path(folder), seed)
        simulator.run(weeks, questions)
        return [(release, true[release.number]) for release in simulator.releases.last(weeks)]


def held(release: Release, true: Mapping[Cell, int]) -> Iterator[tuple[str, bool]]:
    """For each range of a report: what it is of, and whether it holds the true count."""
    for row in release.rows:
        if row.shown is not None:
            low, high = reach(release, row)
            yield row.family, low <= true[row.family, row.key] <= high
    total = total_of(release, "outcome")
    shown = release.shown("outcome")
    if shown:
        yield "headline", total.low <= sum(true["outcome", row.key] for row in shown) <= total.high


def sure_conversation() -> tuple[Conversation, Content]:
    """A conversation that understands everything: each topic's only phrasing is its id."""
    content = read_content(ROOT / "content").content
    assert content is not None
    topics = {name: replace(topic, phrasings={"en": (name,)}) for name, topic in content.campaign.topics.items()}
    say = read_phrases(LOCALES, content.campaign.languages)
    return scripted_conversation(content, say, replace(content.campaign, topics=topics)), content


def main(seeds: int) -> None:
    """Print the table."""
    conversation, content = sure_conversation()
    good: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    for seed in range(1, seeds + 1):
        for release, true in season(conversation, content, seed, SIZES[seed % len(SIZES)]):
            for kind, holds in held(release, true):
                all_of[kind] += 1
                good[kind] += holds
    for kind, count in sorted(all_of.items()):
        print(f"{kind:12} {100 * good[kind] / count:6.1f} % of {count}")
    rows = sum(count for kind, count in all_of.items() if kind != "headline")
    print(f"{'all rows':12} {100 * (sum(good.values()) - good['headline']) / rows:6.1f} % of {rows}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
