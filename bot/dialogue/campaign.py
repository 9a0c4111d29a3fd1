"""What a campaign can say: plain frozen records, already checked by the content reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Literal

from bot.nlu.training_set import Example, Marked, WordLists

ContactStatus = Literal["usable", "check-first", "not-published"]
ContactKind = Literal["phone", "page", "handle", "route", "none"]
Direction = Literal["rtl", "ltr"]
Confidence = Literal["high", "medium", "low", "not-found"]

_NO_WORDS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Language:
    """One language that answers are written in."""

    code: str
    """ISO 639 code; also the folder's name under content/."""
    name: str
    """Its own name for itself, for the language menu."""
    direction: Direction
    plural: str
    """C expression of gettext's Plural-Forms header, in n."""
    varieties: Mapping[str, int]
    """Variety (key of a phrasings file) -> how many phrasings a topic should have in it."""
    required: bool = True
    """Whether every topic must have an answer in it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A published page that facts come from."""

    id: str
    url: str
    publisher: Mapping[str, str]
    """Who published it, per language."""
    title: str
    date: str | None
    """The page's own date: YYYY, YYYY-MM or YYYY-MM-DD; None where the page shows none."""
    date_note: str | None
    language: str
    rank: int = 9
    """1: best known."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known, who says so, and how sure it is."""

    id: str
    says: str
    said_by: str
    confidence: Confidence
    disputed: str | None
    sources: tuple[str, ...]
    """Source ids; empty only where nothing was found."""
    for_askers: bool
    """False: kept for editors and coordinators, never stated in an answer."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone who may help. Only a usable one's value ever reaches an asker."""

    id: str
    facts: tuple[str, ...]
    status: ContactStatus
    kind: ContactKind
    place: str
    """Where it can be reached: an id of the places, or "anywhere"."""
    value: str | None
    """Number, page or handle, once; None where none has been published."""
    name: Mapping[str, str]
    run_by: Mapping[str, str]
    hours: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    cost: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    risk: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    """How using it may be dangerous, per language."""
    instead: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    """What to do while no number is published, per language."""
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    page_date: str | None = None
    checked: date | None = None
    """The day on which somebody last confirmed the value."""
    withheld: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    """Why its value is never shown, whatever is confirmed, per language; empty: it may be shown."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One topic's words in one language. Texts may hold {contact:ID} and {number:ID}."""

    title: str
    short: str
    details: str
    """Paragraphs separated by an empty line; may be empty."""
    next_step: str


@dataclass(frozen=True, slots=True)
class Review:
    """Who has read an answer: a role -> the date, or None for "not yet"."""

    readers: Mapping[str, date | None]


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that people ask about."""

    id: str
    category: str
    facts: tuple[str, ...]
    related: tuple[str, ...]
    place: str
    """Where an asker may be: an id of the places, or "any"."""
    review_by: date | None
    answers: Mapping[str, Answer]
    """Language code -> answer."""
    phrasings: Mapping[str, tuple[str, ...]]
    """Variety -> what people type."""
    reviews: Mapping[str, Review] = field(default_factory=lambda: MappingProxyType({}))
    weight: float = 1.0
    """How often it is asked, beside other topics."""
    calm: bool = False
    """Whether who asks it is in no danger: the urgent lane learns from its phrasings what is none."""
    alias_of: str | None = None
    """The topic that this one was merged into; it keeps its id for old links and counters."""


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf of the topics menu."""

    id: str
    titles: Mapping[str, str]
    about: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A place where an asker may be, as far as it changes whom to turn to."""

    id: str
    emergency: bool
    """Whether the emergency contact may be dialled there."""
    name: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Door:
    """A key of the first screen."""

    open: str
    """A topic id, a category id, or "check" (the offer checker) or "contacts"."""
    label: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DangerKind:
    """A danger, as far as it does not depend on a language. Its words and replies stand in `_safety.yaml`."""

    id: str
    place: str
    """Where people in it usually are, for when their words do not tell: an id of the places, or "unknown"."""
    topics: tuple[str, ...]
    """What helps the one who is in it."""
    relative_topics: tuple[str, ...]
    """What helps somebody who writes about another person."""
    leave_out: tuple[str, ...] = ()
    """Parts of the urgent reply that are not shown: full, ask, contacts, watched ..."""
    alone: bool = False
    """Whether no topic stands under its reply."""
    tracing: bool = False
    """Whether a search for a missing person may help."""
    mission: bool = False
    """Whether the state's mission abroad may help whoever is free to move."""
    watched: bool = False
    """Whether somebody may be watching the screen: the warning of it then comes first."""
    officials: bool = False
    """Whether officials may hold the person: where the emergency contact may be dialled it is then left out."""
    private: bool = False
    """Whether the family may be a part of the danger."""

    @property
    def ask_first(self) -> bool:
        """Whether "are you in danger now?" is asked where it is not sure; not of the bereaved."""
        return "ask" not in self.leave_out


@dataclass(frozen=True, slots=True)
class Sentences:
    """The campaign's own fixed sentences in one language; plain text with {contact:ID} and {number:ID}."""

    welcome: str
    """First screen: what to ask."""
    honest: str
    """First screen: that this is a program, and what not to send."""
    scope: str
    """What the bot knows about, said where it has no answer."""
    emergency: str
    """Where the emergency contact may be dialled and where not."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything that the bot can say."""

    languages: Mapping[str, Language]
    categories: tuple[Category, ...]
    topics: Mapping[str, Topic]
    """In the registry's order."""
    contacts: Mapping[str, Contact]
    sources: Mapping[str, Source]
    facts: Mapping[str, Fact]
    words: WordLists
    name: Mapping[str, str]
    """The campaign's name per language."""
    handle: str | None = None
    """The bot's published @handle without the @, for /verify."""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Public campaign code (of posters and links) -> its label per language."""
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Word family -> its words: the closed list that unanswered questions are counted over."""
    theme_names: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Word family of the vocabulary -> what reports call it, per language."""
    out_of_scope: tuple[Example, ...] = ()
    """Questions that no topic answers: what "I don't know" is learnt from."""
    time_zone: str = "UTC"
    """IANA name; days and windows begin at its midnight."""
    emergency_contact: str | None = None
    """Contact id of the one number for danger to life."""
    places: Mapping[str, Whereabouts] = field(default_factory=lambda: MappingProxyType({}))
    doors: tuple[Door, ...] = ()
    """Keys of the first screen, in order."""
    dangers: tuple[DangerKind, ...] = ()
    """The most pressing first: where a message speaks of two, the first decides. The last one is "unknown"."""
    enlisting_topics: tuple[str, ...] = ()
    """What somebody gets who asks how to go."""
    recruiting_topics: tuple[str, ...] = ()
    """What somebody gets who asks how to recruit."""
    offer_topics: tuple[str, ...] = ()
    """Keys under the report on an offer."""
    operator: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    """Who runs the bot, per language; empty: not said."""
    description: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    """The bot's description for Telegram, per language."""
    short_description: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    danger_examples: tuple[Example, ...] = ()
    """Texts of people in danger, labelled with its id, and texts that only look like it, without a label; tags: level,
    who and place, or the kind of what is none."""
    offer_examples: tuple[Example, ...] = ()
    """Offers, labelled SCAM or HONEST, and texts about offers, without a label."""
    marked_offers: tuple[Marked, ...] = ()
    """Offers with the words that show a warning sign."""
    sentences: Mapping[str, Sentences] = field(default_factory=lambda: MappingProxyType({}))
    """Language code -> the campaign's own sentences."""
