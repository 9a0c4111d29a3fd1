"""Screenshots: read in memory by Tesseract where it is installed, refused in all other cases."""

from __future__ import annotations

import os
import time
from io import BytesIO
from pathlib import Path

import pytest

from bot.channels import ocr

needs_tesseract = pytest.mark.skipif(
    not ocr.is_available() and os.environ.get("CI") != "true",
    reason="Tesseract is not installed: apt-get install tesseract-ocr tesseract-ocr-ara",
)


def picture(lines: list[str], *, dark: bool = False, noise: bool = False) -> bytes:
    """A PNG screenshot with lines of Latin text."""
    from PIL import Image, ImageDraw, ImageFont

    image = (
        Image.effect_noise((900, 400), 120)
        if noise
        else Image.new("L", (900, 90 * len(lines) + 60), 20 if dark else 255)
    )
    draw = ImageDraw.Draw(image)
    if not noise:
        for number, line in enumerate(lines):
            draw.text((40, 40 + 90 * number), line, fill=235 if dark else 0, font=ImageFont.load_default(40))
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


ADVERT = ["Guards wanted in Moscow", "Salary 2500 dollars a month", "Send a photo of your passport"]


@needs_tesseract
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_screenshot_is_read(dark: bool) -> None:
    text = ocr.read_picture(picture(ADVERT, dark=dark))
    assert text is not None
    for word in ("Moscow", "2500", "passport"):
        assert word in text


@pytest.mark.slow
@needs_tesseract
def test_noise_gives_nothing() -> None:
    assert ocr.read_picture(picture([], noise=True)) is None


@needs_tesseract
def test_time_is_bounded() -> None:
    started = time.monotonic()
    assert ocr.read_picture(picture(ADVERT), seconds=0.01) is None
    assert time.monotonic() - started < 5


@needs_tesseract
def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert ocr.read_picture(picture(ADVERT))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, b"\xff\xd8\xff\xe0" + b"x" * 99]
)
def test_other_bytes_give_nothing(data: bytes) -> None:
    assert ocr.read_picture(data) is None


def test_too_large_a_file_is_refused() -> None:
    assert ocr.read_picture(b"x" * 101, limit_bytes=100) is None


def test_without_tesseract_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.ocr.shutil.which", lambda name: None)
    assert not ocr.is_available()
    assert ocr.read_picture(b"\x89PNG") is None


def test_words_that_tesseract_is_not_sure_of_are_dropped() -> None:
    head = "level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext"
    row = "5\t1\t1\t1\t{line}\t1\t0\t0\t9\t9\t{conf}\t{text}"
    sure = [
        row.format(line=1, conf=95, text="راتب"),
        row.format(line=1, conf=90, text="2500"),
        row.format(line=2, conf=91, text="روسيا"),
    ]
    unsure = row.format(line=2, conf=20, text="شسيب")
    assert ocr._trusted("\n".join([head, *sure, unsure])) == "راتب 2500\nروسيا"
    assert ocr._trusted("\n".join([head, unsure, unsure, unsure])) is None
    assert ocr._trusted(head) is None
