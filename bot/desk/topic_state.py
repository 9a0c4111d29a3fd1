"""How the topics stand: answered, asked in enough ways, read, and fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.content_tools.problems import Problem
from bot.dialogue.campaign import Campaign, Topic

DUE_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LanguageState:
    """How complete a topic is in one language."""

    code: str
    answered: bool
    required: bool
    varieties: tuple[tuple[str, int, int], ...]
    """(variety, phrasings there are, phrasings wanted)."""
    read_by: tuple[tuple[str, date | None], ...]
    """(role, day of the reading)."""

    @property
    def few(self) -> tuple[tuple[str, int, int], ...]:
        """The varieties that want more phrasings."""
        return tuple(variety for variety in self.varieties if variety[1] < variety[2])

    @property
    def missing(self) -> int:
        """Phrasings still wanted."""
        return sum(max(0, wanted - there) for _, there, wanted in self.varieties)

    @property
    def readings(self) -> int:
        """Roles that have read the answer."""
        return sum(day is not None for _, day in self.read_by)


@dataclass(frozen=True, slots=True)
class TopicState:
    """One row of the topics table."""

    topic: Topic
    title: str
    shelf: str
    languages: tuple[LanguageState, ...]
    staleness: str
    """stale, soon, fine or none."""
    problems: int

    @property
    def complete(self) -> bool:
        """Whether every required language has its answer and enough phrasings."""
        return all((state.answered and not state.missing) or not state.required for state in self.languages)

    @property
    def read(self) -> bool:
        """Whether every answer has been read in every role."""
        return all(state.readings == len(state.read_by) and state.read_by for state in self.languages if state.answered)


def staleness(review_by: date | None, today: date) -> str:
    """stale once the day has passed, soon within 30 days of it, fine before, none without a day."""
    if review_by is None:
        return "none"
    if today > review_by:
        return "stale"
    return "soon" if review_by - today <= DUE_SOON else "fine"


def topic_state(
    campaign: Campaign, topic: Topic, title: str, shelf: str, today: date, problems: dict[str, int]
) -> TopicState:
    """How one topic stands."""
    languages = []
    for code, language in campaign.languages.items():
        review = topic.reviews.get(code)
        counts = tuple(
            (variety, len(topic.phrasings.get(variety, ())), wanted) for variety, wanted in language.varieties.items()
        )
        read_by = tuple(review.readers.items()) if review is not None else ()
        languages.append(LanguageState(code, code in topic.answers, language.required, counts, read_by))
    return TopicState(
        topic, title, shelf, tuple(languages), staleness(topic.review_by, today), problems.get(topic.id, 0)
    )


def problems_by_topic(problems: tuple[Problem, ...]) -> dict[str, int]:
    """Topic id -> problems in files of its name."""
    counts: dict[str, int] = {}
    for problem in problems:
        name = problem.path.rpartition("/")[2].removesuffix(".yaml")
        counts[name] = counts.get(name, 0) + 1
    return counts
