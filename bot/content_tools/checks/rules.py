"""The campaign's own rules of wording, as far as a program can know them. Pure: texts in, findings out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.content_tools.checks.phrases import compiled, sentences, unmarked
from bot.content_tools.checks.texts import Finding
from bot.content_tools.load.schema import DoubtedEntry, PlaceEntry, RulesEntry
from bot.content_tools.load.word_schema import StyleFile
from bot.content_tools.rule import error, warning
from bot.i18n import N_

error(
    "promise",
    N_('"{words}" promises what nobody can promise. Say what is known, or that it is not known.'),
    example="promise-english",
)
error(
    "emergency-callable",
    N_(
        "someone may read this where these digits start another country's emergency service. Write {{number:{id}}} with the warning instead of {{contact:{id}}}."
    ),
)
error(
    "emergency-unwarned",
    N_(
        "the warning is missing. Say where {{number:{id}}} works, where nobody should dial it, and who can call instead (see emergency_warning in _style.yaml)."
    ),
)
error("said-never", N_('"{words}" can hurt somebody. {instead}'))
warning("said-instead", N_('"{words}" is hard to read or misleads. Write: {instead}'))
error("contact-hidden", N_('"{name}" stays out of every reply. Delete it.'))
error("share-untraced", N_('"{number}" does not stand alone: {because}. Say so beside it, or leave it out.'))

# A sentence about the future that denies ("you will not be jailed") is a promise in spite of its "not".
_DENIES_ITSELF = re.compile(r"\b(?:not|won't|never|nothing)\b|(?<!\w)[وف]?لن(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class Wording:
    """One language's phrases, ready to be looked for."""

    promises: re.Pattern[str] | None = None
    denials: re.Pattern[str] | None = None
    emergency_warning: tuple[re.Pattern[str], ...] = ()
    """All of these must be found beside the emergency number."""
    instead: tuple[tuple[re.Pattern[str], str], ...] = ()
    """(words that are hard to read, better ones)"""
    never: tuple[tuple[re.Pattern[str], str], ...] = ()
    """(words that can hurt, what to say)"""

    @classmethod
    def of(cls, style: StyleFile) -> Wording:
        """Compile what stands in `_style.yaml`."""
        beside = (compiled(lines) for lines in style.emergency_warning)
        return cls(
            promises=compiled(style.promises),
            denials=compiled(style.denials),
            emergency_warning=tuple(pattern for pattern in beside if pattern is not None),
            instead=_pairs(style.instead),
            never=_pairs(style.never_said),
        )


def _pairs(words: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((pattern, better) for phrase, better in words.items() if (pattern := compiled([phrase])) is not None)


class Rules:
    """The rules of one campaign."""

    def __init__(
        self,
        rules: RulesEntry,
        places: Mapping[str, PlaceEntry],
        styles: Mapping[str, StyleFile],
        emergency: str | None,
    ) -> None:
        """`styles`: language code -> its `_style.yaml`; `emergency`: the emergency contact, if it has a number."""
        self.entry = rules
        self.emergency = emergency
        self._dialled = {place for place, entry in places.items() if entry.emergency == "yes"}
        self._never_named = {contact: compiled(words) for contact, words in self.entry.never_named.items()}
        self._wordings = {code: Wording.of(style) for code, style in styles.items()}
        self._beside = {
            (position, code): compiled(words)
            for position, entry in enumerate(self.entry.doubted)
            for code, words in entry.words.items()
        }

    def may_dial(self, place: str) -> bool:
        """Whether the emergency contact may be dialled where an asker may be."""
        return place in self._dialled

    def promises(self, text: str, language: str) -> Iterator[Finding]:
        """Words that promise what nobody can promise."""
        wording = self._wordings.get(language)
        if wording is None or wording.promises is None or wording.promises.search(unmarked(text)) is None:
            return
        for sentence in sentences(text):
            bare = unmarked(sentence)
            found = wording.promises.search(bare)
            if found is None or sentence.rstrip().endswith(("?", "؟")):
                continue
            denied = wording.denials is not None and wording.denials.search(bare[: found.start()])
            if denied and not _DENIES_ITSELF.search(found.group()):
                continue
            words = found.group().strip()
            yield Finding("promise", words, {"words": words})

    def wording(self, text: str, language: str) -> Iterator[Finding]:
        """Words that can hurt, and words that are hard to read."""
        wording = self._wordings.get(language)
        if wording is None:
            return
        bare = unmarked(text)
        for code, pairs in (("said-never", wording.never), ("said-instead", wording.instead)):
            for pattern, better in pairs:
                for found in pattern.finditer(bare):
                    yield Finding(code, found.group(), {"words": found.group(), "instead": better})

    def emergency_abroad(self, text: str, language: str) -> Iterator[Finding]:
        """The emergency number in words for somebody who is or may be where it must not be dialled."""
        name = self.emergency
        if name is None:
            return
        if f"{{contact:{name}}}" in text:
            yield Finding("emergency-callable", f"{{contact:{name}}}", {"id": name})
        wording = self._wordings.get(language)
        if wording is not None and f"{{number:{name}}}" in text:
            bare = unmarked(text)
            if not all(part.search(bare) for part in wording.emergency_warning):
                yield Finding("emergency-unwarned", f"{{number:{name}}}", {"id": name})

    def never_named(self, text: str) -> Iterator[Finding]:
        """Names and placeholders of contacts that stay out of replies."""
        for contact, pattern in self._never_named.items():
            found = pattern.search(unmarked(text)) if pattern is not None else None
            typed = found.group() if found is not None else f"{{contact:{contact}}}"
            if found is not None or typed in text:
                yield Finding("contact-hidden", typed, {"name": typed})

    def missing_beside(self, facts: Collection[str]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
        """(fact, fact that must stand beside it and does not, why per language)."""
        for entry in self.entry.never_alone:
            if entry.fact in facts:
                yield from ((entry.fact, other, entry.because) for other in entry.beside if other not in facts)

    def doubted(self, text: str, language: str, facts: Collection[str]) -> Iterator[tuple[DoubtedEntry, Finding]]:
        """Figures that need words beside them which say how sure they are, without those words."""
        for position, entry in enumerate(self.entry.doubted):
            words = self._beside.get((position, language))
            if entry.fact not in facts or words is None or words.search(unmarked(text)):
                continue
            number = re.search(rf"(?<![\d.,]){re.escape(entry.number)}(?![\d.,]*\d)", text)
            if number is not None:
                yield entry, Finding("share-untraced", entry.number, {"number": entry.number})
