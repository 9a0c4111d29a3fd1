"""A detector and a tagger of spans, learnt from a sample of the campaign's own examples."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.content_tools.load.build import Content
from bot.dialogue.corpus import DANGER_LEVELS, DANGER_LIMITS, OFFER_LIMITS, SCAM, WHO, corpus_of
from bot.dialogue.offers import OfferChecker
from bot.dialogue.safety import SafetyLane
from bot.nlu.detector import Detection, Detector
from bot.nlu.detector_training import BELOW, KIND, _threshold
from bot.nlu.evidence import GROUPS
from bot.nlu.model_file import load_detector, load_tagger, save_detector, save_tagger
from bot.nlu.span_tagger import MOST_WINDOWS, STEP, WINDOW, SpanTagger, windows
from bot.nlu.training import DetectorRules, Models, train_models
from bot.nlu.training_set import Corpus, Example, TrainingSet

DANGERS = ("self-harm", "held", "in-camp", "papers-taken", "leaving-now", "threatened")
OF_EACH, OF_NONE, ASKED_OF_NONE = 70, 500, 400
MARKED = 400
MILLISECONDS = 50
HOSTILE = {
    "one letter": "ا" * 4096,
    "danger words": "اخذوا جوازي " * 341,
    "short English": "a b " * 1024,
    "arabizi": "akhtho jwazy sjn lo jesh shlon ahrb mn el m3skr " * 85,
    "fresh words": " ".join(f"w{number}x" for number in range(650)),
    "ligatures": "ﷺ" * 4096,
    "clauses": "a,b." * 1024,
    "lines": "نص\n" * 1365,
    "money": "2500$" * 819,
    "emoji": "🆘" * 2048,
    "half a pair": "\ud800" * 4096,
}


def _vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors that tell little: sums of fixed noise for each word."""
    rows = np.stack(
        [sum(np.random.default_rng(len(w) * 7919 + ord(w[0])).normal(size=32) for w in t.split()) for t in texts]
    )
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


@dataclass
class Taught:
    """What was learnt, from what, and what was kept back to ask."""

    models: Models
    corpus: Corpus
    rules: dict[str, DetectorRules]
    asked: list[Example]
    cache: dict[str, bytes | memoryview] = field(default_factory=dict)

    def again(self, cache: dict[str, bytes | memoryview]) -> Models:
        """Learn once more, or take from a cache."""
        return train_models(
            self.corpus, cache=cache, danger_rules=self.rules["danger"], offer_rules=self.rules["offer"]
        )


def _some(examples: Sequence[Example], count: int, seed: int = 1) -> list[Example]:
    return Random(seed).sample(list(examples), min(count, len(examples)))


def _sampled(content: Content) -> tuple[Corpus, list[Example]]:
    """A small corpus of the real one, and texts of no danger that it does not hold."""
    whole = corpus_of(content.campaign)
    assert whole.dangers is not None and whole.offers is not None
    dangers = [
        one for danger in DANGERS for one in _some([e for e in whole.dangers.examples if e.label == danger], OF_EACH)
    ]
    none = _some(whole.dangers.out_of_scope, OF_NONE + ASKED_OF_NONE)
    scams, honest = (
        _some([e for e in whole.offers.examples if (e.label == SCAM) == trap], 150) for trap in (True, False)
    )
    kept_topics = whole.topics.labels[:3]
    topics = [e for label in kept_topics for e in _some([x for x in whole.topics.examples if x.label == label], 30)]
    signs = Random(1).sample(list(whole.signs), MARKED)
    corpus = replace(
        whole,
        topics=TrainingSet("topics", kept_topics, tuple(topics), whole.topics.out_of_scope[:50]),
        dangers=replace(whole.dangers, labels=DANGERS, examples=tuple(dangers), out_of_scope=tuple(none[:OF_NONE])),
        offers=replace(
            whole.offers, examples=(*scams, *honest), out_of_scope=tuple(_some(whole.offers.out_of_scope, 200))
        ),
        signs=tuple(signs),
    )
    return corpus, none[OF_NONE:]


@pytest.fixture(scope="module")
def taught(content: Content) -> Taught:
    """Models of a small corpus, learnt once."""
    corpus, asked = _sampled(content)
    rules = {
        "danger": DetectorRules(DANGER_LIMITS, SafetyLane(content.safety, content.campaign.dangers).hints),
        "offer": DetectorRules(OFFER_LIMITS, OfferChecker(content.offers).hints),
    }
    taught = Taught(None, corpus, rules, asked)  # type: ignore[arg-type]
    taught.models = taught.again(taught.cache)
    return taught


@pytest.fixture(scope="module")
def detector(taught: Taught) -> Detector:
    """The detector of danger."""
    assert taught.models.dangers is not None
    return taught.models.dangers


