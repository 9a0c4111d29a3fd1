"""contacts.yaml: whom an answer may name, and numbers that nobody has confirmed."""

from __future__ import annotations

import re
from datetime import date

from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load import schema
from bot.content_tools.load.yaml_tree import Step
from bot.content_tools.rule import error, warning
from bot.dialogue.render import CONTACT_MAX_AGE
from bot.i18n import N_

error(
    "contact-valueless", N_('contact "{id}" is usable and has no "value". Add it, or set the status to not-published.')
)
error(
    "contact-published",
    N_('contact "{id}" is not-published and has a "value". Delete the value, or set the status to check-first.'),
)
error(
    "contact-unchecked",
    N_('contact "{id}" is usable and nobody has confirmed it. Run: tabayyan contact verify {id} --by WHO --source URL'),
)
error("contact-unsourced", N_('contact "{id}" is usable and names no source. Add the id of a page in sources.yaml.'))
warning(
    "contact-expired",
    N_(
        'contact "{id}" was last confirmed on {date}, more than {days} days ago. Check it, then run: tabayyan contact verify {id} --by WHO --source URL'
    ),
)
error("contact-instead", N_('contact "{id}" has no number to show. Add "instead": what to do without it.'))
error(
    "contact-unverified-value",
    N_(
        '"{value}" is a number or handle that nobody has confirmed (contact "{id}"). Delete it here; it may stand in contacts.yaml only.'
    ),
    example="unverified-value",
)

PATH = "contacts.yaml"
WORDS = ("name", "run_by", "hours", "cost", "risk", "instead")
NEEDED_WORDS = ("name", "run_by")


def check(inspection: Inspection) -> None:
    """Look at contacts.yaml, and in every file for values that nobody has confirmed."""
    _unverified_values(inspection)
    campaign = inspection.campaign
    model = inspection.folder.models.get(PATH)
    for position, contact in enumerate(model.contacts if model is not None and campaign is not None else ()):
        where: tuple[Step, ...] = ("contacts", position)
        if inspection.facts:
            inspection.known(PATH, (*where, "facts"), contact.facts, inspection.facts, "facts.yaml")
        if inspection.sources:
            inspection.known(PATH, (*where, "sources"), contact.sources, inspection.sources, "sources.yaml")
        if campaign is not None and contact.place != "anywhere":
            inspection.one_known(PATH, (*where, "place"), contact.place, campaign.places, "campaign.yaml")
        _state(inspection, where, contact)
        _words(inspection, where, contact)


def _words(inspection: Inspection, where: tuple[Step, ...], contact: schema.ContactEntry) -> None:
    root = inspection.folder.documents[PATH].root
    for key in WORDS:
        words = getattr(contact, key)
        if words or key in NEEDED_WORDS:
            inspection.every_language(PATH, (*where, key), words, key)
        for code in words:
            inspection.sentence(PATH, root.at((*where, key, code)), code)


def _state(inspection: Inspection, where: tuple[Step, ...], contact: schema.ContactEntry) -> None:
    place = (*where, "id")
    report = inspection.folder.at
    if contact.status == "usable":
        if contact.value is None and contact.kind in ("phone", "page", "handle"):
            report(PATH, place, "contact-valueless", id=contact.id)
        if not contact.sources and contact.checked_at is None:
            report(PATH, place, "contact-unsourced", id=contact.id)
        if contact.checked is None:
            report(PATH, place, "contact-unchecked", id=contact.id)
    elif not contact.instead:
        report(PATH, place, "contact-instead", id=contact.id)
    if contact.status == "not-published" and contact.value is not None:
        report(PATH, (*where, "value"), "contact-published", on_key=True, id=contact.id)
    if contact.checked is None:
        return
    checked = date.fromisoformat(contact.checked)
    if checked > inspection.today:
        report(PATH, (*where, "checked"), "day-future", date=contact.checked)
    elif contact.status == "usable" and inspection.today - checked > CONTACT_MAX_AGE:
        days = str(CONTACT_MAX_AGE.days)
        report(PATH, (*where, "checked"), "contact-expired", id=contact.id, date=contact.checked, days=days)


def _unverified_values(inspection: Inspection) -> None:
    """Numbers and handles that nobody has confirmed stand in contacts.yaml alone."""
    hidden = {
        part.strip(): entry.id
        for entry in inspection.contacts.values()
        if entry.status == "check-first" and entry.value
        for part in entry.value.split(";")
    }
    patterns = [(re.compile(_loosely(value)), value, contact) for value, contact in hidden.items()]
    for folder in (inspection.folder, inspection.tested) if patterns else ():
        for path, document in folder.documents.items():
            if path == PATH:
                continue
            text = "\n".join(document.lines).lower()
            for pattern, shown, contact in patterns:
                # A page that facts come from may be the very page that the handle names.
                if path == "sources.yaml" and not any(character.isdigit() for character in shown):
                    continue
                for match in pattern.finditer(text):
                    number = text.count("\n", 0, match.start()) + 1
                    folder.report(path, number, "contact-unverified-value", value=shown, id=contact)


def _loosely(value: str) -> str:
    """A pattern for a number or handle, however it is spaced."""
    return r"[ ()/\u00a0-]*".join(re.escape(character) for character in value.lower() if character not in " ()/-")
