"""Which script and which language a message is written in.

The script is told from the letters. Which language of a script it is, is learnt from the campaign's own phrasings: a
naive Bayes model of letter n-grams. Latin letters may hold a language of another script (Arabizi).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.nlu.featurizer import Floats, letter_ngrams
from bot.nlu.normalize import WORD, clean, fold

Script = Literal["arabic", "latin", "arabizi", "kurdish", "cyrillic", "other", "none"]

_ARABIC = re.compile(r"[\u0620-\u064a\u066e-\u06d3]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_SORANI = re.compile(r"[ڕڵێۆ]|ە")
_LETTER = re.compile(r"[^\W\d_]")
# From the beginning of a run only, and without going back: long rows of digits would take seconds otherwise.
_LATIN_WORD = re.compile(r"(?<![a-z0-9'’])[0-9'’]*+[a-z][a-z0-9'’]*+")


@dataclass(frozen=True, slots=True)
class ScriptAndLanguage:
    """What a message is written in."""

    language: str | None
    """Language to reply in; None where the message does not tell (digits, emoji, other scripts, a few bare names)."""
    script: Script
    """Script of most of its letters; "arabizi" is a language of another script in Latin letters; "none" has no letters."""
    variety: str | None = None
    """The way of writing that it is most like, where a model knows the campaign's own."""


_BITS = 16
_SHORTEST, _LONGEST = 2, 4
"""Letters of an n-gram; a blank at either end of a word counts."""
_UNSEEN = 0.1
"""Share of the n-grams that are taken for never seen."""
_FREQUENT = 4000
"""Words of a language's frequency list that are learnt beside the phrasings."""
_SURE = 2.5
"""Log odds from which a language counts as told; a shorter or stranger text tells none."""


@dataclass(frozen=True, slots=True)
class Variety:
    """One way of writing one language."""

    name: str
    language: str
    script: str
    """"arabic" or "latin": the letters that most of its phrasings use."""


class LanguageModel:
    """Tells languages of one script apart. Holds nothing that changes."""

    def __init__(self, varieties: Sequence[Variety], weights: Floats) -> None:
        """Take the varieties, and log probabilities of shape (2 ** 16 n-grams, varieties)."""
        self.varieties = tuple(varieties)
        self.weights = weights
        self._of_script: dict[str, list[int]] = {}
        self._main_script: dict[str, str] = {}
        for number, one in enumerate(self.varieties):
            self._of_script.setdefault(one.script, []).append(number)
            self._main_script.setdefault(one.language, one.script)

    @classmethod
    def train(cls, texts: Iterable[tuple[str, str, str]], frequencies: Mapping[str, Sequence[str]]) -> LanguageModel:
        """Learn from (language, variety, text); a language's frequent words count for its first variety."""
        found: dict[tuple[str, str], list[str]] = {}
        for language, name, text in texts:
            found.setdefault((language, name), []).append(fold(text))
        varieties = [Variety(name, language, _script_of(listed)) for (language, name), listed in found.items()]
        shares = np.empty((1 << _BITS, len(varieties)), dtype=np.float64)
        learnt: set[str] = set()
        for number, (variety, listed) in enumerate(zip(varieties, found.values(), strict=True)):
            words = () if variety.language in learnt else tuple(frequencies.get(variety.language, ()))[:_FREQUENT]
            learnt.add(variety.language)
            counts = np.bincount(_ngrams([*listed, *words]), minlength=1 << _BITS)
            # What was never seen is equally likely in all, however much was seen of each.
            shares[:, number] = (1 - _UNSEEN) * counts / max(1, counts.sum()) + _UNSEEN / (1 << _BITS)
        return cls(varieties, np.log(shares).astype(np.float32))

    def likeliest(self, folded: str, script: str) -> tuple[Variety | None, bool]:
        """Return the variety of a script that a text is most like, and whether its language is told apart."""
        numbers = self._of_script.get(script, [])
        ngrams = _ngrams([folded])
        if not numbers or not len(ngrams):
            return None, False
        scores = self.weights[ngrams][:, numbers].sum(axis=0)
        best = int(np.argmax(scores))
        language = self.varieties[numbers[best]].language
        others = [float(s) for s, n in zip(scores, numbers, strict=True) if self.varieties[n].language != language]
        return self.varieties[numbers[best]], not others or float(scores[best]) - max(others) >= _SURE

    def only_language(self, script: str) -> str | None:
        """The language of a script, where the campaign has one only."""
        found = {self.varieties[number].language for number in self._of_script.get(script, [])}
        return next(iter(found)) if len(found) == 1 else None

    def romanized(self, variety: Variety) -> bool:
        """Whether a variety writes its language in other letters than most of it is written in."""
        return variety.script != self._main_script[variety.language]


def _script_of(texts: Sequence[str]) -> str:
    arabic = sum(len(_ARABIC.findall(text)) for text in texts)
    return "arabic" if arabic > sum(len(_LATIN.findall(text)) for text in texts) else "latin"


def _ngrams(texts: Sequence[str]) -> NDArray[np.int64]:
    hashes, _ = letter_ngrams(texts, _SHORTEST, _LONGEST)
    result: NDArray[np.int64] = (hashes >> np.uint64(64 - _BITS)).astype(np.int64)
    return result


def identify(text: str, model: LanguageModel | None = None, *, cleaned: bool = False) -> ScriptAndLanguage:
    """Tell a message's script and the language to reply in; `cleaned` as in `fold`.

    A message in two scripts follows the script of most of its words. Sorani letters make it Kurdish, unless the
    campaign writes it; language is then None, as for Cyrillic and every other script. Without a model only the script
    is told.
    """
    text = text if cleaned else clean(text)
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    cyrillic, letters = len(_CYRILLIC.findall(text)), len(_LETTER.findall(text))
    if not letters:
        return ScriptAndLanguage(None, "none")
    other = letters - arabic - latin - cyrillic
    most = max(arabic, latin, cyrillic, other)
    if other == most and other > arabic and other > latin:
        return ScriptAndLanguage(None, "other")
    if cyrillic == most and cyrillic > max(arabic, latin):
        return ScriptAndLanguage(None, "cyrillic")
    arabic_words = [w for w in WORD.findall(text) if _ARABIC.match(w)]
    latin_words = _LATIN_WORD.findall(text)
    if arabic and _is_sorani(text) and (model is None or model.only_language("arabic") is not None):
        return ScriptAndLanguage(None, "kurdish")
    script: Script = "arabic" if arabic and len(arabic_words) >= len(latin_words) else "latin"
    if model is None:
        return ScriptAndLanguage(None, script)
    words = arabic_words if script == "arabic" else latin_words
    variety, told = model.likeliest(fold(" ".join(words), cleaned=True), script)
    if variety is None:
        return ScriptAndLanguage(None, script)
    if script == "latin" and model.romanized(variety) and (told or arabic):
        script = "arabizi"
    return ScriptAndLanguage(variety.language if told else None, script, variety.name)


def _is_sorani(text: str) -> bool:
    """Whether at least a quarter of the Arabic-script words hold letters that only Sorani has."""
    arabic_words = [w for w in WORD.findall(text) if _ARABIC.match(w)]
    marked = sum(1 for w in arabic_words if _SORANI.search(w))
    # A single ە comes from a Kurdish keyboard under Arabic words now and then.
    sure = any(c in text for c in "ڕڵێۆ") or marked >= 2
    return sure and marked * 4 >= len(arabic_words)
