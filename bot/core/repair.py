"""Repair of misspelt words: each unknown word goes to the nearest word that the campaign, or the language, knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

_LONGEST = 24


class Repairer:
    """Nearest known words by optimal string alignment: one slip in a short word, two in a longer one."""

    def __init__(self, content: Mapping[str, int], language: Iterable[str]) -> None:
        """Take the content's folded words with their counts, and the language's words, most frequent first."""
        self._content = content
        self._known = frozenset(language) | frozenset(content)
        self._groups: dict[tuple[bool, int], list[str]] = {}
        for word in sorted(content, key=lambda w: (-content[w], w)):
            self._groups.setdefault((word.isascii(), len(word)), []).append(word)
        self._frequent: dict[tuple[bool, int], list[str]] = {}
        for word in language:
            if word not in content:
                group = self._frequent.setdefault((word.isascii(), len(word)), [])
                if len(group) < 1500:
                    group.append(word)

    def knows(self, word: str) -> bool:
        """Whether the word is one of the content or of the language."""
        return word in self._known

    def mend(self, word: str) -> str | None:
        """Return the word that a misspelt one was meant to be; None where it is known, short or nothing is near."""
        if word in self._known or not 4 <= len(word) <= _LONGEST or not word.isalpha():
            return None
        return self._nearest(word, self._groups, 1 if len(word) < 6 else 2) or self._nearest(word, self._frequent, 1)

    @staticmethod
    def _nearest(word: str, groups: Mapping[tuple[bool, int], list[str]], most: int) -> str | None:
        best: tuple[float, str] | None = None
        latin = word.isascii()
        for length in range(len(word) - most, len(word) + most + 1):
            near = groups.get((latin, length))
            if not near:
                continue
            limit = most if best is None else int(best[0])
            for choice, distance, _ in process.extract(word, near, scorer=OSA.distance, score_cutoff=limit, limit=3):
                # People seldom slip on the first letter.
                cost = distance + (0.0 if choice[0] == word[0] else 0.5)
                if cost <= most and (best is None or cost < best[0]):
                    best = (cost, choice)
        return best[1] if best else None
