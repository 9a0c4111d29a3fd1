"""Edits of content files: what is edited, and that every other line stays byte for byte."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest

from bot.content_tools.edit import (
    EditError,
    add_entry,
    add_key,
    drop_entry,
    listing,
    mapping,
    opened,
    replace,
    set_text,
    written,
)
from tests.conftest import ROOT

FILES = sorted(
    path
    for folder in ("content", "tests/wordings", "tests/broken_content/base")
    for path in (ROOT / folder).rglob("*.yaml")
)

TEXT = """\
# head
entries:
  - id: one
    note: >-
      folded text
      of two lines

  # the second part
  - id: two
    name: m  # beside

  # below the list
lists:
  iq:
    - first
    - second

  en: [x]
# the end
"""


def test_every_content_file_survives_byte_for_byte() -> None:
    changed = [
        path for path in FILES if written(opened(path.read_text(encoding="utf-8"))) != path.read_text(encoding="utf-8")
    ]
    assert len(FILES) > 300 and changed == []


def _lines(root: Any) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    found = list(difflib.ndiff(TEXT.splitlines(), written(root).splitlines()))
    return [line[2:] for line in found if line[0] == "-"], [line[2:] for line in found if line[0] == "+"]


def test_an_entry_comes_above_the_empty_line_and_comment_below_the_one_before() -> None:
    root = opened(TEXT)
    add_entry(root["entries"], mapping({"id": "new", "facts": listing(["A1"], flow=True)}), after=0)
    assert _lines(root) == ([], ["  - id: new", "    facts: [A1]"])
    assert "of two lines\n  - id: new\n    facts: [A1]\n\n  # the second part" in written(root)


def test_an_entry_at_the_end_comes_above_what_follows_the_list() -> None:
    root = opened(TEXT)
    add_entry(root["entries"], mapping({"id": "new"}))
    add_entry(root["lists"]["iq"], "third")
    add_key(root, "more", listing([]))
    assert _lines(root) == ([], ["  - id: new", "    - third", "more: []"])
    assert "# beside\n  - id: new\n\n  # below the list" in written(root)
    assert written(root).endswith("more: []\n# the end\n")


def test_what_follows_the_last_entry_stays_when_it_goes() -> None:
    root = opened(TEXT)
    drop_entry(root["lists"]["iq"], 1)
    assert _lines(root) == (["    - second"], [])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["    note: short"]),
        ("word " * 30 + "end", ["    note: >-"]),
        ("a: b", ['    note: "a: b"']),
        ("one\n\ntwo", ["    note: |-", "      one", "", "      two"]),
    ],
)
def test_a_text_takes_the_form_that_it_needs(text: str, lines: list[str]) -> None:
    root = opened(TEXT)
    set_text(root["entries"][0], "note", text)
    made = written(root)
    assert "\n".join(lines) in made and "\n\n  # the second part\n" in made
    assert str(opened(made)["entries"][0]["note"]) == text


def test_a_comment_beside_a_text_stays_beside_it() -> None:
    root = opened(TEXT)
    set_text(root["entries"][1], "name", "word " * 30 + "end")
    assert written(root).splitlines()[9].endswith("end # beside")


def test_a_list_that_is_exchanged_keeps_what_stands_below_it() -> None:
    root = opened(TEXT)
    replace(root["lists"], "iq", listing(["other"]))
    assert _lines(root) == (["    - first", "    - second"], ["    - other"])


def test_a_key_is_put_before_or_after_another() -> None:
    root = opened(TEXT)
    set_text(root["entries"][1], "kind", "k", after="id")
    set_text(root["entries"][1], "mark", "m", before="name")
    assert [str(key) for key in root["entries"][1]] == ["id", "kind", "mark", "name"]


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(EditError):
        opened("a: [")


def test_an_empty_file_takes_its_first_key(tmp_path: Path) -> None:
    root = opened("")
    add_key(root, "a", "b")
    assert written(root) == "a: b\n"
