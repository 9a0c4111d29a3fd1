"""A made-up season, asked through the real conversation and counted by the real store under a clock of its own.

It holds a topic that rises, a poster that brings everybody, quiet weeks, a flood from 20 accounts, and themes that
the bot cannot answer: so a coordinator sees a full report on the first day, and tests know what they should find.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.counting.counters import Counters
from bot.counting.dimensions import cells_of
from bot.dialogue.conversation import Conversation
from bot.dialogue.corpus import SCAM
from bot.dialogue.reply import Context, Counted, Message, Turn
from bot.dialogue.screens import start_payload
from storage.releases import Releases

FIRST_DAY = date(2026, 1, 5)
"""Where no other is given."""
FIRST_RISE = 6
"""Week from which four windows lie before it to compare with."""
QUESTIONS_PER_ASKER = (1, 1, 1, 2, 2, 3)
"""Questions of one asker's day: 1.7 on average."""
FLOODED_PLACE = 25
RISING_PLACE = 2
"""Place by size of the topic that doubles: asked often enough for every season to show it at once."""
FLOOD_ACCOUNTS, FLOOD_DAYS, FLOOD_MESSAGES = 20, 4, 40
THEMES, THEME_SHARE = 3, 0.03
UNANSWERED_SHARE, OFFER_SHARE, URGENT_SHARE, FEEDBACK_SHARE, POSTER_SHARE = 0.08, 0.04, 0.03, 0.15, 0.10
NOT_ABOUT_TOPICS = URGENT_SHARE + OFFER_SHARE + UNANSWERED_SHARE
PHRASINGS = 12
"""Of each topic's phrasings: matching is the slow part, and every phrasing is matched once."""
FRAMES, THEME_TEXTS, OFFERS = 4, 6, 3
SETTLED_HOURS = 36
"""After the season, so that its last window is released."""


@dataclass(frozen=True)
class Season:
    """What was planted: what the report of such a season should find."""

    weeks: int
    rising: str
    """Topic whose share doubles and stays."""
    rises_in: int
    """Week, from 1; this and the following weeks are 0 where the season is too short for it."""
    flooded: str
    flood_in: int
    surge_in: int
    quiet_in: int
    themes: tuple[str, ...]
    """Vocabulary families asked about without an answer."""
    themes_from: int
    poster: str | None
    true_topics: dict[int, dict[str, int]] = field(default_factory=dict)
    """Week -> topic -> askers' days, one asker once a day, without the flood."""


@dataclass(frozen=True, slots=True)
class Plan:
    """In which weeks what happens; 0: not at all."""

    surge: int
    quiet: int
    flood: int
    rise: int
    themes: int


