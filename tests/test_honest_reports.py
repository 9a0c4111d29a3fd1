"""Reports add up and say no more than is known: ranges against known truths, chance as chance, nothing lost in the digest."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from benchmarks.ranges import held, season, sure_conversation
from bot.content_tools.load.build import Content
from bot.counting.dimensions import cells_of
from bot.counting.noise import discrete_laplace
from bot.counting.release import rounded, rules_of
from bot.reports.digest import LONGEST, digest_of
from bot.reports.names import Names
from bot.reports.plain_text import as_text
from bot.reports.report import Report
from bot.reports.report_commands import names_from, planted_in_words
from bot.reports.report_writer import ReportWriter
from bot.reports.simulation import Season, planned
from bot.reports.wording import total_of
from storage.values import Cell, Release, Row

WINDOWS = 150


@pytest.fixture(scope="module")
def names(content: Content) -> Names:
    return names_from(content)


def true_counts(content: Content, chance: random.Random) -> dict[Cell, int]:
    """A window's true counts: a few topics are asked often, most hardly ever, and nobody asks about the rest."""
    counts = dict.fromkeys(cells_of(content.campaign, ("pay", "visa", "passport")), 0)
    topics = [cell for cell in counts if cell[0] == "topic"]
    chance.shuffle(topics)
    size = chance.choice((60, 300, 1000))
    for place, cell in enumerate(topics, 1):
        counts[cell] = round(size / place / 5)
    shares = {"answered": 0.7, "no-match": 0.15, "choices": 0.05, "urgent": 0.06, "offer": 0.04}
    for (family, key), _ in list(counts.items()):
        if family == "outcome":
            counts[family, key] = round(size * shares.get(key, 0) * chance.uniform(0.7, 1.3))
        elif family == "language":
            counts[family, key] = round(size * chance.uniform(0, 1))
    return counts


def seen(counts: dict[Cell, int], number: int = 1) -> Release:
    """What is released of true counts: noise first, then the limit, then rounding."""
    bare = tuple(Row(family, key, None) for family, key in sorted(counts))
    release = Release(number, date(2026, 1, 5), 7, 2.0, 12, 0, 0, 0, False, bare)
    rules = rules_of(release)
    rows = []
    for (family, key), count in sorted(counts.items()):
        noisy = count + discrete_laplace(rules[family].scale)
        rows.append(Row(family, key, rounded(noisy) if noisy >= rules[family].show_limit else None))
    return replace(release, rows=tuple(rows))


def test_ranges_hold_in_95_of_100_cases(content: Content) -> None:
    chance = random.Random(1)
    good: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    for _ in range(WINDOWS):
        counts = true_counts(content, chance)
        for kind, holds in held(seen(counts), counts):
            kind = "headline" if kind == "headline" else "row"
            all_of[kind] += 1
            good[kind] += holds
    assert good["row"] / all_of["row"] >= 0.95
    # 150 headlines: 92 % is three standard errors under 97 %, which benchmarks/ranges.py measures.
    assert good["headline"] / all_of["headline"] >= 0.92


@pytest.mark.slow
def test_ranges_hold_over_simulated_seasons() -> None:
    conversation, content = sure_conversation()
    found = [
        (kind == "headline", holds)
        for seed in (1, 2)
        for release, true in season(conversation, content, seed, 300, weeks=3)
        for kind, holds in held(release, true)
    ]
    rows = [holds for is_headline, holds in found if not is_headline]
    assert sum(rows) / len(rows) >= 0.93


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_headline_is_the_sum_of_what_is_shown(content: Content, names: Names, language: str) -> None:
    chance = random.Random(2)
    for _ in range(20):
        release = seen(true_counts(content, chance))
        shown = release.shown("outcome")
        total = total_of(release, "outcome")
        assert total.value == sum(row.shown or 0 for row in shown)
        assert total.hidden == len(release.family("outcome")) - len(shown)
        first, second, *_ = ReportWriter(names, language).report(release, (), None).sections[0].paragraphs
        assert all(str(figure) in first for figure in (total.value, total.low, total.high))
        if shown:
            assert all(str(row.shown) in second for row in shown)
            assert second.endswith(f"{total.hidden}.")


def report_of(names: Names, release: Release, language: str, earlier: tuple[Release, ...] = ()) -> Report:
    return ReportWriter(names, language).report(release, earlier, None)


