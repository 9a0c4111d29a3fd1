"""How well questions find their topics: measured on phrasings left out of the learning, and on the test wordings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path
from types import MappingProxyType

from bot.content_tools.checks.check import WORDINGS
from bot.content_tools.load import schema
from bot.content_tools.load.content_folder import load
from bot.dialogue.campaign import Campaign
from bot.nlu.detector import Detector
from bot.nlu.normalize import fold
from bot.nlu.ranking import Classifier

FOLDS = 3
Fit = Callable[[Campaign], Classifier]
MERGE_FROM = 3
"""So many questions stolen in both directions, and two topics may be one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question whose topic is known."""

    topic: str
    question: str
    variety: str
    also: tuple[str, ...] = ()
    """Other topics that would answer it as well."""
    origin: str = "phrasing"
    """phrasing, finds, near_misses or known_failures."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a classifier made of a case."""

    case: Case
    best: str
    """The topic ranked first; "-" for none."""
    place: int
    """Place of the first right topic among the ranked ones, from 1; 0 when it is not among them."""
    outcome: str
    answered: tuple[str, ...]
    choices: tuple[str, ...]

    @property
    def reached(self) -> bool:
        """Whether the reply shows a right topic at once: answered, or on a button."""
        right = {self.case.topic, *self.case.also}
        return bool(right & {*self.answered, *self.choices})

    @property
    def wrong(self) -> bool:
        """Whether the reply answers with a wrong topic only."""
        return bool(self.answered) and not {self.case.topic, *self.case.also} & set(self.answered)


def read_cases(wordings: Path) -> tuple[Case, ...]:
    """The test wordings of a folder; files that cannot be read are left to the check."""
    shelf = load(wordings, WORDINGS)
    cases: list[Case] = []
    for path in shelf.files:
        model = shelf.model(path, schema.WordingsFile)
        topic = path.rpartition("/")[2].removesuffix(".yaml")
        for origin in ("finds", "near_misses", "known_failures") if model is not None else ():
            cases.extend(
                Case(topic, entry.q, entry.variety, tuple(entry.also), origin) for entry in getattr(model, origin)
            )
    return tuple(cases)


def phrasing_cases(campaign: Campaign) -> tuple[Case, ...]:
    """Every phrasing of the campaign as a case."""
    return tuple(
        Case(topic.id, text, variety)
        for topic in campaign.topics.values()
        for variety, texts in topic.phrasings.items()
        for text in texts
    )


def ask(classifier: Classifier, cases: Iterable[Case]) -> Iterator[Outcome]:
    """Put cases to a classifier."""
    for case in cases:
        ranking = classifier.predict(classifier.read(case.question))
        right = {case.topic, *case.also}
        place = next((at for at, found in enumerate(ranking.ranked, 1) if found.topic in right), 0)
        best = ranking.ranked[0].topic if ranking.ranked else "-"
        yield Outcome(case, best, place, ranking.outcome, ranking.answered, ranking.choices)


def leave_out(campaign: Campaign, fit: Fit, folds: int = FOLDS) -> tuple[Outcome, ...]:
    """Put every phrasing to a classifier that has not learnt it: as many fits as folds.

    Phrasings that fold to the same words are left out together.
    """
    outcomes: list[Outcome] = []
    for number in range(folds):

        def stays(text: str, number: int = number) -> bool:
            return _fold_of(text, folds) != number

        topics = {
            name: replace(
                topic,
                phrasings=MappingProxyType(
                    {variety: tuple(filter(stays, texts)) for variety, texts in topic.phrasings.items()}
                ),
            )
            for name, topic in campaign.topics.items()
        }
        classifier = fit(replace(campaign, topics=MappingProxyType(topics)))
        outcomes.extend(ask(classifier, (case for case in phrasing_cases(campaign) if not stays(case.question))))
    return tuple(outcomes)


def _fold_of(text: str, folds: int) -> int:
    # hash() differs from run to run; a sum of code points does not.
    return sum(position * ord(character) for position, character in enumerate(fold(text), 1)) % folds


