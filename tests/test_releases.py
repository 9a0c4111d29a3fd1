"""Releases: what is shown, once and for ever; which topics rose; backup and restore."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.counting.dimensions import rules
from bot.counting.noise import chance_at_least, discrete_laplace
from bot.counting.release import can_be_released, drawn_up, rounded
from bot.counting.trends import dispersion, trends
from storage.backup import BackupError, as_backup, read_backup, restore
from storage.databases import RELEASED_FILE
from storage.releases import AlreadyReleased, Releases
from storage.values import Cell, Release, Row, Window
from tests.storage_kit import TOPICS, Store, cells

FIRST_DAY = date(2026, 11, 1)


def window(number: int = 1, *, length: int = 7, scale: float = 2.0) -> Window:
    return Window(number, FIRST_DAY + timedelta(days=length * (number - 1)), length, "closed", scale, 12)


def counts(**topics: int) -> dict[Cell, int]:
    return {("topic", topic): count for topic, count in topics.items()}


# ---- what is shown


def test_show_rates_of_small_counts_are_those_of_the_formula() -> None:
    windows = 2000
    for true, low, high in (
        (0, 0, 0.01),
        (5, 0.005, 0.04),
        (9, 0.10, 0.19),
        (12, 0.56, 0.68),
        (15, 0.88, 0.96),
        (20, 0.98, 1.0),
    ):
        shown = 0
        for _ in range(windows):
            row = drawn_up(window(), counts(one=true + discrete_laplace(2.0)), (), None, synthetic=False).rows[0]
            if row.shown is not None:
                assert row.shown % 5 == 0
                shown += 1
        assert low <= shown / windows <= high, (true, shown / windows)
        assert shown / windows == pytest.approx(chance_at_least(12 - true, 2.0), abs=0.05)


@given(st.integers(-50, 5000))
def test_only_multiples_of_five_from_the_limit_on(count: int) -> None:
    row = drawn_up(window(), counts(one=count), (), None, synthetic=False).rows[0]
    assert (row.shown is None) == (count < 12)
    assert row.shown is None or (row.shown % 5 == 0 and abs(row.shown - count) <= 2.5)


def test_every_family_has_its_own_limit() -> None:
    cell: dict[Cell, int] = {
        ("topic", "a"): 12, ("language", "ar"): 19, ("campaign", "x"): 20, ("vocabulary", "wife"): 16,
        ("vocabulary", "visa"): 17, ("offer-sign", "pay"): 19, ("outcome", "urgent"): 11,
    }  # fmt: skip
    release = drawn_up(window(), cell, (), None, synthetic=False)
    assert {(row.family, row.key) for row in release.rows if row.shown is not None} == {
        ("topic", "a"), ("campaign", "x"), ("vocabulary", "visa"),
    }  # fmt: skip


def test_limits_grow_with_the_noise() -> None:
    assert rules(2.0, 12)["vocabulary"].show_limit == 17
    assert rules(3.0, 15)["vocabulary"].show_limit > 17
    assert rules(1.0, 12)["vocabulary"].show_limit == 12
    assert rules(2.0, 12)["language"].show_limit == rules(2.0, 12)["campaign"].show_limit == 20


def test_rounding_takes_halves_up() -> None:
    assert [rounded(count) for count in (12, 13, 17, 18, -3)] == [10, 15, 15, 20, -5]


# ---- once


def test_a_window_is_released_33_hours_after_it_closed_and_not_before(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.skip(days=7)
    assert store.releases.numbers() == ()
    store.skip(hours=32)
    assert store.releases.numbers() == ()
    store.skip(hours=1)
    assert store.releases.numbers() == (1,)


def test_a_release_is_the_same_for_ever(tmp_path: Path) -> None:
    told: list[int] = []
    store = Store(tmp_path, on_release=told.append)
    store.counters.tick()
    for asker in range(60):
        store.ask(asker, TOPICS[asker % 3])
    store.release_first()
    first = store.releases.get(1)
    body = as_backup(store.releases)
    again = Store(tmp_path, moment=store.moment, on_release=told.append)
    for _ in range(3):
        again.hours(1)
    assert again.releases.get(1) == first
    assert as_backup(again.releases) == body
    assert told == [1]


def test_losing_the_released_file_brings_back_the_same_figures_not_new_noise(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    for asker in range(60):
        store.ask(asker, TOPICS[asker % 3])
    store.skip(days=7)
    cell = store.counters._file.closed_cells(1)
    made = [drawn_up(window(), cell, (), None, synthetic=False) for _ in range(5)]
    assert all(one == made[0] for one in made)


def test_other_figures_for_a_released_window_are_refused(tmp_path: Path) -> None:
    releases = Releases(tmp_path)
    one = drawn_up(window(), counts(a=40), (), None, synthetic=False)
    other = drawn_up(window(), counts(a=60), (), None, synthetic=False)
    assert releases.put(one)
    assert not releases.put(one)
    with pytest.raises(AlreadyReleased):
        releases.put(other)
    assert releases.get(1) == one


def test_numbers_go_on_when_the_local_file_is_lost(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.release_first()
    (tmp_path / "open.db").unlink()
    again = Store(tmp_path, moment=store.moment)
    again.counters.tick()
    opened = again.counters._file.open_window()
    assert opened is not None
    assert opened.number == 2


# ---- rising and falling


def steady(rng: random.Random, means: dict[str, float]) -> dict[str, int]:
    """Noisy Poisson-like counts."""
    return {
        key: sum(rng.random() < 0.01 for _ in range(round(mean * 100))) + discrete_laplace(2.0)
        for key, mean in means.items()
    }


MEANS = {f"t{place}": 200 / place for place in range(1, 41)}


def test_a_doubling_is_found_and_a_busy_week_is_not() -> None:
    rng = random.Random(4)
    found = surged = 0
    for _ in range(20):
        before = [steady(rng, MEANS) for _ in range(8)]
        found += "t5" in trends(steady(rng, {**MEANS, "t5": 80}), before, 2.0, 12)
        surged += len(trends(steady(rng, {key: mean * 2.5 for key, mean in MEANS.items()}), before, 2.0, 12))
    assert found >= 18
    # Of 40 topics in 20 weeks each.
    assert surged <= 24


def test_a_fall_is_found() -> None:
    rng = random.Random(5)
    before = [steady(rng, MEANS) for _ in range(8)]
    found = trends(steady(rng, {**MEANS, "t2": 30}), before, 2.0, 12)
    assert found["t2"].direction == "fall"
    assert found["t2"].low <= found["t2"].lift <= found["t2"].high


@pytest.mark.parametrize(("windows", "questions"), [(3, 1.0), (8, 0.2)])
def test_nothing_is_said_of_too_little(windows: int, questions: float) -> None:
    rng = random.Random(6)
    means = {key: mean * questions for key, mean in MEANS.items()}
    before = [steady(rng, means) for _ in range(windows)]
    assert (
        trends({key: 3 * count for key, count in before[0].items()} if windows == 3 else before[0], before, 2.0, 12)
        == {}
    )


def test_bursty_topics_make_the_rule_careful() -> None:
    rng = random.Random(7)
    calm = [steady(rng, MEANS) for _ in range(8)]
    bursty = [steady(rng, {key: mean * rng.choice((0.4, 1.6)) for key, mean in MEANS.items()}) for _ in range(8)]
    assert dispersion(calm, 7.8) < 1.6
    assert dispersion(bursty, 7.8) > 4


def test_a_rise_is_confirmed_by_the_window_after() -> None:
    rng = random.Random(8)
    past = [
        (window(number), {("topic", key): count for key, count in steady(rng, MEANS).items()}) for number in range(1, 9)
    ]
    risen = {**MEANS, "t3": 170.0}
    first_cells: dict[Cell, int] = {("topic", key): count for key, count in steady(rng, risen).items()}
    first = drawn_up(window(9), first_cells, past, None, synthetic=False)
    assert next(row for row in first.rows if row.key == "t3").label == "possible-rise"
    second_cells: dict[Cell, int] = {("topic", key): count for key, count in steady(rng, risen).items()}
    second = drawn_up(window(10), second_cells, [*past, (window(9), first_cells)], first, synthetic=False)
    assert next(row for row in second.rows if row.key == "t3").label == "confirmed-rise"


def test_a_new_topic_is_marked_as_new_and_not_as_rising() -> None:
    past = [(window(number), counts(a=200, b=150)) for number in range(1, 6)]
    release = drawn_up(window(6), counts(a=200, b=150, fresh=90), past, None, synthetic=False)
    assert next(row for row in release.rows if row.key == "fresh").label == "new"


# ---- backup


def filled(folder: Path) -> Store:
    store = Store(folder)
    store.counters.tick()
    for asker in range(90):
        store.ask(asker, TOPICS[asker % 3])
    store.release_first()
    store.skip(days=7)
    return store


def test_restore_gives_back_every_released_figure(tmp_path: Path) -> None:
    store = filled(tmp_path / "one")
    body = as_backup(store.releases)
    other = Releases(tmp_path / "two")
    assert restore(other, body, can_be_released) == (len(store.releases.numbers()), 0)
    assert restore(other, body, can_be_released) == (0, len(store.releases.numbers()))
    assert as_backup(other) == body
    assert other.get(1) == store.releases.get(1)


def test_a_backup_holds_no_noisy_count(tmp_path: Path) -> None:
    store = filled(tmp_path)
    body = as_backup(store.releases)
    for release in read_backup(body, can_be_released):
        assert all(row.shown is None or row.shown % 5 == 0 for row in release.rows)
        assert release.total % 10 == 0
    assert b"cell_closed" not in body
    assert b"cell_open" not in body


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body[: len(body) // 2],
        lambda body: b"",
        lambda body: body.replace(b'"shown"', b'"seen"').replace(b"tabayyan-released-1", b"other"),
        lambda body: body.replace(b'"total": ', b'"extra": 1, "total": '),
        lambda body: body.replace(b'"topic"', b'"person"'),
        lambda body: body.replace(b'"length": 7', b'"length": "7"'),
    ],
)
def test_a_damaged_backup_changes_nothing(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    body = as_backup(filled(tmp_path / "one").releases)
    damaged = damage(body)
    assert damaged != body
    other = Releases(tmp_path / "two")
    with pytest.raises(BackupError):
        restore(other, damaged, can_be_released)
    assert other.numbers() == ()


def test_a_backup_with_an_exact_count_is_refused(tmp_path: Path) -> None:
    exact = Release(1, FIRST_DAY, 7, 2.0, 12, 100, 0, 0, False, (Row("topic", "a", 13),))
    releases = Releases(tmp_path / "one")
    releases.put(exact)
    with pytest.raises(BackupError):
        read_backup(as_backup(releases), can_be_released)


def test_released_figures_survive_the_loss_of_everything_else(tmp_path: Path) -> None:
    store = filled(tmp_path)
    before = store.releases.get(1)
    for path in tmp_path.iterdir():
        if path.name != RELEASED_FILE:
            path.unlink()
    assert Releases(tmp_path).get(1) == before
    assert len(cells()) > 0


# ---- a database that cannot be reached


def test_an_unreachable_database_delays_releases_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    for asker in range(60):
        store.ask(asker)
    reachable = store.releases
    store.counters._releases = Releases(tmp_path, "postgresql://nobody:SECRETWORD@127.0.0.1:9/none")
    store.skip(days=7)
    store.moment += timedelta(hours=34)
    assert not store.counters.tick()
    assert store.counters.healthy, "counting goes on"
    assert reachable.numbers() == ()
    assert "release-delayed" in {getattr(record, "tabayyan_event", "") for record in caplog.records}
    assert "SECRETWORD" not in caplog.text
    store.counters._releases = reachable
    assert store.counters.tick()
    assert reachable.numbers() == (1,)


def test_without_a_window_of_its_own_and_without_the_database_no_number_is_made_up(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters._releases = Releases(tmp_path, "postgresql://nobody@127.0.0.1:9/none")
    store.ask(1)
    assert not store.counters.tick()
    assert store.counters._file.windows() == ()
    store.counters._releases = store.releases
    assert store.counters.tick()
    assert [window.number for window in store.counters._file.windows()] == [1]
