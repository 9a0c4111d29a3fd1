"""`topic new`, `language new` and `contact verify`: the files and lines that an editor would otherwise type."""

from __future__ import annotations

import gettext
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.plurals import get_plural
from pydantic import ValidationError

from bot.content_tools.edit import EditError, entry, quoted, set_keys, write_whole
from bot.content_tools.load import fields, schema
from bot.content_tools.load.content_folder import ContentFolder, load, nearest
from bot.content_tools.load.yaml_tree import Document, Node, parse
from bot.i18n import SOURCE_LANGUAGE

REVIEW_MONTHS = 3
_ADDRESS = re.compile(fields.ADDRESS)


@dataclass
class Change:
    """Files to write, all at once at the end."""

    files: dict[Path, str] = field(default_factory=dict)
    written: tuple[Path, ...] = ()
    """Files that are written already."""

    def write(self) -> tuple[Path, ...]:
        """Write every file; gives their paths."""
        for path, text in self.files.items():
            write_whole(path, text)
        return (*self.written, *self.files)


def _registry(shelf: ContentFolder) -> tuple[schema.CampaignFile, schema.TopicsFile]:
    campaign = shelf.model("campaign.yaml", schema.CampaignFile)
    topics = shelf.model("topics.yaml", schema.TopicsFile)
    if campaign is None or topics is None:
        raise EditError("campaign.yaml or topics.yaml cannot be read. Run: tabayyan check")
    return campaign, topics


def _lines(document: Document) -> list[str]:
    return list(document.lines)


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def new_topic(
    folder: Path, topic: str, category: str, facts: Sequence[str], today: date, wordings: Path | None = None
) -> Change:
    """The registry entry and the empty files of a new topic.

    Raises:
        EditError: the id is taken or malformed, or the category or a fact is unknown.
    """
    shelf = load(folder)
    campaign, topics = _registry(shelf)
    if not re.fullmatch(fields.ID, topic) or len(topic) > 40:
        raise EditError(
            f'"{topic}" is not a good id. Use at most 40 small Latin letters and digits, with - between words.'
        )
    if any(known.id == topic for known in topics.topics):
        raise EditError(f'topic "{topic}" is there already. Edit content/<language>/{topic}.yaml.')
    if category not in campaign.categories:
        near = nearest(category, campaign.categories)
        raise EditError(
            f'there is no category "{category}" (nearest: {near}). Choose one of: {", ".join(campaign.categories)}.'
        )
    known_facts = shelf.model("facts.yaml", schema.FactsFile)
    ids = {fact.id for fact in known_facts.facts} if known_facts is not None else set()
    for fact in facts:
        if fact not in ids:
            raise EditError(f'there is no fact "{fact}" (nearest: {nearest(fact, ids)}). Add it to facts.yaml first.')
    change = Change()
    change.files[folder / "topics.yaml"] = _registered(
        shelf.documents["topics.yaml"], topic, category, facts, campaign, today
    )
    for code, language in campaign.languages.items():
        _topic_files(change, folder, wordings, topic, code, language)
    return change


