"""What every content file may hold. The JSON Schemas that editors complete from are made out of these models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, RootModel, Tag

from bot.content_tools.load.fields import (
    Address,
    Code,
    Count,
    Day,
    FactId,
    Handle,
    Id,
    LanguageCode,
    ReviewState,
    SourceDate,
    Strict,
    Text,
    TimeZone,
    Variety,
    Weight,
    Words,
)


class LanguageEntry(Strict):
    """One language of the campaign."""

    name: Text = Field(description="Its own name for itself, as the language menu shows it.")
    direction: Literal["rtl", "ltr"] = Field(description="rtl: written from the right; ltr: from the left.")
    plural: Text = Field(description="gettext's plural rule: a C expression in n, such as n != 1.")
    required: Literal["yes", "no"] = Field("yes", description="yes: every topic must have an answer in it.")
    varieties: dict[Variety, Count] = Field(description="Ways of writing it -> how many phrasings a topic should have.")


class PlaceEntry(Strict):
    """A place where an asker may be."""

    emergency: Literal["yes", "no"] = Field(description="yes: the emergency contact may be dialled there.")
    name: Words


class DoorEntry(Strict):
    """A key of the first screen."""

    open: Id = Field(description="A topic, a category, check (the offer checker) or contacts.")
    label: Words


class NeverAloneEntry(Strict):
    """A fact that misleads where another one is missing."""

    fact: FactId
    beside: list[FactId] = Field(description="What every topic with the fact must name too.")
    because: Words = Field(description="Why, in one clause: the check says it.")


class DoubtedEntry(Strict):
    """A figure that stands only beside words that say how sure it is."""

    fact: FactId
    number: Text
    words: dict[LanguageCode, list[Text]] = Field(description="One of these must stand in the same answer.")
    because: Words = Field(description="What to say beside it: the check says it.")


class StyleEntry(Strict):
    """How answers are written; a limit or list that is left out asks nothing."""

    sentence_words: Count | None = Field(None, description="Words of the longest sentence.")
    label: Count | None = Field(None, description="Characters of the longest title or label on a key.")
    short: Count | None = Field(None, description="Characters of the longest short answer; the screen sentence apart.")
    first_screen: Count | None = Field(None, description="Characters of short answer and next step together.")
    same_sentence: Count | None = Field(None, description="Topics in which one sentence may stand.")
    screen_first: list[Id] = Field(
        default_factory=list, description="Topics whose readers may be watched: the screen sentence opens them."
    )
    emergency_offered: list[Id] = Field(
        default_factory=list, description="Topics in which the warning of the emergency contact abroad may stand."
    )
    unknown_is_the_answer: list[Id] = Field(
        default_factory=list, description="Topics that may open with what is not known."
    )
    women_too: list[Id] = Field(default_factory=list, description="Topics that must address women as well as men.")
    details_only: list[FactId] = Field(
        default_factory=list, description="Facts whose figures stand in the details alone."
    )


class RulesEntry(Strict):
    """The campaign's own rules of wording, as far as a program can know them."""

    never_named: dict[Id, list[Text]] = Field(
        default_factory=dict, description="Contacts that stay out of every reply -> the words that name them."
    )
    never_shown: dict[Id, Words] = Field(
        default_factory=dict, description="Contacts whose number no check makes fit to be shown -> why."
    )
    never_alone: list[NeverAloneEntry] = Field(default_factory=list)
    never_stated: list[FactId] = Field(default_factory=list, description="Facts whose figures no answer gives.")
    doubted: list[DoubtedEntry] = Field(default_factory=list)
    style: StyleEntry = Field(default_factory=StyleEntry)


