"""backup, restore and report say what they did, find the right folder, and make nothing by looking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.cli import main
from storage.releases import Releases
from storage.values import Release, Row


def window(number: int, *, synthetic: bool = False) -> Release:
    """A small released window."""
    rows = (Row("outcome", "answered", 100, None),)
    return Release(number, date(2026, 1, 5), 7, 2.0, 12, 100, 0, 0, synthetic, rows)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder, not yet there; commands are typed in another folder."""
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("TABAYYAN_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_backup_of_nothing_is_an_error_names_the_folder_and_makes_none(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", "x.json"]) == 1
    said = capsys.readouterr()
    assert str(data) in said.err
    assert "--env-file" in said.err
    assert not data.exists()
    assert not Path("x.json").exists()


def test_a_bot_that_has_released_nothing_yet_is_no_error_and_no_file(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Releases(data).prepare()
    assert main(["backup"]) == 0
    assert "nothing has been released yet" in capsys.readouterr().out
    assert not (data / "backups").exists()


def test_backups_are_made_when_something_is_new_and_the_oldest_go(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = Releases(data)
    releases.put(window(1))
    folder = data / "backups"
    folder.mkdir()
    for day in range(1, 6):
        (folder / f"released-2025-01-0{day}.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    assert main(["backup", "--keep", "3"]) == 0
    assert "Old files removed: 3." in capsys.readouterr().out
    assert len(list(folder.glob("released-*"))) == 3
    assert (folder / "notes.txt").exists()
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("released-2026*"))
    assert main(["backup", "--keep", "3"]) == 0
    assert "Nothing new since" in capsys.readouterr().out


def test_a_named_file_is_replaced_aloud_but_never_by_less(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    releases = Releases(data)
    for number in (1, 2):
        releases.put(window(number))
    assert main(["backup", "x.json"]) == 0
    assert main(["backup", "x.json"]) == 0
    assert "in place of the earlier one" in capsys.readouterr().out
    kept = Path("x.json").read_bytes()
    (data / "released.db").unlink()
    Releases(data).put(window(1))
    assert main(["backup", "x.json"]) == 1
    assert "more windows" in capsys.readouterr().err
    assert Path("x.json").read_bytes() == kept
    Path("letter.txt").write_text("dear")
    assert main(["backup", "letter.txt"]) == 1
    assert Path("letter.txt").read_text() == "dear"


def test_a_folder_that_cannot_be_written_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Releases(data).put(window(1))
    assert main(["backup", "/proc/x.json"]) == 1
    assert "/proc" in capsys.readouterr().err


def test_made_up_figures_are_restored_only_when_wanted(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Releases(data).put(replace(window(1), synthetic=True))
    assert main(["backup", "x.json"]) == 0
    (data / "released.db").unlink()
    assert main(["restore", "x.json"]) == 1
    assert "--synthetic" in capsys.readouterr().err
    assert main(["restore", "--synthetic", "x.json"]) == 0
    assert main(["restore", str(data)]) == 1
    assert "Is a directory" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["report"], ["report", "--language", "en"], ["backup"], ["doctor"]])
def test_looking_makes_no_folder(data: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(arguments)
    said = capsys.readouterr()
    assert not data.exists()
    assert str(data) in said.err + said.out


def test_a_report_of_nothing_says_what_to_do(data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["report", "--data-dir", str(tmp_path / "typo")]) == 1
    assert str(tmp_path / "typo") in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()
    assert main(["report"]) == 0
    assert "tabayyan simulate" in capsys.readouterr().err
    Releases(data / "simulation").put(window(1, synthetic=True))
    assert main(["report", "--output", "x.txt"]) == 1
    assert f"--data-dir {data / 'simulation'}" in capsys.readouterr().err
