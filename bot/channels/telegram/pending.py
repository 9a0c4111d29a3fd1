"""A question that comes in several messages: which belong together, and what they say as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.channels.telegram.chat_state import Part, PendingQuestion
from bot.channels.telegram.updates import Incoming
from bot.dialogue.reply import Message

REST_WITHIN_SECONDS = 2
"""What comes so soon after a message is the rest of it."""
ALBUM_SECONDS = 6.0
PENDING_PARTS = 30
PENDING_CHARACTERS = 8000


def joins(before: Incoming, after: Incoming) -> bool:
    """Whether a message is the rest of the one that came just before it in the same chat."""
    return (
        before.kind == after.kind == "message"
        and after.private
        and before.thread == after.thread
        and not (before.is_command or after.is_command or before.own or after.own)
        and _soon(before.album, before.date, before.arrived, after)
    )


def continues(before: PendingQuestion, group: Sequence[Incoming]) -> bool:
    """Whether what has come is the rest of a question that has been answered already."""
    first = group[0]
    if not before.answers or before.thread != first.thread:
        return False
    if not _soon(before.album, before.last_date, before.arrived, first):
        return False
    size = sum(len(part.text) for part in before.parts.values()) + sum(len(part.text) for part in group)
    return len(before.parts) + len(group) <= PENDING_PARTS and size <= PENDING_CHARACTERS


def _soon(album: str | None, date: int, arrived: float, after: Incoming) -> bool:
    waited = after.arrived - arrived
    if album is not None and album == after.album:
        return waited <= ALBUM_SECONDS
    # Telegram's times tell apart what waited in its queue; ours are finer.
    return abs(after.date - date) <= REST_WITHIN_SECONDS and waited <= REST_WITHIN_SECONDS


def parts_of(group: Iterable[Incoming]) -> dict[int, Part]:
    """What each message says, by its number."""
    return {one.message or 0: Part(one.text, one.content, one.forwarded, one.heard) for one in group}


def joined(parts: Iterable[Part]) -> Message:
    """Several messages read as one. Pictures and the like count only where nobody wrote a word."""
    parts = tuple(parts)
    text = "\n".join(part.text for part in parts if part.text)
    kind = next((part.kind for part in parts if part.text), parts[0].kind)
    heard = "\n".join(part.text for part in parts if part.heard)
    return Message(text, kind, any(part.forwarded for part in parts), heard)
