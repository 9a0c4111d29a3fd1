"""The urgent lane's words, offers, small talk and the fixed sentences: what askers read of them, and ids in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load import schema, word_schema
from bot.content_tools.load.word_schema import UNKNOWN
from bot.content_tools.load.yaml_tree import Node, Step
from bot.content_tools.rule import warning
from bot.dialogue.urgent_reply import ABROAD
from bot.i18n import N_

warning(
    "danger-unsaid",
    N_('danger "{id}" has no sentences under reply, now: the ones for "unknown" are shown. Write what to do.'),
)
warning(
    "place-unsaid",
    N_('place "{id}" has no sentences under reply, contacts: the ones for "unknown" are shown. Write whom to turn to.'),
)

SPOKEN: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "_safety.yaml": (("reply",),),
    "_smalltalk.yaml": (("kinds", "*", "reply"),),
    "_offers.yaml": (("report",), ("signs", "*", "name"), ("signs", "*", "why"), ("signs", "*", "ask")),
    "_sentences.yaml": ((),),
}
"""File -> places of the sentences that askers read; * is any key, and all below a place counts."""
SMALL_TALK_SCREENS = ("check", "contacts", "topics", "urgent")
"""What a key under small talk may open beside topics and categories."""
BLANKS: Mapping[tuple[Step, ...], str] = {("reply", "again"): "{word}", ("report", "more"): "{names}"}
"""Place in a word file -> the blank that the program fills there."""


def check(inspection: Inspection) -> None:
    """Look at the word files of every language."""
    campaign = inspection.campaign
    if inspection.content is None or campaign is None:
        return
    for code in inspection.languages:
        for name, places in SPOKEN.items():
            path = f"{code}/{name}"
            document = inspection.folder.documents.get(path)
            for place in places if document is not None else ():
                for where, node in _below((), document.root, place) if document is not None else ():
                    inspection.spoken(path, node, code, blank=BLANKS.get(where, ""))
                    if _abroad(where, name, inspection):
                        inspection.report_all(path, node, inspection.rules.emergency_abroad(str(node.value), code))
    for _, path, file in inspection.contents("_safety.yaml"):
        _safety(inspection, path, file, campaign)
    for _, path, file in inspection.contents("_offers.yaml"):
        _offers(inspection, path, file)
    for _, path, file in inspection.contents("_smalltalk.yaml"):
        _doors(inspection, path, file, campaign)


def _abroad(where: tuple[Step, ...], name: str, inspection: Inspection) -> bool:
    """Whether somebody may read a sentence where the emergency contact must not be dialled."""
    if name == "_sentences.yaml":
        return True
    return where[:2] == ("reply", "contacts") and not inspection.rules.may_dial(str(where[2]))


def _below(path: tuple[Step, ...], node: Node, place: tuple[str, ...]) -> Iterator[tuple[tuple[Step, ...], Node]]:
    """(path, node) of every text below a place."""
    if isinstance(node.value, dict):
        wanted = place[:1]
        for key, (_, child) in node.value.items():
            if not wanted or wanted[0] in ("*", key):
                yield from _below((*path, key), child, place[1:])
    elif isinstance(node.value, list):
        for position, child in enumerate(node.value):
            yield from _below((*path, position), child, place)
    elif not place:
        yield path, node


def _safety(inspection: Inspection, path: str, file: word_schema.SafetyFile, campaign: schema.CampaignFile) -> None:
    places = {*campaign.places, UNKNOWN}
    dangers = {*inspection.dangers, UNKNOWN}
    for listed, known, owner, keys in (
        (file.dangers, dangers, "dangers.yaml", ("dangers",)),
        (file.reply.now, {*dangers, *(f"{danger}{ABROAD}" for danger in dangers)}, "dangers.yaml", ("reply", "now")),
        (file.reply.question, dangers, "dangers.yaml", ("reply", "question")),
        (file.places, campaign.places, "campaign.yaml", ("places",)),
        (file.reply.contacts, places, "campaign.yaml", ("reply", "contacts")),
    ):
        for name in listed if inspection.dangers or owner != "dangers.yaml" else ():
            inspection.one_known(path, (*keys, name), name, known, owner, on_key=True)
    for danger in inspection.dangers:
        if danger not in file.reply.now:
            inspection.folder.at(path, ("reply", "now"), "danger-unsaid", on_key=True, id=danger)
    for place in campaign.places:
        if place not in file.reply.contacts:
            inspection.folder.at(path, ("reply", "contacts"), "place-unsaid", on_key=True, id=place)


def _offers(inspection: Inspection, path: str, file: word_schema.OffersFile) -> None:
    for name, sign in file.signs.items():
        for key in ("only_with", "not_with"):
            inspection.known(path, ("signs", name, key), getattr(sign, key), file.signs, path.rpartition("/")[2])


def _doors(inspection: Inspection, path: str, file: word_schema.SmallTalkFile, campaign: schema.CampaignFile) -> None:
    openable = {*SMALL_TALK_SCREENS, *campaign.categories, *inspection.topics}
    for name, kind in file.kinds.items() if inspection.topics else ():
        inspection.known(path, ("kinds", name, "doors"), kind.doors, openable, "topics.yaml, campaign.yaml")
