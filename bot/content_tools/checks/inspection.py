"""What the families of rules look at, and how they report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from bot.content_tools.checks import texts
from bot.content_tools.checks.rules import Rules
from bot.content_tools.load import schema, word_schema
from bot.content_tools.load.build import Content
from bot.content_tools.load.content_folder import ContentFolder, nearest
from bot.content_tools.load.yaml_tree import Node, Step
from bot.content_tools.rule import error
from bot.i18n import N_

error(
    "unknown-id",
    N_('there is no "{id}" in {file} (nearest: {nearest}). Correct the id, or add the entry there.'),
    example="unknown-topic",
)
error("id-twice", N_('"{id}" is listed twice (first on line {first}). Delete one of them.'))
error("entry-twice", N_('"{id}" stands twice in this list. Delete one of them.'))
error("words-missing", N_('"{key}" has no text in "{language}". Add a line "{language}:" with it.'))
error(
    "language-unknown",
    N_(
        'there is no language "{id}" in campaign.yaml (nearest: {nearest}). Correct the code, or add the language there.'
    ),
    example="language-folder-unknown",
)
error(
    "text-long",
    N_('"{key}" is {length} characters long; {limit} are allowed. Shorten it, or move a part into "details".'),
    example="title-long",
)

LONGEST = {"title": 40, "short": 500, "details": 1400, "next_step": 500}
"""Characters of an answer's parts, so that an answer stays one screen long."""
ANSWER_PARTS = tuple(LONGEST)

_Entry = TypeVar("_Entry")


