"""What every content file may hold. The JSON Schemas that editors complete from are made out of these models."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, StringConstraints
from pydantic_core import PydanticCustomError

ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
FACT_ID = r"^[A-Z][0-9]{2,3}S?$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
SOURCE_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
LANGUAGE = r"^[a-z]{2,3}$"
VARIETY = r"^[a-z][a-z0-9-]*$"
CODE = r"^[a-z0-9][a-z0-9-]{0,15}$"
HANDLE = r"^([A-Za-z][A-Za-z0-9_]{4,31})?$"
ADDRESS = r"^https?://[^\s/]+\S*$"

PATTERNS: dict[str, str] = {
    ID: "id-form",
    FACT_ID: "fact-id-form",
    DAY: "day-form",
    SOURCE_DATE: "date-form",
    LANGUAGE: "language-form",
    VARIETY: "id-form",
    CODE: "code-form",
    HANDLE: "handle-form",
    ADDRESS: "address-form",
}
"""Pattern -> code of the message that tells how to write such a value."""


def _real_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day-form", "no such day") from None
    return text


def _real_date(text: str) -> str:
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        raise PydanticCustomError("date-form", "no such date") from None
    return text


Id = Annotated[str, StringConstraints(pattern=ID)]
FactId = Annotated[str, StringConstraints(pattern=FACT_ID)]
Day = Annotated[str, StringConstraints(pattern=DAY), AfterValidator(_real_day)]
SourceDate = Annotated[str, StringConstraints(pattern=SOURCE_DATE), AfterValidator(_real_date)]
LanguageCode = Annotated[str, StringConstraints(pattern=LANGUAGE)]
Variety = Annotated[str, StringConstraints(pattern=VARIETY)]
Text = Annotated[str, StringConstraints(min_length=1)]
Count = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}$")]
PATTERNS[r"^[0-9]{1,3}$"] = "count-form"
Words = dict[LanguageCode, Text]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LanguageEntry(_Strict):
    """One language of the campaign."""

    name: Text = Field(description="Its own name for itself, as the language menu shows it.")
    direction: Literal["rtl", "ltr"] = Field(description="rtl: written from the right; ltr: from the left.")
    plural: Text = Field(description="gettext's plural rule: a C expression in n, such as n != 1.")
    required: Literal["yes", "no"] = Field("yes", description="yes: every topic must have an answer in it.")
    varieties: dict[Variety, Count] = Field(description="Ways of writing it -> how many phrasings a topic should have.")


class CampaignFile(_Strict):
    """campaign.yaml: what the whole campaign shares."""

    name: Words = Field(description="The campaign's name in each language.")
    handle: Annotated[str, StringConstraints(pattern=HANDLE)] = Field(
        "", description="The bot's public name without @."
    )
    languages: dict[LanguageCode, LanguageEntry] = Field(description="Every language, the main one first.")
    categories: list[Id] = Field(description="The shelves of the topics menu, in order.")
    codes: dict[Annotated[str, StringConstraints(pattern=CODE)], Words] = Field(
        default_factory=dict, description="Codes on posters and links -> their label in each language."
    )
    other_scripts: dict[Variety, Text] = Field(
        default_factory=dict, description="Script that the bot cannot read -> the sentence that says so in it."
    )


ReviewState = Annotated[str, StringConstraints(pattern=r"^(not yet|[0-9]{4}-[0-9]{2}-[0-9]{2})$")]
PATTERNS[r"^(not yet|[0-9]{4}-[0-9]{2}-[0-9]{2})$"] = "review-form"


def _real_review(text: str) -> str:
    return text if text == "not yet" else _real_day(text)


class ReviewEntry(_Strict):
    """Who has read an answer: the day, or "not yet"."""

    native_speaker: Annotated[ReviewState, AfterValidator(_real_review)] = "not yet"
    lawyer: Annotated[ReviewState, AfterValidator(_real_review)] = "not yet"
    protection_specialist: Annotated[ReviewState, AfterValidator(_real_review)] = "not yet"


class TopicEntry(_Strict):
    """One topic in the registry."""

    id: Id = Field(description="The name of its files; never changed once published.")
    category: Id = Field(description="One of the categories of campaign.yaml.")
    facts: Annotated[list[FactId], Field(min_length=1)] = Field(
        description="What its answers may say: ids of facts.yaml."
    )
    related: list[Id] = Field(description="Two to four other topics, for the buttons under the answer.")
    place: Literal["iraq", "russia", "any"] = Field(description="Where an asker may be.")
    review_by: Day | None = Field(None, description="From this day on the answer says that it may be out of date.")
    reviews: dict[LanguageCode, ReviewEntry] = Field(default_factory=dict, description="Who has read it, per language.")


class TopicsFile(_Strict):
    """topics.yaml: the registry of everything that people can ask."""

    topics: list[TopicEntry]


class FactEntry(_Strict):
    """One fact, in our own words."""

    id: FactId
    says: Text = Field(description="The fact in English, with every number and date of it.")
    said_by: Text = Field(description="Who says so.")
    confidence: Literal["high", "medium", "low", "not-found"]
    disputed: Text | None = Field(None, description="Who says otherwise.")
    sources: list[Id] = Field(default_factory=list, description="Ids of sources.yaml; empty only for not-found.")
    use: Literal["asker", "editors"] = Field(description="editors: no answer repeats it.")


class FactsFile(_Strict):
    """facts.yaml: all that the answers may say."""

    facts: list[FactEntry]


class SourceEntry(_Strict):
    """One published page."""

    id: Id
    url: Annotated[str, StringConstraints(pattern=ADDRESS)]
    publisher: Text
    title: Text
    date: SourceDate | None = Field(None, description="The page's own date: 2026, 2026-02 or 2026-02-26.")
    date_note: Text | None = Field(None, description="What is known of the date when the page shows none.")
    language: LanguageCode


class SourcesFile(_Strict):
    """sources.yaml: the pages that facts come from."""

    sources: list[SourceEntry]


class ContactEntry(_Strict):
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
    place: Literal["iraq", "russia", "ukraine", "anywhere"]
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


class ContactsFile(_Strict):
    """contacts.yaml: every number, page and handle."""

    contacts: list[ContactEntry]


class FamilyEntry(_Strict):
    """Words that count as one theme."""

    label: Words
    words: dict[LanguageCode, list[Text]]


class VocabularyFile(_Strict):
    """vocabulary.yaml: the closed list of themes that unanswered questions are counted over."""

    families: dict[Id, FamilyEntry]


class AnswerFile(_Strict):
    """<language>/<topic>.yaml: one topic's words, one screen long."""

    title: Text = Field(description="Button label: at most 40 characters.")
    short: Text = Field(description="At most 500 characters; the first sentence answers the question.")
    details: str = Field("", description="At most 1,400 characters; an empty line between paragraphs.")
    next_step: Text = Field(description="What to do now: one or two sentences.")


