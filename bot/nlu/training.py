"""A campaign's wordings -> a classifier: training, held-out asking, thresholds, and keeping the result.

Training texts are the phrasings, misspelt copies of them, Arabizi put into Arabic letters, and Arabic put into
Arabizi. A part of the phrasings and of the out_of_scope questions is kept back with all its copies, and asked of what was
learnt from the rest: from how that goes come the weights of the evidence, the models and the thresholds. Small
content is asked whole, in rounds. Some questions are asked once more as if their topic did not exist: so the models
learn what a near miss looks like. Then the part kept back is learnt as well.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, MutableMapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from bot.nlu.arabizi import to_arabizi
from bot.nlu.augment import misspell
from bot.nlu.calibration import Doubles, fit_conditional_logit, fit_nonnegative_logistic, predict_proba
from bot.nlu.classifier import (
    GROUPS,
    MOST_CHOICES,
    Calibration,
    Encoder,
    Evidence,
    Index,
    IntentClassifier,
    ProbabilityModel,
    QueryEncoder,
    Thresholds,
    add_vectors,
    digest_of,
    gather,
    meta_features_of,
)
from bot.nlu.embeddings import fit_multinomial_logistic, principal_directions, projected
from bot.nlu.featurizer import Featurizer, Floats, Ints, Variant, all_buckets
from bot.nlu.knn import NearestExamples
from bot.nlu.linear_svm import LinearSvm
from bot.nlu.model_file import Array, pack, unpack
from bot.nlu.normalize import words
from bot.nlu.preprocessor import Preprocessor, Question, spellings, tokens_of, vocabulary
from bot.nlu.training_set import TITLE, Example, TrainingSet
from bot.nlu.utterance import Utterance

_VERSION = "9"
"""Part of every cache key: change it with anything that changes what is learnt."""
_LEAST_EPOCHS, _MOST_EPOCHS = 2, 6
_ROWS_LEARNT = 50_000
"""Rows that the classifier goes over, about: small content is gone over more often."""
HELD_OUT_SHARE, HELD_OUT_SHARE_OUT_OF_SCOPE = 0.2, 0.5
"""Shares of the phrasings and of the out_of_scope questions that are asked before they are learnt."""
_BATCH = 64
_MISSPELT, _RESPELT = 0.6, 0.6
"""Shares of the phrasings that get a misspelt copy, and of the Arabic ones that get an Arabizi copy."""
SIMULATED_OUT_OF_SCOPE_SHARE = 0.2
"""Share of the held-out phrasings that are asked once more as if their topic did not exist."""
_SMALL, _ROUNDS = 3000, 5
"""Content of fewer phrasings is asked in so many rounds, so that all of it is asked once."""
_ENOUGH = 150
"""Held-out questions that a kind of writing needs to have weights of its own."""

WRONG_ANSWERS = 0.025
"""Share of held-out phrasings that may be answered wrongly at once."""
OUT_OF_SCOPE_ANSWERS = 0.05
"""Share of held-out out_of_scope questions, most of them near misses, that may be answered at once."""
LOST_QUESTIONS = 0.02
"""Share of held-out phrasings that may be met with "I don't know"."""

_CHANCES = ("score_weights", "first", "top3")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")

Cache = MutableMapping[str, bytes | memoryview]
"""What was learnt, by name; a view may lead to a file mapped into memory."""


def train_classifier(
    training_set: TrainingSet,
    *,
    encoder: Encoder | None = None,
    query_encoder: QueryEncoder | None = None,
    cache: Cache | None = None,
) -> IntentClassifier:
    """Learn a classifier, or take it from the cache.

    `encoder` adds sentence vectors; `query_encoder` makes those of what people ask, where that is not to be the same:
    it may have no time, and then the words alone decide, by what they alone are worth. `cache` keeps what was learnt
    and the vectors of examples under digests of the content; nothing an asker typed ever gets there. Raises ValueError
    for a set without examples.
    """
    if not training_set.labels:
        raise ValueError("there are no examples to learn from")
    key = cache_key(training_set, semantic=encoder is not None)
    kept = cache.get(key) if cache is not None else None
    if kept is not None:
        classifier = _load(kept, training_set, query_encoder or encoder)
        if classifier is not None:
            return classifier
    trainer = Trainer(training_set, encoder, cache)
    classifier = trainer.train(query_encoder or encoder)
    if cache is not None:
        cache[key] = trainer.save()
    return classifier


def cache_key(training_set: TrainingSet, *, semantic: bool) -> str:
    """The name under which train_classifier() keeps what it learns."""
    words = training_set.words
    content = json.dumps(
        [
            _VERSION,
            semantic,
            training_set.labels,
            [(example.label, example.variety, example.text) for example in _learnable(training_set)],
            sorted(words.equivalents.items()),
            words.synonyms,
            {language: [len(found), *found[:50]] for language, found in training_set.frequencies.items()},
        ],
        ensure_ascii=False,
    )
    return "model-" + hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:40]


def _learnable(training_set: TrainingSet) -> list[Example]:
    """Return all examples that hold a letter or digit, those out of scope last."""
    listed = (*training_set.examples, *training_set.out_of_scope)
    return [example for example in listed if _LETTER_OR_DIGIT.search(example.text)]


_Round = tuple[NDArray[np.int64], NDArray[np.int64]]
"""(Numbers of the texts that are asked, numbers of those that are not learnt before.)"""


class Trainer:
    """One run of learning, step by step."""

    def __init__(self, training_set: TrainingSet, encoder: Encoder | None, cache: Cache | None) -> None:
        self._set, self._encoder, self._cache = training_set, encoder, cache
        self._examples = _learnable(training_set)
        number = {label: n for n, label in enumerate(training_set.labels)}
        self._out_of_scope = len(number)
        self._labels = np.array([number.get(example.label, self._out_of_scope) for example in self._examples])
        self._classes = int(self._labels[-1]) + 1
        ours = [example.text for example in self._examples if example.label in number]
        self._counts, self._spelt = vocabulary(ours), spellings(ours)
        self._preprocessor = self._new_preprocessor(remember=True)
        self._tokens = [tokens_of(example.text) for example in self._examples]
        self._questions: dict[int, Question] = {}

    def _new_preprocessor(self, *, remember: bool = False) -> Preprocessor:
        return Preprocessor(self._set.words, self._counts, self._set.frequencies, self._spelt, remember=remember)

    def train(self, query_encoder: QueryEncoder | None) -> IntentClassifier:
        """Learn everything; `query_encoder` encodes what people will ask."""
        with ThreadPoolExecutor(1) as beside:
            # Numpy lets go of the interpreter while it multiplies: on two cores the vectors cost little time.
            vectors = beside.submit(self._encoded)
            return self._learnt(vectors, query_encoder)

    def _learnt(self, beside: Future[Floats | None], query_encoder: QueryEncoder | None) -> IntentClassifier:
        variants, sources = self._augmented()
        found = all_buckets(variants)
        featurizer = Featurizer.fit(found, at_least=3)
        rows, _ = featurizer.rows(found)
        labels = self._labels[sources]
        model = LinearSvm(featurizer.columns, self._classes, len(variants))
        # The index holds the model's weights themselves: it knows what the model has learnt so far.
        index = Index(
            featurizer,
            model.weights,
            NearestExamples.of(rows.first(len(self._examples)), featurizer.columns),
            np.searchsorted(self._labels, np.arange(self._classes)),
            tuple(example.text for example in self._examples),
            None,
            None,
            None,
            *self._written(),
        )
        epochs = max(_LEAST_EPOCHS, min(_MOST_EPOCHS, _ROWS_LEARNT // len(variants)))
        rounds = self._rounds()
        evidence: list[Evidence] = []
        for some, out in rounds:
            hidden = np.isin(sources, out)
            model.forget()
            model.learn(rows, labels, over=np.flatnonzero(~hidden), epochs=epochs)
            evidence += [gather(self._question(int(i)), index, without=out) for i in some]
        # Asked: now the texts that were kept back last are learnt as well.
        model.learn(rows, labels, over=np.flatnonzero(hidden), epochs=1, seed=1)
        model.learn(rows, labels, over=np.arange(len(variants)), epochs=1, seed=2)
        held_out = np.concatenate([some for some, _ in rounds])
        groups = np.array([self._question(int(i)).group for i in held_out])
        by_words = self._calibrated(self._labels[held_out], groups, evidence)
        by_vectors = None
        vectors = beside.result()
        if vectors is not None:
            index = self._add_held_out(index, vectors, rounds, evidence)
            by_vectors = self._calibrated(self._labels[held_out], groups, evidence)
        self._index, self._by_words, self._by_vectors = index, by_words, by_vectors
        # Another preprocessor for the askers: this one remembers the words that it was asked about.
        return IntentClassifier(self._set.labels, self._new_preprocessor(), index, by_words, by_vectors, query_encoder)

    def _add_held_out(
        self, index: Index, vectors: Floats, rounds: Sequence[_Round], evidence: Sequence[Evidence]
    ) -> Index:
        """Add what vectors tell of the texts kept back, learnt from the others; return the index with all vectors."""
        projection = principal_directions(vectors)
        weights = fit_multinomial_logistic(vectors, self._labels, self._classes)
        index = replace(index, vectors=projected(vectors, projection), projection=projection, vector_weights=weights)
        done = 0
        for asked, out in rounds:
            others = np.ones(len(self._examples), dtype=bool)
            others[out] = False
            learnt = fit_multinomial_logistic(vectors[others], self._labels[others], self._classes)
            for place in range(0, len(asked), _BATCH):
                some = asked[place : place + _BATCH]
                add_vectors(evidence[done : done + len(some)], vectors[some], index, weights=learnt, without=out)
                done += len(some)
        return index

    def _written(self) -> tuple[NDArray[np.uint64], Ints]:
        """Return (digest, topic) of the wordings that stand under one topic only."""
        found: dict[int, int] = {}
        for label, tokens in zip(self._labels.tolist(), self._tokens, strict=True):
            digest = digest_of(tokens)
            if found.setdefault(digest, label) != label:
                found[digest] = self._out_of_scope
        alone = sorted((digest, label) for digest, label in found.items() if label < self._out_of_scope)
        return np.array([d for d, _ in alone], dtype=np.uint64), np.array([t for _, t in alone], dtype=np.int32)

    def _question(self, number: int) -> Question:
        if number not in self._questions:
            self._questions[number] = self._preprocessor.question(Utterance.read(self._examples[number].text))
        return self._questions[number]

    def _encoded(self) -> Floats | None:
        """Return the vectors of all texts, from the cache where it has them; None without an encoder."""
        if self._encoder is None:
            return None
        cache = self._cache
        sentences = [self._question(i).sentence for i in range(len(self._examples))]
        keys = [hashlib.sha256(s.encode("utf-8", "replace")).digest()[:12] for s in sentences]
        known: dict[bytes, NDArray[np.float16]] = {}
        stored = cache.get("vectors") if cache is not None else None
        width = 0
        if stored and len(stored) > 4:
            width = int.from_bytes(stored[:4], "little")
            size = 12 + 2 * width
            if width and (len(stored) - 4) % size == 0:
                for place in range(4, len(stored), size):
                    known[bytes(stored[place : place + 12])] = np.frombuffer(stored, np.float16, width, place + 12)
        missing = {k: s for k, s in zip(keys, sentences, strict=True) if k not in known}
        todo = list(missing.items())
        for place in range(0, len(todo), _BATCH):
            some = todo[place : place + _BATCH]
            for (key, _), vector in zip(some, self._encoder([s for _, s in some]), strict=True):
                known[key] = vector.astype(np.float16)
        result = np.stack([known[k] for k in keys])
        if cache is not None and missing:
            parts = [len(result[0]).to_bytes(4, "little")]
            parts += [k + known[k].tobytes() for k in dict.fromkeys(keys)]
            cache["vectors"] = b"".join(parts)
        return result.astype(np.float32)

    def _augmented(self) -> tuple[list[Variant], NDArray[np.int64]]:
        """Return the variants to learn from, the texts themselves first, and which text each is a copy of."""
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
        """Return which texts are asked before they are learnt.

        Of small content all phrasings are asked in turn, of large content a part of every class, once. Half of the
        out_of_scope questions are not learnt before any round: most of what is out_of_scope is like nothing that is listed.
        """
        random = Random(11)
        phrasings: list[int] = []
        out_of_scope: list[int] = []
        for number, example in enumerate(self._examples):
            if self._labels[number] == self._out_of_scope:
                out_of_scope.append(number)
            elif example.variety != TITLE:
                phrasings.append(number)
        out_of_scope = [number for number in out_of_scope if random.random() < HELD_OUT_SHARE_OUT_OF_SCOPE]
        if len(phrasings) < _SMALL:
            random.shuffle(phrasings)
            parts = [sorted(phrasings[k::_ROUNDS]) for k in range(min(_ROUNDS, len(phrasings)))]
        else:
            parts = [[number for number in phrasings if random.random() < HELD_OUT_SHARE]]
        return [
            (
                np.array(part + out_of_scope[k :: len(parts)], dtype=np.int64),
                np.array(part + out_of_scope, dtype=np.int64),
            )
            for k, part in enumerate(parts)
        ]

    def _calibrated(
        self, labels: NDArray[np.int64], groups: NDArray[np.str_], evidence: Sequence[Evidence]
    ) -> Calibration:
        """Return models and thresholds for each kind of writing; a rare kind shares those of all."""
        real = self._out_of_scope
        scores_by_kind = np.stack([found.scores_by_kind for found in evidence])
        models: dict[str, ProbabilityModel] = {}
        thresholds: dict[str, Thresholds] = {}
        for group in GROUPS:
            mine = groups == group
            over = np.flatnonzero(mine) if mine.sum() >= _ENOUGH else np.arange(len(evidence))
            score_weights = fit_conditional_logit(scores_by_kind[over], labels[over])
            scores = scores_by_kind[over] @ score_weights
            meta_features = np.stack(
                [meta_features_of(s, evidence[i], real) for s, i in zip(scores, over.tolist(), strict=True)]
            )
            order = np.argsort(-scores[:, :real], axis=1)
            first = order[:, 0] == labels[over]
            top3 = (order[:, :MOST_CHOICES] == labels[over][:, None]).any(axis=1)
            strange = self._simulated_out_of_scope(scores, [evidence[i] for i in over.tolist()], labels[over])
            tokens = np.concatenate([meta_features, *strange])
            never = np.zeros(len(strange), dtype=bool)
            learnt = ProbabilityModel(
                score_weights,
                fit_nonnegative_logistic(tokens, np.concatenate([first, never])),
                fit_nonnegative_logistic(tokens, np.concatenate([top3, never])),
            )
            models[group] = learnt
            thresholds[group] = _thresholds(
                predict_proba(learnt.first, meta_features),
                predict_proba(learnt.top3, meta_features),
                first,
                top3,
                labels[over] < real,
            )
        return Calibration(models, thresholds)

    def _simulated_out_of_scope(
        self, scores: Doubles, evidence: Sequence[Evidence], labels: NDArray[np.int64]
    ) -> list[NDArray[np.float64]]:
        """Return the meta_features, each of shape (1, scores_by_kind), of some phrasings as if the campaign had no topic for them."""
        random, real = Random(13), self._out_of_scope
        found = []
        for row, one, label in zip(scores, evidence, labels.tolist(), strict=True):
            if label < real and random.random() < SIMULATED_OUT_OF_SCOPE_SHARE:
                without = row.copy()
                without[label] = row.min() - 8
                found.append(meta_features_of(without, one, real)[None])
        return found

    def save(self) -> bytes:
        """Return what was learnt, for the cache."""
        index = self._index
        column, idf = index.featurizer.state()
        arrays: dict[str, Array] = {
            "seen": column,
            "idf": idf,
            "weights": index.weights.astype(np.float16),
            "nearest_indices": index.nearest.indices,
            "nearest_data": index.nearest.data,
            "nearest_indptr": index.nearest.indptr,
            "starts": index.starts,
            "written": index.written,
            "written_under": index.written_under,
            "counts": _json_array(self._counts),
            "spelling": _json_array(self._spelt),
            **_calibration_arrays("words", self._by_words),
        }
        if self._by_vectors is not None:
            arrays |= _calibration_arrays("vectors", self._by_vectors)
        if index.vectors is not None and index.projection is not None and index.vector_weights is not None:
            arrays |= {
                "vectors": index.vectors,
                "projection": index.projection,
                "vector_weights": index.vector_weights,
            }
        return pack(arrays)


def _json_array(value: object) -> Array:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _calibration_arrays(evidence: str, calibration: Calibration) -> dict[str, Array]:
    """Return a calibration's arrays by name, for the cache."""
    arrays = {
        f"{evidence}-{group}-{name}": getattr(models, name)
        for group, models in calibration.models.items()
        for name in _CHANCES
    }
    tokens = {group: asdict(thresholds) for group, thresholds in calibration.thresholds.items()}
    return {**arrays, f"{evidence}-thresholds": _json_array(tokens)}


