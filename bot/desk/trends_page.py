"""Trends: the released windows as charts and tables. What has not been released cannot be reached from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.desk.dependencies import ReleasedWindows
from bot.desk.pages import Pages
from bot.reports.names import Names, names_of
from bot.reports.report import Chart, Line, Report
from bot.reports.report_writer import ReportWriter
from bot.reports.sections import SPARKS
from bot.reports.wording import reach
from storage.databases import StoreErrors
from storage.values import Release

_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
}
LISTED = 26
"""Windows in the list to choose from: the newest ones."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the list of windows shows of one."""

    number: int
    first_day: date
    last_day: date
    synthetic: bool


@dataclass(frozen=True, slots=True)
class BarShape:
    """One bar in percent of the chart's width."""

    name: str
    value: int
    low: int
    high: int
    width: float
    start: float
    reach: float


@dataclass(frozen=True, slots=True)
class LineShape:
    """One line: runs of points without a gap, and the places where nothing was shown. Coordinates 0 to 100."""

    name: str
    runs: tuple[tuple[tuple[float, float], ...], ...]
    missing: tuple[float, ...]
    last: int | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One topic in two windows; None: too few to show."""

    name: str
    first: int | None
    second: int | None
    verdict: str
    """more, less, chance, or unknown where one of them is not shown."""


def bars_of(chart: Chart) -> tuple[BarShape, ...]:
    """A chart's bars, laid out on one scale."""
    most = max((bar.high for bar in chart.bars), default=0) or 1
    return tuple(
        BarShape(
            bar.name,
            bar.value,
            bar.low,
            bar.high,
            round(100 * bar.value / most, 1),
            round(100 * bar.low / most, 1),
            round(100 * (bar.high - bar.low) / most, 1),
        )
        for bar in chart.bars
    )


def lines_of(chart: Chart) -> tuple[LineShape, ...]:
    """A chart's lines, laid out on one scale; a gap stays a gap."""
    most = max((value for line in chart.lines for value in line.values if value is not None), default=0) or 1
    return tuple(_line_shape(line, most) for line in chart.lines)


def _line_shape(line: Line, most: int) -> LineShape:
    step = 100 / max(1, len(line.values) - 1)
    runs: list[tuple[tuple[float, float], ...]] = []
    run: list[tuple[float, float]] = []
    missing = []
    for place, value in enumerate(line.values):
        if value is None:
            missing.append(round(place * step, 1))
            runs, run = [*runs, tuple(run)], []
        else:
            run.append((round(place * step, 1), round(100 - 90 * value / most, 1)))
    shown = tuple(one for one in [*runs, tuple(run)] if one)
    return LineShape(line.name, shown, tuple(missing), line.values[-1] if line.values else None)


def compare(first: Release, second: Release, names: Names, language: str) -> tuple[Compared, ...]:
    """The topics of two windows, side by side; those that neither shows are left out."""
    here = {row.key: row for row in first.family("topic")}
    there = {row.key: row for row in second.family("topic")}
    found = []
    for key in dict.fromkeys((*here, *there)):
        one, two = here.get(key), there.get(key)
        a, b = (row.shown if row is not None else None for row in (one, two))
        if a is None and b is None:
            continue
        verdict = "unknown"
        if one is not None and two is not None and a is not None and b is not None:
            (low, high), (other_low, other_high) = reach(first, one), reach(second, two)
            verdict = "less" if other_high < low else "more" if other_low > high else "chance"
        found.append(Compared(names.name("topic", key, language), a, b, verdict))
    return tuple(sorted(found, key=lambda row: (-(row.second or 0), -(row.first or 0), row.name)))


def trends_routes(pages: Pages) -> list[Route]:
    """The trends page and its downloads."""

    # What has been released never changes: each window's head is read once.
    heads: dict[int, Head] = {}

    async def show(request: Request) -> Response:
        return await run_in_threadpool(_show, pages, heads, request)

    async def download(request: Request) -> Response:
        return await run_in_threadpool(_download, pages, request)

    return [Route("/desk/trends", show), Route("/desk/trends/download", download)]


