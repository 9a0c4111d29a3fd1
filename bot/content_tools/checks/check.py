"""Everything that `tabayyan check` finds beyond the form of the files."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from bot.content_tools.checks import rules, texts
from bot.content_tools.checks.figures import Figure, Known, figures
from bot.content_tools.load import schema
from bot.content_tools.load.build import Content, Reading, Shelf, all_stays, build, load, nearest
from bot.content_tools.load.yaml_tree import Node, Step
from bot.content_tools.problems import in_order
from bot.dialogue.callback_data import topic_key
from bot.dialogue.campaign import Campaign
from bot.dialogue.render import CONTACT_MAX_AGE
from bot.dialogue.telegram_limits import TEXT_UNITS, utf16_units
from bot.nlu.normalize import words

LONGEST = {"title": 40, "short": 500, "details": 1400, "next_step": 500}
"""Characters of an answer's parts, so that an answer stays one screen long."""
LONGEST_ID = 40
RELATED = range(2, 5)
ROOM_FOR_FRAME = 700
"""UTF-16 units kept free for sources, dates and the review sentence under an answer."""
ANSWER_PARTS = ("title", "short", "details", "next_step")
WORDINGS = "tests/wordings"
WORD_FILES = ("_safety.yaml", "_offers.yaml", "_smalltalk.yaml")
FILLED: Mapping[tuple[Step, ...], str] = {("reply", "again"): "{word}", ("report", "more"): "{names}"}
"""Place in a word file -> the blank that the program fills there."""
LANGUAGE_FILES = ("_categories.yaml", "_words.yaml", "_foreign.yaml", *WORD_FILES)

_Entry = TypeVar("_Entry")


@all_stays()
def check(folder: Path, today: date, wordings: Path | None = None) -> Reading:
    """Read a content folder, and the folder of test wordings where one is given, and find all that is wrong."""
    shelf = load(folder)
    content = build(shelf)
    tested = load(wordings, WORDINGS) if wordings is not None else Shelf(folder, WORDINGS)
    _Check(shelf, tested, content, today).run()
    return Reading(content, in_order((*shelf.problems, *tested.problems)))


@dataclass
class _Place:
    """Where a question stands."""

    shelf: Shelf
    path: str
    line: int

    def shown(self) -> str:
        return f"{self.shelf.shown(self.path)}:{self.line}"


