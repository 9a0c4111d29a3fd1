"""A campaign's wordings -> a matcher: question -> ranked topics with calibrated confidence.

How a question is read: it is clipped and folded; unknown words are repaired; Latin-letter Arabic is also read in
Arabic letters. Each reading is held against a linear classifier over hashed n-grams and against the nearest
phrasing. The weights of that evidence, the chances and the thresholds are learnt from the content alone: every
phrasing is asked once of a classifier that has not seen it, beside the foreign questions that no topic answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from bot.core.arabizi import PARTICLES, Arabiser, to_arabizi
from bot.core.calibration import Doubles, chance_of, fit_chance, fit_choice, softmax
from bot.core.faq import Campaign
from bot.core.features import Floats, Ints, Reading, Senses, Vectoriser, buckets
from bot.core.linear import LinearModel
from bot.core.nearest import NearestPhrasing, best_per_topic
from bot.core.noise import misspell
from bot.core.ranking import Ranked, Ranking, RankingOutcome, Why
from bot.core.repair import Repairer
from bot.core.text import clean, clip, detect, fold, words

Encoder = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> one row of unit length each."""

EPOCHS = 6
FOLDS = 5
MOST_WORDS = 70
_SHOWN = 5
_MOST_CHOICES = 3

WRONG_ANSWERS = 0.015
"""Share of held-out phrasings that may be answered wrongly at once."""
FOREIGN_ANSWERS = 0.01
"""Share of the foreign questions that may be answered at once."""
LOST_QUESTIONS = 0.01
"""Share of held-out phrasings that may be met with "I don't know"."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The two borders between the outcomes, and what they cost on the content."""

    answer: float
    """Chance that the first topic is right from which it is answered at once."""
    choices: float
    """Chance that the right topic is among the first three from which they are offered."""
    answered: float
    """Share of held-out phrasings answered at once."""
    wrong: float
    """Share of held-out phrasings answered at once with a wrong topic."""
    offered: float
    """Share of held-out phrasings whose topic is answered or offered."""
    foreign_answered: float
    """Share of foreign questions answered at once."""
    foreign_offered: float
    """Share of foreign questions that get buttons."""


@dataclass(frozen=True, slots=True)
class _Example:
    """A text to learn from."""

    label: int
    source: int
    """Number of the phrasing that it is, or is a copy of."""
    reading: Reading


