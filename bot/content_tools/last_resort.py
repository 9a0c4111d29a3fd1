"""What is left to say when content is broken: made from content that passed every check, kept as one small file.

It holds the campaign's urgent words and replies, the contacts that these name, its languages, places and fixed
sentences, and no topic. Beside the last good copy it is the second net: it survives a damaged copy, and a copy of a
form that a newer program no longer reads. With nothing kept, one neutral text remains, of no number, place or campaign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from babel import Locale, UnknownLocaleError
from pydantic import TypeAdapter, ValidationError

from bot.content_tools.load.build import Content
from bot.content_tools.load.word_schema import UNKNOWN
from bot.dialogue.campaign import Campaign, Contact, DangerKind, Direction, Language, Sentences, Whereabouts
from bot.dialogue.safety import SafetyWords
from bot.dialogue.urgent_reply import UrgentReply
from bot.i18n import N_, Phrases
from bot.nlu.training_set import WordLists

FILE = "last-resort.json"
DIGEST = "last-resort"
"""Stands for the version of a content that is only a last resort."""

BROKEN = N_(
    "This program cannot answer at the moment. If you or somebody else is in danger, go to people you trust, and call "
    "the emergency number of the country that you are in."
)
CANNOT_CALL = N_("I am a program, not a person: I cannot call anyone for you.")

_PLACEHOLDER = re.compile(r"\{(?:contact|number):([a-z0-9-]+)\}")


@dataclass(frozen=True)
class LastResort:
    """The part of a campaign that must always be said."""

    name: Mapping[str, str]
    time_zone: str
    languages: tuple[Language, ...]
    places: tuple[Whereabouts, ...]
    emergency_contact: str | None
    contacts: tuple[Contact, ...]
    dangers: tuple[DangerKind, ...]
    sentences: Mapping[str, Sentences]
    safety: tuple[SafetyWords, ...]

    def content(self) -> Content:
        """The same as a content without topics."""
        campaign = Campaign(
            languages={language.code: language for language in self.languages},
            categories=(),
            topics={},
            contacts={contact.id: contact for contact in self.contacts},
            sources={},
            facts={},
            words=WordLists(),
            name=self.name,
            time_zone=self.time_zone,
            emergency_contact=self.emergency_contact,
            places={place.id: place for place in self.places},
            dangers=self.dangers,
            sentences=self.sentences,
        )
        return Content(campaign, self.safety, (), (), MappingProxyType({}), DIGEST)


_ADAPTER = TypeAdapter(LastResort)


def last_resort_of(content: Content) -> LastResort:
    """What is kept of a content."""
    campaign = content.campaign
    texts = (campaign.sentences, [words.reply for words in content.safety])
    named = {*_PLACEHOLDER.findall(str(texts)), campaign.emergency_contact}
    return LastResort(
        name=dict(campaign.name),
        time_zone=campaign.time_zone,
        languages=tuple(campaign.languages.values()),
        places=tuple(campaign.places.values()),
        emergency_contact=campaign.emergency_contact,
        contacts=tuple(contact for contact in campaign.contacts.values() if contact.id in named),
        dangers=tuple(replace(danger, topics=(), relative_topics=()) for danger in campaign.dangers),
        sentences=dict(campaign.sentences),
        safety=content.safety,
    )


def keep_last_resort(content: Content, folder: Path) -> None:
    """Write the file beside the last good copy, in one step.

    Raises:
        OSError: the folder cannot be written.
    """
    beside = folder / f".{FILE}.new"
    beside.write_bytes(_ADAPTER.dump_json(last_resort_of(content), indent=1, fallback=dict, warnings=False))
    beside.replace(folder / FILE)


def kept_last_resort(folder: Path) -> Content | None:
    """What was kept; None where there is nothing, or nothing that this version reads."""
    try:
        return _ADAPTER.validate_json((folder / FILE).read_bytes()).content()
    except (OSError, ValidationError):
        return None


def neutral_content(say: Phrases, languages: Iterable[str]) -> Content:
    """One text that is true everywhere, in every language that has a catalogue."""
    codes = tuple(languages)
    bare = Campaign(
        languages={code: _language(code) for code in codes},
        categories=(),
        topics={},
        contacts={},
        sources={},
        facts={},
        words=WordLists(),
        name={},
        sentences={code: _neutral_sentences(say, code) for code in codes},
    )
    safety = tuple(_neutral_words(say, code) for code in codes)
    return Content(bare, safety, (), (), MappingProxyType({}), DIGEST)


def _language(code: str) -> Language:
    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return Language(code, code, "ltr", "n != 1", {})
    direction: Direction = "rtl" if locale.character_order == "right-to-left" else "ltr"
    return Language(code, locale.get_display_name() or code, direction, "n != 1", {})


def _neutral_sentences(say: Phrases, code: str) -> Sentences:
    broken = say(code, BROKEN)
    return Sentences(welcome=broken, honest=say(code, CANNOT_CALL), scope=broken, emergency="")


def _neutral_words(say: Phrases, code: str) -> SafetyWords:
    broken = say(code, BROKEN)
    reply = UrgentReply(
        full=broken,
        ask=broken,
        now={UNKNOWN: {}},
        contacts={UNKNOWN: {}},
        machine=say(code, CANNOT_CALL),
        again="",
    )
    return SafetyWords(
        language=code,
        safe_words=(),
        groups={},
        negations=(),
        cancels=(),
        softens=(),
        dangers=(),
        self_words=(),
        relatives=(),
        places={},
        enlisting=(),
        recruiting=(),
        reply=reply,
    )
