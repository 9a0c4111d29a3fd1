"""vocabulary.yaml -> the closed list of words that unanswered questions are counted over."""

from __future__ import annotations

import re

from bot.content_tools.load import schema


def themes(vocabulary: schema.VocabularyFile | None) -> dict[str, tuple[str, ...]]:
    """Word family -> its words, as they stand in sentences."""
    if vocabulary is None:
        return {}
    return {
        family: tuple(form for words in entry.words.values() for word in words for form in _forms(word))
        for family, entry in vocabulary.families.items()
    }


_ARABIC_WORD = re.compile("[\u0620-\u06d3]{3,}")
_BEFORE_WORDS = ("ال", "بال", "لل", "وال", "عال")
_BEFORE_LONG_WORDS = ("و", "ب", "ل")


def _forms(word: str) -> tuple[str, ...]:
    """A word of the vocabulary as it stands in sentences: Arabic writes article and prepositions onto it."""
    if _ARABIC_WORD.fullmatch(word) is None:
        return (word,)
    before = _BEFORE_WORDS + (_BEFORE_LONG_WORDS if len(word) > 3 else ())
    return (word, *(prefix + word for prefix in before))
