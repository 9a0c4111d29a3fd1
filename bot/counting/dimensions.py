"""What is counted: the closed list of dimensions, each declared once.

A new counter is one entry in `DIMENSIONS`: the counters, the ledger, the names, the report and the desk read it there.
The protected unit is one asker for one day. A dimension's cost is cap / scale; the sum over all of them is what a day
of questions can give away at most (epsilon), and `tabayyan privacy` prints it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from bot.dialogue.campaign import Campaign
from bot.dialogue.render import N_
from bot.dialogue.reply import NO_CAMPAIGN, OTHER, Counted, CountedOutcome
from storage.values import Cell

KeyKind = Literal["topic", "verdict", "outcome", "language", "code", "sign", "theme"]
"""What the keys of a dimension are: which keys there are and what they are called follows from it."""

FEEDBACK = ("helpful", "not-helpful")
FALSE_ROWS = 0.1
"""Rows of a large dimension that may show in a window though nobody asked."""
FALSE_FLOODS = 0.02
"""The same for flood marks, which accuse somebody."""
VOCABULARY_SIZE = 600
"""The show limit of the vocabulary is set for this many word families, however few there are."""
MORE_NOISE, HIGHER_LIMIT = 2.0, 5 / 3
"""For what nobody needs to know precisely."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension: what is counted of a turn, how it is hidden, and how it is shown."""

    key: str
    name: str
    """English, translated in `locales/`."""
    of: KeyKind
    cap: int
    """Different keys that one asker can add in a day, each once."""
    counted: Callable[[Counted], Iterable[str | None]] = lambda turn: ()
    """The keys that a turn adds to; None adds nothing."""
    scale: float = 1.0
    """Scale of the noise, in multiples of the campaign's b."""
    limit: float = 1.0
    """A row is shown from this many times the campaign's show limit on."""
    false_rows: float | None = None
    """Rows that may show though nobody asked: raises the limit of a large dimension."""
    least_size: int = 0
    """That limit is set for at least so many keys."""
    section: str | None = None
    """Title of its own section of the report; None: the report weaves it into others."""
    note: str | None = None
    """A sentence under that title."""
    others: bool = False
    """Whether a key that the content does not have counts as `OTHER`; else it is dropped."""
    sparse: bool = False
    """True: most keys are hardly ever asked, so that a small row may be noise alone; its range then begins at 0."""
    shared: bool = False
    """True: what is counted here is not counted in the dimension it was taken from, so it costs nothing more."""


TOPIC, FLOOD = "topic", "flood"

DIMENSIONS: dict[str, Dimension] = {
    dimension.key: dimension
    for dimension in (
        Dimension(TOPIC, N_("Topic answered"), "topic", 3, lambda turn: turn.topics),
        Dimension("near-miss", N_("Near miss"), "topic", 1, lambda turn: (turn.near_miss,), sparse=True),
        Dimension("outcome", N_("Outcome"), "outcome", 2, lambda turn: (turn.outcome,)),
        Dimension(
            "language",
            N_("Language"),
            "language",
            1,
            lambda turn: (turn.language,),
            scale=MORE_NOISE,
            limit=HIGHER_LIMIT,
            section=N_("Languages"),
            others=True,
        ),
        Dimension(
            "campaign",
            N_("Campaign code"),
            "code",
            1,
            lambda turn: (turn.campaign,),
            scale=MORE_NOISE,
            limit=HIGHER_LIMIT,
            section=N_("Campaign codes"),
            note=N_("Starts: by a link or poster with a code, or without one."),
            others=True,
        ),
        Dimension(
            "offer-sign",
            N_("Warning sign in an offer"),
            "sign",
            3,
            lambda turn: turn.offer_signs,
            scale=MORE_NOISE,
            limit=HIGHER_LIMIT,
            section=N_("Warning signs in offers"),
            sparse=True,
        ),
        Dimension(
            "feedback",
            N_("Did the answer help?"),
            "verdict",
            1,
            lambda turn: turn.feedback,
            false_rows=FALSE_ROWS,
            section=N_("Did the answer help?"),
            sparse=True,
        ),
        Dimension(
            "vocabulary",
            N_("Theme without an answer"),
            "theme",
            2,
            lambda turn: turn.vocabulary,
            false_rows=FALSE_ROWS,
            least_size=VOCABULARY_SIZE,
            sparse=True,
        ),
        # A question over a topic's daily limit is counted here instead of under its topic, by the counters themselves.
        Dimension(
            FLOOD, N_("Over a topic's daily limit"), "topic", 3, false_rows=FALSE_FLOODS, sparse=True, shared=True
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One dimension's part of the ledger, for a campaign's noise and show limit."""

    cap: int
    """Different keys that one asker can add in a day, each once."""
    scale: float
    """Scale b of the noise."""
    show_limit: int
    """A row is shown from this noisy count on."""
    shared: bool = False

    @property
    def cost(self) -> float:
        """Epsilon of one asker's day in this dimension."""
        return 0.0 if self.shared else self.cap / self.scale

    @property
    def band(self) -> int:
        """Half-width of the range that a shown value is named with (`benchmarks/ranges.py` measures it)."""
        return math.ceil(4 * self.scale)


def rules(scale: float, show_limit: int, sizes: Mapping[str, int] | None = None) -> dict[str, Rule]:
    """The rules for a noise scale b and a show limit s (2 and 12 by default).

    `sizes` is the number of cells of each dimension; large ones need a higher limit, or noise alone would show.
    """
    cells = sizes or {}
    return {key: _rule(one, scale, show_limit, cells.get(key, 0)) for key, one in DIMENSIONS.items()}


def _rule(dimension: Dimension, scale: float, show_limit: int, size: int) -> Rule:
    noise, limit = scale * dimension.scale, math.ceil(show_limit * dimension.limit)
    if dimension.false_rows is not None:
        a = math.exp(-1 / noise)
        cells = max(size, dimension.least_size, 1)
        limit = max(limit, math.ceil(noise * math.log(cells / (dimension.false_rows * (1 + a)))))
    return Rule(dimension.cap, noise, limit, dimension.shared)


def cells_of(campaign: Campaign, offer_signs: Iterable[str]) -> frozenset[Cell]:
    """Every cell that a window over this content has: all are made at its opening, asked or not."""
    keys: dict[KeyKind, tuple[str, ...]] = {
        "topic": tuple(campaign.topics),
        "verdict": tuple(f"{topic}:{verdict}" for topic in campaign.topics for verdict in FEEDBACK),
        "outcome": get_args(CountedOutcome),
        "language": (*campaign.languages, OTHER),
        "code": (*campaign.codes, OTHER, NO_CAMPAIGN),
        "sign": tuple(offer_signs),
        "theme": tuple(campaign.vocabulary),
    }
    return frozenset((dimension.key, key) for dimension in DIMENSIONS.values() for key in keys[dimension.of])


def sizes_of(cells: Iterable[Cell]) -> dict[str, int]:
    """How many cells each dimension has."""
    sizes: dict[str, int] = {}
    for dimension, _ in cells:
        sizes[dimension] = sizes.get(dimension, 0) + 1
    return sizes


def cells_in(counted: Counted) -> list[Cell]:
    """What one turn would add, before caps; keys as the conversation named them."""
    return [
        (dimension.key, key)
        for dimension in DIMENSIONS.values()
        for key in dimension.counted(counted)
        if key is not None
    ]
