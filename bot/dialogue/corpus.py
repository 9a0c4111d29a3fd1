"""A campaign's words -> what its models learn from, and the rules of its detectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType

from bot.dialogue.campaign import Campaign
from bot.nlu.detector import LEVEL
from bot.nlu.detector_training import BELOW, KIND
from bot.nlu.training_set import TITLE, Corpus, Example, Frequencies, TrainingSet

NONE = "none"
DANGER_LEVELS = (NONE, "note", "ask", "full")
"""From "nothing said of it" to "help first"."""
WHO = ("self", "woman", "relative", "friend")
"""Who is in danger: the writer, the writer who is a woman, somebody of the family, somebody else."""
UNKNOWN_PLACE = "unknown"

SCAM, HONEST = "scam", "honest"
OFFER_LEVELS = (NONE, "offer", SCAM)
OFFER_LEVEL = {SCAM: SCAM, HONEST: "offer", "": NONE}

HARD = "idiom game-film life news past other help"
"""Kinds of harmless texts that sound like danger."""
DANGER_LIMITS = MappingProxyType(
    {
        "note": {HARD: 0.12, "calm": 0.10},
        "ask": {HARD: 0.035, "calm": 0.012},
        "full": {HARD: 0.015, "calm": 0.005},
    }
)
"""Shares of texts without danger that may reach a level, on texts asked before they are learnt: somewhat under what is
promised, since other people write otherwise."""
OFFER_LIMITS = MappingProxyType({"offer": {"": 0.08}, SCAM: {BELOW: 0.06}})
_OTHERS = 1500
"""Texts of other kinds that a detector learns as none of its own."""
_PLAIN_WORDS = 6
_CALM = 2500
"""Phrasings of calm topics that the urgent lane learns as no danger."""
_SEED = 5
_NO_FREQUENCIES: Frequencies = MappingProxyType({})


def corpus_of(
    campaign: Campaign, small_talk: Sequence[Example] = (), frequencies: Frequencies = _NO_FREQUENCIES
) -> Corpus:
    """Return what the models of a campaign learn from; kinds of small talk are labels beside the topics."""
    return Corpus(
        topics=_topics(campaign, small_talk),
        words=campaign.words,
        frequencies=frequencies,
        dangers=_dangers(campaign, small_talk),
        offers=_offers(campaign),
        signs=campaign.marked_offers,
        languages={variety: code for code, language in campaign.languages.items() for variety in language.varieties},
    )


def _topics(campaign: Campaign, small_talk: Sequence[Example]) -> TrainingSet:
    """Titles and phrasings of every topic that has one."""
    learnable = [topic for topic in campaign.topics.values() if any(topic.phrasings.values())]
    examples = [
        Example(topic.id, variety, text)
        for topic in learnable
        for variety, texts in (
            (TITLE, [answer.title for answer in topic.answers.values()]),
            *topic.phrasings.items(),
        )
        for text in texts
    ]
    return TrainingSet(
        "topics",
        (*(topic.id for topic in learnable), *dict.fromkeys(example.label for example in small_talk)),
        (*examples, *small_talk),
        campaign.out_of_scope,
        weights={topic.id: topic.weight for topic in learnable if topic.weight != 1},
    )


def _dangers(campaign: Campaign, small_talk: Sequence[Example]) -> TrainingSet | None:
    by_label = _by_label(campaign.danger_examples)
    # A danger that the campaign does not list has no reply: its examples teach nothing.
    labels = tuple(danger.id for danger in campaign.dangers if danger.id in by_label)
    if not labels or "" not in by_label:
        return None
    elsewhere = [example for example in campaign.offer_examples if example.label != SCAM]
    calm = [
        Example("", variety, text)
        for topic in campaign.topics.values()
        if topic.calm
        for variety, texts in topic.phrasings.items()
        for text in texts
        # The plain ones: long ones tell stories, and some of them danger.
        if len(text.split()) <= _PLAIN_WORDS
    ]
    return TrainingSet(
        "dangers",
        labels,
        tuple(example for label in labels for example in by_label[label]),
        (*by_label[""], *_none_of(elsewhere), *_none_of(calm, _CALM, "topic"), *_none_of(small_talk, _CALM, "talk")),
        tags={"level": DANGER_LEVELS, "who": WHO, "place": (*campaign.places, UNKNOWN_PLACE)},
    )


def _offers(campaign: Campaign) -> TrainingSet | None:
    by_label = _by_label(campaign.offer_examples)
    if SCAM not in by_label or HONEST not in by_label:
        return None
    phrasings = [
        Example("", variety, text)
        for topic in campaign.topics.values()
        for variety, texts in topic.phrasings.items()
        for text in texts
    ]
    others = (*_none_of(phrasings), *_none_of(campaign.danger_examples))
    return TrainingSet(
        "offers",
        (SCAM, HONEST),
        (*by_label[SCAM], *by_label[HONEST]),
        (*by_label.get("", ()), *others),
        tags={"level": OFFER_LEVELS},
    )


def _by_label(examples: Sequence[Example]) -> Mapping[str, list[Example]]:
    found: dict[str, list[Example]] = {}
    for example in examples:
        found.setdefault(example.label, []).append(example)
    return found


def _none_of(examples: Sequence[Example], most: int = _OTHERS, kind: str = "other") -> list[Example]:
    """Return some texts as examples of none, the same ones each time."""
    some = Random(_SEED).sample(list(examples), min(most, len(examples)))
    return [Example("", one.variety, one.text, {LEVEL: NONE, KIND: kind}) for one in some]
