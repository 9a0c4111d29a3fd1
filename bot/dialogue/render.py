"""Topics, contacts and sources -> paragraphs of Telegram HTML, with numbers and links isolated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from html import escape
from typing import Protocol

from bot.dialogue.campaign import Answer, Campaign, Contact, Source, Topic

FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"

_SENTENCE_END = re.compile(r"[.!؟?…](?=\s|$)")
_PLACEHOLDER = re.compile(r"\{(contact|number):([a-z0-9-]+)\}")
_LEFT_TO_RIGHT_RUN = re.compile(
    r"[+@#$]?[A-Za-z0-9](?:[A-Za-z0-9 .,:/@_%+$&'’-]*[A-Za-z0-9%$+])?",
)
_TAG_OR_TEXT = re.compile(r"<[^>]*>|&[a-z#0-9]+;|[^<&]+|[<&]")

CONTACT_MAX_AGE = timedelta(days=90)
"""After this many days without a check a contact is still shown, and marked."""

PUBLISHERS_SHOWN = 3
"""Names in the credit under an answer; the others are counted."""


def N_(sentence: str) -> str:
    """Mark a sentence for the catalogue without translating it here."""
    return sentence


MONTHS = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)


class Say(Protocol):
    """Interface sentences in the asker's language."""

    def __call__(self, language: str, message: str, /, **values: str) -> str:
        """The sentence that stands for an English one, with {placeholders} filled."""
        ...


def isolate(markup: str, *, right_to_left: bool) -> str:
    """Wrap every run of Latin letters and digits in a bidi isolate, so that it keeps its order in Arabic lines.

    Takes and gives Telegram HTML; tags and character references are left alone. Left-to-right text is unchanged.
    """
    if not right_to_left:
        return markup
    return "".join(
        piece if piece.startswith(("<", "&")) else _LEFT_TO_RIGHT_RUN.sub(_wrapped, piece)
        for piece in _TAG_OR_TEXT.findall(markup)
    )


def _whole(name: str, *, right_to_left: bool) -> str:
    """A name kept in one piece, brackets and all, in a right-to-left line."""
    return f"{FIRST_STRONG_ISOLATE}{name}{POP_ISOLATE}" if right_to_left else name


def _wrapped(match: re.Match[str]) -> str:
    run = match.group()
    return f"{FIRST_STRONG_ISOLATE}{run}{POP_ISOLATE}"


