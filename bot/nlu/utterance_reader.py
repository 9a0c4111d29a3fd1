"""Raw text -> utterance, with what is known of the campaign: its languages and its words."""

from __future__ import annotations

from collections.abc import Callable

from bot.nlu.language_id import LanguageModel
from bot.nlu.normalize import swap_layout, words
from bot.nlu.utterance import Utterance

_LONGEST_WORDS = 60


class UtteranceReader:
    """Reads what people send. Holds nothing that changes."""

    def __init__(self, model: LanguageModel | None = None, knows: Callable[[str], bool] | None = None) -> None:
        """Take a model of the campaign's languages, and whether a folded word is known."""
        self._model, self._knows = model, knows

    def read(self, raw: str) -> Utterance:
        """Read a message; one typed on the wrong keyboard layout is read as it was meant. Never raises."""
        utterance = Utterance.read(raw, self._model)
        meant = self._other_layout(utterance)
        return utterance if meant is None else Utterance.read(meant, self._model)

    def _other_layout(self, utterance: Utterance) -> str | None:
        """The text on the other keyboard layout where that alone makes it known words."""
        tokens = utterance.tokens[:_LONGEST_WORDS]
        if self._knows is None or not tokens or sum(map(self._knows, tokens)) * 4 > len(tokens):
            return None
        swapped = swap_layout(utterance.clean)
        other = words(swapped)[:_LONGEST_WORDS]
        sure = sum(len(word) > 2 and self._knows(word) for word in other)
        return swapped if sure * 3 >= 2 * len(other) and sure else None
