"""Repair of misspelt words: each unknown word goes to the nearest word that the campaign, or the language, knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

_LONGEST = 24
_MOST_FREQUENT = 1500
"""Words of the language of one length that are considered."""


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


class Repairer:
    """Nearest known words by optimal string alignment: one slip in a short word, two in a longer one."""

    def __init__(self, content: Mapping[str, int], language: Iterable[str]) -> None:
        """Take the content's folded words with their counts, and the language's words, most frequent first."""
        listed = list(language)
        self._known = frozenset(listed) | frozenset(content)
        self._groups = _grouped(sorted(content, key=lambda w: (-content[w], w)), len(content))
        self._frequent = _grouped((word for word in listed if word not in content), _MOST_FREQUENT)

    def knows(self, word: str) -> bool:
        """Whether the word is one of the content or of the language."""
        return word in self._known

    def mend(self, word: str) -> str | None:
        """Return the word that a misspelt one was meant to be; None where it is known, short or nothing is near."""
        if word in self._known or not 4 <= len(word) <= _LONGEST or not word.isalpha():
            return None
        return self._nearest(word, self._groups, 1 if len(word) < 6 else 2) or self._nearest(word, self._frequent, 1)

    @staticmethod
    def _nearest(word: str, groups: Mapping[tuple[bool, int], _Group], most: int) -> str | None:
        best: tuple[float, str] | None = None
        latin, letters = word.isascii(), np.uint64(_letters(word))
        for length in range(len(word) - most, len(word) + most + 1):
            group = groups.get((latin, length))
            if group is None:
                continue
            limit = most if best is None else int(best[0])
            near = group.near(letters, limit)
            for choice, distance, _ in process.extract(word, near, scorer=OSA.distance, score_cutoff=limit, limit=3):
                # People seldom slip on the first letter.
                cost = distance + (0.0 if choice[0] == word[0] else 0.5)
                if cost <= most and (best is None or cost < best[0]):
                    best = (cost, choice)
        return best[1] if best else None


def _grouped(words: Iterable[str], most: int) -> dict[tuple[bool, int], _Group]:
    """Return the first `most` words of each length and script that can be a mended word."""
    groups: dict[tuple[bool, int], list[str]] = {}
    for word in words:
        if 2 <= len(word) <= _LONGEST + 2:
            group = groups.setdefault((word.isascii(), len(word)), [])
            if len(group) < most:
                group.append(word)
    return {key: _Group(group) for key, group in groups.items()}
