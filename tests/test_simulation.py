"""A made-up season through the real conversation and store: what was planted is found, and nothing else is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest

from benchmarks.trends import rank_correlation
from bot.cli import main
from bot.content_tools.load.build import Content
from bot.dialogue.conversation import Conversation
from bot.dialogue.offers import OfferChecker
from bot.i18n import Phrases
from bot.reports.plain_text import as_text
from bot.reports.report_commands import names_from
from bot.reports.report_writer import ReportWriter
from bot.reports.simulation import Season, Simulator
from storage.values import Release
from tests.kit.conversations import scripted_conversation


@pytest.fixture(scope="module")
def sure(content: Content, phrases: Phrases) -> Conversation:
    """A conversation that understands everything: each topic's only phrasing is its id."""
    topics = {name: replace(topic, phrasings={"en": (name,)}) for name, topic in content.campaign.topics.items()}
    return scripted_conversation(content, phrases, replace(content.campaign, topics=topics))


def simulated(
    conversation: Conversation, content: Content, folder: Path, weeks: int, questions: int
) -> tuple[Season, tuple[Release, ...]]:
    simulator = Simulator(conversation, OfferChecker(content.offers).sign_ids, folder, seed=1)
    season = simulator.run(weeks, questions)
    return season, simulator.releases.last(weeks)


def test_a_short_season_is_released_and_marked(sure: Conversation, content: Content, tmp_path: Path) -> None:
    season, releases = simulated(sure, content, tmp_path, 2, 400)
    assert [release.number for release in releases] == [1, 2]
    assert all(release.synthetic and release.length == 7 and release.lost_hours == 0 for release in releases)
    assert set(season.true_topics) == {1, 2}
    writer = ReportWriter(names_from(content), "en")
    text = as_text(writer.report(releases[-1], releases[:-1], None))
    assert text.startswith("SYNTHETIC")
    assert season.themes


def labels(release: Release) -> Mapping[str, str]:
    return {row.key: row.label for row in release.rows if row.label is not None and row.lift is not None}


@pytest.mark.slow
def test_a_season_shows_what_was_planted(sure: Conversation, content: Content, tmp_path: Path) -> None:
    season, releases = simulated(sure, content, tmp_path, 12, 1000)
    assert len(releases) == 12
    correlations, belonging, themes_shown, false_labels, confirmed = [], [], [], [], 0
    for release in releases:
        true = season.true_topics[release.number]
        shown = release.shown("topic")
        keys = [row.key for row in shown]
        if release.number != season.flood_in:
            correlations.append(
                rank_correlation([float(row.shown or 0) for row in shown], [float(true.get(key, 0)) for key in keys])
            )
            deserved = sorted(true.values(), reverse=True)[len(keys) - 1]
            belonging.append(mean(true.get(key, 0) >= deserved - 4 for key in keys))
        families = {row.key for row in release.shown("vocabulary")}
        if release.number >= season.themes_from:
            themes_shown.append(len(families & set(season.themes)) / len(season.themes))
        planned = {season.rising} if release.number >= season.rises_in else set()
        found = labels(release)
        false_labels.append(len(set(found) - planned - {season.flooded}))
        confirmed += sum(label.startswith("confirmed") for key, label in found.items() if key != season.rising)
    assert mean(correlations) >= 0.9
    assert mean(belonging) >= 0.95
    assert mean(themes_shown) >= 0.9
    assert mean(false_labels) <= 0.8
    assert confirmed <= 1
    risen = [labels(release).get(season.rising) for release in releases[season.rises_in - 1 :]]
    assert risen[0] == "possible-rise"
    assert "confirmed-rise" in risen[1:]
    flooded = releases[season.flood_in - 1]
    assert season.flooded in {row.key for row in flooded.shown("flood")}
    assert season.flooded not in labels(flooded)
    surge = releases[season.surge_in - 1]
    assert surge.total > 1.7 * releases[0].total
    assert season.poster in {row.key for row in surge.shown("campaign")}


@pytest.mark.slow
def test_the_command_makes_every_report_and_refuses_to_mix_seasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABAYYAN_SEMANTIC", "off")
    folder = tmp_path / "season"
    arguments = ["simulate", "--weeks", "2", "--questions", "200", "--language", "ar", "--data-dir", str(folder)]
    monkeypatch.setenv("TABAYYAN_DATA_DIR", str(tmp_path / "data"))
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "بيانات مصطنعة" in out
    for name in ("report.txt", "report.html", "report.csv", "report.json", "report.xlsx", "digest"):
        assert (folder / name).exists(), name
    assert not (tmp_path / "data" / "released.db").exists()
    assert main(arguments) == 1
