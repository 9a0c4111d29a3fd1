"""Makes the shipped letters known to the drawing library. It takes 30 MB: only who draws imports this."""

from __future__ import annotations

from functools import cache

import vl_convert

from bot.reports.font_files import FOLDER, missing_fonts


@cache
def register_fonts() -> None:
    """Make the family known, once.

    Raises:
        FileNotFoundError: a font file is missing from the program.
    """
    if missing := missing_fonts():
        raise FileNotFoundError(f"{FOLDER / missing[0]} is missing: install the program again")
    vl_convert.register_font_directory(str(FOLDER))
