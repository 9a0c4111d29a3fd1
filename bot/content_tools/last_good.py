"""The last content that passed every check, kept as plain files under DATA_DIR/last-good (content only)."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal
from uuid import uuid4

from bot.clock import machine_clock
from bot.content_tools.checks.check import check
from bot.content_tools.last_resort import keep_last_resort, kept_last_resort
from bot.content_tools.load.build import Content, read_content
from bot.content_tools.load.content_folder import content_digest, content_files, load_file
from bot.content_tools.load.schema import CampaignFile
from bot.content_tools.problems import Problem
from bot.logs import log

Origin = Literal["folder", "last-good", "last-resort", "none"]
HOME = "last-good"
"""Folder below DATA_DIR."""
_POINTER = "current"


@dataclass(frozen=True)
class Loaded:
    """What a bot starts with."""

    content: Content | None
    """None when nothing can be read; without topics where only the last resort is left."""
    origin: Origin
    problems: tuple[Problem, ...]
    """What is wrong with the folder as it lies on disk, wherever the content came from."""


def load_or_last_good(folder: Path, data_dir: Path, today: date | None = None) -> Loaded:
    """Read a content folder; where it has an error, the last good copy instead. Logs which one answers.

    A folder with errors and no copy beside it answers as far as it can be read: that is more than nothing. An
    unwritable `data_dir` only means that no copy is kept.
    """
    copy = last_good(data_dir)
    digest = content_digest(folder)
    if copy is not None and copy.name == digest:
        reading = read_content(folder)
        if reading.content is not None and not reading.errors:
            log("content-loaded", version=digest[:12])
            return Loaded(reading.content, "folder", reading.problems)
    reading = check(folder, today or machine_clock().in_zone(time_zone_of(folder, data_dir)).today())
    if reading.content is not None and not reading.errors:
        keep(folder, data_dir, reading.content)
        log("content-loaded", version=reading.content.digest[:12])
        return Loaded(reading.content, "folder", reading.problems)
    log("content-problems", logging.ERROR, errors=len(reading.errors), first=_first(reading.errors))
    if copy is not None and (kept := read_content(copy).content) is not None:
        log("content-last-good", logging.WARNING, version=kept.digest[:12])
        return Loaded(kept, "last-good", reading.problems)
    resort = kept_last_resort(data_dir / HOME)
    if reading.content is None or not reading.content.campaign.topics:
        if resort is not None:
            log("content-last-resort", logging.ERROR)
            return Loaded(resort, "last-resort", reading.problems)
        log("content-none", logging.ERROR)
        return Loaded(None, "none", reading.problems)
    log("content-loaded", logging.WARNING, version=reading.content.digest[:12], errors=len(reading.errors))
    return Loaded(_with_urgent_words(reading.content, resort), "folder", reading.problems)


def _with_urgent_words(content: Content, resort: Content | None) -> Content:
    """A content whose own urgent words cannot be read takes the kept ones."""
    if resort is None or content.safety:
        return content
    return replace(content, safety=resort.safety)


def time_zone_of(folder: Path, data_dir: Path) -> str:
    """The campaign's time zone, from its own file or from what was kept of it; UTC where neither can be read.

    The day decides what is in the future and what is overdue, so it is needed before the content is checked.
    """
    campaign = load_file(folder, "campaign.yaml").model("campaign.yaml", CampaignFile)
    if campaign is not None:
        return campaign.time_zone
    kept = kept_last_resort(data_dir / HOME)
    return kept.campaign.time_zone if kept is not None else "UTC"


def _first(errors: tuple[Problem, ...]) -> str:
    return f"{errors[0].path}:{errors[0].line}" if errors else "-"


def last_good(data_dir: Path) -> Path | None:
    """The folder of the last good copy; its name is the content's digest."""
    try:
        name = (data_dir / HOME / _POINTER).read_text(encoding="ascii").strip()
        copy = data_dir / HOME / name
        return copy if name and "/" not in name and copy.is_dir() and content_digest(copy) == name else None
    except (OSError, ValueError):
        return None


def keep(folder: Path, data_dir: Path, content: Content) -> bool:
    """Keep a copy of a checked folder, and its last resort; False when that cannot be written, or the folder has
    changed since it was checked.

    The pointer file is replaced last and in one step, so that a killed process leaves the older copy.
    """
    home, digest = data_dir / HOME, content.digest
    wanted = home / digest
    made = home / f"new-{uuid4().hex}"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not wanted.is_dir() or content_digest(wanted) != digest:
            copy_content(folder, made)
            if content_digest(made) != digest:
                return False
            shutil.rmtree(wanted, ignore_errors=True)
            made.rename(wanted)
        pointer = home / f"{_POINTER}-{uuid4().hex}"
        pointer.write_text(digest, encoding="ascii")
        pointer.replace(home / _POINTER)
        keep_last_resort(content, home)
        for old in home.iterdir():
            if old.is_dir() and old.name != digest and not old.name.startswith("new-"):
                shutil.rmtree(old, ignore_errors=True)
    except OSError:
        return False
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return True


def copy_content(folder: Path, target: Path) -> None:
    """Copy a folder's content files, and nothing else, to a new folder.

    Raises:
        OSError: a file cannot be read or written.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name, path in content_files(folder):
        if path.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(path.read_bytes())
