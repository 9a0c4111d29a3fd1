"""What the Telegram channel needs from the rest of the program: four things, handed in once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.channels.telegram.chat_state import ShortMemory
from bot.channels.telegram.order import Alone, Order
from bot.clock import Clock
from bot.dialogue.callback_data import Actions
from bot.dialogue.conversation import Card
from bot.dialogue.reply import Context, Counted, Message, Turn
from bot.dialogue.screens import Screens


class Talk(Protocol):
    """The part of a Conversation that the channel uses."""

    @property
    def screens(self) -> Screens:
        """The fixed screens."""

    @property
    def actions(self) -> Actions:
        """What buttons mean."""

    def chat_language(self, context: Context) -> str:
        """The language of a screen that answers no text."""

    def respond(self, message: Message, context: Context) -> Turn:
        """Answer one message."""

    def press(self, data: str, context: Context) -> Turn:
        """Do what a button asks."""

    def inline(self, query: str, context: Context) -> tuple[Card, ...]:
        """Answer cards for a query typed in any chat."""


def _forget_nothing(asker_id: int) -> None:
    """For a program without counters."""


@dataclass(frozen=True, slots=True)
class Services:
    """The rest of the program, as the channel sees it."""

    conversation: Callable[[], Talk]
    """The current conversation; a reload of the content swaps it whole."""
    say: Callable[[str, str], str]
    """(language, English sentence) -> the sentence in that language."""
    languages: Callable[[], tuple[str, ...]]
    """The campaign's language codes, the first one the default."""
    count: Callable[[int, Counted], None]
    """Adds one turn of an asker to the counters. Never raises, never waits."""
    clock: Clock
    recall: ShortMemory
    forget: Callable[[int], None] = _forget_nothing
    """Drops what the counters remember of an asker for today."""
    read_picture: Callable[[bytes], str | None] | None = None
    """The words in a picture, None for none; called in a thread. None: pictures are never downloaded."""
    order: Order = field(default_factory=Alone)
    """Keeps chats in order among several processes."""
