"""Which words of a text show which label: a tagger of short spans, learnt from texts whose words are marked.

A text is cut into clauses, and long clauses into overlapping windows; each is read like a short message. A clause may
show several labels or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from bot.nlu.arabizi import to_arabizi
from bot.nlu.augment import misspell
from bot.nlu.calibration import Doubles, fit_nonnegative_logistic
from bot.nlu.evidence import Weights, weighted_row
from bot.nlu.featurizer import Featurizer, all_buckets
from bot.nlu.linear_svm import LinearSvm
from bot.nlu.normalize import normalize, words
from bot.nlu.preprocessor import Preprocessor, tokens_of
from bot.nlu.reader import Reader
from bot.nlu.training_set import Marked
from bot.nlu.utterance import Utterance

WINDOW, STEP = 8, 4
"""Words of a window, and how far the next one lies: for clauses that are longer."""
MOST_WINDOWS = 60
_HELD_OUT = 0.2
_OVERLAP = 0.6
"""Share of a marked span that must lie in a window, or of the window in the span."""
_EPOCHS = 3
_LIKELY = 0.08
"""Probability from which a label is worth naming where no surer one is found."""
_FEWEST = 8
"""Held-out windows of a label from which it has a calibration of its own."""
_PRECISION = 0.85
"""Share of the texts a label is found in that must really show it, on held-out texts."""
_CLAUSE = re.compile(
    r"(?:[^\n.,،;؛!?؟•|/…()«»\"“”:\u2190-\u2bff\u2600-\u27bf\U0001f000-\U0001ffff]|(?<=\d)[.,،:/](?=\d))+"
)
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a text that show a label."""

    label: str
    probability: float
    start: int
    """First character in the raw text."""
    end: int


def windows(text: str) -> Iterator[tuple[int, int]]:
    """Yield (first character, end) of every clause of a text, long ones as overlapping windows."""
    for clause in _CLAUSE.finditer(text):
        found = [(m.start(), m.end()) for m in _WORD.finditer(text, clause.start(), clause.end())]
        if not found:
            continue
        first = 0
        while True:
            last = min(first + WINDOW, len(found))
            yield found[first][0], found[last - 1][1]
            if last == len(found):
                break
            first = min(first + STEP, len(found) - WINDOW)


class SpanTagger:
    """A trained tagger. Holds nothing that changes."""

    def __init__(
        self,
        labels: Sequence[str],
        featurizer: Featurizer,
        weights: Weights,
        calibration: Doubles,
        thresholds: Doubles,
        reader: Reader,
    ) -> None:
        """Take what was learnt: per label a logistic model (slope, intercept) of its margin, and a threshold."""
        self.labels = tuple(labels)
        self.featurizer, self.weights = featurizer, weights
        self.calibration, self.thresholds = calibration, thresholds
        self._reader = reader

    def predict(self, utterance: Utterance) -> tuple[Span, ...]:
        """Return the surest span of each label that a text shows, in the order of the labels. Never raises."""
        spans = self._best(utterance)
        return tuple(span for span, least in zip(spans, self.thresholds, strict=False) if span.probability >= least)

    def likeliest(self, utterance: Utterance) -> tuple[Span, ...]:
        """Return the one span that is likeliest to show its label, if any is at all likely."""
        spans = [span for span in self._best(utterance) if span.probability >= _LIKELY]
        return (max(spans, key=lambda span: span.probability),) if spans else ()

    def _best(self, utterance: Utterance) -> tuple[Span, ...]:
        """The surest span of each label."""
        places = list(windows(utterance.raw))[:MOST_WINDOWS]
        if not places:
            return ()
        probabilities = np.stack([self._probabilities(utterance, start, end) for start, end in places])
        best = probabilities.argmax(axis=0)
        return tuple(
            Span(label, round(float(probabilities[best[n], n]), 4), *places[int(best[n])])
            for n, label in enumerate(self.labels)
        )

    def _probabilities(self, utterance: Utterance, start: int, end: int) -> Doubles:
        question = self._reader.question(utterance.excerpt(normalize(utterance.raw[start:end])))
        columns, values, _ = weighted_row(question, self.featurizer)
        margins = values @ self.weights.take(columns, axis=0).astype(np.float32, copy=False)
        return calibrated(margins, self.calibration)


def calibrated(margins: NDArray[np.float32], calibration: Doubles) -> Doubles:
    """Return probabilities for margins of shape (..., labels) and (slope, intercept) of shape (labels, 2)."""
    result: Doubles = 1 / (1 + np.exp(-np.clip(margins * calibration[:, 0] + calibration[:, 1], -40, 40)))
    return result