@pytest.fixture(scope="module")
def tagger(taught: Taught) -> SpanTagger:
    """The tagger of warning signs."""
    assert taught.models.signs is not None
    return taught.models.signs


def predicted(taught: Taught, detector: Detector | None, text: str, *, explain: bool = False) -> Detection:
    """What a detector says of a text, the patterns' hints beside it."""
    assert detector is not None
    utterance = taught.models.reader.read(text)
    return detector.predict(utterance, taught.rules["danger"].hints(utterance), explain=explain)


def examples(taught: Taught, every: int = 9) -> Iterator[Example]:
    """Some of the texts that were learnt, and some that were not."""
    assert taught.corpus.dangers is not None
    yield from taught.corpus.dangers.examples[::every]
    yield from taught.asked[::every]


# ---- what a detection is


def test_a_detection_is_sound(taught: Taught, detector: Detector) -> None:
    for example in examples(taught):
        found = predicted(taught, detector, example.text)
        assert found.label in DANGERS
        assert set(found.levels) == set(DANGER_LEVELS) - {"none"}
        assert all(0 <= probability <= 1 for probability in (*found.levels.values(), found.label_probability))
        assert found.level is None or found.levels[found.level] >= found.thresholds[found.level]
        assert found.tags["who"][0] in WHO
        assert found.explanation is None


def test_danger_is_told_from_calm(taught: Taught, detector: Detector) -> None:
    assert taught.corpus.dangers is not None
    full = [e for e in taught.corpus.dangers.examples if e.tags["level"] == "full"]
    heard = [predicted(taught, detector, e.text) for e in full]
    calm = [predicted(taught, detector, e.text) for e in taught.asked]
    assert sum(found.level is not None for found in heard) >= 0.9 * len(heard)
    assert np.mean([f.levels["full"] for f in heard]) > 2 * np.mean([f.levels["full"] for f in calm])
    assert sum(f.label == e.label for f, e in zip(heard, full, strict=True)) >= 0.9 * len(full)


# ---- thresholds


def test_texts_that_were_not_learnt_keep_to_the_limits(taught: Taught, detector: Detector) -> None:
    assert taught.corpus.dangers is not None
    none = taught.corpus.dangers.out_of_scope
    for level, limits in DANGER_LIMITS.items():
        for kinds, limit in limits.items():
            asked = [one for one in taught.asked if not kinds or one.tags[KIND] in kinds.split()]
            assert len(asked) >= 40, kinds
            found = [predicted(taught, detector, one.text) for one in asked]
            share = sum(one.levels[level] >= one.thresholds[level] for one in found) / len(found)
            print(f"{level}: {share:.3f} of {len(asked)} texts ({kinds}), limit {limit}")
            # Three standard errors of the difference: these are other texts than those of the limit, and each kind of
            # writing has its threshold from some of those.
            learnt = [one for one in none if not kinds or one.tags[KIND] in kinds.split()]
            assert share <= limit + 3 * (limit * (1 / len(found) + len(GROUPS) / len(learnt))) ** 0.5


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=40, max_size=300), st.sampled_from([0.01, 0.03, 0.12]))
def test_a_threshold_is_one_that_no_more_than_the_limit_reach(probabilities: list[float], limit: float) -> None:
    values = np.array(probabilities)
    reached = np.arange(len(values)) % 2
    none = reached == 0
    kinds = np.where(np.arange(len(values)) % 4 == 0, "calm", "")
    threshold = _threshold(values, reached, 1, kinds, {"": limit})
    above = float((values[none] > threshold + 1e-4).mean())
    assert above <= limit + 1 / none.sum()


def test_a_kind_of_text_has_a_limit_of_its_own() -> None:
    values = np.concatenate([np.full(50, 0.6), np.full(50, 0.1)])
    kinds = np.array(["calm"] * 50 + ["idiom"] * 50)
    none = np.zeros(100, dtype=np.int64)
    assert _threshold(values, none, 1, kinds, {"": 0.6}) < 0.6
    assert _threshold(values, none, 1, kinds, {"": 0.6, "calm": 0.01}) == 0.6
    assert _threshold(values, none, 1, kinds, {"idiom news": 0.01}) < 0.6


def test_texts_of_a_lower_level_have_a_limit_of_their_own() -> None:
    values = np.concatenate([np.full(50, 0.6), np.full(50, 0.1)])
    reached = np.array([1] * 50 + [0] * 50)
    kinds = np.array([""] * 100)
    assert _threshold(values, reached, 2, kinds, {"": 0.01}) < 0.6
    assert _threshold(values, reached, 2, kinds, {BELOW: 0.01}) == 0.6


