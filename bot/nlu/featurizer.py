"""Texts as sparse vectors: hashed n-grams of letters, words, word lemmas and consonant skeletons.

Every text becomes four sets of features (fields), each weighted by idf and brought to a fixed length, so that
no field drowns another. Features live in a hashed space of FIELDS x 2**BITS buckets; those seen in training get a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.nlu.arabizi import PARTICLES, skeleton

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

BITS = 18
SIZE = 1 << BITS
FIELD_WEIGHTS = (1.0, 0.6, 0.7, 0.7)
"""Length of each field's part: letters, words, lemmas, skeletons."""

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_BLANK = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to read a text: its folded words, and what each means."""

    words: tuple[str, ...]
    lemmas: tuple[str, ...]
    """Stem or synonym group of each word; same length as words."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row i has columns indices[indptr[i]:indptr[i+1]] with the data beside them."""

    indptr: NDArray[np.int64]
    indices: Ints
    data: Floats

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def row(self, i: int) -> tuple[Ints, Floats]:
        """Return (columns, data) of row i."""
        part = slice(self.indptr[i], self.indptr[i + 1])
        return self.indices[part], self.data[part]

    def first(self, count: int) -> Rows:
        """Return the first `count` rows."""
        end = self.indptr[count]
        return Rows(self.indptr[: count + 1], self.indices[:end], self.data[:end])


class Lemmatizer:
    """Brings words to their stems and, where a list knows them, to the name of their group."""

    def __init__(self, equivalents: Mapping[str, str], synonyms: Iterable[Sequence[str]]) -> None:
        """Take folded words: a dialect word -> standard words, and groups of words with one meaning."""
        self._standard = {word: tuple(meaning.split()) for word, meaning in equivalents.items()}
        self._group: dict[str, str] = {}
        for number, group in enumerate(synonyms):
            for word in group:
                self._group.setdefault(word, f"={number}")
                self._group.setdefault(stem(word), f"={number}")

    def of(self, word: str) -> tuple[str, ...]:
        """Return the lemmas of a folded word; one that stands for two words gives two."""
        lemmas: list[str] = []
        for standard in self._standard.get(word, (word,)):
            base = stem(standard)
            lemmas.append(self._group.get(standard) or self._group.get(base) or base)
        return tuple(lemmas)


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


@dataclass(frozen=True, slots=True)
class Buckets:
    """The distinct buckets of several variants: variant i has found[starts[i]:starts[i+1]], field by field."""

    starts: NDArray[np.int64]
    found: Ints

    def __len__(self) -> int:
        return len(self.starts) - 1