class Renderer:
    """Fills placeholders and lays out answers in one campaign's words."""

    def __init__(self, campaign: Campaign, say: Say) -> None:
        self._campaign = campaign
        self._say = say

    def right_to_left(self, language: str) -> bool:
        """Whether a language is written from the right."""
        return self._campaign.languages[language].direction == "rtl"

    def paragraph(self, text: str, language: str, today: date) -> str:
        """One plain text with placeholders -> one paragraph of HTML."""
        filled = _PLACEHOLDER.sub(lambda match: self._filled(match, language, today), text)
        return isolate(escape(filled, quote=False), right_to_left=self.right_to_left(language))

    def paragraphs(self, text: str, language: str, today: date) -> tuple[str, ...]:
        """A text of several paragraphs, separated by empty lines, as paragraphs of HTML."""
        return tuple(self.paragraph(part.strip(), language, today) for part in text.split("\n\n") if part.strip())

    def _filled(self, match: re.Match[str], language: str, today: date) -> str:
        contact = self._campaign.contacts.get(match.group(2))
        if contact is None:
            return ""
        if match.group(1) == "number":
            return contact.value or ""
        return self.contact_line(contact, language, today)

    def contact_line(self, contact: Contact, language: str, today: date) -> str:
        """A contact's name and value as plain text, or that no confirmed number has been published."""
        name = _in(contact.name, language)
        if contact.status != "usable":
            return self._say(language, "{name} (no number has been published that could be confirmed)", name=name)
        if not contact.value:
            return name
        line = f"{name}: {contact.value}"
        if contact.checked is not None and today - contact.checked > CONTACT_MAX_AGE:
            line += " " + self._say(
                language, "(last checked {date}; it may have changed)", date=self.day(contact.checked, language)
            )
        return line

    def contact_paragraph(self, contact: Contact, language: str, today: date) -> str:
        """A contact with who runs it, hours, cost and risk, for the contacts list."""
        lines = [f"<b>{escape(self.contact_line(contact, language, today), quote=False)}</b>"]
        if contact.status == "usable":
            about = [_in(words, language) for words in (contact.run_by, contact.hours, contact.cost)]
            lines.append(escape(" · ".join(words for words in about if words), quote=False))
            lines.append(escape(_in(contact.risk, language), quote=False))
        else:
            lines.append(escape(_in(contact.instead, language), quote=False))
        text = "\n".join(line for line in lines if line)
        return isolate(text, right_to_left=self.right_to_left(language))

    def short_answer(self, topic: Topic, language: str, today: date) -> tuple[str, ...]:
        """Title, short answer, next step, and whose word it is."""
        answer = self.answer(topic, language)
        parts = [f"<b>{self.paragraph(answer.title, language, today)}</b>"]
        parts += self.paragraphs(answer.short, language, today)
        if self.is_stale(topic, today):
            warning = self._say(language, "This answer is due for review and may be out of date.")
            parts.append(f"<i>{escape(warning, quote=False)}</i>")
            home = self._campaign.places.get(topic.place)
            parts += self.usable_contacts(language, today, emergency=home is not None and home.emergency)[:1]
        parts += self.paragraphs(answer.next_step, language, today)
        credit = self.credit(topic, language)
        if credit:
            parts.append(f"<i>{credit}</i>")
        return tuple(parts)

    def first_sentence(self, topic: Topic, language: str, today: date) -> tuple[str, ...]:
        """Title and the beginning of the short answer, in one paragraph."""
        answer = self.answer(topic, language)
        text = answer.short.strip()
        end = _SENTENCE_END.search(text)
        first = text[: end.end()].strip() if end is not None else text
        return (f"<b>{self.paragraph(answer.title, language, today)}</b>\n{self.paragraph(first, language, today)}",)

    def details(self, topic: Topic, language: str, today: date) -> tuple[str, ...]:
        """Title, the short and the long answer, and the list of sources with links.

        The short answer stands here too: it may hold a warning that the details rely on.
        """
        answer = self.answer(topic, language)
        parts = [f"<b>{self.paragraph(answer.title, language, today)}</b>"]
        parts += self.paragraphs(f"{answer.short}\n\n{answer.details}", language, today)
        parts += self.paragraphs(answer.next_step, language, today)
        parts += self.source_list(topic, language)
        return tuple(parts)

    def answer(self, topic: Topic, language: str) -> Answer:
        """A topic's words in a language, or in the first language that has them."""
        found = topic.answers.get(language)
        return found if found is not None else next(iter(topic.answers.values()))

    def is_stale(self, topic: Topic, today: date) -> bool:
        """Whether a topic's review date has passed."""
        return topic.review_by is not None and today > topic.review_by

    def usable_contacts(self, language: str, today: date, *, emergency: bool = True) -> list[str]:
        """Contact paragraphs that may be shown; without the one that may not be dialled everywhere where it is not
        known that the reader may."""
        return [
            self.contact_paragraph(contact, language, today)
            for contact in self._campaign.contacts.values()
            if contact.status == "usable" and (emergency or contact.id != self._campaign.emergency_contact)
        ]

    def sources(self, topic: Topic) -> tuple[Source, ...]:
        """The sources of a topic's facts that askers may see, newest first, each once."""
        facts = (self._campaign.facts.get(fact) for fact in topic.facts)
        ids = dict.fromkeys(source for fact in facts if fact is not None and fact.for_askers for source in fact.sources)
        known = [self._campaign.sources[source] for source in ids if source in self._campaign.sources]
        return tuple(sorted(known, key=lambda source: source.date or "", reverse=True))

    def credit(self, topic: Topic, language: str) -> str:
        """ "As of February 2026 · publishers", the best known first, as HTML; empty where a topic has no source."""
        sources = self.sources(topic)
        if not sources:
            return ""
        rtl = self.right_to_left(language)
        ranked = sorted(sources, key=lambda source: source.rank)
        names = dict.fromkeys(_in(source.publisher, language) for source in ranked)
        publishers = [_whole(name, right_to_left=rtl) for name in names]
        listed = " · ".join(publishers[:PUBLISHERS_SHOWN])
        if len(publishers) > PUBLISHERS_SHOWN:
            rest = str(len(publishers) - PUBLISHERS_SHOWN)
            listed = self._say(language, "{names} and {count} more", names=listed, count=rest)
        newest = sources[0].date
        text = (
            self._say(language, "As of {date}. Sources: {names}", date=self.month(newest, language), names=listed)
            if newest
            else self._say(language, "Sources: {names}", names=listed)
        )
        return escape(text, quote=False)

    def source_list(self, topic: Topic, language: str) -> tuple[str, ...]:
        """The sources with links and dates, a heading first."""
        sources = self.sources(topic)
        if not sources:
            return ()
        undated = self._say(language, "no date shown")
        rtl = self.right_to_left(language)
        unlinked = self._unlinked_sources(topic)
        lines = []
        for source in sources:
            name = escape(_whole(_in(source.publisher, language), right_to_left=rtl), quote=False)
            if source.id not in unlinked:
                name = f'<a href="{escape(source.url)}">{name}</a>'
            when = self.month(source.date, language) if source.date else undated
            lines.append(f"• {name} ({isolate(escape(when), right_to_left=rtl)})")
        heading = f"<b>{escape(self._say(language, 'Sources'), quote=False)}</b>"
        return tuple(_packed(heading, lines))

    def _unlinked_sources(self, topic: Topic) -> frozenset[str]:
        """Sources named without their address: on a phone abroad a link is a trace, and a page about a contact that
        nobody has confirmed prints the very handle that must not be shown."""
        place = self._campaign.places.get(topic.place)
        if place is not None and not place.emergency:
            return frozenset(source.id for source in self.sources(topic))
        hidden = {
            fact
            for contact in self._campaign.contacts.values()
            if contact.status == "check-first"
            for fact in contact.facts
        }
        return frozenset(
            source
            for fact in topic.facts
            if fact in hidden and fact in self._campaign.facts
            for source in self._campaign.facts[fact].sources
        )

    def month(self, written: str, language: str) -> str:
        """YYYY, YYYY-MM or YYYY-MM-DD -> "February 2026" in a language."""
        year, _, rest = written.partition("-")
        if not rest:
            return year
        return f"{self._say(language, MONTHS[int(rest[:2]) - 1])} {year}"

    def day(self, when: date, language: str) -> str:
        """A date -> "22 November 2026" in a language."""
        return f"{when.day} {self._say(language, MONTHS[when.month - 1])} {when.year}"


def _in(words: Mapping[str, str], language: str) -> str:
    """Words in a language, or in the first one that there is."""
    found = words.get(language)
    return found if found is not None else next(iter(words.values()), "")


def _packed(heading: str, lines: Iterable[str], per_paragraph: int = 8) -> Iterable[str]:
    """A list in paragraphs of a few lines each, so that a long one can be cut between messages."""
    listed = list(lines)
    for start in range(0, len(listed), per_paragraph):
        chunk = "\n".join(listed[start : start + per_paragraph])
        yield f"{heading}\n{chunk}" if start == 0 else chunk
