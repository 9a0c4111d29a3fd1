"""Slips of the thumb, made on purpose: misspelt copies of phrasings to learn from and to measure with."""

from __future__ import annotations

from random import Random

_ARABIC = "ابتثجحخدذرزسشصضطعغفقكلمنهوي"
_LATIN = "abcdefghijklmnopqrstuvwxyz"


def slip(word: str, random: Random) -> str:
    """Return the word with one letter left out, doubled, swapped with its neighbour or struck wrong."""
    place = random.randrange(len(word))
    kind = random.randrange(4)
    letters = _LATIN if word.isascii() else _ARABIC
    if kind == 0 and len(word) > 3:
        return word[:place] + word[place + 1 :]
    if kind == 1 and place + 1 < len(word):
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == 2:
        return word[:place] + word[place] + word[place:]
    return word[:place] + random.choice(letters) + word[place + 1 :]


def misspell(words: tuple[str, ...], random: Random, share: float = 0.25) -> tuple[str, ...]:
    """Return the words with one or two slips in about `share` of those of four letters and more."""
    return tuple(
        slip(slip(w, random) if random.random() < 0.3 and len(w) > 5 else w, random)
        if len(w) > 3 and random.random() < share
        else w
        for w in words
    )
