"""What all workers have counted and no tick has written: it gathers in Redis, for the worker that leads."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import date
from typing import cast

from bot.counting.counters import Batch
from bot.scale_out.redis_server import RedisErrors, plain_client
from storage.values import Cell

_BETWEEN = "\x1f"


def field_of(cell: Cell) -> str:
    """What a cell is called in Redis."""
    return _BETWEEN.join(cell)


class IncrementPool:
    """The counters' `Pool` among several workers; used by the thread that ticks."""

    def __init__(self, url: str, prefix: str) -> None:
        self._client = plain_client(url)
        self._prefix = prefix
        self.reachable = False
        """Set by the worker: spares a tick the waiting."""
        self._written: set[str] = set()
        """What is on disk and still has to be dropped."""

    def collect(self) -> Sequence[Batch]:
        """Each day's increments; the same again until written() is told."""
        if not self.reachable:
            return ()
        found: list[Batch] = []
        try:
            self._drop_written()
            for kind in ("drained", "increments"):
                for name in list(self._client.scan_iter(f"{self._prefix}{kind}:*", count=1000)):
                    day = name.decode().rsplit(":", 1)[1]
                    drained = f"{self._prefix}drained:{day}"
                    # A batch that an earlier tick left behind comes first; the newer one waits for the next tick.
                    if kind == "increments" and not self._client.renamenx(name, drained):
                        continue
                    found.append((date.fromisoformat(day), self._cells(drained)))
        except RedisErrors:
            # The worker's own beat notices and says so.
            return ()
        return found

    def _cells(self, name: str) -> dict[Cell, int]:
        counts: dict[bytes, bytes] = cast(dict[bytes, bytes], self._client.hgetall(name))
        cells: dict[Cell, int] = {}
        for field, count in counts.items():
            family, _, key = field.decode().partition(_BETWEEN)
            cells[family, key] = int(count)
        return cells

    def written(self, day: date) -> None:
        """A day's collected increments are on disk."""
        self._written.add(f"{self._prefix}drained:{day.isoformat()}")
        with contextlib.suppress(*RedisErrors):
            self._drop_written()

    def _drop_written(self) -> None:
        if self._written:
            self._client.delete(*self._written)
            self._written.clear()
