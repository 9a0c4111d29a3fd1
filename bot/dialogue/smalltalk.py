"""Greetings, thanks, feelings and the like: what they are answered with. They are recognised by the classifier, as
labels beside the topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from bot.nlu.training_set import Example

PREFIX = "talk:"
"""What stands before a kind's id in its label."""
FOLLOW_UP, YES, NO = "follow-up", "yes", "no"
ORDINALS = ("first", "second", "third")
"""Kinds that answer the bot or ask for more: they mean something only after what was said."""

_NO_WORDINGS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SmallTalkKind:
    """One kind of small talk in one language."""

    id: str
    language: str
    reply: str
    """A short human sentence; plain text with placeholders."""
    doors: tuple[str, ...] = ()
    """Keys under it: topic ids, category ids, "check", "contacts", "topics" or "urgent"."""
    wordings: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_WORDINGS)
    """Way of writing -> what people type."""


class SmallTalk:
    """The kinds of a campaign. Holds nothing that changes."""

    def __init__(self, kinds: Iterable[SmallTalkKind]) -> None:
        self._kinds = {(kind.id, kind.language): kind for kind in kinds}

    def kind(self, kind: str, language: str) -> SmallTalkKind | None:
        """A kind in a language, or in the first language that has it; None for one that nobody wrote."""
        found = self._kinds.get((kind, language))
        return found or next((one for (known, _), one in self._kinds.items() if known == kind), None)

    def examples(self) -> tuple[Example, ...]:
        """What the classifier learns the kinds from, ordered by kind."""
        ids = dict.fromkeys(kind for kind, _ in self._kinds)
        return tuple(
            Example(PREFIX + kind, variety, text)
            for kind in ids
            for (known, _), one in self._kinds.items()
            if known == kind
            for variety, texts in one.wordings.items()
            for text in texts
        )


def kind_of(label: str) -> str | None:
    """The kind of small talk that a label stands for; None for a topic."""
    return label.removeprefix(PREFIX) if label.startswith(PREFIX) else None
