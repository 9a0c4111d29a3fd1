"""The counters and their file: noise, schema, caps, cadence, faults, keeping."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from scipy.stats import chi2
from sqlalchemy import create_engine, event, inspect

from bot.clock import Clock
from bot.counting.dimensions import rules, sizes_of
from bot.counting.noise import chance_at_least, discrete_laplace, variance
from bot.counting.schedule import CounterSchedule, next_hour
from bot.counting.window import closes, length_of_next
from bot.dialogue.reply import Counted
from storage.databases import LOCAL_FILE, RELEASED_FILE, released_engine
from storage.releases import Releases
from storage.tables import LocalTable, ReleasedTable
from storage.windows import ORIGIN, WindowFile
from tests.storage_kit import START, TOPICS, ZONE, Store, cells

COLUMNS = {
    "window": {"number", "first_day", "length", "state", "scale", "show_limit", "restarts", "beats"},
    "cell_open": {"window", "family", "key", "n"},
    "cell_closed": {"window", "family", "key", "n"},
    "released_window": {
        "number", "first_day", "length", "scale", "show_limit", "total", "restarts", "lost_hours", "synthetic",
    },
    "released": {"window", "family", "key", "shown", "label", "lift", "lift_low", "lift_high"},
    "alembic_version": {"version_num"},
}  # fmt: skip
"""The closed list. A column is added here only together with privacy tests that cover it."""


def raw(store: Store, table: str = "cell_open") -> dict[tuple[str, str], int]:
    """The stored (noisy) counts, read past the program."""
    connection = sqlite3.connect(store.folder / LOCAL_FILE)
    rows = connection.execute(f"select family, key, n from {table}").fetchall()
    connection.close()
    return {(family, key): n - ORIGIN for family, key, n in rows}


def added(store: Store, act: Callable[[], None], times: int = 1) -> dict[tuple[str, str], int]:
    """What the file gained by an act, done so often: two snapshots of one window do tell, which is why nothing copies it."""
    before = raw(store)
    for _ in range(times):
        act()
    store.counters.tick()
    after = raw(store)
    return {cell: after[cell] - before[cell] for cell in after if after[cell] != before[cell]}


# ---- noise


def chi_square_chance(draws: list[int], scale: float, reach: int = 12) -> float:
    counted = Counter(max(-reach, min(reach, draw)) for draw in draws)
    statistic = 0.0
    for value in range(-reach, reach + 1):
        low = 1.0 if value == -reach else chance_at_least(value, scale)
        high = 0.0 if value == reach else chance_at_least(value + 1, scale)
        expected = len(draws) * (low - high)
        statistic += (counted[value] - expected) ** 2 / expected
    return float(chi2.sf(statistic, 2 * reach))


@pytest.mark.parametrize("scale", [1.0, 2.0, 1.5])
def test_noise_follows_the_formula(scale: float) -> None:
    draws = [discrete_laplace(scale) for _ in range(20_000)]
    assert chi_square_chance(draws, scale) > 0.0001
    # Positive control: the same test refuses noise of another scale.
    assert chi_square_chance([discrete_laplace(scale * 1.2) for _ in range(20_000)], scale) < 0.0001


def test_noise_variance_is_the_one_that_trends_reckon_with() -> None:
    draws = [discrete_laplace(2.0) for _ in range(20_000)]
    assert sum(draw * draw for draw in draws) / len(draws) == pytest.approx(variance(2.0), rel=0.1)


def test_noise_scale_must_be_positive() -> None:
    with pytest.raises(ValueError, match="over 0"):
        discrete_laplace(0)


def test_opening_values_are_noise_of_each_family(tmp_path: Path) -> None:
    over = frozenset(("vocabulary", f"word-{number}") for number in range(12_000)) | {("topic", "one")}
    store = Store(tmp_path, over=frozenset(over))
    store.counters.tick()
    values = [n for (family, _), n in raw(store).items() if family == "vocabulary"]
    assert len(values) == 12_000
    assert chi_square_chance(values, 2.0) > 0.0001


def test_a_seeded_random_does_not_make_noise_repeat() -> None:
    code = "import random; random.seed(1)\nfrom bot.counting.noise import discrete_laplace\nprint([discrete_laplace(2) for _ in range(60)])"
    one, two = (subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2))
    assert len(one) > 100
    assert one != two


# ---- schema


def test_the_schema_is_the_closed_list_and_holds_no_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.releases.prepare()
    found = {}
    for name in (LOCAL_FILE, RELEASED_FILE):
        inspector = inspect(create_engine(f"sqlite:///{tmp_path / name}"))
        for table in inspector.get_table_names():
            found[table] = {column["name"] for column in inspector.get_columns(table)}
            kinds = {str(column["type"]) for column in inspector.get_columns(table)}
            assert not any("TIME" in kind or "BLOB" in kind for kind in kinds), (table, kinds)
    assert found == COLUMNS


def test_migrations_make_the_models_tables(tmp_path: Path) -> None:
    engine = released_engine(tmp_path, "")
    store = Store(tmp_path)
    store.releases.prepare()
    inspector = inspect(engine)
    for name, table in ReleasedTable.metadata.tables.items():
        made = {column["name"]: (str(column["type"]), column["nullable"]) for column in inspector.get_columns(name)}
        meant = {column.name: (str(column.type), bool(column.nullable)) for column in table.columns}
        assert made == meant
    assert set(LocalTable.metadata.tables) == {"window", "cell_open", "cell_closed"}


def test_text_columns_hold_public_keys_only(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.add(
        1, Counted(topics=("my-secret",), campaign="for-ali-only", language="xx", vocabulary=("secret",))
    )
    store.counters.tick()
    assert set(raw(store)) == cells()
    assert b"secret" not in (tmp_path / LOCAL_FILE).read_bytes()
    assert b"ali" not in (tmp_path / LOCAL_FILE).read_bytes()


@pytest.mark.parametrize("name", [LOCAL_FILE, RELEASED_FILE])
def test_no_write_ahead_log_and_deleted_bytes_are_overwritten(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.releases.prepare()
    connection = sqlite3.connect(tmp_path / name)
    assert connection.execute("pragma journal_mode").fetchone() == ("delete",)
    connection.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [LOCAL_FILE, RELEASED_FILE]


# ---- what is counted


def test_all_cells_exist_before_anybody_asks(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    assert set(raw(store)) == cells()


def test_an_asker_counts_once_a_day_for_a_topic_and_for_three_at_most(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()

    def act() -> None:
        for _ in range(50):
            for topic in TOPICS[:6]:
                store.ask(7, topic)

    gained = added(store, act)
    assert gained == {
        **{("topic", topic): 1 for topic in TOPICS[:3]}, ("outcome", "answered"): 1, ("language", "ar"): 1
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counted", "family"),
    [
        (Counted(near_miss=TOPICS[0]), "near-miss"),
        (Counted(outcome="urgent"), "outcome"),
        (Counted(campaign="school"), "campaign"),
        (Counted(offer_signs=("pay", "visa")), "offer-sign"),
        (Counted(feedback=(f"{TOPICS[0]}:helpful",)), "feedback"),
        (Counted(vocabulary=("wife", "belarus")), "vocabulary"),
    ],
)
def test_every_family_is_counted_within_its_cap(tmp_path: Path, counted: Counted, family: str) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    gained = added(store, lambda: store.counters.add(7, counted), 20)
    assert {name for name, _ in gained} == {family}
    assert sum(gained.values()) <= rules(2.0, 12)[family].cap
    assert set(gained.values()) == {1}


def test_unknown_codes_and_languages_become_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    gained = added(store, lambda: store.counters.add(7, Counted(campaign="for-one-person", language="ku")))
    assert gained == {("campaign", "other"): 1, ("language", "other"): 1}


def test_more_keys_than_the_cap_are_chosen_without_favour(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    askers = iter(range(300))
    gained = added(store, lambda: store.counters.add(next(askers), Counted(topics=TOPICS[:6])), 300)
    counts = [gained.get(("topic", topic), 0) for topic in TOPICS[:6]]
    assert sum(counts) == 900
    assert min(counts) > 100


def test_a_new_day_in_baghdad_counts_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.moment = START + timedelta(hours=23, minutes=59)
    assert added(store, lambda: store.ask(7), 2)[("topic", TOPICS[0])] == 1
    store.moment += timedelta(minutes=2)
    assert added(store, lambda: store.ask(7), 2)[("topic", TOPICS[0])] == 1


def test_after_a_restart_the_key_is_another(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    assert first.counters._pseudonym(7) == first.counters._pseudonym(7)
    assert first.counters._pseudonym(7) != second.counters._pseudonym(7)


def test_forgetting_drops_what_was_asked_and_opens_no_way_round_the_caps(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.ask(7)
    store.counters.forget(7)
    assert all(not seen for seen in store.counters._askers.values())
    topics = iter(TOPICS)

    def ask_and_forget() -> None:
        store.ask(7, next(topics))
        store.counters.forget(7)

    gained = added(store, ask_and_forget, len(TOPICS))
    assert gained == {("topic", TOPICS[0]): 1, ("outcome", "answered"): 1, ("language", "ar"): 1}


def test_new_topics_count_from_the_next_window_on(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.counters.renew(cells((*TOPICS, "fresh")))
    store.ask(7, "fresh")
    store.counters.tick()
    assert ("topic", "fresh") not in raw(store)
    store.skip(days=8)
    assert ("topic", "fresh") in raw(store)
    assert added(store, lambda: store.ask(8, "fresh"))[("topic", "fresh")] == 1


def test_a_flood_is_cut_off_and_marked(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    asker = 0
    for _ in range(7):
        for topic in TOPICS:
            asker += 1
            store.ask(asker, topic)
        store.skip(days=1)
    quiet = TOPICS[4]
    before = raw(store)
    for _ in range(7):
        for account in range(1000, 1020):
            for _ in range(20):
                store.ask(account, quiet)
        store.counters.tick()
        store.moment += timedelta(days=1)
    connection = sqlite3.connect(tmp_path / LOCAL_FILE)
    gained = raw(store)[("topic", quiet)] - before[("topic", quiet)]
    over = raw(store)[("flood", quiet)] - before[("flood", quiet)]
    connection.close()
    assert gained + over == 140
    assert gained <= 7 * 8
    store.skip(hours=35)
    release = store.releases.get(2)
    assert release is not None
    assert quiet in {row.key for row in release.shown("flood")}
    assert next(row for row in release.rows if (row.family, row.key) == ("topic", quiet)).label is None


@pytest.mark.parametrize("accounts", [1, 5])
def test_one_account_adds_at_most_seven_a_week(tmp_path: Path, accounts: int) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    before = raw(store)
    for day in range(7):
        for account in range(accounts):
            for _ in range(2000 // accounts):
                store.ask(account)
        if day < 6:
            store.skip(days=1)
    store.counters.tick()
    assert raw(store)[("topic", TOPICS[0])] - before[("topic", TOPICS[0])] == 7 * accounts


# ---- writing


def test_a_quiet_day_looks_like_a_busy_one(tmp_path: Path) -> None:
    """Same number of writes, same sizes, same keys, every page written; only noise-hidden values differ."""
    seen = {}
    for name, askers in (("quiet", 0), ("busy", 400)):
        store = Store(tmp_path / name)
        store.counters.tick()
        states = []
        for hour in range(24):
            for asker in range(askers // 24):
                store.ask(hour * 1000 + asker)
            stat = (store.folder / LOCAL_FILE).stat()
            store.hours(1)
            after = (store.folder / LOCAL_FILE).stat()
            states.append(
                (
                    after.st_size,
                    after.st_mtime_ns != stat.st_mtime_ns,
                    len(raw(store)),
                    sorted(path.name for path in store.folder.iterdir()),
                )
            )
        seen[name] = states
    assert seen["quiet"] == seen["busy"]
    assert all(written for _, written, _, _ in seen["quiet"])


def test_a_quiet_tick_writes_every_row_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    written: list[int] = []

    @event.listens_for(store.counters._file._engine, "before_cursor_execute")
    def _note(_: object, cursor: object, statement: str, values: Sequence[object], *more: object) -> None:
        if statement.startswith("INSERT INTO cell_open"):
            written.append(len(values))

    store.counters.tick()
    store.ask(1)
    store.counters.tick()
    assert written == [len(cells())] * 2


def test_counting_is_cheap(tmp_path: Path) -> None:
    store = Store(tmp_path)
    counted = [Counted(topics=(TOPICS[number % 20],), outcome="answered", language="ar") for number in range(20_000)]
    start = time.process_time()
    for number, one in enumerate(counted):
        store.counters.add(number % 5000, one)
    assert (time.process_time() - start) / len(counted) < 0.00005


def test_counting_waits_for_no_disk(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    blocker = sqlite3.connect(tmp_path / LOCAL_FILE, isolation_level=None)
    blocker.execute("begin exclusive")
    thread = threading.Thread(target=store.counters.tick)
    thread.start()
    start = time.perf_counter()
    for asker in range(100):
        store.ask(asker)
    waited = time.perf_counter() - start
    thread.join()
    blocker.close()
    assert waited < 0.5
    assert not store.counters.healthy
    assert added(store, lambda: None)[("topic", TOPICS[0])] == 100
    assert store.counters.healthy


def test_counting_never_raises(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(tmp_path)
    store.counters.add("nobody", Counted(outcome="answered"))  # type: ignore[arg-type]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "nobody" not in caplog.text


# ---- faults


def test_a_locked_store_is_reported_once_and_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    store = Store(tmp_path)
    store.counters.tick()
    before = raw(store)
    blocker = sqlite3.connect(tmp_path / LOCAL_FILE, isolation_level=None)
    blocker.execute("begin exclusive")
    store.ask(1)
    assert not store.counters.tick()
    store.ask(2)
    assert not store.counters.tick()
    blocker.close()
    store.ask(3)
    assert store.counters.tick()
    assert raw(store)[("topic", TOPICS[0])] - before[("topic", TOPICS[0])] == 3
    events = [getattr(record, "tabayyan_event", None) for record in caplog.records]
    assert events.count("store-unavailable") == 1
    assert events.count("store-back") == 1


def test_a_store_locked_over_midnight_counts_each_day_where_it_belongs(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.moment = START + timedelta(days=6, hours=23)
    store.counters.tick()
    before = raw(store)
    blocker = sqlite3.connect(tmp_path / LOCAL_FILE, isolation_level=None)
    blocker.execute("begin exclusive")
    store.ask(1)
    store.moment = START + timedelta(days=7, hours=1)
    store.ask(1)
    assert not store.counters.tick()
    blocker.close()
    assert store.counters.tick()
    closed = raw(store, "cell_closed")
    assert closed[("topic", TOPICS[0])] - before[("topic", TOPICS[0])] == 1
    opened = WindowFile(tmp_path).open_window()
    assert opened is not None
    assert opened.number == 2


def test_an_unwritable_data_folder_is_survived(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = Store(tmp_path / "file" / "data")
    store.ask(1)
    assert not store.counters.tick()
    store.ask(2)
    assert not store.counters.tick()


def test_a_full_disk_is_survived_and_loses_no_released_figure(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("This machine has no /dev/full.")
    store = Store(tmp_path)
    store.counters.tick()
    for asker in range(40):
        store.ask(asker)
    store.release_first()
    released = store.releases.get(1)
    assert released is not None
    connection = sqlite3.connect(tmp_path / LOCAL_FILE)
    pages = connection.execute("pragma page_count").fetchone()[0]
    connection.close()
    real = store.counters._file._engine

    @event.listens_for(real, "connect")
    def _no_room(made: sqlite3.Connection, _: object) -> None:
        made.execute(f"pragma max_page_count = {pages}")

    # A page limit makes SQLite fail as a full disk does: a window more does not fit.
    store.counters.renew(cells(tuple(f"much-longer-topic-name-{number}" for number in range(3000))))
    store.ask(77)
    store.moment += timedelta(days=8)
    assert not store.counters.tick()
    assert store.releases.get(1) == released


def test_a_read_only_file_is_survived(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root writes everything: a folder in the file's place cannot be written by anybody.
        (tmp_path / LOCAL_FILE).mkdir()
    else:
        Store(tmp_path).counters.tick()
        (tmp_path / LOCAL_FILE).chmod(0o400)
    store = Store(tmp_path)
    store.ask(1)
    assert not store.counters.tick()
    if (tmp_path / LOCAL_FILE).is_dir():
        shutil.rmtree(tmp_path / LOCAL_FILE)
    else:
        (tmp_path / LOCAL_FILE).chmod(0o600)
    assert store.counters.tick()


def test_a_damaged_file_is_reported_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / LOCAL_FILE).write_bytes(b"this is no database" * 100)
    store = Store(tmp_path)
    assert not store.counters.tick()
    assert (tmp_path / LOCAL_FILE).read_bytes().startswith(b"this is no database")


def test_a_killed_process_loses_at_most_the_last_hour(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    askers = iter(range(5))
    gained = added(store, lambda: store.ask(next(askers)), 5)
    assert gained[("topic", TOPICS[0])] == 5
    store.ask(100)
    again = Store(tmp_path, moment=store.moment + timedelta(hours=1))
    before = raw(store)
    again.counters.tick()
    assert raw(store) == before
    window = WindowFile(tmp_path).open_window()
    assert window is not None
    assert window.restarts == 1


# ---- windows


def test_window_lengths() -> None:
    assert length_of_next(None, 7) == 7
    assert length_of_next(240, 7) == 7
    assert length_of_next(230, 7) == 28
    assert length_of_next(960, 28) == 7
    assert length_of_next(950, 28) == 28


def test_a_small_campaign_comes_to_long_windows(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    for _ in range(24):
        store.skip(days=1)
    lengths = [window.length for window in WindowFile(tmp_path).windows()]
    assert lengths[:3] == [7, 7, 28]


def test_hours_that_stood_still_are_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.counters.tick()
    store.hours(24)
    store.skip(days=6)
    store.skip(hours=40)
    release = store.releases.get(1)
    assert release is not None
    # Hour 0 and the 24 after it were written.
    assert release.lost_hours == 7 * 24 - 25


def test_noisy_counts_are_gone_from_all_bytes_after_nine_windows(tmp_path: Path) -> None:
    over = cells() | {("vocabulary", "PLANTED-IN-WINDOW-ONE")}
    store = Store(tmp_path, over=frozenset(over))
    store.counters.tick()
    store.counters.renew(cells())
    planted = b"PLANTED-IN-WINDOW-ONE"
    store.skip(days=7)
    assert planted in (tmp_path / LOCAL_FILE).read_bytes()
    for _ in range(9):
        window = WindowFile(tmp_path).open_window()
        assert window is not None
        store.moment = closes(window, ZONE)
        store.counters.tick()
        store.skip(hours=34)
    assert planted not in (tmp_path / LOCAL_FILE).read_bytes()
    closed = [window for window in WindowFile(tmp_path).windows() if window.state != "open"]
    assert len(closed) == 8


def test_deleted_bytes_stay_without_secure_delete(tmp_path: Path) -> None:
    """The positive control of the test above: without the setting the bytes are found."""
    connection = sqlite3.connect(tmp_path / "control.db")
    connection.execute("pragma secure_delete=OFF")
    connection.execute("create table t (k text)")
    connection.executemany("insert into t values (?)", [(f"PLANTED-{number}",) for number in range(500)])
    connection.commit()
    connection.execute("delete from t")
    connection.commit()
    connection.close()
    assert b"PLANTED-" in (tmp_path / "control.db").read_bytes()


@pytest.mark.slow
def test_a_year_takes_little_room(tmp_path: Path) -> None:
    topics = tuple(f"topic-with-a-usual-name-{number}" for number in range(82))
    over = cells(topics) | {("vocabulary", f"family-{number}") for number in range(150)}
    store = Store(tmp_path, over=frozenset(over))
    store.counters.tick()
    for _ in range(52):
        for asker in range(400):
            store.ask(asker, topics[asker % 82])
        window = WindowFile(tmp_path).open_window()
        assert window is not None
        store.moment = closes(window, ZONE)
        store.counters.tick()
        store.skip(hours=34)
    assert len(store.releases.numbers()) == 52
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 5_000_000


# ---- the thread that ticks


def test_the_keeper_ticks_at_full_hours_and_at_the_end(tmp_path: Path) -> None:
    clock = Clock(START + timedelta(minutes=59, seconds=50), time.monotonic(), 100.0)
    store = Store(tmp_path)
    store.counters._now = clock.now
    keeper = CounterSchedule(store.counters, clock)
    keeper.start()
    time.sleep(0.6)
    store.ask(1)
    keeper.stop()
    window = WindowFile(tmp_path).open_window()
    assert window is not None
    assert window.beats == 2
    assert next_hour(START + timedelta(minutes=5)) == START + timedelta(hours=1)
    assert sizes_of(cells())["topic"] == 20


def test_many_threads_may_ask_for_the_figures_first_at_once(tmp_path: Path) -> None:
    """Staff's pages and the ticking thread meet at the start: Alembic's environment is one for the process."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: Releases(tmp_path / str(number % 2)).numbers(), range(16)))
    assert found == [()] * 16
