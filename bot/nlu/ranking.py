"""What a matcher says of one question: the value that it hands to the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from bot.nlu.utterance import Utterance

RankingOutcome = Literal["answer", "choices", "none"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A topic and how likely it is the right one."""

    topic: str
    confidence: float
    """Calibrated chance, 0 to 1, that this topic is what the asker means."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a ranking came about, for the try page and `ask --why`."""

    variants: tuple[tuple[str, str], ...]
    """(name of the reading, its text): typed, repaired, msa, arabic, ..."""
    repaired: tuple[tuple[str, str], ...]
    """(word as typed, word it was taken for)."""
    nearest: tuple[tuple[str, str, float], ...]
    """(topic, its nearest phrasing, similarity 0 to 1), best topics first."""
    scores: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
    """(topic, ((evidence name, score), ...)), best topics first."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer to "which topics does this question mean?"."""

    ranked: tuple[Ranked, ...]
    """The likeliest labels, up to twelve, best first; never empty while there are labels, whatever the outcome."""
    outcome: RankingOutcome
    answered: tuple[str, ...]
    """Topics to answer at once: one, or two when the message asks two things. Empty unless outcome is "answer"."""
    choices: tuple[str, ...]
    """Topics to offer as buttons, at most three. Filled when outcome is "choices"; also the runners-up worth
    showing beside a none (may be empty)."""
    sure: bool = True
    """False: what is answered is likely and no more; it is to be introduced as that."""
    explanation: Explanation | None = None
    written: str | None = None
    """The one topic under which an editor wrote this very question; None for any other question."""


class Classifier(Protocol):
    """Anything that ranks topics for a question. Never raises, for any text."""

    def read(self, raw: str) -> Utterance:
        """Read a message."""
        ...

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Rank labels for one message; with `explain`, say why."""
        ...
