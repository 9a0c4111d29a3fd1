"""Measure the classifier beside its peers: one command, one table for each set, 95 % intervals.

    .venv/bin/python -m benchmarks.matching [--data FOLDER] [--sets own,bi77d,...] [--limit 300] [--slow] [--ablate]

`own` is this campaign's content with tests/wordings. The public sets are read from FOLDER (or TABAYYAN_BENCH_DATA,
or ../shared/bench-data) and are left out, with a sentence, where they are not there; the README says where to get
them. Needs the extras `bench` and `semantic`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import yaml

from bot.dialogue.campaign import Answer, Campaign, Topic
from bot.dialogue.corpus import corpus_of
from bot.nlu.augment import misspell
from bot.nlu.featurizer import Floats
from bot.nlu.knn import NearestExamples
from bot.nlu.normalize import fold, words
from bot.nlu.training import train_classifier
from bot.nlu.training_set import Example, WordLists
from bot.nlu_io.cache import FileCache, read_frequencies
from bot.nlu_io.encoder import load_encoder

ROOT = Path(__file__).parent.parent
MANY = 10_000
"""Phrasings from which on the slowest baseline is asked every tenth question only."""
CACHE = ROOT / "data" / "benchmark-cache"

Scores = Callable[[str], Mapping[str, float]]
"""A question -> score of each entry; a higher score means likelier."""


@dataclass
class Task:
    """Content and questions of one measurement."""

    name: str
    campaign: Campaign
    questions: list[tuple[str, str, frozenset[str]]]
    """(variety, question, right entries); no entries: out of scope."""
    recorded: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    """Peer -> its recorded (entry, score) for each question."""


def interval(right: int, total: int) -> str:
    """Return "percent ±half" by Wilson's 95 % interval."""
    if not total:
        return "-"
    z, share = 1.96, right / total
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return f"{100 * share:.1f} ±{100 * half:.1f}"


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Return the chance that a question in scope scores higher than one out of scope."""
    both = np.array([*inside, *outside])
    order = both.argsort(kind="stable")
    ranks = np.empty(len(both))
    ranks[order] = np.arange(1, len(both) + 1)
    for value in np.unique(both):
        same = both == value
        ranks[same] = ranks[same].mean()
    return float((ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside)))


# Tasks


def _campaign(
    content: Iterable[tuple[str, str, str]], words_of: WordLists | None = None, out_of_scope: tuple[Example, ...] = ()
) -> Campaign:
    """Make a campaign of (entry, variety, text)."""
    found: dict[str, dict[str, list[str]]] = {}
    for entry, variety, text in content:
        found.setdefault(entry, {}).setdefault(variety, []).append(text)
    topics = {
        entry: Topic(entry, "", (), (), "any", None, {}, {v: tuple(t) for v, t in by.items()})
        for entry, by in sorted(found.items())
    }
    return Campaign({}, (), topics, {}, {}, {}, words_of or WordLists(), {}, out_of_scope=out_of_scope)


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader)


def word_lists(content: Path) -> tuple[WordLists, tuple[Example, ...]]:
    """Read the word lists and the foreign questions of all languages."""
    equivalents: dict[str, str] = {}
    synonyms: list[tuple[str, ...]] = []
    questions: list[Example] = []
    for path in sorted(content.glob("*/_words.yaml")):
        listed = _yaml(path)
        equivalents |= listed["equivalents"]
        synonyms += [tuple(group) for group in listed["synonyms"]]
    for path in sorted(content.glob("*/_foreign.yaml")):
        questions += [Example("", variety, q) for variety, found in _yaml(path).items() for q in found]
    return WordLists(equivalents, tuple(synonyms)), tuple(questions)


def own_campaign(content: Path = ROOT / "content") -> Campaign:
    """Read as much of the campaign as the classifier needs."""
    topics = {}
    for entry in _yaml(content / "topics.yaml")["topics"]:
        name, phrasings, answers = entry["id"], {}, {}
        for folder in sorted(content.glob("*/phrasings")):
            if (folder / f"{name}.yaml").exists():
                phrasings |= {v: tuple(t) for v, t in _yaml(folder / f"{name}.yaml").items()}
            page = folder.parent / f"{name}.yaml"
            if page.exists():
                answers[folder.parent.name] = Answer(_yaml(page)["title"], "", "", "")
        topics[name] = Topic(name, "", (), (), "any", None, answers, phrasings)
    lists, out_of_scope = word_lists(content)
    return Campaign({}, (), topics, {}, {}, {}, lists, {}, out_of_scope=out_of_scope)


def own_task() -> Task:
    """Return the campaign's content with the wordings of writers who had not seen it, clean and with slips."""
    questions = []
    for path in sorted((ROOT / "tests" / "wordings").glob("*/*.yaml")):
        for found in _yaml(path).get("finds") or []:
            right = frozenset([path.stem, *(found.get("also") or [])])
            questions.append((found["variety"], found["q"], right))
    random = Random(3)
    slips = [("slips", " ".join(misspell(words(q), random, 0.25)), right) for _, q, right in questions]
    return Task("own", own_campaign(), questions + slips)


