"""A QR poster for a topic: A4, as PDF and PNG, in a language's own direction."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import segno
import vl_convert

from bot.reports.drawing import register_fonts
from bot.reports.font_files import FAMILY

MILLIMETRES = (210, 297)
"""A4; the drawing's own unit is a tenth of a millimetre."""
WIDTH, HEIGHT = (10 * side for side in MILLIMETRES)
POINTS = tuple(side / 25.4 * 72 for side in MILLIMETRES)
"""What the drawing library takes for the size of a PDF's sheet."""
PNG_DOTS = 300
"""An inch."""
MARGIN = 170
QR_SIDE = 1050
NAME_SIZE, TITLE_SIZE, TEXT_SIZE, LINK_SIZE = 70, 150, 80, 58
LETTER = 0.56
"""Width of a bold letter beside the type's size, on the safe side for both scripts (a test measures)."""
INK, QUIET, BAND = "#1d2b36", "#55636e", "#2f6f8f"


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on a poster."""

    title: str
    text: str
    link: str
    foot: str
    """The campaign's name."""
    right_to_left: bool


def poster_svg(poster: Poster) -> str:
    """The poster as one SVG picture."""
    title = wrapped(poster.title, _letters(TITLE_SIZE))
    text = wrapped(poster.text, _letters(TEXT_SIZE))
    y = 560 if len(title) == 1 else 500
    parts: list[str] = [_text(poster.foot, 150, NAME_SIZE, poster, colour="#fff", bold=True)]
    for line in title:
        parts.append(_text(line, y, TITLE_SIZE, poster, bold=True))
        y += round(TITLE_SIZE * 1.3)
    top = y + (HEIGHT - 400 - y - QR_SIDE - len(text) * round(TEXT_SIZE * 1.5)) // 3
    parts.append(_qr(poster.link, top))
    y = top + QR_SIDE + 110
    parts.append(_text(shown_link(poster.link), y, LINK_SIZE, poster, colour=QUIET, latin=True))
    y += 150
    for line in text:
        parts.append(_text(line, y, TEXT_SIZE, poster))
        y += round(TEXT_SIZE * 1.5)
    width, height = POINTS
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.2f}" height="{height:.2f}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{FAMILY}"><rect width="100%" height="100%" fill="#fff"/>'
        f'<rect width="{WIDTH}" height="230" fill="{BAND}"/>{"".join(parts)}</svg>'
    )


def shown_link(link: str) -> str:
    """The link as somebody would type it: without the part that only a camera needs."""
    return link.removeprefix("https://").partition("?")[0]


def _letters(size: int) -> int:
    return int((WIDTH - 2 * MARGIN) / (size * LETTER))


def _qr(link: str, top: int) -> str:
    qr = segno.make(link, error="m")
    modules, _ = qr.symbol_size(scale=1, border=0)
    squares = "".join(
        f'<rect x="{x}" y="{y}" width="1.02" height="1.02"/>'
        for y, row in enumerate(qr.matrix)
        for x, dark in enumerate(row)
        if dark
    )
    return f'<g transform="translate({(WIDTH - QR_SIDE) / 2} {top}) scale({QR_SIDE / modules:.5f})">{squares}</g>'


def _text(
    text: str, y: int, size: int, poster: Poster, *, colour: str = INK, bold: bool = False, latin: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    # The drawing library ignores direction="rtl"; right-to-left marks at both ends do the same to punctuation.
    marked = f"\u200f{escape(text)}\u200f" if poster.right_to_left and not latin else escape(text)
    return f'<text x="{WIDTH // 2}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="middle"{weight}>{marked}</text>'


def wrapped(text: str, characters: int) -> list[str]:
    """A text in even lines of at most so many characters, cut at spaces; a longer word keeps a line of its own."""
    lines = _filled(text, characters)
    # As few lines, but none of one word: a narrower line that still needs no further line.
    for width in range(characters, 0, -1):
        narrower = _filled(text, width)
        if len(narrower) > len(lines) or max(map(len, narrower), default=0) > width:
            break
        lines = narrower
    return lines


def _filled(text: str, characters: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= characters:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def write_poster(poster: Poster, folder: Path, name: str) -> tuple[Path, Path]:
    """Write NAME.pdf and NAME.png into a folder; gives both paths.

    Raises:
        OSError: the folder cannot be written, or a font is missing.
    """
    register_fonts()
    folder.mkdir(parents=True, exist_ok=True)
    svg = poster_svg(poster)
    pdf, png = folder / f"{name}.pdf", folder / f"{name}.png"
    pdf.write_bytes(vl_convert.svg_to_pdf(svg))
    png.write_bytes(vl_convert.svg_to_png(svg, ppi=PNG_DOTS))
    return pdf, png
