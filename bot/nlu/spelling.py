"""Repair of misspelt words: each unknown word goes to the nearest word that the campaign, or the language, knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

_LONGEST = 24
_MOST_FREQUENT = 1500
"""Words of the language of one length that are considered."""
_SHORTEST = 4, 3
"""Letters that a word must have to be mended: in Arabic, in Latin letters."""
_OTHER_START = 0.5
"""Slips that another first letter counts as, beside its own."""
_OURS, _OFTEN, _RARE = 0.5, 0.1, 20_000
"""What a word gains, in slips: by being the content's, by each e-fold of its use, up to which rank it counts as used."""


def _letters(word: str) -> int:
    """Return the letters of a word as bits of a 64-bit number; letters may share a bit."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


class _Group:
    """Known words of one length, with their letters."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._letters: NDArray[np.uint64] = np.fromiter(map(_letters, words), dtype=np.uint64, count=len(words))

    def near(self, letters: np.uint64, most: int) -> list[str]:
        """Return the words that may be `most` slips away: one slip changes two letters at most."""
        differing = np.bitwise_count(self._letters ^ letters)
        return [self._words[i] for i in np.flatnonzero(differing <= 2 * most).tolist()]


class SpellingCorrector:
    """The likeliest known word by optimal string alignment: one slip in a short word, two in a longer one.

    Likely is what is near, begins alike, and is typed often, in this campaign more than in the language.
    """

    def __init__(self, content: Mapping[str, int], language: Iterable[Sequence[str]]) -> None:
        """Take the content's folded words with their counts, and each language's words, most frequent first."""
        ranked = {word: rank for words in language for rank, word in enumerate(words, 1)}
        self._known = frozenset(ranked) | frozenset(content)
        self._gain = {word: _OFTEN * log(_RARE / rank) for word, rank in ranked.items() if rank < _RARE}
        for word, count in content.items():
            self._gain[word] = max(self._gain.get(word, 0.0), _OURS + _OFTEN * log(1 + count))
        self._groups = _grouped(sorted(content, key=lambda w: (-content[w], w)), len(content))
        others = sorted((word for word in ranked if word not in content), key=ranked.__getitem__)
        self._frequent = _grouped(others, _MOST_FREQUENT)

    def knows(self, word: str) -> bool:
        """Whether the word is one of the content or of the language."""
        return word in self._known

    def correct(self, word: str) -> str | None:
        """Return the word that a misspelt one was meant to be; None where it is known, short or nothing is near."""
        if word in self._known or not _SHORTEST[word.isascii()] <= len(word) <= _LONGEST or not word.isalpha():
            return None
        most = 1 if len(word) < 6 else 2
        near = [*self._near(word, self._groups, most), *self._near(word, self._frequent, 1)]
        return min(near)[1] if near else None

    def _near(self, word: str, groups: Mapping[tuple[bool, int], _Group], most: int) -> Iterator[tuple[float, str]]:
        """Yield (cost, word) of the words at most so many slips away."""
        latin, letters = word.isascii(), np.uint64(_letters(word))
        for length in range(len(word) - most, len(word) + most + 1):
            group = groups.get((latin, length))
            if group is None:
                continue
            near = group.near(letters, most)
            for choice, slips, _ in process.extract(word, near, scorer=OSA.distance, score_cutoff=most, limit=None):
                # People seldom slip on the first letter.
                seldom = 0.0 if choice[0] == word[0] else _OTHER_START
                yield slips + seldom - self._gain.get(choice, 0.0), choice


def _grouped(words: Iterable[str], most: int) -> dict[tuple[bool, int], _Group]:
    """Return the first `most` words of each length and script that can be a mended word."""
    groups: dict[tuple[bool, int], list[str]] = {}
    for word in words:
        if 2 <= len(word) <= _LONGEST + 2:
            group = groups.setdefault((word.isascii(), len(word)), [])
            if len(group) < most:
                group.append(word)
    return {key: _Group(group) for key, group in groups.items()}
