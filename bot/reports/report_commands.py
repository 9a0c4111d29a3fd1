"""The reports' commands: report, simulate, privacy; backup and restore beside them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bot.clock import machine_clock
from bot.content_tools.load.build import Content, read_content
from bot.counting.window import BASELINE, due
from bot.dialogue.conversation import Conversation
from bot.dialogue.offers import OfferChecker
from bot.i18n import N_, all_staff_phrases, for_staff, staff_languages
from bot.reports.backup_commands import add_commands as add_backup_commands
from bot.reports.backup_commands import has_counted
from bot.reports.names import Names, names_of
from bot.reports.plain_text import as_text
from bot.reports.report import Ahead, Report
from bot.reports.report_writer import ReportWriter
from bot.reports.simulation import Season
from bot.settings import Settings, read_settings, sources
from storage.databases import LOCAL_FILE, RELEASED_FILE, StoreErrors
from storage.releases import Releases
from storage.values import Release
from storage.windows import WindowFile

FORMATS = ("text", "html", "csv", "json", "xlsx")
PROBLEM = 1
SIMULATION = "simulation"
"""Folder below DATA_DIR."""


Converse = Callable[[Settings, Content], Conversation]
"""What the simulated askers talk to."""


def add_commands(subparsers: Any, converse: Converse) -> None:
    """Register the commands on `tabayyan`'s subparsers; each sets `act`, which gives an exit code."""
    report = subparsers.add_parser("report", help=for_staff(N_("what was asked, from released figures")))
    report.add_argument("--window", type=int, metavar="N", help="number of a released window; default: the last one")
    report.add_argument("--format", choices=FORMATS, default="text")
    report.add_argument("--language", choices=staff_languages(), default=staff_languages()[-1])
    report.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    report.add_argument("--data-dir", type=Path, metavar="FOLDER", help="for example the folder of a simulation")
    report.set_defaults(act=_report)

    simulate = subparsers.add_parser(
        "simulate", help=for_staff(N_("make up a season and report it, marked as synthetic"))
    )
    simulate.add_argument("--weeks", type=_from_one, default=12, help="how long; default 12")
    simulate.add_argument("--questions", type=_from_one, default=1000, help="questions a week that have an answer")
    simulate.add_argument("--seed", type=int, default=1, help="another number asks other questions")
    simulate.add_argument("--language", choices=staff_languages(), default=staff_languages()[-1])
    simulate.add_argument("--data-dir", type=Path, metavar="FOLDER", help="default: DATA_DIR/simulation")
    simulate.set_defaults(act=partial(_simulate, converse=converse))

    privacy = subparsers.add_parser("privacy", help=for_staff(N_("what is kept, and what it can give away")))
    privacy.add_argument("--language", choices=staff_languages(), default=staff_languages()[-1])
    privacy.set_defaults(act=_privacy)

    add_backup_commands(subparsers)


def _from_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def _ends_lately(weeks: int) -> date:
    """The first day of a season whose last week has just been released: a Monday."""
    today = machine_clock().today()
    return today - timedelta(days=today.weekday() + 7 * (weeks + 1))


def read_names(settings: Settings) -> Names:
    """The names of all keys, from the content folder; keys name themselves when it cannot be read."""
    return names_from(read_content(settings.content_dir).content)


def names_from(content: Content | None) -> Names:
    """The names of all keys of a content."""
    say = all_staff_phrases()
    return names_of(content.campaign, content.offers, say) if content is not None else Names(say)


def sign_ids(content: Content) -> tuple[str, ...]:
    """Ids of the warning signs that offers are searched for."""
    return OfferChecker(content.offers).sign_ids


def ahead_of(data_dir: Path) -> Ahead | None:
    """The open window's last day and the moment its figures are due; None where there is none to be read."""
    file = WindowFile(data_dir)
    if not file.path.exists():
        return None
    try:
        window = file.open_window()
    except StoreErrors:
        return None
    return (window.last_day, due(window, None).date()) if window is not None else None


def worded(releases: Sequence[Release], names: Names, language: str, data_dir: Path) -> Report:
    """The report of the last of some releases, or the one that says that there is none."""
    writer = ReportWriter(names, language)
    ahead = ahead_of(data_dir)
    if not releases:
        return writer.nothing_yet(ahead)
    return writer.report(releases[-1], releases[:-1], ahead)


def _report(arguments: argparse.Namespace) -> int:
    settings = read_settings(data_dir=arguments.data_dir, database_url=None if arguments.data_dir is None else "")
    print(sources(settings), file=sys.stderr)
    if arguments.data_dir is not None and not has_counted(settings):
        print(f"No figures lie in {settings.data_dir}. {_elsewhere(settings.data_dir)}", file=sys.stderr)
        return PROBLEM
    found: tuple[Release, ...] = ()
    if has_counted(settings):
        releases = Releases(settings.data_dir, settings.database_url)
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
    elif arguments.window is not None:
        print(f"Window {arguments.window} has not been released. Released: none.", file=sys.stderr)
        return PROBLEM
    names = read_names(settings)
    report = worded(found, names, arguments.language, settings.data_dir)
    code = _put(rendered(report, names, arguments.format), arguments.output)
    if not found:
        print(f"Nothing has been released. {_elsewhere(settings.data_dir)}", file=sys.stderr)
    return code if found or arguments.output is None else PROBLEM


