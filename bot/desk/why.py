"""Why the bot answered as it did, as values for the panel beside the chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.counting.dimensions import cells_in
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Turn
from bot.nlu.detector import DetectionExplanation


@dataclass(frozen=True, slots=True)
class Candidate:
    """One topic of the ranking."""

    topic: str
    title: str
    percent: int
    """Chance that it is the right one, whole percent."""
    role: str
    """ "answered", "offered" or "" for one that was only considered."""
    phrasing: str
    """Its phrasing nearest to the question; empty when none was compared."""
    likeness: int
    """0 to 100."""
    evidence: tuple[tuple[str, float], ...]
    """(name of the evidence, score)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a detector heard in a message, and why."""

    detector: str
    """danger or offer"""
    details: tuple[str, ...]
    """Of a danger: its id, level, place and who is in it."""
    percent: int
    """Probability, whole percent."""
    nearest: tuple[tuple[str, str, int], ...]
    """(label, its nearest example, likeness 0 to 100)."""
    words: tuple[str, ...]
    """The words that weigh most, the weightiest first."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything that the panel shows of one turn."""

    said: str | None
    """None when a key was pressed."""
    outcome: str
    urgent: str | None
    signs: tuple[str, ...]
    heard: tuple[Heard, ...]
    """Danger and offer, where either was heard."""
    candidates: tuple[Candidate, ...]
    readings: tuple[tuple[str, str], ...]
    repaired: tuple[tuple[str, str], ...]
    counted: tuple[tuple[str, str], ...]
    """(dimension, key): what this turn would add to the counters; nothing else is ever kept."""
    language: str
    """The language that the question is written in: where a test wording of it belongs."""
    variety: str
    topics: tuple[tuple[str, str], ...]
    """(id, title) of all topics, the ranked ones first, to save a test wording under."""

    @property
    def runner_up(self) -> Candidate | None:
        """The best topic that was neither answered nor offered first."""
        return next((one for one in self.candidates[1:] if one.role != "answered"), None)


def explain(conversation: Conversation, said: str | None, turn: Turn, interface: str) -> Explained:
    """The panel of one turn, with titles in the interface language."""
    campaign, why = conversation.campaign, turn.explanation
    nearest = {topic: (phrasing, likeness) for topic, phrasing, likeness in why.nearest} if why else {}
    evidence = dict(why.scores) if why else {}

    def title(topic: str) -> str:
        return conversation.render.answer(campaign.topics[topic], interface).title

    candidates = []
    for found in turn.ranked:
        if found.topic not in campaign.topics:
            continue
        phrasing, likeness = nearest.get(found.topic, ("", 0.0))
        role = "answered" if found.topic in turn.answered else "offered" if found.topic in turn.choices else ""
        candidates.append(
            Candidate(
                found.topic,
                title(found.topic),
                round(100 * min(1.0, max(0.0, found.confidence))),
                role,
                phrasing,
                round(100 * min(1.0, max(0.0, likeness))),
                evidence.get(found.topic, ()),
            )
        )
    language = turn.language
    script = "none"
    if said is not None:
        utterance = conversation.read(said)
        script = utterance.script
        if utterance.language is not None and utterance.language in campaign.languages:
            language = utterance.language
    first = [one.topic for one in candidates]
    return Explained(
        said=said,
        outcome=turn.outcome,
        urgent=turn.urgent,
        signs=turn.signs,
        heard=tuple(_heard(turn)),
        candidates=tuple(candidates),
        readings=why.variants if why else (),
        repaired=why.repaired if why else (),
        counted=tuple(cells_in(turn.counted)),
        language=language,
        variety=_variety(script, tuple(campaign.languages[language].varieties)),
        topics=tuple((topic, title(topic)) for topic in dict.fromkeys((*first, *campaign.topics))),
    )


def _heard(turn: Turn) -> Iterator[Heard]:
    alarm, offer = turn.alarm, turn.offer
    if alarm is not None:
        details = (alarm.danger, alarm.level, alarm.place, alarm.who)
        yield _why_heard("danger", details, alarm.probability, alarm.explanation)
    if offer is not None:
        yield _why_heard("offer", (), offer.scam, offer.explanation)


def _why_heard(detector: str, details: tuple[str, ...], probability: float, why: DetectionExplanation | None) -> Heard:
    nearest = tuple((label, text, round(100 * likeness)) for label, text, likeness in why.nearest) if why else ()
    words = tuple(word for word, _ in why.words) if why else ()
    return Heard(detector, details, round(100 * probability), nearest, words)


def _variety(script: str, varieties: tuple[str, ...]) -> str:
    return script if script in varieties else varieties[0] if varieties else ""
