"""The fixed urgent reply: an alarm -> paragraphs, the right ones for who is in danger, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.dialogue.campaign import DangerKind
    from bot.dialogue.safety import Alarm

ABROAD = "-abroad"
"""What stands behind a danger whose words differ where the emergency contact may not be dialled."""
_INSTEAD = {
    "woman": ("woman", "self", "relative"),
    "private": ("private", "self", "relative"),
    "self": ("self", "relative"),
    "relative": ("relative", "self"),
    "friend": ("relative", "self"),
}
"""Who is in danger -> whose words are taken, the first that there are."""

ByPerson = Mapping[str, str]
"""Who is in danger (self, woman, relative; private: self, where the family may be a part of it) -> words."""


class Renders(Protocol):
    """What fills {contact:ID} and {number:ID} and makes HTML of a plain paragraph."""

    def paragraph(self, text: str, language: str, today: date) -> str:
        """One plain text with placeholders -> one paragraph of HTML."""
        ...


@dataclass(frozen=True, slots=True)
class UrgentReply:
    """The sentences of the fixed reply in one language; plain text with placeholders."""

    full: str
    """First sentence when the danger is clear."""
    ask: str
    """First sentence when it is asked whether there is danger."""
    now: Mapping[str, ByPerson]
    """What to do now: danger id -> sentences; "unknown" for a button pressed without words."""
    contacts: Mapping[str, ByPerson]
    """Whom to turn to: place id or "unknown" -> sentences."""
    machine: str
    again: str
    """How to see this again; {word} stands for the safe word."""
    tracing: str = ""
    """How to search for a missing person."""
    mission: ByPerson = field(default_factory=dict)
    """The state's mission abroad, for whoever is free to move."""
    watched: ByPerson = field(default_factory=dict)
    """The warning for somebody whose screen may be seen."""
    note: str = ""
    """The one line that leads an ordinary answer."""
    questions: Mapping[str, ByPerson] = field(default_factory=dict)
    """Danger id -> the question that stands for `ask`."""


def urgent_paragraphs(
    reply: UrgentReply,
    alarm: Alarm,
    kind: DangerKind,
    safe_word: str | None,
    *,
    abroad: bool,
    language: str,
    render: Renders,
    today: date,
) -> tuple[str, ...]:
    """The reply to an alarm as paragraphs of HTML. `abroad`: the emergency contact may not be dialled there."""
    who, out = alarm.who, kind.leave_out
    own = who in ("self", "woman")
    parts = []
    if own and kind.watched and "watched" not in out and (abroad or alarm.place == "unknown"):
        parts.append(_for(reply.watched, who))
    if alarm.asks:
        parts.append(_for(reply.questions.get(kind.id, {}), who) or reply.ask)
    elif "full" not in out:
        parts.append(reply.full)
    now = (abroad and reply.now.get(kind.id + ABROAD)) or reply.now.get(kind.id) or reply.now["unknown"]
    parts.append(_for(now, who))
    officials = kind.officials and not abroad and alarm.place != "unknown"
    if "contacts" not in out and not officials:
        contacts = reply.contacts.get(alarm.place) or reply.contacts["unknown"]
        parts.append(_for(contacts, "private" if kind.private and who == "self" else who))
    if own and abroad and kind.mission and not alarm.asks:
        parts.append(_for(reply.mission, who))
    # Whoever is there himself searches for nobody.
    if kind.tracing and not own:
        parts.append(reply.tracing)
    parts.append(reply.machine)
    if safe_word is not None:
        parts.append(reply.again.replace("{word}", safe_word))
    return tuple(
        render.paragraph(piece.strip(), language, today)
        for part in parts
        for piece in part.split("\n\n")
        if piece.strip()
    )


def _for(words: ByPerson, who: str) -> str:
    """The words for who is in danger, or those that come nearest; empty where there are none."""
    return next((words[one] for one in _INSTEAD.get(who, ("self",)) if one in words), "")
