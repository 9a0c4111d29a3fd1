"""Charts by Vega-Altair, drawn by vl-convert without a browser: shaped Arabic, legible on a phone's width.

Names stand above their bars and values at the bars' ends, so that a picture of 360 pixels can still be read. Time runs
from left to right in both directions of writing, with dates below: a rise looks like a rise to every reader.
"""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import vl_convert

from bot.reports.drawing import register_fonts
from bot.reports.font_files import FAMILY, REST
from bot.reports.report import Chart

WIDTH = 460
"""Pixels of the plotting area: with the type sizes below, 11 pixels of type on a phone."""
ROW = 46
"""Pixels from bar to bar: the name above takes the upper half."""
BAR_HEIGHT = 16
LINES_HEIGHT = 240
TYPE, TITLE_TYPE = 16, 19
NAME_WIDTH = 440
ROOM = 1.35
"""How much longer than the longest bar the plotting area is: its value stands beside it."""
PNG_SCALE = 2.0
INK, BAR, RANGE, QUIET, WARN = "#1d2b36", "#2f6f8f", "#c8772b", "#55636e", "#a33b3b"
LINE_COLOURS = ("#2f6f8f", "#c8772b", "#5b7f3a", "#8a4f7d", "#a33b3b", "#3d5a9e", "#7a6a2f", "#4f8a8b")
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])
"""Lines differ by more than colour."""


def as_svg(chart: Chart, *, right_to_left: bool, note: str = "") -> str:
    """The chart as SVG; its text stays text. `note` marks made-up figures."""
    register_fonts()
    svg: str = vl_convert.vegalite_to_svg(_spec(chart, right_to_left, note))
    return svg.replace(f'font-family="{FAMILY}"', f'font-family="{REST}"')


def as_png(chart: Chart, *, right_to_left: bool, note: str = "") -> bytes:
    """The chart as a picture."""
    register_fonts()
    png: bytes = vl_convert.vegalite_to_png(_spec(chart, right_to_left, note), scale=PNG_SCALE)
    return png


def _spec(chart: Chart, right_to_left: bool, note: str) -> dict[str, Any]:
    drawn = _bars(chart, right_to_left) if chart.bars else _lines(chart, right_to_left)
    subtitles = [_isolated(text, right_to_left) for text in (chart.axis, *([note] if note else ()))]
    configured = (
        drawn.properties(
            title=alt.TitleParams(
                _isolated(chart.title, right_to_left),
                subtitle=subtitles,
                anchor="end" if right_to_left else "start",
                subtitleColor=WARN if note else QUIET,
                subtitleFontSize=TYPE - 2,
                offset=12,
            ),
            padding=14,
        )
        .configure(font=FAMILY, background="white")
        .configure_axis(labelColor=INK, titleColor=INK, labelFontSize=TYPE - 1)
        .configure_title(color=INK, fontSize=TITLE_TYPE, fontWeight="bold", subtitleLineHeight=22)
        .configure_legend(labelFontSize=TYPE, labelLimit=NAME_WIDTH, rowPadding=6, symbolSize=260)
        .configure_text(font=FAMILY, color=INK)
        .configure_view(stroke=None)
    )
    spec: dict[str, Any] = configured.to_dict()
    return spec


def _bars(chart: Chart, right_to_left: bool) -> Any:
    rows: list[dict[str, Any]] = [
        {
            "place": place,
            "name": _isolated(bar.name, right_to_left),
            "value": bar.value,
            "shown": f"{bar.value} ({bar.low}–{bar.high})",
            "high": max(bar.high, bar.before or 0),
            "low": bar.low,
            "reach": bar.high,
            "before": bar.before,
        }
        for place, bar in enumerate(chart.bars)
    ]
    most = max((max(row["high"], row["value"]) for row in rows), default=1)
    base = alt.Chart(alt.InlineData(values=rows), width=WIDTH, height=ROW * len(rows))
    places = alt.Y("place:O", sort=None, axis=None)
    scale = alt.Scale(reverse=right_to_left, domain=[0, most * ROOM], nice=False)
    values = alt.X("value:Q", axis=None, scale=scale)
    edge: Literal["left", "right"] = "right" if right_to_left else "left"
    down = ROW / 4
    bars = base.mark_bar(color=BAR, height=BAR_HEIGHT, yOffset=down).encode(x=values, y=places)
    ranges = base.mark_rule(color=RANGE, strokeWidth=2, yOffset=down).encode(
        x=alt.X("low:Q", scale=scale), x2="reach:Q", y=places
    )
    start = WIDTH if right_to_left else 0
    names = base.mark_text(align=edge, baseline="bottom", fontSize=TYPE, dy=1, limit=NAME_WIDTH).encode(
        x=alt.value(start), y=places, text="name:N"
    )
    figures = base.mark_text(
        align=edge, baseline="middle", fontSize=TYPE - 1, dx=-8 if right_to_left else 8, yOffset=down
    ).encode(x=alt.X("high:Q", scale=scale), y=places, text="shown:N")
    layers = [bars, ranges, names, figures]
    if any(bar.before is not None for bar in chart.bars):
        before = base.mark_tick(color=INK, thickness=3, size=BAR_HEIGHT + 4, yOffset=down)
        layers.insert(2, before.encode(x=alt.X("before:Q", scale=scale), y=places))
    return alt.layer(*layers)


def _lines(chart: Chart, right_to_left: bool) -> Any:
    rows = [
        {"step": step, "name": _isolated(line.name, right_to_left), "value": value}
        for line in chart.lines
        for step, value in zip(chart.steps, line.values, strict=True)
    ]
    names = [_isolated(line.name, right_to_left) for line in chart.lines]
    base = alt.Chart(alt.InlineData(values=rows), width=WIDTH, height=LINES_HEIGHT)
    # A gap stays a gap: a window in which a topic was not shown is not zero.
    return base.mark_line(point={"size": 60}, strokeWidth=3, invalid="break-paths-filter-domains").encode(
        x=alt.X(
            "step:O",
            sort=list(chart.steps),
            title=None,
            axis=alt.Axis(labelAngle=0, labelOverlap="greedy", grid=False),
        ),
        y=alt.Y(
            "value:Q",
            title=None,
            axis=alt.Axis(format="d", tickCount=5, tickMinStep=5, gridColor="#e4e8eb", domain=False, ticks=False),
        ),
        color=alt.Color(
            "name:N",
            sort=names,
            title=None,
            scale=alt.Scale(domain=names, range=list(LINE_COLOURS[: len(names)])),
            legend=alt.Legend(orient="bottom", columns=1, symbolType="stroke", direction="vertical", labelAlign="left"),
        ),
        strokeDash=alt.StrokeDash(
            "name:N",
            sort=names,
            legend=None,
            scale=alt.Scale(domain=names, range=[DASHES[place % len(DASHES)] for place in range(len(names))]),
        ),
    )


def _isolated(text: str, right_to_left: bool) -> str:
    """A chart has no direction of its own: without an isolate a question mark would stand on the wrong side."""
    return f"\u2067{text}\u2069" if right_to_left else text
