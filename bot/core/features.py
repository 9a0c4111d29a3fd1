"""Texts as sparse vectors: hashed n-grams of letters, words, word senses and consonant skeletons.

Every text becomes four sets of features (fields), each weighted by rarity and brought to a fixed length, so that
no field drowns another. Features live in a hashed space of FIELDS x 2**BITS buckets; those seen in training get a row.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.core.arabizi import PARTICLES, skeleton

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

BITS = 18
SIZE = 1 << BITS
FIELD_WEIGHTS = (1.0, 0.6, 0.7, 0.7)
"""Length of each field's part: letters, words, senses, skeletons."""

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_BLANK = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text: its folded words, and what each means."""

    words: tuple[str, ...]
    senses: tuple[str, ...]
    """Stem or synonym group of each word; same length as words."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row i has columns index[starts[i]:starts[i+1]] with the values beside them."""

    starts: NDArray[np.int64]
    index: Ints
    values: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1

    def row(self, i: int) -> tuple[Ints, Floats]:
        """Return (columns, values) of row i."""
        part = slice(self.starts[i], self.starts[i + 1])
        return self.index[part], self.values[part]


class Senses:
    """Brings words to their stems and, where a list knows them, to the name of their group."""

    def __init__(self, equivalents: Mapping[str, str], synonyms: Iterable[Sequence[str]]) -> None:
        """Take folded words: a dialect word -> standard words, and groups of words with one meaning."""
        self._standard = {word: tuple(meaning.split()) for word, meaning in equivalents.items()}
        self._group: dict[str, str] = {}
        for number, group in enumerate(synonyms):
            for word in group:
                self._group.setdefault(word, f"={number}")
                self._group.setdefault(stem(word), f"={number}")

    def of(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the senses of folded words; a word that stands for two words gives two."""
        senses: list[str] = []
        for word in words:
            for standard in self._standard.get(word, (word,)):
                base = stem(standard)
                senses.append(self._group.get(standard) or self._group.get(base) or base)
        return tuple(senses)


_BEFORE = ("وبال", "وال", "بال", "فال", "كال", "عال", "لل", "ال")
_AFTER = ("هم", "ها", "كم", "نا", "ات", "ين", "ون", "ني", "ه", "ك", "ي")


def stem(word: str) -> str:
    """Return a light stem of a folded word: Arabic without article, joined particles and one ending; English
    without a plain ending. At least three letters stay."""
    if word.isascii():
        for end in ("ing", "ers", "ies", "ed", "es", "er", "s"):
            if word.endswith(end) and len(word) - len(end) >= 3:
                return word[: -len(end)]
        return word
    for start in _BEFORE:
        if word.startswith(start) and len(word) - len(start) >= 3:
            word = word[len(start) :]
            break
    for end in _AFTER:
        if word.endswith(end) and len(word) - len(end) >= 3:
            return word[: -len(end)]
    return word


def _letter_grams(text: str, low: int, high: int) -> NDArray[np.uint64]:
    """Return hashes of the letter n-grams of a text with a blank at both ends, none reaching over a blank."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    blank = codes == _BLANK
    grams = []
    with np.errstate(over="ignore"):
        rolling = codes.copy()
        inner = np.zeros(len(codes), dtype=bool)
        for n in range(2, high + 1):
            if len(codes) < n:
                break
            rolling = rolling[:-1] * _PRIME + codes[n - 1 :]
            inner = inner[:-1] | blank[n - 2 : len(codes) - 1] if n > 2 else np.zeros(len(rolling), dtype=bool)
            if n >= low:
                grams.append((rolling[~inner] + np.uint64(n)) * _MIX)
    return np.concatenate(grams) if grams else np.zeros(0, dtype=np.uint64)


def _word_grams(words: Sequence[str]) -> NDArray[np.uint64]:
    """Return hashes of the words and of the pairs of neighbours."""
    hashes = [crc32(word.encode("utf-8", "replace")) for word in words]
    pairs = [(a * 31 + b * 17 + 7) & 0xFFFFFFFF for a, b in itertools.pairwise(hashes)]
    with np.errstate(over="ignore"):
        return np.array(hashes + pairs, dtype=np.uint64) * _MIX


def buckets(reading: Reading) -> list[NDArray[np.int64]]:
    """Return the distinct buckets of a reading, one array a field."""
    bare = [s for w in reading.words if w not in PARTICLES and (s := skeleton(w))]
    bones = bare if bare else [s for w in reading.senses if w not in PARTICLES and (s := skeleton(w))]
    fields = (
        _letter_grams(f" {' '.join(reading.words)} ", 2, 5),
        _word_grams(reading.words),
        _word_grams(reading.senses),
        np.concatenate([_letter_grams(f" {' '.join(bones)} ", 2, 4), _word_grams(bones)]),
    )
    shift = np.uint64(64 - BITS)
    return [np.unique((field >> shift).astype(np.int64)) + number * SIZE for number, field in enumerate(fields)]


class Vectoriser:
    """Readings -> sparse rows over the features seen in training."""

    def __init__(self, column: Ints, rarity: Floats) -> None:
        """Take, for each bucket, its column (-1: never seen) and, for each column, its weight."""
        self._column = column
        self._rarity = rarity
        self._unseen = float(rarity.max(initial=1.0))

    @classmethod
    def fit(cls, found: Sequence[Sequence[NDArray[np.int64]]], at_least: int = 1) -> Vectoriser:
        """Learn columns and weights from the buckets of all training texts."""
        space = len(FIELD_WEIGHTS) * SIZE
        counts = np.zeros(space, dtype=np.int32)
        for fields in found:
            for field in fields:
                counts[field] += 1
        seen = np.flatnonzero(counts >= at_least)
        column = np.full(space, -1, dtype=np.int32)
        column[seen] = np.arange(len(seen), dtype=np.int32)
        rarity = (np.log((1 + len(found)) / (1 + counts[seen])) + 1).astype(np.float32)
        return cls(column, rarity)

    def state(self) -> tuple[Ints, Floats]:
        """Return (buckets that have a column, weights), for `of_state`."""
        return np.flatnonzero(self._column >= 0).astype(np.int32), self._rarity

    @classmethod
    def of_state(cls, seen: Ints, rarity: Floats) -> Vectoriser:
        """Return the vectoriser that `state` was taken from."""
        column = np.full(len(FIELD_WEIGHTS) * SIZE, -1, dtype=np.int32)
        column[seen] = np.arange(len(seen), dtype=np.int32)
        return cls(column, rarity)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self._rarity)

    def row(self, fields: Sequence[NDArray[np.int64]]) -> tuple[Ints, Floats, float]:
        """Return (columns, values, share of the text's weight that was seen in training) of one text."""
        index: list[Ints] = []
        values: list[Floats] = []
        seen_weight = all_weight = 0.0
        for weight, field in zip(FIELD_WEIGHTS, fields, strict=True):
            columns = self._column[field]
            columns = columns[columns >= 0]
            rarity = self._rarity[columns]
            norm = float(np.sqrt(rarity @ rarity))
            if not index:
                seen_weight = norm * norm
                all_weight = seen_weight + self._unseen**2 * (len(field) - len(columns))
            if norm:
                index.append(columns)
                values.append(rarity * np.float32(weight / norm))
        if not index:
            return np.zeros(0, np.int32), np.zeros(0, np.float32), 0.0
        return np.concatenate(index), np.concatenate(values), seen_weight / all_weight if all_weight else 0.0

    def rows(self, found: Sequence[Sequence[NDArray[np.int64]]]) -> Rows:
        """Return the sparse rows of many texts."""
        parts = [self.row(fields) for fields in found]
        lengths = np.fromiter((len(part[0]) for part in parts), dtype=np.int64, count=len(parts))
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        if not parts:
            return Rows(starts, np.zeros(0, np.int32), np.zeros(0, np.float32))
        return Rows(starts, np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))
