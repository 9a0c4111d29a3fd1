"""`tabayyan chat` and `tabayyan ask`: the conversation without Telegram, for people and for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, TextIO

from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Button, Context, Message, Turn
from bot.nlu.ranking import Explanation


def questions(stream: BinaryIO) -> Iterator[str]:
    """Questions from a byte stream, one a line, split on LF only.

    A line that is a JSON string, or a JSON object with "q" or "text", is decoded; anything else is raw text. Bytes
    that are no UTF-8 become replacement characters.
    """
    for line in stream:
        yield _question(line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", errors="replace"))


def _question(line: str) -> str:
    stripped = line.strip()
    if stripped[:1] in ('"', "{"):
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError):
            return line
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            for key in ("q", "text"):
                if isinstance(value.get(key), str):
                    return str(value[key])
    return line


def as_json(turn: Turn) -> dict[str, Any]:
    """A turn as the JSON object of `ask --json`."""
    shown: dict[str, Any] = {
        "outcome": turn.outcome,
        "language": turn.language,
        "topics": [
            {"id": found.topic, "confidence": round(min(1.0, max(0.0, found.confidence)), 4)}
            for found in turn.ranked[:5]
        ],
        "answered": list(turn.answered),
        "choices": list(turn.choices),
        "urgent": turn.urgent,
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
    conversation: Conversation, asked: Iterable[str], context: Context, out: TextIO, *, as_lines: bool, why: bool
) -> None:
    """Answer each question as a new chat; one JSON object a line, or plain text."""
    for question in asked:
        turn = conversation.respond(Message(question), context, ranked=as_lines, explain=why)
        out.write(json.dumps(as_json(turn)) if as_lines else shown(turn, why=why))
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