@dataclass
class Inspection:
    """A content folder and its test wordings, read as far as they can be."""

    folder: ContentFolder
    tested: ContentFolder
    content: Content | None
    today: date
    topics: dict[str, schema.TopicEntry] = field(init=False)
    facts: dict[str, schema.FactEntry] = field(init=False)
    sources: dict[str, schema.SourceEntry] = field(init=False)
    contacts: dict[str, schema.ContactEntry] = field(init=False)
    dangers: dict[str, schema.DangerEntry] = field(init=False)

    def __post_init__(self) -> None:
        """Gather the entries of the lists by id; ids that stand twice are reported."""
        self.topics = self._listed("topics.yaml", "topics", lambda model: model.topics)
        self.facts = self._listed("facts.yaml", "facts", lambda model: model.facts)
        self.sources = self._listed("sources.yaml", "sources", lambda model: model.sources)
        self.contacts = self._listed("contacts.yaml", "contacts", lambda model: model.contacts)
        self.dangers = self._listed("dangers.yaml", "dangers", lambda model: model.dangers)

    def _listed(self, path: str, key: str, entries: Callable[[Any], list[_Entry]]) -> dict[str, _Entry]:
        model = self.folder.models.get(path)
        found: dict[str, _Entry] = {}
        lines: dict[str, int] = {}
        for position, entry in enumerate(entries(model) if model is not None else ()):
            line = self.folder.documents[path].root.at((key, position, "id")).line
            name: str = getattr(entry, "id")  # noqa: B009 - every listed model has one
            if name in found:
                self.folder.report(path, line, "id-twice", id=name, first=str(lines[name]))
            else:
                found[name], lines[name] = entry, line
        return found

    # ---- what there is

    @cached_property
    def campaign(self) -> schema.CampaignFile | None:
        """campaign.yaml; None when it cannot be read: most rules say nothing then."""
        found: schema.CampaignFile | None = self.folder.models.get("campaign.yaml")
        return found

    @cached_property
    def languages(self) -> Mapping[str, schema.LanguageEntry]:
        """Language code -> its entry."""
        return self.campaign.languages if self.campaign is not None else {}

    @cached_property
    def rules(self) -> Rules:
        """The campaign's own rules of wording."""
        rules, places = schema.RulesEntry(), {}
        if self.campaign is not None:
            rules, places = self.campaign.rules, self.campaign.places
        return Rules(rules, places, self._styles(), self.emergency.id if self.emergency is not None else None)

    def _styles(self) -> dict[str, word_schema.StyleFile]:
        found = ((code, self.folder.model(f"{code}/_style.yaml", word_schema.StyleFile)) for code in self.languages)
        return {code: style for code, style in found if style is not None}

    @cached_property
    def dialled(self) -> frozenset[str]:
        """Contacts with a number that may be shown."""
        return frozenset(name for name, entry in self.contacts.items() if entry.status == "usable" and entry.value)

    @cached_property
    def emergency(self) -> texts.Emergency | None:
        """The emergency contact with its digits; None where the campaign names none."""
        name = self.campaign.emergency_contact if self.campaign is not None else None
        entry = self.contacts.get(name) if name is not None else None
        return texts.Emergency(entry.id, entry.value) if entry is not None and entry.value else None

    def contents(self, suffix: str) -> Iterator[tuple[str, str, Any]]:
        """(language, path, model) of every language's file of a name that could be read."""
        for code in self.languages:
            path = f"{code}/{suffix}"
            if path in self.folder.models:
                yield code, path, self.folder.models[path]

    # ---- how to report

    def known(self, path: str, where: tuple[Step, ...], ids: Iterable[str], known: Iterable[str], file: str) -> None:
        """Report ids in a list that are not known, and those that stand twice in it."""
        seen: set[str] = set()
        known = known if isinstance(known, (set, frozenset, dict)) else set(known)
        for position, name in enumerate(ids):
            if name in seen:
                self.folder.at(path, (*where, position), "entry-twice", id=name)
            else:
                self.one_known(path, (*where, position), name, known, file)
            seen.add(name)

    def one_known(
        self, path: str, where: tuple[Step, ...], name: str, known: Iterable[str], file: str, *, on_key: bool = False
    ) -> None:
        """Report an id that is not known, with the nearest one."""
        if name not in known:
            self.folder.at(path, where, "unknown-id", on_key=on_key, id=name, nearest=nearest(name, known), file=file)

    def every_language(self, path: str, where: tuple[Step, ...], words: Mapping[str, object], key: str) -> None:
        """Report languages that a set of words lacks or that the campaign does not have."""
        for code, language in self.languages.items():
            if language.required == "yes" and code not in words:
                self.folder.at(path, where, "words-missing", on_key=True, key=key, language=code)
        for code in words:
            if code not in self.languages:
                near = nearest(code, self.languages)
                self.folder.at(path, (*where, code), "language-unknown", on_key=True, id=code, nearest=near)

    def report_all(
        self, path: str, node: Node, found: Iterable[texts.Finding], folder: ContentFolder | None = None
    ) -> None:
        """Report findings in one text, each on its own line of the file."""
        folder = folder or self.folder
        for finding in found:
            line = folder.documents[path].line_of(node, finding.fragment)
            folder.report(path, line, finding.code, **finding.values)

    def sentence(self, path: str, node: Node, language: str) -> None:
        """Check one sentence that askers read."""
        text = str(node.value)
        self.report_all(
            path,
            node,
            (
                *texts.letters(text, language),
                *texts.punctuation(text),
                *texts.markup(text),
                *texts.addresses(text),
                *texts.emergency_digits(text, self.emergency),
                *self.rules.promises(text, language),
                *self.rules.wording(text, language),
            ),
        )

    def spoken(self, path: str, node: Node, language: str, *, blank: str = "") -> None:
        """Check one sentence that may hold {contact:ID} and {number:ID}; the program fills `blank` itself."""
        self.sentence(path, node, language)
        text = str(node.value)
        bare = text.replace(blank, " ") if blank else text
        self.report_all(
            path,
            node,
            (*texts.placeholders(bare, self.contacts, self.dialled, nearest), *self.rules.never_named(text)),
        )

    def too_long(self, path: str, where: tuple[Step, ...], key: str, text: str) -> None:
        """Report a part of an answer, or a label, that is longer than it may be."""
        if len(text) > LONGEST[key]:
            limit = str(LONGEST[key])
            self.folder.at(path, where, "text-long", on_key=True, key=key, length=str(len(text)), limit=limit)
