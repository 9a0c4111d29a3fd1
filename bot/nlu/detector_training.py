"""What a detector's evidence is worth: learnt from the examples that were asked before they were learnt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.nlu.calibration import Doubles, fit_conditional_logit, fit_nonnegative_logistic, predict_proba
from bot.nlu.detector import LEVEL, Detector, Hints, Worth, level_features, tag_slice
from bot.nlu.evidence import GROUPS, Evidence, words_only
from bot.nlu.reader import Reader
from bot.nlu.training_run import Trained
from bot.nlu.training_set import Example, TrainingSet
from bot.nlu.utterance import Utterance

Limits = Mapping[str, Mapping[str, float]]
"""Level -> kinds of text out of scope, parted by blanks ("" for all) -> the share of it that may reach the level."""

BELOW = "below"
"""Stands for all texts of a lower level, those with a label among them."""
KIND = "kind"
"""The tag of examples out of scope that Limits speak of."""
_ENOUGH = 300
"""Held-out examples that a kind of writing needs to have weights of its own."""


def fit_detector(
    training_set: TrainingSet,
    trained: Trained,
    limits: Limits,
    hints: Callable[[Utterance], Hints],
    reader: Reader,
) -> Detector:
    """Learn what the evidence is worth: for the words alone and, where there are vectors, for words and vectors."""
    asked = [trained.examples[i] for i in trained.held_out.tolist()]
    hinted = np.array([hints(reader.read(example.text)) for example in asked], dtype=np.float64)
    right = trained.labels[trained.held_out]

    def worth(evidence: Sequence[Evidence]) -> dict[str, Worth]:
        found = {}
        for group in GROUPS:
            mine = trained.groups == group
            over = np.flatnonzero(mine) if mine.sum() >= _ENOUGH else np.arange(len(asked))
            some = [evidence[i] for i in over.tolist()]
            examples = [asked[i] for i in over.tolist()]
            found[group] = _worth(training_set, some, examples, right[over], hinted[over], limits)
        return found

    def without_vectors(one: Evidence) -> Evidence:
        tags = one.tags.copy()
        tags[:, 1] = 0
        return Evidence(words_only(one.scores), one.known, one.similarity, tags, one.row)

    by_words = worth([without_vectors(one) for one in trained.evidence])
    by_vectors = worth(trained.evidence) if trained.index.vectors is not None else None
    return Detector(training_set.labels, training_set.tags, reader, trained.index, by_words, by_vectors)


def _worth(
    training_set: TrainingSet,
    evidence: Sequence[Evidence],
    examples: Sequence[Example],
    right: NDArray[np.int64],
    hinted: Doubles,
    limits: Limits,
) -> Worth:
    scores = np.stack([one.scores for one in evidence])
    score_weights = fit_conditional_logit(scores, right)
    fused = scores @ score_weights
    values = training_set.tags[LEVEL]
    reached = np.array([values.index(example.tags.get(LEVEL, values[0])) for example in examples])
    kinds = np.array([example.tags.get(KIND, "") for example in examples])
    models, thresholds, held_out = {}, {}, {}
    for place, level in enumerate(values[1:], 1):
        features = np.stack(
            [
                level_features(level, training_set.tags, *one)
                for one in zip(fused, evidence, hinted.tolist(), strict=True)
            ]
        )
        models[level] = fit_nonnegative_logistic(features, reached >= place)
        probabilities = predict_proba(models[level], features)
        thresholds[level] = _threshold(probabilities, reached, place, kinds, limits.get(level, {}))
        there, taken = reached >= place, probabilities >= thresholds[level]
        held_out[level] = (
            int(there.sum()),
            int((there & taken).sum()),
            int((~there).sum()),
            int((~there & taken).sum()),
        )
    tags = {}
    for tag, known in training_set.tags.items():
        told = np.array([example.tags.get(tag, "") in known for example in examples])
        chosen = np.array([known.index(examples[i].tags[tag]) for i in np.flatnonzero(told).tolist()])
        margins = np.stack([one.tags[tag_slice(training_set.tags, tag)] for one in evidence])[told]
        tags[tag] = fit_conditional_logit(margins, chosen)
    return Worth(score_weights, models, tags, thresholds, held_out)


def _threshold(
    probabilities: Doubles,
    reached: NDArray[np.int64],
    place: int,
    kinds: NDArray[np.str_],
    limits: Mapping[str, float],
) -> float:
    """Return the lowest threshold at which each kind of text out of scope stays within its limit."""
    found = 0.5 if not limits else 0.02
    for kind, share in limits.items():
        of_kind = reached < place if kind == BELOW else (reached == 0) & (np.isin(kinds, kind.split()) | (kind == ""))
        if of_kind.sum() >= 20:
            found = max(found, float(np.quantile(probabilities[of_kind], 1 - share)))
    return round(found, 4)
