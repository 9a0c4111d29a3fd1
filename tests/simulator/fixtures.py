"""Pytest fixtures around the simulator: a Telegram for a module, and the bot as a process against it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.simulator.client import ROOT, SECRET, TOKEN, Process, Telegram, free_port, until
from tests.simulator.contract import call_faults, update_faults

MODES = ("polling", "webhook")
LEARNT = ROOT / "data" / "cache"
"""What this checkout has learnt from its content: nothing of an asker gets there, so tests may share it."""


def bot_settings(telegram: Telegram, mode: str, port: int, data: Path) -> dict[str, str]:
    """The environment of a bot that talks to the simulator."""
    settings = {
        "TABAYYAN_TELEGRAM_TOKEN": TOKEN,
        "TABAYYAN_TELEGRAM_API_URL": telegram.address,
        "TABAYYAN_MODE": mode,
        "TABAYYAN_HOST": "127.0.0.1",
        "TABAYYAN_PORT": str(port),
        "TABAYYAN_DATA_DIR": str(data),
        "TABAYYAN_CACHE_DIR": str(LEARNT),
    }
    if mode == "webhook":
        settings |= {"TABAYYAN_WEBHOOK_URL": f"http://127.0.0.1:{port}", "TABAYYAN_WEBHOOK_SECRET": SECRET}
    return settings


class Bot:
    """A bot process that can be killed and started again on the same port."""

    def __init__(self, telegram: Telegram, mode: str, folder: Path, command: tuple[str, ...] = ()) -> None:
        self.mode = mode
        self.port = free_port()
        self.data = folder / "data"
        self.output = folder / "bot.log"
        self.command = list(command) or [sys.executable, "-m", "tests.simulator.small_bot"]
        self.settings = bot_settings(telegram, mode, self.port, self.data)
        self.process: Process | None = None

    def start(self, settings: Mapping[str, str] | None = None) -> Process:
        """Start it."""
        self.process = Process(self.command, self.output, {**self.settings, **(settings or {})})
        return self.process

    def stop(self) -> int:
        """Ask it to stop; gives the exit code."""
        return self.process.stop() if self.process is not None else 0

    @property
    def said(self) -> str:
        """What it has logged."""
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""


@contextmanager
def running(mode: str, folder: Path, command: tuple[str, ...] = ()) -> Iterator[tuple[Telegram, Bot]]:
    """A simulator and a bot, both ended afterwards.

    Whatever the bot logged must be a line of the allow-list, and whatever the two said to each other as the Bot API is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    telegram = Telegram(folder)
    bot = Bot(telegram, mode, folder, command)
    try:
        yield telegram, bot
        faults = [*call_faults(telegram("calls")), *update_faults(telegram("updates"))]
    finally:
        bot.stop()
        telegram.stop()
    assert not faults, "\n".join(faults)
    assert "Traceback" not in bot.said, bot.said
    assert TOKEN not in bot.said


@pytest.fixture(scope="module", params=MODES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Telegram, Bot]]:
    """Simulator and running small bot, shared by a module, in both modes."""
    with running(request.param, tmp_path_factory.mktemp(request.param)) as (telegram, bot):
        bot.start()
        assert until(lambda: telegram("stats")["calls"].get("setMyShortDescription", 0) >= 3, 60), bot.said
        yield telegram, bot


@pytest.fixture(scope="module")
def telegram(pair: tuple[Telegram, Bot]) -> Telegram:
    """The shared simulator."""
    return pair[0]


_NEXT = iter(range(20_000, 10_000_000, 10))


@pytest.fixture
def user() -> int:
    """A person whom nobody has met yet."""
    return next(_NEXT)
