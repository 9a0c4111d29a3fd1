"""Arabic in Latin letters: consonant skeletons that both scripts share, and the Arabic words behind a spelling.

Nobody spells Arabizi twice alike: vowels come and go, digits stand for letters or do not, ق is q, 9, g or k. What
stays is the order of the consonants, coarsely grouped. That group string is the skeleton.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import Levenshtein

PARTICLES = frozenset("el al il l bel bil bal lel lil lal w wa wel wil wal b bi li la".split())
"""Latin spellings of ال, بال, لل, و, ب and ل written as words of their own."""

_ARABIC = str.maketrans(
    {
        **dict.fromkeys("اعوي", ""),
        "ب": "b",
        **dict.fromkeys("تط", "t"),
        **dict.fromkeys("ثسص", "s"),
        "ج": "j",
        **dict.fromkeys("حخه", "h"),
        **dict.fromkeys("دذض", "d"),
        "ر": "r",
        "ز": "z",
        "ش": "c",
        **dict.fromkeys("غقك", "k"),
        "ف": "f",
        "ل": "l",
        "م": "m",
        "ن": "n",
    }
)
_PAIRS = (("sh", "c"), ("ch", "j"), ("kh", "h"), ("gh", "k"), ("dh", "d"), ("th", "d"), ("zh", "z"), ("ph", "f"))
_LATIN = str.maketrans(
    {
        **dict.fromkeys("aeiouwy23'’", ""),
        "5": "h",
        "7": "h",
        "h": "h",
        "6": "t",
        "9": "k",
        "8": "k",
        "4": "d",
        "q": "k",
        "g": "k",
        "p": "b",
        "v": "f",
        "x": "ks",
    }
)
_DOUBLE = re.compile(r"(.)\1+")
_SOUNDS = str.maketrans(
    {
        "ا": "a",
        "ب": "b",
        "ت": "t",
        "ث": "th",
        "ج": "j",
        "ح": "h",
        "خ": "kh",
        "د": "d",
        "ذ": "th",
        "ر": "r",
        "ز": "z",
        "س": "s",
        "ش": "sh",
        "ص": "s",
        "ض": "dh",
        "ط": "t",
        "ع": "a",
        "غ": "gh",
        "ف": "f",
        "ق": "q",
        "ك": "k",
        "ل": "l",
        "م": "m",
        "ن": "n",
        "ه": "h",
        "و": "u",
        "ي": "i",
    }
)
_PLAIN = str.maketrans({"3": "a", "2": "", "7": "h", "5": "kh", "6": "t", "9": "q", "8": "q", "4": "th"})
_PLAIN |= str.maketrans({"o": "u", "e": "i", "y": "i", "w": "u", "g": "k", "p": "b", "v": "f", "'": ""})
_VARIANTS = (
    ("th", "s"), ("th", "t"), ("9", "s"), ("ch", "k"), ("ch", "sh"), ("c", "s"), ("j", "k"), ("g", "j"), ("z", "d"),
)  # fmt: skip
"""Spellings that may mean another consonant group than the usual one."""

MAX_LETTERS = 24
"""Longer strings are no words; they get the skeleton of their beginning."""


def skeleton_of_arabic(word: str) -> str:
    """Return the skeleton of a folded Arabic word; "" where it has no consonants."""
    word = word[:MAX_LETTERS]
    if len(word) > 2 and word.endswith("ه"):
        word = word[:-1]
    return word.translate(_ARABIC)


def skeleton_of_latin(word: str) -> str:
    """Return the skeleton of a folded word in Latin letters and digits; "" where it has no consonants."""
    word = word[:MAX_LETTERS]
    if len(word) > 2 and word.endswith(("ah", "eh", "a", "e")):
        word = word.rstrip("h")
    for pair, group in _PAIRS:
        word = word.replace(pair, group)
    return _DOUBLE.sub(r"\1", word).translate(_LATIN)


def skeleton(word: str) -> str:
    """Return the skeleton of a folded word of either script."""
    return skeleton_of_latin(word) if word.isascii() else skeleton_of_arabic(word)


def sound_of_latin(word: str) -> str:
    """Return a plain spelling of an Arabizi word, one letter a sound, vowels kept."""
    return _DOUBLE.sub(r"\1", word[:MAX_LETTERS].translate(_PLAIN))


def sound_of_arabic(word: str) -> str:
    """Return the plain Latin spelling of a folded Arabic word; short vowels are not in it."""
    return _DOUBLE.sub(r"\1", word[:MAX_LETTERS].translate(_SOUNDS).translate(_PLAIN))


class Arabiser:
    """Finds the Arabic words that an Arabizi spelling may stand for, among known words.

    `known` maps folded Arabic words to a weight (how much this word is to be expected, any positive number).
    """

    def __init__(self, known: Mapping[str, float]) -> None:
        self._by_skeleton: dict[str, list[tuple[str, str, float]]] = {}
        for word, weight in known.items():
            key = skeleton_of_arabic(word)
            self._by_skeleton.setdefault(key, []).append((word, sound_of_arabic(word), weight))

    def candidates(self, word: str, most: int = 2) -> list[tuple[str, float]]:
        """Return up to `most` (Arabic word, likeness 0 to 1) for one folded Latin word, best first."""
        keys = {skeleton_of_latin(word): 0.0}
        for spelling, other in _VARIANTS:
            if spelling in word and len(keys) < 8:
                keys.setdefault(skeleton_of_latin(word.replace(spelling, other)), 0.1)
        sound = sound_of_latin(word)
        found: dict[str, float] = {}
        for key, cost in keys.items():
            for arabic, its_sound, weight in self._by_skeleton.get(key, ())[:60]:
                like = Levenshtein.normalized_similarity(sound, its_sound) - cost
                score = like + weight
                if like > 0.34 and score > found.get(arabic, 0.0):
                    found[arabic] = score
        best = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most]
        return [(arabic, min(1.0, score)) for arabic, score in best]


def to_arabizi(words: Iterable[str], vowel: int = 0) -> list[str]:
    """Return one plain Latin spelling for each folded Arabic word.

    `vowel` picks how the unwritten short vowels are filled in: 0 none, 1 an "a" between consonants, 2 an "i".
    """
    made = []
    for word in words:
        if word.isascii():
            made.append(word)
            continue
        letters = [c.translate(_SOUNDS) for c in word[:MAX_LETTERS]]
        if word.startswith("ال") and len(word) > 3:
            letters = ["e", "l", " ", *letters[2:]]
        out = ""
        for letter in letters:
            if vowel and out and out[-1] not in "aeiu " and letter not in "aeiu ":
                out += "a" if vowel == 1 else "i"
            out += letter
        made.append(out)
    return made
