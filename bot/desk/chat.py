"""The try page's chat as values: what was said and pressed -> bubbles, one column for each language.

The page holds the chat as a list of steps; the server holds nothing. With a script a page sends each new step alone;
without one it sends them all, and the whole chat is played again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, TypeGuard

from markupsafe import Markup

from bot.desk.markup import page_html
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Button, Context, Message, Reply, Turn
from bot.dialogue.telegram_limits import CALLBACK_BYTES, html_faults, pack

STEPS_KEPT = 30
"""Steps that a page sends back; older bubbles fall off."""
STEPS_BYTES = 128 * 1024
LARGEST_NUMBER = 10_000_000

Act = Literal["say", "press", "share"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the tester did."""

    number: int
    """Stands for Telegram's message number; counts from 1."""
    act: Act
    text: str
    """What was said; the callback data pressed; the query shared."""
    column: str | None = None
    """Language code of the column in which a key was pressed; None: said in all columns."""
    on: int = 0
    """Number of the step whose answer carries the pressed key."""
    forwarded: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """One key under a bubble."""

    label: str
    kind: Literal["press", "share", "link"]
    value: str
    """What the page sends back when it is pressed, or the address of a link."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message in a column."""

    id: str
    """ "12-q" for what was said at step 12, "12-a" for the answer to it."""
    who: Literal["asker", "bot", "card"]
    messages: tuple[Markup, ...]
    """HTML; several when Telegram would need several messages."""
    direction: str
    language: str
    rows: tuple[tuple[Key, ...], ...] = ()
    edited: bool = False
    forwarded: bool = False
    own: bool = False
    """Whether an asker without forced language would have got this one."""
    refusals: tuple[str, ...] = ()
    """What Telegram would refuse in it."""


@dataclass(frozen=True, slots=True)
class Played:
    """What one step changes in one column."""

    column: str
    put: tuple[Bubble, ...] = ()
    """Replaces the bubble with the same id, else stands at the end."""
    removed: tuple[str, ...] = ()
    turn: Turn | None = None


def read_steps(text: str) -> tuple[Step, ...]:
    """The steps that a page sends back. Anything that is not a step is left out; never raises."""
    if len(text) > STEPS_BYTES:
        return ()
    try:
        listed = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return ()
    if not isinstance(listed, list):
        return ()
    steps = [step for entry in listed[-STEPS_KEPT:] if (step := _read_step(entry)) is not None]
    return tuple({step.number: step for step in steps}.values())


def _read_step(entry: Any) -> Step | None:
    if not isinstance(entry, dict):
        return None
    number, act, text, column, on = (entry.get(name) for name in ("n", "act", "text", "column", "on"))
    if not _is_number(number) or not isinstance(text, str):
        return None
    forwarded = entry.get("forwarded") is True
    if act == "say":
        return Step(number, "say", text, forwarded=forwarded)
    if act in ("press", "share") and isinstance(column, str) and _is_number(on):
        return Step(number, act, text, column, on)
    return None


def _is_number(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < LARGEST_NUMBER


def write_steps(steps: Iterable[Step]) -> str:
    """Steps as the page keeps them."""
    return json.dumps([_written(step) for step in tuple(steps)[-STEPS_KEPT:]], ensure_ascii=True)


def _written(step: Step) -> dict[str, Any]:
    entry: dict[str, Any] = {"n": step.number, "act": step.act, "text": step.text}
    if step.act == "say":
        return entry | ({"forwarded": True} if step.forwarded else {})
    return entry | {"column": step.column, "on": step.on}


def next_number(steps: tuple[Step, ...]) -> int:
    """The number of the step that comes after these."""
    return max((step.number for step in steps), default=0) + 1


def pressed_step(value: str, number: int) -> Step | None:
    """What a key sends back ("ACT|COLUMN|ON|DATA") as a step; None for anything else."""
    act, _, rest = value.partition("|")
    column, _, rest = rest.partition("|")
    on, _, data = rest.partition("|")
    if act not in ("press", "share") or not on.isascii() or not on.isdigit() or len(on) > 7:
        return None
    return Step(number, "press" if act == "press" else "share", data, column, int(on))


def play(conversation: Conversation, step: Step, column: str, today: date) -> Played:
    """Do one step in one column; a key pressed in another column changes nothing here."""
    if step.act == "say":
        return _said(conversation, step, column, today)
    if step.column != column:
        return Played(column)
    context = Context(today=today, forced_language=column)
    if step.act == "share":
        cards = conversation.inline(step.text, replace(context, bot_username=conversation.campaign.handle))
        bubbles = [
            bubble_of(conversation, f"{step.number}-a", card.reply, step.number, column, "card") for card in cards[:1]
        ]
        return Played(column, tuple(bubbles))
    turn = conversation.press(step.text, context)
    answer = f"{step.on}-a"
    if turn.effect == "hide" and turn.effect_message is not None:
        return Played(column, removed=(f"{turn.effect_message}-q", answer), turn=turn)
    bubble = bubble_of(conversation, answer, turn.reply, step.on, column, "bot")
    return Played(column, (replace(bubble, edited=True),), turn=turn)


def _said(conversation: Conversation, step: Step, column: str, today: date) -> Played:
    context = Context(today=today, forced_language=column, question_id=step.number)
    turn = conversation.respond(Message(step.text, forwarded=step.forwarded), context, explain=True)
    own = conversation.text_language(conversation.read(step.text), replace(context, forced_language=None)) == column
    answer = replace(bubble_of(conversation, f"{step.number}-a", turn.reply, step.number, column, "bot"), own=own)
    if turn.effect == "forget":
        # /forget takes its own command out of the chat.
        return Played(column, (answer,), (f"{step.number}-q",), turn)
    asked = Bubble(
        f"{step.number}-q", "asker", (Markup.escape(step.text),), "auto", column, forwarded=step.forwarded, own=own
    )
    return Played(column, (asked, answer), turn=turn)


def bubble_of(
    conversation: Conversation, bubble: str, reply: Reply, number: int, column: str, who: Literal["bot", "card"]
) -> Bubble:
    """A reply as a bubble with keys that name their column and step."""
    messages = pack(reply.paragraphs)
    rows = tuple(tuple(_key(button, column, number) for button in row) for row in reply.rows)
    direction = conversation.campaign.languages[reply.language].direction
    refusals = tuple(dict.fromkeys(fault for message in messages for fault in _refusals(message, reply)))
    return Bubble(
        bubble, who, tuple(page_html(part) for part in messages), direction, reply.language, rows, refusals=refusals
    )


def _key(button: Button, column: str, number: int) -> Key:
    if button.url is not None:
        return Key(button.label, "link", button.url)
    if button.action is not None:
        return Key(button.label, "press", f"press|{column}|{number}|{button.action}")
    return Key(button.label, "share", f"share|{column}|{number}|{button.share or ''}")


def _refusals(message: str, reply: Reply) -> Iterable[str]:
    yield from html_faults(message)
    for button in reply.buttons:
        if button.action is not None and len(button.action.encode()) > CALLBACK_BYTES:
            yield button.label


def play_all(conversation: Conversation, steps: Iterable[Step], column: str, today: date) -> tuple[Bubble, ...]:
    """A whole column's bubbles, played from the beginning."""
    bubbles: dict[str, Bubble] = {}
    for step in steps:
        played = play(conversation, step, column, today)
        for bubble in played.put:
            bubbles[bubble.id] = bubble
        for gone in played.removed:
            bubbles.pop(gone, None)
    return tuple(bubbles.values())
