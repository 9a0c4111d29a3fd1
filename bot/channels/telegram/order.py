"""A chat's order and each update's once, beyond one process: what the inbox asks before it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Lane = tuple[str, int]
"""Updates of one lane are answered one after another: "chat" or "inline", and the chat's number."""


class Order(Protocol):
    """Keeps a chat's order, and each update's once, beyond this process. Methods raise only when cancelled."""

    async def enter(self, lane: Lane, numbers: Sequence[int]) -> frozenset[int]:
        """Wait for the lane's turn; gives the updates that have ended elsewhere."""
        ...

    async def leave(self, lane: Lane, numbers: Sequence[int]) -> None:
        """The updates have ended; the next may enter."""
        ...


class Alone:
    """For one process: its own lanes and numbers are enough."""

    async def enter(self, lane: Lane, numbers: Sequence[int]) -> frozenset[int]:
        """At once."""
        return frozenset()

    async def leave(self, lane: Lane, numbers: Sequence[int]) -> None:
        """Nothing to tell anybody."""
