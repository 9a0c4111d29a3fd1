"""Telegram's HTML -> HTML that is safe on a page."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markupsafe import Markup

_TAGS = {
    "b": "b",
    "strong": "b",
    "i": "i",
    "em": "i",
    "u": "u",
    "ins": "u",
    "s": "s",
    "strike": "s",
    "del": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-spoiler": "span",
}
_SCHEMES = frozenset({"http", "https", "tel"})


class _Rewriter(HTMLParser):
    """Writes known tags without attributes, links to web pages, and everything else as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (address := safe_address(dict(attrs).get("href") or "")):
            self.parts.append(f'<a href="{escape(address)}" rel="noopener noreferrer nofollow" target="_blank">')
            self._open.append("a")
        elif tag in _TAGS:
            self.parts.append(f"<{_TAGS[tag]}>")
            self._open.append(_TAGS[tag])

    def handle_endtag(self, tag: str) -> None:
        name = _TAGS.get(tag, tag)
        if self._open and self._open[-1] == name:
            self.parts.append(f"</{self._open.pop()}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(escape(data))

    def finish(self) -> str:
        """Close what is still open and give the whole."""
        self.close()
        self.parts += [f"</{name}>" for name in reversed(self._open)]
        return "".join(self.parts)


def safe_address(address: str) -> str | None:
    """An address that a page may link to; None for script, data and unknown schemes."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    return address.strip() if parts.scheme.lower() in _SCHEMES else None


def page_html(telegram_html: str) -> Markup:
    """Telegram HTML as a page may show it: Telegram's tags only, no attribute but a web link's address."""
    rewriter = _Rewriter()
    rewriter.feed(telegram_html)
    return Markup(rewriter.finish())  # noqa: S704 - every tag and text above is written by us or escaped
