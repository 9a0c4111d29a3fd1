"""The report as data: CSV, JSON and an Excel workbook. Only released figures, in any of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from bot.reports.names import Names
from bot.reports.report import Report
from bot.reports.wording import reach

COLUMNS = (
    "window", "first_day", "last_day", "family", "key", "name", "shown", "likely_from", "likely_to", "label",
    "lift", "lift_from", "lift_to", "synthetic",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MADE = datetime(2000, 1, 1)
"""The workbook's time of making: always this, so that the same release gives the same bytes."""


def as_csv(report: Report, names: Names) -> str:
    """One line for every key of the window, shown or not."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in _rows(report, names):
        writer.writerow([_harmless(value) for value in row])
    return out.getvalue()


def as_json(report: Report, names: Names) -> str:
    """Figures and words together."""
    release = report.release
    window = None
    if release is not None:
        window = {
            "number": release.number,
            "first_day": release.first_day.isoformat(),
            "last_day": release.last_day.isoformat(),
            "length": release.length,
            "noise_scale": release.scale,
            "show_limit": release.show_limit,
            "total": release.total,
            "restarts": release.restarts,
            "lost_hours": release.lost_hours,
        }
    body = {
        "synthetic": bool(report.synthetic),
        "note": report.synthetic or None,
        "language": report.language,
        "title": report.title,
        "window": window,
        "rows": [dict(zip(COLUMNS[3:-1], row[3:-1], strict=True)) for row in _rows(report, names)],
        "sections": [
            {"id": section.id, "title": section.title, "paragraphs": list(section.paragraphs)}
            for section in report.sections
        ],
        "ahead": report.ahead or None,
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def as_workbook(report: Report, names: Names) -> bytes:
    """One sheet of words, one for each table, one of all figures."""
    book = Workbook()
    book.properties.created = book.properties.modified = MADE
    book.properties.creator = "Tabayyan"
    first = book.active
    assert isinstance(first, Worksheet)
    first.title = _sheet_name(report.title, [])
    words: list[Sequence[object]] = [[report.title], [report.period]]
    for section in report.sections:
        words += [[], [section.title], *([paragraph] for paragraph in section.paragraphs)]
    _fill(first, report, words)
    first.column_dimensions["A"].width = 110
    for section in report.sections:
        if section.table is not None:
            sheet = book.create_sheet(_sheet_name(section.title, book.sheetnames))
            table: list[Sequence[object]] = [section.table.columns]
            table += [[report.too_few if cell is None else cell for cell in row] for row in section.table.rows]
            _fill(sheet, report, table)
    everything: list[Sequence[object]] = [COLUMNS, *_rows(report, names)]
    _fill(book.create_sheet(_sheet_name("data", book.sheetnames)), report, everything)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _rows(report: Report, names: Names) -> list[tuple[object, ...]]:
    release = report.release
    if release is None:
        return []
    listed: list[tuple[object, ...]] = []
    for row in sorted(release.rows, key=lambda row: (row.family, -(row.shown or 0), row.key)):
        low, high = reach(release, row) if row.shown is not None else (None, None)
        lifts = tuple(value / 10 if value is not None else None for value in (row.lift, row.lift_low, row.lift_high))
        listed.append(
            (
                release.number,
                release.first_day.isoformat(),
                release.last_day.isoformat(),
                row.family,
                row.key,
                names.name(row.family, row.key, report.language),
                row.shown,
                low,
                high,
                row.label,
                *lifts,
                release.synthetic,
            )
        )
    return listed


def _harmless(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _fill(sheet: Worksheet, report: Report, rows: Sequence[Sequence[object]]) -> None:
    sheet.sheet_view.rightToLeft = report.right_to_left
    listed = [[report.synthetic], *rows] if report.synthetic else rows
    for number, row in enumerate(listed, 1):
        for place, value in enumerate(row, 1):
            cell = sheet.cell(row=number, column=place)
            cell.value = value  # type: ignore[assignment]
            if isinstance(value, str):
                cell.data_type = "s"
    for cell in sheet[2 if report.synthetic else 1]:
        cell.font = Font(bold=True)
    if report.synthetic:
        sheet["A1"].font = Font(bold=True, color="A33B3B")
        sheet.print_title_rows = "1:1"
    for place in range(1, sheet.max_column + 1):
        width = max((len(str(row[place - 1])) for row in rows if len(row) >= place), default=8)
        sheet.column_dimensions[get_column_letter(place)].width = min(60, width + 2)


def _sheet_name(title: str, taken: Sequence[str]) -> str:
    clean = "".join(character for character in title if character not in r"[]:*?/\'")[:28] or "sheet"
    name, number = clean, 2
    while name in taken:
        name, number = f"{clean} {number}", number + 1
    return name
