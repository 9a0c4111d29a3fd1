"""The content folder -> a Campaign and every problem in it. The only place where content files are opened."""

from __future__ import annotations

import copyreg
import gc
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process

from bot.content_tools.load import schema
from bot.content_tools.load.examples import danger_examples, offer_examples
from bot.content_tools.load.word_files import offer_words, safety_words, small_talk_kinds
from bot.content_tools.load.yaml_tree import Document, parse
from bot.content_tools.messages import word_file_reason
from bot.content_tools.problems import Problem, in_order
from bot.dialogue.campaign import (
    Answer,
    Campaign,
    Category,
    Contact,
    Fact,
    Language,
    Review,
    Source,
    Topic,
)
from bot.dialogue.offers import OfferWords
from bot.dialogue.safety import SafetyWords
from bot.dialogue.smalltalk import SmallTalkKind
from bot.nlu.training_set import Example, WordLists

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


@dataclass
class Shelf:
    """A folder in the middle of being read: parsed files, their models, and the problems so far."""

    folder: Path
    prefix: str
    """What problems put before a file's path: content, or tests/wordings."""
    documents: dict[str, Document] = field(default_factory=dict)
    """Path inside the folder -> file; holds every file that is valid YAML."""
    models: dict[str, Any] = field(default_factory=dict)
    """Path inside the folder -> its model; holds every file of the right form."""
    problems: list[Problem] = field(default_factory=list)
    files: tuple[str, ...] = ()
    digest: str = ""

    def shown(self, path: str) -> str:
        """A path as problems name it."""
        return f"{self.prefix}/{path}"

    def report(self, path: str, line: int, code: str, **values: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.shown(path), line, code, values))

    def at(self, path: str, where: Sequence[str | int], code: str, *, on_key: bool = False, **values: str) -> None:
        """Add a problem at a place inside a file: at its value, or with `on_key` at its key."""
        document = self.documents[path]
        node = document.root.key_at(tuple(where)) if on_key else document.root.at(tuple(where))
        self.report(path, node.line, code, **values)

    def model(self, path: str, kind: type[_Model]) -> _Model | None:
        """The model of a file, read on first use; None when it is absent or faulty (which is then reported)."""
        if path in self.models:
            found: _Model = self.models[path]
            return found
        document = self.documents.get(path)
        if document is None:
            return None
        try:
            model = kind.model_validate(document.root.data())
        except ValidationError as error:
            for fault in error.errors():
                self._report_fault(path, document, kind, fault)
            return None
        self.models[path] = model
        return model

    def below(self, folder: str) -> list[str]:
        """The files of a folder that are valid YAML."""
        return [path for path in self.documents if path.startswith(folder)]

    def blank(self, path: str) -> bool:
        """Whether a file holds keys and no word yet, as `language new` makes it."""
        document = self.documents.get(path)
        return document is not None and not any(node.value for node in document.root.texts())

    def _report_fault(self, path: str, document: Document, kind: type[BaseModel], fault: Any) -> None:
        where = tuple(step for step in fault["loc"] if step != "[key]")
        code, values = _explained(kind, where, fault)
        on_key = fault["type"] == "extra_forbidden" or "[key]" in fault["loc"]
        node = document.root.key_at(where) if on_key else document.root.at(where)
        if fault["type"] == "missing":
            node = document.root.at(where[:-1])
        elif values["value"] == "":
            node, code, values = document.root.at(where), "value-empty", {"key": values["key"]}
        self.report(path, node.line, code, **values)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like a mistyped one, for "did you mean"; a dash when none is near."""
    best = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=50)
    return best[0] if best is not None else "-"


def _explained(kind: type[BaseModel], where: tuple[str | int, ...], fault: Any) -> tuple[str, dict[str, str]]:
    key = next((str(step) for step in reversed(where) if isinstance(step, str)), "-")
    typed = fault.get("input")
    value = typed if isinstance(typed, str) else ""
    values = {"key": key, "value": " ".join(value.split())[:60] if isinstance(typed, str) else "-"}
    name = fault["type"]
    if name == "missing":
        return "key-missing", values
    if name == "extra_forbidden":
        values["key"] = str(where[-1])
        values["nearest"] = nearest(values["key"], schema.fields_at(kind, where[:-1]))
        return "key-unknown", values
    if name == "literal_error":
        choices = [choice.strip(" '") for choice in fault["ctx"]["expected"].replace(" or ", ", ").split(",")]
        return "choice-wrong", {**values, "choices": ", ".join(choices), "nearest": nearest(value, choices)}
    if name == "string_pattern_mismatch":
        return schema.PATTERNS.get(fault["ctx"]["pattern"], "value-wrong"), values
    simple = {
        "string_type": "text-expected",
        "list_type": "list-expected",
        "dict_type": "keys-expected",
        "mapping_type": "keys-expected",
        "model_type": "keys-expected",
        "model_attributes_type": "keys-expected",
        "too_short": "list-empty",
        "string_too_short": "value-empty",
        "day-form": "day-form",
        "date-form": "date-form",
    }
    return simple.get(name, "value-wrong"), values


def content_files(folder: Path) -> list[tuple[str, Path]]:
    """(path inside the folder, file) of everything that ends like YAML, in order; hidden files left out."""
    named = [
        (path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.suffix in (".yaml", ".yml")
    ]
    return sorted((name, path) for name, path in named if not any(part.startswith(".") for part in name.split("/")))


def _add(digest: Any, name: str, raw: bytes) -> None:
    digest.update(f"{name}\0{len(raw)}\0".encode())
    digest.update(raw)


def content_digest(folder: Path) -> str:
    """The version of a folder without reading it as content: the digest that `Content.digest` has.

    A file that cannot be read counts as absent, as it does there.
    """
    digest = hashlib.sha256()
    for name, path in content_files(folder):
        if path.suffix == ".yaml":
            with suppress(OSError):
                _add(digest, name, path.read_bytes())
    return digest.hexdigest()


def load(folder: Path, prefix: str | None = None) -> Shelf:
    """Parse every file of a content folder. Never raises for anything that an editor can do."""
    shelf = Shelf(folder, prefix or folder.name)
    digest = hashlib.sha256()
    found = []
    for name, path in content_files(folder):
        if path.suffix == ".yml":
            shelf.report(name, 1, "file-ending")
            continue
        found.append(name)
        try:
            raw = path.read_bytes()
        except OSError:
            shelf.report(name, 1, "file-unreadable")
            continue
        _add(digest, name, raw)
        root, lines, faults = parse(raw)
        shelf.problems.extend(
            Problem(shelf.shown(name), fault.line, fault.code, fault.values, fault.column) for fault in faults
        )
        if root is not None:
            shelf.documents[name] = Document(shelf.shown(name), lines, root)
    shelf.files = tuple(found)
    shelf.digest = digest.hexdigest()
    return shelf


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


def build(shelf: Shelf) -> Content | None:
    """A parsed folder -> its content; what cannot be read is reported and left out."""
    for path in ("campaign.yaml", "topics.yaml", "facts.yaml", "sources.yaml", "contacts.yaml"):
        if path not in shelf.files:
            shelf.report(path, 1, "file-missing")
    campaign = shelf.model("campaign.yaml", schema.CampaignFile)
    topics = shelf.model("topics.yaml", schema.TopicsFile)
    facts = shelf.model("facts.yaml", schema.FactsFile)
    sources = shelf.model("sources.yaml", schema.SourcesFile)
    contacts = shelf.model("contacts.yaml", schema.ContactsFile)
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
        contacts=MappingProxyType({entry.id: _contact(entry) for entry in contacts.contacts}),
        sources=MappingProxyType({entry.id: _source(entry) for entry in sources.sources} if sources else {}),
        facts=MappingProxyType({entry.id: _fact(entry) for entry in facts.facts} if facts else {}),
        words=word_lists,
        out_of_scope=out_of_scope,
        danger_examples=danger_examples(shelf, languages),
        offer_examples=offers,
        marked_offers=marked,
        name=_frozen(campaign.name),
        handle=campaign.handle or None,
        codes=MappingProxyType({code: _frozen(label) for code, label in campaign.codes.items()}),
        vocabulary=MappingProxyType(
            {
                family: tuple(form for words in entry.words.values() for word in words for form in _forms(word))
                for family, entry in vocabulary.families.items()
            }
            if vocabulary
            else {}
        ),
        theme_names=MappingProxyType(
            {family: _frozen(entry.label) for family, entry in vocabulary.families.items()} if vocabulary else {}
        ),
    )
    return Content(
        campaign=built,
        safety=_word_file(shelf, languages, "_safety.yaml", safety_words),
        offers=_word_file(shelf, languages, "_offers.yaml", offer_words),
        small_talk=tuple(
            kind for kinds in _word_file(shelf, languages, "_smalltalk.yaml", small_talk_kinds) for kind in kinds
        ),
        other_scripts=_frozen(campaign.other_scripts),
        digest=shelf.digest,
    )


_ARABIC_WORD = re.compile("[\u0620-\u06d3]{3,}")
_BEFORE_WORDS = ("ال", "بال", "لل", "وال", "عال")
_BEFORE_LONG_WORDS = ("و", "ب", "ل")


def _forms(word: str) -> tuple[str, ...]:
    """A word of the vocabulary as it stands in sentences: Arabic writes article and prepositions onto it."""
    if _ARABIC_WORD.fullmatch(word) is None:
        return (word,)
    before = _BEFORE_WORDS + (_BEFORE_LONG_WORDS if len(word) > 3 else ())
    return (word, *(prefix + word for prefix in before))


def _frozen(words: Mapping[str, str]) -> MappingProxyType[str, str]:
    return MappingProxyType(dict(words))


# Learning happens in another process: what was read travels there.
copyreg.pickle(MappingProxyType, lambda mapping: (_frozen, (dict(mapping),)))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text and text != "not yet" else None


def _language(code: str, entry: schema.LanguageEntry) -> Language:
    varieties = MappingProxyType({variety: int(count) for variety, count in entry.varieties.items()})
    return Language(code, entry.name, entry.direction, entry.plural, varieties, entry.required == "yes")


def _source(entry: schema.SourceEntry) -> Source:
    return Source(entry.id, entry.url, entry.publisher, entry.title, entry.date, entry.date_note, entry.language)


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


def _contact(entry: schema.ContactEntry) -> Contact:
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
    )


def _topics(shelf: Shelf, registry: schema.TopicsFile, languages: Mapping[str, Language]) -> dict[str, Topic]:
    """The topics that have an answer in every required language; others are reported and left out."""
    topics: dict[str, Topic] = {}
    for position, entry in enumerate(registry.topics):
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
    )


def _categories(shelf: Shelf, campaign: schema.CampaignFile) -> tuple[Category, ...]:
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


def _words(shelf: Shelf, languages: Iterable[str]) -> tuple[WordLists, tuple[Example, ...]]:
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


def _word_file(
    shelf: Shelf, languages: Iterable[str], name: str, read: Callable[[str, Mapping[str, Any]], _Words]
) -> tuple[_Words, ...]:
    found: list[_Words] = []
    for code in languages:
        path = f"{code}/{name}"
        document = shelf.documents.get(path)
        if document is None:
            continue
        data = document.root.data()
        if not isinstance(data, dict):
            shelf.report(path, 1, "keys-expected", key=name)
            continue
        try:
            found.append(read(code, data))
        except ValueError as error:
            place, _, reason = str(error).partition(": ")
            line = document.root.nearest_key(_steps(place)).line
            shelf.report(path, line, "words-file", place=place, reason=reason, reason_ar=word_file_reason(reason))
    return tuple(found)


def _steps(place: str) -> tuple[str | int, ...]:
    """A key path such as signs.fee.words[3] (counted from 1) as steps into the tree."""
    steps: list[str | int] = []
    for part in place.split("."):
        name, _, position = part.partition("[")
        steps.append(name)
        if position.rstrip("]").isdigit():
            steps.append(int(position.rstrip("]")) - 1)
    return tuple(steps)
