"""Phrasings, questions out of scope and test wordings: each in one place, and enough of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.content_tools.checks import texts
from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load import schema
from bot.content_tools.load.content_folder import ContentFolder, nearest
from bot.content_tools.load.yaml_tree import Node, Step
from bot.content_tools.rule import error, warning
from bot.i18n import N_
from bot.nlu.normalize import words

error(
    "variety-unknown",
    N_('"{variety}" is no way of writing "{language}" (nearest: {nearest}). Correct it, or add it in campaign.yaml.'),
)
error("phrasing-elsewhere", N_('"{question}" also belongs to topic "{other}" ({place}). Keep it in one of them.'))
warning(
    "phrasing-twice", N_('"{question}" stands twice in this topic (first: {first}). Delete one, or write another idea.')
)
error(
    "phrasing-foreign",
    N_(
        '"{question}" stands among the questions that no topic answers ({place}) and belongs to topic "{other}". Keep it in one place.'
    ),
)
error("phrasing-wordless", N_('"{question}" holds no word. Write what somebody would type, or delete the line.'))
warning(
    "phrasings-few",
    N_(
        'topic "{topic}" has {count} phrasings in "{variety}"; {wanted} are wanted. Add more that people would really type.'
    ),
)
warning(
    "wording-learnt",
    N_(
        'the test question "{question}" is also a phrasing ({place}). Test on another one: a question that was learnt proves nothing.'
    ),
)

LONGEST_SHOWN = 80
"""Characters of a question that a message quotes."""


@dataclass
class _Learnt:
    """Where a phrasing stands."""

    topic: str
    path: str
    line: int
    shown: str


def check(inspection: Inspection) -> None:
    """Look at phrasings, _foreign.yaml and the test wordings."""
    if inspection.campaign is None:
        return
    learnt: dict[str, _Learnt] = {}
    for topic in inspection.topics.values():
        for code, language in inspection.languages.items() if topic.alias_of is None else ():
            _topic(inspection, topic.id, code, language, learnt)
    for code, path, _ in inspection.contents("_foreign.yaml"):
        _foreign(inspection, path, code, learnt)
    for path in inspection.tested.files:
        code = path.partition("/")[0]
        if code in inspection.languages:
            _wordings(inspection, path, code, learnt)


def _alike(text: str) -> str:
    """A question as the classifier reads it: equal for questions that differ in marks and spelling habits only."""
    return " ".join(words(text))


def _asked(inspection: Inspection, path: str, code: str) -> Iterator[tuple[str, Node, str]]:
    """(variety, node, folded text) of each question in a file of lists by variety."""
    folder, varieties = inspection.folder, inspection.languages[code].varieties
    root = folder.documents[path].root
    for variety, (key, listed) in root.value.items() if isinstance(root.value, dict) else ():
        if variety not in varieties:
            near = nearest(variety, varieties)
            folder.report(path, key.line, "variety-unknown", variety=variety, language=code, nearest=near)
        for node in listed.value if isinstance(listed.value, list) else ():
            text = str(node.value)
            inspection.report_all(path, node, texts.mixed_letters(text))
            folded = _alike(text)
            if not folded:
                folder.report(path, node.line, "phrasing-wordless", question=text[:60])
            else:
                yield variety, node, folded


def _topic(
    inspection: Inspection, topic: str, code: str, language: schema.LanguageEntry, learnt: dict[str, _Learnt]
) -> None:
    path = f"{code}/phrasings/{topic}.yaml"
    counts = dict.fromkeys(language.varieties, 0)
    if path in inspection.folder.models:
        counts.update(_phrasings(inspection, path, topic, code, learnt))
    elif path in inspection.folder.files:
        return
    if language.required == "yes" or any(counts.values()):
        _too_few(inspection.folder, path, topic, language, counts)


def _phrasings(inspection: Inspection, path: str, topic: str, code: str, learnt: dict[str, _Learnt]) -> dict[str, int]:
    """Variety -> how many different phrasings stand in a file."""
    counts: dict[str, int] = {}
    report, shown = inspection.folder.report, inspection.folder.shown(path)
    for variety, node, folded in _asked(inspection, path, code):
        known = learnt.setdefault(folded, _Learnt(topic, path, node.line, f"{shown}:{node.line}"))
        question = str(node.value)[:LONGEST_SHOWN]
        if known.topic != topic:
            report(path, node.line, "phrasing-elsewhere", question=question, other=known.topic, place=known.shown)
        elif (known.path, known.line) != (path, node.line):
            report(path, node.line, "phrasing-twice", question=question, first=known.shown)
            continue
        counts[variety] = counts.get(variety, 0) + 1
    return counts


def _too_few(
    folder: ContentFolder, path: str, topic: str, language: schema.LanguageEntry, counts: Mapping[str, int]
) -> None:
    document = folder.documents.get(path)
    for variety, wanted in language.varieties.items():
        count = counts.get(variety, 0)
        if count < int(wanted):
            line = document.root.key_at((variety,)).line if document is not None else 1
            values = {"topic": topic, "variety": variety, "count": str(count), "wanted": wanted}
            folder.report(path, line, "phrasings-few", **values)


def _foreign(inspection: Inspection, path: str, code: str, learnt: Mapping[str, _Learnt]) -> None:
    for _, node, folded in _asked(inspection, path, code):
        known = learnt.get(folded)
        if known is not None:
            values = {"question": str(node.value)[:LONGEST_SHOWN], "other": known.topic, "place": known.shown}
            inspection.folder.report(path, node.line, "phrasing-foreign", **values)


def _wordings(inspection: Inspection, path: str, code: str, learnt: Mapping[str, _Learnt]) -> None:
    tested, varieties = inspection.tested, inspection.languages[code].varieties
    model = tested.model(path, schema.WordingsFile)
    for part in ("finds", "near_misses", "known_failures") if model is not None else ():
        for position, entry in enumerate(getattr(model, part)):
            where: tuple[Step, ...] = (part, position)
            if entry.variety not in varieties:
                values = {"variety": entry.variety, "language": code, "nearest": nearest(entry.variety, varieties)}
                tested.at(path, (*where, "variety"), "variety-unknown", **values)
            for step, topic in enumerate(entry.also):
                if inspection.topics and topic not in inspection.topics:
                    values = {"id": topic, "nearest": nearest(topic, inspection.topics), "file": "topics.yaml"}
                    tested.at(path, (*where, "also", step), "unknown-id", **values)
            known = learnt.get(_alike(entry.q))
            if known is not None:
                shown = entry.q[:LONGEST_SHOWN]
                tested.at(path, (*where, "q"), "wording-learnt", question=shown, place=known.shown)
