"""Classifiers that need no training, and offer checkers that need no words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.dialogue.campaign import Campaign
from bot.dialogue.offers import OfferReading, Sign
from bot.dialogue.smalltalk import PREFIX, SmallTalkKind
from bot.nlu.normalize import fold, words
from bot.nlu.ranking import Classifier, Explanation, Ranked, Ranking
from bot.nlu.utterance import Utterance


class ScriptedClassifier:
    """Answers a question that is a topic's id, offers choices for "a|b", and knows nothing else.

    "=a" is a question that an editor wrote under a, "~a" one whose answer is likely but not sure, "talk:KIND" small
    talk of a kind.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = tuple(topics)

    read = staticmethod(Utterance.read)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Rank by the ids named in the question."""
        question = utterance.raw.strip()
        sure = not question.startswith("~")
        named = tuple(part for part in question.removeprefix("~").split("|") if part in self._topics)
        if question.startswith(PREFIX):
            return Ranking((Ranked(question, 0.9),), "answer", (question,), ())
        rest = tuple(topic for topic in self._topics if topic not in named)
        ranked = tuple(Ranked(topic, 0.9 if topic in named else 0.01) for topic in (*named, *rest)[:5])
        if len(named) == 1:
            return Ranking(ranked, "answer", named, rest[:2], sure)
        if named:
            return Ranking(ranked, "choices", (), named[:3])
        written = question[1:] if question.startswith("=") and question[1:] in self._topics else None
        return Ranking(ranked, "none", (), (), written=written)


class KeywordClassifier:
    """Knows a topic by one of its words; up to two topics are answered when so many are named. The others are likely
    enough for a key under the answer.

    "explode" is a fault in the core whose message holds the asker's words.
    """

    def __init__(self, keywords: Mapping[str, Sequence[str]]) -> None:
        self._keys = {topic: {word for key in keys for word in words(key)} for topic, keys in keywords.items()}

    read = staticmethod(Utterance.read)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Rank by the words named in the question."""
        said = set(words(utterance.raw))
        if "explode" in said:
            raise RuntimeError("a fault in the core, with the asker's words: " + utterance.raw)
        found = tuple(topic for topic, keys in self._keys.items() if said & keys)
        others = tuple(topic for topic in self._keys if topic not in found)
        ranked = (*(Ranked(topic, 0.9) for topic in found), *(Ranked(topic, 0.05) for topic in others))[:5]
        if not found:
            return Ranking((Ranked(others[0], 0.01),), "none", (), ())
        if len(found) > 2:
            return Ranking(ranked, "choices", (), found[:3])
        return Ranking(ranked, "answer", found, ())


class WithSmallTalk:
    """Another classifier that has learnt small talk too: it knows the wordings of the kinds."""

    def __init__(self, other: Classifier, kinds: Sequence[SmallTalkKind]) -> None:
        self._other = other
        self._labels = {
            words(text): PREFIX + kind.id for kind in kinds for texts in kind.wordings.values() for text in texts
        }

    def read(self, raw: str) -> Utterance:
        """As the other one reads it."""
        return self._other.read(raw)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Small talk by its wordings, everything else as the other one ranks it."""
        ranking = self._other.predict(utterance, explain=explain)
        label = self._labels.get(utterance.tokens)
        if label is None:
            return ranking
        return replace(
            ranking, ranked=(Ranked(label, 0.9), *ranking.ranked)[:5], outcome="answer", answered=(label,), choices=()
        )


class WordClassifier:
    """Ranks by the share of the question's words that a topic's phrasings and titles hold: every outcome occurs."""

    def __init__(self, known: Campaign) -> None:
        self._words = {
            one.id: {
                fold(word)
                for said in (*one.phrasings.values(), tuple(answer.title for answer in one.answers.values()))
                for line in said
                for word in line.split()
            }
            for one in known.topics.values()
        }

    read = staticmethod(Utterance.read)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        """Rank by shared words."""
        question = utterance.raw
        asked = {fold(word) for word in question.split()}
        chances = sorted(
            ((len(asked & own) / max(1, len(asked)), topic) for topic, own in self._words.items()), reverse=True
        )
        ranked = tuple(Ranked(topic, chance) for chance, topic in chances[:5])
        explained = _explained(question, ranked) if explain else None
        best = ranked[0]
        if best.confidence > 0.5:
            return Ranking(ranked, "answer", (best.topic,), (), explanation=explained)
        if best.confidence > 0.2:
            return Ranking(ranked, "choices", (), (best.topic,), explanation=explained)
        return Ranking(ranked, "none", (), (), explanation=explained)


def _explained(question: str, ranked: Sequence[Ranked]) -> Explanation:
    return Explanation(
        (("typed", question), ("repaired", question)),
        (("prisson", "prison"),),
        tuple((one.topic, "a phrasing", one.confidence) for one in ranked),
        tuple((one.topic, (("classifier", 1.25),)) for one in ranked),
    )


class SalaryOffers:
    """Takes for an offer, with one sign, what promises a salary."""

    def read(self, utterance: Utterance, *, forwarded: bool = False, explain: bool = False) -> OfferReading | None:
        """One sign, quoting the text."""
        if "salary" not in utterance.raw.casefold():
            return None
        return OfferReading((Sign("high-pay", utterance.raw[:80]),))

    def paragraphs(self, reading: OfferReading, language: str, render: object, today: date) -> tuple[str, ...]:
        """The signs by their ids."""
        return ("Warning signs: " + ", ".join(sign.id for sign in reading.signs),)
