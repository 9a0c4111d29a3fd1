"""The translators' spreadsheet: nothing is lost on the way out and back, and nothing is taken over unseen."""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from bot.content_tools.checks.check import check
from bot.content_tools.load.build import read_content
from bot.content_tools.load.content_folder import content_digest, load
from bot.content_tools.spreadsheet import (
    SheetError,
    Words,
    export_sheet,
    import_sheet,
    read_workbook,
    words_of,
    workbook,
)
from tests.conftest import ROOT, TODAY

BASE = ROOT / "tests" / "broken_content" / "base"

# What an editor can type: no control characters (the check refuses them in every file), no lone surrogates.
typed = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\n"),
    max_size=120,
)
sentences = typed.filter(lambda text: bool(text.strip()) and text == text.strip())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small campaign's content."""
    shutil.copytree(BASE / "content", tmp_path / "content")
    return tmp_path / "content"


def _edit(sheet: Path, name: str, find: str, text: str | None) -> None:
    """Change one cell, or delete its row."""
    book = load_workbook(sheet)
    for row in book[name].iter_rows():
        for cell in row:
            if cell.value == find:
                if text is None:
                    book[name].delete_rows(cell.row)
                else:
                    cell.value = text
                book.save(sheet)
                return
    pytest.fail(f"{find!r} is not on the sheet {name}")


def test_all_real_content_survives_the_spreadsheet() -> None:
    words = words_of(load(ROOT / "content"))
    now, base, faults = read_workbook(workbook(words))
    assert faults == []
    assert now.texts == words.texts and base.texts == words.texts
    assert now.lists == words.lists and base.lists == words.lists


def test_an_untouched_spreadsheet_changes_no_byte(folder: Path, tmp_path: Path) -> None:
    before = content_digest(folder)
    export_sheet(folder, tmp_path / "x.xlsx")
    change, conflicts = import_sheet(folder, tmp_path / "x.xlsx")
    change.write()
    assert conflicts == () and change.files == {}
    assert content_digest(folder) == before


