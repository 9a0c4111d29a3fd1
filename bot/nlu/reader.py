"""Utterance -> question: read once, with its features and its sentence vector, for every classifier that looks at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.nlu.featurizer import Floats
from bot.nlu.preprocessor import Preprocessor, Question
from bot.nlu.utterance import Utterance

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> one row of unit length each."""
QueryEncoder = Callable[[Sequence[str]], NDArray[np.float32] | None]
"""The same for what people ask; None when there is no time for it now."""


class Reader:
    """Reads utterances for classifiers that share one preprocessor and one encoder."""

    def __init__(self, preprocessor: Preprocessor, query_encoder: QueryEncoder | None) -> None:
        self._preprocessor = preprocessor
        self._query_encoder = query_encoder

    def read(self, raw: str) -> Utterance:
        """Read a message. Never raises."""
        return self._preprocessor.read(raw)

    def question(self, utterance: Utterance) -> Question:
        """Return the ways to read an utterance; the same value each time."""
        known = utterance.memo.get(self)
        if known is None:
            known = utterance.memo[self] = self._preprocessor.question(utterance)
        assert isinstance(known, Question)
        return known

    def vectors(self, questions: Sequence[Question]) -> Floats | None:
        """Return one row a question; None without an encoder, or while there is no time for it.

        Several at once cost little more than one, and none is encoded twice.
        """
        missing = [one for one in questions if "vector" not in one.memo]
        if self._query_encoder is None or any(not one.sentence for one in questions):
            return None
        if missing:
            made = self._query_encoder([one.sentence for one in missing])
            if made is None:
                return None
            for one, row in zip(missing, made, strict=True):
                one.memo["vector"] = row
        return np.stack([one.memo["vector"] for one in questions])
