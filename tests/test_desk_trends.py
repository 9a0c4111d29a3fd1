"""The trends page: released windows only, what is missing looks missing, made-up figures are marked."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from bot.desk.trends_page import bars_of, compare, lines_of
from bot.reports.names import names_of
from bot.reports.report import Bar, Chart, Line
from storage.values import Release, Row
from tests import desk_kit


def release(number: int, shown: Mapping[str, int | None], **changed: Any) -> Release:
    """A window with topics of the tiny campaign; None: too few to show."""
    first = date(2026, 10, 1) + timedelta(days=7 * number)
    rows = tuple(Row("topic", topic, value) for topic, value in shown.items())
    made = Release(number, first, 7, 2.0, 12, 120, 0, 3, False, rows)
    return replace(made, **changed)


class Windows:
    """Released windows in memory."""

    def __init__(self, *releases: Release) -> None:
        self.by_number = {one.number: one for one in releases}

    def numbers(self) -> tuple[int, ...]:
        return tuple(sorted(self.by_number))

    def get(self, number: int) -> Release | None:
        return self.by_number.get(number)

    def last(self, count: int, *, until: int | None = None) -> tuple[Release, ...]:
        return tuple(self.by_number[one] for one in self.numbers() if until is None or one <= until)[-count:]


class Broken(Windows):
    def numbers(self) -> tuple[int, ...]:
        raise OSError("the disk has gone")


FIRST = release(1, {"law-prison-term": 40, "scam-red-flags": 25, "law-old": None})
SECOND = release(2, {"law-prison-term": 90, "scam-red-flags": 30, "law-old": None})


def client(*releases: Release, **changed: Any) -> TestClient:
    return desk_kit.client(releases=Windows(*(releases or (FIRST, SECOND))), **changed)


def test_before_the_first_release_it_says_so_and_when() -> None:
    ahead = lambda: (date(2026, 11, 29), datetime(2026, 12, 1, 6, tzinfo=UTC))  # noqa: E731
    page = desk_kit.client(releases=Windows(), ahead=ahead).get("/desk/trends?lang=en").text
    assert "Nothing has been released yet." in page and "29 November 2026" in page
    assert "download" not in page.lower()


def test_without_counting_it_says_so() -> None:
    assert "Nothing is counted here" in desk_kit.client().get("/desk/trends?lang=en").text


def test_a_store_that_is_gone_is_said_in_words() -> None:
    answer = desk_kit.client(releases=Broken()).get("/desk/trends?lang=en")
    assert answer.status_code == 503 and "cannot be read at the moment" in answer.text
    assert "disk has gone" not in answer.text


def test_the_last_window_is_shown_with_chart_table_and_method() -> None:
    page = client().get("/desk/trends?lang=en").text
    assert "How many years in prison?" in page and ">90<" in page
    assert 'role="img"' in page and "<rect" in page
    assert "Do not conclude" in page
    assert "SYNTHETIC" not in page


def test_an_earlier_window_can_be_chosen() -> None:
    page = client().get("/desk/trends?lang=en&window=1").text
    assert ">40<" in page and ">90<" not in page.split('id="changes"')[0]


@pytest.mark.parametrize(
    "query", ["window=3", "window=0", "window=-1", "window=x", "window=1e9", "window=%D9%A1", "window=2;drop"]
)
def test_no_window_but_a_released_one_can_be_asked_for(query: str) -> None:
    assert client().get(f"/desk/trends?{query}").status_code == 404
    assert client().get(f"/desk/trends/download?format=csv&{query}").status_code == 404


class Leaking(Windows):
    """Would hand out a window that is not in the list of the released ones."""

    def numbers(self) -> tuple[int, ...]:
        return (1,)


def test_a_window_that_is_not_listed_as_released_is_never_read() -> None:
    given = desk_kit.client(releases=Leaking(FIRST, SECOND))
    for path in (
        "/desk/trends?window=2",
        "/desk/trends/download?format=csv&window=2",
        "/desk/trends/download?format=png&window=2",
    ):
        assert given.get(path).status_code == 404
    page = given.get("/desk/trends?lang=en&window=1&other=2").text
    assert ">90<" not in page and "Two windows compared" not in page


def test_two_windows_are_compared_by_their_likely_ranges() -> None:
    names = names_of(desk_kit.campaign(), (), desk_kit.phrases())
    rows = {row.name: row for row in compare(FIRST, SECOND, names, "en")}
    assert rows["How many years in prison?"].verdict == "more"
    assert rows["How do I know a false offer?"].verdict == "chance"
    assert len(rows) == 2
    gone = compare(FIRST, release(3, {"law-prison-term": None}), names, "en")
    assert {row.verdict for row in gone} == {"unknown"}


def test_the_page_compares() -> None:
    page = client().get("/desk/trends?lang=en&window=2&other=1").text
    assert "more than before" in page and "the difference may be chance" in page
    unequal = client(replace(FIRST, length=28), SECOND).get("/desk/trends?lang=en&window=2&other=1").text
    assert "differ in length" in unequal and "more than before" not in unequal


def test_made_up_figures_are_marked_on_the_page_and_in_every_file() -> None:
    made_up = replace(SECOND, synthetic=True)
    given = client(FIRST, made_up)
    assert given.get("/desk/trends?lang=en").text.count("SYNTHETIC") == 2
    listed = list(
        csv.DictReader(io.StringIO(given.get("/desk/trends/download?window=2&format=csv").content.decode("utf-8-sig")))
    )
    assert {row["synthetic"] for row in listed} == {"True"}
    compared = given.get("/desk/trends?lang=en&window=2&other=1").text
    assert "One of the two is synthetic" in compared


def test_files_hold_the_same_figures() -> None:
    given = client()
    answer = given.get("/desk/trends/download?lang=en&window=2&format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="tabayyan-2-en.csv"'
    rows = {row["key"]: row["shown"] for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert rows == {"law-prison-term": "90", "scam-red-flags": "30", "law-old": ""}
    book = load_workbook(io.BytesIO(given.get("/desk/trends/download?lang=ar&window=2&format=xlsx").content))
    assert any(cell.value == 90 for sheet in book for row in sheet.iter_rows() for cell in row)


def test_a_chart_is_a_picture() -> None:
    answer = client().get("/desk/trends/download?lang=ar&window=2&format=png")
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
    for query in ("section=method", "section=../x", "section=%22%0d%0aset-cookie:a=b"):
        refused = client().get(f"/desk/trends/download?window=2&format=png&{query}")
        assert refused.status_code == 404 and "set-cookie" not in refused.headers


@pytest.mark.parametrize("kind", ["", "exe", "html", "../x"])
def test_other_files_are_not_made(kind: str) -> None:
    assert client().get(f"/desk/trends/download?window=2&format={kind}").status_code == 404


def test_bars_lie_on_one_scale() -> None:
    first, second = bars_of(Chart("t", "a", (Bar("x", 90, 82, 100), Bar("y", 20, 12, 28))))
    assert (first.width, first.start, first.reach) == (90.0, 82.0, 18.0)
    assert second.start + second.reach == 28.0


def test_a_gap_in_a_line_stays_a_gap() -> None:
    (line,) = lines_of(Chart("t", "a", lines=(Line("x", (10, None, 20, 30, None)),), steps=("1", "2", "3", "4", "5")))
    assert [len(run) for run in line.runs] == [1, 2]
    assert line.missing == (25.0, 100.0)
    assert line.last is None


@pytest.mark.parametrize("language", ["ar", "en"])
def test_hidden_rows_are_never_zero(language: str) -> None:
    page = client().get(f"/desk/trends?lang={language}").text
    assert not re.search(r">\s*0\s*<", page.split('id="quality"')[0])
