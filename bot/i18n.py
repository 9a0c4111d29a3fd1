"""Fixed sentences from locales/: English is the message id, each language one catalogue a domain.

The domain `bot` is what askers read, `staff` what editors, coordinators and operators read. Catalogues are read from their .po files at start (a few milliseconds), so that a translator's edit needs no
compile step. A missing translation falls back to the English sentence, never to an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import Literal

from babel.messages.pofile import read_po

from bot.settings import ROOT

LOCALES = ROOT / "locales"
SOURCE_LANGUAGE = "en"
"""English sentences stand for themselves."""

Domain = Literal["bot", "staff"]
Plurals = tuple[tuple[str, ...], Callable[[int], int]]


def N_(sentence: str) -> str:
    """Mark a sentence for the catalogue without translating it here."""
    return sentence


class Phrases:
    """All catalogues, read once; hands out sentences in a language."""

    def __init__(
        self, catalogues: Mapping[str, Mapping[str, str]], plurals: Mapping[str, Mapping[str, Plurals]]
    ) -> None:
        self._catalogues = catalogues
        self._plurals = plurals

    def __call__(self, language: str, message: str, /, **values: str) -> str:
        """The sentence that stands for an English one in a language, with its {placeholders} filled."""
        return self.filled(language, message, values) if values else self._said(language, message)

    def filled(self, language: str, message: str, values: Mapping[str, str]) -> str:
        """The same where braces stand doubled unless they are filled, as in every message of the content check."""
        try:
            return self._said(language, message).format_map(values)
        except (KeyError, ValueError, IndexError):
            # A translator's slip must not cost the sentence.
            return message.format_map(values)

    def _said(self, language: str, message: str) -> str:
        return self._catalogues.get(language, {}).get(message) or message

    def plural(self, language: str, singular: str, plural: str, count: int, /, **values: str) -> str:
        """The right plural form for a count; {count} is filled beside the other values."""
        forms, rule = self._plurals.get(language, {}).get(singular, ((singular, plural), _english_rule))
        index = rule(count)
        form = forms[index] if index < len(forms) and forms[index] else (singular if count == 1 else plural)
        filled = {"count": str(count), **values}
        try:
            return form.format_map(filled)
        except (KeyError, ValueError, IndexError):
            return (singular if count == 1 else plural).format_map(filled)


def _english_rule(count: int) -> int:
    return 0 if count == 1 else 1


@lru_cache(maxsize=16)
def staff_phrases(language: str) -> Phrases:
    """What staff read in a language; English where there is no catalogue."""
    return read_phrases(LOCALES, (language,), "staff")


def staff_languages() -> tuple[str, ...]:
    """English, and every language with a catalogue of staff sentences."""
    return _languages_of("staff")


def asker_languages() -> tuple[str, ...]:
    """English, and every language with a catalogue of askers' sentences; the languages that are not English first."""
    return tuple(sorted(_languages_of("bot"), key=lambda code: code == SOURCE_LANGUAGE))


def _languages_of(domain: Domain) -> tuple[str, ...]:
    found = sorted(path.parent.parent.name for path in LOCALES.glob(f"*/LC_MESSAGES/{domain}.po"))
    return tuple(dict.fromkeys((SOURCE_LANGUAGE, *found)))


def read_phrases(folder: Path, languages: Iterable[str], domain: Domain = "bot") -> Phrases:
    """Read locales/<language>/LC_MESSAGES/<domain>.po for each language; a missing one is an empty catalogue."""
    catalogues: dict[str, dict[str, str]] = {}
    plurals: dict[str, dict[str, Plurals]] = {}
    for language in languages:
        path = folder / language / "LC_MESSAGES" / f"{domain}.po"
        if not path.is_file():
            continue
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=False)
        singles: dict[str, str] = {}
        several: dict[str, Plurals] = {}
        rule = _rule(catalogue.plural_expr)
        for message in catalogue:
            if isinstance(message.id, str):
                if message.id and isinstance(message.string, str) and message.string and not message.fuzzy:
                    singles[message.id] = message.string
            elif message.id:
                forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
                several[message.id[0]] = (tuple(str(form) for form in forms), rule)
        catalogues[language] = singles
        plurals[language] = several
    return Phrases(catalogues, plurals)


def _rule(expression: str) -> Callable[[int], int]:
    """A gettext plural expression as a function of n."""
    compiled: Callable[[int], int] = c2py(expression)
    return compiled
