"""A corpus -> trained models, each learnt from its own examples or taken from the cache.

How examples are learnt stands in training_run.py. From what was said of the examples held out come the weights of the
evidence, the probabilities and the thresholds. Some questions are asked once more as if their label did not exist: so
the probabilities learn what a near miss looks like.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from bot.nlu.calibration import Doubles, fit_conditional_logit, fit_nonnegative_logistic, predict_proba
from bot.nlu.classifier import (
    MOST_CHOICES,
    Calibration,
    IntentClassifier,
    ProbabilityModel,
    Thresholds,
    Written,
    digest_of,
    meta_features_of,
)
from bot.nlu.detector import Detector, Hints
from bot.nlu.detector_training import Limits, fit_detector
from bot.nlu.evidence import GROUPS, Evidence, words_only
from bot.nlu.language_id import LanguageModel
from bot.nlu.model_file import (
    load_detector,
    load_intents,
    load_languages,
    load_lexicon,
    load_tagger,
    save_detector,
    save_intents,
    save_languages,
    save_lexicon,
    save_tagger,
)
from bot.nlu.preprocessor import Lexicon, Preprocessor
from bot.nlu.reader import Encoder, QueryEncoder, Reader
from bot.nlu.span_tagger import SpanTagger, train_tagger
from bot.nlu.training_run import Cache, Trained, TrainingRun, learnable
from bot.nlu.training_set import Corpus, Marked, TrainingSet, WordLists

_VERSION = "12"
"""Part of every cache key: change it with anything that changes what is learnt."""
_SIMULATED_OUT_OF_SCOPE = 0.2
"""Share of the held-out examples that are asked once more as if their label did not exist."""
_ENOUGH = 150
"""Held-out questions that a kind of writing needs to have weights of its own."""

WRONG_ANSWERS = 0.025
"""Share of held-out examples that may be answered wrongly as certain."""
OUT_OF_SCOPE_ANSWERS = 0.05
"""Share of held-out questions out of scope, most of them near misses, that may be answered as certain."""
WRONG_LIKELY = 0.11
"""Share of held-out examples that may be answered wrongly in any form."""
OUT_OF_SCOPE_LIKELY = 0.2
"""Share of held-out questions out of scope that may be answered in any form."""
LOST_QUESTIONS = 0.02
"""Share of held-out examples that may be met with "I don't know"."""


@dataclass(frozen=True, slots=True)
class DetectorRules:
    """What a detector is told beside its examples."""

    limits: Limits
    """Level -> kind of text out of scope -> the share of it that may reach the level."""
    hints: Callable[..., Hints]
    """What word patterns say of an utterance."""


@dataclass(frozen=True, slots=True)
class Models:
    """Everything that was learnt from a corpus."""

    reader: Reader
    topics: IntentClassifier
    dangers: Detector | None = None
    offers: Detector | None = None
    signs: SpanTagger | None = None


def train_models(
    corpus: Corpus,
    *,
    encoder: Encoder | None = None,
    query_encoder: QueryEncoder | None = None,
    cache: Cache | None = None,
    danger_rules: DetectorRules | None = None,
    offer_rules: DetectorRules | None = None,
) -> Models:
    """Learn every model, or take it from the cache.

    `encoder` adds sentence vectors; `query_encoder` makes those of what people ask, where that is not to be the same:
    it may have no time, and then the words alone decide, by what they alone are worth. `cache` keeps what was learnt
    and the vectors of examples under digests of the content; nothing an asker typed ever gets there. Raises ValueError
    for a corpus without a topic that has examples.
    """
    lexicon = _lexicon(corpus, cache)
    # Another preprocessor for the askers: the one for learning remembers the words that it was asked about.
    languages = _languages(corpus, cache)
    reader = Reader(Preprocessor(corpus.words, lexicon, corpus.frequencies, languages), query_encoder or encoder)
    learner: list[Preprocessor] = []

    def preprocessor() -> Preprocessor:
        if not learner:
            learner.append(Preprocessor(corpus.words, lexicon, corpus.frequencies, languages, remember=True))
        return learner[0]

    def run(training_set: TrainingSet) -> Trained:
        return TrainingRun(training_set, preprocessor(), encoder, cache).run()

    semantic = encoder is not None

    def intents(training_set: TrainingSet) -> IntentClassifier:
        if not training_set.labels:
            raise ValueError("there are no examples to learn from")
        key = _key(training_set, corpus.words, semantic)
        kept = cache.get(key) if cache is not None else None
        model = load_intents(kept, training_set, reader) if kept is not None else None
        if model is None:
            trained = run(training_set)
            by_words, by_vectors = _calibrations(training_set, trained)
            written = _written(trained, len(training_set.labels))
            if cache is not None:
                cache[key] = save_intents(trained.index, written, by_words, by_vectors)
            model = IntentClassifier(training_set.labels, reader, trained.index, written, by_words, by_vectors)
        return model

    def detector(training_set: TrainingSet | None, rules: DetectorRules | None) -> Detector | None:
        if training_set is None or rules is None:
            return None
        key = _key(training_set, corpus.words, semantic)
        kept = cache.get(key) if cache is not None else None
        model = load_detector(kept, training_set, reader) if kept is not None else None
        if model is None:
            model = fit_detector(training_set, run(training_set), rules.limits, rules.hints, reader)
            if cache is not None:
                cache[key] = save_detector(model)
        return model

    def tagger(marked: tuple[Marked, ...]) -> SpanTagger | None:
        if not marked:
            return None
        key = _tagger_key(marked, corpus.words)
        kept = cache.get(key) if cache is not None else None
        model = load_tagger(kept, reader) if kept is not None else None
        if model is None:
            model = train_tagger(marked, preprocessor(), reader)
            if cache is not None:
                cache[key] = save_tagger(model)
        return model

    return Models(
        reader,
        intents(corpus.topics),
        detector(corpus.dangers, danger_rules),
        detector(corpus.offers, offer_rules),
        tagger(corpus.signs),
    )


def train_classifier(
    corpus: Corpus,
    *,
    encoder: Encoder | None = None,
    query_encoder: QueryEncoder | None = None,
    cache: Cache | None = None,
) -> IntentClassifier:
    """Learn the topics of a corpus alone; see train_models()."""
    alone = replace(corpus, dangers=None, offers=None, signs=())
    return train_models(alone, encoder=encoder, query_encoder=query_encoder, cache=cache).topics


def cache_keys(corpus: Corpus, *, semantic: bool) -> tuple[str, ...]:
    """The names under which train_models() keeps what it learns."""
    sets = [one for one in (corpus.topics, corpus.dangers, corpus.offers) if one is not None]
    signs = (_tagger_key(corpus.signs, corpus.words),) if corpus.signs else ()
    return (*(_key(one, corpus.words, semantic) for one in sets), *signs)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()[:40]


def _words_content(words: WordLists) -> object:
    return [sorted(words.equivalents.items()), words.synonyms]


def _key(training_set: TrainingSet, words: WordLists, semantic: bool) -> str:
    examples = [(e.label, e.variety, e.text, sorted(e.tags.items())) for e in learnable(training_set)]
    content = [_VERSION, semantic, training_set.labels, examples, sorted(training_set.weights.items())]
    return f"model-{training_set.name}-{_digest([*content, _words_content(words)])}"


def _tagger_key(marked: Sequence[Marked], words: WordLists) -> str:
    content = [(one.text, one.spans, one.variety) for one in marked]
    return f"model-signs-{_digest([_VERSION, content, _words_content(words)])}"


def _lexicon(corpus: Corpus, cache: Cache | None) -> Lexicon:
    """Return the words of all texts, from the cache where it has them."""
    texts = list(corpus.texts())
    key = f"lexicon-{_digest([_VERSION, texts])}"
    kept = cache.get(key) if cache is not None else None
    lexicon = load_lexicon(kept) if kept is not None else None
    if lexicon is None:
        lexicon = Lexicon.of(texts)
        if cache is not None:
            cache[key] = save_lexicon(lexicon)
    return lexicon


def _languages(corpus: Corpus, cache: Cache | None) -> LanguageModel | None:
    """Return the model of the languages, from the cache where it has it; None where no variety has a language."""
    texts = [
        (corpus.languages[example.variety], example.variety, example.text)
        for training_set in (corpus.topics, corpus.dangers)
        if training_set is not None
        for example in training_set.examples
        if example.variety in corpus.languages
    ]
    if not texts:
        return None
    key = f"languages-{_digest([_VERSION, texts])}"
    kept = cache.get(key) if cache is not None else None
    model = load_languages(kept) if kept is not None else None
    if model is None:
        model = LanguageModel.train(texts, corpus.frequencies)
        if cache is not None:
            cache[key] = save_languages(model)
    return model


def _written(trained: Trained, labels: int) -> Written:
    found: dict[int, int] = {}
    for label, tokens in zip(trained.labels.tolist(), trained.tokens, strict=True):
        digest = digest_of(tokens)
        if found.setdefault(digest, label) != label:
            found[digest] = labels
    alone = sorted((digest, label) for digest, label in found.items() if label < labels)
    return Written(
        np.array([digest for digest, _ in alone], dtype=np.uint64),
        np.array([label for _, label in alone], dtype=np.int32),
    )


def _calibrations(training_set: TrainingSet, trained: Trained) -> tuple[Calibration, Calibration | None]:
    """Return what the words alone are worth and, where there are vectors, the words and the vectors."""
    labels = len(training_set.labels)
    right = trained.labels[trained.held_out]
    weights = np.array([training_set.weights.get(trained.examples[i].label, 1.0) for i in trained.held_out.tolist()])
    scores = np.stack([one.scores for one in trained.evidence])
    by_words = _calibrated(words_only(scores), trained.evidence, right, trained.groups, labels, weights, words=True)
    if trained.index.vectors is None:
        return by_words, None
    return by_words, _calibrated(scores, trained.evidence, right, trained.groups, labels, weights, words=False)


def _calibrated(
    scores: Doubles,
    evidence: Sequence[Evidence],
    right: NDArray[np.int64],
    groups: NDArray[np.str_],
    labels: int,
    weights: Doubles,
    *,
    words: bool,
) -> Calibration:
    """Return models and thresholds for each kind of writing; a rare kind shares those of all."""
    if words:
        evidence = [Evidence(s, e.known, e.similarity, e.tags, e.row) for s, e in zip(scores, evidence, strict=True)]
    models: dict[str, ProbabilityModel] = {}
    thresholds: dict[str, Thresholds] = {}
    for group in GROUPS:
        mine = groups == group
        over = np.flatnonzero(mine) if mine.sum() >= _ENOUGH else np.arange(len(evidence))
        score_weights = fit_conditional_logit(scores[over], right[over])
        fused = scores[over] @ score_weights
        some = [evidence[i] for i in over.tolist()]
        features = np.stack([meta_features_of(s, e, labels) for s, e in zip(fused, some, strict=True)])
        order = np.argsort(-fused[:, :labels], axis=1)
        first = order[:, 0] == right[over]
        top3 = (order[:, :MOST_CHOICES] == right[over][:, None]).any(axis=1)
        strange, sources = _simulated_out_of_scope(fused, some, right[over], labels)
        inputs = np.concatenate([features, *strange])
        never = np.zeros(len(strange), dtype=bool)
        counts = np.concatenate([weights[over], weights[over][sources]])
        model = ProbabilityModel(
            score_weights,
            fit_nonnegative_logistic(inputs, np.concatenate([first, never]), weights=counts),
            fit_nonnegative_logistic(inputs, np.concatenate([top3, never]), weights=counts),
        )
        models[group] = model
        thresholds[group] = _thresholds(
            predict_proba(model.first, features),
            predict_proba(model.top3, features),
            first,
            top3,
            right[over] < labels,
            weights[over],
        )
    return Calibration(models, thresholds)


def _simulated_out_of_scope(
    fused: Doubles, evidence: Sequence[Evidence], right: NDArray[np.int64], labels: int
) -> tuple[list[Doubles], list[int]]:
    """Return the features, each of shape (1, kinds), of some examples as if there were no label for them, and which."""
    random = Random(13)
    found: list[Doubles] = []
    sources: list[int] = []
    for number, (row, one, label) in enumerate(zip(fused, evidence, right.tolist(), strict=True)):
        if label < labels and random.random() < _SIMULATED_OUT_OF_SCOPE:
            without = row.copy()
            without[label] = row.min() - 8
            found.append(meta_features_of(without, one, labels)[None])
            sources.append(number)
    return found, sources


def _thresholds(
    p_first: Doubles,
    p_top3: Doubles,
    first: NDArray[np.bool_],
    top3: NDArray[np.bool_],
    ours: NDArray[np.bool_],
    weights: Doubles,
) -> Thresholds:
    """Return the lowest thresholds that keep the promised shares on held-out questions; weights count in scope."""
    mine, out_of_scope = max(1e-9, float(weights[ours].sum())), max(1, int((~ours).sum()))

    def share(cases: NDArray[np.bool_]) -> float:
        return float(weights[cases & ours].sum()) / mine

    def intruding(cases: NDArray[np.bool_]) -> float:
        return float((cases & ~ours).sum()) / out_of_scope

    def lowest(wrong: float, intruders: float) -> float:
        found = 1.0
        # A single case is no reason: small sets would never answer.
        slack, slack_out = 1 / max(1, int(ours.sum())), 1 / out_of_scope
        for threshold in np.arange(0.99, 0.15, -0.01):
            taken = p_first >= threshold
            if share(taken & ~first) > wrong + slack or intruding(taken) > intruders + slack_out:
                break
            found = float(threshold)
        return found

    sure = lowest(WRONG_ANSWERS, OUT_OF_SCOPE_ANSWERS)
    likely = min(sure, lowest(WRONG_LIKELY, OUT_OF_SCOPE_LIKELY))
    choices = 0.0
    for threshold in np.arange(0.01, 0.9, 0.01):
        if share((p_top3 < threshold) & (p_first < likely)) > LOST_QUESTIONS:
            break
        choices = float(threshold)
    certain = p_first >= sure
    maybe = ~certain & (p_first >= likely)
    shown = ~certain & ~maybe & (p_top3 >= choices)
    return Thresholds(
        sure=round(sure, 2),
        likely=round(likely, 2),
        choices=round(choices, 2),
        answered=share(certain),
        wrong=share(certain & ~first),
        likely_wrong=share(maybe & ~first),
        offered=share(((certain | maybe) & first) | (shown & top3)),
        out_of_scope_answered=intruding(certain),
        out_of_scope_likely=intruding(maybe),
        out_of_scope_offered=intruding(shown),
    )
