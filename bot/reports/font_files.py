"""The one family of all pictures, Arabic and Latin, shipped with the program: no machine's own fonts are used."""

from __future__ import annotations

from pathlib import Path

FAMILY = "Tabayyan Sans"
FOLDER = Path(__file__).resolve().parent / "fonts"
FILES = ("TabayyanSans-Regular.ttf", "TabayyanSans-Bold.ttf")
REST = f"{FAMILY}, Noto Sans Arabic, Noto Sans, system-ui, sans-serif"
"""For SVG in a page: its reader's machine may not have ours."""


def missing_fonts() -> tuple[str, ...]:
    """Files without which Arabic pictures would be boxes."""
    return tuple(name for name in FILES if not (FOLDER / name).is_file())
