"""Pictures that are right on any machine: the shipped letters only, real A4, and a rise that looks like one."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
import vl_convert
from PIL import Image, ImageFont

from bot.content_tools.load.build import Content
from bot.reports import charts, drawing, poster
from bot.reports.charts import as_png, as_svg
from bot.reports.font_files import FAMILY, FILES, FOLDER, missing_fonts
from bot.reports.poster import Poster, poster_svg, wrapped, write_poster
from bot.reports.poster_command import worded
from bot.reports.report import Bar, Chart, Line
from bot.settings import SettingsError

MIXED = "عمل في روسيا: guard، سائق، cook (2026)"
BARS = Chart("العنوان Title", "axis", (Bar(MIXED, 150, 142, 158, 120), Bar("What?", 20, 12, 28, None)))
LINES = Chart("آخر الفترات", "axis", (), (Line("مال؟", (25, None, 80, 120)),), ("5/1", "12/1", "19/1", "26/1"))


def fonts_of(pdf: bytes) -> set[str]:
    """Families in a PDF, without the subset's mark."""
    return {name.decode().partition("+")[2] for name in re.findall(rb"/BaseFont */([A-Za-z0-9+-]+)", pdf)}


@pytest.mark.parametrize("right_to_left", [True, False])
@pytest.mark.parametrize("chart", [BARS, LINES])
def test_charts_use_the_shipped_letters_only(chart: Chart, right_to_left: bool) -> None:
    drawing.register_fonts()
    spec = charts._spec(chart, right_to_left, "SYNTHETIC صناعية")
    assert fonts_of(vl_convert.vegalite_to_pdf(spec)) <= {"TabayyanSans-Regular", "TabayyanSans-Bold"}


@pytest.mark.parametrize("right_to_left", [True, False])
def test_the_poster_is_a4_in_the_shipped_letters(tmp_path: Path, right_to_left: bool) -> None:
    one = Poster(MIXED, MIXED * 2, "https://t.me/tabayyan_bot?start=x", "تبيَّن · Tabayyan", right_to_left)
    pdf, png = write_poster(one, tmp_path, "one")
    assert fonts_of(pdf.read_bytes()) == {"TabayyanSans-Regular", "TabayyanSans-Bold"}
    box = re.search(rb"/MediaBox *\[([^\]]+)\]", pdf.read_bytes())
    assert box is not None
    millimetres = [round(float(side) / 72 * 25.4) for side in box[1].split()]
    assert millimetres == [0, 0, 210, 297]
    with Image.open(png) as picture:
        dots = round(picture.info["dpi"][0])
        assert [round(side / dots * 25.4) for side in picture.size] == [210, 297]
        assert dots == 300


def test_a_missing_font_is_named_rather_than_drawn_as_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_fonts() == ()
    for module in (drawing, __import__("bot.reports.font_files", fromlist=["FOLDER"])):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    shutil.copy(FOLDER / FILES[0], tmp_path)
    drawing.register_fonts.cache_clear()
    with pytest.raises(FileNotFoundError, match=FILES[1]):
        as_png(BARS, right_to_left=True)
    drawing.register_fonts.cache_clear()


def test_letters_of_the_content_are_in_the_font(content: Content) -> None:
    drawn = "".join(
        answer.title for topic in content.campaign.topics.values() for answer in topic.answers.values()
    ) + "".join(label for code in content.campaign.codes.values() for label in code.values())
    for name in FILES:
        font = ImageFont.truetype(str(FOLDER / name), 40)
        boxes = [
            letter
            for letter in sorted(set(drawn))
            if letter.isprintable() and bytes(font.getmask(letter)) == _box(font)
        ]
        assert boxes == []


def _box(font: ImageFont.FreeTypeFont) -> bytes:
    return bytes(font.getmask("\U0001f9ff"))


def test_every_title_fits_its_sheet(content: Content) -> None:
    font = ImageFont.truetype(str(FOLDER / FILES[1]), poster.TITLE_SIZE)
    for topic in content.campaign.topics.values():
        for answer in topic.answers.values():
            lines = wrapped(answer.title, poster._letters(poster.TITLE_SIZE))
            assert len(lines) <= 3
            for line in lines:
                assert font.getlength(line) <= poster.WIDTH - poster.MARGIN, line
            svg = poster_svg(Poster(answer.title, "x " * 60, "https://t.me/tabayyan_bot?start=x", "x", True))
            lowest = max(int(float(y)) for y in re.findall(r'<text x="\d+" y="([\d.]+)"', svg))
            assert lowest < poster.HEIGHT - 60, "nothing runs off the sheet"


@pytest.mark.parametrize("handle", ["my bot", "x", "бот_бот", "a" * 40, "../../x", "1abcde"])
def test_a_name_that_no_bot_has_makes_no_poster(content: Content, handle: str) -> None:
    topic = next(iter(content.campaign.topics))
    with pytest.raises(SettingsError, match="public name"):
        worded(content.campaign, topic, language="ar", code=None, handle=handle)


@pytest.mark.parametrize("right_to_left", [True, False])
def test_a_rise_looks_like_a_rise_in_both_directions_of_writing(right_to_left: bool) -> None:
    rising = Chart("t", "a", (), (Line("x", (10, 20, 40, 80)),), ("5/1", "12/1", "19/1", "26/1"))
    with Image.open(io.BytesIO(as_png(rising, right_to_left=right_to_left))) as picture:
        colour = tuple(bytes.fromhex(charts.LINE_COLOURS[0][1:]))
        area = picture.convert("RGB").crop((0, 0, picture.width, int(picture.height * 0.75)))
        pixels = area.load()
        assert pixels is not None
        spots = [(x, y) for x in range(0, area.width, 2) for y in range(0, area.height, 2) if pixels[x, y] == colour]
    left, right = min(spots), max(spots)
    assert left[1] > right[1] + 50, "the last window is at the right, and higher"
    svg = as_svg(rising, right_to_left=right_to_left)
    assert all(f">{day}<" in svg for day in rising.steps), "dates on the axis"


def test_type_is_legible_at_the_width_of_a_phone() -> None:
    for chart in (BARS, LINES):
        svg = as_svg(chart, right_to_left=True)
        found = re.search(r'viewBox="0 0 ([\d.]+)', svg)
        assert found is not None
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)', svg)]
        assert min(sizes) * 360 / float(found[1]) >= 9.5, (min(sizes), found[1])
        assert FAMILY in svg