def test_a_translated_cell_lands_in_its_file_and_nowhere_else(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "x.xlsx"
    export_sheet(folder, sheet)
    _edit(sheet, "answers", "How many come back?", "How many return?")
    _edit(sheet, "contacts", "Foreign Ministry", "Ministry of Foreign Affairs")
    _edit(sheet, "categories", "What the law says.", "Law and return.")
    _edit(sheet, "phrasings en", "who gives the visa", "who hands out visas")
    _edit(sheet, "phrasings ar", "بمنو اخابر", None)
    change, conflicts = import_sheet(folder, sheet)
    change.write()
    assert conflicts == ()
    assert {path.relative_to(folder).as_posix() for path in change.files} == {
        "en/how-many.yaml",
        "contacts.yaml",
        "en/_categories.yaml",
        "en/phrasings/visa-offices.yaml",
        "ar/phrasings/call-for-help.yaml",
    }
    content = read_content(folder).content
    assert content is not None
    assert content.campaign.topics["how-many"].answers["en"].title == "How many return?"
    assert content.campaign.contacts["ministry"].name["en"] == "Ministry of Foreign Affairs"
    assert content.campaign.topics["visa-offices"].phrasings["en"] == ("where is a visa made", "who hands out visas")
    assert content.campaign.topics["call-for-help"].phrasings["iq"] == ("شنو الرقم مالت الطوارئ",)
    left = [problem for problem in check(folder, TODAY).problems if problem.code != "phrasings-few"]
    assert left == []


def test_what_both_changed_is_reported_and_kept(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "x.xlsx"
    export_sheet(folder, sheet)
    path = folder / "en" / "how-many.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("How many come back?", "Who returns?"), encoding="utf-8")
    before = content_digest(folder)
    _edit(sheet, "answers", "How many come back?", "How many return?")
    change, conflicts = import_sheet(folder, sheet)
    change.write()
    assert content_digest(folder) == before
    assert conflicts == (
        "answers how-many title en: changed here as well. Kept: Who returns? Not taken over: How many return?",
    )


def test_what_only_an_editor_changed_stays(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "x.xlsx"
    export_sheet(folder, sheet)
    path = folder / "en" / "how-many.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("How many come back?", "Who returns?"), encoding="utf-8")
    before = content_digest(folder)
    change, conflicts = import_sheet(folder, sheet)
    assert conflicts == () and change.files == {}
    assert content_digest(folder) == before


def test_an_emptied_cell_and_an_unknown_row_are_reported(folder: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "x.xlsx"
    export_sheet(folder, sheet)
    _edit(sheet, "answers", "How many come back?", "")
    book = load_workbook(sheet)
    book["answers"].append(["no-such-topic", "title", "عنوان", "A title"])
    book["phrasings en"].append(["no-such-topic", "en", "hello there"])
    book.save(sheet)
    change, conflicts = import_sheet(folder, sheet)
    assert change.files == {}
    assert "answers how-many title en: emptied in the spreadsheet. Kept: How many come back?" in conflicts
    assert "answers no-such-topic title en: there is no such place any more. Not taken over: A title" in conflicts
    assert "en no-such-topic en: there is no such list. Not taken over: hello there" in conflicts


def test_a_text_that_begins_like_a_formula_stays_a_text() -> None:
    words = Words(("en",), {("answers", "x", "title", "en"): "=1+1"}, {("en", "x", "en"): ("+964", "@who", "-x")})
    now, _, _ = read_workbook(workbook(words))
    assert now == words


def test_comments_and_other_lines_of_a_file_stay(folder: Path, tmp_path: Path) -> None:
    path = folder / "en" / "how-many.yaml"
    path.write_text(
        "# for the editor\n" + path.read_text(encoding="utf-8").replace("next_step", "# and here\nnext_step"),
        encoding="utf-8",
    )
    sheet = tmp_path / "x.xlsx"
    export_sheet(folder, sheet)
    book = load_workbook(sheet)
    for row in book["answers"].iter_rows(min_row=2):
        if row[0].value == "how-many" and row[1].value == "short":
            row[3].value = "Fewer than 5 percent, it is said; no document was found."
    book.save(sheet)
    import_sheet(folder, sheet)[0].write()
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# for the editor\ntitle: How many come back?\nshort: ")
    assert "\n# and here\nnext_step: >-\n" in text


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 not a zip", b"title: x\n"])
def test_what_is_no_spreadsheet_is_refused_in_a_sentence(raw: bytes, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.xlsx").write_bytes(raw)
    with pytest.raises(SheetError, match=r"not a spreadsheet"):
        import_sheet(folder, tmp_path / "x.xlsx")


def test_a_spreadsheet_of_somebody_elses_is_refused(folder: Path, tmp_path: Path) -> None:
    book = Workbook()
    packed = io.BytesIO()
    book.save(packed)
    (tmp_path / "x.xlsx").write_bytes(packed.getvalue())
    with pytest.raises(SheetError, match=r'"base" is missing'):
        import_sheet(folder, tmp_path / "x.xlsx")


@given(st.dictionaries(st.integers(0, 9), typed, max_size=6), st.lists(sentences, max_size=6, unique=True))
@settings(max_examples=300, deadline=None)
def test_any_words_survive_the_workbook(texts: dict[int, str], phrasings: list[str]) -> None:
    words = Words(("en",), {("answers", f"t{n}", "title", "en"): text for n, text in texts.items()})
    if phrasings:
        words.lists["en", "t", "en"] = tuple(phrasings)
    now, base, faults = read_workbook(workbook(words))
    assert (now.texts, now.lists, faults) == (words.texts, words.lists, [])
    assert base.texts == words.texts


def _round_trip(short: str, details: str, phrasings: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "content"
        shutil.copytree(BASE / "content", folder)
        sheet = Path(place) / "x.xlsx"
        export_sheet(folder, sheet)
        book = load_workbook(sheet)
        for row in book["answers"].iter_rows(min_row=2):
            if row[0].value == "call-for-help" and row[1].value in ("short", "details"):
                row[3].value = short if row[1].value == "short" else details
                row[3].data_type = "s"
        for phrasing in phrasings:
            book["phrasings en"].append(["call-for-help", "en", phrasing])
            book["phrasings en"].cell(book["phrasings en"].max_row, 3).data_type = "s"
        book.save(sheet)
        change, conflicts = import_sheet(folder, sheet)
        change.write()
        assert conflicts == ()
        content = read_content(folder).content
        assert content is not None
        answer = content.campaign.topics["call-for-help"].answers["en"]
        # A cell cannot tell _x0041_ from the letter that spreadsheets mean by it.
        assert (answer.short, answer.details) == (short, details)
        found = content.campaign.topics["call-for-help"].phrasings["en"]
        assert found == tuple(dict.fromkeys(("who can i call", "emergency number please", *phrasings)))


plain_sentences = sentences.filter(lambda text: "_x" not in text)


@given(plain_sentences, plain_sentences, st.lists(plain_sentences, max_size=4))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_translation_reads_back_as_typed(short: str, details: str, phrasings: list[str]) -> None:
    _round_trip(short, details, phrasings)


@pytest.mark.slow
@given(plain_sentences, plain_sentences, st.lists(plain_sentences, max_size=4))
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_thousand_translations_read_back_as_typed(short: str, details: str, phrasings: list[str]) -> None:
    _round_trip(short, details, phrasings)
