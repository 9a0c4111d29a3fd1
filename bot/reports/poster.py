"""A QR poster for a topic: A4, as PDF and PNG, in a language's own direction."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

import segno
import vl_convert

WIDTH, HEIGHT = 794, 1123
"""A4 at 96 dots an inch, which is what an SVG pixel is."""
MARGIN = 70
QR_SIDE = 420
TITLE_SIZE, TEXT_SIZE = 46, 26
PNG_SCALE = 3
LINE_CHARACTERS = 44
"""About what fits a line of the text size; Arabic letters are narrower, so this is on the safe side."""
FONTS = "Noto Sans Arabic, Noto Naskh Arabic, Noto Sans, DejaVu Sans, sans-serif"


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on a poster."""

    title: str
    text: str
    link: str
    foot: str
    right_to_left: bool


def poster_svg(poster: Poster) -> str:
    """The poster as one SVG picture."""
    anchor_x = WIDTH - MARGIN if poster.right_to_left else MARGIN
    anchor = "end" if poster.right_to_left else "start"
    qr = segno.make(poster.link, error="m")
    modules, _ = qr.symbol_size(scale=1, border=0)
    scale = QR_SIDE / modules
    top = 330
    squares = "".join(
        f'<rect x="{x}" y="{y}" width="1.02" height="1.02"/>'
        for y, row in enumerate(qr.matrix)
        for x, dark in enumerate(row)
        if dark
    )
    lines: list[str] = []
    y = 120
    for line in wrapped(poster.title, LINE_CHARACTERS * TEXT_SIZE // TITLE_SIZE):
        lines.append(_line(line, anchor_x, y, TITLE_SIZE, anchor, bold=True))
        y += round(TITLE_SIZE * 1.35)
    y = top + QR_SIDE + 80
    for line in wrapped(poster.text, LINE_CHARACTERS):
        lines.append(_line(line, anchor_x, y, TEXT_SIZE, anchor))
        y += round(TEXT_SIZE * 1.5)
    lines.append(
        f'<text x="{WIDTH / 2}" y="{top + QR_SIDE + 34}" font-size="18" text-anchor="middle" font-family="DejaVu Sans, Noto Sans, sans-serif">'
        f"{escape(poster.link)}</text>"
    )
    lines.append(
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 50}" font-size="18" text-anchor="middle" '
        f'fill="#444">{_marked(poster.foot, anchor)}</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="{FONTS}"><rect width="100%" height="100%" fill="#fff"/>'
        f'<g transform="translate({(WIDTH - QR_SIDE) / 2} {top}) scale({scale:.5f})" fill="#000">{squares}</g>'
        f"{''.join(lines)}</svg>"
    )


def _line(text: str, x: int, y: int, size: int, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}"{weight}>{_marked(text, anchor)}</text>'


def _marked(text: str, anchor: str) -> str:
    # The drawing library ignores direction="rtl"; right-to-left marks at both ends do the same to punctuation.
    return f"\u200f{escape(text)}\u200f" if anchor == "end" else escape(text)


def wrapped(text: str, characters: int) -> list[str]:
    """A text in lines of at most so many characters, cut at spaces; a longer word keeps a line of its own."""
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
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg = poster_svg(poster)
    pdf, png = folder / f"{name}.pdf", folder / f"{name}.png"
    pdf.write_bytes(vl_convert.svg_to_pdf(svg))
    png.write_bytes(vl_convert.svg_to_png(svg, scale=PNG_SCALE))
    return pdf, png
