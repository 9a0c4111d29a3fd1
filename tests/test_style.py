"""The style rules: silent on the words that askers read now, loud about those of before (tests/style/old_answers.yaml)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.content_tools.checks.check import check
from bot.content_tools.checks.phrases import compiled, sentences, unmarked
from tests.conftest import ROOT
from tests.test_check import WRITTEN

OLD = yaml.load((ROOT / "tests" / "style" / "old_answers.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
FEWEST_FOUND = 0.9
"""Share of the faults that readers listed of the old words, which the rules must find."""


def test_no_rule_of_style_speaks_about_the_words_of_today() -> None:
    found = [f"{p.path}:{p.line}: {p.message('en')}" for p in check(ROOT / "content", WRITTEN).problems]
    assert [line for line in found if "content/" in line] == []


def _codes(tmp_path: Path, answers: dict[str, dict[str, Any]]) -> set[tuple[str, str]]:
    """(topic, code) of every problem when old answers stand in the place of today's."""
    folder = tmp_path / "content"
    shutil.copytree(ROOT / "content", folder)
    for path, answer in answers.items():
        (folder / f"{path}.yaml").write_text(yaml.dump(answer, allow_unicode=True), encoding="utf-8")
    problems = check(folder, WRITTEN).problems
    return {(Path(problem.path).stem, problem.code) for problem in problems}


def test_the_rules_find_what_readers_found_in_the_old_words(tmp_path: Path) -> None:
    found = _codes(tmp_path, OLD["answers"])
    listed = [(topic, code) for code, topics in OLD["faults"].items() for topic in topics]
    missed = [fault for fault in listed if fault not in found]
    print(f"found {len(listed) - len(missed)} of {len(listed)}; missed {missed}")
    assert len(missed) / len(listed) <= 1 - FEWEST_FOUND


@pytest.mark.parametrize(
    ("line", "text", "found"),
    [
        ("you will|are (be) safe", "You will be safe.", True),
        ("you will|are (be) safe", "you are safe", True),
        ("you will|are (be) safe", "you will surely be safe", False),
        ("not ... Russia", "do not dial it in Russia", True),
        ("not ... Russia", "Do not. In Russia", False),
        ("no ... page", "None of us has a page", False),
        ("document*", "documents", True),
        ("وثيقة", "ووثيقة", True),
        ("*مجند*", "المجنَّدين", True),
        ("*مجند*", "التجنيد", False),
        ("100% safe", "it is 100% safe", True),
    ],
)
def test_a_phrase_hits_what_it_names(line: str, text: str, found: bool) -> None:
    pattern = compiled([line])
    assert pattern is not None and bool(pattern.search(unmarked(text))) is found


def test_vowel_marks_count_where_they_are_asked_for() -> None:
    pattern = compiled(["*كِ"], marked=True)
    assert pattern is not None
    assert pattern.search("ذنبكِ") and not pattern.search("ذنبك")


def test_a_text_is_cut_into_its_sentences() -> None:
    assert [s.strip() for s in sentences("One. Two?\n• Three")] == ["One.", "Two?", "• Three"]
    assert compiled([]) is None
