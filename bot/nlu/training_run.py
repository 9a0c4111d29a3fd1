"""One run of learning: examples -> an index of them, and what it would have said of examples that it had not seen.

Learnt from are the examples, misspelt copies of them, Arabizi put into Arabic letters, and Arabic put into Arabizi. A
part of the examples is held out with all its copies, and asked of what was learnt from the rest; a small set is asked
whole, in rounds. Then the part held out is learnt as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import MutableMapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from bot.nlu.arabizi import to_arabizi
from bot.nlu.augment import misspell
from bot.nlu.embeddings import fit_multinomial_logistic, principal_directions, projected
from bot.nlu.evidence import Evidence, Index, add_vectors, gather
from bot.nlu.featurizer import Featurizer, Floats, Variant, all_buckets
from bot.nlu.knn import NearestExamples
from bot.nlu.linear_svm import LinearSvm
from bot.nlu.normalize import words
from bot.nlu.preprocessor import Preprocessor, Question, tokens_of
from bot.nlu.reader import Encoder
from bot.nlu.training_set import TITLE, Example, TrainingSet

Cache = MutableMapping[str, bytes | memoryview]
"""What was learnt, by name; a view may lead to a file mapped into memory."""

_LEAST_EPOCHS, _MOST_EPOCHS = 2, 6
_ROWS_LEARNT = 50_000
"""Rows that the linear classifier goes over, about: a small set is gone over more often."""
HELD_OUT_SHARE, HELD_OUT_SHARE_OUT_OF_SCOPE = 0.2, 0.5
"""Shares of the examples in scope and out of scope that are asked before they are learnt."""
_BATCH = 64
_MISSPELT, _RESPELT = 0.6, 0.6
"""Shares of the examples that get a misspelt copy, and of the Arabic ones that get an Arabizi copy."""
_SMALL, _ROUNDS = 3000, 5
"""A set of fewer examples is asked in so many rounds, so that all of it is asked once."""
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")

_Round = tuple[NDArray[np.int64], NDArray[np.int64]]
"""(Numbers of the examples that are asked, numbers of those that are not learnt before.)"""


def learnable(training_set: TrainingSet) -> list[Example]:
    """Return all examples that hold a letter or digit, those out of scope last."""
    listed = (*training_set.examples, *training_set.out_of_scope)
    return [example for example in listed if _LETTER_OR_DIGIT.search(example.text)]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run leaves behind."""

    index: Index
    examples: tuple[Example, ...]
    """All that were learnt, in the order of the index."""
    tokens: tuple[tuple[str, ...], ...]
    """Their folded words."""
    labels: NDArray[np.int64]
    """The class of each."""
    held_out: NDArray[np.int64]
    """Numbers of the examples that were asked before they were learnt."""
    evidence: tuple[Evidence, ...]
    """What spoke for each class then; with sentence vectors where there are any."""
    groups: NDArray[np.str_]
    """The kind of writing of each example held out."""