class _Reader:
    """Turns a question into its readings."""

    def __init__(self, campaign: Campaign, phrasings: Sequence[str], frequencies: Mapping[str, Sequence[str]]) -> None:
        lists = campaign.words
        self.senses = Senses(
            {fold(word): fold(meaning) for word, meaning in lists.equivalents.items()},
            [[fold(word) for word in group] for group in lists.synonyms],
        )
        counts: Counter[str] = Counter()
        for text in phrasings:
            counts.update(set(words(text)))
        for word, meaning in lists.equivalents.items():
            counts.update((fold(word), *words(meaning)))
        counts.pop("", None)
        arabic = {w: 0.15 * min(1.0, n / 20) + 0.15 for w, n in counts.items() if not w.isascii()}
        for rank, word in enumerate(frequencies.get("ar", ())[:15_000]):
            arabic.setdefault(word, 0.1 * (1 - rank / 15_000))
        self.arabiser = Arabiser(arabic)
        self.repairer = Repairer(counts, [w for ranked in frequencies.values() for w in ranked])
        self._english = frozenset(frequencies.get("en", ())[:5000])

    def of(self, told: tuple[str, ...]) -> Reading:
        """Return the reading of folded words."""
        return Reading(told, self.senses.of(told))

    def arabic(self, told: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words with each Latin one put into Arabic letters where a known word fits."""
        made: list[str] = []
        for word in told:
            if not word.isascii() or word.isdigit():
                made.append(word)
            elif word not in PARTICLES:
                found = self.arabiser.candidates(word, 1)
                made.append(found[0][0] if found else word)
        return tuple(made)

    def repaired(self, told: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Return the words with unknown ones mended, and the pairs (as typed, taken for)."""
        mended = [(w, self.repairer.mend(w)) for w in told]
        return tuple(new or old for old, new in mended), tuple((old, new) for old, new in mended if new)

    def readings(self, told: tuple[str, ...], arabizi: bool) -> tuple[list[tuple[str, tuple[str, ...], float]], tuple[tuple[str, str], ...]]:
        """Return [(name, words, weight)] with weights that sum to 1, and the repaired words."""
        mended, pairs = self.repaired(told)
        found = [("typed", told, 1.0)] if mended == told else [("typed", told, 0.4), ("repaired", mended, 0.6)]
        if arabizi:
            in_arabic = self.arabic(told)
            if in_arabic != told:
                found = [(name, text, weight * 0.5) for name, text, weight in found]
                found.append(("arabic", in_arabic, 0.5))
        return found, pairs


class LearntMatcher:
    """The matcher of `build_matcher`; see Matcher in ranking.py."""

    def __init__(
        self,
        topics: Sequence[str],
        reader: _Reader,
        vectoriser: Vectoriser,
        model: LinearModel,
        nearest: NearestPhrasing,
        starts: NDArray[np.int64],
        phrasings: Sequence[str],
    ) -> None:
        self._topics = tuple(topics)
        self._reader = reader
        self._vectoriser = vectoriser
        self._model = model
        self._nearest = nearest
        self._starts = starts
        self._phrasings = phrasings
        self._fusion: Doubles = np.array([2.0, 4.0, 1.0])
        self._first: Doubles = np.zeros(1)
        self._among: Doubles = np.zeros(1)
        self.thresholds = Thresholds(0.5, 0.2, 0, 0, 0, 0, 0)

    # Evidence

    def _evidence(
        self, told: Sequence[tuple[str, tuple[str, ...], float]], model: LinearModel | None = None, without: int = -1
    ) -> tuple[Doubles, float, Floats]:
        """Return (evidence of shape (classes, kinds), share of known letters, likeness to each phrasing)."""
        model = model or self._model
        margins: Floats | None = None
        like: Floats | None = None
        known = 0.0
        for _, text, weight in told:
            index, values, share = self._vectoriser.row(buckets(self._reader.of(text)))
            known = max(known, share)
            margin = model.scores(index, values) * weight
            near = self._nearest.likeness(index, values) * weight
            margins = margin if margins is None else margins + margin
            like = near if like is None else like + near
        assert margins is not None and like is not None
        if without >= 0:
            like[without] = 0.0
        top = best_per_topic(like, self._starts)
        return np.column_stack([margins, top, top * top]).astype(np.float64), known, like

    @staticmethod
    def _signals(scores: Doubles, evidence: Doubles, known: float, real: int) -> Doubles:
        """Return what the chances are told from: scores of shape (classes,), the last class being "none of them"."""
        chance = softmax(scores)
        order = np.argsort(-scores[:real])[:4]
        best = order[0]
        second = order[1] if len(order) > 1 else best
        last = order[-1]
        foreign = scores[real] if len(scores) > real else scores[best] - 10
        return np.array(
            [
                scores[best] - scores[second],
                scores[best] - scores[last],
                np.clip(scores[best] - foreign, -8, 8),
                np.log(chance[best] + 1e-6),
                evidence[best, 0],
                evidence[best, 1],
                known,
            ]
        )

    # Learning

    def learn_chances(
        self,
        held_out: Sequence[tuple[Doubles, float]],
        labels: NDArray[np.int64],
    ) -> None:
        """Set fusion weights, chances and thresholds from held-out evidence; the label len(topics) is foreign."""
        real = len(self._topics)
        evidence = np.stack([e for e, _ in held_out])
        self._fusion = fit_choice(evidence, labels)
        scores = evidence @ self._fusion
        signals = np.stack(
            [self._signals(s, e, known, real) for s, (e, known) in zip(scores, held_out, strict=True)]
        )
        order = np.argsort(-scores[:, :real], axis=1)
        first = order[:, 0] == labels
        among = (order[:, :3] == labels[:, None]).any(axis=1)
        self._first = fit_chance(signals, first)
        self._among = fit_chance(signals, among)
        p_first, p_among = chance_of(self._first, signals), chance_of(self._among, signals)
        self.thresholds = _choose_thresholds(p_first, p_among, first, among, labels < real)

    # Asking

    def rank(self, question: str, *, why: bool = False) -> Ranking:
        """Rank topics for one message as typed; with `why`, explain it."""
        script = detect(question)
        told = words(clip(clean(question)))[:MOST_WORDS]
        readings, repaired = self._reader.readings(told, script.script in ("arabizi", "latin") and script.language != "en")
        evidence, known, like = self._evidence(readings)
        real = len(self._topics)
        scores = evidence @ self._fusion
        signals = self._signals(scores, evidence, known, real)
        p_first = float(chance_of(self._first, signals))
        p_among = float(chance_of(self._among, signals))
        order = np.argsort(-scores[:real], kind="stable")[:_SHOWN]
        share = softmax(scores[:real])[order]
        rest = np.minimum(share[1:] / max(1e-9, 1 - share[0]) * (1 - p_first), p_first)
        ranked = tuple(
            Ranked(self._topics[t], round(float(c), 4)) for t, c in zip(order, [p_first, *rest], strict=True)
        )
        outcome = self._outcome(p_first, p_among)
        if script.script in ("kurdish", "cyrillic", "other", "none") or not told:
            outcome = "none"
        return Ranking(
            ranked=ranked,
            outcome=outcome,
            answered=(ranked[0].topic,) if outcome == "answer" else (),
            choices=tuple(r.topic for r in ranked[:_MOST_CHOICES]) if outcome == "choices" else (),
            why=self._why(readings, repaired, order, evidence, scores, like) if why else None,
        )

    def _outcome(self, p_first: float, p_among: float) -> RankingOutcome:
        if p_first >= self.thresholds.answer:
            return "answer"
        return "choices" if p_among >= self.thresholds.choices else "none"

    def _why(
        self,
        readings: Sequence[tuple[str, tuple[str, ...], float]],
        repaired: tuple[tuple[str, str], ...],
        order: NDArray[np.int64],
        evidence: Doubles,
        scores: Doubles,
        like: Floats,
    ) -> Why:
        nearest = []
        ends = [*self._starts[1:], len(self._phrasings)]
        for t in order:
            start = int(self._starts[t])
            best = start + int(np.argmax(like[start : ends[t]]))
            nearest.append((self._topics[t], self._phrasings[best], round(float(like[best]), 3)))
        kinds = ("classifier", "nearest", "nearest squared")
        return Why(
            readings=tuple((name, " ".join(text)) for name, text, _ in readings),
            repaired=repaired,
            nearest=tuple(nearest),
            scores=tuple(
                (
                    self._topics[t],
                    (*((k, round(float(v), 3)) for k, v in zip(kinds, evidence[t], strict=True)), ("sum", round(float(scores[t]), 3))),
                )
                for t in order
            ),
        )


def _choose_thresholds(
    p_first: Doubles,
    p_among: Doubles,
    first: NDArray[np.bool_],
    among: NDArray[np.bool_],
    ours: NDArray[np.bool_],
) -> Thresholds:
    """Return the lowest borders that keep the promised shares on held-out questions."""
    mine, foreign = max(1, int(ours.sum())), max(1, int((~ours).sum()))
    answer = 1.0
    for border in np.arange(0.99, 0.2, -0.01):
        taken = p_first >= border
        if (taken & ours & ~first).sum() / mine > WRONG_ANSWERS or (taken & ~ours).sum() / foreign > FOREIGN_ANSWERS:
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
        offered=float(((taken & first) | (shown & among))[ours].sum() / mine),
        foreign_answered=float((taken & ~ours).sum() / foreign),
        foreign_offered=float((shown & ~ours).sum() / foreign),
    )


