"""The report as plain text for a terminal or a chat."""

from __future__ import annotations

from bot.reports.report import Report, Section

BAR_WIDTH = 24


def as_text(report: Report) -> str:
    """The whole report, one line break at its end."""
    marked = [report.synthetic] if report.synthetic else []
    head = " · ".join(part for part in (report.title, report.period) if part)
    parts = ["\n".join([*marked, head, "=" * min(len(head), 78)])]
    parts += [_section(section, report) for section in report.sections]
    return "\n\n".join([*parts, *marked]) + "\n"


def _section(section: Section, report: Report) -> str:
    lines = [section.title, "-" * min(len(section.title), 78), *section.paragraphs]
    if section.chart is not None and section.chart.bars:
        most = max(bar.value for bar in section.chart.bars)
        for bar in section.chart.bars:
            blocks = "█" * max(1, round(BAR_WIDTH * bar.value / most))
            lines.append(f"{bar.value:>6}  {blocks} {bar.name} ({bar.low}–{bar.high})")
    elif section.table is not None:
        lines.append(" | ".join(section.table.columns))
        lines += [
            " | ".join(report.too_few if cell is None else str(cell) for cell in row) for row in section.table.rows
        ]
    return "\n".join(lines)
