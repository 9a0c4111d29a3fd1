"""A message, read once: every part of the program that looks at what somebody wrote takes this value."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from bot.nlu.language_id import LanguageModel, Script, identify
from bot.nlu.normalize import clip, fold, normalize, readable, words

LONGEST = 4096
"""Characters of a message that are read, as many as Telegram sends; a longer one keeps its beginning and its end."""


@dataclass(frozen=True)
class Utterance:
    """What somebody wrote, in every form that a reader of it needs."""

    raw: str
    """As typed, for quoting."""
    normal: str
    """One spelling for each character; signs and line breaks stay."""
    clean: str
    """One line without emoji and markup signs, in the asker's own spelling."""
    tokens: tuple[str, ...]
    """Folded words."""
    script: Script
    language: str | None
    """Language to reply in; None where the message does not tell."""
    memo: dict[object, object] = field(default_factory=dict, compare=False, repr=False)
    """What readers have made of it, so that none of them does it twice. It goes with the message."""

    variety: str | None = None
    """The way of writing that it is most like; None where no model told it."""

    @classmethod
    def read(cls, raw: str, model: LanguageModel | None = None) -> Utterance:
        """Read a message. Never raises, for any str."""
        raw = clip(raw, LONGEST)
        normal = normalize(raw)
        clean = readable(normal)
        found = identify(clean, model, cleaned=True)
        return cls(raw, normal, clean, words(clean, cleaned=True), found.script, found.language, variety=found.variety)

    def excerpt(self, normal: str) -> Utterance:
        """A piece of this message, given as a part of `normal`: it is in the same language."""
        clean = readable(normal)
        return Utterance(
            normal, normal, clean, words(clean, cleaned=True), self.script, self.language, variety=self.variety
        )

    @cached_property
    def folded(self) -> str:
        """All of the clean text, folded, with its punctuation."""
        return fold(self.clean, cleaned=True)
