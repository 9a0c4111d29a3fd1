"""campaign.yaml and dangers.yaml: every id that they name, and their words in every language."""

from __future__ import annotations

import gettext
from collections.abc import Iterable

from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load import schema
from bot.content_tools.load.word_schema import UNKNOWN
from bot.content_tools.load.yaml_tree import Step
from bot.content_tools.rule import error
from bot.i18n import N_

error("plural-wrong", N_('"{value}" is not a plural rule. Copy the rule of the language from gettext, such as: n != 1'))
error(
    "emergency-contact-unusable",
    N_(
        'the emergency contact "{id}" has no number that may be shown. Confirm it (tabayyan contact verify), or name another.'
    ),
)
error(
    "danger-last",
    N_('the last danger must be "unknown": it is for whoever asks for help and says no more. Move or add it.'),
)

PATH = "campaign.yaml"
DANGERS = "dangers.yaml"
SCREENS = ("check", "contacts")
"""What a door may open beside topics and categories."""


def check(inspection: Inspection) -> None:
    """Look at campaign.yaml and dangers.yaml."""
    campaign = inspection.campaign
    if campaign is None:
        return
    _languages(inspection, campaign)
    _words(inspection, campaign)
    _emergency(inspection, campaign)
    _doors(inspection, campaign)
    for key in ("enlisting_topics", "recruiting_topics", "offer_topics"):
        _topics(inspection, PATH, (key,), getattr(campaign, key))
    _rules(inspection, campaign.rules)
    _dangers(inspection, campaign)


def _topics(inspection: Inspection, path: str, where: tuple[Step, ...], ids: Iterable[str]) -> None:
    if inspection.topics:
        inspection.known(path, where, ids, inspection.topics, "topics.yaml")


def _languages(inspection: Inspection, campaign: schema.CampaignFile) -> None:
    for code, language in campaign.languages.items():
        try:
            gettext.c2py(language.plural)
        except (ValueError, RecursionError):
            where = ("languages", code, "plural")
            inspection.folder.at(PATH, where, "plural-wrong", value=language.plural[:60])


def _words(inspection: Inspection, campaign: schema.CampaignFile) -> None:
    inspection.every_language(PATH, ("name",), campaign.name, "name")
    for code, label in campaign.codes.items():
        inspection.every_language(PATH, ("codes", code), label, code)
    for place, entry in campaign.places.items():
        inspection.every_language(PATH, ("places", place, "name"), entry.name, "name")
    root = inspection.folder.documents[PATH].root
    for key in ("operator", "description", "short_description"):
        texts_ = getattr(campaign, key)
        if texts_:
            inspection.every_language(PATH, (key,), texts_, key)
        for code in texts_:
            inspection.sentence(PATH, root.at((key, code)), code)


def _emergency(inspection: Inspection, campaign: schema.CampaignFile) -> None:
    contact = campaign.emergency_contact
    if contact is None or not inspection.contacts:
        return
    where = ("emergency_contact",)
    inspection.one_known(PATH, where, contact, inspection.contacts, "contacts.yaml")
    if contact in inspection.contacts and contact not in inspection.dialled:
        inspection.folder.at(PATH, where, "emergency-contact-unusable", id=contact)


def _doors(inspection: Inspection, campaign: schema.CampaignFile) -> None:
    root = inspection.folder.documents[PATH].root
    openable = {*SCREENS, *campaign.categories, *inspection.topics}
    for position, door in enumerate(campaign.doors):
        where: tuple[Step, ...] = ("doors", position)
        if inspection.topics:
            inspection.one_known(PATH, (*where, "open"), door.open, openable, "topics.yaml, campaign.yaml")
        inspection.every_language(PATH, (*where, "label"), door.label, "label")
        for code, label in door.label.items():
            inspection.too_long(PATH, (*where, "label", code), "title", label)
            inspection.sentence(PATH, root.at((*where, "label", code)), code)


def _rules(inspection: Inspection, rules: schema.RulesEntry) -> None:
    contacts, facts = inspection.contacts, inspection.facts
    for contact in rules.never_named if contacts else ():
        place = ("rules", "never_named", contact)
        inspection.one_known(PATH, place, contact, contacts, "contacts.yaml", on_key=True)
    for contact, words in rules.never_shown.items():
        where: tuple[Step, ...] = ("rules", "never_shown", contact)
        if contacts:
            inspection.one_known(PATH, where, contact, contacts, "contacts.yaml", on_key=True)
        inspection.every_language(PATH, where, words, contact)
    for key in ("screen_first", "emergency_offered", "unknown_is_the_answer", "women_too"):
        _topics(inspection, PATH, ("rules", "style", key), getattr(rules.style, key))
    if not facts:
        return
    inspection.known(PATH, ("rules", "style", "details_only"), rules.style.details_only, facts, "facts.yaml")
    inspection.known(PATH, ("rules", "never_stated"), rules.never_stated, facts, "facts.yaml")
    for position, alone in enumerate(rules.never_alone):
        where = ("rules", "never_alone", position)
        inspection.one_known(PATH, (*where, "fact"), alone.fact, facts, "facts.yaml")
        inspection.known(PATH, (*where, "beside"), alone.beside, facts, "facts.yaml")
        inspection.every_language(PATH, (*where, "because"), alone.because, "because")
    for position, doubted in enumerate(rules.doubted):
        where = ("rules", "doubted", position)
        inspection.one_known(PATH, (*where, "fact"), doubted.fact, facts, "facts.yaml")
        inspection.every_language(PATH, (*where, "words"), doubted.words, "words")
        inspection.every_language(PATH, (*where, "because"), doubted.because, "because")


def _dangers(inspection: Inspection, campaign: schema.CampaignFile) -> None:
    model = inspection.folder.models.get(DANGERS)
    if model is None:
        return
    places = {*campaign.places, UNKNOWN}
    for position, danger in enumerate(model.dangers):
        where: tuple[Step, ...] = ("dangers", position)
        inspection.one_known(DANGERS, (*where, "place"), danger.place, places, PATH)
        for key in ("topics", "relative_topics"):
            _topics(inspection, DANGERS, (*where, key), getattr(danger, key))
    if not model.dangers or model.dangers[-1].id != UNKNOWN:
        inspection.folder.at(DANGERS, ("dangers", len(model.dangers) - 1), "danger-last")
