"""The reports' commands: report, simulate, privacy, backup, restore."""

from __future__ import annotations

from typing import Any


def add_commands(subparsers: Any) -> None:
    """Register the commands on `tabayyan`'s subparsers; each sets `act`, which gives an exit code."""
