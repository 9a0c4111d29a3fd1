"""What the desk is handed: values and callables, so that it holds no state of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from bot.clock import Clock
from bot.content_tools.load.build import Content
from bot.content_tools.problems import Problem
from bot.desk.access import OwnRecords, SignInRecords
from bot.dialogue.conversation import Conversation
from bot.health import Trouble
from bot.i18n import Phrases
from bot.settings import Settings
from storage.values import Release


class ReleasedWindows(Protocol):
    """Figures that have been released; there is no way from here to any other. `storage.releases.Releases` is one.

    Methods raise one of `StoreErrors` when the database cannot be used.
    """

    def numbers(self) -> tuple[int, ...]:
        """Numbers of all released windows, oldest first."""
        ...

    def get(self, number: int) -> Release | None:
        """One released window."""
        ...

    def last(self, count: int, *, until: int | None = None) -> tuple[Release, ...]:
        """The last released windows up to a number, oldest first."""
        ...


def _unknown() -> tuple[date, datetime] | None:
    return None


@dataclass(frozen=True, slots=True)
class Health:
    """How the machine does. Nothing of an asker: no count of updates, no time of a message."""

    mode: str
    """page, polling or webhook."""
    started: datetime
    """Aware."""
    version: str
    workers: int = 1
    last_reload: datetime | None = None
    """When the words that now answer were read; aware."""
    reload_failed: bool = False
    """Whether a later edit was refused, so that older words go on answering."""
    last_release: date | None = None
    """The day of the last released window; None before the first."""
    store: str = "none"
    """none, sqlite or postgresql."""
    store_works: bool = True
    redis_works: bool | None = None
    """None where no Redis is set."""
    telegram_reached: bool | None = None
    """Whether Telegram has answered a call of ours in the last minutes; None where it is not connected."""
    clock_skew: float | None = None
    """How far the machine's clock is ahead of Telegram's, seconds."""
    free_disk: int | None = None
    """Bytes where the data folder lies."""
    free_memory: int | None = None
    """Bytes."""
    troubles: tuple[Trouble, ...] = ()
    """What is broken now."""


@dataclass(frozen=True, slots=True)
class DeskServices:
    """Everything that the pages show, and the two things that they write."""

    settings: Settings
    say: Phrases
    clock: Clock
    conversation: Callable[[], Conversation]
    """The conversation that answers now; swapped whole on reload."""
    content: Callable[[], Content | None]
    """The words that answer now; None while none could be loaded."""
    problems: Callable[[], tuple[Problem, ...]]
    """What is wrong with the files as they lie on disk."""
    health: Callable[[], Health]
    releases: ReleasedWindows | None = None
    """None where nothing is counted."""
    ahead: Callable[[], tuple[date, date] | None] = _unknown
    """The open window's last day and the moment its figures are due; None where no window is open."""
    wordings_folder: Path | None = None
    """tests/wordings of a checkout; None where the desk may not write there."""
    session_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    """Signs sessions. In memory only; a supervisor hands the same one to its workers."""
    sign_in_records: SignInRecords = field(default_factory=OwnRecords)
    """What workers know together about guesses and ended sessions."""
