"""`/command argument` as Telegram and people write it."""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMES = frozenset(
    "start topics menu hotline contacts urgent sos language check privacy forget hide verify help".split()
)
"""The commands that there are."""
_COMMAND = re.compile(r"\s*/([^\s@]+)(?:@\S*)?(?:\s+(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Command:
    """A command and what stands behind it."""

    name: str
    """In lower case, without the slash and the bot's name."""
    argument: str

    @property
    def bare(self) -> bool:
        """Whether it says nothing that somebody could tell: a command of ours, with nothing behind it."""
        return self.name in NAMES and not self.argument


def read_command(text: str) -> Command | None:
    """The command that a message is; None for any other. A line break ends the name like a space."""
    found = _COMMAND.fullmatch(text)
    return Command(found[1].casefold(), (found[2] or "").strip()) if found is not None else None
