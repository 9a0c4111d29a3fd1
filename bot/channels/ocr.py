"""The words of a screenshot, read in memory by Tesseract if that is installed; nothing is written anywhere.

The pytesseract package hands pictures over as temporary files, so Tesseract is called here through pipes.
"""

from __future__ import annotations

import shutil
import subprocess
from io import BytesIO

try:
    from PIL import Image, ImageOps
except ImportError:  # the extra "ocr" is not installed
    Image = ImageOps = None  # type: ignore[assignment]

LANGUAGES = "ara+eng"
MOST_PIXELS = 12_000_000
"""A larger picture is refused before it is unpacked: a small file can hold a huge one."""
SHARPEST_SIDE = 2200
"""Pixels; more does not help Tesseract and costs time."""
SMALLEST_SIDE = 1400
"""Pixels; a smaller screenshot is enlarged."""
LOWEST_CONFIDENCE = 55.0
"""Tesseract's confidence in a word, 0 to 100, below which the word is dropped."""
LOWEST_MEAN = 60.0
"""Mean confidence below which the whole reading is dropped: noise is read as words that are not there."""
FEWEST_WORDS = 3


def is_available() -> bool:
    """Whether pictures can be read on this machine."""
    return Image is not None and shutil.which("tesseract") is not None


def read_picture(data: bytes, *, limit_bytes: int = 5_000_000, seconds: float = 8.0) -> str | None:
    """The words in a picture, line by line, or None where there are none that can be trusted.

    `limit_bytes` bounds the file, `seconds` the time that Tesseract gets. Never raises for any bytes.
    """
    program = shutil.which("tesseract")
    if Image is None or program is None or not data or len(data) > limit_bytes:
        return None
    picture = _prepared(data)
    if picture is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments; the picture goes through a pipe
            [program, "stdin", "stdout", "-l", LANGUAGES, "--psm", "6", "tsv"],
            input=picture,
            capture_output=True,
            timeout=seconds,
            check=True,
            env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin:/bin:/usr/local/bin"},
        )
    except (subprocess.SubprocessError, OSError):
        return None
    return _trusted(done.stdout.decode("utf-8", "replace"))


def _prepared(data: bytes) -> bytes | None:
    """Picture bytes -> grey dark-on-light PNM bytes of a size that Tesseract reads well."""
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return None
            grey = ImageOps.exif_transpose(opened).convert("L")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        return None
    side = max(grey.size)
    scale = SHARPEST_SIDE / side if side > SHARPEST_SIDE else 2.0 if side < SMALLEST_SIDE else 1.0
    if scale != 1.0:
        grey = grey.resize(
            (max(1, round(grey.width * scale)), max(1, round(grey.height * scale))), Image.Resampling.LANCZOS
        )
    grey = ImageOps.autocontrast(grey)
    histogram = grey.histogram()
    if sum(histogram[:128]) > sum(histogram[128:]):
        grey = ImageOps.invert(grey)  # dark mode
    out = BytesIO()
    grey.save(out, "PPM")
    return out.getvalue()


def _trusted(table: str) -> str | None:
    """Tesseract's TSV -> text of the words that it is sure of."""
    lines: dict[tuple[str, ...], list[str]] = {}
    sure: list[float] = []
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) < 12 or not cells[11].strip():
            continue
        try:
            confidence = float(cells[10])
        except ValueError:
            continue
        sure.append(confidence)
        if confidence >= LOWEST_CONFIDENCE:
            lines.setdefault(tuple(cells[1:5]), []).append(cells[11].strip())
    if len(sure) < FEWEST_WORDS or sum(sure) / len(sure) < LOWEST_MEAN:
        return None
    return "\n".join(" ".join(found) for found in lines.values()) or None