def planned(weeks: int) -> Plan:
    """As much as fits into so many weeks: each event in a week of its own, and a rise after enough weeks to compare."""
    surge = max(2, weeks // 3) if weeks >= 2 else 0
    quiet = surge + 1 if weeks >= 3 else 0
    flood = max(quiet + 1, weeks // 2) if weeks >= 4 else 0
    rise = max(FIRST_RISE, weeks - 2) if weeks >= FIRST_RISE else 0
    return Plan(surge, quiet, flood, rise, min(weeks, max(2, weeks // 2 + 1)))


class _Time:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Simulator:
    """Runs one season. The same seed asks the same; the noise is drawn anew."""

    def __init__(
        self, conversation: Conversation, signs: Sequence[str], data_dir: Path, seed: int, first_day: date = FIRST_DAY
    ) -> None:
        self._conversation = conversation
        self._random = random.Random(seed)
        self._campaign = conversation.campaign
        traps = tuple(one.text for one in self._campaign.offer_examples if one.label == SCAM)
        self._offers = traps[:OFFERS] or tuple(one.text for one in self._campaign.out_of_scope)
        self._time = _Time(datetime.combine(first_day, time(), ZoneInfo(conversation.campaign.time_zone)))
        self.releases = Releases(data_dir)
        self._counters = Counters(
            data_dir, self.releases, cells_of(self._campaign, signs), self._time.now, synthetic=True
        )
        self._turns: dict[tuple[str, bool], Turn] = {}
        self._asked: dict[str, list[str]] = {}
        self._context = Context(first_day, question_id=1)

    def run(self, weeks: int, questions: int) -> Season:
        """Ask a whole season with about so many questions a week that have an answer, and release it."""
        chance = self._random
        topics = [topic for topic in self._campaign.topics if self._phrasings(topic)]
        chance.shuffle(topics)
        weights = {topic: 1 / place for place, topic in enumerate(topics, 1)}
        themes = self._themes()
        plan = planned(weeks)
        season = Season(
            weeks,
            rising=topics[min(RISING_PLACE, len(topics) - 1)],
            rises_in=plan.rise,
            flooded=next((topic for topic in topics[FLOODED_PLACE:] if self._understood(topic)), topics[-1]),
            flood_in=plan.flood,
            surge_in=plan.surge,
            quiet_in=plan.quiet,
            themes=tuple(themes),
            themes_from=plan.themes,
            poster=next(iter(self._campaign.codes), None),
            true_topics={week: {} for week in range(1, weeks + 1)},
        )
        self._counters.tick()
        for day in range(weeks * 7):
            self._day(day, questions, weights, themes, season)
        for _ in range(SETTLED_HOURS):
            self._hour()
        return season

    # ---- a day

    def _day(
        self,
        day: int,
        questions: int,
        weights: Mapping[str, float],
        themes: Mapping[str, Sequence[str]],
        season: Season,
    ) -> None:
        chance = self._random
        week = day // 7 + 1
        strength = 2.5 if week == season.surge_in else 0.4 if week == season.quiet_in else 1.0
        about_topics = sum(QUESTIONS_PER_ASKER) / len(QUESTIONS_PER_ASKER) * (1 - NOT_ABOUT_TOPICS)
        mean = questions / 7 * strength / about_topics
        askers = max(0, round(chance.gauss(mean, mean**0.5)))
        now = {
            topic: weight * (2 if topic == season.rising and 0 < season.rises_in <= week else 1)
            for topic, weight in weights.items()
        }
        listed, heights = list(now), list(now.values())
        due: list[list[int]] = [[] for _ in range(24)]
        for _ in range(askers):
            due[chance.choices(range(24), [1] * 6 + [3] * 6 + [5] * 12)[0]].append(chance.getrandbits(52))
        for hour in range(24):
            for asker in due[hour]:
                self._asker(asker, week, listed, heights, themes, season)
            if week == season.flood_in and day % 7 < FLOOD_DAYS and hour == 20:
                self._flood(season.flooded)
            self._hour()

    def _asker(
        self,
        asker: int,
        week: int,
        topics: Sequence[str],
        heights: Sequence[float],
        themes: Mapping[str, Sequence[str]],
        season: Season,
    ) -> None:
        chance = self._random
        asked: set[str] = set()
        if week == season.surge_in and season.poster is not None:
            self._said(asker, f"/start {start_payload(None, season.poster)}")
        elif chance.random() < POSTER_SHARE:
            self._said(asker, "/start")
        for _ in range(chance.choice(QUESTIONS_PER_ASKER)):
            draw = chance.random()
            if draw < URGENT_SHARE:
                self._said(asker, "/urgent")
            elif draw < URGENT_SHARE + OFFER_SHARE:
                self._said(asker, chance.choice(self._offers), forwarded=True)
            elif draw < URGENT_SHARE + OFFER_SHARE + UNANSWERED_SHARE:
                self._said(asker, chance.choice(self._campaign.out_of_scope).text)
            elif themes and week >= season.themes_from and draw < NOT_ABOUT_TOPICS + THEME_SHARE * len(themes):
                self._said(asker, chance.choice(themes[chance.choice(list(themes))]))
            else:
                topic = chance.choices(topics, heights)[0]
                turn = self._said(asker, chance.choice(self._phrasings(topic)))
                for answered in turn.counted.topics:
                    if answered not in asked and len(asked) < 3:
                        asked.add(answered)
                        counts = season.true_topics[week]
                        counts[answered] = counts.get(answered, 0) + 1
                if turn.answered and chance.random() < FEEDBACK_SHARE:
                    verdict = "helpful" if chance.random() < 0.8 else "not-helpful"
                    self._counters.add(asker, Counted(feedback=(f"{turn.answered[0]}:{verdict}",)))

    def _flood(self, topic: str) -> None:
        phrasing = self._understood(topic) or self._phrasings(topic)[0]
        for account in range(FLOOD_ACCOUNTS):
            for _ in range(FLOOD_MESSAGES):
                self._said(account + 1, phrasing)

    def _understood(self, topic: str) -> str | None:
        """A phrasing that is answered with its topic."""
        return next((one for one in self._phrasings(topic) if topic in self._turn(one, False).counted.topics), None)

    def _said(self, asker: int, text: str, *, forwarded: bool = False) -> Turn:
        turn = self._turn(text, forwarded)
        self._counters.add(asker, turn.counted)
        return turn

    def _turn(self, text: str, forwarded: bool) -> Turn:
        # The conversation is pure: the same words are answered once.
        turn = self._turns.get((text, forwarded))
        if turn is None:
            turn = self._conversation.respond(Message(text, forwarded=forwarded), self._context)
            self._turns[text, forwarded] = turn
        return turn

    def _hour(self) -> None:
        self._time.moment += timedelta(hours=1)
        self._counters.tick()

    def _phrasings(self, topic: str) -> list[str]:
        kept = self._asked.get(topic)
        if kept is None:
            every = [one for several in self._campaign.topics[topic].phrasings.values() for one in several]
            kept = self._asked[topic] = self._random.sample(every, min(PHRASINGS, len(every)))
        return kept

    def _themes(self) -> dict[str, list[str]]:
        """Families of the vocabulary with questions about them that the bot does not answer."""
        frames = [example.text for example in self._campaign.out_of_scope]
        found: dict[str, list[str]] = {}
        families = list(self._campaign.vocabulary)
        self._random.shuffle(families)
        for family in families:
            texts: list[str] = []
            for word in self._campaign.vocabulary[family]:
                for frame in self._random.sample(frames, min(FRAMES, len(frames))):
                    text = f"{frame} {word}"
                    if self._turn(text, False).counted.vocabulary == (family,):
                        texts.append(text)
                if not texts or len(texts) >= THEME_TEXTS:
                    break
            if len(texts) >= THEME_TEXTS:
                found[family] = texts
            if len(found) == THEMES:
                break
        return found
