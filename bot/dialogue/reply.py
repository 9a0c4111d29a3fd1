"""What goes into a conversation and what comes out: no Telegram object, no web object."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from bot.dialogue.offers import OfferReading
from bot.dialogue.safety import Alarm
from bot.dialogue.state import EMPTY, DialogueState
from bot.dialogue.telegram_limits import plain
from bot.nlu.ranking import Explanation, Ranked

Kind = Literal[
    "text",
    "voice",
    "video",
    "picture",
    "sticker",
    "contact",
    "location",
    "document",
    "poll",
    "dice",
    "story",
    "payment",
    "other",
]
Outcome = Literal["answer", "choices", "urgent", "offer", "smalltalk", "none"]
UrgentLevel = Literal["full", "ask", "note"]
CountedOutcome = Literal["answered", "choices", "suggestion-taken", "no-match", "urgent", "offer", "not-text"]

OTHER, NO_CAMPAIGN = "other", "none"
"""Keys that are counted for a code or language the campaign does not have, and for a start without a code."""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody sent, freed of the channel."""

    text: str
    """Text or caption as typed; may be empty, may hold anything."""
    kind: Kind = "text"
    forwarded: bool = False
    heard: str = ""
    """The words of the text that were spoken and heard by a machine: a guess, which the reply repeats."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the conversation may know about the chat: nothing that lasts, nothing that names anyone."""

    today: date
    chosen_language: str | None = None
    """Picked by the asker with /language or a button; beaten only by the text's own script."""
    forced_language: str | None = None
    """Beats everything: the try page's two columns, and `ask --language`."""
    client_language: str | None = None
    """The language of the asker's app, as Telegram hints it."""
    question_id: int | None = None
    """The question's message number in its chat, so that Hide can delete it."""
    bot_username: str | None = None
    state: DialogueState = EMPTY
    """What was said in this chat a few minutes ago."""
    heard: bool = False
    """What is answered was heard by a machine: no answer to it is sure."""


@dataclass(frozen=True, slots=True)
class Button:
    """One key under a reply: exactly one of action, url and share is set."""

    label: str
    action: str | None = None
    """Callback data, at most 64 bytes, carrying all that is needed to act."""
    url: str | None = None
    share: str | None = None
    """Text that Telegram's own chat picker hands on (switch_inline_query)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the asker is shown."""

    language: str
    paragraphs: tuple[str, ...]
    """Telegram HTML, each paragraph whole in itself, so that a long reply can be cut between two of them."""
    rows: tuple[tuple[Button, ...], ...] = ()

    @property
    def text(self) -> str:
        """The reply as plain text."""
        return "\n\n".join(plain(paragraph) for paragraph in self.paragraphs)

    @property
    def buttons(self) -> tuple[Button, ...]:
        """All buttons, row by row."""
        return tuple(button for row in self.rows for button in row)


@dataclass(frozen=True, slots=True)
class Counted:
    """What one turn adds to the counters: public keys only; there is no room for a person."""

    topics: tuple[str, ...] = ()
    near_miss: str | None = None
    outcome: CountedOutcome | None = None
    language: str | None = None
    campaign: str | None = None
    offer_signs: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    """Keys "TOPIC:helpful" or "TOPIC:not-helpful"."""
    vocabulary: tuple[str, ...] = ()
    """Word families of the closed list that stood in a question without an answer."""


NOTHING_COUNTED = Counted()

Effect = Literal["hide", "forget", "remember-language"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation: what to show and what to count."""

    reply: Reply
    outcome: Outcome
    counted: Counted = NOTHING_COUNTED
    ranked: tuple[Ranked, ...] = ()
    answered: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    """Topics that have a key of their own under the reply."""
    sure: bool = True
    """False: what is answered is introduced as what it may be."""
    urgent: UrgentLevel | None = None
    danger: str | None = None
    """The danger that was heard."""
    place: str | None = None
    """Where the person in danger is."""
    signs: tuple[str, ...] = ()
    effect: Effect | None = None
    """What the channel should do besides showing the reply."""
    effect_message: int | None = None
    """The message number that an effect is about (the question to hide)."""
    state: DialogueState = EMPTY
    """What the chat should remember for a few minutes."""
    alarm: Alarm | None = field(default=None, compare=False)
    offer: OfferReading | None = field(default=None, compare=False)
    explanation: Explanation | None = field(default=None, compare=False)

    @property
    def language(self) -> str:
        """Language of the reply."""
        return self.reply.language
