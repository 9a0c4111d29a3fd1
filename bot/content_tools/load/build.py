"""The content folder -> a Campaign and every problem in it. The only place where content files are opened."""

from __future__ import annotations

import copyreg
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel

from bot.content_tools.load import schema, word_schema
from bot.content_tools.load.content_folder import ContentFolder, load
from bot.content_tools.load.examples import danger_examples, offer_examples
from bot.content_tools.load.vocabulary import themes
from bot.content_tools.load.word_files import offer_words, safety_words, sentences, small_talk_kinds
from bot.content_tools.problems import Problem, in_order
from bot.dialogue.campaign import (
    Answer,
    Campaign,
    Category,
    Contact,
    DangerKind,
    Door,
    Fact,
    Language,
    Review,
    Source,
    Topic,
    Whereabouts,
)
from bot.dialogue.offers import OfferWords
from bot.dialogue.safety import SafetyWords
from bot.dialogue.smalltalk import SmallTalkKind
from bot.nlu.training_set import Example, WordLists

REQUIRED_FILES = ("campaign.yaml", "topics.yaml", "facts.yaml", "sources.yaml", "contacts.yaml", "dangers.yaml")

_Model = TypeVar("_Model", bound=BaseModel)
_Words = TypeVar("_Words")


@dataclass(frozen=True)
class Content:
    """Everything that the bot says, checked and frozen."""

    campaign: Campaign
    safety: tuple[SafetyWords, ...]
    offers: tuple[OfferWords, ...]
    small_talk: tuple[SmallTalkKind, ...]
    other_scripts: Mapping[str, str]
    """Script that the bot cannot read -> the sentence that says so in it."""
    digest: str
    """SHA-256 (hexadecimal) over the name and bytes of every file: the version of the content."""


@dataclass(frozen=True)
class Reading:
    """What came of reading a folder."""

    content: Content | None
    """None when the registry or the campaign file cannot be read: nothing can be said then."""
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep an edit from going live."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