_JOINTS = {
    "iq": ("؟ و", ". ", "؟ ", " وهم "),
    "msa": ("؟ و", "، و", "؟ "),
    "arabizi": ("? w ", " w ", "? "),
    "mixed": ("؟ ", ". ", " and "),
    "en": ("? And ", ", and also ", ". ", "? "),
}
"""How people join two questions."""


def pairs(task: Task, count: int) -> list[tuple[str, frozenset[str], frozenset[str]]]:
    """Return messages that ask two things, made of two of a task's questions in one variety, and what each asks."""
    random = Random(5)
    by_variety: dict[str, list[tuple[str, frozenset[str]]]] = {variety: [] for variety in _JOINTS}
    for variety, question, right in task.questions:
        if variety in by_variety:
            by_variety[variety].append((question, right))
    made = []
    while len(made) < count:
        variety = random.choice(tuple(_JOINTS))
        (one, first), (other, second) = random.sample(by_variety[variety], 2)
        if not first & second:
            made.append((one.rstrip("?؟.! ") + random.choice(_JOINTS[variety]) + other, first, second))
    return made


def public_tasks(data: Path) -> list[Task]:
    """Return the public sets that are there."""
    lists = word_lists(ROOT / "content")
    tasks = []

    def rows(name: str) -> list[dict[str, Any]]:
        path = data / f"{name}.jsonl.gz"
        if not path.exists():
            print(f"{name}: left out, {path} is not there. The README says where to get it.", file=sys.stderr)
            return []
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    if found := rows("bi77d-10"):
        variety = {"ar": "iq", "en": "en"}
        content = [(r["entry"], variety[r["lang"]], r["text"]) for r in found if r["role"] == "content"]
        asked = [(r["variety"], r["text"], frozenset([r["entry"]])) for r in found if r["role"] == "question"]
        asked += [("oos", r["text"], frozenset[str]()) for r in found if r["role"] == "oos"]
        tasks.append(Task("bi77d", _campaign(content, *lists), asked))
    for name in ("banking77", "clinc150"):
        found = rows(name)
        for shots in ("train_5", "train_10") if found else ():
            content = [(r["entry"], "en", r["text"]) for r in found if r["split"] == shots]
            asked = [("en", r["text"], frozenset([r["entry"]])) for r in found if r["split"] == "test"]
            asked += [("oos", r["text"], frozenset[str]()) for r in found if r["split"] == "oos_test"]
            tasks.append(Task(f"{name}-{shots[6:]}", _campaign(content, *lists), asked))
    if found := rows("hint3"):
        content = [(r["entry"], "en", r["text"]) for r in found if r["split"] == "train"]
        known = {entry for entry, _, _ in content}
        tests = [r for r in found if r["split"] == "test"]
        asked = [
            ("en" if r["entry"] in known else "oos", r["text"], frozenset([r["entry"]] if r["entry"] in known else []))
            for r in tests
        ]
        recorded = {p: [(r["peers"][p][0], float(r["peers"][p][1])) for r in tests] for p in tests[0]["peers"]}
        tasks.append(Task("hint3", _campaign(content, *lists), asked, recorded))
    return tasks


# Matchers


def _phrases(campaign: Campaign) -> tuple[list[str], list[str]]:
    pairs = [(t.id, p) for t in campaign.topics.values() for found in t.phrasings.values() for p in found]
    return [entry for entry, _ in pairs], [text for _, text in pairs]


def _best(entries: Sequence[str], scores: Iterable[float]) -> dict[str, float]:
    best: dict[str, float] = {}
    for entry, score in zip(entries, scores, strict=True):
        best[entry] = max(best.get(entry, -1e9), float(score))
    return best


def rapidfuzz_scores(campaign: Campaign, scorer: str) -> Scores:
    """A rapidfuzz scorer over all phrasings, as most tutorials (WRatio) and rules-bot (token_set_ratio) do."""
    from rapidfuzz import fuzz, process, utils

    entries, texts = _phrases(campaign)
    ready = [utils.default_process(text) for text in texts]
    measure = getattr(fuzz, scorer)
    return lambda q: _best(entries, process.cdist([utils.default_process(q)], ready, scorer=measure)[0])


def difflib_scores(campaign: Campaign) -> Scores:
    """ChatterBot's default: difflib over all phrasings."""
    entries, texts = _phrases(campaign)
    return lambda q: _best(entries, (SequenceMatcher(None, q.lower(), t.lower()).ratio() for t in texts))


