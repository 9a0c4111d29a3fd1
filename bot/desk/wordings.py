"""Test wordings: saving a question that somebody tried, and asking a topic's own ones again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.content_tools.edit import (
    EditError,
    add_entry,
    add_key,
    listing,
    mapping,
    opened,
    quoted_scalar,
    write_whole,
    written,
)
from bot.content_tools.load import schema
from bot.content_tools.load.yaml_tree import parse
from bot.dialogue.campaign import Campaign
from bot.nlu.normalize import words

LONGEST_WORDING = 500
LISTS = ("finds", "near_misses", "known_failures")


@dataclass(frozen=True, slots=True)
class Wording:
    """A question to test on, and where it belongs."""

    question: str
    language: str
    variety: str
    topic: str
    listed: str = "finds"
    """Key of the file: one of LISTS."""

    @property
    def line(self) -> str:
        """The entry as one line of YAML, to paste below its key."""
        return written(listing([self.entry])).rstrip("\n")

    @property
    def entry(self) -> Any:
        """The entry itself."""
        return mapping({"q": quoted_scalar(self.question), "variety": self.variety}, flow=True)

    @property
    def path(self) -> str:
        """The file below tests/wordings."""
        return f"{self.language}/{self.topic}.yaml"


def read_wording(campaign: Campaign, given: Callable[[str], str]) -> Wording | None:
    """A form's fields as a wording; None unless topic, language and variety are the campaign's own."""
    language, variety, topic = given("language"), given("variety"), given("topic")
    question = " ".join(given("q").split())[:LONGEST_WORDING]
    if language not in campaign.languages or variety not in campaign.languages[language].varieties:
        return None
    if topic not in campaign.topics or not question:
        return None
    return Wording(question, language, variety, topic, "near_misses" if given("near_miss") else "finds")


def save(folder: Path, wording: Wording) -> None:
    """Add a wording to its file; every other line stays as it is.

    Raises:
        EditError: it is there already, or the file cannot be read or extended.
        OSError: the file cannot be written.
    """
    path = folder / wording.path
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    made = _extended(text, wording)
    root, _, faults = parse(made.encode())
    if root is None or faults:
        raise EditError(f"tests/wordings/{wording.path} could not be extended. Add the line by hand.")
    try:
        schema.WordingsFile.model_validate(root.data())
    except ValidationError:
        raise EditError(f"tests/wordings/{wording.path} could not be extended. Add the line by hand.") from None
    write_whole(path, made)


def _extended(text: str, wording: Wording) -> str:
    root, _, faults = parse(text.encode()) if text.strip() else (None, (), ())
    if faults:
        raise EditError(f"tests/wordings/{wording.path} has a fault in line {faults[0].line}. Mend it first.")
    known = root.value if root is not None and isinstance(root.value, dict) else {}
    asked = words(wording.question) or wording.question
    for _, entries in known.values():
        for entry in entries.value if isinstance(entries.value, list) else ():
            known_question = str(entry.at(("q",)).value)
            if (words(known_question) or known_question) == asked:
                raise EditError(f"It is there already: tests/wordings/{wording.path}, line {entry.line}.")
    extended = opened(text)
    if wording.listed not in known:
        add_key(extended, wording.listed, listing([wording.entry]))
    else:
        add_entry(extended[wording.listed], wording.entry)
    return written(extended)


@dataclass(frozen=True, slots=True)
class Known:
    """A saved wording."""

    question: str
    variety: str
    listed: str
    also: tuple[str, ...]
    line: int


def read_file(path: Path) -> tuple[Known, ...]:
    """The wordings of one file; none where it is missing or faulty."""
    try:
        root, _, faults = parse(path.read_bytes())
        model = schema.WordingsFile.model_validate(root.data()) if root is not None and not faults else None
    except (OSError, ValidationError):
        return ()
    if root is None or model is None:
        return ()
    return tuple(
        Known(entry.q, entry.variety, listed, tuple(entry.also), root.at((listed, position)).line)
        for listed in LISTS
        for position, entry in enumerate(getattr(model, listed))
    )
