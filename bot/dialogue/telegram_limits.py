"""What Telegram accepts, in one place: for the content check, the desk and the channel.

Source: the Bot API documentation (sendMessage, InlineKeyboardButton, deep linking, formatting options).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser

TEXT_UNITS = 4096
"""Longest message text, in UTF-16 code units after entities are parsed."""
CALLBACK_BYTES = 64
BUTTON_LABEL_UNITS = 64
"""Not Telegram's limit, which is looser: what a phone shows without cutting a label beyond reading."""
BUTTONS_PER_MESSAGE = 100
START_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What may follow ?start= in a deep link."""
COMMAND_DESCRIPTION_UNITS = 256
DESCRIPTION_UNITS = 512
SHORT_DESCRIPTION_UNITS = 120

HTML_TAGS = frozenset(
    {"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "tg-spoiler"}
)
_QUOTATION = re.compile(r"</?blockquote>")
_TAG = re.compile(r"<[^>]*>")


def utf16_units(text: str) -> int:
    """Length of a text as Telegram counts it, in UTF-16 code units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def plain(markup: str) -> str:
    """Telegram HTML -> the text that a person reads. A quotation stands on lines of its own, as in Telegram."""
    return html.unescape(_TAG.sub("", _QUOTATION.sub("\n", markup)))


class _Tags(HTMLParser):
    """Collects what Telegram would refuse in a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HTML_TAGS:
            self.faults.append(f"<{tag}>")
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def html_faults(markup: str) -> tuple[str, ...]:
    """Name the tags that Telegram's HTML mode would refuse; empty when it would accept the text."""
    parser = _Tags()
    parser.feed(markup)
    parser.close()
    return (*parser.faults, *(f"<{tag}>" for tag in parser.open))


def pack(paragraphs: Iterable[str], limit: int = TEXT_UNITS) -> tuple[str, ...]:
    """Join HTML paragraphs into as few messages as fit Telegram's limit, cut between paragraphs.

    A single paragraph over the limit loses its markup and is cut at the last space before the limit, so that
    no tag is ever split. The limit is in UTF-16 units of the text without markup.
    """
    pieces: list[str] = []
    for paragraph in paragraphs:
        if utf16_units(plain(paragraph)) <= limit:
            pieces.append(paragraph)
        else:
            pieces.extend(html.escape(part, quote=False) for part in _cut(plain(paragraph), limit))
    messages: list[str] = []
    for piece in pieces:
        joined = f"{messages[-1]}\n\n{piece}" if messages else piece
        if messages and utf16_units(plain(joined)) <= limit:
            messages[-1] = joined
        else:
            messages.append(piece)
    return tuple(messages)


def _cut(text: str, limit: int) -> Sequence[str]:
    """Cut a text into parts of at most `limit` UTF-16 units, at spaces where there are any."""
    parts: list[str] = []
    rest = text
    while utf16_units(rest) > limit:
        end, units = 0, 0
        for character in rest:
            units += 2 if ord(character) > 0xFFFF else 1
            if units > limit:
                break
            end += 1
        space = rest.rfind(" ", 0, end)
        cut = space if space > end // 2 else end
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        parts.append(rest)
    return parts