def share(part: int, whole: int) -> str:
    """A share in percent with its 95 % interval (Wilson)."""
    if not whole:
        return "-"
    z, p = 1.96, part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return f"{100 * p:5.1f} % [{100 * max(0.0, middle - half):.1f} to {100 * min(1.0, middle + half):.1f}]"


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """Right first, in the first three, reached at once and wrongly answered, per variety and in all."""
    by_variety: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_variety[outcome.case.variety].append(outcome)
    rows = [("variety", "questions", "right first", "in first three", "reached at once", "wrong answer")]
    for variety, found in [*sorted(by_variety.items()), ("all", list(outcomes))]:
        rows.append(
            (
                variety,
                str(len(found)),
                share(sum(o.place == 1 for o in found), len(found)),
                share(sum(1 <= o.place <= 3 for o in found), len(found)),
                share(sum(o.reached for o in found), len(found)),
                share(sum(o.wrong for o in found), len(found)),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


@dataclass(frozen=True, slots=True)
class Confusion:
    """A topic that takes another one's questions."""

    topic: str
    thief: str
    questions: tuple[str, ...]
    hint: str
    """merge, split or reword."""


def confusions(outcomes: Iterable[Outcome]) -> tuple[Confusion, ...]:
    """Pairs of topics by how many questions one takes from the other, most first."""
    taken: dict[tuple[str, str], list[str]] = defaultdict(list)
    lost: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.place != 1 and outcome.best != "-" and outcome.case.origin != "near_misses":
            taken[outcome.case.topic, outcome.best].append(outcome.case.question)
            lost[outcome.case.topic] += 1
    found = []
    for (topic, thief), questions in taken.items():
        back = len(taken.get((thief, topic), ()))
        if len(questions) >= MERGE_FROM and back >= MERGE_FROM:
            hint = "merge"
        elif lost[topic] >= 2 * MERGE_FROM and len(questions) * 2 <= lost[topic]:
            hint = "split"
        else:
            hint = "reword"
        found.append(Confusion(topic, thief, tuple(questions), hint))
    return tuple(sorted(found, key=lambda pair: (-len(pair.questions), pair.topic, pair.thief)))


@dataclass(frozen=True, slots=True)
class Moved:
    """A test wording that goes elsewhere than before an edit."""

    case: Case
    before: str
    after: str
    verdict: str
    """better, worse or other: right answer before a right button before neither."""


def moved(cases: Sequence[Case], before: Classifier, after: Classifier) -> tuple[Moved, ...]:
    """The cases whose first topic, or whether it is answered, differs between two matchers."""
    found = []
    for old, new in zip(ask(before, cases), ask(after, cases), strict=True):
        was, is_now = _went(old), _went(new)
        if was != is_now:
            gain = _worth(new) - _worth(old)
            verdict = "better" if gain > 0 else "worse" if gain < 0 else "other"
            found.append(Moved(old.case, was, is_now, verdict))
    return tuple(sorted(found, key=lambda move: ("worse", "other", "better").index(move.verdict)))


def _went(outcome: Outcome) -> str:
    return f"{outcome.best} ({outcome.outcome})"


def _worth(outcome: Outcome) -> int:
    """2 for the right thing at once, 1 for the right thing on a button, 0 for neither."""
    if outcome.case.origin == "near_misses":
        return 0 if outcome.case.topic in outcome.answered else 2
    if outcome.answered and not outcome.wrong:
        return 2
    return 1 if outcome.reached else 0


def detector_table(name: str, detector: Detector) -> Iterator[str]:
    """What a detector made of the examples that were left out of its learning, a line for a level and a kind of writing.

    A kind of writing with few examples is measured on all together.
    """
    worth = detector.by_vectors if detector.by_vectors is not None else detector.by_words
    for group, one in worth.items():
        for level, (there, found, others, taken) in one.held_out.items():
            heard = f"{100 * found / there:5.1f} % of {there}" if there else "    - of 0"
            false = f"{100 * taken / others:5.1f} % of {others}" if others else "    - of 0"
            yield f"{name}, {level:5} {group:8} found {heard:18} taken for it, of the others: {false}"