@dataclass
class _Check:
    shelf: Shelf
    tested: Shelf
    content: Content | None
    today: date
    topics: dict[str, schema.TopicEntry] = field(default_factory=dict)
    facts: dict[str, schema.FactEntry] = field(default_factory=dict)
    sources: dict[str, schema.SourceEntry] = field(default_factory=dict)
    contacts: dict[str, schema.ContactEntry] = field(default_factory=dict)

    def run(self) -> None:
        """Run every check that the files read so far allow."""
        for shelf in (self.shelf, self.tested):
            for path in shelf.documents:
                self._characters(shelf, path)
                self._guessed(shelf, path)
        self.topics = self._listed("topics.yaml", "topics", lambda model: model.topics, lambda entry: entry.id)
        self.facts = self._listed("facts.yaml", "facts", lambda model: model.facts, lambda entry: entry.id)
        self.sources = self._listed("sources.yaml", "sources", lambda model: model.sources, lambda entry: entry.id)
        self.contacts = self._listed("contacts.yaml", "contacts", lambda model: model.contacts, lambda entry: entry.id)
        self._unverified_values()
        campaign = self.shelf.models.get("campaign.yaml")
        if campaign is None:
            return
        self._campaign(campaign)
        self._files(campaign)
        self._registry(campaign)
        self._facts_and_sources()
        self._contacts(campaign)
        self._categories(campaign)
        self._vocabulary()
        if self.content is not None:
            self._answers(self.content.campaign)
            self._word_files(self.content.campaign)
        self._questions(campaign)

    # ---- helpers

    def _listed(
        self, path: str, key: str, entries: Callable[[Any], list[_Entry]], name: Callable[[_Entry], str]
    ) -> dict[str, _Entry]:
        model = self.shelf.models.get(path)
        found: dict[str, _Entry] = {}
        lines: dict[str, int] = {}
        for position, entry in enumerate(entries(model) if model is not None else ()):
            line = self.shelf.documents[path].root.at((key, position, "id")).line
            if name(entry) in found:
                self.shelf.report(path, line, "id-twice", id=name(entry), first=str(lines[name(entry)]))
            else:
                found[name(entry)], lines[name(entry)] = entry, line
        return found

    def _known(
        self, path: str, where: tuple[Step, ...], ids: Iterable[str], known: Iterable[str], kind: str, file: str
    ) -> None:
        """Report ids in a list that are not known, and those that stand twice in it."""
        seen: set[str] = set()
        known = known if isinstance(known, (set, dict)) else set(known)
        for position, name in enumerate(ids):
            if name not in known:
                self.shelf.at(
                    path, (*where, position), "unknown-id", kind=kind, id=name, nearest=nearest(name, known), file=file
                )
            elif name in seen:
                self.shelf.at(path, (*where, position), "entry-twice", id=name)
            seen.add(name)

    def _report_all(self, shelf: Shelf, path: str, node: Node, found: Iterable[texts.Finding]) -> None:
        for finding in found:
            line = shelf.documents[path].line_of(node, finding.fragment)
            shelf.report(path, line, finding.code, **finding.values)

    # ---- every file

    def _characters(self, shelf: Shelf, path: str) -> None:
        language = path.split("/")[0] if "/" in path else ""
        joiners_allowed = language not in ("ar", "en")
        for number, line in enumerate(shelf.documents[path].lines, 1):
            if line.isascii():
                continue
            for _, name in texts.invisible(line, joiners_allowed=joiners_allowed):
                shelf.report(path, number, "invisible", name=name)

    def _guessed(self, shelf: Shelf, path: str) -> None:
        self._guessed_below(shelf, path, shelf.documents[path].root, "-")

    def _guessed_below(self, shelf: Shelf, path: str, node: Node, key: str) -> None:
        if isinstance(node.value, str):
            if node.guessed:
                code, values = ("value-guessed", {"value": node.value}) if node.value else ("value-empty", {"key": key})
                shelf.report(path, node.line, code, **values)
        elif isinstance(node.value, list):
            for child in node.value:
                self._guessed_below(shelf, path, child, key)
        else:
            for name, (name_node, child) in node.value.items():
                if name_node.guessed:
                    shelf.report(path, name_node.line, "value-guessed", value=name)
                self._guessed_below(shelf, path, child, name)

    def _unverified_values(self) -> None:
        """Numbers and handles that nobody has confirmed stand in contacts.yaml alone."""
        hidden = {
            part.strip(): entry.id
            for entry in self.contacts.values()
            if entry.status == "check-first" and entry.value
            for part in entry.value.split(";")
        }
        if not hidden:
            return
        patterns = [(re.compile(_loosely(value)), value, contact) for value, contact in hidden.items()]
        for shelf in (self.shelf, self.tested):
            for path, document in shelf.documents.items():
                if path == "contacts.yaml":
                    continue
                text = "\n".join(document.lines).lower()
                for pattern, shown, contact in patterns:
                    # A page that facts come from may be the very page that the handle names.
                    if path == "sources.yaml" and not any(character.isdigit() for character in shown):
                        continue
                    for match in pattern.finditer(text):
                        number = text.count("\n", 0, match.start()) + 1
                        shelf.report(path, number, "contact-unverified-value", value=shown, id=contact)

    # ---- campaign.yaml and the folder

    def _campaign(self, campaign: schema.CampaignFile) -> None:
        path = "campaign.yaml"
        for code, language in campaign.languages.items():
            try:
                gettext.c2py(language.plural)
            except (ValueError, RecursionError):
                self.shelf.at(path, ("languages", code, "plural"), "plural-wrong", value=language.plural[:60])
        self._every_language(path, ("name",), campaign.name, campaign, "name")
        for code, label in campaign.codes.items():
            self._every_language(path, ("codes", code), label, campaign, code)
        seen: set[str] = set()
        for position, category in enumerate(campaign.categories):
            if category in seen:
                self.shelf.at(path, ("categories", position), "entry-twice", id=category)
            seen.add(category)
            if self.topics and not any(topic.category == category for topic in self.topics.values()):
                self.shelf.at(path, ("categories", position), "category-empty", id=category)

    def _every_language(
        self, path: str, where: tuple[Step, ...], words: Mapping[str, str], campaign: schema.CampaignFile, key: str
    ) -> None:
        """Report languages that a set of words lacks or that the campaign does not have."""
        for code, language in campaign.languages.items():
            if language.required == "yes" and code not in words:
                self.shelf.at(path, where, "words-missing", on_key=True, key=key, language=code)
        for code in words:
            if code not in campaign.languages:
                near = nearest(code, campaign.languages)
                self.shelf.at(path, (*where, code), "language-unknown", on_key=True, id=code, nearest=near)

    def _files(self, campaign: schema.CampaignFile) -> None:
        """Files that nothing reads: a misspelt name is a topic without an answer."""
        top = ("campaign.yaml", "topics.yaml", "facts.yaml", "sources.yaml", "contacts.yaml", "vocabulary.yaml")
        for path in self.shelf.files:
            folder, _, name = path.rpartition("/")
            language = path.split("/")[0]
            if not folder:
                if name not in top:
                    self.shelf.report(path, 1, "file-stray", name=name, nearest=nearest(name, top))
            elif language not in campaign.languages:
                near = nearest(language, campaign.languages)
                self.shelf.report(path, 1, "language-unknown", id=language, nearest=near)
            elif folder == language and name.startswith("_"):
                if name not in LANGUAGE_FILES:
                    self.shelf.report(path, 1, "file-stray", name=name, nearest=nearest(name, LANGUAGE_FILES))
            elif folder in (language, f"{language}/phrasings"):
                self._topic_file(self.shelf, path)
            else:
                self.shelf.report(path, 1, "file-stray", name=name, nearest=f"{language}/phrasings/{name}")
        for path in self.tested.files:
            language = path.split("/")[0]
            if language not in campaign.languages:
                near = nearest(language, campaign.languages)
                self.tested.report(path, 1, "language-unknown", id=language, nearest=near)
            else:
                self._topic_file(self.tested, path)
        for language in campaign.languages:
            for name in ("_categories.yaml", "_safety.yaml"):
                if f"{language}/{name}" not in self.shelf.files and campaign.languages[language].required == "yes":
                    self.shelf.report(f"{language}/{name}", 1, "file-missing")

    def _topic_file(self, shelf: Shelf, path: str) -> None:
        name = path.rpartition("/")[2].removesuffix(".yaml")
        if self.topics and name not in self.topics:
            shelf.report(path, 1, "file-unknown", name=name, nearest=nearest(name, self.topics))

    # ---- topics.yaml, facts.yaml, sources.yaml, contacts.yaml

    def _registry(self, campaign: schema.CampaignFile) -> None:
        path = "topics.yaml"
        model = self.shelf.models.get(path)
        keys: dict[str, str] = {}
        for position, topic in enumerate(model.topics if model is not None else ()):
            where: tuple[Step, ...] = ("topics", position)
            if len(topic.id) > LONGEST_ID:
                self.shelf.at(path, (*where, "id"), "id-long", id=topic.id, limit=str(LONGEST_ID))
            other = keys.setdefault(topic_key(topic.id), topic.id)
            if other != topic.id:
                self.shelf.at(path, (*where, "id"), "id-key-twice", id=topic.id, other=other)
            if topic.category not in campaign.categories:
                self.shelf.at(
                    path,
                    (*where, "category"),
                    "unknown-id",
                    kind="category",
                    id=topic.category,
                    nearest=nearest(topic.category, campaign.categories),
                    file="campaign.yaml",
                )
            if self.facts:
                self._known(path, (*where, "facts"), topic.facts, self.facts, "fact", "facts.yaml")
            self._known(path, (*where, "related"), topic.related, self.topics, "topic", "topics.yaml")
            if topic.id in topic.related:
                self.shelf.at(path, (*where, "related"), "related-self", id=topic.id)
            if len(topic.related) not in RELATED:
                self.shelf.at(
                    path, (*where, "related"), "related-count", on_key=True, id=topic.id, count=str(len(topic.related))
                )
            for fact, companion in rules.missing_beside(topic.facts):
                self.shelf.at(path, (*where, "facts"), "fact-alone", fact=fact, other=companion)
            self._reviews(path, where, topic, campaign)

    def _reviews(
        self, path: str, where: tuple[Step, ...], topic: schema.TopicEntry, campaign: schema.CampaignFile
    ) -> None:
        if topic.review_by is None:
            self.shelf.at(path, (*where, "id"), "review-missing", id=topic.id)
        elif date.fromisoformat(topic.review_by) < self.today:
            self.shelf.at(path, (*where, "review_by"), "review-passed", id=topic.id, date=topic.review_by)
        for code, review in topic.reviews.items():
            if code not in campaign.languages:
                near = nearest(code, campaign.languages)
                self.shelf.at(path, (*where, "reviews", code), "language-unknown", on_key=True, id=code, nearest=near)
            for role, state in review.model_dump().items():
                if state != "not yet" and date.fromisoformat(state) > self.today:
                    self.shelf.at(path, (*where, "reviews", code, role), "day-future", date=state)

    def _facts_and_sources(self) -> None:
        used = {fact for topic in self.topics.values() for fact in topic.facts}
        used.update(fact for contact in self.contacts.values() for fact in contact.facts)
        cited = {source for contact in self.contacts.values() for source in contact.sources}
        model = self.shelf.models.get("facts.yaml")
        for position, fact in enumerate(model.facts if model is not None else ()):
            where: tuple[Step, ...] = ("facts", position)
            if self.sources:
                self._known("facts.yaml", (*where, "sources"), fact.sources, self.sources, "source", "sources.yaml")
            cited.update(fact.sources)
            if not fact.sources and fact.confidence != "not-found":
                self.shelf.at("facts.yaml", (*where, "id"), "fact-unsourced", id=fact.id)
            if fact.use == "asker" and fact.id not in used and self.topics and self.contacts:
                self.shelf.at("facts.yaml", (*where, "id"), "fact-unused", id=fact.id)
        listed = self.shelf.models.get("sources.yaml")
        for position, source in enumerate(listed.sources if listed is not None else ()):
            where = ("sources", position)
            if source.date is None and source.date_note is None:
                self.shelf.at("sources.yaml", (*where, "id"), "source-undated", id=source.id)
            if source.date is not None and source.date > self.today.isoformat()[: len(source.date)]:
                self.shelf.at("sources.yaml", (*where, "date"), "source-future", id=source.id, date=source.date)
            if source.id not in cited and self.facts and self.contacts:
                self.shelf.at("sources.yaml", (*where, "id"), "source-unused", id=source.id)

    def _contacts(self, campaign: schema.CampaignFile) -> None:
        path = "contacts.yaml"
        model = self.shelf.models.get(path)
        for position, contact in enumerate(model.contacts if model is not None else ()):
            where: tuple[Step, ...] = ("contacts", position)
            if self.facts:
                self._known(path, (*where, "facts"), contact.facts, self.facts, "fact", "facts.yaml")
            if self.sources:
                self._known(path, (*where, "sources"), contact.sources, self.sources, "source", "sources.yaml")
            self._contact_state(path, where, contact)
            for key in ("name", "run_by"):
                self._every_language(path, (*where, key), getattr(contact, key), campaign, key)
            for key in ("hours", "cost", "risk", "instead"):
                if getattr(contact, key):
                    self._every_language(path, (*where, key), getattr(contact, key), campaign, key)
            for key in ("name", "run_by", "hours", "cost", "risk", "instead"):
                for code in getattr(contact, key):
                    node = self.shelf.documents[path].root.at((*where, key, code))
                    self._sentence(path, node, code)

    def _contact_state(self, path: str, where: tuple[Step, ...], contact: schema.ContactEntry) -> None:
        place = (*where, "id")
        if contact.status == "usable":
            if contact.value is None and contact.kind in ("phone", "page", "handle"):
                self.shelf.at(path, place, "contact-valueless", id=contact.id)
            if not contact.sources and contact.checked_at is None:
                self.shelf.at(path, place, "contact-unsourced", id=contact.id)
            if contact.checked is None:
                self.shelf.at(path, place, "contact-unchecked", id=contact.id)
        elif not contact.instead:
            self.shelf.at(path, place, "contact-instead", id=contact.id)
        if contact.status == "not-published" and contact.value is not None:
            self.shelf.at(path, (*where, "value"), "contact-published", on_key=True, id=contact.id)
        if contact.checked is not None:
            checked = date.fromisoformat(contact.checked)
            if checked > self.today:
                self.shelf.at(path, (*where, "checked"), "day-future", date=contact.checked)
            elif contact.status == "usable" and self.today - checked > CONTACT_MAX_AGE:
                days = str(CONTACT_MAX_AGE.days)
                self.shelf.at(
                    path, (*where, "checked"), "contact-expired", id=contact.id, date=contact.checked, days=days
                )

    def _categories(self, campaign: schema.CampaignFile) -> None:
        for code in campaign.languages:
            path = f"{code}/_categories.yaml"
            model = self.shelf.models.get(path)
            if model is None:
                continue
            for category in campaign.categories:
                if category not in model.categories:
                    self.shelf.at(path, ("categories",), "key-missing", on_key=True, key=category)
            for category, entry in model.categories.items():
                if category not in campaign.categories:
                    near = nearest(category, campaign.categories)
                    self.shelf.at(
                        path,
                        ("categories", category),
                        "unknown-id",
                        on_key=True,
                        kind="category",
                        id=category,
                        nearest=near,
                        file="campaign.yaml",
                    )
                if len(entry.title) > LONGEST["title"]:
                    self._too_long(path, ("categories", category, "title"), "title", entry.title)
                for key in ("title", "about"):
                    self._sentence(path, self.shelf.documents[path].root.at(("categories", category, key)), code)

    def _too_long(self, path: str, where: tuple[Step, ...], key: str, text: str) -> None:
        self.shelf.at(path, where, "text-long", on_key=True, key=key, length=str(len(text)), limit=str(LONGEST[key]))

    def _vocabulary(self) -> None:
        model = self.shelf.models.get("vocabulary.yaml")
        if model is None:
            return
        families: dict[str, str] = {}
        for family, entry in model.families.items():
            for code, members in entry.words.items():
                for position, word in enumerate(members):
                    first = families.setdefault(_alike(word), family)
                    if first != family:
                        where = ("families", family, "words", code, position)
                        self.shelf.at(
                            "vocabulary.yaml", where, "word-two-families", word=word, first=first, second=family
                        )

    # ---- answers

    def _answers(self, campaign: Campaign) -> None:
        nearest_contact = _NearestContact(campaign.contacts)
        dialled = {contact.id for contact in campaign.contacts.values() if contact.status == "usable" and contact.value}
        for topic in self.topics.values():
            known: Known | None = None
            written: dict[str, tuple[str, Node]] = {}
            for code in campaign.languages:
                path = f"{code}/{topic.id}.yaml"
                if path not in self.shelf.models:
                    continue
                root = self.shelf.documents[path].root
                written[code] = (path, root)
                model = self.shelf.models[path]
                for part in ANSWER_PARTS:
                    text = getattr(model, part)
                    if not text:
                        continue
                    node = root.at((part,))
                    if len(text) > LONGEST[part]:
                        self._too_long(path, (part,), part, text)
                    self._sentence(path, node, code)
                    self._report_all(
                        self.shelf,
                        path,
                        node,
                        (
                            *texts.placeholders(text, campaign.contacts, dialled, nearest_contact),
                            *rules.never_named(text),
                        ),
                    )
                self._whole_answer(path, root, model, topic, code, campaign)
            if self.facts and written:
                known = self._figures_of(topic)
                self._figures(topic, written, known)

    def _sentence(self, path: str, node: Node, language: str) -> None:
        """Checks of one sentence that askers read."""
        text = str(node.value)
        self._report_all(
            self.shelf,
            path,
            node,
            (
                *texts.letters(text, language),
                *texts.punctuation(text),
                *texts.markup(text),
                *texts.addresses(text),
                *rules.promises(text, language),
            ),
        )

    def _whole_answer(
        self, path: str, root: Node, model: Any, topic: schema.TopicEntry, code: str, campaign: Campaign
    ) -> None:
        whole = "\n\n".join(getattr(model, part) for part in ANSWER_PARTS)
        if topic.place != "iraq":
            for finding in rules.emergency_abroad(whole, code):
                self._report_all(self.shelf, path, self._part_with(root, finding.fragment), (finding,))
        for finding in rules.untraced_share(whole, code, topic.facts):
            self._report_all(self.shelf, path, self._part_with(root, finding.fragment), (finding,))
        shown = texts.PLACEHOLDER.sub(lambda match: _contact_text(campaign, match.group(2), code), whole)
        length = utf16_units(shown) + ROOM_FOR_FRAME
        if length > TEXT_UNITS:
            self.shelf.at(path, ("details",), "telegram-long", on_key=True, length=str(length), limit=str(TEXT_UNITS))

    @staticmethod
    def _part_with(root: Node, fragment: str) -> Node:
        for part in ANSWER_PARTS:
            node = root.at((part,))
            if isinstance(node.value, str) and fragment in node.value:
                return node
        return root

    def _figures_of(self, topic: schema.TopicEntry) -> Known:
        """What the topic's facts for askers give, with the dates of their pages."""
        found: list[Figure] = []
        published: list[str] = []
        for name in topic.facts:
            fact = self.facts.get(name)
            if fact is None or name in rules.NEVER_STATED or fact.use == "editors":
                continue
            found.extend(figures(" \n ".join((fact.says, fact.said_by, fact.disputed or "")), "en"))
            for source in (self.sources[name] for name in fact.sources if name in self.sources):
                published.extend([source.date] if source.date is not None else [])
                found.extend(figures(source.date_note or "", "en"))
        return Known(found, published)

    def _figures(self, topic: schema.TopicEntry, written: Mapping[str, tuple[str, Node]], known: Known) -> None:
        """Every number is in a fact of the topic, and stands in every language."""
        numbers: dict[str, dict[str, tuple[str, int]]] = {}
        placeholders: dict[str, set[str]] = {}
        for code, (path, root) in written.items():
            mine = numbers.setdefault(code, {})
            placeholders[code] = set()
            for part in ANSWER_PARTS:
                node = root.at((part,))
                if not isinstance(node.value, str) or (part == "details" and part not in root.value):
                    continue
                placeholders[code].update(match.group(2) for match in texts.PLACEHOLDER.finditer(node.value))
                for figure in figures(texts.without_addresses(node.value), code):
                    line = self.shelf.documents[path].line_of(node, figure.typed)
                    for key in _comparable(figure):
                        mine.setdefault(key, (figure.typed, line))
                    if not known.holds(figure):
                        self.shelf.report(
                            path,
                            line,
                            "number-unsourced",
                            number=_readable(figure),
                            topic=topic.id,
                            facts=", ".join(topic.facts),
                        )
        first = next(iter(written))
        for code, (path, root) in written.items():
            others = [first] if code != first else [other for other in written if other != first]
            for other in others:
                for key, (typed, line) in numbers[code].items():
                    if key not in numbers[other]:
                        self.shelf.report(path, line, "number-differs", number=typed, other=other)
                # A mistyped contact is reported by itself; its absence from the other text would only repeat that.
                known_everywhere = not any(
                    name not in self.contacts for name in placeholders[code] | placeholders[other]
                )
                for name in sorted(placeholders[code] - placeholders[other]) if known_everywhere else ():
                    node = self._part_with(root, f":{name}}}")
                    line = self.shelf.documents[path].line_of(node, f":{name}}}")
                    self.shelf.report(path, line, "placeholder-differs", typed=name, other=other)

    # ---- urgent words, offers, small talk

    def _word_files(self, campaign: Campaign) -> None:
        nearest_contact = _NearestContact(campaign.contacts)
        dialled = {contact.id for contact in campaign.contacts.values() if contact.status == "usable" and contact.value}
        for code in campaign.languages:
            for name in WORD_FILES:
                path = f"{code}/{name}"
                document = self.shelf.documents.get(path)
                for where, node in _spoken(name, document.root) if document is not None else ():
                    text = str(node.value)
                    self._sentence(path, node, code)
                    bare = text.replace(FILLED.get(where, ""), " ") if where in FILLED else text
                    found = [*texts.placeholders(bare, campaign.contacts, dialled, nearest_contact)]
                    found.extend(rules.never_named(text))
                    if where[:2] == ("reply", "contacts") and where[-1] != "iraq":
                        found.extend(rules.emergency_abroad(text, code))
                    self._report_all(self.shelf, path, node, found)

    # ---- phrasings and test wordings

    def _questions(self, campaign: schema.CampaignFile) -> None:
        learnt: dict[str, tuple[str, _Place]] = {}
        for topic in self.topics:
            for code, language in campaign.languages.items():
                path = f"{code}/phrasings/{topic}.yaml"
                counts = dict.fromkeys(language.varieties, 0)
                model = self.shelf.models.get(path)
                if model is not None:
                    counts.update(self._phrasings(path, topic, code, language, learnt))
                elif path in self.shelf.files:
                    continue
                if language.required == "yes" or any(counts.values()):
                    self._too_few(path, topic, language, counts)
        for code, language in campaign.languages.items():
            path = f"{code}/_foreign.yaml"
            if path in self.shelf.models:
                self._foreign(path, code, language, learnt)
        for path in self.tested.files:
            code, _, _ = path.partition("/")
            if code in campaign.languages:
                self._wordings(path, code, campaign.languages[code], learnt)

    def _asked(
        self, shelf: Shelf, path: str, code: str, language: schema.LanguageEntry
    ) -> Iterator[tuple[str, Node, str]]:
        """(variety, node, folded text) of each question in a file of lists by variety."""
        root = shelf.documents[path].root
        for variety, (key, listed) in root.value.items() if isinstance(root.value, dict) else ():
            if variety not in language.varieties:
                near = nearest(variety, language.varieties)
                shelf.report(path, key.line, "variety-unknown", variety=variety, language=code, nearest=near)
            for node in listed.value if isinstance(listed.value, list) else ():
                text = str(node.value)
                self._report_all(shelf, path, node, texts.mixed_letters(text))
                folded = _alike(text)
                if not folded:
                    shelf.report(path, node.line, "phrasing-wordless", question=text[:60])
                else:
                    yield variety, node, folded

    def _phrasings(
        self,
        path: str,
        topic: str,
        code: str,
        language: schema.LanguageEntry,
        learnt: dict[str, tuple[str, _Place]],
    ) -> dict[str, int]:
        counts: dict[str, int] = {}
        for variety, node, folded in self._asked(self.shelf, path, code, language):
            other, place = learnt.setdefault(folded, (topic, _Place(self.shelf, path, node.line)))
            question = str(node.value)[:80]
            if other != topic:
                self.shelf.report(
                    path, node.line, "phrasing-elsewhere", question=question, other=other, place=place.shown()
                )
            elif (place.path, place.line) != (path, node.line):
                self.shelf.report(path, node.line, "phrasing-twice", question=question, first=place.shown())
                continue
            counts[variety] = counts.get(variety, 0) + 1
        return counts

    def _too_few(self, path: str, topic: str, language: schema.LanguageEntry, counts: Mapping[str, int]) -> None:
        document = self.shelf.documents.get(path)
        for variety, wanted in language.varieties.items():
            if counts.get(variety, 0) < int(wanted):
                line = document.root.key_at((variety,)).line if document is not None else 1
                self.shelf.report(
                    path,
                    line,
                    "phrasings-few",
                    topic=topic,
                    variety=variety,
                    count=str(counts.get(variety, 0)),
                    wanted=wanted,
                )

    def _foreign(
        self, path: str, code: str, language: schema.LanguageEntry, learnt: Mapping[str, tuple[str, _Place]]
    ) -> None:
        for _, node, folded in self._asked(self.shelf, path, code, language):
            if folded in learnt:
                topic, place = learnt[folded]
                self.shelf.report(
                    path,
                    node.line,
                    "phrasing-foreign",
                    question=str(node.value)[:80],
                    other=topic,
                    place=place.shown(),
                )

    def _wordings(
        self, path: str, code: str, language: schema.LanguageEntry, learnt: Mapping[str, tuple[str, _Place]]
    ) -> None:
        model = self.tested.model(path, schema.WordingsFile)
        for part in ("finds", "near_misses", "known_failures") if model is not None else ():
            for position, entry in enumerate(getattr(model, part)):
                where: tuple[Step, ...] = (part, position)
                if entry.variety not in language.varieties:
                    near = nearest(entry.variety, language.varieties)
                    self.tested.at(
                        path,
                        (*where, "variety"),
                        "variety-unknown",
                        variety=entry.variety,
                        language=code,
                        nearest=near,
                    )
                for step, topic in enumerate(entry.also):
                    if self.topics and topic not in self.topics:
                        near = nearest(topic, self.topics)
                        self.tested.at(
                            path,
                            (*where, "also", step),
                            "unknown-id",
                            kind="topic",
                            id=topic,
                            nearest=near,
                            file="topics.yaml",
                        )
                found = learnt.get(_alike(entry.q))
                if found is not None:
                    self.tested.at(path, (*where, "q"), "wording-learnt", question=entry.q[:80], place=found[1].shown())


