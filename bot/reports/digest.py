"""The digest: a few lines and a chart after each release, kept as files and handed on for sending."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.counting.window import BASELINE
from bot.dialogue.telegram_limits import utf16_units
from bot.logs import log
from bot.reports.names import Names
from bot.reports.report import Report
from bot.reports.report_writer import ReportWriter
from storage.releases import Releases

FOLDER = "digest"
LONGEST = 1000
"""UTF-16 units: a picture's caption in Telegram may have 1024."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What goes to the coordinators' chat."""

    number: int
    text: str
    picture: bytes | None
    """PNG; None where nothing could be shown."""


def digest_of(report: Report) -> Digest:
    """The short form of a report."""
    assert report.release is not None
    sections = {section.id: section for section in report.sections}
    topics = sections["topics"].chart
    marked = [report.synthetic] if report.synthetic else []
    # In order of weight: what does not fit is left out from the end, whole sentences at a time.
    lines = [*marked, f"{report.title} · {report.period}", *sections["headline"].paragraphs]
    if topics is not None:
        lines += [f"{place}. {bar.name} ({bar.value})" for place, bar in enumerate(topics.bars[:5], 1)]
    lines += [line for line in sections["unanswered"].paragraphs if line not in lines]
    lines += sections["changes"].paragraphs[:1] if any(row.lift is not None for row in report.release.rows) else []
    kept: list[str] = []
    for line in lines:
        if sum(utf16_units(one) + 1 for one in (*kept, line)) <= LONGEST:
            kept.append(line)
    picture = None
    if topics is not None:
        # The drawing libraries take 30 MB: a running bot gets them with its first digest.
        from bot.reports.charts import as_png

        picture = as_png(topics, right_to_left=report.right_to_left, note=report.synthetic)
    return Digest(report.release.number, "\n".join(kept), picture)


class DigestMaker:
    """Makes the digest of each newly released window; handed to Counters as `on_release`."""

    def __init__(
        self,
        data_dir: Path,
        releases: Releases,
        names: Callable[[], Names],
        language: str,
        send: Callable[[Digest], None] | None = None,
    ) -> None:
        """`send` takes the digest to a chat; it is called in the thread that ticks."""
        self._data_dir, self._releases = data_dir, releases
        self._names, self._language, self._send = names, language, send

    def __call__(self, number: int) -> None:
        """Never raises: a digest that fails is reported and the report is still there."""
        try:
            self._make(number)
        except Exception as error:
            log("digest-failed", logging.ERROR, number=number, kind=type(error).__name__)

    def _make(self, number: int) -> None:
        windows = self._releases.last(BASELINE + 1, until=number)
        digest = digest_of(ReportWriter(self._names(), self._language).report(windows[-1], windows[:-1], None))
        folder = self._data_dir / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"window-{number}.txt").write_text(digest.text + "\n", encoding="utf-8")
        if digest.picture is not None:
            (folder / f"window-{number}.png").write_bytes(digest.picture)
        if self._send is not None:
            self._send(digest)
