"""The report as one HTML file: no script, nothing fetched, prints well."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, select_autoescape

from bot.reports.charts import as_svg
from bot.reports.report import Report


def as_html(report: Report) -> str:
    """The whole page."""
    pictures = {
        section.id: as_svg(section.chart, right_to_left=report.right_to_left, note=report.synthetic)
        for section in report.sections
        if section.chart is not None
    }
    environment = Environment(
        loader=PackageLoader("bot.reports", "."), autoescape=select_autoescape(default=True), trim_blocks=True
    )
    return environment.get_template("page.html").render(report=report, pictures=pictures)
