"""`tabayyan content migrate`: content written for the version before, brought to this one.

That version held the campaign's places, doors, dangers, rules and fixed sentences in the program. They are borrowed
from an example campaign, by default the one that comes with the program, as far as they name what the older content
has; what an editor wrote is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.content_tools.edit import EditError, add_key, drop_entry, listing, mapping, opened, replace, set_text, written
from bot.content_tools.load import schema
from bot.content_tools.load.content_folder import ContentFolder, load
from bot.content_tools.scaffold import Change
from bot.i18n import N_

NEW_KEYS = (
    "time_zone",
    "places",
    "emergency_contact",
    "doors",
    "enlisting_topics",
    "recruiting_topics",
    "offer_topics",
    "description",
    "short_description",
    "rules",
)
TOPIC_LISTS = ("enlisting_topics", "recruiting_topics", "offer_topics")
STYLE_TOPICS = ("screen_first", "emergency_offered", "unknown_is_the_answer", "women_too")
SCREENS = ("check", "contacts", "topics", "urgent")
NEW_FILES = ("_sentences.yaml", "_style.yaml")
EXAMPLE_FOLDERS = ("dangers", "offers")
ANYWHERE = "anywhere"
_KEY = re.compile(r"([a-z_]+):")
_PLACEHOLDER = re.compile(r"\{(?:contact|number):([a-z0-9-]+)\}")
_LATIN = re.compile("[A-Za-z]")
_ARABIC = re.compile("[\u0620-\u06ff]")


@dataclass
class _Known:
    """What the older content has."""

    topics: Collection[str]
    categories: Collection[str]
    contacts: Collection[str]
    facts: Collection[str]
    languages: dict[str, tuple[str, ...]]
    """Language code -> its ways of writing."""
    left_out: list[str] = field(default_factory=list)
    """Ids that the example names and the older content does not have."""

    def openable(self, name: str) -> bool:
        """Whether a key may open it."""
        return name in SCREENS or name in self.categories or name in self.topics


def migrate(folder: Path, example: Path) -> tuple[Change, tuple[str, ...]]:
    """What a folder needs to be read by this version, and the ids of the example that it does not have.

    An empty change: nothing is missing.

    Raises:
        EditError: the folder or the example cannot be read.
    """
    known = _known(load(folder))
    change = Change()
    if not (example / "campaign.yaml").is_file() or example.resolve() == folder.resolve():
        raise EditError(N_("there is no example to borrow from. Name the folder of one: --example FOLDER"))
    _campaign(change, folder, example, known)
    if not (folder / "dangers.yaml").exists():
        change.files[folder / "dangers.yaml"] = _dangers(example, known)
    _contacts(change, folder, example)
    for code, varieties in known.languages.items():
        model = example / code if (example / code).is_dir() else _first_language(example)
        for name in NEW_FILES:
            if not (folder / code / name).exists():
                change.files[folder / code / name] = (model / name).read_text(encoding="utf-8")
        _safety(change, folder / code / "_safety.yaml", model / "_safety.yaml", known)
        _offers(change, folder / code / "_offers.yaml", model / "_offers.yaml")
        _small_talk(change, folder / code / "_smalltalk.yaml", model / "_smalltalk.yaml", varieties, known)
        if model.name == code:
            _examples(change, folder / code, model)
    return change, tuple(dict.fromkeys(known.left_out))


def _known(content: ContentFolder) -> _Known:
    documents = content.documents
    topics = content.model("topics.yaml", schema.TopicsFile)
    contacts = content.model("contacts.yaml", schema.ContactsFile)
    facts = content.model("facts.yaml", schema.FactsFile)
    campaign = documents["campaign.yaml"].root.data() if "campaign.yaml" in documents else None
    if not isinstance(campaign, dict) or topics is None or contacts is None or facts is None:
        raise EditError(
            N_("campaign.yaml, topics.yaml, contacts.yaml or facts.yaml cannot be read. Run: tabayyan check")
        )
    return _Known(
        topics={entry.id for entry in topics.topics},
        categories=set(campaign.get("categories", ())),
        contacts={entry.id for entry in contacts.contacts},
        facts={entry.id for entry in facts.facts},
        languages={code: tuple(entry.get("varieties", ())) for code, entry in campaign.get("languages", {}).items()},
    )


def _first_language(example: Path) -> Path:
    """A language of the example, for one that it lacks: English where there is one."""
    found = sorted(path.parent for path in example.glob("*/_sentences.yaml"))
    if not found:
        raise EditError(
            N_("{example} holds no _sentences.yaml. Name another example: --example FOLDER"), example=str(example)
        )
    return next((path for path in found if path.name == "en"), found[0])


# ---- campaign.yaml, dangers.yaml, contacts.yaml


def _campaign(change: Change, folder: Path, example: Path, known: _Known) -> None:
    text = (folder / "campaign.yaml").read_text(encoding="utf-8")
    there = opened(text)
    blocks = _blocks((example / "campaign.yaml").read_text(encoding="utf-8"))
    added = [_fitting(blocks[key], known) for key in NEW_KEYS if key not in there and key in blocks]
    if added:
        change.files[folder / "campaign.yaml"] = "\n".join(
            (text.rstrip("\n") + "\n", *(block for block in added if block))
        )


def _blocks(text: str) -> dict[str, str]:
    """Top-level key -> its lines, with the comment above them."""
    blocks: dict[str, list[str]] = {}
    above: list[str] = []
    current: list[str] | None = None
    for line in text.splitlines():
        found = _KEY.match(line)
        if found:
            current = blocks[found.group(1)] = [*above, line]
            above = []
        elif line.startswith("#"):
            above.append(line)
        elif not line.strip():
            above = []
        elif current is not None:
            current.append(line)
    return {key: "\n".join(lines) + "\n" for key, lines in blocks.items()}


def _fitting(block: str, known: _Known) -> str:
    """A block of the example with the ids that the older content has; empty where nothing is left."""
    root = opened(block)
    for key in TOPIC_LISTS:
        if key in root:
            _filter(root[key], known.topics, known)
    if "doors" in root:
        _drop(root["doors"], lambda door: known.openable(door["open"]), lambda door: door["open"], known)
    if "emergency_contact" in root and root["emergency_contact"] not in known.contacts:
        known.left_out.append(root["emergency_contact"])
        return ""
    if "rules" in root:
        _fitting_rules(root["rules"], known)
    for words in (root[key] for key in ("description", "short_description") if key in root):
        for code in [code for code in words if code not in known.languages]:
            del words[code]
    return written(root)


def _fitting_rules(rules: Any, known: _Known) -> None:
    for key in ("never_named", "never_shown"):
        for contact in [name for name in rules.get(key, ()) if name not in known.contacts]:
            known.left_out.append(contact)
            del rules[key][contact]
    for key in ("never_alone", "doubted"):
        if key in rules:
            _drop(rules[key], lambda entry: _facts_of(entry) <= set(known.facts), lambda entry: entry["fact"], known)
    if "never_stated" in rules:
        _filter(rules["never_stated"], known.facts, known)
    style = rules.get("style", {})
    for key in STYLE_TOPICS:
        if key in style:
            _filter(style[key], known.topics, known)
    if "details_only" in style:
        _filter(style["details_only"], known.facts, known)


def _facts_of(entry: Any) -> set[str]:
    return {str(entry["fact"]), *map(str, entry.get("beside", ()))}


def _filter(listed: Any, there: Collection[str], known: _Known) -> None:
    _drop(listed, lambda name: name in there, str, known)


def _drop(listed: Any, keeps: Callable[[Any], bool], name: Callable[[Any], str], known: _Known) -> None:
    for position in reversed(range(len(listed))):
        if not keeps(listed[position]):
            known.left_out.append(str(name(listed[position])))
            drop_entry(listed, position)
    if not listed:
        listed.fa.set_flow_style()


def _dangers(example: Path, known: _Known) -> str:
    root = opened((example / "dangers.yaml").read_text(encoding="utf-8"))
    for danger in root["dangers"]:
        for key in ("topics", "relative_topics"):
            _filter(danger[key], known.topics, known)
    return written(root)


def _contacts(change: Change, folder: Path, example: Path) -> None:
    """Where a contact can be reached is a place of the campaign now, or anywhere."""
    place = opened(change.files.get(folder / "campaign.yaml") or (folder / "campaign.yaml").read_text(encoding="utf-8"))
    places = {*place.get("places", ()), ANYWHERE}
    root = opened((folder / "contacts.yaml").read_text(encoding="utf-8"))
    elsewhere = [contact for contact in root["contacts"] if contact["place"] not in places]
    for contact in elsewhere:
        set_text(contact, "place", ANYWHERE)
    if elsewhere:
        change.files[folder / "contacts.yaml"] = written(root)


# ---- the languages' files


def _safety(change: Change, path: Path, model: Path, known: _Known) -> None:
    """Replies of dangers that were not known before, the parts of the reply that are new, none that nothing reads."""
    theirs = opened(model.read_text(encoding="utf-8"))["reply"]
    if not path.exists():
        change.files[path] = model.read_text(encoding="utf-8")
        return
    root = opened(path.read_text(encoding="utf-8"))
    added = root["reply"].pop("kindness", None) is not None
    for owner, key, value in list(_missing(root["reply"], theirs)):
        named = set(_PLACEHOLDER.findall(written(mapping({key: value})))) - set(known.contacts)
        known.left_out.extend(sorted(named))
        if not named:
            add_key(owner, key, value)
            added = True
    if added:
        change.files[path] = written(root)


def _offers(change: Change, path: Path, model: Path) -> None:
    """Warning signs that are new: the examples of offers name them."""
    if not path.exists():
        change.files[path] = model.read_text(encoding="utf-8")
        return
    theirs = opened(model.read_text(encoding="utf-8"))
    root = opened(path.read_text(encoding="utf-8"))
    new = [name for name in theirs["signs"] if name not in root["signs"]]
    for name in new:
        add_key(root["signs"], name, theirs["signs"][name])
    if new:
        change.files[path] = written(root)


def _missing(mine: Any, theirs: Any) -> Iterator[tuple[Any, str, Any]]:
    for key, value in theirs.items():
        if key not in mine:
            yield mine, key, value
        elif key in ("now", "contacts"):
            yield from ((mine[key], name, words) for name, words in value.items() if name not in mine[key])


def _small_talk(change: Change, path: Path, model: Path, varieties: Iterable[str], known: _Known) -> None:
    """Wordings by way of writing, and the kinds that are new."""
    theirs = opened(model.read_text(encoding="utf-8"))
    for kind in theirs["kinds"].values():
        if "doors" in kind:
            _drop(kind["doors"], known.openable, str, known)
    if not path.exists():
        change.files[path] = written(theirs)
        return
    root = opened(path.read_text(encoding="utf-8"))
    flat = [kind for kind in root["kinds"].values() if isinstance(kind["wordings"], list)]
    for kind in flat:
        replace(kind, "wordings", mapping(_by_variety(kind["wordings"], tuple(varieties))))
    new = [name for name in theirs["kinds"] if name not in root["kinds"]]
    for name in new:
        add_key(root["kinds"], name, theirs["kinds"][name])
    if flat or new:
        change.files[path] = written(root)


def _by_variety(wordings: Iterable[Any], varieties: tuple[str, ...]) -> dict[str, Any]:
    """Texts by way of writing, told by their letters alone: an editor may sort them better."""
    latin = next((variety for variety in varieties if variety in ("arabizi", "en")), varieties[0])
    sorted_: dict[str, list[Any]] = {}
    for text in wordings:
        romanised = _LATIN.search(str(text)) and not _ARABIC.search(str(text))
        sorted_.setdefault(latin if romanised else varieties[0], []).append(text)
    return {variety: listing(texts) for variety, texts in sorted_.items()}


def _examples(change: Change, folder: Path, model: Path) -> None:
    """The texts that dangers and offers are learnt from, where a language has none."""
    for name in EXAMPLE_FOLDERS:
        if not (folder / name).is_dir():
            for path in sorted((model / name).glob("*.yaml")):
                change.files[folder / name / path.name] = path.read_text(encoding="utf-8")