def loud(content: Content) -> Release:
    """A window in which everything happens at once, with the longest of titles."""
    topics = sorted(content.campaign.topics.values(), key=lambda topic: -len(topic.answers["ar"].title))
    rows = {cell: Row(*cell, None) for cell in cells_of(content.campaign, ("pay",))}
    marks = ("confirmed-rise", "possible-rise", "possible-fall", "confirmed-fall", "possible-rise", "possible-rise")
    for topic, mark in zip(topics, marks, strict=False):
        rows["topic", topic.id] = Row("topic", topic.id, 200, mark, 20, 15, 25)
    for topic in topics[6:20]:
        rows["topic", topic.id] = Row("topic", topic.id, 50)
    for topic in topics[:3]:
        rows["flood", topic.id] = Row("flood", topic.id, 90)
        rows["near-miss", topic.id] = Row("near-miss", topic.id, 40)
    for key, value in (("answered", 600), ("no-match", 250), ("choices", 90), ("urgent", 60)):
        rows["outcome", key] = Row("outcome", key, value)
    for theme in list(content.campaign.vocabulary)[:6]:
        rows["vocabulary", theme] = Row("vocabulary", theme, 40)
    return Release(9, date(2026, 11, 2), 7, 2.0, 12, 0, 0, 0, True, tuple(rows[cell] for cell in sorted(rows)))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_digest_never_loses_the_unanswered_part(content: Content, names: Names, language: str) -> None:
    release = loud(content)
    text = digest_of(report_of(names, release, language)).text
    assert len(text.encode("utf-16-le")) // 2 <= LONGEST <= 1024
    assert "250" in text, "how many went unanswered"
    assert "26%" in text.replace(" ", "").replace("٪", "%") or "25%" in text.replace(" ", "").replace("٪", "%")
    flood = "Unusual pattern" if language == "en" else "نمط"
    assert flood in text
    lines = text.splitlines()
    assert all(line in as_text(report_of(names, release, language)) or line[0].isdigit() for line in lines), (
        "whole lines"
    )


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_possible_rise_is_nowhere_said_as_a_fact(content: Content, names: Names, language: str) -> None:
    release = loud(content)
    possible = [row.key for row in release.rows if row.label == "possible-rise"]
    made = report_of(names, release, language)
    doubt = ("possibl", "may be chance") if language == "en" else ("ربما", "محتمل", "صدفة")
    sentences = [*made.sections[0].paragraphs, *digest_of(made).text.splitlines(), *made.sections[2].paragraphs]
    for sentence in sentences:
        rises = "ising" in sentence or "ارتفاع" in sentence
        if rises and any(names.name("topic", key, language) in sentence for key in possible):
            assert any(word in sentence.lower() for word in doubt), sentence


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_flooded_topic_is_marked_in_every_list(content: Content, names: Names, language: str) -> None:
    release = loud(content)
    made = report_of(names, release, language)
    mark = "(may be organised)" if language == "en" else "(قد يكون منظَّماً)"
    flooded = names.name("topic", next(row.key for row in release.shown("flood")), language)
    topics = next(section for section in made.sections if section.id == "topics")
    assert topics.chart is not None
    assert topics.table is not None
    assert f"{flooded} {mark}" in [bar.name for bar in topics.chart.bars]
    assert f"{flooded} {mark}" in [row[0] for row in topics.table.rows]
    assert any(flooded in line and mark in line for line in made.sections[0].paragraphs)


def test_this_window_against_the_last(content: Content, names: Names) -> None:
    rows = loud(content).rows
    now = replace(loud(content), number=10, synthetic=False)
    half = tuple(replace(row, shown=row.shown // 10 * 5) if row.shown else row for row in rows)
    for before, words in (
        (replace(now, number=9, rows=half), "More than in the window before (about 500)."),
        (replace(now, number=9), "About as many as in the window before"),
        (replace(now, number=8, rows=half), None),
        (replace(now, number=9, length=28, rows=half), None),
    ):
        made = report_of(names, now, "en", (before,))
        found = [line for line in made.sections[0].paragraphs if "window before" in line]
        assert (words is None and not found) or (words is not None and found[0].startswith(words))
        chart = made.sections[1].chart
        assert chart is not None
        assert any(bar.before is not None for bar in chart.bars) == (words is not None)


def test_a_small_window_is_called_small(content: Content, names: Names) -> None:
    rows = tuple(
        replace(row, shown=65 if row.key == "answered" else None, label=None, lift=None) for row in loud(content).rows
    )
    text = as_text(report_of(names, replace(loud(content), rows=rows), "en"))
    assert "about 65" in text
    assert "This is a small window" in text
    assert "This is a small window" not in as_text(report_of(names, loud(content), "en"))


# ---- simulated seasons of any length


@pytest.mark.parametrize("weeks", range(1, 27))
def test_what_is_planted_fits_into_the_season(names: Names, weeks: int) -> None:
    plan = planned(weeks)
    weeks_of = [week for week in (plan.surge, plan.quiet, plan.flood) if week]
    assert len(set(weeks_of)) == len(weeks_of), "each in a week of its own"
    assert all(0 <= week <= weeks for week in (*weeks_of, plan.rise, plan.themes))
    assert plan.themes >= 1
    topic = next(iter(names.topics))
    season = Season(weeks, topic, plan.rise, topic, plan.flood, plan.surge, plan.quiet, (), plan.themes, None)
    said = planted_in_words(season, names, "en")
    assert "week 0" not in said.lower()
    assert "rises" in said or weeks < 6