def _calibration_of(evidence: str, arrays: Mapping[str, Array]) -> Calibration:
    """The inverse of _calibration_arrays()."""
    tokens = json.loads(arrays[f"{evidence}-thresholds"].tobytes())
    return Calibration(
        {group: ProbabilityModel(*(arrays[f"{evidence}-{group}-{name}"] for name in _CHANCES)) for group in GROUPS},
        {group: Thresholds(**tokens[group]) for group in GROUPS},
    )


def _load(
    kept: bytes | memoryview, training_set: TrainingSet, query_encoder: QueryEncoder | None
) -> IntentClassifier | None:
    """Return the classifier that `kept` holds; None where it is damaged."""
    examples = _learnable(training_set)
    try:
        arrays = unpack(kept)
        featurizer = Featurizer.of_state(arrays["seen"], arrays["idf"])
        index = Index(
            featurizer,
            arrays["weights"],
            NearestExamples(len(examples), *(arrays[f"nearest_{name}"] for name in ("indices", "data", "indptr"))),
            arrays["starts"],
            tuple(example.text for example in examples),
            arrays.get("vectors"),
            arrays.get("projection"),
            arrays.get("vector_weights"),
            arrays["written"],
            arrays["written_under"],
        )
        by_words = _calibration_of("words", arrays)
        by_vectors = _calibration_of("vectors", arrays) if index.vectors is not None else None
        counts, spelling = (json.loads(arrays[name].tobytes()) for name in ("counts", "spelling"))
    except (ValueError, KeyError, TypeError):
        return None
    preprocessor = Preprocessor(training_set.words, counts, training_set.frequencies, spelling)
    return IntentClassifier(training_set.labels, preprocessor, index, by_words, by_vectors, query_encoder)


