"""Interface sentences from locales/: English is the message id, each language one catalogue.

Catalogues are read from their .po files at start (a few milliseconds), so that a translator's edit needs no
compile step. A missing translation falls back to the English sentence, never to an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from babel.messages.pofile import read_po

Plurals = tuple[tuple[str, ...], Callable[[int], int]]


class Phrases:
    """All catalogues, read once; hands out sentences in a language."""

    def __init__(
        self, catalogues: Mapping[str, Mapping[str, str]], plurals: Mapping[str, Mapping[str, Plurals]]
    ) -> None:
        self._catalogues = catalogues
        self._plurals = plurals

    def __call__(self, language: str, message: str, /, **values: str) -> str:
        """The sentence that stands for an English one in a language, with its {placeholders} filled."""
        sentence = self._catalogues.get(language, {}).get(message) or message
        return sentence.format(**values) if values else sentence

    def plural(self, language: str, singular: str, plural: str, count: int, /, **values: str) -> str:
        """The right plural form for a count; {count} is filled beside the other values."""
        forms, rule = self._plurals.get(language, {}).get(singular, ((singular, plural), _english_rule))
        index = rule(count)
        form = forms[index] if index < len(forms) and forms[index] else (singular if count == 1 else plural)
        return form.format(count=str(count), **values)


def _english_rule(count: int) -> int:
    return 0 if count == 1 else 1


def read_phrases(folder: Path, languages: Iterable[str]) -> Phrases:
    """Read locales/<language>/LC_MESSAGES/bot.po for each language; a missing one is an empty catalogue."""
    catalogues: dict[str, dict[str, str]] = {}
    plurals: dict[str, dict[str, Plurals]] = {}
    for language in languages:
        path = folder / language / "LC_MESSAGES" / "bot.po"
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
    from gettext import c2py

    compiled: Callable[[int], int] = c2py(expression)
    return compiled
