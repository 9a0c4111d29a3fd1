"""`tabayyan backup` and `tabayyan restore`: released figures to a file and back, and never a word less than what was done."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.clock import machine_clock
from bot.counting.release import can_be_released
from bot.i18n import N_, for_staff
from bot.settings import Settings, read_settings, sources
from storage.backup import BackupError, as_backup, read_backup, restore
from storage.databases import LOCAL_FILE, RELEASED_FILE, StoreErrors
from storage.releases import AlreadyReleased, Releases

PROBLEM = 1
FOLDER = "backups"
KEPT = 30
"""Files; a new one is made only when something has been released since the last."""


def add_commands(subparsers: Any) -> None:
    """Register both commands; each sets `act`, which gives an exit code."""
    backup = subparsers.add_parser("backup", help=for_staff(N_("save the released figures to a file")))
    backup.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help=f"default: DATA_DIR/{FOLDER}/released-YYYY-MM-DD.json"
    )
    backup.add_argument(
        "--keep", type=int, default=KEPT, metavar="N", help=f"without FILE: how many files stay; default {KEPT}"
    )
    backup.set_defaults(act=_backup)

    restoring = subparsers.add_parser("restore", help=for_staff(N_("put released figures back from a backup")))
    restoring.add_argument("file", type=Path, metavar="FILE", help="a file made by `tabayyan backup`")
    restoring.add_argument(
        "--synthetic", action="store_true", help="also take figures that `tabayyan simulate` made up"
    )
    restoring.set_defaults(act=_restore)


def has_counted(settings: Settings) -> bool:
    """Whether a bot has counted with these settings; looks only, and makes nothing."""
    local = any((settings.data_dir / name).exists() for name in (LOCAL_FILE, RELEASED_FILE))
    return bool(settings.database_url) or local


def _backup(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    print(sources(settings), file=sys.stderr)
    if not has_counted(settings):
        return _problem(
            f"Nothing was saved: no bot has counted in {settings.data_dir}. If yours counts elsewhere, name its "
            "settings with --env-file FILE, or set TABAYYAN_DATA_DIR."
        )
    releases = Releases(settings.data_dir, settings.database_url)
    try:
        count = len(releases.numbers())
        body = as_backup(releases)
    except StoreErrors as error:
        return _problem(f"The released figures cannot be read ({type(error).__name__}). See: tabayyan doctor")
    if not count:
        print("Nothing was saved: nothing has been released yet. The first figures come after the first window.")
        return 0
    try:
        if arguments.file is None:
            said = _rotated(settings.data_dir / FOLDER, body, max(1, arguments.keep))
        else:
            said = _replaced(arguments.file, body, count)
    except OSError as error:
        return _problem(f"Nothing was saved: {error.filename or arguments.file} cannot be written: {error.strerror}.")
    except BackupError as error:
        return _problem(f"Nothing was saved: {error}")
    print(f"Windows saved: {count}. {said}")
    return 0


def _rotated(folder: Path, body: bytes, keep: int) -> str:
    """Write today's file where something is new, and let the oldest go."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = _saved(folder)
    if there and there[-1].read_bytes() == body:
        return f"Nothing new since {there[-1]}."
    path = folder / f"released-{machine_clock().today().isoformat()}.json"
    _write(path, body)
    old = _saved(folder)[:-keep]
    for file in old:
        file.unlink()
    return f"File: {path}." + (f" Old files removed: {len(old)}." if old else "")


def _saved(folder: Path) -> Sequence[Path]:
    """Oldest first, by the day in the name."""
    return sorted(folder.glob("released-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].json"))


def _replaced(path: Path, body: bytes, count: int) -> str:
    """Write a file that the operator named.

    Raises:
        BackupError: what is there holds more, or is no backup.
    """
    there = path.exists()
    if there:
        try:
            more = len(read_backup(path.read_bytes(), can_be_released)) > count
        except BackupError:
            raise BackupError(f"{path} is there and is no backup. Name another file.") from None
        if more:
            raise BackupError(f"{path} holds more windows than there are now. Name another file.")
    _write(path, body)
    return f"File: {path}" + (", in place of the earlier one." if there else ".")


def _write(path: Path, body: bytes) -> None:
    """Whole or not at all, and for nobody else to read."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - with a mode
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def _restore(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    print(sources(settings), file=sys.stderr)
    try:
        body = arguments.file.read_bytes()
        found = read_backup(body, can_be_released)
        if any(release.synthetic for release in found) and not arguments.synthetic:
            return _problem(
                f"{arguments.file} was not restored: its figures are made up by `tabayyan simulate`. "
                "If you want them, add --synthetic."
            )
        restored, there = restore(Releases(settings.data_dir, settings.database_url), body, can_be_released)
    except BackupError as error:
        return _problem(f"{arguments.file} was not restored: {error}.")
    except AlreadyReleased as error:
        return _problem(f"Stopped: {error}. What was released first stays.")
    except OSError as error:
        return _problem(f"{arguments.file} was not restored: {error.filename or 'it'}: {error.strerror}.")
    except StoreErrors as error:
        return _problem(f"{arguments.file} was not restored: the database cannot be used ({type(error).__name__}).")
    print(f"Windows restored: {restored}; there already: {there}.")
    return 0


def _problem(said: str) -> int:
    print(said, file=sys.stderr)
    return PROBLEM
