"""What is counted: the closed families of public keys, how much one asker may add in a day, noise and show limits.

The protected unit is one asker for one day. A family's cost is cap / scale; the sum over the families is what a
day of questions can give away at most (epsilon), and `ledger` prints it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from bot.dialogue.campaign import Campaign
from bot.dialogue.reply import Counted, CountedOutcome

Family = Literal[
    "topic", "near-miss", "outcome", "language", "campaign", "offer-sign", "feedback", "vocabulary", "flood"
]
Cell = tuple[Family, str]

OTHER = "other"
NO_CAMPAIGN = "none"
FEEDBACK = ("helpful", "not-helpful")
FALSE_ROWS = 0.1
"""Rows of a large family that may show in a window though nobody asked."""
FALSE_FLOODS = 0.02
"""The same for flood marks, which accuse somebody."""
VOCABULARY_SIZE = 600
"""The show limit of the vocabulary is set for this many word families, however few there are."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One family's part of the ledger."""

    cap: int
    """Different keys that one asker can add in a day, each once."""
    scale: float
    """Scale b of the noise."""
    show_limit: int
    """A row is shown from this noisy count on."""
    shared: bool = False
    """True: what is counted here is not counted in the family it was taken from, so it costs nothing more."""

    @property
    def cost(self) -> float:
        """Epsilon of one asker's day in this family."""
        return 0.0 if self.shared else self.cap / self.scale

    @property
    def band(self) -> int:
        """Half-width of the range that a shown value is named with: about 98 of 100 lie within."""
        return math.ceil(4 * self.scale)


def rules(scale: float, show_limit: int, sizes: Mapping[Family, int] | None = None) -> dict[Family, Rule]:
    """The rules for a noise scale b and a show limit s (2 and 12 by default).

    `sizes` is the number of cells of each family; large families need a higher limit, or noise alone would show.
    """
    cells = dict(sizes or {})
    wide = (2 * scale, math.ceil(show_limit * 5 / 3))

    def limit(count: int, false_rows: float = FALSE_ROWS) -> int:
        a = math.exp(-1 / scale)
        return max(show_limit, math.ceil(scale * math.log(max(count, 1) / (false_rows * (1 + a)))))

    return {
        "topic": Rule(3, scale, show_limit),
        "near-miss": Rule(1, scale, show_limit),
        "outcome": Rule(2, scale, show_limit),
        "language": Rule(1, *wide),
        "campaign": Rule(1, *wide),
        "offer-sign": Rule(3, *wide),
        "feedback": Rule(1, scale, limit(cells.get("feedback", 0))),
        "vocabulary": Rule(2, scale, limit(max(VOCABULARY_SIZE, cells.get("vocabulary", 0)))),
        # A question over a topic's daily limit is counted here instead of under its topic.
        "flood": Rule(3, scale, limit(cells.get("flood", 0), FALSE_FLOODS), shared=True),
    }


def cells_of(campaign: Campaign, offer_signs: Iterable[str]) -> frozenset[Cell]:
    """Every cell that a window over this content has: all are made at its opening, asked or not."""
    cells: set[Cell] = set()
    for topic in campaign.topics:
        cells |= {("topic", topic), ("near-miss", topic), ("flood", topic)}
        cells |= {("feedback", f"{topic}:{verdict}") for verdict in FEEDBACK}
    cells |= {("outcome", outcome) for outcome in get_args(CountedOutcome)}
    cells |= {("language", language) for language in (*campaign.languages, OTHER)}
    cells |= {("campaign", code) for code in (*campaign.codes, OTHER, NO_CAMPAIGN)}
    cells |= {("offer-sign", sign) for sign in offer_signs}
    cells |= {("vocabulary", family) for family in campaign.vocabulary}
    return frozenset(cells)


def sizes_of(cells: Iterable[Cell]) -> dict[Family, int]:
    """How many cells each family has."""
    sizes: dict[Family, int] = {}
    for family, _ in cells:
        sizes[family] = sizes.get(family, 0) + 1
    return sizes


def cells_in(counted: Counted) -> list[Cell]:
    """What one turn would add, before caps; keys as the conversation named them."""
    cells: list[Cell] = [("topic", topic) for topic in counted.topics]
    if counted.near_miss is not None:
        cells.append(("near-miss", counted.near_miss))
    if counted.outcome is not None:
        cells.append(("outcome", counted.outcome))
    if counted.language is not None:
        cells.append(("language", counted.language))
    if counted.campaign is not None:
        cells.append(("campaign", counted.campaign))
    cells += [("offer-sign", sign) for sign in counted.offer_signs]
    cells += [("feedback", key) for key in counted.feedback]
    cells += [("vocabulary", family) for family in counted.vocabulary]
    return cells
