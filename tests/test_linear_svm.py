"""The linear model learns what scikit-learn's LinearSVC learns, on a sample of the real content."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.content_tools.load.build import Content
from bot.nlu.featurizer import Featurizer, Rows, all_buckets
from bot.nlu.linear_svm import LinearSvm
from bot.nlu.preprocessor import Lexicon, Preprocessor
from bot.nlu.training_set import WordLists
from tests.conftest import missing

try:
    from sklearn.svm import LinearSVC

    has_sklearn = True
except ImportError:
    has_sklearn = False

LABELS, EACH = 12, 25
EPOCHS = 60
Sample = tuple[Rows, NDArray[np.int64], int]

needs_sklearn = missing("scikit-learn", has_sklearn)


@pytest.fixture(scope="module")
def sample(content: Content) -> Sample:
    """Rows of some phrasings of some topics, their classes, and how many columns there are."""
    texts, classes = [], []
    for label, topic in enumerate(list(content.campaign.topics.values())[: LABELS * 3 : 3]):
        said = [text for listed in topic.phrasings.values() for text in listed]
        chosen = said[:: max(1, len(said) // EACH)][:EACH]
        texts += chosen
        classes += [label] * len(chosen)
    preprocessor = Preprocessor(WordLists(), Lexicon.of(texts), {})
    buckets = all_buckets([preprocessor.of(tuple(text.casefold().split())) for text in texts])
    featurizer = Featurizer.fit(buckets)
    rows, _ = featurizer.rows(buckets)
    return rows, np.array(classes), featurizer.columns


def learnt(sample: Sample, costs: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """The margins of the sample's own rows."""
    rows, classes, columns = sample
    model = LinearSvm(columns, LABELS, len(rows))
    model.learn(rows, classes, over=np.arange(len(rows)), epochs=EPOCHS, costs=costs)
    return _dense(rows, columns) @ model.weights


def _dense(rows: Rows, columns: int) -> NDArray[np.float32]:
    dense = np.zeros((len(rows), columns), dtype=np.float32)
    for number in range(len(rows)):
        index, values = rows.row(number)
        np.add.at(dense[number], index, values)
    return dense


def theirs(sample: Sample, costs: NDArray[np.float32] | None = None) -> NDArray[np.float64]:
    """What LinearSVC says of the same rows, without an intercept as ours has none."""
    rows, classes, columns = sample
    model: Any = LinearSVC(C=1.0, fit_intercept=False, tol=1e-8, max_iter=20_000)
    dense = _dense(rows, columns)
    model.fit(dense, classes, sample_weight=costs)
    margins: NDArray[np.float64] = model.decision_function(dense)
    return margins


@needs_sklearn
def test_margins_are_those_of_linear_svc(sample: Sample) -> None:
    ours, reference = learnt(sample), theirs(sample)
    print("largest difference of a margin", float(np.abs(ours - reference).max()))
    assert np.abs(ours - reference).max() < 0.01
    assert (ours.argmax(axis=1) == reference.argmax(axis=1)).all()


@needs_sklearn
def test_what_a_row_counts_is_linear_svcs_sample_weight(sample: Sample) -> None:
    costs = np.where(sample[1] % 3 == 0, 4.0, 1.0).astype(np.float32)
    ours, reference = learnt(sample, costs), theirs(sample, costs)
    assert np.abs(ours - reference).max() < 0.02
    assert np.abs(ours - learnt(sample)).max() > 0.05, "the positive control"


@needs_sklearn
def test_rows_with_several_labels_or_none_are_learnt_as_one_problem_a_label(sample: Sample) -> None:
    rows, classes, columns = sample
    several = [
        np.array([], dtype=np.int64) if number % 7 == 0 else np.unique([label, (label + number % 2) % LABELS])
        for number, label in enumerate(classes.tolist())
    ]
    model = LinearSvm(columns, LABELS, len(rows))
    model.learn(rows, several, over=np.arange(len(rows)), epochs=EPOCHS)
    dense = _dense(rows, columns)
    for label in range(LABELS):
        shown = np.array([label in one for one in several])
        other: Any = LinearSVC(C=1.0, fit_intercept=False, tol=1e-8, max_iter=20_000).fit(dense, shown)
        assert np.abs(dense @ model.weights[:, label] - other.decision_function(dense)).max() < 0.01


def test_rows_that_are_learnt_later_end_where_all_at_once_end(sample: Sample) -> None:
    """The held-out texts are learnt after they were asked: the dual variables are kept."""
    rows, classes, columns = sample
    model = LinearSvm(columns, LABELS, len(rows))
    half = np.arange(len(rows)) % 2 == 0
    model.learn(rows, classes, over=np.flatnonzero(half), epochs=EPOCHS)
    model.learn(rows, classes, over=np.arange(len(rows)), epochs=EPOCHS, seed=3)
    assert np.abs(_dense(rows, columns) @ model.weights - learnt(sample)).max() < 0.01


def test_the_same_seed_learns_the_same(sample: Sample) -> None:
    assert (learnt(sample) == learnt(sample)).all()


def test_forgetting_leaves_nothing(sample: Sample) -> None:
    rows, classes, columns = sample
    model = LinearSvm(columns, LABELS, len(rows))
    model.learn(rows, classes, over=np.arange(len(rows)), epochs=1)
    model.forget()
    assert not model.weights.any() and not model.duals.any()


def test_a_row_without_features_changes_nothing() -> None:
    rows = Rows(np.array([0, 0, 2]), np.array([0, 1], dtype=np.int32), np.array([0.6, 0.8], dtype=np.float32))
    model = LinearSvm(2, 2, 2)
    model.learn(rows, np.array([0, 1]), over=np.arange(2), epochs=5)
    assert not model.duals[0].any()
    assert model.weights[0, 1] > 0 > model.weights[0, 0]
