"""Numbers and dates in a text, written alike for every language, so that they can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale, UnknownLocaleError

_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_EASTERN = {ord(digit): str(value) for row in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(row)}

# CLDR's Iraqi month names; other languages take those of their own locale.
_LOCALES = {"ar": "ar_IQ"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or a date, as it stands in a text."""

    kind: str
    """number, date, or loose: a number of a language whose months are not known, so it may belong to a date"""
    value: str
    """The number without separators, or YYYY-MM-DD with ? for what the text leaves out."""
    typed: str
    """As typed, to find its line."""


@cache
def _months(language: str) -> tuple[re.Pattern[str] | None, Mapping[str, int]]:
    """A pattern for dates with written months, and month name -> 1 to 12; no pattern for an unknown locale."""
    try:
        names = Locale.parse(_LOCALES.get(language, language)).months["format"]["wide"]
    except (UnknownLocaleError, ValueError, KeyError):
        return None, {}
    numbers = {name.lower(): number for number, name in names.items() if not name.isdigit()}
    if not numbers:
        return None, {}
    written = "|".join(sorted(map(re.escape, numbers), key=len, reverse=True))
    # "18 and 27 February": each day of such a list is a date. Every part of the pattern begins with a sign of its
    # own, so that no text makes it try the same digits twice.
    joint = r"(?: ?[,،–-] ?| [^\W\d_]{1,3} ?)"
    days = rf"(?P<days>\d{{1,2}}(?:{joint}\d{{1,2}}){{0,6}})"
    pattern = (
        rf"(?:(?<![\d.,]){days}\s+)?(?<!\w)[وبلف]?(?P<month>{written})(?!\w)(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
    )
    return re.compile(pattern, re.IGNORECASE), numbers


def figures(text: str, language: str) -> tuple[Figure, ...]:
    """Every number and date of a text, placeholders left out."""
    return tuple(_found(text, language))


def _found(text: str, language: str) -> Iterator[Figure]:
    if _DIGIT.search(text) is None:
        return
    text = _PLACEHOLDER.sub(lambda match: " " * len(match.group()), text.translate(_EASTERN))
    pattern, numbers = _months(language)
    plain = "number" if pattern is not None else "loose"
    taken: list[tuple[int, int]] = []
    for match in pattern.finditer(text) if pattern is not None else ():
        days, year = match.group("days"), match.group("year") or "????"
        if days is None and match.group("year") is None:
            continue
        month = f"{numbers[match.group('month').lower()]:02}"
        for day in re.findall(r"\d+", days or "") or ["??"]:
            value = f"{year}-{month}-{day.zfill(2)}"
            yield Figure("date", value, day if day != "??" else match.group("year"))
        taken.append(match.span())
    for match in _NUMBER.finditer(text):
        if not any(start <= match.start() < end for start, end in taken):
            yield Figure(plain, match.group().replace(",", ""), match.group())


class Known:
    """What numbers and dates a topic's facts give."""

    def __init__(self, found: Iterable[Figure], published: Iterable[str]) -> None:
        """`published`: dates of the facts' sources (YYYY, YYYY-MM or YYYY-MM-DD)."""
        listed = tuple(found)
        self._numbers = {figure.value for figure in listed if figure.kind == "number"}
        dates = [figure.value for figure in listed if figure.kind == "date"]
        dates.extend("-".join([*date.split("-"), "??", "??"][:3]) for date in published)
        self._dates = [date.split("-") for date in dates]
        self._parts = {part.lstrip("0") for date in self._dates for part in date}
        self._years = {year for year, _, _ in self._dates}

    def holds(self, figure: Figure) -> bool:
        """Whether the facts give this number or date, or a fuller one."""
        if figure.kind == "number":
            return figure.value in self._numbers or figure.value in self._years
        if figure.kind == "loose":
            return figure.value in self._numbers or figure.value.lstrip("0") in self._parts
        wanted = figure.value.split("-")
        return any(
            all(
                mine == theirs or "?" in mine or (theirs[0] == "?" and part == 0)
                for part, (mine, theirs) in enumerate(zip(wanted, known, strict=True))
            )
            for known in self._dates
        )
