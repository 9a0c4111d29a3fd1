"""Charts by Vega-Altair, drawn by vl-convert without a browser: shaped Arabic, and axes on the reader's side."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import vl_convert

from bot.reports.report import Chart

FONT = "Noto Sans Arabic, Noto Naskh Arabic, Noto Sans, DejaVu Sans, sans-serif"
WIDTH, ROW = 520, 26
"""Pixels of the plotting area and of one bar."""
LINES_HEIGHT = 220
NAME_WIDTH = 260
PNG_SCALE = 2.0
INK, BAR, RANGE = "#1d2b36", "#2f6f8f", "#c8772b"
LINE_COLOURS = ("#2f6f8f", "#c8772b", "#5b7f3a", "#8a4f7d", "#a33b3b", "#3d5a9e", "#7a6a2f", "#4f8a8b")


def as_svg(chart: Chart, *, right_to_left: bool, note: str = "") -> str:
    """The chart as SVG; its text stays text. `note` marks made-up figures."""
    svg: str = vl_convert.vegalite_to_svg(_spec(chart, right_to_left, note))
    return svg


def as_png(chart: Chart, *, right_to_left: bool, note: str = "") -> bytes:
    """The chart as a picture."""
    png: bytes = vl_convert.vegalite_to_png(_spec(chart, right_to_left, note), scale=PNG_SCALE)
    return png


def _spec(chart: Chart, right_to_left: bool, note: str) -> dict[str, Any]:
    drawn = _bars(chart, right_to_left) if chart.bars else _lines(chart, right_to_left)
    anchor: Literal["start", "end"] = "end" if right_to_left else "start"
    configured = (
        drawn.properties(
            title=alt.TitleParams(
                _isolated(chart.title, right_to_left),
                subtitle=[_isolated(note, right_to_left)] if note else [],
                anchor=anchor,
                subtitleColor="#a33b3b",
            )
        )
        .configure(font=FONT, background="white")
        .configure_axis(labelColor=INK, titleColor=INK, labelFontSize=12, labelFont=FONT, titleFont=FONT)
        .configure_title(color=INK, fontSize=15, font=FONT, subtitleFont=FONT)
        .configure_legend(labelFont=FONT, titleFont=FONT, labelLimit=NAME_WIDTH)
        .configure_view(stroke=None)
    )
    spec: dict[str, Any] = configured.to_dict()
    return spec


def _bars(chart: Chart, right_to_left: bool) -> Any:
    rows = [
        {"name": _isolated(bar.name, right_to_left), "value": bar.value, "low": bar.low, "high": bar.high}
        for bar in chart.bars
    ]
    side = _side(right_to_left)
    base = alt.Chart(alt.InlineData(values=rows), width=WIDTH, height=ROW * len(rows))
    names = alt.Y(
        "name:N",
        sort=None,
        title=None,
        axis=alt.Axis(orient=side, labelLimit=NAME_WIDTH, ticks=False, domain=False, labelPadding=8),
    )
    values = alt.X(
        "value:Q",
        title=_isolated(chart.axis, right_to_left),
        scale=alt.Scale(reverse=right_to_left, zero=True),
        axis=alt.Axis(format="d", tickMinStep=5, grid=True, gridColor="#e4e8eb"),
    )
    bars = base.mark_bar(color=BAR, height={"band": 0.62}).encode(x=values, y=names)
    ranges = base.mark_rule(color=RANGE, strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", y=names)
    return alt.layer(bars, ranges)


def _lines(chart: Chart, right_to_left: bool) -> Any:
    rows = [
        {"step": step, "name": _isolated(line.name, right_to_left), "value": value}
        for line in chart.lines
        for step, value in zip(chart.steps, line.values, strict=True)
    ]
    side = _side(right_to_left)
    names = [_isolated(line.name, right_to_left) for line in chart.lines]
    base = alt.Chart(alt.InlineData(values=rows), width=WIDTH, height=LINES_HEIGHT)
    # A gap stays a gap: a window in which a topic was not shown is not zero.
    return base.mark_line(point=True, invalid="break-paths-filter-domains").encode(
        x=alt.X(
            "step:O",
            sort=list(chart.steps),
            title=None,
            scale=alt.Scale(reverse=right_to_left),
            axis=alt.Axis(labelAngle=0),
        ),
        y=alt.Y(
            "value:Q",
            title=_isolated(chart.axis, right_to_left),
            axis=alt.Axis(orient=side, format="d", gridColor="#e4e8eb"),
        ),
        color=alt.Color(
            "name:N",
            sort=names,
            title=None,
            scale=alt.Scale(domain=names, range=list(LINE_COLOURS[: len(names)])),
            legend=alt.Legend(orient="bottom", columns=1, symbolType="stroke"),
        ),
    )


def _side(right_to_left: bool) -> Literal["left", "right"]:
    """Where the reader begins."""
    return "right" if right_to_left else "left"


def _isolated(text: str, right_to_left: bool) -> str:
    """A chart has no direction of its own: without an isolate a question mark would stand on the wrong side."""
    return f"\u2067{text}\u2069" if right_to_left else text