class CampaignFile(Strict):
    """campaign.yaml: what the whole campaign shares."""

    name: Words = Field(description="The campaign's name in each language.")
    handle: Handle = Field("", description="The bot's public name without @.")
    time_zone: TimeZone = Field(description="IANA name, such as Asia/Baghdad: days begin at its midnight.")
    languages: dict[LanguageCode, LanguageEntry] = Field(description="Every language, the main one first.")
    places: dict[Id, PlaceEntry] = Field(description="Where askers may be, as far as it changes whom to turn to.")
    emergency_contact: Id | None = Field(None, description="The contact for danger to life.")
    categories: list[Id] = Field(description="The shelves of the topics menu, in order.")
    doors: list[DoorEntry] = Field(default_factory=list, description="The keys of the first screen, in order.")
    enlisting_topics: list[Id] = Field(default_factory=list, description="For somebody who asks how to go.")
    recruiting_topics: list[Id] = Field(default_factory=list, description="For somebody who asks how to recruit.")
    offer_topics: list[Id] = Field(default_factory=list, description="Keys under the report on an offer.")
    operator: Words = Field(default_factory=dict, description="Who runs the bot; without it nothing is said.")
    description: Words = Field(default_factory=dict, description="What Telegram shows before the first message.")
    short_description: Words = Field(default_factory=dict, description="What Telegram shows in the bot's profile.")
    codes: dict[Code, Words] = Field(
        default_factory=dict, description="Codes on posters and links -> their label in each language."
    )
    other_scripts: dict[Variety, Text] = Field(
        default_factory=dict, description="Script that the bot cannot read -> the sentence that says so in it."
    )
    rules: RulesEntry = Field(default_factory=RulesEntry)


class DangerEntry(Strict):
    """A danger, as far as it does not depend on a language."""

    id: Id
    place: Id = Field(description="Where people in it usually are: a place of campaign.yaml, or unknown.")
    topics: list[Id] = Field(default_factory=list, description="What helps the one who is in it.")
    relative_topics: list[Id] = Field(default_factory=list, description="What helps one who writes about another.")
    leave_out: list[Literal["full", "ask", "contacts", "watched"]] = Field(
        default_factory=list, description="Parts of the urgent reply that are not shown."
    )
    alone: Literal["yes", "no"] = Field("no", description="yes: no topic stands under the reply.")
    tracing: Literal["yes", "no"] = Field("no", description="yes: a search for a missing person may help.")
    mission: Literal["yes", "no"] = Field("no", description="yes: the state's mission abroad may help.")
    watched: Literal["yes", "no"] = Field("no", description="yes: the screen may be seen, the warning comes first.")
    officials: Literal["yes", "no"] = Field("no", description="yes: officials may hold the person.")
    private: Literal["yes", "no"] = Field("no", description="yes: the family may be a part of the danger.")


class DangersFile(Strict):
    """dangers.yaml: the dangers that are listened for, the most pressing first, unknown last."""

    dangers: list[DangerEntry]


class ReviewEntry(Strict):
    """Who has read an answer: the day, or "not yet"."""

    native_speaker: ReviewState = "not yet"
    lawyer: ReviewState = "not yet"
    protection_specialist: ReviewState = "not yet"


class TopicEntry(Strict):
    """One topic in the registry."""

    id: Id = Field(description="The name of its files; never changed once published.")
    category: Id = Field(description="One of the categories of campaign.yaml.")
    facts: Annotated[list[FactId], Field(min_length=1)] = Field(
        description="What its answers may say: ids of facts.yaml."
    )
    related: list[Id] = Field(description="Two to four other topics, for the buttons under the answer.")
    place: Id = Field(description="Where an asker may be: a place of campaign.yaml, or any.")
    weight: Weight = Field("1", description="How often it is asked beside other topics; 1: seldom.")
    calm: Literal["yes", "no"] = Field(
        "no", description="yes: who asks this is in no danger; the urgent lane learns from its phrasings."
    )
    alias_of: Id | None = Field(None, description="The topic that this one was merged into; its id stays known.")
    review_by: Day | None = Field(None, description="From this day on the answer says that it may be out of date.")
    reviews: dict[LanguageCode, ReviewEntry] = Field(default_factory=dict, description="Who has read it, per language.")


class TopicsFile(Strict):
    """topics.yaml: the registry of everything that people can ask."""

    topics: list[TopicEntry]


class FactEntry(Strict):
    """One fact, in our own words."""

    id: FactId
    says: Text = Field(description="The fact in English, with every number and date of it.")
    said_by: Text = Field(description="Who says so.")
    confidence: Literal["high", "medium", "low", "not-found"]
    disputed: Text | None = Field(None, description="Who says otherwise.")
    sources: list[Id] = Field(default_factory=list, description="Ids of sources.yaml; empty only for not-found.")
    use: Literal["asker", "editors"] = Field(description="editors: no answer repeats it.")


class FactsFile(Strict):
    """facts.yaml: all that the answers may say."""

    facts: list[FactEntry]


def _form_of_name(value: Any) -> str | None:
    if isinstance(value, str):
        return "[text]"
    return "[words]" if isinstance(value, Mapping) else None


