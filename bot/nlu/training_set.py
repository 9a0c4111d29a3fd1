"""What a classifier learns from: examples with labels, and the words that are read alike. No campaign is known here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

Frequencies = Mapping[str, Sequence[str]]
"""Language code -> its folded words, most frequent first."""

TITLE = "title"
"""Variety of headings, which are learnt from and never asked."""


_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Example:
    """One text that somebody might write."""

    label: str
    """What it means; empty for a text that no label fits."""
    variety: str
    """The way in which it is written: a campaign's own name for it, or TITLE."""
    text: str
    tags: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """What else is known of it, such as who is meant: tag -> value."""


@dataclass(frozen=True, slots=True)
class WordLists:
    """Words that are read alike."""

    equivalents: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """A dialect word -> the standard words it is read as."""
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Groups of words with one meaning."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What one classifier is learnt from."""

    name: str
    labels: tuple[str, ...]
    """All labels, in order; each has an example."""
    examples: tuple[Example, ...]
    """In the order of the labels."""
    out_of_scope: tuple[Example, ...] = ()
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Tag -> its values, for what a classifier is to tell beside the label."""
    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Label -> how much it counts; 1 for any other."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with marked words: what a tagger of spans is learnt from."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    """(first character, end, label) of the marked words; () where there is nothing to mark."""
    variety: str


@dataclass(frozen=True, slots=True)
class Corpus:
    """All texts that the classifiers of one campaign are learnt from, and the words that are read alike."""

    topics: TrainingSet
    words: WordLists = field(default_factory=WordLists)
    frequencies: Frequencies = field(default_factory=lambda: MappingProxyType({}))
    dangers: TrainingSet | None = None
    offers: TrainingSet | None = None
    signs: tuple[Marked, ...] = ()
    languages: Mapping[str, str] = field(default_factory=lambda: _NONE)
    """Variety -> the language that it writes."""

    def texts(self) -> Iterator[str]:
        """Every text that is in scope of some classifier."""
        for one in (self.topics, self.dangers, self.offers):
            if one is not None:
                yield from (example.text for example in one.examples)
