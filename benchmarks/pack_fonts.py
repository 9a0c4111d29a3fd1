"""Makes bot/reports/fonts/: one family with Arabic and Latin letters, so that pictures look alike on every machine.

Run it where fonttools and the Noto fonts are (Debian: fonts-noto-core):
`python -m benchmarks.pack_fonts /usr/share/fonts/truetype/noto`
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

FAMILY = "Tabayyan Sans"
TARGET = Path(__file__).resolve().parent.parent / "bot" / "reports" / "fonts"
LATIN = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    *range(0x2010, 0x2028),
    0x2030,
    0x2032,
    0x2039,
    0x203A,
    0x20AC,
    0x2212,
]
MARKS = [0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x2066, 0x2067, 0x2068, 0x2069]
ARABIC = [*range(0x600, 0x700), *range(0x750, 0x780)]


def main(folder: Path) -> None:
    """Merge a Latin and an Arabic subset for each weight."""
    from fontTools.merge import Merger
    from fontTools.ttLib import TTFont

    TARGET.mkdir(exist_ok=True)
    for weight in ("Regular", "Bold"):
        with tempfile.TemporaryDirectory() as scratch:
            parts = []
            for name, letters in ((f"NotoSans-{weight}.ttf", LATIN + MARKS), (f"NotoSansArabic-{weight}.ttf", ARABIC)):
                part = Path(scratch) / name
                _subset(folder / name, letters, part)
                parts.append(str(part))
            merged: TTFont = Merger().merge(parts)
        _rename(merged, weight)
        merged.save(TARGET / f"TabayyanSans-{weight}.ttf")


def _subset(source: Path, letters: list[int], target: Path) -> None:
    from fontTools import subset

    options = subset.Options(
        layout_features=["*"], hinting=False, name_IDs=[0, 1, 2, 4, 5, 6, 13, 14], notdef_outline=True
    )
    font = subset.load_font(str(source), options)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=letters)
    chosen.subset(font)
    # Arabic letters are joined by features of their own script; Latin's kerning stays with Latin.
    subset.save_font(font, str(target), options)


def _rename(font: Any, weight: str) -> None:
    for record in font["name"].names:
        if record.nameID in (1, 16):
            record.string = FAMILY
        elif record.nameID in (4, 6):
            record.string = f"{FAMILY.replace(' ', '')}-{weight}" if record.nameID == 6 else f"{FAMILY} {weight}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
