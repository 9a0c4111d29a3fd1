"""Phrases that editors write in `_style.yaml` and in the campaign's rules, found as they stand in a text.

A line is words in a row; in it `a|b` is one of two words, `(a)` may be missing, `a*` and `*a` are any ending or
beginning, and `...` is anything within the sentence. Arabic vowel marks count for nothing, and an Arabic phrase may
begin with a joined "and" or "so". Unlike the word patterns of the urgent lane nothing is folded or guessed: a rule of
wording must hit exactly what it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARKS = re.compile("[\u064b-\u0652\u0670\u0640]")
_ARABIC = re.compile("[\u0620-\u06ff]")
_ANY_LETTERS = r"[\w\u064b-\u0652]*"
_REST_OF_SENTENCE = r"(?!\w)[^.!?؟\n]*?"
SENTENCE = re.compile(r"[^.!?؟\n]+[.!?؟]?")


def unmarked(text: str) -> str:
    """A text without Arabic vowel marks and stretching."""
    return _MARKS.sub("", text)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its closing mark."""
    return [sentence for sentence in SENTENCE.findall(text) if sentence.strip()]


def compiled(lines: Iterable[str], *, marked: bool = False) -> re.Pattern[str] | None:
    """One pattern that finds any of the phrases in an `unmarked` text, or with `marked` in one with its vowel marks.

    None without phrases.
    """
    parts = [_phrase(line if marked else unmarked(line)) for line in lines if line.strip()]
    return re.compile(rf"(?<![\w'’])(?:{'|'.join(parts)})(?![\w])", re.IGNORECASE) if parts else None


def _phrase(line: str) -> str:
    written, joint = "", ""
    for word in line.split():
        if word == "...":
            joint = _REST_OF_SENTENCE + r"(?<!\w)" if written else ""
            continue
        optional = word.startswith("(") and word.endswith(")")
        one = f"(?:{'|'.join(_word(part) for part in word.strip('()').split('|'))})"
        if not written and optional:
            written, joint = rf"(?:{one}\s+)?", ""
        elif optional:
            written += rf"(?:{joint}{one})?"
        else:
            written, joint = written + joint + one, r"\s+"
    return ("[وف]?" if _ARABIC.search(line) else "") + f"(?:{written})"


def _word(part: str) -> str:
    return _ANY_LETTERS.join(re.escape(piece) for piece in part.split("*"))