@dataclass(frozen=True, slots=True)
class _Window:
    text: int
    tokens: tuple[str, ...]
    targets: NDArray[np.int64]
    variety: str


def train_tagger(marked: Sequence[Marked], preprocessor: Preprocessor, reader: Reader) -> SpanTagger:
    """Learn a tagger. Raises ValueError where nothing is marked."""
    labels = sorted({label for one in marked for _, _, label in one.spans})
    if not labels:
        raise ValueError("no words are marked")
    listed = list(_windows_of(marked, {label: n for n, label in enumerate(labels)}))
    random = Random(7)
    variants, sources = [preprocessor.of(one.tokens) for one in listed], list(range(len(listed)))
    for number, one in enumerate(listed):
        copies = [misspell(one.tokens, random, 0.35)] if random.random() < 0.4 else []
        if one.variety == "arabizi":
            copies.append(preprocessor.arabic(one.tokens))
        elif one.variety in ("iq", "msa") and random.random() < 0.4:
            copies.append(words(" ".join(to_arabizi(one.tokens, random.randrange(3)))))
        variants += [preprocessor.of(copy) for copy in copies]
        sources += [number] * len(copies)
    found = all_buckets(variants)
    featurizer = Featurizer.fit(found, at_least=3)
    rows, _ = featurizer.rows(found)
    targets = [listed[source].targets for source in sources]
    held_texts = {number for number in range(len(marked)) if random.random() < _HELD_OUT}
    hidden = np.array([listed[source].text in held_texts for source in sources])
    model = LinearSvm(featurizer.columns, len(labels), len(variants))
    model.learn(rows, targets, over=np.flatnonzero(~hidden), epochs=_EPOCHS)
    asked = [number for number, one in enumerate(listed) if one.text in held_texts]
    margins = np.stack([_margins(rows.row(number), model.weights) for number in asked])
    calibration, thresholds = _calibrate(margins, [listed[number] for number in asked], len(labels))
    model.learn(rows, targets, over=np.flatnonzero(hidden), epochs=1, seed=1)
    model.learn(rows, targets, over=np.arange(len(variants)), epochs=1, seed=2)
    return SpanTagger(labels, featurizer, model.weights, calibration, thresholds, reader)


def _margins(row: tuple[NDArray[np.int32], NDArray[np.float32]], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    columns, values = row
    result: NDArray[np.float32] = values @ weights.take(columns, axis=0)
    return result


def _windows_of(marked: Sequence[Marked], number: Mapping[str, int]) -> Iterator[_Window]:
    for text, one in enumerate(marked):
        for start, end in windows(one.text):
            shown = {
                number[label]
                for first, last, label in one.spans
                if min(end, last) - max(start, first) >= _OVERLAP * min(last - first, end - start)
            }
            yield _Window(text, tokens_of(one.text[start:end]), np.array(sorted(shown), dtype=np.int64), one.variety)


def _calibrate(margins: NDArray[np.float32], asked: Sequence[_Window], labels: int) -> tuple[Doubles, Doubles]:
    """Return (slope, intercept) of each label, and the threshold from which enough of its texts really show it."""
    shown = np.zeros(margins.shape, dtype=bool)
    for number, one in enumerate(asked):
        shown[number, one.targets] = True
    pooled = fit_nonnegative_logistic(margins.reshape(-1, 1).astype(np.float64), shown.reshape(-1), prior=1.0)
    calibration = np.tile(pooled, (labels, 1))
    for label in range(labels):
        if shown[:, label].sum() >= _FEWEST:
            calibration[label] = fit_nonnegative_logistic(
                margins[:, label : label + 1].astype(np.float64), shown[:, label], prior=1.0
            )
    texts, place = np.unique([one.text for one in asked], return_inverse=True)
    best = np.zeros((len(texts), labels))
    truth = np.zeros((len(texts), labels), dtype=bool)
    np.maximum.at(best, place, calibrated(margins, calibration))
    np.logical_or.at(truth, place, shown)
    return calibration, np.array([_threshold(best[:, label], truth[:, label]) for label in range(labels)])


def _threshold(best: Doubles, truth: NDArray[np.bool_]) -> float:
    """Return the lowest threshold at which enough of the texts found really show the label; 0.5 where few do."""
    if truth.sum() < _FEWEST:
        return 0.5
    found = 0.9
    for threshold in np.arange(0.9, 0.14, -0.05):
        taken = best >= threshold
        if taken.any() and truth[taken].mean() < _PRECISION:
            break
        found = float(threshold)
    return found