def bm25_scores(campaign: Campaign) -> Scores:
    """Okapi BM25 over all phrasings."""
    from rank_bm25 import BM25Okapi

    entries, texts = _phrases(campaign)
    model = BM25Okapi([list(words(text)) for text in texts])
    return lambda q: _best(entries, model.get_scores(list(words(q))))


def svc_scores(campaign: Campaign) -> Scores:
    """TF-IDF of letters and words with scikit-learn's LinearSVC."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion, make_pipeline
    from sklearn.svm import LinearSVC

    entries, texts = _phrases(campaign)
    features = FeatureUnion(
        [
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, preprocessor=fold)),
            ("words", TfidfVectorizer(ngram_range=(1, 2), preprocessor=fold)),
        ]
    )
    model = make_pipeline(features, LinearSVC()).fit(texts, entries)
    names = list(model.classes_)
    return lambda q: dict(zip(names, np.atleast_1d(model.decision_function([q])[0]), strict=False))


def our_scores(campaign: Campaign, *, semantic: bool, keep: bool = True) -> tuple[Scores, Any]:
    """Our classifier with or without sentence vectors, and the classifier itself."""
    encoder = load_encoder() if semantic else None
    cache = FileCache(CACHE) if keep else None
    classifier = train_classifier(corpus_of(campaign, (), read_frequencies()), encoder=encoder, cache=cache)
    return lambda q: {
        ranked.topic: ranked.confidence for ranked in classifier.predict(classifier.read(q)).ranked
    }, classifier


def without(campaign: Campaign, part: str) -> Campaign:
    """Return the campaign without one part of what the classifier learns from."""
    lists = WordLists() if part == "word lists" else campaign.words
    out_of_scope = () if part == "foreign questions" else campaign.out_of_scope
    topics = dict(campaign.topics)
    if part in ("iq", "msa", "arabizi", "mixed", "en", "titles"):
        for name, topic in topics.items():
            kept = {v: t for v, t in topic.phrasings.items() if v != part}
            answers = {} if part == "titles" else topic.answers
            topics[name] = Topic(name, "", (), (), "any", None, answers, kept)
    return Campaign({}, (), topics, {}, {}, {}, lists, {}, out_of_scope=out_of_scope)


# The table


def measure(name: str, scores: Scores, task: Task, numbers: Sequence[int]) -> None:
    """Print one row: right first and in the first three by variety, AUROC, milliseconds."""
    first: dict[str, list[bool]] = {}
    third: dict[str, list[bool]] = {}
    inside: list[float] = []
    outside: list[float] = []
    start = time.perf_counter()
    for number in numbers:
        variety, question, right = task.questions[number]
        found = sorted(scores(question).items(), key=lambda item: -item[1])[:3] or [("", 0.0)]
        (inside if right else outside).append(found[0][1])
        if right:
            first.setdefault(variety, []).append(found[0][0] in right)
            third.setdefault(variety, []).append(any(entry in right for entry, _ in found))
    spent = (time.perf_counter() - start) / max(1, len(numbers)) * 1000
    cells = [f"{v} {interval(sum(f), len(f))} / {100 * np.mean(third[v]):.1f}" for v, f in first.items()]
    curve = f"AUROC {auroc(inside, outside):.3f}" if inside and outside else ""
    print(f"{name:28s} | {' | '.join(cells)} | {curve} | {spent:.1f} ms", flush=True)


def outcomes(classifier: Any, task: Task, numbers: Sequence[int]) -> None:
    """Print what an asker meets: answered, wrong, reached, "I don't know", by variety."""
    met: dict[str, list[tuple[bool, bool, bool, bool]]] = {}
    for number in numbers:
        variety, question, right = task.questions[number]
        ranking = classifier.predict(classifier.read(question))
        answered = bool(right & set(ranking.answered))
        wrong = ranking.outcome == "answer" and not set(ranking.answered) <= right
        reached = answered or bool(right & set(ranking.choices))
        met.setdefault(variety, []).append((answered, wrong, reached, ranking.outcome == "none"))
    for variety, rows in met.items():
        total, sums = len(rows), [sum(column) for column in zip(*rows, strict=True)]
        names = ("answered", "wrong", "reached", "none")
        shown = (f"{n} {interval(s, total)}" for n, s in zip(names, sums, strict=True))
        print(f"  {variety} ({total}): {', '.join(shown)}")


def two_questions(classifier: Any, task: Task, count: int) -> None:
    """Print what becomes of messages that ask two things."""
    rows = []
    for message, first, second in pairs(task, count):
        ranking = classifier.predict(classifier.read(message))
        answered = set(ranking.answered)
        reached = answered | set(ranking.choices)
        rows.append(
            (
                bool(answered & first) and bool(answered & second),
                bool(reached & first) and bool(reached & second),
                bool(reached & (first | second)),
                bool(answered - first - second),
            )
        )
    names = ("both answered", "both reached", "one reached", "wrong")
    shown = (f"{n} {interval(sum(column), count)}" for n, column in zip(names, zip(*rows, strict=True), strict=True))
    print(f"  two questions in one message ({count}): {', '.join(shown)}")


def _no_similarity(self: NearestExamples, *_: object) -> Floats:
    return np.zeros(self.count, dtype=np.float32)


PARTS: Mapping[str, Mapping[str, Any]] = {
    "misspelt copies": {"bot.nlu.training._MISSPELT": 0.0},
    "copies in Arabizi": {"bot.nlu.training._RESPELT": 0.0},
    "repair of words": {"bot.nlu.spelling.SpellingCorrector.correct": lambda self, word: None},
    "nearest phrasing": {"bot.nlu.knn.NearestExamples.similarity": _no_similarity},
    "linear classifier": {"bot.nlu.linear_svm.LinearSvm.learn": lambda self, rows, labels, **how: None},
    "chances by script": {"bot.nlu.training._ENOUGH": sys.maxsize},
}
"""Parts of the classifier -> what is put in their place to learn and ask without them."""


def run(task: Task, *, limit: int, slow: bool, ablate: bool) -> None:
    """Measure every classifier on one task."""
    random = Random(0)
    by_variety: dict[str, list[int]] = {}
    for number, (variety, _, _) in enumerate(task.questions):
        by_variety.setdefault(variety, []).append(number)
    numbers = sorted(n for group in by_variety.values() for n in random.sample(group, min(limit, len(group))))
    phrasings = sum(len(p) for t in task.campaign.topics.values() for p in t.phrasings.values())
    print(f"\n## {task.name}: {len(task.campaign.topics)} entries, {phrasings} phrasings, {len(numbers)} questions")
    print("right first ± 95 % / in the first three, by variety")
    # Over twenty thousand phrasings WRatio takes a quarter of a second a question.
    some, told = (numbers[::10], " (every 10th)") if phrasings > MANY else (numbers, "")
    measure(f"rapidfuzz WRatio{told}", rapidfuzz_scores(task.campaign, "WRatio"), task, some)
    measure("rapidfuzz token_set_ratio", rapidfuzz_scores(task.campaign, "token_set_ratio"), task, numbers)
    if slow:
        measure("difflib (every 10th)", difflib_scores(task.campaign), task, numbers[::10])
    measure("BM25", bm25_scores(task.campaign), task, numbers)
    measure("TF-IDF + LinearSVC", svc_scores(task.campaign), task, numbers)
    for peer, answers in task.recorded.items():
        known = {task.questions[n][1]: dict([answers[n]]) for n in numbers}
        measure(f"{peer} (recorded)", lambda q, known=known: known[q], task, numbers)  # type: ignore[misc]
    scores, classifier = our_scores(task.campaign, semantic=False)
    measure("ours, lexical", scores, task, numbers)
    if task.name == "own":
        outcomes(classifier, task, numbers)
    if load_encoder() is None:
        print("ours, semantic: left out, the extra is not installed")
        return
    scores, classifier = our_scores(task.campaign, semantic=True)
    measure("ours, semantic", scores, task, numbers)
    if task.name == "own":
        outcomes(classifier, task, numbers)
        two_questions(classifier, task, limit)
    if ablate and task.name == "own":
        for part in ("word lists", "foreign questions", "titles", "iq", "msa", "arabizi", "mixed", "en"):
            scores, _ = our_scores(without(task.campaign, part), semantic=False)
            measure(f"lexical without {part}", scores, task, numbers)
        for part, instead in PARTS.items():
            with ExitStack() as patches:
                for place, value in instead.items():
                    patches.enter_context(patch(place, value))
                scores, _ = our_scores(task.campaign, semantic=False, keep=False)
                measure(f"lexical without {part}", scores, task, numbers)


def main() -> None:
    """Run what the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("TABAYYAN_BENCH_DATA", "../shared/bench-data"))
    parser.add_argument("--sets", default="", help="beginnings of names, separated by commas; default: all")
    parser.add_argument("--limit", type=int, default=300, help="questions of each variety")
    parser.add_argument("--slow", action="store_true", help="difflib as well")
    parser.add_argument("--ablate", action="store_true", help="our classifier without each part of the content")
    chosen = parser.parse_args()
    wanted = tuple(name for name in chosen.sets.split(",") if name)
    for task in [own_task(), *public_tasks(chosen.data)]:
        if not wanted or task.name.startswith(wanted):
            run(task, limit=chosen.limit, slow=chosen.slow, ablate=chosen.ablate)


if __name__ == "__main__":
    main()