class TrainingRun:
    """One run, step by step."""

    def __init__(
        self, training_set: TrainingSet, preprocessor: Preprocessor, encoder: Encoder | None, cache: Cache | None
    ) -> None:
        self._set, self._preprocessor, self._encoder, self._cache = training_set, preprocessor, encoder, cache
        self._examples = learnable(training_set)
        number = {label: n for n, label in enumerate(training_set.labels)}
        self._out_of_scope = len(number)
        self._labels = np.array([number.get(example.label, self._out_of_scope) for example in self._examples])
        self._classes = int(self._labels[-1]) + 1
        self._tokens = [tokens_of(example.text) for example in self._examples]
        self._questions: dict[int, Question] = {}

    def run(self) -> Trained:
        """Learn everything."""
        with ThreadPoolExecutor(1) as beside:
            # Numpy lets go of the interpreter while it multiplies: on two cores the vectors cost little time.
            return self._learnt(beside.submit(self._encoded))

    def _learnt(self, beside: Future[Floats | None]) -> Trained:
        variants, sources = self._augmented()
        found = all_buckets(variants)
        featurizer = Featurizer.fit(found, at_least=3)
        rows, _ = featurizer.rows(found)
        targets = self._targets()
        row_targets = [targets[source] for source in sources.tolist()]
        model = LinearSvm(featurizer.columns, self._classes + len(self._tag_classes()), len(variants))
        # The index holds the model's weights themselves: it knows what the model has learnt so far.
        index = Index(
            featurizer,
            model.weights,
            NearestExamples.of(rows.first(len(self._examples)), featurizer.columns),
            np.searchsorted(self._labels, np.arange(self._classes)),
            tuple(example.text for example in self._examples),
        )
        epochs = max(_LEAST_EPOCHS, min(_MOST_EPOCHS, _ROWS_LEARNT // len(variants)))
        costs = self._costs()[sources]
        rounds = self._rounds()
        evidence: list[Evidence] = []
        for some, out in rounds:
            hidden = np.isin(sources, out)
            model.forget()
            model.learn(rows, row_targets, over=np.flatnonzero(~hidden), epochs=epochs, costs=costs)
            evidence += [gather(self._question(int(i)), index, without=out) for i in some]
        # Asked: now the texts that were held out last are learnt as well.
        model.learn(rows, row_targets, over=np.flatnonzero(hidden), epochs=1, seed=1, costs=costs)
        model.learn(rows, row_targets, over=np.arange(len(variants)), epochs=1, seed=2, costs=costs)
        held_out = np.concatenate([some for some, _ in rounds])
        vectors = beside.result()
        if vectors is not None:
            index = self._add_vectors(index, vectors, rounds, evidence)
        return Trained(
            index,
            tuple(self._examples),
            tuple(self._tokens),
            self._labels,
            held_out,
            tuple(evidence),
            np.array([self._question(int(i)).group for i in held_out]),
        )

    def _tag_classes(self) -> list[tuple[str, str]]:
        return [(tag, value) for tag, values in self._set.tags.items() for value in values]

    def _targets(self) -> list[NDArray[np.int64]]:
        """Return the classes of each example: its label's, then those of its tags' values."""
        place = {pair: self._classes + n for n, pair in enumerate(self._tag_classes())}
        return [
            np.array([label, *(place[pair] for pair in example.tags.items() if pair in place)])
            for label, example in zip(self._labels.tolist(), self._examples, strict=True)
        ]

    def _costs(self) -> Floats:
        """Return how much each example counts."""
        weights = self._set.weights
        return np.array([weights.get(example.label, 1.0) for example in self._examples], dtype=np.float32)

    def _add_vectors(
        self, index: Index, vectors: Floats, rounds: Sequence[_Round], evidence: Sequence[Evidence]
    ) -> Index:
        """Add what vectors tell of the examples held out, learnt from the others; return the index with all vectors."""
        projection = principal_directions(vectors)
        everything = np.ones(len(self._examples), dtype=bool)
        index = replace(
            index,
            vectors=projected(vectors, projection),
            projection=projection,
            vector_weights=self._vector_weights(vectors, everything),
        )
        done = 0
        for asked, out in rounds:
            others = everything.copy()
            others[out] = False
            learnt = self._vector_weights(vectors, others)
            for place in range(0, len(asked), _BATCH):
                some = asked[place : place + _BATCH]
                add_vectors(evidence[done : done + len(some)], vectors[some], index, weights=learnt, without=out)
                done += len(some)
        return index

    def _vector_weights(self, vectors: Floats, over: NDArray[np.bool_]) -> Floats:
        """Return weights of shape (dimensions, classes and tag classes), each tag learnt from the examples that have it."""
        parts = [fit_multinomial_logistic(vectors[over], self._labels[over], self._classes)]
        for tag, values in self._set.tags.items():
            told = np.array([example.tags.get(tag, "") in values for example in self._examples]) & over
            chosen = np.array([values.index(self._examples[i].tags[tag]) for i in np.flatnonzero(told)])
            parts.append(fit_multinomial_logistic(vectors[told], chosen, len(values)))
        return np.concatenate(parts, axis=1)

    def _question(self, number: int) -> Question:
        if number not in self._questions:
            self._questions[number] = self._preprocessor.question(self._preprocessor.read(self._examples[number].text))
        return self._questions[number]

    def _encoded(self) -> Floats | None:
        """Return the vectors of all examples, from the cache where it has them; None without an encoder."""
        if self._encoder is None:
            return None
        sentences = [self._question(i).sentence for i in range(len(self._examples))]
        keys = [hashlib.sha256(s.encode("utf-8", "replace")).digest()[:12] for s in sentences]
        name = f"vectors-{self._set.name}"
        known = _stored_vectors(self._cache, name)
        missing = {k: s for k, s in zip(keys, sentences, strict=True) if k not in known}
        todo = list(missing.items())
        for place in range(0, len(todo), _BATCH):
            some = todo[place : place + _BATCH]
            for (key, _), vector in zip(some, self._encoder([s for _, s in some]), strict=True):
                known[key] = vector.astype(np.float16)
        result = np.stack([known[k] for k in keys])
        if self._cache is not None and missing:
            parts = [len(result[0]).to_bytes(4, "little")]
            parts += [k + known[k].tobytes() for k in dict.fromkeys(keys)]
            self._cache[name] = b"".join(parts)
        return result.astype(np.float32)

    def _augmented(self) -> tuple[list[Variant], NDArray[np.int64]]:
        """Return the variants to learn from, the examples themselves first, and which example each is a copy of."""
        random = Random(7)
        variants = [self._preprocessor.of(tokens) for tokens in self._tokens]
        sources = list(range(len(variants)))
        for number, example in enumerate(self._examples):
            tokens, variety = self._tokens[number], example.variety
            copies = []
            if random.random() < _MISSPELT and variety != TITLE:
                copies.append(misspell(tokens, random, 0.35))
            if variety == "arabizi":
                copies.append(self._preprocessor.arabic(tokens))
            elif variety in ("iq", "msa") and random.random() < _RESPELT:
                copies.append(words(" ".join(to_arabizi(tokens, random.randrange(3)))))
            variants += [self._preprocessor.of(copy) for copy in copies]
            sources += [number] * len(copies)
        return variants, np.array(sources)

    def _rounds(self) -> list[_Round]:
        """Return which examples are asked before they are learnt.

        Of a small set all examples in scope are asked in turn, of a large one a part of every class, once. Half of
        what is out of scope is not learnt before any round: most of it is like nothing that is listed.
        """
        random = Random(11)
        in_scope: list[int] = []
        out_of_scope: list[int] = []
        for number, example in enumerate(self._examples):
            if self._labels[number] == self._out_of_scope:
                out_of_scope.append(number)
            elif example.variety != TITLE:
                in_scope.append(number)
        share = HELD_OUT_SHARE if self._set.tags else HELD_OUT_SHARE_OUT_OF_SCOPE
        out_of_scope = [number for number in out_of_scope if random.random() < share]
        if len(in_scope) < _SMALL:
            random.shuffle(in_scope)
            parts = [sorted(in_scope[k::_ROUNDS]) for k in range(min(_ROUNDS, len(in_scope)))]
        else:
            parts = [[number for number in in_scope if random.random() < HELD_OUT_SHARE]]
        return [
            (
                np.array(part + out_of_scope[k :: len(parts)], dtype=np.int64),
                np.array(part + out_of_scope, dtype=np.int64),
            )
            for k, part in enumerate(parts)
        ]


def _stored_vectors(cache: Cache | None, name: str) -> dict[bytes, NDArray[np.float16]]:
    """Return the vectors that the cache holds, by the digest of their sentence."""
    stored = cache.get(name) if cache is not None else None
    known: dict[bytes, NDArray[np.float16]] = {}
    if stored and len(stored) > 4:
        width = int.from_bytes(stored[:4], "little")
        size = 12 + 2 * width
        if width and (len(stored) - 4) % size == 0:
            for place in range(4, len(stored), size):
                known[bytes(stored[place : place + 12])] = np.frombuffer(stored, np.float16, width, place + 12)
    return known
