"""The bot's own words, recognised when somebody sends them back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b

from bot.dialogue.campaign import Campaign
from bot.nlu.normalize import words
from bot.nlu.utterance import Utterance

_FEWEST_TOKENS = 8
"""A shorter sentence may be anybody's."""
_TOKENS = 14
"""Words of a sentence that are compared."""
_PLACEHOLDER = re.compile(r"\{[a-z]+:[a-z0-9-]+\}")


class OwnWords:
    """The beginnings of every answer's paragraphs."""

    def __init__(self, campaign: Campaign) -> None:
        self._known = {
            _digest(tokens) for text in _texts(campaign) for tokens in [_beginning(text)] if tokens is not None
        }

    def holds(self, utterance: Utterance) -> bool:
        """Whether a line of a message begins as one of the bot's own paragraphs does."""
        for line in utterance.normal.split("\n"):
            tokens = _beginning(line)
            if tokens is not None and _digest(tokens) in self._known:
                return True
        return False


def _texts(campaign: Campaign) -> Iterator[str]:
    for topic in campaign.topics.values():
        for answer in topic.answers.values():
            for text in (answer.short, answer.details, answer.next_step):
                yield from text.split("\n")


def _beginning(line: str) -> tuple[str, ...] | None:
    if _PLACEHOLDER.search(line[:200]) is not None:
        return None
    tokens = words(line[:300])[:_TOKENS]
    return tokens if len(tokens) >= _FEWEST_TOKENS else None


def _digest(tokens: tuple[str, ...]) -> bytes:
    return blake2b(" ".join(tokens).encode("utf-8", "replace"), digest_size=8).digest()
