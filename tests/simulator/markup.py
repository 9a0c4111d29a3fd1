"""What the Bot API refuses in texts and keyboards, worded as Telegram words it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "s": "strikethrough",
    "code": "code",
    "pre": "pre",
    "a": "text_link",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
}
TEXT_UNITS = 4096


class ApiError(Exception):
    """An answer with ok false."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str) -> ApiError:
    """A 400."""
    return ApiError(400, f"Bad Request: {description}")


def units(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.entities: list[dict[str, Any]] = []
        self._open: list[tuple[str, int, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {len(self.text.encode())}')
        self._open.append((tag, units(self.text), dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise bad(f'can\'t parse entities: Unexpected end tag "{tag}" at byte offset {len(self.text.encode())}')
        name, offset, attributes = self._open.pop()
        length = units(self.text) - offset
        if length:
            entity = {"type": TAGS[name], "offset": offset, "length": length}
            if name == "a":
                entity["url"] = attributes.get("href") or ""
            self.entities.append(entity)

    def handle_data(self, data: str) -> None:
        self.text += data

    def finish(self) -> None:
        self.close()
        if self._open:
            raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{self._open[-1][0]}\"")


def parsed(parameters: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Text and entities of a message to send."""
    text = str(parameters.get("text") or "")
    entities: list[dict[str, Any]] = []
    if str(parameters.get("parse_mode") or "").lower() == "html" and ("<" in text or "&" in text):
        if re.search(r"<(?![/a-zA-Z])", text):
            raise bad('can\'t parse entities: Unsupported start tag "" at byte offset 0')
        parser = _Html()
        parser.feed(text)
        parser.finish()
        text, entities = parser.text, parser.entities
    if not text.strip():
        raise bad("message text is empty")
    if units(text) > TEXT_UNITS:
        raise bad("message is too long")
    return text, entities


def as_object(value: Any) -> Any:
    """A parameter that may come as JSON or as a text of JSON."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise bad("object expected as parameter") from None
    return value


def checked_keyboard(parameters: dict[str, Any]) -> dict[str, Any] | None:
    """The reply_markup, if Telegram would take it."""
    if not parameters.get("reply_markup"):
        return None
    markup: dict[str, Any] = as_object(parameters["reply_markup"])
    count = 0
    for row in markup.get("inline_keyboard", []):
        for button in row:
            count += 1
            acts = [name for name in button if name not in ("text", "style", "icon_custom_emoji_id")]
            if not button.get("text") or len(acts) != 1:
                raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
            if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
                raise bad("BUTTON_DATA_INVALID")
            if "url" in button and not re.fullmatch(r"(https?|tg)://\S+", button["url"]):
                raise bad("inline keyboard button URL is invalid: Wrong HTTP URL")
    if count > 100:
        raise bad("REPLY_MARKUP_TOO_LONG")
    return markup


def found_entities(text: str) -> list[dict[str, Any]]:
    """The entities that Telegram finds in what a person types."""
    found = []
    for kind, pattern in (
        ("bot_command", r"(?<!\S)/\w{1,32}(@\w+)?"),
        ("mention", r"(?<!\w)@\w{3,32}"),
        ("url", r"https?://\S+"),
    ):
        for match in re.finditer(pattern, text):
            found.append({"type": kind, "offset": units(text[: match.start()]), "length": units(match.group())})
    return found
