"""A report as values: sections of sentences, tables and charts, in one language. Writers only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from storage.values import Release

Ahead = tuple[date, date]
"""The open window's last day, and the day from which its figures are due."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a shown value and the range it stands for."""

    name: str
    value: int
    low: int
    high: int
    before: int | None = None
    """What the window before showed; None where it showed nothing, or had another length."""


@dataclass(frozen=True, slots=True)
class Line:
    """One topic over the last windows; None where it was not shown."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart shows: bars, or lines over the windows named by `steps`."""

    title: str
    axis: str
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; a None cell is "too few to show"."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report."""

    id: str
    title: str
    paragraphs: tuple[str, ...] = ()
    table: Table | None = None
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report."""

    language: str
    right_to_left: bool
    title: str
    period: str
    synthetic: str
    """The sentence that marks made-up figures; empty for real ones."""
    sections: tuple[Section, ...]
    release: Release | None
    too_few: str
    """What stands in a table where a value is not shown."""
    ahead: str
    """When the next figures come; empty where that is not known."""
    as_table: str = ""
    """What opens the table below a chart."""
