"""Backup of what may be backed up: released figures only, as one file that both databases can be restored from.

The open window and the noisy counts of closed ones are never copied: two snapshots of them would tell their exact
difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from storage.releases import Releases
from storage.values import Release, Row

FORMAT = "tabayyan-released-1"
LARGEST = 64 * 1024 * 1024
"""Bytes of a backup that is read: a century of windows is smaller."""


class BackupError(Exception):
    """The file is no backup of ours. The message says where it differs."""


def as_backup(releases: Releases) -> bytes:
    """All released windows. The same figures give the same bytes."""
    windows = [_written(release) for release in releases.last(len(releases.numbers()))]
    return (json.dumps({"format": FORMAT, "windows": windows}, sort_keys=True, indent=0) + "\n").encode()


def restore(releases: Releases, body: bytes, is_releasable: Callable[[Row], bool]) -> tuple[int, int]:
    """Put back what is missing; gives how many windows were restored and how many were there already.

    Raises:
        BackupError: the file is damaged or no backup; nothing has been written then.
        AlreadyReleased: a window was released with other figures; those before it have been restored.
    """
    found = read_backup(body, is_releasable)
    restored = sum(releases.put(release) for release in found)
    return restored, len(found) - restored


def read_backup(body: bytes, is_releasable: Callable[[Row], bool]) -> tuple[Release, ...]:
    """The windows in a backup, checked to hold what a release can hold and nothing else.

    `is_releasable` says whether a row's family and figure may stand in a release.

    Raises:
        BackupError: the file is damaged or no backup.
    """
    if len(body) > LARGEST:
        raise BackupError("the file is too large")
    try:
        data = json.loads(body)
    except ValueError:
        raise BackupError("the file is not JSON; it may be cut off") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("windows"), list):
        raise BackupError(f"the file does not begin with the format {FORMAT!r}")
    return tuple(_read(window, is_releasable) for window in data["windows"])


def _written(release: Release) -> dict[str, Any]:
    window = {field.name: getattr(release, field.name) for field in fields(Release) if field.name != "rows"}
    window["first_day"] = release.first_day.isoformat()
    window["rows"] = [list(asdict(row).values()) for row in release.rows]
    return window


def _read(window: Any, is_releasable: Callable[[Row], bool]) -> Release:
    names = {field.name for field in fields(Release)}
    if not isinstance(window, dict) or set(window) != names:
        raise BackupError("a window has other fields than a release")
    try:
        rows = tuple(Row(*row) for row in window["rows"])
        release = Release(**{**window, "first_day": date.fromisoformat(window["first_day"]), "rows": rows})
    except (TypeError, ValueError):
        raise BackupError("a window or row cannot be read") from None
    whole = (release.number, release.length, release.show_limit, release.total, release.restarts, release.lost_hours)
    if not all(type(value) is int for value in whole) or type(release.synthetic) is not bool:
        raise BackupError("a window holds something else than whole numbers")
    for row in rows:
        numbers = (row.shown, row.lift, row.lift_low, row.lift_high)
        if not all(isinstance(word, str) for word in (row.family, row.key)) or not isinstance(row.label, str | None):
            raise BackupError("a row has a family, key or label that is no text")
        if not all(value is None or type(value) is int for value in numbers) or not is_releasable(row):
            raise BackupError("a row holds something that was never released")
    return release
