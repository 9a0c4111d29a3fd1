"""The file of settings: which one is read, from whatever folder a command is typed, and what stands in it.

`--env-file` (or TABAYYAN_ENV_FILE) names one; else the first that is there of .env in the current folder,
/etc/tabayyan.env, and .env in the checkout. Exactly one is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: content/ and locales/ lie here."""
ENV_FILE = "TABAYYAN_ENV_FILE"
SYSTEM_FILE = Path("/etc/tabayyan.env")
"""Where an installed service keeps its settings."""


class SettingsError(Exception):
    """A setting is wrong. The message says which and how to mend it, and never repeats a secret."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The file that was read."""

    path: Path
    values: Mapping[str, str]
    """By the whole name, in capitals; what is empty is not set."""
    passed_over: tuple[Path, ...] = ()
    """Others that are there, and were not read."""


def candidates() -> tuple[Path, ...]:
    """Where a file of settings is looked for when none is named."""
    return tuple(dict.fromkeys((Path.cwd() / ".env", SYSTEM_FILE, ROOT / ".env")))


def read_settings_file() -> SettingsFile | None:
    """Read the file of settings; None where there is none.

    Raises:
        SettingsError: it is named and missing, may not be read, or is no text.
    """
    named = os.environ.get(ENV_FILE, "")
    if named:
        return SettingsFile(Path(named).absolute(), _values(Path(named)))
    there = [path for path in candidates() if path.is_file()]
    return SettingsFile(there[0], _values(there[0]), tuple(there[1:])) if there else None


def _values(path: Path) -> dict[str, str]:
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise SettingsError(f"There is no settings file {path}. Name another with --env-file FILE.") from None
    except PermissionError:
        raise SettingsError(
            f"The settings file {path} may not be read by this user. Use the bot's own user "
            f"(sudo -u tabayyan ...), or name another file with --env-file FILE."
        ) from None
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    values = dotenv_values(stream=StringIO(_text(path, body)), interpolate=False)
    return {name.upper(): value.strip() for name, value in values.items() if value and value.strip()}


def _text(path: Path, body: bytes) -> str:
    # PowerShell's > and Notepad's "Unicode" write UTF-16.
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        raise SettingsError(f"The settings file {path} is not UTF-8. Save it as UTF-8.") from None
