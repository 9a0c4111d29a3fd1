"""The reader of content files: what it accepts, what it refuses, and what it says of seeded faults."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content_tools import read_content
from bot.content_tools.checks.catalogues import check_catalogues
from bot.content_tools.checks.check import check
from bot.content_tools.edit import line_scalar, mapping, scalar, written
from bot.content_tools.load.file_kinds import FILES
from bot.content_tools.load.json_schemas import FOLDER, GLOBS, editor_settings, schemas
from bot.content_tools.load.yaml_tree import DEEPEST, LARGEST_FILE, parse
from bot.content_tools.problems import Problem, in_order, printed
from bot.content_tools.rule import RULES
from tests.conftest import ROOT

BROKEN = ROOT / "tests" / "broken_content"
CASES = sorted((BROKEN / "cases").glob("*.yaml"))
SEEDED = date(2026, 11, 22)
"""The day that the seeded faults are checked for."""
WITHOUT_A_CASE = {
    "pattern-unreadable",
    "file-unreadable",
    "file-too-large",
    "yaml-broken",
    "value-wrong",
    "id-key-twice",
}
"""What no edit of a file can seed: rights on the machine, and the last words for what nobody foresaw."""


def _prepared(case: dict[str, Any], place: Path) -> Path:
    shutil.copytree(BROKEN / "base", place, dirs_exist_ok=True)
    path = place / case["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    if "replace" in case:
        text = path.read_text(encoding="utf-8")
        assert text.count(case["replace"]) == 1, "the words to replace must stand there once"
        path.write_text(text.replace(case["replace"], case["with"]), encoding="utf-8")
    elif "write_hex" in case:
        path.write_bytes(bytes.fromhex(case["write_hex"]))
    elif "write" in case:
        path.write_text(case["write"], encoding="utf-8")
    else:
        path.unlink()
    for other, text in case.get("also", {}).items():
        (place / other).parent.mkdir(parents=True, exist_ok=True)
        (place / other).write_text(text, encoding="utf-8")
    return place


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_seeded_fault_is_named_exactly(path: Path, tmp_path: Path) -> None:
    case = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    place = _prepared(case, tmp_path)
    problems = check(place / "content", SEEDED, place / "tests" / "wordings").problems
    problems += tuple(check_catalogues(place / "locales"))
    assert case["codes"], "a seeded fault that is not found is no case"
    assert [problem.code for problem in problems] == case["codes"]
    for language in ("en", "ar"):
        assert [printed(problem, "plain", language) for problem in problems] == case[language]


def test_the_base_of_the_faults_is_sound() -> None:
    base = BROKEN / "base"
    reading = check(base / "content", SEEDED, base / "tests" / "wordings")
    assert reading.content is not None
    assert reading.problems == ()


def test_every_rule_has_a_seeded_case_that_shows_it() -> None:
    shown: dict[str, set[str]] = {}
    for path in CASES:
        case = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        shown[path.stem] = set(case["codes"])
    missing = {rule.code for rule in RULES.values() if rule.code not in shown.get(rule.example, ())}
    assert missing == WITHOUT_A_CASE


def test_no_case_shows_a_rule_that_there_is_not() -> None:
    for path in CASES:
        case = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        assert set(case["codes"]) <= RULES.keys(), path.stem


def test_scalars_stay_as_typed() -> None:
    root, _, faults = parse(b"a: no\nb: 12:30\nc: 2026-01-01\nd: 0750\ne: ~\n")
    assert root is not None and faults == ()
    assert root.data() == {"a": "no", "b": "12:30", "c": "2026-01-01", "d": "0750", "e": "~"}
    assert all(node.guessed for node in root.texts())


def test_quoted_values_are_not_guessed() -> None:
    root, _, _ = parse(b"a: \"no\"\nb: '911'\nc: |-\n  12:30\nd: now\n")
    assert root is not None
    assert not any(node.guessed for node in root.texts())


def test_lines_are_known_by_path() -> None:
    root, lines, _ = parse(b"a:\n  - x\n  - b: |-\n      one\n      two\n")
    assert root is not None and len(lines) == 5
    assert root.at(("a", 1, "b")).line == 3
    assert root.at(("a", 1, "nothing")).line == 3
    assert root.key_at(("a",)).line == 1


def test_large_and_deep_files_are_refused_at_once() -> None:
    assert parse(b"a" * (LARGEST_FILE + 1))[2][0].code == "file-too-large"
    assert parse(b"[" * 200_000)[2][0].code == "too-deep"
    assert parse(("- " * DEEPEST + "x").encode())[0] is not None


def test_an_alias_bomb_is_refused() -> None:
    bomb = b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n"
    root, _, faults = parse(bomb)
    assert root is None and faults[0].code == "alias" and faults[0].line == 1


@given(st.binary(max_size=300))
@settings(max_examples=400, deadline=None)
def test_no_bytes_make_the_parser_raise(raw: bytes) -> None:
    root, _, faults = parse(raw)
    assert root is not None or faults


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,?\n \tن\u200b", max_size=60))
@settings(max_examples=600, deadline=None)
def test_no_text_makes_the_parser_raise(text: str) -> None:
    root, _, faults = parse(text.encode())
    assert root is not None or faults
    for fault in faults:
        Problem("content/x.yaml", fault.line, fault.code, fault.values).message("ar")


@given(st.text(max_size=200))
@settings(max_examples=500, deadline=None)
def test_a_written_text_reads_back(text: str) -> None:
    for value in (line_scalar(text), scalar(text)):
        made = written(mapping({"key": value}))
        root, _, faults = parse(made.encode("utf-8", "surrogatepass"))
        if faults and faults[0].code in ("control-character", "not-utf8"):
            continue  # no content file may hold these, and no editor types them
        assert root is not None, (made, faults)
        assert root.data() == {"key": text}
        assert not root.at(("key",)).guessed


def test_problems_come_once_and_in_the_order_of_the_files() -> None:
    late = Problem("content/b.yaml", 1, "file-empty")
    early = Problem("content/a.yaml", 9, "file-empty")
    assert in_order([late, early, late]) == (early, late)


def test_every_form_of_a_problem_names_its_place() -> None:
    problem = Problem("content/ar/a,b.yaml", 3, "colon-missing", {}, 5)
    assert printed(problem, "plain", "en").startswith("content/ar/a,b.yaml:3: this line has no colon")
    assert printed(problem, "terminal", "en").startswith("\033[1mcontent/ar/a,b.yaml:3:\033[0m \033[31m")
    assert printed(problem, "github", "en").startswith("::error file=content/ar/a%2Cb.yaml,line=3,col=5::this line")
    told = json.loads(printed(problem, "json", "ar"))
    assert (told["path"], told["line"], told["severity"], told["code"]) == (
        "content/ar/a,b.yaml",
        3,
        "error",
        "colon-missing",
    )


def test_the_committed_schemas_are_those_of_the_models() -> None:
    for name, text in schemas().items():
        committed = ROOT / FOLDER / name
        assert committed.read_text(encoding="utf-8") == text, f"run: tabayyan content schema ({name})"
    assert {path.name for path in (ROOT / FOLDER).glob("*.json")} == set(schemas())


def test_editors_find_a_schema_for_every_content_file() -> None:
    told = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))
    assert told["yaml.schemas"] == editor_settings()["yaml.schemas"]
    assert set(GLOBS) == set(FILES)
    covered = {path for glob in GLOBS.values() for path in ROOT.glob(glob)}
    assert set((ROOT / "content").rglob("*.yaml")) <= covered


def test_a_missing_folder_is_a_problem_and_no_error(tmp_path: Path) -> None:
    reading = read_content(tmp_path / "nothing")
    assert reading.content is None
    assert {problem.code for problem in reading.problems} == {"file-missing"}


def test_the_digest_changes_with_every_byte(tmp_path: Path) -> None:
    shutil.copytree(BROKEN / "base", tmp_path, dirs_exist_ok=True)
    before = read_content(tmp_path / "content").content
    path = tmp_path / "content" / "en" / "how-many.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a comment\n", encoding="utf-8")
    after = read_content(tmp_path / "content").content
    assert before is not None and after is not None
    assert before.digest != after.digest
    assert before.campaign == after.campaign