def _registered(
    document: Document, topic: str, category: str, facts: Sequence[str], campaign: schema.CampaignFile, today: date
) -> str:
    listed = document.root.at(("topics",))
    nodes = listed.value if isinstance(listed.value, list) else []
    same = [node for node in nodes if node.at(("category",)).value == category] or nodes
    lines = _lines(document)
    last = _last_line(same[-1], lines) if same else len(lines)
    month = today.month + REVIEW_MONTHS
    review = date(today.year + (month - 1) // 12, (month - 1) % 12 + 1, min(today.day, 28))
    state = "{native_speaker: not yet, lawyer: not yet, protection_specialist: not yet}"
    added = [
        f"  - id: {topic}",
        f"    category: {category}",
        f"    facts: [{', '.join(facts)}]",
        "    related: []",
        "    place: any",
        f'    review_by: "{review.isoformat()}"',
        "    reviews:",
        *(f"      {code}: {state}" for code in campaign.languages),
    ]
    return _text([*lines[:last], *added, *lines[last:]])


def _last_line(node: Node, lines: Sequence[str]) -> int:
    """How many lines come before the end of an entry, without the empty lines and comments below it."""
    last = min(node.end_line, len(lines))
    deepest = max((text.end_line for text in node.texts()), default=last)
    last = min(last, deepest)
    while last > node.line and (not lines[last - 1].strip() or lines[last - 1].lstrip().startswith("#")):
        last -= 1
    return last


def _topic_files(
    change: Change, folder: Path, wordings: Path | None, topic: str, code: str, language: schema.LanguageEntry
) -> None:
    answer = folder / code / f"{topic}.yaml"
    phrasings = folder / code / "phrasings" / f"{topic}.yaml"
    if not answer.exists():
        change.files[answer] = _text(
            [
                "# title: at most 40 characters. short: at most 500; its first sentence answers the question.",
                "# details: at most 1,400, an empty line between paragraphs. next_step: what to do now.",
                'title: ""',
                'short: ""',
                'details: ""',
                'next_step: ""',
            ]
        )
    if not phrasings.exists():
        change.files[phrasings] = _text(
            [
                "# What people really type, one a line beginning with - , at least so many: "
                + ", ".join(f"{variety} {count}" for variety, count in language.varieties.items()),
                *(f"{variety}: []" for variety in language.varieties),
            ]
        )
    if wordings is not None and not (wordings / code / f"{topic}.yaml").exists():
        change.files[wordings / code / f"{topic}.yaml"] = _text(["finds: []", "near_misses: []", "known_failures: []"])


def new_language(
    folder: Path,
    code: str,
    *,
    name: str | None = None,
    direction: str | None = None,
    plural: str | None = None,
    varieties: Mapping[str, int] | None = None,
    wordings: Path | None = None,
) -> Change:
    """The block in campaign.yaml and the empty files of a new language; what CLDR knows of it is filled in.

    Raises:
        EditError: the code is taken or malformed, or something is not known of it and not given.
    """
    shelf = load(folder)
    campaign, topics = _registry(shelf)
    if not re.fullmatch(fields.LANGUAGE, code):
        raise EditError(f'"{code}" is not a language code. Use two or three small letters, such as ckb.')
    if code in campaign.languages:
        raise EditError(f'language "{code}" is there already.')
    language = schema.LanguageEntry.model_construct(
        name=name or _own_name(code),
        direction="rtl" if (direction or _direction(code)) == "rtl" else "ltr",
        plural=plural or _plural(code),
        required="no",
        varieties={variety: str(count) for variety, count in (varieties or {code: 24}).items()},
    )
    document = shelf.documents["campaign.yaml"]
    lines = _lines(document)
    listed = document.root.at(("languages",))
    last = _last_line(list(listed.value.values())[-1][1], lines) if isinstance(listed.value, dict) else len(lines)
    added = [
        f"  {quoted(code)}:",
        f"    name: {quoted(language.name)}",
        f"    direction: {language.direction}",
        f"    plural: {quoted(language.plural)}",
        '    # "yes" once every topic is written: from then on a missing answer is an error.',
        '    required: "no"',
        "    varieties:",
        *(f'      {quoted(variety)}: "{count}"' for variety, count in language.varieties.items()),
    ]
    change = Change()
    change.files[folder / "campaign.yaml"] = _text([*lines[:last], *added, *lines[last:]])
    categories = ["categories:"]
    for category in campaign.categories:
        categories += [f"  {category}:", '    title: ""', '    about: ""']
    change.files[folder / code / "_categories.yaml"] = _text(categories)
    for topic in topics.topics:
        _topic_files(change, folder, wordings, topic.id, code, language)
    return change


def _own_name(code: str) -> str:
    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        raise EditError(f'the name of "{code}" is not known. Give it: --name "..."') from None
    return locale.get_display_name() or code


def _direction(code: str) -> str:
    try:
        return "rtl" if Locale.parse(code).character_order == "right-to-left" else "ltr"
    except (UnknownLocaleError, ValueError):
        raise EditError(
            f'the direction of "{code}" is not known. Give it: --direction rtl or --direction ltr'
        ) from None


def _plural(code: str) -> str:
    try:
        rule = str(get_plural(code)[1]).removesuffix(";").strip()
        gettext.c2py(rule)
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        raise EditError(f'the plural rule of "{code}" is not known. Give it: --plural "n != 1"') from None
    return rule[1:-1] if rule.startswith("(") and rule.endswith(")") else rule


def verify_contact(
    folder: Path, contact: str, *, by: str, source: str, today: date, value: str | None = None, kind: str | None = None
) -> Change:
    """Record that somebody confirmed a contact's number, page or handle today: from then on it is shown.

    Raises:
        EditError: the contact is unknown or never shown, has no value and none is given, or who or where is missing.
    """
    shelf = load(folder)
    model = shelf.model("contacts.yaml", schema.ContactsFile)
    if model is None:
        raise EditError("contacts.yaml cannot be read. Run: tabayyan check")
    known = {item.id: item for item in model.contacts}
    if contact not in known:
        raise EditError(f'there is no contact "{contact}" (nearest: {nearest(contact, known)}).')
    campaign = shelf.model("campaign.yaml", schema.CampaignFile)
    withheld = campaign.rules.never_shown.get(contact) if campaign is not None else None
    if withheld is not None:
        why = withheld.get(SOURCE_LANGUAGE) or next(iter(withheld.values()), "")
        raise EditError(f'contact "{contact}" stays out of replies whatever is confirmed: {why}')
    if not by.strip():
        raise EditError("say who confirmed it: --by with an organisation or a role.")
    if not _ADDRESS.fullmatch(source):
        raise EditError("give the page or record by which it was confirmed: --source https://...")
    old = known[contact]
    if value is None and old.value is None and old.kind != "route":
        raise EditError(f'contact "{contact}" has no number to confirm. Give it: --value "..."')
    if value is None and old.value is not None and ";" in old.value:
        raise EditError(f'contact "{contact}" has several numbers. Give the one that was confirmed: --value "..."')
    chosen = kind or (_kind(value) if value is not None else old.kind)
    values = [("status", "usable")]
    if value is not None:
        values.append(("value", value))
    if chosen != old.kind:
        values.append(("kind", chosen))
    values += [("checked", today.isoformat()), ("checked_by", by.strip()), ("checked_at", source)]
    document = shelf.documents["contacts.yaml"]
    found = entry(document.root, "contacts", contact)
    if found is None:
        raise EditError(f'contact "{contact}" could not be found in contacts.yaml.')
    text = _text(set_keys(_lines(document), found[1], values, after="status"))
    _still_reads(text)
    return Change({folder / "contacts.yaml": text})


def _kind(value: str) -> str:
    if re.fullmatch(r"\+?[\d ()/-]+", value):
        return "phone"
    return "handle" if value.startswith(("@", "t.me/", "https://t.me/")) else "page"


def _still_reads(text: str) -> None:
    """Refuse an edit after which the file would no longer read."""
    root, _, faults = parse(text.encode())
    if root is None or faults:
        raise EditError("the edit would break contacts.yaml. Make it by hand.")
    try:
        schema.ContactsFile.model_validate(root.data())
    except ValidationError as error:
        raise EditError(
            f"the edit would break contacts.yaml ({error.error_count()} faults). Make it by hand."
        ) from None