class _NearestContact(dict[str, str]):
    """Mistyped contact id -> the nearest right one, looked for when it is asked for."""

    def __init__(self, contacts: Iterable[str]) -> None:
        super().__init__()
        self._contacts = tuple(contacts)

    def get(self, wanted: str, default: str | None = None) -> str:  # type: ignore[override]
        return nearest(wanted, self._contacts)


def _alike(text: str) -> str:
    """A question as the matcher reads it: equal for questions that differ in marks and spelling habits only."""
    return " ".join(words(text))


def _loosely(value: str) -> str:
    """A pattern for a number or handle, however it is spaced."""
    return r"[ ()/\u00a0-]*".join(re.escape(character) for character in value.lower() if character not in " ()/-")


def _comparable(figure: Figure) -> tuple[str, ...]:
    """The plain numbers of a figure: languages may write a date in another order or without its month's name."""
    if figure.kind != "date":
        return (figure.value.lstrip("0") or "0",)
    year, _, day = figure.value.split("-")
    return tuple(part.lstrip("0") for part in (year, day) if "?" not in part)


def _readable(figure: Figure) -> str:
    return figure.typed if figure.kind != "date" else figure.value.replace("????-", "").replace("-??", "")


def _contact_text(campaign: Campaign, contact: str, language: str) -> str:
    found = campaign.contacts.get(contact)
    if found is None:
        return ""
    # The sentence that no number was published is as long as a number with its date.
    return f"{found.name.get(language, contact)}: {found.value or ''}" + " " * 60


def _spoken(name: str, root: Node) -> Iterator[tuple[tuple[Step, ...], Node]]:
    """(path, node) of every sentence of a word file that askers read."""
    if name == "_safety.yaml":
        yield from _below(("reply",), root.at(("reply",)))
    elif name == "_smalltalk.yaml":
        for kind in _keys(root.at(("kinds",))):
            yield from _below(("kinds", kind, "reply"), root.at(("kinds", kind, "reply")))
    else:
        yield from _below(("report",), root.at(("report",)))
        for sign in _keys(root.at(("signs",))):
            for part in ("name", "why", "ask"):
                yield from _below(("signs", sign, part), root.at(("signs", sign, part)))


def _keys(node: Node) -> tuple[str, ...]:
    return tuple(node.value) if isinstance(node.value, dict) else ()


def _below(path: tuple[Step, ...], node: Node) -> Iterator[tuple[tuple[Step, ...], Node]]:
    if isinstance(node.value, str):
        yield path, node
    elif isinstance(node.value, list):
        for position, child in enumerate(node.value):
            yield from _below((*path, position), child)
    else:
        for key, (_, child) in node.value.items():
            yield from _below((*path, key), child)
