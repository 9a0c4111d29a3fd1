"""The list of what is counted: a new counter is one entry, and everything reads it there."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from bot.counting.dimensions import DIMENSIONS, Dimension, KeyKind, cells_in, cells_of, rules
from bot.counting.release import can_be_released
from bot.desk.why import explain
from bot.dialogue.reply import Context, Counted, Message
from bot.reports.ledger import privacy_text
from bot.reports.names import names_of
from bot.reports.plain_text import as_text
from bot.reports.report_writer import ReportWriter
from storage.values import Row
from tests import desk_kit
from tests.storage_kit import Store

NEW = Dimension("again", "Asked again", "topic", 1, lambda turn: turn.topics, section="Topics asked again")


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more entry, and nothing else."""
    monkeypatch.setitem(DIMENSIONS, NEW.key, NEW)


@pytest.mark.usefixtures("another")
def test_a_new_counter_is_one_entry(tmp_path: Path) -> None:
    talk = desk_kit.conversation()
    topic = "law-prison-term"
    cell = (NEW.key, topic)
    cells = cells_of(talk.campaign, ())
    assert cell in cells
    # The counters, the release and the backup:
    store = Store(tmp_path, scale=0.001, over=cells)
    store.counters.tick()
    for asker in range(40):
        store.counters.add(asker, Counted(topics=(topic,)))
        store.counters.add(asker, Counted(topics=(topic,)))
    store.release_first()
    release = store.releases.get(1)
    assert release is not None
    row = next(row for row in release.rows if (row.family, row.key) == cell)
    assert row.shown == 40
    assert can_be_released(row)
    # The names and the report:
    names = names_of(talk.campaign, (), desk_kit.phrases())
    assert names.name(*cell, "en") == "How many years in prison?"
    text = as_text(ReportWriter(names, "en").report(release, (), None))
    assert "Topics asked again" in text
    # The ledger:
    assert "Asked again | 3 | 1 | 2 | 12 | 0.50" in privacy_text(desk_kit.phrases(), "en", 2.0, 12, cells)
    # The panel beside the try page:
    question = "how many years in prison"
    turn = talk.respond(Message(question), Context(desk_kit.TODAY))
    assert cell in explain(talk, question, turn, "en").counted


def test_all_that_a_turn_counts_has_a_dimension() -> None:
    """A field of Counted that no entry reads would be counted nowhere."""
    for field in fields(Counted):
        value: object = ("x",) if field.type.startswith("tuple") else "x"
        assert cells_in(Counted(**{field.name: value})), field.name  # type: ignore[arg-type]


def test_every_kind_of_key_is_used() -> None:
    assert {dimension.of for dimension in DIMENSIONS.values()} == set(get_args(KeyKind))


def test_what_was_never_released_is_no_row() -> None:
    assert can_be_released(Row("topic", "x", 15))
    assert not can_be_released(Row("topic", "x", 13))
    assert not can_be_released(Row("person", "x", 15))


def test_the_ledger_of_the_design() -> None:
    """5.75 for a fully used day: DECISIONS, 24."""
    assert sum(rule.cost for rule in rules(2.0, 12).values()) == pytest.approx(5.75)
