"""Reports: their words, their formats, both languages, and what they must never say."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.cli import main
from bot.content_tools.load.build import Content
from bot.counting.dimensions import cells_of
from bot.dialogue.campaign import Campaign
from bot.i18n import Phrases, read_phrases
from bot.reports.charts import WIDTH, as_png, as_svg
from bot.reports.digest import FOLDER, LONGEST, Digest, DigestMaker, digest_of
from bot.reports.ledger import privacy_text
from bot.reports.names import Names
from bot.reports.page import as_html
from bot.reports.plain_text import as_text
from bot.reports.report import Bar, Chart, Report
from bot.reports.report_commands import FORMATS, names_from, rendered
from bot.reports.report_writer import ReportWriter
from storage.releases import Releases
from storage.values import Cell, Release, Row

ROOT = Path(__file__).resolve().parent.parent
AHEAD = (date(2026, 11, 21), date(2026, 11, 23))
FORBIDDEN = re.compile(r"\busers?\b|\balarm|مستخدم", re.IGNORECASE)


@pytest.fixture(scope="module")
def names(content: Content) -> Names:
    return names_from(content)


def release(campaign: Campaign, *, number: int = 9, synthetic: bool = False, scale: int = 1) -> Release:
    """A window with something in every section; hidden rows too."""
    topics = list(campaign.topics)
    shown: dict[Cell, Row] = {}
    for place, topic in enumerate(topics[:30]):
        shown["topic", topic] = Row("topic", topic, max(10, 200 * scale // (place + 1) // 5 * 5))
    shown["topic", topics[4]] = replace(
        shown["topic", topics[4]], label="possible-rise", lift=18, lift_low=14, lift_high=22
    )
    shown["topic", topics[5]] = replace(
        shown["topic", topics[5]], label="confirmed-fall", lift=5, lift_low=3, lift_high=7
    )
    shown["topic", topics[6]] = replace(shown["topic", topics[6]], label="new")
    shown["flood", topics[7]] = Row("flood", topics[7], 40)
    for outcome, value in (("answered", 500), ("no-match", 120), ("choices", 15), ("urgent", 35)):
        shown["outcome", outcome] = Row("outcome", outcome, value)
    shown["near-miss", topics[8]] = Row("near-miss", topics[8], 25)
    shown["language", "ar"], shown["language", "en"] = Row("language", "ar", 480), Row("language", "en", 60)
    shown["vocabulary", next(iter(campaign.vocabulary))] = Row("vocabulary", next(iter(campaign.vocabulary)), 30)
    shown["feedback", f"{topics[0]}:helpful"] = Row("feedback", f"{topics[0]}:helpful", 20)
    rows = tuple(shown.get(cell, Row(*cell, None)) for cell in sorted(cells_of(campaign, ("pay",))))
    return Release(number, date(2026, 11, 1), 7, 2.0, 12, 1200, 1, 3, synthetic, rows)


@pytest.fixture(scope="module")
def one(content: Content) -> Release:
    return release(content.campaign)


def report(names: Names, made: Release, language: str = "en", earlier: tuple[Release, ...] = ()) -> Report:
    return ReportWriter(names, language).report(made, earlier, AHEAD)


# ---- words


def test_the_report_says_what_is_known_and_how_sure_it_is(names: Names, one: Release) -> None:
    text = as_text(report(names, one))
    outcomes = [row.shown for row in one.shown("outcome")]
    assert f"Counted outcomes in one week: about {sum(filter(None, outcomes))} (likely " in text
    assert f"Kinds of outcome that are too rare to show: {len(one.family('outcome')) - len(outcomes)}." in text
    assert "about 200 (likely 192 to 208)" in text
    assert "possible rise. Its share is about 1.8 times that of the windows before (likely 1.4 to 2.2)." in text
    assert "confirmed fall. Its share is about 0.5 times" in text
    assert "Urgent help was shown about 35 (likely 27 to 43) times." in text
    assert "No answer: about 120 (likely 112 to 128), roughly 18 %" in text
    assert "Choices offered: about 15 (likely 7 to 23)." in text
    assert "Unusual pattern, may be organised" in text
    assert "New topics" in text
    assert "Hours not counted: 3 of 168. Restarts: 1." in text
    assert "Not shown does not mean not asked" in text


@pytest.mark.parametrize("language", ["ar", "en"])
def test_nothing_is_said_that_must_not_be(names: Names, one: Release, language: str) -> None:
    text = as_text(report(names, one, language))
    assert not FORBIDDEN.search(text)
    for value in re.findall(r"\b(\d+) ?[%٪]", text):
        assert int(value) <= 100
    # No share is formed from a value under 20.
    assert not re.search(r"15 .{0,40}[%٪]", text)


def test_the_arabic_report_is_arabic(names: Names, one: Release) -> None:
    made = report(names, one, "ar")
    assert made.right_to_left
    for section in made.sections:
        for sentence in (section.title, *section.paragraphs):
            latin = re.sub(r"released\.db|PostgreSQL|tabayyan simulate|English|\bb\b|I|Live", "", sentence)
            assert not re.search(r"[A-Za-z]{3,}", latin), sentence
            assert re.search(r"[\u0600-\u06ff]", sentence), sentence


def test_every_sentence_of_the_reports_is_translated() -> None:
    """The reports are read in Arabic first: an untranslated sentence fails."""
    import ast

    phrases = read_phrases(ROOT / "locales", ("ar",), "staff")
    missing = []
    for path in (*(ROOT / "bot" / "reports").glob("*.py"), ROOT / "bot" / "counting" / "dimensions.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in ("say", "_say", "N_"):
                continue
            for argument in node.args[:2]:
                sentence = argument.value if isinstance(argument, ast.Constant) else None
                if isinstance(sentence, str) and len(sentence) > 1 and phrases("ar", sentence) == sentence:
                    missing.append(sentence)
    assert [sentence for sentence in missing if not sentence.startswith("{outcome}")] == []


def test_too_little_is_said_plainly_with_the_day_of_the_next_figures(names: Names, content: Content) -> None:
    rows = tuple(Row(*cell, None) for cell in sorted(cells_of(content.campaign, ())))
    empty = Release(1, date(2026, 11, 1), 7, 2.0, 12, 30, 0, 0, False, rows)
    for language, words in (
        ("en", ("No topic was asked often enough", "23 November 2026", "28 days")),
        ("ar", ("لم يُسأل عن أي موضوع", "23 تشرين الثاني 2026", "28")),
    ):
        text = as_text(report(names, empty, language))
        for word in words:
            assert word in text
    assert "Nothing can be said yet" in as_text(report(names, empty))


def test_before_the_first_release_it_says_so(names: Names) -> None:
    text = as_text(ReportWriter(names, "en").nothing_yet(AHEAD))
    assert "Nothing has been released yet" in text
    assert "its figures come on 23 November 2026" in text


def test_lines_have_gaps_where_nothing_was_shown(names: Names, content: Content, one: Release) -> None:
    topic = list(content.campaign.topics)[4]
    hidden = replace(
        release(content.campaign, number=8),
        rows=tuple(replace(row, shown=None) if row.key == topic else row for row in one.rows),
    )
    changes = next(section for section in report(names, one, "en", (hidden,)).sections if section.id == "changes")
    assert changes.chart is not None
    assert changes.chart.lines[0].values[0] is None
    assert "too few to show" in as_html(report(names, one, "en", (hidden,)))


# ---- formats


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("form", FORMATS)
def test_synthetic_figures_are_marked_on_every_page(names: Names, content: Content, form: str, language: str) -> None:
    made = report(names, release(content.campaign, synthetic=True), language)
    body = rendered(made, names, form)
    mark = "SYNTHETIC" if language == "en" else "بيانات مصطنعة"
    match form:
        case "xlsx":
            book = load_workbook(io.BytesIO(body))
            assert all(mark in str(sheet["A1"].value) for sheet in book)
            assert all(sheet.print_title_rows == "$1:$1" for sheet in book)
        case "csv":
            rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
            assert {row["synthetic"] for row in rows} == {"True"}
        case "json":
            assert json.loads(body)["synthetic"] is True
        case "html":
            text = body.decode()
            assert text.count(mark) >= 3 + sum(section.chart is not None for section in made.sections)
            assert f'@top-center {{ content: "{mark}' in text, "each printed page"
        case _:
            text = body.decode()
            assert text.startswith(mark) or mark in text.splitlines()[0]
            assert mark in text.splitlines()[-1]
    assert mark.encode() not in rendered(report(names, release(content.campaign), language), names, "text")


def test_the_page_works_offline_and_holds_no_script(names: Names, one: Release) -> None:
    html = as_html(report(names, one, "ar"))
    assert '<html lang="ar" dir="rtl">' in html
    assert "<script" not in html
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", html)
    assert not re.search(r"url\(|@import", html)
    outside = set(re.findall(r"https?://[^\s\"'<>]+", html)) - {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert outside == set()
    assert html.count("<svg") == sum(section.chart is not None for section in report(names, one, "ar").sections)


def test_each_chart_has_its_table(names: Names, one: Release) -> None:
    for section in report(names, one).sections:
        if section.chart is not None:
            assert section.table is not None, section.id
            listed = {str(cell) for row in section.table.rows for cell in row}
            assert {bar.name for bar in section.chart.bars} <= listed


def test_markup_in_names_is_only_text(names: Names, one: Release) -> None:
    evil = "<img src=x onerror=alert(1)>&\"'"
    first = one.rows[0]
    topics: Mapping[str, Mapping[str, str]] = {key: {"en": evil, "ar": evil} for key in names.topics}
    bad = replace(names, topics=topics)
    assert first is not None
    html = as_html(report(bad, one))
    assert "<img" not in html


def test_formulas_in_names_stay_text(names: Names, one: Release) -> None:
    bad = replace(names, topics={key: {"en": '=HYPERLINK("http://x")'} for key in names.topics})
    made = report(bad, one)
    for row in csv.reader(io.StringIO(rendered(made, bad, "csv").decode("utf-8-sig"))):
        assert not any(cell.startswith(("=", "+", "@")) for cell in row)
    book = load_workbook(io.BytesIO(rendered(made, bad, "xlsx")))
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_release_gives_the_same_bytes(names: Names, one: Release, form: str) -> None:
    made = report(names, one, "ar")
    if form == "xlsx":
        first, second = (
            [
                [cell.value for cell in row]
                for sheet in load_workbook(io.BytesIO(rendered(made, names, form)))
                for row in sheet.iter_rows()
            ]
            for _ in range(2)
        )
        assert first == second
    else:
        assert rendered(made, names, form) == rendered(made, names, form)


def test_data_files_hold_released_figures_only(names: Names, one: Release) -> None:
    data = json.loads(rendered(report(names, one), names, "json"))
    assert all(row["shown"] is None or row["shown"] % 5 == 0 for row in data["rows"])
    assert len(data["rows"]) == len(one.rows)


def test_right_to_left_charts_put_names_on_the_right_and_shape_arabic(tmp_path: Path) -> None:
    chart = Chart("الأكثر سؤالاً", "الأسئلة", (Bar("هل أعود؟", 50, 42, 58), Bar("ما العقوبة؟", 20, 12, 28)))
    svg = as_svg(chart, right_to_left=True)
    assert "\u2067هل أعود؟\u2069" in svg
    left = as_svg(chart, right_to_left=False)
    assert svg != left
    # Bars grow from the reader's side: the longer bar ends further left for one, further right for the other.
    assert as_png(chart, right_to_left=True).startswith(b"\x89PNG")
    assert inner_bars(svg) == ["right", "right"]
    assert inner_bars(left) == ["left", "left"]


def inner_bars(svg: str) -> list[str]:
    """At which side of the plot each bar begins, from the paths of its marks."""
    width = WIDTH
    sides = []
    for x, length in re.findall(r'aria-roledescription="bar" d="M([\d.]+),[\d.]+h([\d.]+)v', svg):
        if float(x) == 0:
            sides.append("left")
        elif abs(float(x) + float(length) - width) < 0.5:
            sides.append("right")
    return sides


def test_a_report_is_built_in_time(names: Names, content: Content, one: Release) -> None:
    earlier = tuple(release(content.campaign, number=number) for number in range(1, 9))
    start = time.process_time()
    for form in FORMATS:
        rendered(report(names, one, "ar", earlier), names, form)
    assert time.process_time() - start < 3


# ---- digest


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_digest_fits_a_caption_and_has_a_chart(names: Names, one: Release, language: str) -> None:
    digest = digest_of(report(names, one, language))
    assert len(digest.text.encode("utf-16-le")) // 2 <= LONGEST
    assert digest.picture is not None
    assert digest.picture.startswith(b"\x89PNG")


def test_the_digest_is_kept_as_a_file_and_handed_on(tmp_path: Path, names: Names, one: Release) -> None:
    releases = Releases(tmp_path)
    releases.put(one)
    sent: list[Digest] = []
    DigestMaker(tmp_path, releases, lambda: names, "ar", sent.append)(9)
    assert (tmp_path / FOLDER / "window-9.txt").read_text(encoding="utf-8").strip() == sent[0].text
    assert (tmp_path / FOLDER / "window-9.png").read_bytes() == sent[0].picture


def test_a_digest_that_fails_is_an_event_and_nothing_else(
    tmp_path: Path, names: Names, one: Release, caplog: pytest.LogCaptureFixture
) -> None:
    releases = Releases(tmp_path)
    releases.put(one)

    def refuse(_: Digest) -> None:
        raise RuntimeError("chat 123456789012 not found")

    DigestMaker(tmp_path, releases, lambda: names, "ar", refuse)(9)
    events = [record.tabayyan_event for record in caplog.records if hasattr(record, "tabayyan_event")]
    assert events == ["digest-failed"]
    assert "123456789012" not in caplog.text + str([vars(record) for record in caplog.records])


# ---- the ledger


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_ledger_names_every_family_its_cost_and_the_limits(names: Names, content: Content, language: str) -> None:
    text = privacy_text(names.say, language, 2.0, 12, cells_of(content.campaign, ("pay",)))
    for figure in ("1.50", "0.50", "1.00", "0.25", "0.75", "5.75", "1.25", "62", "78"):
        assert figure in text
    assert text.count(" | ") == 10 * 5
    assert ("Honest limits" if language == "en" else "الحدود بصراحة") in text


@pytest.mark.parametrize(("language", "word"), [("ar", "الصوتية"), ("en", "Voice notes")])
def test_the_ledger_says_what_is_switched_on(names: Names, language: str, word: str) -> None:
    off = privacy_text(names.say, language, 2.0, 12, ())
    on = privacy_text(names.say, language, 2.0, 12, (), voice=True)
    assert word not in off
    assert [line for line in on.splitlines() if line not in off.splitlines()] == [
        line for line in on.splitlines() if word in line
    ]
    assert word in on
    assert len(privacy_text(names.say, language, 2.0, 12, (), pictures=True, voice=True)) > len(on)


def test_phrases_are_what_reports_are_worded_with(names: Names) -> None:
    assert isinstance(names.say, Phrases)


# ---- commands


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_commands_from_nothing_to_a_restored_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: Content, one: Release
) -> None:
    data, saved = tmp_path / "data", tmp_path / "saved.json"
    monkeypatch.setenv("TABAYYAN_DATA_DIR", str(data))
    code, out, _ = command(capsys, "report", "--language", "en")
    assert code == 0
    assert "Nothing has been released yet" in out
    Releases(data).put(one)
    code, first, _ = command(capsys, "report", "--language", "en", "--window", "9")
    assert code == 0
    assert "Counted outcomes in one week: about " in first
    assert command(capsys, "report", "--window", "4")[0] == 1
    assert command(capsys, "backup", str(saved))[0] == 0
    for path in data.iterdir():
        path.unlink()
    code, out, _ = command(capsys, "restore", str(saved))
    assert (code, out.strip()) == (0, "Windows restored: 1; there already: 0.")
    assert command(capsys, "report", "--language", "en", "--window", "9")[1] == first
    saved.write_text("{}")
    code, _, err = command(capsys, "restore", str(saved))
    assert code == 1
    assert "was not restored" in err


def test_a_report_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TABAYYAN_DATA_DIR", str(tmp_path))
    code, _, err = command(capsys, "report", "--output", str(tmp_path / "no" / "such" / "file"))
    assert code == 1
    assert "cannot be written" in err


def test_the_privacy_command_prints_the_ledger(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, "privacy", "--language", "en")
    assert code == 0
    assert "Theme without an answer" in out
