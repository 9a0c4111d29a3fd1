"""<language>/<topic>.yaml: each part of an answer, and the answer as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from bot.content_tools.checks import texts
from bot.content_tools.checks.inspection import ANSWER_PARTS, Inspection
from bot.content_tools.checks.references import in_languages
from bot.content_tools.load import schema
from bot.content_tools.load.yaml_tree import Node
from bot.content_tools.rule import error
from bot.dialogue.telegram_limits import TEXT_UNITS, utf16_units
from bot.i18n import N_

error(
    "telegram-long",
    N_("the whole answer takes {length} characters of a Telegram message; {limit} are allowed. Shorten the details."),
)

ROOM_FOR_FRAME = 700
"""UTF-16 units kept free for sources, dates and the review sentence under an answer."""
ROOM_FOR_CONTACT = 60
"""The sentence that no number was published is as long as a number with its date."""


def check(inspection: Inspection) -> None:
    """Look at every answer in every language."""
    if inspection.content is None:
        return
    for topic in inspection.topics.values():
        for code, path, model in inspection.contents(f"{topic.id}.yaml"):
            root = inspection.folder.documents[path].root
            for part in ANSWER_PARTS:
                text = getattr(model, part)
                if text:
                    inspection.too_long(path, (part,), part, text)
                    inspection.spoken(path, root.at((part,)), code)
            _whole(inspection, path, root, model, topic, code)


def _whole(
    inspection: Inspection, path: str, root: Node, model: schema.AnswerFile, topic: schema.TopicEntry, code: str
) -> None:
    whole = "\n\n".join(getattr(model, part) for part in ANSWER_PARTS)
    found: list[texts.Finding] = []
    if not inspection.rules.may_dial(topic.place):
        found.extend(inspection.rules.emergency_abroad(whole, code))
    for entry, finding in inspection.rules.doubted(whole, code, topic.facts):
        finding.values.update(in_languages("because", entry.because))
        found.append(finding)
    for finding in found:
        inspection.report_all(path, part_with(root, finding.fragment), (finding,))
    shown = texts.PLACEHOLDER.sub(lambda match: _contact_text(inspection, match.group(2), code), whole)
    length = utf16_units(shown) + ROOM_FOR_FRAME
    if length > TEXT_UNITS:
        values = {"length": str(length), "limit": str(TEXT_UNITS)}
        inspection.folder.at(path, ("details",), "telegram-long", on_key=True, **values)


def part_with(root: Node, fragment: str, parts: Iterable[str] = ANSWER_PARTS) -> Node:
    """The part of an answer that holds some words; the whole file where none does."""
    for part in parts:
        node = root.at((part,))
        if isinstance(node.value, str) and fragment in node.value:
            return node
    return root


def _contact_text(inspection: Inspection, contact: str, language: str) -> str:
    found = inspection.contacts.get(contact)
    if found is None:
        return ""
    return f"{found.name.get(language, contact)}: {found.value or ''}" + " " * ROOM_FOR_CONTACT