def build_matcher(
    campaign: Campaign,
    *,
    encoder: Encoder | None = None,
    cache: MutableMapping[str, bytes] | None = None,
    frequencies: Mapping[str, Sequence[str]] | None = None,
) -> LearntMatcher:
    """Learn a matcher from a campaign.

    `encoder` adds sentence vectors; `cache` keeps what was learnt, keyed by digests of the content; `frequencies`
    holds each language's folded words, most frequent first. Raises ValueError for a campaign without phrasings.
    """
    topics = [t.id for t in campaign.topics.values() if any(t.phrasings.values()) or t.answers]
    texts: list[tuple[int, str, str]] = []
    for number, topic in enumerate(topics):
        entry = campaign.topics[topic]
        texts += [(number, "title", a.title) for a in entry.answers.values()]
        texts += [(number, variety, text) for variety, found in entry.phrasings.items() for text in found]
    if not texts:
        raise ValueError("the campaign has no phrasings to learn from")
    foreign = len(topics)
    texts += [(foreign, variety, text) for variety, text in campaign.words.foreign_questions]
    phrasings = [text for _, _, text in texts]
    reader = _Reader(campaign, [p for n, _, p in texts if n != foreign], frequencies or {})
    told = [words(clip(clean(text)))[:MOST_WORDS] for text in phrasings]
    labels = np.array([label for label, _, _ in texts])

    examples = [_Example(int(labels[i]), i, reader.of(t)) for i, t in enumerate(told)]
    random = Random(7)
    for i, (label, variety, _) in enumerate(texts):
        examples.append(_Example(label, i, reader.of(misspell(told[i], random, 0.3))))
        if variety == "arabizi":
            examples.append(_Example(label, i, reader.of(reader.arabic(told[i]))))
        elif variety in ("iq", "msa"):
            made = words(" ".join(to_arabizi(told[i], random.randrange(3))))
            examples.append(_Example(label, i, reader.of(made)))
    found = [buckets(e.reading) for e in examples]
    vectoriser = Vectoriser.fit(found)
    rows = vectoriser.rows(found)
    row_labels = np.array([e.label for e in examples])
    row_sources = np.array([e.source for e in examples])
    classes = foreign + (1 if (labels == foreign).any() else 0)
    model = LinearModel(vectoriser.columns, classes, len(examples))
    model.learn(rows, row_labels, over=np.arange(len(examples)), epochs=EPOCHS)

    own = vectoriser.rows(found[: len(texts)])
    nearest = NearestPhrasing(own, vectoriser.columns)
    matcher = LearntMatcher(
        topics, reader, vectoriser, model, nearest, np.searchsorted(labels, np.arange(classes)), phrasings
    )
    held_out: list[tuple[Doubles, float]] = []
    asked: list[int] = []
    fold_of = np.array([Random(f"{p}").randrange(FOLDS) for p in phrasings])
    for number in range(FOLDS):
        out = np.flatnonzero(fold_of == number)
        some = model.copy()
        hidden = np.isin(row_sources, out)
        some.forget(rows, row_labels, np.flatnonzero(hidden))
        some.learn(rows, row_labels, over=np.flatnonzero(~hidden), epochs=1, seed=number)
        for i in out:
            if texts[i][1] == "title" or not told[i]:
                continue
            readings, _ = reader.readings(told[i], texts[i][1] == "arabizi")
            evidence, known, _ = matcher._evidence(readings, some, without=int(i))
            held_out.append((evidence, known))
            asked.append(int(labels[i]))
    matcher.learn_chances(held_out, np.array(asked))
    return matcher
