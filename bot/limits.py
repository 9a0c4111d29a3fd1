"""Three small things that bound what others can take: a token bucket, a growing pause, a mapping of bounded size."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(slots=True)
class TokenBucket:
    """What is left of something that comes back at a steady rate."""

    tokens: float
    at: float
    """When that was so, monotonic seconds."""

    def wait(self, now: float, size: float, seconds_per_token: float) -> float:
        """Take one token of a bucket of that size: 0 when it was there, else the seconds until it will be."""
        self.tokens = min(size, self.tokens + (now - self.at) / seconds_per_token)
        self.at = now
        if self.tokens < 1:
            return (1 - self.tokens) * seconds_per_token
        self.tokens -= 1
        return 0.0


class Backoff:
    """Pauses that grow from one failure to the next."""

    def __init__(self, first: float, longest: float, factor: float = 2.0) -> None:
        """Take the first pause and the longest, in seconds; each is `factor` times the one before."""
        self._next, self._longest, self._factor = first, longest, factor

    def pause(self) -> float:
        """Seconds to wait this time."""
        pause, self._next = self._next, min(self._next * self._factor, self._longest)
        return pause


class Bounded(Generic[Key, Value]):
    """A mapping that holds at most so many entries; the one longest untouched goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value of a key, which becomes the last to go."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: Key, value: Value) -> None:
        """Set a key."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop(self, key: Key) -> None:
        """Forget a key, if it is there."""
        self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)
