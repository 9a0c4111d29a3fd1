"""The reports' commands: report, simulate, privacy, backup, restore."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.content_reader.reload import load_or_last_good
from bot.phrases import read_phrases
from bot.reports.names import Names, names_of
from bot.reports.report import Report, ReportWriter
from bot.reports.text import as_text
from bot.settings import ROOT, Settings, read_settings
from storage.databases import StoreErrors
from storage.releases import Release, Releases
from storage.windows import BASELINE, WindowFile

LOCALES = ROOT / "locales"
FORMATS = ("text", "html", "csv", "json", "xlsx")
PROBLEM = 1


def add_commands(subparsers: Any) -> None:
    """Register the commands on `tabayyan`'s subparsers; each sets `act`, which gives an exit code."""
    report = subparsers.add_parser("report", help="what was asked, from released figures / ما الذي سُئل عنه")
    report.add_argument("--window", type=int, metavar="N", help="number of a released window; default: the last one")
    report.add_argument("--format", choices=FORMATS, default="text")
    report.add_argument("--language", choices=("ar", "en"), default="ar")
    report.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    report.add_argument("--data-dir", type=Path, metavar="FOLDER", help="for example the folder of a simulation")
    report.set_defaults(act=_report)


def read_names(settings: Settings) -> Names:
    """The names of all keys, from the content in force."""
    from datetime import UTC

    loaded = load_or_last_good(settings.content_dir, settings.data_dir, datetime.now(UTC).date())
    content = loaded.content
    languages = tuple(content.campaign.languages) if content is not None else ("ar", "en")
    say = read_phrases(LOCALES, languages)
    if content is None:
        return Names(say)
    signs: dict[str, dict[str, str]] = {}
    for words in content.offers:
        for sign in words.signs:
            signs.setdefault(sign.id, {})[words.language] = sign.name
    return names_of(content.campaign, signs, say)


def ahead_of(data_dir: Path) -> tuple[date, datetime] | None:
    """The open window's last day and the moment its figures are due; None where there is none to be read."""
    file = WindowFile(data_dir)
    if not file.path.exists():
        return None
    try:
        window = file.open_window()
    except StoreErrors:
        return None
    return (window.last_day, window.due) if window is not None else None


def worded(releases: Sequence[Release], names: Names, language: str, data_dir: Path) -> Report:
    """The report of the last of some releases, or the one that says that there is none."""
    writer = ReportWriter(names, language)
    ahead = ahead_of(data_dir)
    if not releases:
        return writer.nothing_yet(ahead)
    return writer.report(releases[-1], releases[:-1], ahead)


def _report(arguments: argparse.Namespace) -> int:
    settings = read_settings(data_dir=arguments.data_dir)
    releases = Releases(settings.data_dir, settings.database_url if arguments.data_dir is None else "")
    try:
        numbers = releases.numbers()
        if arguments.window is not None and arguments.window not in numbers:
            known = ", ".join(map(str, numbers)) or "none"
            print(f"Window {arguments.window} has not been released. Released: {known}.", file=sys.stderr)
            return PROBLEM
        found = releases.last(BASELINE + 1, until=arguments.window)
    except StoreErrors as error:
        print(f"The released figures cannot be read ({type(error).__name__}).", file=sys.stderr)
        return PROBLEM
    names = read_names(settings)
    report = worded(found, names, arguments.language, settings.data_dir)
    return _put(rendered(report, names, arguments.format), arguments.output)


def rendered(report: Report, names: Names, form: str) -> bytes:
    """A report in one of `FORMATS`."""
    # Charts and workbooks take their time to import: only who wants them waits.
    match form:
        case "html":
            from bot.reports.page import as_html

            return as_html(report).encode()
        case "csv":
            from bot.reports.sheets import as_csv

            # With a byte order mark, by which Excel knows UTF-8.
            return as_csv(report, names).encode("utf-8-sig")
        case "json":
            from bot.reports.sheets import as_json

            return as_json(report, names).encode()
        case "xlsx":
            from bot.reports.sheets import as_workbook

            return as_workbook(report, names)
        case _:
            return as_text(report).encode()


def _put(body: bytes, output: Path | None) -> int:
    if output is None:
        sys.stdout.buffer.write(body)
        return 0
    try:
        output.write_bytes(body)
    except OSError as error:
        print(f"{output} cannot be written: {error.strerror}.", file=sys.stderr)
        return PROBLEM
    return 0