def letter_ngrams(texts: Sequence[str], low: int, high: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return (hashes, text number) of the letter n-grams of texts with a blank at both ends, none over a blank."""
    # Neighbours share a blank: no n-gram reaches over it.
    codes = np.frombuffer(f" {' '.join(texts)} ".encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    lengths = np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts))
    owner = np.repeat(np.arange(len(texts)), lengths)
    blank = codes == _BLANK
    grams, owners = [], []
    with np.errstate(over="ignore"):
        rolling = codes
        inner = np.zeros(len(codes), dtype=bool)
        for n in range(2, high + 1):
            if len(codes) < n:
                break
            rolling = rolling[:-1] * _PRIME + codes[n - 1 :]
            inner = inner[:-1] | blank[n - 2 : len(codes) - 1] if n > 2 else inner[:-1]
            if n >= low:
                grams.append((rolling[~inner] + np.uint64(n)) * _MIX)
                owners.append(owner[: len(rolling)][~inner])
    return np.concatenate(grams), np.concatenate(owners)


def _word_ngrams(lists: Sequence[Sequence[str]]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return (hashes, list number) of the words of lists and of the pairs of neighbours."""
    flat = [word for listed in lists for word in listed]
    known = {word: crc32(word.encode("utf-8", "replace")) for word in set(flat)}
    hashes = np.fromiter((known[word] for word in flat), dtype=np.uint64, count=len(flat))
    owner = np.repeat(np.arange(len(lists)), np.fromiter(map(len, lists), dtype=np.int64, count=len(lists)))
    together = owner[:-1] == owner[1:]
    pairs = (hashes[:-1] * np.uint64(31) + hashes[1:] * np.uint64(17) + np.uint64(7))[together] & np.uint64(0xFFFFFFFF)
    with np.errstate(over="ignore"):
        return np.concatenate([hashes, pairs]) * _MIX, np.concatenate([owner, owner[:-1][together]])


def _skeletons(variants: Sequence[Variant]) -> list[list[str]]:
    """Return the skeletons of each variant's words; where no word has one, of its lemmas."""
    known: dict[str, str] = {}

    def skeletons(words: Sequence[str]) -> list[str]:
        found = []
        for word in words:
            bare = known.get(word)
            if bare is None:
                bare = known[word] = "" if word in PARTICLES else skeleton(word)
            if bare:
                found.append(bare)
        return found

    return [skeletons(variant.words) or skeletons(variant.lemmas) for variant in variants]


def buckets(variants: Sequence[Variant]) -> Buckets:
    """Return the distinct buckets of variants."""
    skeletons = _skeletons(variants)
    fields = (
        (letter_ngrams([" ".join(variant.words) for variant in variants], 2, 5),),
        (_word_ngrams([variant.words for variant in variants]),),
        (_word_ngrams([variant.lemmas for variant in variants]),),
        (letter_ngrams([" ".join(found) for found in skeletons], 2, 4), _word_ngrams(skeletons)),
    )
    shift = np.uint64(64 - BITS)
    keys = np.concatenate(
        [
            (hashes >> shift).astype(np.int64) + (owner * len(FIELD_WEIGHTS) + number) * SIZE
            for number, parts in enumerate(fields)
            for hashes, owner in parts
        ]
    )
    keys.sort()
    keys = keys[np.concatenate([np.ones(1, dtype=bool), keys[1:] != keys[:-1]])] if len(keys) else keys
    starts = np.searchsorted(keys, np.arange(len(variants) + 1) * (len(FIELD_WEIGHTS) * SIZE))
    return Buckets(starts, (keys % (len(FIELD_WEIGHTS) * SIZE)).astype(np.int32))


def all_buckets(variants: Sequence[Variant], at_once: int = 2000) -> Buckets:
    """Return `buckets(variants)`, worked out a part at a time to save memory."""
    parts = [buckets(variants[place : place + at_once]) for place in range(0, len(variants), at_once)]
    lengths = np.concatenate([np.zeros(1, np.int64), *(np.diff(part.starts) for part in parts)])
    return Buckets(np.cumsum(lengths), np.concatenate([np.zeros(0, np.int32), *(part.found for part in parts)]))


class Featurizer:
    """Readings -> sparse rows over the features seen in training."""

    def __init__(self, vocabulary: Ints, idf: Floats) -> None:
        """Take, for each bucket, its vocabulary (-1: never seen) and, for each vocabulary, its weight."""
        self._vocabulary = vocabulary
        self._idf = idf
        self._unseen = float(idf.max(initial=1.0))

    @classmethod
    def fit(cls, known: Buckets, at_least: int = 1) -> Featurizer:
        """Learn columns and weights from the buckets of all training texts.

        The most frequent features get the first columns: what is needed most often then lies close together.
        """
        space = len(FIELD_WEIGHTS) * SIZE
        counts = np.bincount(known.found, minlength=space)
        seen = np.flatnonzero(counts >= at_least)
        seen = seen[np.argsort(-counts[seen], kind="stable")]
        idf = (np.log((1 + len(known)) / (1 + counts[seen])) + 1).astype(np.float32)
        return cls.of_state(seen.astype(np.int32), idf)

    def state(self) -> tuple[Ints, Floats]:
        """Return (the bucket of each vocabulary, weights), for `of_state`."""
        seen = np.flatnonzero(self._vocabulary >= 0).astype(np.int32)
        return seen[np.argsort(self._vocabulary[seen])], self._idf

    @classmethod
    def of_state(cls, seen: Ints, idf: Floats) -> Featurizer:
        """Return the featurizer that `state` was taken from."""
        vocabulary = np.full(len(FIELD_WEIGHTS) * SIZE, -1, dtype=np.int32)
        vocabulary[seen] = np.arange(len(seen), dtype=np.int32)
        return cls(vocabulary, idf)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self._idf)

    def rows(self, found: Buckets) -> tuple[Rows, Floats]:
        """Return the sparse rows of several texts, and for each the share of its letters' weight that was seen."""
        fields, texts = len(FIELD_WEIGHTS), len(found)
        columns = self._vocabulary[found.found]
        segment = np.repeat(np.arange(texts) * fields, np.diff(found.starts)) + found.found // SIZE
        seen = columns >= 0
        unseen = np.bincount(segment[~seen], minlength=texts * fields)[::fields]
        columns, segment = columns[seen], segment[seen]
        idf = self._idf[columns]
        squares = np.bincount(segment, idf * idf, minlength=texts * fields)
        scale = np.tile(FIELD_WEIGHTS, texts) / np.sqrt(np.maximum(squares, 1e-12))
        values = idf * scale.astype(np.float32)[segment]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(segment // fields, minlength=texts))])
        letters = squares[::fields]
        shares = letters / np.maximum(letters + self._unseen**2 * unseen, 1e-12)
        return Rows(starts, columns, values), shares.astype(np.float32)