@contextmanager
def all_stays() -> Iterator[None]:
    """Spare Python's search for garbage: reading makes many small objects that all stay, and the search among them
    takes a third of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@all_stays()
def read_content(folder: Path) -> Reading:
    """Read a content folder. Every problem is reported at once, in the order of files and lines."""
    shelf = load(folder)
    content = build(shelf)
    return Reading(content, in_order(shelf.problems))


def build(shelf: ContentFolder) -> Content | None:
    """A parsed folder -> its content; what cannot be read is reported and left out."""
    if _is_older(shelf):
        shelf.report("campaign.yaml", 1, "content-older")
        return None
    for path in REQUIRED_FILES:
        if path not in shelf.files:
            shelf.report(path, 1, "file-missing")
    campaign = shelf.model("campaign.yaml", schema.CampaignFile)
    topics = shelf.model("topics.yaml", schema.TopicsFile)
    facts = shelf.model("facts.yaml", schema.FactsFile)
    sources = shelf.model("sources.yaml", schema.SourcesFile)
    contacts = shelf.model("contacts.yaml", schema.ContactsFile)
    dangers = shelf.model("dangers.yaml", schema.DangersFile)
    vocabulary = shelf.model("vocabulary.yaml", schema.VocabularyFile)
    if campaign is None or topics is None or contacts is None:
        return None
    languages = {code: _language(code, entry) for code, entry in campaign.languages.items()}
    word_lists, out_of_scope = _words(shelf, languages)
    offers, marked = offer_examples(shelf, languages)
    built = Campaign(
        languages=MappingProxyType(languages),
        categories=_categories(shelf, campaign),
        topics=MappingProxyType(_topics(shelf, topics, languages)),
        contacts=MappingProxyType({entry.id: _contact(entry, campaign.rules) for entry in contacts.contacts}),
        sources=MappingProxyType({entry.id: _source(entry, languages) for entry in sources.sources} if sources else {}),
        facts=MappingProxyType({entry.id: _fact(entry) for entry in facts.facts} if facts else {}),
        words=word_lists,
        out_of_scope=out_of_scope,
        danger_examples=danger_examples(shelf, languages),
        offer_examples=offers,
        marked_offers=marked,
        name=_frozen(campaign.name),
        handle=campaign.handle or None,
        codes=MappingProxyType({code: _frozen(label) for code, label in campaign.codes.items()}),
        vocabulary=MappingProxyType(themes(vocabulary)),
        theme_names=MappingProxyType(
            {family: _frozen(entry.label) for family, entry in vocabulary.families.items()} if vocabulary else {}
        ),
        time_zone=campaign.time_zone,
        emergency_contact=campaign.emergency_contact,
        places=MappingProxyType({name: _place(name, entry) for name, entry in campaign.places.items()}),
        doors=tuple(Door(entry.open, _frozen(entry.label)) for entry in campaign.doors),
        dangers=tuple(_danger(entry) for entry in dangers.dangers) if dangers is not None else (),
        enlisting_topics=tuple(campaign.enlisting_topics),
        recruiting_topics=tuple(campaign.recruiting_topics),
        offer_topics=tuple(campaign.offer_topics),
        operator=_frozen(campaign.operator),
        description=_frozen(campaign.description),
        short_description=_frozen(campaign.short_description),
        sentences=MappingProxyType(
            dict(_word_files(shelf, languages, "_sentences.yaml", word_schema.SentencesFile, sentences))
        ),
    )
    return Content(
        campaign=built,
        safety=tuple(
            words for _, words in _word_files(shelf, languages, "_safety.yaml", word_schema.SafetyFile, safety_words)
        ),
        offers=tuple(
            words for _, words in _word_files(shelf, languages, "_offers.yaml", word_schema.OffersFile, offer_words)
        ),
        small_talk=tuple(
            kind
            for _, kinds in _word_files(
                shelf, languages, "_smalltalk.yaml", word_schema.SmallTalkFile, small_talk_kinds
            )
            for kind in kinds
        ),
        other_scripts=_frozen(campaign.other_scripts),
        digest=shelf.digest,
    )


def _is_older(shelf: ContentFolder) -> bool:
    """Whether a folder was written before a campaign named its own places and time zone."""
    document = shelf.documents.get("campaign.yaml")
    keys = document.root.value if document is not None else None
    return isinstance(keys, dict) and "languages" in keys and not {"places", "time_zone"} & keys.keys()


def _frozen(words: Mapping[str, str]) -> MappingProxyType[str, str]:
    return MappingProxyType(dict(words))


# Learning happens in another process: what was read travels there.
copyreg.pickle(MappingProxyType, lambda mapping: (_frozen, (dict(mapping),)))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text and text != "not yet" else None


def _language(code: str, entry: schema.LanguageEntry) -> Language:
    varieties = MappingProxyType({variety: int(count) for variety, count in entry.varieties.items()})
    return Language(code, entry.name, entry.direction, entry.plural, varieties, entry.required == "yes")


def _source(entry: schema.SourceEntry, languages: Iterable[str]) -> Source:
    named = entry.publisher
    return Source(
        id=entry.id,
        url=entry.url,
        publisher=_frozen(named if isinstance(named, dict) else dict.fromkeys(languages, named)),
        title=entry.title,
        date=entry.date,
        date_note=entry.date_note,
        language=entry.language,
        rank=int(entry.rank),
    )


def _fact(entry: schema.FactEntry) -> Fact:
    return Fact(
        id=entry.id,
        says=entry.says,
        said_by=entry.said_by,
        confidence=entry.confidence,
        disputed=entry.disputed,
        sources=tuple(entry.sources),
        for_askers=entry.use == "asker",
    )


def _place(name: str, entry: schema.PlaceEntry) -> Whereabouts:
    return Whereabouts(name, entry.emergency == "yes", _frozen(entry.name))


def _danger(entry: schema.DangerEntry) -> DangerKind:
    return DangerKind(
        id=entry.id,
        place=entry.place,
        topics=tuple(entry.topics),
        relative_topics=tuple(entry.relative_topics),
        leave_out=tuple(entry.leave_out),
        alone=entry.alone == "yes",
        tracing=entry.tracing == "yes",
        mission=entry.mission == "yes",
        watched=entry.watched == "yes",
        officials=entry.officials == "yes",
        private=entry.private == "yes",
    )


def _contact(entry: schema.ContactEntry, rules: schema.RulesEntry) -> Contact:
    return Contact(
        id=entry.id,
        facts=tuple(entry.facts),
        status=entry.status,
        kind=entry.kind,
        place=entry.place,
        value=entry.value,
        name=_frozen(entry.name),
        run_by=_frozen(entry.run_by),
        hours=_frozen(entry.hours),
        cost=_frozen(entry.cost),
        risk=_frozen(entry.risk),
        instead=_frozen(entry.instead),
        languages=tuple(entry.languages),
        sources=tuple(entry.sources),
        page_date=entry.page_date,
        checked=_day(entry.checked),
        withheld=_frozen(rules.never_shown.get(entry.id, {})),
    )


def _topics(shelf: ContentFolder, registry: schema.TopicsFile, languages: Mapping[str, Language]) -> dict[str, Topic]:
    """The topics that have an answer in every required language; others are reported and left out.

    A topic that was merged into another shows that one's answer and has no phrasings.
    """
    topics: dict[str, Topic] = {}
    for position, entry in enumerate(registry.topics):
        if entry.alias_of is not None:
            continue
        answers: dict[str, Answer] = {}
        phrasings: dict[str, list[str]] = {}
        complete = True
        for code, language in languages.items():
            path = f"{code}/{entry.id}.yaml"
            unwritten = not language.required and shelf.blank(path)
            model = None if unwritten else shelf.model(path, schema.AnswerFile)
            if model is not None:
                answers[code] = Answer(model.title, model.short, model.details, model.next_step)
            elif language.required:
                complete = False
                if path not in shelf.files:
                    shelf.at(
                        "topics.yaml",
                        ("topics", position, "id"),
                        "language-missing",
                        topic=entry.id,
                        language=code,
                        file=shelf.shown(path),
                    )
            asked = shelf.model(f"{code}/phrasings/{entry.id}.yaml", schema.PhrasingsFile)
            for variety, texts in asked.root.items() if asked is not None else ():
                phrasings.setdefault(variety, []).extend(texts)
        if complete and answers and entry.id not in topics:
            topics[entry.id] = _topic(entry, answers, phrasings)
    for entry in registry.topics:
        if entry.alias_of in topics:
            topics[entry.id] = _topic(entry, dict(topics[entry.alias_of].answers), {})
    # A button to a topic that was left out would lead nowhere.
    return {
        topic.id: _with_related(topic, tuple(other for other in topic.related if other in topics))
        for topic in topics.values()
    }


def _with_related(topic: Topic, related: tuple[str, ...]) -> Topic:
    return topic if topic.related == related else replace(topic, related=related)


def _topic(entry: schema.TopicEntry, answers: dict[str, Answer], phrasings: dict[str, list[str]]) -> Topic:
    return Topic(
        id=entry.id,
        category=entry.category,
        facts=tuple(entry.facts),
        related=tuple(entry.related),
        place=entry.place,
        review_by=_day(entry.review_by),
        answers=MappingProxyType(answers),
        phrasings=MappingProxyType({variety: tuple(texts) for variety, texts in phrasings.items()}),
        reviews=MappingProxyType(
            {
                code: Review(MappingProxyType({role: _day(state) for role, state in review.model_dump().items()}))
                for code, review in entry.reviews.items()
            }
        ),
        weight=float(entry.weight),
        calm=entry.calm == "yes",
        alias_of=entry.alias_of,
    )


def _categories(shelf: ContentFolder, campaign: schema.CampaignFile) -> tuple[Category, ...]:
    titles: dict[str, dict[str, str]] = {}
    about: dict[str, dict[str, str]] = {}
    for code, language in campaign.languages.items():
        path = f"{code}/_categories.yaml"
        if language.required == "no" and shelf.blank(path):
            continue
        model = shelf.model(path, schema.CategoriesFile)
        for category, entry in model.categories.items() if model is not None else ():
            titles.setdefault(category, {})[code] = entry.title
            about.setdefault(category, {})[code] = entry.about
    return tuple(
        Category(category, _in_all(campaign, titles.get(category, {})), _in_all(campaign, about.get(category, {})))
        for category in campaign.categories
    )


def _in_all(campaign: schema.CampaignFile, words: Mapping[str, str]) -> Mapping[str, str]:
    """Words for every language: one that is still being translated borrows those of the first."""
    first = next(iter(words.values()), None)
    return _frozen({code: words.get(code, first) for code in campaign.languages} if first is not None else {})


def _words(shelf: ContentFolder, languages: Iterable[str]) -> tuple[WordLists, tuple[Example, ...]]:
    """Words that are read alike, and questions out of scope."""
    equivalents: dict[str, str] = {}
    synonyms: list[tuple[str, ...]] = []
    out_of_scope: list[Example] = []
    for code in languages:
        words = shelf.model(f"{code}/_words.yaml", schema.WordsFile)
        if words is not None:
            equivalents.update(words.equivalents)
            synonyms.extend(tuple(group) for group in words.synonyms)
        questions = shelf.model(f"{code}/_foreign.yaml", schema.ForeignFile)
        for variety, texts in questions.root.items() if questions is not None else ():
            out_of_scope.extend(Example("", variety, text) for text in texts)
    return WordLists(MappingProxyType(equivalents), tuple(synonyms)), tuple(out_of_scope)


def _word_files(
    shelf: ContentFolder,
    languages: Iterable[str],
    name: str,
    kind: type[_Model],
    read: Callable[[str, _Model], _Words],
) -> Iterator[tuple[str, _Words]]:
    """(language code, what stands in its file of a name) of every language that has a sound one."""
    for code in languages:
        model = shelf.model(f"{code}/{name}", kind)
        if model is not None:
            yield code, read(code, model)
