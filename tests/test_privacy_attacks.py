"""Attacks on the counters within the ledger's bounds, each beside a build without noise that must fall."""

from __future__ import annotations

import math
import random
import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.counting import window as windows
from bot.counting.dimensions import rules
from bot.counting.noise import discrete_laplace
from bot.counting.release import drawn_up
from bot.dialogue.reply import Counted
from bot.reports.ledger import guess_chance
from storage.databases import LOCAL_FILE
from storage.values import Cell, Window
from storage.windows import ORIGIN
from tests.canary import Canaries, planted_ids
from tests.storage_kit import TOPICS, Store, cells

(TARGET,) = planted_ids(1)


def three_errors(trials: int, bound: float) -> float:
    return bound + 3 * math.sqrt(bound * (1 - bound) / trials)


def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The build of the positive controls: no noise."""
    monkeypatch.setattr(windows, "discrete_laplace", lambda scale: 0)


# ---- seizure


SMALL: frozenset[Cell] = frozenset(
    {("topic", "prison"), ("topic", "visa"), ("outcome", "answered"), ("language", "ar"), ("language", "other")}
)


def seized(folder: Path, *, asked: bool) -> list[int]:
    """Everything a thief of the disk can read of the open window: every noisy count, in a fixed order."""
    store = Store(folder, over=SMALL)
    store.counters.tick()
    for asker in range(6):
        store.counters.add(asker, Counted(topics=("visa",), outcome="answered", language="ar"))
    if asked:
        store.counters.add(TARGET, Counted(topics=("prison",), outcome="answered", language="ar"))
    store.counters.tick()
    connection = sqlite3.connect(folder / LOCAL_FILE)
    rows = connection.execute("select n from cell_open order by family, key").fetchall()
    connection.close()
    return [n - ORIGIN for (n,) in rows]


def best_guess(values: list[int], scale: float) -> bool:
    """The likelihood ratio over all cells that one question touches, by somebody who knows the other askers."""
    known = {"language": 6, "outcome": 6, "topic": 0}
    order = sorted(SMALL)
    score = 0.0
    for (family, key), value in zip(order, values, strict=True):
        if key not in ("ar", "answered", "prison"):
            continue
        b = max(rules(scale, 12)[family].scale, 1e-9)
        score += (abs(value - known[family]) - abs(value - known[family] - 1)) / b
    return score > 0


@pytest.mark.slow
def test_a_seized_disk_tells_no_more_than_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)

    def accuracy(trials: int, name: str) -> float:
        right = 0
        for trial in range(trials):
            asked = rng.random() < 0.5
            guess = best_guess(seized(tmp_path / f"{name}-{trial}", asked=asked), 2.0)
            right += guess == asked
        return right / trials

    found = accuracy(400, "noise")
    bound = guess_chance(0.5 + 0.5 + 0.25)
    assert found <= three_errors(400, bound), found
    assert found > 0.5, "the attack itself does not work"
    silence(monkeypatch)
    assert accuracy(40, "control") == 1.0


def test_seized_bytes_differ_in_nothing_but_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With equal noise two worlds are byte for byte the same but for the cells of one person."""
    silence(monkeypatch)
    bodies = []
    for name, asked in (("with", True), ("without", False)):
        seized(tmp_path / name, asked=asked)
        bodies.append((tmp_path / name / LOCAL_FILE).read_bytes())
    assert len(bodies[0]) == len(bodies[1])
    differing = sum(one != other for one, other in zip(*bodies, strict=True))
    assert 3 <= differing <= 2 * 3, "only the three cells of one question may differ"


# ---- differencing


def differencing(trials: int, noise: Callable[[], int]) -> float:
    """The attacker brings a topic to the show limit with accounts of his own and watches whether it shows."""
    rng = random.Random(2)
    right = 0
    limit = rules(2.0, 12)["topic"].show_limit
    for trial in range(trials):
        asked = rng.random() < 0.5
        window = Window(1, (date(2026, 11, 1) + timedelta(days=trial)), 7, "closed", 2.0, 12)
        cell: dict[Cell, int] = {("topic", "prison"): limit - 1 + asked + noise()}
        row = drawn_up(window, cell, (), None, synthetic=False).rows[0]
        right += (row.shown is not None) == asked
    return right / trials


