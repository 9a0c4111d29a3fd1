"""Models as one run of bytes each: named arrays, used where they lie, in a file mapped into memory as well."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.nlu.classifier import Calibration, IntentClassifier, ProbabilityModel, Thresholds, Written
from bot.nlu.detector import Detector, Worth
from bot.nlu.evidence import GROUPS, Index
from bot.nlu.featurizer import Featurizer
from bot.nlu.knn import NearestExamples
from bot.nlu.language_id import LanguageModel, Variety
from bot.nlu.preprocessor import Lexicon
from bot.nlu.reader import Reader
from bot.nlu.span_tagger import SpanTagger
from bot.nlu.training_run import learnable
from bot.nlu.training_set import TrainingSet

Array = NDArray[Any]

_ALIGNED = 64
"""Bytes: every array begins at a multiple of this."""


def pack(arrays: Mapping[str, Array]) -> bytes:
    """Return the bytes of arrays: the length of a table of contents in 8 bytes, the table in JSON, the arrays."""
    table = []
    place = 0
    for name, array in arrays.items():
        table.append((name, array.dtype.str, array.shape, place))
        place = _rounded(place + array.nbytes)
    head = json.dumps(table).encode()
    parts = [len(head).to_bytes(8, "little"), head]
    parts.append(bytes(_rounded(8 + len(head)) - 8 - len(head)))
    for array in arrays.values():
        parts += [np.ascontiguousarray(array).tobytes(), bytes(_rounded(array.nbytes) - array.nbytes)]
    return b"".join(parts)


def unpack(packed: bytes | memoryview) -> dict[str, Array]:
    """Return the arrays of `pack`, each a view of the bytes. Raises ValueError or TypeError for other bytes."""
    length = int.from_bytes(packed[:8], "little")
    table = json.loads(bytes(packed[8 : 8 + length]))
    start = _rounded(8 + length)
    found: dict[str, Array] = {}
    for name, dtype, shape, place in table:
        count = int(np.prod(shape, dtype=np.int64))
        found[name] = np.frombuffer(packed, np.dtype(dtype), count, start + place).reshape(shape)
    return found


def _rounded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


_Model = TypeVar("_Model")
_PROBABILITIES = ("score_weights", "first", "top3")


def _read(kept: bytes | memoryview, build: Callable[[Mapping[str, Array]], _Model]) -> _Model | None:
    """Return what some bytes hold; None where they are damaged."""
    try:
        return build(unpack(kept))
    except (ValueError, KeyError, TypeError):
        return None


def _json_array(value: object) -> Array:
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _from_json(array: Array) -> Any:
    return json.loads(array.tobytes())


def save_lexicon(lexicon: Lexicon) -> bytes:
    """Return a lexicon as bytes, for load_lexicon()."""
    return pack({"counts": _json_array(dict(lexicon.counts)), "spellings": _json_array(dict(lexicon.spellings))})


def load_lexicon(kept: bytes | memoryview) -> Lexicon | None:
    """Return the lexicon that the bytes hold; None where they are damaged."""
    return _read(kept, lambda arrays: Lexicon(_from_json(arrays["counts"]), _from_json(arrays["spellings"])))


def save_languages(model: LanguageModel) -> bytes:
    """Return a model of languages as bytes, for load_languages()."""
    varieties = [(one.name, one.language, one.script) for one in model.varieties]
    return pack({"varieties": _json_array(varieties), "weights": model.weights})


def load_languages(kept: bytes | memoryview) -> LanguageModel | None:
    """Return the model that the bytes hold; None where they are damaged."""
    return _read(
        kept,
        lambda arrays: LanguageModel([Variety(*one) for one in _from_json(arrays["varieties"])], arrays["weights"]),
    )


def _index_arrays(index: Index) -> dict[str, Array]:
    seen, idf = index.featurizer.state()
    arrays: dict[str, Array] = {
        "seen": seen,
        "idf": idf,
        "weights": index.weights.astype(np.float16),
        "nearest_indices": index.nearest.indices,
        "nearest_data": index.nearest.data,
        "nearest_indptr": index.nearest.indptr,
        "starts": index.starts,
    }
    if index.vectors is not None and index.projection is not None and index.vector_weights is not None:
        arrays |= {
            "vectors": index.vectors,
            "projection": index.projection,
            "vector_weights": index.vector_weights,
        }
    return arrays


def _index_of(arrays: Mapping[str, Array], training_set: TrainingSet) -> Index:
    examples = tuple(example.text for example in learnable(training_set))
    return Index(
        Featurizer.of_state(arrays["seen"], arrays["idf"]),
        arrays["weights"],
        NearestExamples(len(examples), *(arrays[f"nearest_{name}"] for name in ("indices", "data", "indptr"))),
        arrays["starts"],
        examples,
        arrays.get("vectors"),
        arrays.get("projection"),
        arrays.get("vector_weights"),
    )


def save_intents(index: Index, written: Written, by_words: Calibration, by_vectors: Calibration | None) -> bytes:
    """Return what a classifier of intents learnt as bytes, for load_intents()."""
    arrays = _index_arrays(index) | {"written": written.digests, "written_under": written.labels}
    for evidence, calibration in (("words", by_words), ("vectors", by_vectors)):
        if calibration is not None:
            arrays |= {
                f"{evidence}-{group}-{name}": getattr(model, name)
                for group, model in calibration.models.items()
                for name in _PROBABILITIES
            }
            thresholds = {group: asdict(known) for group, known in calibration.thresholds.items()}
            arrays[f"{evidence}-thresholds"] = _json_array(thresholds)
    return pack(arrays)


def load_intents(kept: bytes | memoryview, training_set: TrainingSet, reader: Reader) -> IntentClassifier | None:
    """Return the classifier that the bytes hold; None where they are damaged."""

    def calibration(arrays: Mapping[str, Array], evidence: str) -> Calibration:
        thresholds = _from_json(arrays[f"{evidence}-thresholds"])
        return Calibration(
            {
                group: ProbabilityModel(*(arrays[f"{evidence}-{group}-{name}"] for name in _PROBABILITIES))
                for group in GROUPS
            },
            {group: Thresholds(**thresholds[group]) for group in GROUPS},
        )

    def build(arrays: Mapping[str, Array]) -> IntentClassifier:
        index = _index_of(arrays, training_set)
        return IntentClassifier(
            training_set.labels,
            reader,
            index,
            Written(arrays["written"], arrays["written_under"]),
            calibration(arrays, "words"),
            calibration(arrays, "vectors") if index.vectors is not None else None,
        )

    return _read(kept, build)


def _worth_as_json(worth: Mapping[str, Worth]) -> object:
    return {
        group: {
            "score_weights": one.score_weights.tolist(),
            "levels": {level: model.tolist() for level, model in one.levels.items()},
            "tags": {tag: weights.tolist() for tag, weights in one.tags.items()},
            "thresholds": dict(one.thresholds),
            "held_out": dict(one.held_out),
        }
        for group, one in worth.items()
    }


def _worth_of(value: Any) -> dict[str, Worth]:
    return {
        group: Worth(
            np.array(one["score_weights"]),
            {level: np.array(model) for level, model in one["levels"].items()},
            {tag: np.array(weights) for tag, weights in one["tags"].items()},
            one["thresholds"],
            {level: tuple(counts) for level, counts in one["held_out"].items()},
        )
        for group, one in value.items()
    }


def save_detector(detector: Detector) -> bytes:
    """Return what a detector learnt as bytes, for load_detector()."""
    arrays = _index_arrays(detector.index) | {"by_words": _json_array(_worth_as_json(detector.by_words))}
    if detector.by_vectors is not None:
        arrays["by_vectors"] = _json_array(_worth_as_json(detector.by_vectors))
    return pack(arrays)


def load_detector(kept: bytes | memoryview, training_set: TrainingSet, reader: Reader) -> Detector | None:
    """Return the detector that the bytes hold; None where they are damaged."""

    def build(arrays: Mapping[str, Array]) -> Detector:
        return Detector(
            training_set.labels,
            training_set.tags,
            reader,
            _index_of(arrays, training_set),
            _worth_of(_from_json(arrays["by_words"])),
            _worth_of(_from_json(arrays["by_vectors"])) if "by_vectors" in arrays else None,
        )

    return _read(kept, build)


def save_tagger(tagger: SpanTagger) -> bytes:
    """Return what a tagger learnt as bytes, for load_tagger()."""
    seen, idf = tagger.featurizer.state()
    return pack(
        {
            "labels": _json_array(tagger.labels),
            "seen": seen,
            "idf": idf,
            "weights": tagger.weights.astype(np.float16),
            "calibration": tagger.calibration,
            "thresholds": tagger.thresholds,
        }
    )


def load_tagger(kept: bytes | memoryview, reader: Reader) -> SpanTagger | None:
    """Return the tagger that the bytes hold; None where they are damaged."""
    return _read(
        kept,
        lambda arrays: SpanTagger(
            _from_json(arrays["labels"]),
            Featurizer.of_state(arrays["seen"], arrays["idf"]),
            arrays["weights"],
            arrays["calibration"],
            arrays["thresholds"],
            reader,
        ),
    )
