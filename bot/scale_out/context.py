"""What one of several workers is handed by its parent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.scale_out.day_keys import DayKeys

if TYPE_CHECKING:  # importing redis is for those who use it
    from bot.scale_out.leader import LeaderLock
    from bot.scale_out.redis_state import SharedMemory
    from bot.scale_out.sign_in import SharedSignIn


@dataclass(frozen=True, slots=True)
class Crew:
    """A worker's part in the crew."""

    keys: DayKeys
    """The day's key, the same in every worker; it never leaves the machine."""
    session_key: bytes = field(repr=False)
    """Signs the desk's sessions, the same in every worker."""
    shared: SharedMemory
    sign_in: SharedSignIn
    right: LeaderLock
    announce: bool
    """Whether this worker tells Telegram the address and the commands."""