# ---- kept, damaged, without vectors


def same(one: Detection, other: Detection) -> bool:
    """Whether two detections differ by no more than weights kept in half precision do."""
    return one.label == other.label and all(abs(one.levels[level] - other.levels[level]) < 0.02 for level in one.levels)


def test_a_saved_detector_says_the_same(taught: Taught, detector: Detector) -> None:
    assert taught.corpus.dangers is not None
    kept = load_detector(save_detector(detector), taught.corpus.dangers, taught.models.reader)
    assert kept is not None
    assert (kept.labels, kept.tags) == (detector.labels, detector.tags)
    for example in examples(taught):
        assert same(predicted(taught, kept, example.text), predicted(taught, detector, example.text)), example.text
    # What was loaded once is saved and loaded without any change.
    twice = load_detector(save_detector(kept), taught.corpus.dangers, taught.models.reader)
    for example in examples(taught, 40):
        assert predicted(taught, twice, example.text) == predicted(taught, kept, example.text)


def test_a_saved_tagger_marks_the_same(taught: Taught, tagger: SpanTagger) -> None:
    kept = load_tagger(save_tagger(tagger), taught.models.reader)
    assert kept is not None and kept.labels == tagger.labels
    for one in taught.corpus.signs[::20]:
        utterance = taught.models.reader.read(one.text)
        ours, theirs = tagger.predict(utterance), kept.predict(utterance)
        assert [(span.label, span.start) for span in ours] == [(span.label, span.start) for span in theirs]


def test_what_the_cache_holds_is_taken_from_it(taught: Taught) -> None:
    kept = dict(taught.cache)
    again = taught.again(taught.cache)
    assert taught.cache == kept
    for example in examples(taught, 40):
        assert same(
            predicted(taught, again.dangers, example.text), predicted(taught, taught.models.dangers, example.text)
        )


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a file", b"\x00" * 5000])
def test_damaged_bytes_are_no_model(taught: Taught, damage: bytes) -> None:
    assert taught.corpus.dangers is not None
    assert load_detector(damage, taught.corpus.dangers, taught.models.reader) is None
    assert load_tagger(damage, taught.models.reader) is None


def test_a_damaged_file_is_learnt_anew(taught: Taught) -> None:
    cache = {
        name: b"\x00" * 5000 if name.startswith(("model-dangers", "model-signs")) else kept
        for name, kept in taught.cache.items()
    }
    assert cache != taught.cache
    again = taught.again(cache)
    for example in examples(taught, 40):
        assert same(
            predicted(taught, again.dangers, example.text), predicted(taught, taught.models.dangers, example.text)
        )
    assert {name: len(kept) for name, kept in cache.items()} == {
        name: len(kept) for name, kept in taught.cache.items()
    }, "the damaged file was replaced"


def test_nothing_that_is_asked_gets_into_the_cache(taught: Taught, detector: Detector) -> None:
    before = {name: bytes(kept) for name, kept in taught.cache.items()}
    predicted(taught, detector, "they took Zainabcanary and locked her in a flat", explain=True)
    assert {name: bytes(kept) for name, kept in taught.cache.items()} == before
    assert not any(b"zainabcanary" in kept.lower() for kept in before.values())


def test_without_time_for_vectors_the_words_alone_decide(taught: Taught) -> None:
    small = replace(taught.corpus, offers=None, signs=())
    assert small.dangers is not None
    cache: dict[str, bytes | memoryview] = {}

    def built(**arguments: object) -> Models:
        return train_models(small, cache=cache, danger_rules=taught.rules["danger"], **arguments)  # type: ignore[arg-type]

    alone = built()
    hurried = built(encoder=_vectors, query_encoder=lambda texts: None)
    at_leisure = built(encoder=_vectors)
    assert alone.dangers is not None and hurried.dangers is not None and at_leisure.dangers is not None
    assert alone.dangers.by_vectors is None and hurried.dangers.by_vectors is not None
    texts = [example.text for example in small.dangers.examples[::40]]
    for text in texts:
        assert same(predicted(taught, hurried.dangers, text), predicted(taught, alone.dangers, text)), text
    utterances = [at_leisure.reader.read(text) for text in texts]
    hints = (0.0, 0.0)
    levels = [at_leisure.dangers.predict(one, hints).levels["full"] for one in utterances]
    by_words = [alone.dangers.predict(alone.reader.read(text), hints).levels["full"] for text in texts]
    assert levels != by_words, "the positive control: with vectors they count"


# ---- why


