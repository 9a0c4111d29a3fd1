"""What a person types instead of pressing: a key's label, a bare number, SOS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.dialogue.callback_data import Action
from bot.nlu.utterance import Utterance

URGENT_SIGNS = ("🆘", "🚨")
_COMMAND_WORDS: Mapping[str, str] = {
    "sos": "urgent",
    "start": "start",
    "menu": "topics",
    "topics": "topics",
    "hotline": "contacts",
    "contacts": "contacts",
    "privacy": "privacy",
    "hide": "hide",
}
"""Commands that people type without the slash."""
_LONGEST_LABEL = 6
"""Words; a longer message is no label."""


class TypedKeys:
    """The labels of keys, in every language, and what each does."""

    def __init__(self, labels: Iterable[tuple[str, Action]]) -> None:
        """Take (label, action); where two have the same words the first one counts."""
        self._actions: dict[tuple[str, ...], Action] = {}
        for label, action in labels:
            tokens = Utterance.read(label).tokens
            if tokens:
                self._actions.setdefault(tokens, action)

    def action(self, utterance: Utterance, language: str, question: int | None) -> Action | None:
        """The action of a message that is a key's label and nothing else, or None."""
        if not utterance.tokens:
            urgent = any(sign in utterance.raw for sign in URGENT_SIGNS)
            return Action("urgent", language, question) if urgent else None
        if len(utterance.tokens) > _LONGEST_LABEL:
            return None
        known = self._actions.get(utterance.tokens)
        if known is not None:
            own = known.language if known.verb == "language" else language
            return Action(known.verb, own, question, known.topics, known.category, known.page)
        verb = _COMMAND_WORDS.get("".join(utterance.tokens))
        return Action(verb, language, question) if verb is not None else None  # type: ignore[arg-type]
