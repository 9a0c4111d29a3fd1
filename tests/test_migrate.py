"""Content of the version before, brought to this one: tried on what this campaign had then."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import yaml

from bot.content_tools.checks.check import check
from bot.content_tools.edit import EditError
from bot.content_tools.migrate import migrate
from tests.conftest import ROOT

BEFORE = "1b779eb"
"""The last commit whose program held the campaign."""
DAY = date(2026, 11, 22)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The content of the version before, unpacked."""
    packed = subprocess.run(["git", "archive", BEFORE, "--", "content"], cwd=ROOT, capture_output=True, check=False)
    if packed.returncode != 0:
        pytest.skip(f"this copy has no history: {BEFORE} is not known")
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "content"


def _read(path: Path) -> dict[str, object]:
    found: dict[str, object] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return found


def test_older_content_says_what_to_do(older: Path) -> None:
    assert [problem.code for problem in check(older, DAY).errors] == ["content-older"]


def test_older_content_is_brought_to_this_version(older: Path) -> None:
    answers = {path: path.read_bytes() for path in older.glob("*/*.yaml") if not path.name.startswith("_")}
    urgent = {code: _read(older / code / "_safety.yaml") for code in ("ar", "en")}
    change, left_out = migrate(older, ROOT / "content")
    change.write()
    reading = check(older, DAY)
    assert [f"{p.path}:{p.line}: {p.message('en')}" for p in reading.errors] == []
    assert reading.content is not None
    campaign = reading.content.campaign
    assert len(campaign.topics) == 82 and campaign.places and campaign.doors and campaign.time_zone == "Asia/Baghdad"
    assert campaign.dangers[-1].id == "unknown" and len(campaign.dangers) == 17
    assert {topic for danger in campaign.dangers for topic in danger.topics} <= campaign.topics.keys()
    assert "thinking-of-going" in left_out
    # What an editor wrote stays: answers to the byte, urgent sentences word for word.
    assert all(path.read_bytes() == before for path, before in answers.items())
    for code, before in urgent.items():
        now = _read(older / code / "_safety.yaml")
        assert before["reply"]["now"].items() <= now["reply"]["now"].items()  # type: ignore[index]
        assert {key: value for key, value in now.items() if key != "reply"} == {
            key: value for key, value in before.items() if key != "reply"
        }
    assert migrate(older, ROOT / "content")[0].files == {}


def test_content_of_this_version_needs_nothing(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "content", tmp_path / "content")
    assert migrate(tmp_path / "content", ROOT / "content")[0].files == {}


def test_without_an_example_nothing_is_guessed(older: Path) -> None:
    with pytest.raises(EditError, match="--example"):
        migrate(older, older)
    with pytest.raises(EditError, match="--example"):
        migrate(older, older / "nowhere")
