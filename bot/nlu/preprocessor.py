"""The ways to read one question: as typed, with its misspelt words mended, and in Arabic letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np

from bot.nlu.arabizi import PARTICLES, Arabiser
from bot.nlu.featurizer import Buckets, Floats, Lemmatizer, Variant, buckets
from bot.nlu.language_id import LanguageModel, Script
from bot.nlu.normalize import clean, clip, fold, words
from bot.nlu.spelling import SpellingCorrector
from bot.nlu.training_set import Frequencies, WordLists
from bot.nlu.utterance import Utterance
from bot.nlu.utterance_reader import UtteranceReader

MOST_WORDS = 60
"""Words of a question that are looked at."""

_RAW = 1200
"""Characters of a raw message that are looked at: marks and stretching still count here."""
_TYPED, _MENDED = 0.4, 0.6
_ARABIC_SHARE = 0.5
_TOKEN = re.compile(r"[^\s.,;:!?()،؛؟«»\"]+")
_CARE = re.compile("[أإآؤئءة]")
_CAREFUL = 8
"""A careful spelling counts as so many careless ones."""


@dataclass(frozen=True)
class Question:
    """A message, read in every way that makes sense."""

    script: Script
    variants: tuple[tuple[str, Variant, float], ...]
    """(name, variant, weight); the weights sum to 1."""
    repaired: tuple[tuple[str, str], ...]
    """(word as typed, word it was taken for)."""
    sentence: str
    """Lightly cleaned text for a sentence encoder: mended, and in Arabic letters where it was Arabizi."""
    memo: dict[str, Floats] = field(default_factory=dict, compare=False, repr=False)
    """Its sentence vector, once there is one."""

    @cached_property
    def buckets(self) -> Buckets:
        """The features of each variant."""
        return buckets([variant for _, variant, _ in self.variants])

    @cached_property
    def weights(self) -> Floats:
        """How much each variant counts."""
        return np.array([weight for _, _, weight in self.variants], dtype=np.float32)

    @property
    def group(self) -> str:
        """The kind of writing that chances are learnt for: arabic, arabizi or latin."""
        return self.script if self.script in ("arabic", "arabizi") else "latin"


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the folded words of a message that are looked at."""
    return words(clip(clean(clip(text, _RAW))), cleaned=True)[:MOST_WORDS]


def vocabulary(texts: Iterable[str]) -> Counter[str]:
    """Return how many texts hold each folded word."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(tokens_of(text)))
    return counts


def spellings(texts: Iterable[str]) -> dict[str, str]:
    """Return how folded words are spelling in careful writing, where that is not how they are folded.

    Careless spelling leaves hamzas out and writes ه for ة: a spelling that has them is the careful one, unless rare.
    """
    counts = Counter(token for text in texts for token in _TOKEN.findall(clip(clean(clip(text, _RAW)))))
    found: dict[str, dict[str, int]] = {}
    for token, count in counts.items():
        found.setdefault(fold(token, cleaned=True), {})[token] = count
    best = {
        word: max(spelling, key=lambda s: (spelling[s] * (_CAREFUL if _CARE.search(s) else 1), s))
        for word, spelling in found.items()
    }
    return {word: spelling for word, spelling in best.items() if word and spelling != word}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of all training texts: how often each stands there, and how it is spelt with care."""

    counts: Mapping[str, int]
    """Folded word -> number of texts that hold it."""
    spellings: Mapping[str, str]
    """Folded word -> its careful spelling, where that differs."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Lexicon:
        """Read all texts."""
        listed = list(texts)
        return cls(vocabulary(listed), spellings(listed))


class Preprocessor:
    """Reads questions with the words of one campaign."""

    def __init__(
        self,
        lists: WordLists,
        lexicon: Lexicon,
        frequencies: Frequencies,
        languages: LanguageModel | None = None,
        *,
        remember: bool = False,
    ) -> None:
        """Take the word lists, the training texts' words, each language's words, most frequent first, and a model of
        the languages.

        `remember` keeps what was found for each word: for reading examples only, never what an asker typed.
        """
        self.lemmas = Lemmatizer(
            {fold(word): fold(meaning) for word, meaning in lists.equivalents.items()},
            [[fold(word) for word in group] for group in lists.synonyms],
        )
        known = Counter(lexicon.counts)
        for word, meaning in lists.equivalents.items():
            known.update(w for w in (fold(word), *words(meaning)) if w)
        arabic = {w: 0.15 * min(1.0, n / 20) + 0.15 for w, n in known.items() if not w.isascii()}
        for rank, word in enumerate(frequencies.get("ar", ())[:15_000]):
            arabic.setdefault(word, 0.1 * (1 - rank / 15_000))
        self._arabiser = Arabiser(arabic)
        self._spelt = lexicon.spellings
        self._spelling = SpellingCorrector(known, frequencies.values())
        self._utterances = UtteranceReader(languages, self._spelling.knows)
        if remember:
            self._arabic, self._lemmas_of = cache(self._arabic), cache(self._lemmas_of)  # type: ignore[method-assign]

    def of(self, tokens: tuple[str, ...]) -> Variant:
        """Return the variant of folded words."""
        return Variant(tokens, tuple(lemma for word in tokens for lemma in self._lemmas_of(word)))

    def _lemmas_of(self, word: str) -> tuple[str, ...]:
        return self.lemmas.of(word)

    def _arabic(self, word: str) -> str:
        found = self._arabiser.candidates(word, 1)
        return found[0][0] if found else word

    def arabic(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words with each Latin one put into Arabic letters where a known word fits."""
        made: list[str] = []
        for word in tokens:
            if not word.isascii() or word.isdigit():
                made.append(word)
            elif word not in PARTICLES:
                made.append(self._arabic(word))
        return tuple(made)

    def read(self, raw: str) -> Utterance:
        """Read a message. Never raises."""
        return self._utterances.read(raw)

    def question(self, utterance: Utterance) -> Question:
        """Return the ways to read a message."""
        cleaned = clip(utterance.clean)
        # A text that is not clipped has been split into words already.
        tokens = (utterance.tokens if cleaned == utterance.clean else words(cleaned, cleaned=True))[:MOST_WORDS]
        script, language = utterance.script, utterance.language
        mended, pairs = self._mended(tokens)
        variants = [("typed", tokens, 1.0)]
        if mended != tokens:
            variants = [("typed", tokens, _TYPED), ("repaired", mended, _MENDED)]
        sentence = None
        if script == "arabizi" or (script == "latin" and language is None):
            arabic = self.arabic(tokens)
            if arabic != tokens:
                variants = [(name, read, weight * (1 - _ARABIC_SHARE)) for name, read, weight in variants]
                variants.append(("arabic", arabic, _ARABIC_SHARE))
                sentence = " ".join(self._spelt.get(word, word) for word in arabic)
        if sentence is None:
            sentence = self._sentence(cleaned, dict(pairs))
        return Question(
            script, tuple((name, self.of(read), weight) for name, read, weight in variants), pairs, sentence
        )

    def _sentence(self, cleaned: str, mended: Mapping[str, str]) -> str:
        """Return the text with its words mended and spelling as in careful writing, as sentence encoders know them."""

        def spelling(found: re.Match[str]) -> str:
            word = fold(found[0], cleaned=True)
            word, typed = mended.get(word, word), word
            return self._spelt.get(word) or (found[0] if word == typed else word)

        return _TOKEN.sub(spelling, cleaned)

    def _mended(self, tokens: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        mended = {word: self._spelling.correct(word) for word in dict.fromkeys(tokens)}
        return tuple(mended[w] or w for w in tokens), tuple((old, new) for old, new in mended.items() if new)