def _thresholds(
    p_first: Doubles,
    p_among: Doubles,
    first: NDArray[np.bool_],
    top3: NDArray[np.bool_],
    ours: NDArray[np.bool_],
) -> Thresholds:
    """Return the lowest thresholds that keep the promised shares on held-out questions."""
    mine, out_of_scope = max(1, int(ours.sum())), max(1, int((~ours).sum()))
    answer = 1.0
    for border in np.arange(0.99, 0.2, -0.01):
        taken = p_first >= border
        wrong, intruders = (taken & ours & ~first).sum(), (taken & ~ours).sum()
        if wrong > np.ceil(WRONG_ANSWERS * mine) or intruders > np.ceil(OUT_OF_SCOPE_ANSWERS * out_of_scope):
            break
        answer = float(border)
    choices = 0.0
    for border in np.arange(0.01, 0.9, 0.01):
        if ((p_among < border) & (p_first < answer) & ours).sum() / mine > LOST_QUESTIONS:
            break
        choices = float(border)
    taken = p_first >= answer
    shown = ~taken & (p_among >= choices)
    return Thresholds(
        answer=round(answer, 2),
        choices=round(choices, 2),
        answered=float((taken & ours).sum() / mine),
        wrong=float((taken & ours & ~first).sum() / mine),
        offered=float(((taken & first) | (shown & top3))[ours].sum() / mine),
        out_of_scope_answered=float((taken & ~ours).sum() / out_of_scope),
        out_of_scope_offered=float((shown & ~ours).sum() / out_of_scope),
    )
