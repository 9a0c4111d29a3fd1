"""What a classifier learns from: examples with labels, and the words that are read alike. No campaign is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

Frequencies = Mapping[str, Sequence[str]]
"""Language code -> its folded words, most frequent first."""

TITLE = "title"
"""Variety of headings, which are learnt from and never asked."""


@dataclass(frozen=True, slots=True)
class Example:
    """One text that somebody might write."""

    label: str
    """What it means; empty for a question that no label fits."""
    variety: str
    """The way in which it is written: a campaign's own name for it, or TITLE."""
    text: str


@dataclass(frozen=True, slots=True)
class WordLists:
    """Words that are read alike."""

    equivalents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """A dialect word -> the standard words it is read as."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Groups of words with one meaning."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Everything that one classifier is learnt from."""

    labels: tuple[str, ...]
    """All labels in order; one without examples is never predicted."""
    examples: tuple[Example, ...]
    """In the order of the labels."""
    out_of_scope: tuple[Example, ...]
    words: WordLists
    frequencies: Frequencies = field(default_factory=lambda: MappingProxyType({}))
