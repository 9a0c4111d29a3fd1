"""`tabayyan chat` and `tabayyan ask`: the conversation without Telegram, for people and for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, TextIO

from bot.dialogue.campaign import Campaign
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Button, Context, Message, Turn
from bot.nlu.ranking import Explanation

MOST_TOPICS = 5
"""Topics that are listed, aliases among them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a new chat."""

    text: str
    earlier: tuple[str, ...] = ()
    """What was written before it in the same chat."""
    forwarded: bool = False


def questions(stream: BinaryIO) -> Iterator[Asked]:
    """Questions from a byte stream, one a line, split on LF only.

    A line that is a JSON string, or a JSON object with "q" or "text", is decoded; anything else is raw text. An object
    may say "context", the earlier lines of the same chat, and "forwarded". Bytes that are no UTF-8 become replacement
    characters.
    """
    for line in stream:
        yield _question(line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", errors="replace"))


def _question(line: str) -> Asked:
    stripped = line.strip()
    if stripped[:1] in ('"', "{"):
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError):
            return Asked(line)
        if isinstance(value, str):
            return Asked(value)
        if isinstance(value, dict):
            for key in ("q", "text"):
                if isinstance(value.get(key), str):
                    return Asked(value[key], _earlier(value.get("context")), value.get("forwarded") is True)
    return Asked(line)


def _earlier(context: object) -> tuple[str, ...]:
    """The lines of a context, each a text or an object like a question; what is neither is left out."""
    found: list[str] = []
    for one in context if isinstance(context, list) else ():
        text = (one.get("q") or one.get("text")) if isinstance(one, dict) else one
        if isinstance(text, str):
            found.append(text)
    return tuple(found)


def as_json(turn: Turn, campaign: Campaign) -> dict[str, Any]:
    """A turn as the JSON object of `ask --json`."""
    aliases: dict[str, list[str]] = {}
    for topic in campaign.topics.values():
        if topic.alias_of is not None:
            aliases.setdefault(topic.alias_of, []).append(topic.id)
    ranked = [
        {"id": topic, "confidence": round(min(1.0, max(0.0, found.confidence)), 4)}
        for found in turn.ranked
        for topic in (found.topic, *aliases.get(found.topic, ()))
    ]
    shown: dict[str, Any] = {
        "outcome": turn.outcome,
        "language": turn.language,
        "topics": ranked[:MOST_TOPICS],
        "answered": [topic for found in turn.answered for topic in (found, *aliases.get(found, ()))],
        "sure": turn.sure,
        "choices": list(turn.choices),
        "urgent": turn.urgent,
        "danger": turn.danger,
        "place": turn.place,
        "signs": list(turn.signs),
        "reply": turn.reply.text,
        "buttons": [button.label for button in turn.reply.buttons],
    }
    if turn.explanation is not None:
        shown["why"] = why_as_json(turn.explanation)
    return shown


def why_as_json(why: Explanation) -> dict[str, Any]:
    """How a ranking came about, for `ask --why` and the try page."""
    return {
        "readings": [{"name": name, "text": text} for name, text in why.variants],
        "repaired": [{"typed": typed, "read": read} for typed, read in why.repaired],
        "nearest": [
            {"topic": topic, "phrasing": phrasing, "likeness": round(likeness, 3)}
            for topic, phrasing, likeness in why.nearest
        ],
        "scores": [{"topic": topic, **{name: round(score, 3) for name, score in parts}} for topic, parts in why.scores],
    }


def ask(
    conversation: Conversation, asked: Iterable[Asked], context: Context, out: TextIO, *, as_lines: bool, why: bool
) -> None:
    """Answer each question as a new chat, or as the last of its own; one JSON object a line, or plain text."""
    for question in asked:
        chat = context
        for line in question.earlier:
            chat = replace(chat, state=conversation.respond(Message(line), chat).state)
        message = Message(question.text, forwarded=question.forwarded)
        turn = conversation.respond(message, chat, ranked=as_lines, explain=why)
        out.write(json.dumps(as_json(turn, conversation.campaign)) if as_lines else shown(turn, why=why))
        out.write("\n")
        out.flush()


def shown(turn: Turn, *, why: bool = False) -> str:
    """A turn as a person reads it in a terminal: the text, then numbered buttons."""
    lines = [turn.reply.text, ""]
    lines += [f"  [{number}] {button.label}" for number, button in enumerate(turn.reply.buttons, 1)]
    if why and turn.explanation is not None:
        lines += ["", json.dumps(why_as_json(turn.explanation), ensure_ascii=False, indent=1)]
    return "\n".join(lines)


def chat(conversation: Conversation, context: Context, read: Callable[[str], str], out: TextIO) -> None:
    """Talk until end of input. A bare number presses that button of the last reply."""
    turn = conversation.respond(Message("/start"), context)
    out.write(shown(turn) + "\n")
    while True:
        try:
            said = read("> ")
        except (EOFError, KeyboardInterrupt):
            out.write("\n")
            return
        button = _pressed(said, turn.reply.buttons)
        if button is not None and button.url is not None:
            out.write(button.url + "\n")
            continue
        if button is not None and button.action is None:
            out.write((button.share or "") + "\n")
            continue
        context = replace(context, state=turn.state)
        turn = (
            conversation.press(button.action, context)
            if button is not None and button.action is not None
            else conversation.respond(Message(said), context)
        )
        out.write(shown(turn) + "\n")


def _pressed(said: str, buttons: tuple[Button, ...]) -> Button | None:
    number = said.strip()
    if number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= len(buttons):
        return buttons[int(number) - 1]
    return None