class PhrasingsFile(RootModel[dict[Variety, list[Text]]]):
    """<language>/phrasings/<topic>.yaml: what people type, by way of writing."""

    model_config = ConfigDict(frozen=True)


class CategoryEntry(_Strict):
    """A shelf of the topics menu."""

    title: Text
    about: Text


class CategoriesFile(_Strict):
    """<language>/_categories.yaml."""

    categories: dict[Id, CategoryEntry]


class WordsFile(_Strict):
    """<language>/_words.yaml: words that the matcher reads alike."""

    equivalents: dict[Text, str] = Field(
        default_factory=dict,
        description='A dialect word -> the word it is read as; "": it says nothing and is left out.',
    )
    synonyms: list[list[Text]] = Field(default_factory=list, description="Groups of words with one meaning here.")


class ForeignFile(RootModel[dict[Variety, list[Text]]]):
    """<language>/_foreign.yaml: questions that no topic answers, by way of writing."""

    model_config = ConfigDict(frozen=True)


class _ExampleGroup(BaseModel):
    """Examples of one kind: what they have in common, then lists of texts by way of writing."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[Variety, list[Text]] = Field(init=False)

    @property
    def texts(self) -> dict[str, list[str]]:
        """Way of writing -> texts."""
        return self.__pydantic_extra__


class DangerGroup(_ExampleGroup):
    """Texts of people in one danger."""

    level: Literal["note", "ask", "full"] = Field(
        description="full: help first; ask: ask first; note: one line of help."
    )
    who: Literal["self", "woman", "relative", "friend"] | None = Field(None, description="Who is in danger.")
    place: Id | None = Field(None, description="Where: one of the places of campaign.yaml, or unknown.")


class DangerExamplesFile(_Strict):
    """<language>/dangers/<danger>.yaml: how people write who are in this danger."""

    groups: list[DangerGroup]


class HarmlessGroup(_ExampleGroup):
    """Texts that sound like danger and are none."""

    kind: Id = Field(
        description="idiom, game-film, life, news, past, calm (a calm question on the same subject), help or other."
    )


class HarmlessExamplesFile(_Strict):
    """<language>/dangers/none.yaml: what only sounds like danger."""

    groups: list[HarmlessGroup]


class ScamGroup(_ExampleGroup):
    """Offers that are traps."""

    style: Id = Field(description="dm, advert, friend, romance ...: no two groups need to differ.")


class ScamExamplesFile(_Strict):
    """<language>/offers/scams.yaml: offers that are traps, each with the words that show it: [[sign|words]]."""

    groups: list[ScamGroup]


class HonestExamplesFile(_Strict):
    """<language>/offers/honest.yaml: honest offers, and texts about offers."""

    groups: list[HarmlessGroup]


class WordingEntry(_Strict):
    """A question to test on."""

    q: Text = Field(description="What somebody types.")
    variety: Variety
    also: list[Id] = Field(default_factory=list, description="Other topics that would answer it as well.")


class WordingsFile(_Strict):
    """tests/wordings/<language>/<topic>.yaml: questions kept apart from those that the matcher learns from."""

    finds: list[WordingEntry] = Field(default_factory=list, description="Must find the topic.")
    near_misses: list[WordingEntry] = Field(default_factory=list, description="Must not be answered by the topic.")
    known_failures: list[WordingEntry] = Field(default_factory=list, description="Should find it and do not yet.")


FILES: dict[str, type[BaseModel]] = {
    "campaign": CampaignFile,
    "topics": TopicsFile,
    "facts": FactsFile,
    "sources": SourcesFile,
    "contacts": ContactsFile,
    "vocabulary": VocabularyFile,
    "answer": AnswerFile,
    "phrasings": PhrasingsFile,
    "categories": CategoriesFile,
    "words": WordsFile,
    "foreign": ForeignFile,
    "wordings": WordingsFile,
    "danger-examples": DangerExamplesFile,
    "harmless-examples": HarmlessExamplesFile,
    "scam-examples": ScamExamplesFile,
    "honest-examples": HonestExamplesFile,
}
"""Kind of file -> its model."""


def fields_at(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that a model knows at a path of keys and positions; empty where any key may stand."""
    current: Any = model
    for step in path:
        current = _below(current, step)
    current = _model_in(current)
    return tuple(current.model_fields) if current is not None and not issubclass(current, RootModel) else ()


def _below(annotation: Any, step: str | int) -> Any:
    model = _model_in(annotation)
    if model is not None:
        field = model.model_fields.get("root" if issubclass(model, RootModel) else str(step))
        if field is None:
            return None
        return _below(field.annotation, step) if issubclass(model, RootModel) else field.annotation
    arguments = [a for a in getattr(annotation, "__args__", ()) if a is not type(None)]
    return arguments[-1] if arguments else None


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (
            isinstance(argument, type)
            and issubclass(argument, BaseModel)
            and not getattr(annotation, "__origin__", None)
        ):
            return argument
    return None