def test_differencing_stays_within_the_bound() -> None:
    trials = 4000
    found = differencing(trials, lambda: discrete_laplace(2.0))
    assert found <= three_errors(trials, guess_chance(0.5)), found
    assert found > 0.55, "the attack itself does not work"


def test_differencing_without_noise_succeeds_every_time() -> None:
    assert differencing(400, lambda: 0) == 1.0


def test_differencing_through_the_real_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same attack through counters and release: 11 accounts of the attacker, one target, without noise."""
    silence(monkeypatch)
    shown = []
    for name, asked in (("with", True), ("without", False)):
        store = Store(tmp_path / name)
        store.counters.tick()
        for account in range(11):
            store.ask(account)
        if asked:
            store.ask(TARGET)
        store.release_first()
        release = store.releases.get(1)
        assert release is not None
        shown.append(TOPICS[0] in {row.key for row in release.shown("topic")})
    assert shown == [True, False]


def test_reading_again_gives_no_new_draw(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.skip(days=7)
    cell = store.counters._file.closed_cells(1)
    for _ in range(5):
        store.counters.tick()
        assert store.counters._file.closed_cells(1) == cell


# ---- nothing of an asker in any byte


def test_no_asker_in_any_file_of_the_store(tmp_path: Path) -> None:
    ids = planted_ids(200)
    texts = [f"قنبلة-سرية-{number}-{name}" for number, name in enumerate(("علي", "زينب", "كرار", "Ali", "Zainab"))]
    canaries = Canaries(texts, ids)
    canaries.positive_control(tmp_path / "control")
    store = Store(tmp_path / "data")
    store.counters.tick()
    for hour in range(30):
        for number in ids:
            store.ask(number, TOPICS[number % 20])
            store.counters.add(number, Counted(campaign=texts[number % 5], language=texts[number % 5]))
            store.counters.add(number, Counted(topics=(texts[number % 5],), vocabulary=(texts[number % 5],)))
        store.hours(1)
        if hour % 10 == 0:
            assert canaries.in_folders([tmp_path / "data"]) == []
    store.release_first()
    assert canaries.in_folders([tmp_path / "data"]) == []
    body = (tmp_path / "data" / LOCAL_FILE).read_bytes()
    assert Canaries((), ids[:20]).keyed_in(body, LOCAL_FILE) == []


def test_the_search_finds_what_a_careless_store_writes(tmp_path: Path) -> None:
    """Positive control: an SQLite file with ids as numbers and a keyed hash beside its key."""
    (number,) = planted_ids(1)
    canaries = Canaries((), [number])
    connection = sqlite3.connect(tmp_path / "careless.db")
    connection.execute("create table t (id integer)")
    connection.execute("insert into t values (?)", (number,))
    connection.commit()
    connection.close()
    assert canaries.in_folders([tmp_path])
    import hmac

    key = b"a-salt-kept-on-disk"
    body = b"salt=" + b" " + key + b" hash=" + hmac.digest(key, str(number).encode(), "sha256")
    assert canaries.keyed_in(body, "careless")


def test_errors_of_the_store_carry_no_value(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    store = Store(tmp_path, over=cells())
    store.counters.tick()
    connection = sqlite3.connect(tmp_path / LOCAL_FILE)
    connection.execute("drop table cell_open")
    connection.execute("create table cell_open (a text)")
    connection.commit()
    connection.close()
    store.counters.add(TARGET, Counted(topics=(TOPICS[0],)))
    store.counters.tick()
    assert Canaries((), [TARGET]).in_bytes(caplog.text.encode(), "log") == []
    assert "store-unavailable" in {getattr(record, "tabayyan_event", "") for record in caplog.records}
