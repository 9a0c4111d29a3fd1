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

from bot.content_tools.edit import (
    EditError,
    add_entry,
    add_key,
    line_scalar,
    listing,
    mapping,
    opened,
    set_text,
    write_whole,
    written,
)
from bot.content_tools.load import fields, schema
from bot.content_tools.load.content_folder import ContentFolder, load, nearest
from bot.content_tools.load.yaml_tree import parse
from bot.i18n import SOURCE_LANGUAGE

REVIEW_MONTHS = 3
ANYWHERE = "any"
"""The place of a topic that says nothing about where the asker is."""
ANSWER_HINT = """\
# title: at most 40 characters. short: at most 500; its first sentence answers the question.
# details: at most 1,400, an empty line between paragraphs. next_step: what to do now.
"""
PHRASINGS_HINT = "# What people really type, one a line beginning with - , at least so many: {wanted}\n"
LANGUAGE_HINT = '"yes" once every topic is written: from then on a missing answer is an error.'
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
    change.files[folder / "topics.yaml"] = _registered(folder, topic, category, facts, campaign, today)
    for code, language in campaign.languages.items():
        _topic_files(change, folder, wordings, topic, code, language)
    return change


def _registered(
    folder: Path, topic: str, category: str, facts: Sequence[str], campaign: schema.CampaignFile, today: date
) -> str:
    """topics.yaml with a new entry below the last one of its category."""
    root = opened((folder / "topics.yaml").read_text(encoding="utf-8"))
    listed = root["topics"]
    month = today.month + REVIEW_MONTHS
    review = date(today.year + (month - 1) // 12, (month - 1) % 12 + 1, min(today.day, 28))
    state = dict.fromkeys(schema.ReviewEntry.model_fields, "not yet")
    made = mapping(
        {
            "id": topic,
            "category": category,
            "facts": listing(facts, flow=True),
            "related": listing([]),
            "place": ANYWHERE,
            "review_by": line_scalar(review.isoformat()),
            "reviews": mapping({code: mapping(state, flow=True) for code in campaign.languages}),
        }
    )
    same = [position for position, entry in enumerate(listed) if entry["category"] == category]
    add_entry(listed, made, after=same[-1] if same else None)
    return written(root)


def _topic_files(
    change: Change, folder: Path, wordings: Path | None, topic: str, code: str, language: schema.LanguageEntry
) -> None:
    answer = folder / code / f"{topic}.yaml"
    phrasings = folder / code / "phrasings" / f"{topic}.yaml"
    if not answer.exists():
        parts = dict.fromkeys(schema.AnswerFile.model_fields, line_scalar(""))
        change.files[answer] = ANSWER_HINT + written(mapping(parts))
    if not phrasings.exists():
        wanted = ", ".join(f"{variety} {count}" for variety, count in language.varieties.items())
        lists = {variety: listing([]) for variety in language.varieties}
        change.files[phrasings] = PHRASINGS_HINT.format(wanted=wanted) + written(mapping(lists))
    if wordings is not None and not (wordings / code / f"{topic}.yaml").exists():
        lists = {listed: listing([]) for listed in schema.WordingsFile.model_fields}
        change.files[wordings / code / f"{topic}.yaml"] = written(mapping(lists))


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
    root = opened((folder / "campaign.yaml").read_text(encoding="utf-8"))
    entry = mapping(
        {
            "name": line_scalar(language.name),
            "direction": language.direction,
            "plural": line_scalar(language.plural),
            "required": line_scalar("no"),
            "varieties": mapping({variety: line_scalar(count) for variety, count in language.varieties.items()}),
        }
    )
    entry.yaml_set_comment_before_after_key("required", before=LANGUAGE_HINT, indent=4)
    add_key(root["languages"], line_scalar(code), entry)
    change = Change()
    change.files[folder / "campaign.yaml"] = written(root)
    shelved = {
        category: mapping({"title": line_scalar(""), "about": line_scalar("")}) for category in campaign.categories
    }
    change.files[folder / code / "_categories.yaml"] = written(mapping({"categories": mapping(shelved)}))
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
    root = opened((folder / "contacts.yaml").read_text(encoding="utf-8"))
    found = next(entry for entry in root["contacts"] if entry["id"] == contact)
    after = "status"
    for key, new in values:
        added = key not in found
        set_text(found, key, new, after=after)
        after = key if added else after
    text = written(root)
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
