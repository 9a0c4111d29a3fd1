"""Health means it: what breaks is said in words in the log, on the page and in metrics, and told to the operator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import health
from bot.desk.dependencies import Health
from bot.health import HEALED_BY, WORDS, AlertCommand, AnswersHeard, HealthMonitor, Trouble, available_memory
from bot.logs import EVENTS, log, on_event
from bot.settings import SettingsError, read_settings
from tests import desk_kit


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def monitor(tmp_path: Path, clock: Time, told: list[str]) -> Iterator[HealthMonitor]:
    """A monitor that listens to the log."""
    monitor = HealthMonitor(tmp_path, told.append, clock)
    stop = on_event(monitor.hear)
    yield monitor
    stop()


def codes(monitor: HealthMonitor) -> list[str]:
    return [trouble.code for trouble in monitor.troubles]


def test_every_trouble_has_words_in_both_languages_and_an_event() -> None:
    for code, english in WORDS.items():
        assert code in EVENTS
        assert english.endswith((".", "?", "check"))
        assert any("\u0600" <= letter <= "\u06ff" for letter in Trouble(code, 7).words("ar"))
    for event, troubles in HEALED_BY.items():
        assert event in EVENTS
        assert set(troubles) <= set(WORDS)


def test_telegram_away_for_five_minutes_and_back(
    monitor: HealthMonitor, clock: Time, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    heard = AnswersHeard(clock)
    monitor.watch_telegram(heard)
    heard.answered(None)
    clock.now += 299
    monitor.look()
    assert monitor.telegram_reached
    assert codes(monitor) == []
    clock.now += 2
    monitor.look()
    clock.now += 3600
    monitor.look()
    assert not monitor.telegram_reached
    assert next(trouble.words("en") for trouble in monitor.troubles).startswith(
        "Telegram has not been reached for 65 minutes"
    )
    heard.answered(None)
    monitor.look()
    assert monitor.telegram_reached
    assert codes(monitor) == []
    assert told == ["telegram-silent", "telegram-back"]
    assert next(record.message for record in caplog.records if record.name == "tabayyan") == EVENTS["telegram-silent"]


def test_telegram_that_never_answered_since_the_start_is_away_too(monitor: HealthMonitor, clock: Time) -> None:
    assert monitor.telegram_silence is None
    assert monitor.telegram_reached, "the try page does not speak to Telegram"
    monitor.watch_telegram(AnswersHeard(clock))
    clock.now += 301
    assert not monitor.telegram_reached


@pytest.mark.parametrize("ahead", [-86400.0, -31.0, 31.0, 3600.0, 86400.0])
def test_a_wrong_clock_is_named_with_its_error_and_healed(
    tmp_path: Path, clock: Time, told: list[str], ahead: float
) -> None:
    wall = Time()
    monitor = HealthMonitor(tmp_path, told.append, clock)
    heard = AnswersHeard(clock, wall)
    monitor.watch_telegram(heard)
    heard.answered(wall.now - ahead)
    monitor.look()
    assert str(round(abs(ahead))) in monitor.troubles[0].words("en")
    heard.answered(wall.now - 2)
    monitor.look()
    assert codes(monitor) == []
    assert told == ["clock-wrong", "clock-right"]


def test_room_and_memory(monitor: HealthMonitor, told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "free_bytes", lambda _: 3 * 2**20)
    monkeypatch.setattr(health, "available_memory", lambda: 5 * 2**20)
    monitor.look()
    assert [trouble.number for trouble in monitor.troubles] == [3, 5]
    monkeypatch.setattr(health, "free_bytes", lambda _: 2**40)
    monkeypatch.setattr(health, "available_memory", lambda: None)
    monitor.look()
    assert codes(monitor) == ["memory-low"], "what cannot be seen is not said to be well"
    assert told == ["disk-low", "memory-low", "disk-fine"]


def test_what_other_parts_log_is_trouble_until_they_log_that_it_is_over(
    monitor: HealthMonitor, clock: Time, told: list[str]
) -> None:
    for _ in range(3):
        log("store-unavailable", kind="OSError")
    log("webhook-elsewhere")
    log("second-poller")
    assert codes(monitor) == ["store-unavailable", "webhook-elsewhere", "second-poller"]
    log("store-back")
    log("webhook-ours")
    clock.now += 500
    log("second-poller")
    clock.now += 500
    monitor.look()
    assert codes(monitor) == ["second-poller"], "it was logged again meanwhile"
    clock.now += 101
    monitor.look()
    assert codes(monitor) == []
    assert told == ["store-unavailable", "webhook-elsewhere", "second-poller", "store-back", "webhook-ours"]


# ---- the operator's program


def test_the_program_gets_the_code_alone_and_none_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABAYYAN_TELEGRAM_TOKEN", "1:canary")
    told = tmp_path / "told"
    program = tmp_path / "tell"
    program.write_text(f'#!/bin/sh\necho "$# $*" >> {told}\nenv >> {told}\n')
    program.chmod(0o755)
    AlertCommand(program)("telegram-silent")
    end = time.monotonic() + 10
    while not (told.exists() and "PATH=" in told.read_text()) and time.monotonic() < end:
        time.sleep(0.02)
    assert told.read_text().startswith("1 telegram-silent\n")
    assert "canary" not in told.read_text()


@pytest.mark.parametrize("body", ["#!/bin/sh\nexit 3\n", "no program", "#!/bin/sh\nsleep 60\n"])
def test_a_program_that_fails_or_hangs_is_logged_and_holds_nothing_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr(health, "ALERT_SECONDS", 0.3)
    program = tmp_path / "tell"
    program.write_text(body)
    program.chmod(0o755)
    begun = time.monotonic()
    AlertCommand(program)("disk-low")
    assert time.monotonic() - begun < 0.2
    while "TABAYYAN_ALERT_COMMAND failed" not in caplog.text and time.monotonic() - begun < 5:
        time.sleep(0.02)
    assert "TABAYYAN_ALERT_COMMAND failed" in caplog.text


@pytest.mark.parametrize("value", ["tell", "/no/such/program", "/etc/passwd", "/bin/echo hello"])
def test_a_command_that_cannot_be_run_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("TABAYYAN_ALERT_COMMAND", value)
    with pytest.raises(SettingsError, match="TABAYYAN_ALERT_COMMAND"):
        read_settings()


# ---- what it looks like from outside


def of(**changed: object) -> Health:
    return Health("polling", desk_kit.fixed_clock().now(), "1", **changed)  # type: ignore[arg-type]


def test_readiness_says_that_telegram_is_out_of_reach() -> None:
    client = desk_kit.client(health=lambda: of(telegram_reached=False))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "Telegram" in answer.text
    assert client.get("/healthz").status_code == 200
    assert desk_kit.client(health=lambda: of(telegram_reached=True)).get("/readyz").text == "ready\n"


def test_metrics_move_in_steps_that_no_update_moves() -> None:
    state = of(
        telegram_reached=True,
        clock_skew=3601.4,
        free_disk=10**9 + 1,
        free_memory=10**9 + 1,
        troubles=(Trouble("clock-wrong", 3601),),
    )
    text = desk_kit.client(health=lambda: state).get("/metrics").text
    for line in (
        "tabayyan_telegram_up 1.0",
        "tabayyan_clock_skew_seconds 3600.0",
        "tabayyan_troubles 1.0",
        "tabayyan_disk_free_bytes 9.39524096e+08",
    ):
        assert line in text


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_health_page_says_it_in_words(language: str) -> None:
    trouble = Trouble("telegram-silent", 7)
    page = desk_kit.client(health=lambda: of(telegram_reached=False, troubles=(trouble,)))
    text = page.get(f"/desk/health?lang={language}").text
    assert trouble.words(language).split(":")[0] in text


def test_memory_that_the_system_does_not_tell(tmp_path: Path) -> None:
    assert available_memory(tmp_path / "no") is None
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:  2048 kB\n")
    assert available_memory(tmp_path / "meminfo") == 2 * 2**20