Name: TypeAlias = Annotated[
    Annotated[Text, Tag("[text]")] | Annotated[Words, Tag("[words]")], Discriminator(_form_of_name)
]
"""A name that is the same in every language, or one in each."""


class SourceEntry(Strict):
    """One published page."""

    id: Id
    url: Address
    publisher: Name = Field(description="Who published it: one text, or one in each language.")
    rank: Count = Field("9", description="1: best known; the credit under an answer names these first.")
    title: Text
    date: SourceDate | None = Field(None, description="The page's own date: 2026, 2026-02 or 2026-02-26.")
    date_note: Text | None = Field(None, description="What is known of the date when the page shows none.")
    language: LanguageCode


class SourcesFile(Strict):
    """sources.yaml: the pages that facts come from."""

    sources: list[SourceEntry]


class ContactEntry(Strict):
    """Someone who may help."""

    id: Id
    facts: list[FactId] = Field(default_factory=list)
    status: Literal["usable", "check-first", "not-published"] = Field(
        description="Only a usable one is shown to askers."
    )
    name: Words
    run_by: Words
    value: Text | None = Field(None, description="Number, handle or page: it stands here and nowhere else.")
    kind: Literal["phone", "page", "handle", "route", "none"]
    place: Id = Field(description="Where it can be reached: a place of campaign.yaml, or anywhere.")
    hours: Words = Field(default_factory=dict)
    languages: list[LanguageCode] = Field(default_factory=list)
    cost: Words = Field(default_factory=dict)
    risk: Words = Field(default_factory=dict, description="How using it may be dangerous.")
    instead: Words = Field(default_factory=dict, description="What to do while no number is published.")
    sources: list[Id] = Field(default_factory=list)
    page_date: Text | None = Field(None, description="Date of the page that printed the value.")
    checked: Day | None = Field(None, description="The day on which somebody last confirmed the value.")
    checked_by: Text | None = Field(None, description="Who confirmed it (an organisation or a role).")
    checked_at: Text | None = Field(None, description="The page or the way by which it was confirmed.")


class ContactsFile(Strict):
    """contacts.yaml: every number, page and handle."""

    contacts: list[ContactEntry]


class FamilyEntry(Strict):
    """Words that count as one theme."""

    label: Words
    words: dict[LanguageCode, list[Text]]


class VocabularyFile(Strict):
    """vocabulary.yaml: the closed list of themes that unanswered questions are counted over."""

    families: dict[Id, FamilyEntry]


class AnswerFile(Strict):
    """<language>/<topic>.yaml: one topic's words, one screen long."""

    title: Text = Field(description="Button label: at most 40 characters.")
    short: Text = Field(description="At most 500 characters; the first sentence answers the question.")
    details: str = Field("", description="At most 1,400 characters; an empty line between paragraphs.")
    next_step: Text = Field(description="What to do now: one or two sentences.")


class PhrasingsFile(RootModel[dict[Variety, list[Text]]]):
    """<language>/phrasings/<topic>.yaml: what people type, by way of writing."""

    model_config = ConfigDict(frozen=True)


class CategoryEntry(Strict):
    """A shelf of the topics menu."""

    title: Text
    about: Text


class CategoriesFile(Strict):
    """<language>/_categories.yaml."""

    categories: dict[Id, CategoryEntry]


class WordsFile(Strict):
    """<language>/_words.yaml: words that the matcher reads alike."""

    equivalents: dict[Text, str] = Field(
        default_factory=dict,
        description='A dialect word -> the word it is read as; "": it says nothing and is left out.',
    )
    synonyms: list[list[Text]] = Field(default_factory=list, description="Groups of words with one meaning here.")


class ForeignFile(RootModel[dict[Variety, list[Text]]]):
    """<language>/_foreign.yaml: questions that no topic answers, by way of writing."""

    model_config = ConfigDict(frozen=True)


class WordingEntry(Strict):
    """A question to test on."""

    q: Text = Field(description="What somebody types.")
    variety: Variety
    also: list[Id] = Field(default_factory=list, description="Other topics that would answer it as well.")


class WordingsFile(Strict):
    """tests/wordings/<language>/<topic>.yaml: questions kept apart from those that the matcher learns from."""

    finds: list[WordingEntry] = Field(default_factory=list, description="Must find the topic.")
    near_misses: list[WordingEntry] = Field(default_factory=list, description="Must not be answered by the topic.")
    known_failures: list[WordingEntry] = Field(default_factory=list, description="Should find it and do not yet.")
