"""What the Telegram channel needs from the rest of the program, handed in once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.channels.telegram.chat_state import ChatState
from bot.clock import Clock
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Counted

Lane = tuple[str, int]
"""Updates of one lane are answered one after another: "chat" or "inline", and the chat's number."""


class Ordering(Protocol):
    """Keeps a chat's order, and each update's once, beyond this process. Methods raise only when cancelled."""

    async def enter(self, lane: Lane, numbers: Sequence[int]) -> frozenset[int]:
        """Wait for the lane's turn; gives the updates that have ended elsewhere."""
        ...

    async def leave(self, lane: Lane, numbers: Sequence[int]) -> None:
        """The updates have ended; the next may enter."""
        ...


class LocalOrdering:
    """For one process: its own lanes and numbers are enough."""

    async def enter(self, lane: Lane, numbers: Sequence[int]) -> frozenset[int]:
        """At once."""
        return frozenset()

    async def leave(self, lane: Lane, numbers: Sequence[int]) -> None:
        """Nothing to tell anybody."""


def _forget_nothing(asker_id: int) -> None:
    """For a program without counters."""


@dataclass(frozen=True, slots=True)
class Services:
    """The rest of the program, as the channel sees it."""

    conversation: Callable[[], Conversation]
    """The current conversation; a reload of the content swaps it whole."""
    say: Callable[[str, str], str]
    """(language, English sentence) -> the sentence in that language."""
    languages: Callable[[], tuple[str, ...]]
    """The campaign's language codes, the first one the default."""
    count: Callable[[int, Counted], None]
    """Adds one turn of an asker to the counters. Never raises, never waits."""
    clock: Clock
    chat_state: ChatState
    forget: Callable[[int], None] = _forget_nothing
    """Drops what the counters remember of an asker for today."""
    read_picture: Callable[[bytes], str | None] | None = None
    """The words in a picture, None for none; called in a thread. None: pictures are never downloaded."""
    hear_voice: Callable[[bytes, Sequence[str]], str | None] | None = None
    """(voice note, the campaign's languages, the asker's first) -> its words, None for none; called in a thread.
    None: voice notes are never downloaded."""
    ordering: Ordering = field(default_factory=LocalOrdering)
    """Keeps chats in order among several processes."""