def _elsewhere(folder: Path) -> str:
    """What to do where there are no figures."""
    simulated = folder / SIMULATION
    if (simulated / RELEASED_FILE).exists():
        return f"A simulated season lies beside: tabayyan report --data-dir {simulated}"
    return (
        "If the bot counts elsewhere, name its folder with --data-dir or its settings with --env-file. "
        "To see what a report looks like: tabayyan simulate"
    )


def rendered(report: Report, names: Names, form: str) -> bytes:
    """A report in one of `FORMATS`."""
    # Charts and workbooks take their time to import: only who wants them waits.
    match form:
        case "html":
            from bot.reports.page import as_html

            return as_html(report).encode()
        case "csv":
            from bot.reports.tabular import as_csv

            # With a byte order mark, by which Excel knows UTF-8.
            return as_csv(report, names).encode("utf-8-sig")
        case "json":
            from bot.reports.tabular import as_json

            return as_json(report, names).encode()
        case "xlsx":
            from bot.reports.tabular import as_workbook

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


def _simulate(arguments: argparse.Namespace, converse: Converse) -> int:
    from bot.reports.digest import DigestMaker
    from bot.reports.simulation import Simulator

    settings = read_settings()
    folder = arguments.data_dir or settings.data_dir / SIMULATION
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        print(f"{folder} cannot be made: {error.strerror}. Name another with --data-dir.", file=sys.stderr)
        return PROBLEM
    if any((folder / name).exists() for name in (LOCAL_FILE, RELEASED_FILE)):
        print(f"{folder} holds figures already. Remove the folder, or name another with --data-dir.", file=sys.stderr)
        return PROBLEM
    content = read_content(settings.content_dir).content
    if content is None:
        print("The content cannot be read. See: tabayyan check", file=sys.stderr)
        return PROBLEM
    names = names_from(content)
    simulator = Simulator(
        converse(settings, content), sign_ids(content), folder, arguments.seed, _ends_lately(arguments.weeks)
    )
    season = simulator.run(arguments.weeks, arguments.questions)
    releases = simulator.releases.last(BASELINE + 1)
    report = worded(releases, names, arguments.language, folder)
    for form in FORMATS:
        (folder / f"report.{'txt' if form == 'text' else form}").write_bytes(rendered(report, names, form))
    if releases:
        DigestMaker(folder, simulator.releases, lambda: names, arguments.language)(releases[-1].number)
    where = names.say(
        arguments.language,
        "Reports lie in {folder}: open report.html. Any week: tabayyan report --data-dir {folder} --window N",
        folder=str(folder),
    )
    print(where, end="\n\n", flush=True)
    sys.stdout.write(as_text(report))
    print(f"\n{where}\n" + planted_in_words(season, names, arguments.language))
    return 0


def planted_in_words(season: Season, names: Names, language: str) -> str:
    """What a simulated season should show, one thing a line, in the reader's language."""

    def say(sentence: str, **values: str) -> str:
        return names.say(language, sentence, **values)

    def topic(key: str) -> str:
        return names.name("topic", key, language)

    lines = [say("What was planted, so that you can look for it:")]
    if season.surge_in:
        lines.append(say("Week {week}: a poster brings many people.", week=str(season.surge_in)))
    if season.quiet_in:
        lines.append(say("Week {week}: hardly anybody asks.", week=str(season.quiet_in)))
    if season.flood_in:
        lines.append(
            say("Week {week}: 20 accounts flood “{topic}”.", week=str(season.flood_in), topic=topic(season.flooded))
        )
    if season.rises_in:
        lines.append(say("From week {week}: “{topic}” rises.", week=str(season.rises_in), topic=topic(season.rising)))
    if season.themes:
        themes = say(", ").join(names.name("vocabulary", theme, language) for theme in season.themes)
        lines.append(
            say("From week {week}: themes without an answer: {themes}.", week=str(season.themes_from), themes=themes)
        )
    return "\n".join(lines)


def _privacy(arguments: argparse.Namespace) -> int:
    from bot.counting.dimensions import cells_of
    from bot.reports.ledger import privacy_text

    settings = read_settings()
    content = read_content(settings.content_dir).content
    cells = cells_of(content.campaign, sign_ids(content)) if content is not None else frozenset()
    say = names_from(content).say
    sys.stdout.write(
        privacy_text(
            say,
            arguments.language,
            settings.noise_scale,
            settings.show_limit,
            cells,
            pictures=settings.read_pictures,
            voice=settings.voice_model is not None,
        )
    )
    return 0
