"""The small values that content files are made of: ids, days, addresses, words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
FACT_ID = r"^[A-Z][0-9]{2,3}S?$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
SOURCE_DATE = r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"
LANGUAGE = r"^[a-z]{2,3}$"
VARIETY = r"^[a-z][a-z0-9-]*$"
CODE = r"^[a-z0-9][a-z0-9-]{0,15}$"
HANDLE = r"^([A-Za-z][A-Za-z0-9_]{4,31})?$"
ADDRESS = r"^https?://[^\s/]+\S*$"
COUNT = r"^[0-9]{1,3}$"
WEIGHT = r"^[0-9]{1,3}(\.[0-9]{1,2})?$"
REVIEW = r"^(not yet|[0-9]{4}-[0-9]{2}-[0-9]{2})$"

PATTERNS: dict[str, str] = {
    ID: "id-form",
    FACT_ID: "fact-id-form",
    DAY: "day-form",
    SOURCE_DATE: "date-form",
    LANGUAGE: "language-form",
    VARIETY: "id-form",
    CODE: "code-form",
    HANDLE: "handle-form",
    ADDRESS: "address-form",
    COUNT: "count-form",
    WEIGHT: "weight-form",
    REVIEW: "review-form",
}
"""Pattern -> code of the message that tells how to write such a value."""


def _real_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day-form", "no such day") from None
    return text


def _real_date(text: str) -> str:
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        raise PydanticCustomError("date-form", "no such date") from None
    return text


def _real_review(text: str) -> str:
    return text if text == "not yet" else _real_day(text)


def _real_zone(text: str) -> str:
    if text not in available_timezones():
        raise PydanticCustomError("zone-form", "no such time zone")
    return text


Id = Annotated[str, StringConstraints(pattern=ID)]
FactId = Annotated[str, StringConstraints(pattern=FACT_ID)]
Day = Annotated[str, StringConstraints(pattern=DAY), AfterValidator(_real_day)]
SourceDate = Annotated[str, StringConstraints(pattern=SOURCE_DATE), AfterValidator(_real_date)]
LanguageCode = Annotated[str, StringConstraints(pattern=LANGUAGE)]
Variety = Annotated[str, StringConstraints(pattern=VARIETY)]
Text = Annotated[str, StringConstraints(min_length=1)]
Code = Annotated[str, StringConstraints(pattern=CODE)]
Handle = Annotated[str, StringConstraints(pattern=HANDLE)]
Address = Annotated[str, StringConstraints(pattern=ADDRESS)]
Count = Annotated[str, StringConstraints(pattern=COUNT)]
Weight = Annotated[str, StringConstraints(pattern=WEIGHT)]
TimeZone = Annotated[Text, AfterValidator(_real_zone)]
ReviewState = Annotated[str, StringConstraints(pattern=REVIEW), AfterValidator(_real_review)]
Words = dict[LanguageCode, Text]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a file as a whole: message code, place (keys and positions) and the message's values."""

    code: str
    where: tuple[str | int, ...]
    values: dict[str, str] = field(default_factory=dict)


class Strict(BaseModel):
    """A part of a content file: no key but the known ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def faults(self) -> Iterator[Fault]:
        """What single values cannot show. A file with any of these is not used."""
        return iter(())