def _names(pages: Pages) -> Names:
    content = pages.services.content()
    offers = content.offers if content is not None else ()
    return names_of(pages.services.conversation().campaign, offers, pages.services.say)


def _number(request: Request, name: str, known: Sequence[int]) -> int | None:
    """A window's number from the address; None unless it has been released."""
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        return None
    return int(text) if int(text) in known else None


def report_of(pages: Pages, releases: ReleasedWindows, number: int | None, language: str) -> Report:
    """The report of one released window, or the one that says that there is none yet."""
    writer = ReportWriter(_names(pages), language)
    release = releases.get(number) if number is not None else None
    if release is None:
        return writer.nothing_yet(pages.services.ahead())
    return writer.report(release, releases.last(SPARKS, until=release.number - 1), pages.services.ahead())


def _head(releases: ReleasedWindows, heads: dict[int, Head], number: int) -> Head | None:
    if number not in heads:
        release = releases.get(number)
        if release is None:
            return None
        heads[number] = Head(number, release.first_day, release.last_day, release.synthetic)
    return heads[number]


def _show(pages: Pages, heads: dict[int, Head], request: Request) -> Response:
    language = pages.language(request)
    releases = pages.services.releases
    if releases is None:
        return pages.page(request, "trends.html", fault="none", report=None)
    try:
        known = releases.numbers()
        asked = request.query_params.get("window")
        number = _number(request, "window", known) if asked else known[-1] if known else None
        if asked and number is None:
            raise HTTPException(404)
        report = report_of(pages, releases, number, language)
        listed = [head for one in reversed(known[-LISTED:]) if (head := _head(releases, heads, one)) is not None]
        other_number = _number(request, "other", known)
        other = releases.get(other_number) if other_number is not None else None
    except StoreErrors:
        return pages.page(request, "trends.html", 503, fault="store", report=None)
    writer = ReportWriter(_names(pages), language)
    compared = compare(other, report.release, _names(pages), language) if other and report.release else ()
    return pages.page(
        request,
        "trends.html",
        fault="",
        report=report,
        listed=listed,
        day=writer.day,
        other=other,
        compared=compared,
        formats=tuple(_KINDS),
        bars_of=bars_of,
        lines_of=lines_of,
    )


def _download(pages: Pages, request: Request) -> Response:
    """One released window as a file, or one of its charts as a picture."""
    releases, kind = pages.services.releases, request.query_params.get("format", "")
    if releases is None or kind not in _KINDS:
        raise HTTPException(404)
    language = pages.language(request)
    try:
        number = _number(request, "window", releases.numbers())
        if number is None:
            raise HTTPException(404)
        report = report_of(pages, releases, number, language)
    except StoreErrors:
        raise HTTPException(503) from None
    name = f"tabayyan-{number}-{language}"
    if kind == "png":
        section = request.query_params.get("section", "topics")
        body = _picture(report, section)
        name += f"-{section}"
    else:
        body = _sheet(report, _names(pages), kind)
    disposition = f'attachment; filename="{name}.{kind}"'
    return Response(body, headers={"content-type": _KINDS[kind], "content-disposition": disposition})


def _sheet(report: Report, names: Names, kind: str) -> bytes:
    # The workbook's library takes its time to import: only who downloads waits.
    from bot.reports.tabular import as_csv, as_workbook

    # With a byte order mark, by which Excel knows UTF-8.
    return as_workbook(report, names) if kind == "xlsx" else as_csv(report, names).encode("utf-8-sig")


def _picture(report: Report, wanted: str) -> bytes:
    """The chart of a section as PNG; 404 for a section without one."""
    from bot.reports.charts import as_png

    for section in report.sections:
        if section.id == wanted and section.chart is not None:
            return as_png(section.chart, right_to_left=report.right_to_left, note=report.synthetic)
    raise HTTPException(404)
