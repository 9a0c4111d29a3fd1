"""Greetings, thanks and the like: a message that is nothing else gets a short, kind sentence and the menu."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.nlu.normalize import words
from bot.nlu.utterance import Utterance

LONGEST_WORDS = 7
"""A longer message is a question, however it begins."""
LIKENESS = 90
"""rapidfuzz ratio, 0 to 100, from which a message counts as a wording."""
SHORTEST_FUZZY = 5
"""Characters; a shorter message must be a wording exactly."""


@dataclass(frozen=True, slots=True)
class SmallTalkKind:
    """One kind of small talk in one language."""

    id: str
    language: str
    wordings: tuple[str, ...]
    reply: str


class SmallTalk:
    """Recognises messages that are small talk and nothing else."""

    def __init__(self, kinds: Iterable[SmallTalkKind]) -> None:
        listed = tuple(kinds)
        self._by_wording: dict[str, SmallTalkKind] = {}
        for kind in listed:
            for wording in kind.wordings:
                self._by_wording.setdefault(_compared(wording), kind)
        self._by_wording.pop("", None)
        self._wordings = list(self._by_wording)
        self._replies = {(kind.id, kind.language): kind.reply for kind in listed}

    def look(self, utterance: Utterance) -> SmallTalkKind | None:
        """The kind of small talk that a whole message is; None for anything else."""
        folded = " ".join(utterance.tokens)
        if not folded or len(utterance.tokens) > LONGEST_WORDS:
            return None
        kind = self._by_wording.get(folded)
        if kind is not None or len(folded) < SHORTEST_FUZZY:
            return kind
        best = process.extractOne(folded, self._wordings, scorer=fuzz.ratio, score_cutoff=LIKENESS)
        return self._by_wording[best[0]] if best is not None else None

    def reply(self, kind: str, language: str) -> str:
        """The sentence for a kind in a language, or in the first language that has one."""
        found = self._replies.get((kind, language))
        return found if found is not None else next(text for (known, _), text in self._replies.items() if known == kind)


def _compared(text: str) -> str:
    """A message without its punctuation, spelt one way."""
    return " ".join(words(text))