def test_an_explanation_names_the_nearest_examples_and_words_of_the_text(taught: Taught, detector: Detector) -> None:
    assert taught.corpus.dangers is not None
    texts = {(example.label, example.text) for example in taught.corpus.dangers.examples}
    explained = 0
    for example in taught.corpus.dangers.examples[::30]:
        found = predicted(taught, detector, example.text, explain=True)
        assert found.explanation is not None
        assert found.explanation.nearest[0][0] == found.label
        assert {(label, text) for label, text, _ in found.explanation.nearest} <= texts
        assert all(0 <= similarity <= 1.001 for _, _, similarity in found.explanation.nearest)
        said = set(taught.models.reader.question(taught.models.reader.read(example.text)).variants[0][1].words)
        weights = [weight for _, weight in found.explanation.words]
        assert {word for word, _ in found.explanation.words} <= said
        assert weights == sorted(weights, reverse=True) and all(weight > 0 for weight in weights)
        explained += bool(weights)
    assert explained > 5


def test_an_explanation_changes_nothing_that_is_said(taught: Taught, detector: Detector) -> None:
    for example in examples(taught, 60):
        told = predicted(taught, detector, example.text, explain=True)
        assert replace(told, explanation=None) == predicted(taught, detector, example.text)


# ---- offers and their signs


def test_an_offer_that_is_a_trap_is_told_from_an_honest_one(taught: Taught) -> None:
    offers = taught.models.offers
    assert offers is not None and taught.corpus.offers is not None
    scam: dict[bool, list[float]] = {True: [], False: []}
    for example in taught.corpus.offers.examples[::6]:
        utterance = taught.models.reader.read(example.text)
        found = offers.predict(utterance, taught.rules["offer"].hints(utterance))
        scam[example.label == SCAM].append(found.levels[SCAM])
    assert np.mean(scam[True]) > 3 * np.mean(scam[False])


def test_a_span_quotes_the_text(taught: Taught, tagger: SpanTagger) -> None:
    marked = 0
    for one in taught.corpus.signs[::5]:
        utterance = taught.models.reader.read(one.text)
        spans = tagger.predict(utterance)
        assert [span.label for span in spans] == [label for label in tagger.labels if label in {s.label for s in spans}]
        for span in spans:
            assert 0 <= span.start < span.end <= len(utterance.raw)
            assert utterance.raw[span.start : span.end].strip()
            assert 0 <= span.probability <= 1
        marked += bool(spans)
    assert marked > 5


def test_at_most_one_sign_is_likeliest(taught: Taught, tagger: SpanTagger) -> None:
    for one in taught.corpus.signs[::20]:
        utterance = taught.models.reader.read(one.text)
        likeliest = tagger.likeliest(utterance)
        assert len(likeliest) <= 1
        found = tagger.predict(utterance)
        if found and likeliest:
            assert likeliest[0].probability >= max(span.probability for span in found)


@given(st.text(st.characters(codec=None), max_size=600))
def test_windows_cover_every_word_in_order(text: str) -> None:
    found = list(windows(text))
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert found == sorted(found)
    for start, end in found:
        assert "\n" not in text[start:end]
        assert len(text[start:end].split()) <= WINDOW


def test_a_long_clause_is_cut_into_windows_that_overlap() -> None:
    words = [f"w{number}" for number in range(20)]
    text = " ".join(words)
    cut = [text[start:end].split() for start, end in windows(text)]
    assert all(len(one) == WINDOW for one in cut)
    assert [one[0] for one in cut] == ["w0", f"w{STEP}", f"w{2 * STEP}", "w12"]
    assert {word for one in cut for word in one} == set(words)


# ---- any text, and time


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(codec=None), max_size=400))
def test_any_text_is_judged(taught: Taught, text: str) -> None:
    found = predicted(taught, taught.models.dangers, text, explain=True)
    assert found.label in DANGERS
    assert taught.models.signs is not None
    taught.models.signs.predict(taught.models.reader.read(text))


@pytest.mark.parametrize("text", ["", " ", "؟؟", "👍", "123", "\ud800", "\x00"])
def test_nothing_to_read_is_no_danger(taught: Taught, text: str) -> None:
    assert predicted(taught, taught.models.dangers, text).level != "full"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(taught: Taught, name: str) -> None:
    assert taught.models.offers is not None and taught.models.signs is not None
    text = HOSTILE[name][:4096]
    spent = []
    for _ in range(4):
        utterance = taught.models.reader.read(text)
        started = time.process_time()
        predicted(taught, taught.models.dangers, text)
        taught.models.offers.predict(utterance, taught.rules["offer"].hints(utterance))
        taught.models.signs.predict(utterance)
        spent.append((time.process_time() - started) * 1000)
    print(name, f"{min(spent):.1f} ms")
    assert len(list(windows(text))[:MOST_WINDOWS]) <= MOST_WINDOWS
    assert min(spent) < MILLISECONDS
