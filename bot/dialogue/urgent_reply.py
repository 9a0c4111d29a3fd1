"""The fixed urgent reply: an alarm -> paragraphs, the right ones for who is in danger, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from bot.dialogue.campaign import DangerKind
    from bot.dialogue.safety import Alarm

ABROAD = "-abroad"
"""What stands behind a danger whose words differ where the emergency contact may not be dialled."""
_INSTEAD = {"woman": ("woman", "self", "relative"), "self": ("self", "relative"), "relative": ("relative", "self")}
"""Who is in danger -> whose words are taken, the first that there are."""


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
    now: Mapping[str, Mapping[str, str]]
    """What to do now: danger id -> who is in danger -> sentences; "unknown" for a button pressed without words."""
    contacts: Mapping[str, str]
    """Whom to turn to: place id or "unknown" -> sentences."""
    machine: str
    kindness: str
    again: str
    """How to see this again; {word} stands for the safe word."""
    tracing: str = ""
    """How to search for a missing person."""
    watched: str = ""
    """The warning for somebody whose screen may be seen."""
    note: str = ""
    """The one line that leads an ordinary answer."""
    neutral: str = ""
    """The line for a late message: it shows nothing of its subject."""
    questions: Mapping[str, str] | None = None
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
    parts = []
    if kind.watched and alarm.who in ("self", "woman") and reply.watched:
        parts.append(reply.watched)
    if alarm.asks:
        parts.append((reply.questions or {}).get(kind.id) or reply.ask)
    elif kind.ask_first and not kind.alone:
        # Of the bereaved and of one who thinks of death the words themselves open with kindness.
        parts.append(reply.full)
    parts.append(_now(reply, kind.id, alarm.who, abroad=abroad))
    if not kind.alone:
        parts.append(reply.contacts.get(alarm.place) or reply.contacts["unknown"])
        if kind.tracing and reply.tracing:
            parts.append(reply.tracing)
        parts.append(f"{reply.machine} {reply.kindness}")
        if safe_word is not None:
            parts.append(reply.again.replace("{word}", safe_word))
    return tuple(
        render.paragraph(piece.strip(), language, today)
        for part in parts
        for piece in part.split("\n\n")
        if piece.strip()
    )


def _now(reply: UrgentReply, danger: str, who: str, *, abroad: bool) -> str:
    known = (abroad and reply.now.get(danger + ABROAD)) or reply.now.get(danger) or reply.now["unknown"]
    asked = _INSTEAD.get("relative" if who == "friend" else who, ("self",))
    return next((known[one] for one in asked if one in known), next(iter(known.values())))
