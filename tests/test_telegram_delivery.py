"""In webhook mode a quiet bot still knows whether Telegram answers, and takes its address back."""

from __future__ import annotations

import asyncio
import signal
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from telegram.error import NetworkError

from bot.channels.telegram.delivery import watch_delivery
from tests.simulator.client import until
from tests.simulator.fixtures import MODES, running

OURS = "https://bot.example.org/telegram"


class Api:
    """The two calls; `answers` are addresses or errors, one a look."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.set: list[str] = []
        self.stop = asyncio.Event()

    async def get_webhook_info(self) -> Any:
        answer = self.answers.pop(0)
        if not self.answers:
            self.stop.set()
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(url=answer)

    async def set_webhook(self, address: str, **_: Any) -> bool:
        self.set.append(address)
        return True


async def events(api: Api, caplog: pytest.LogCaptureFixture, address: str = OURS) -> list[str]:
    caplog.set_level("INFO")
    bot: Any = api
    await asyncio.wait_for(watch_delivery(bot, address, "s" * 32, api.stop, seconds=0.001), 5)
    return [record.tabayyan_event for record in caplog.records if hasattr(record, "tabayyan_event")]


async def test_our_own_address_is_no_event(caplog: pytest.LogCaptureFixture) -> None:
    api = Api(OURS, OURS, OURS)
    assert await events(api, caplog) == []
    assert api.set == []


@pytest.mark.parametrize("found", ["https://elsewhere.example/telegram", "", "http://bot.example.org/telegram"])
async def test_an_address_of_somebody_else_is_named_and_put_right(caplog: pytest.LogCaptureFixture, found: str) -> None:
    api = Api(OURS, found, OURS, OURS)
    assert await events(api, caplog) == ["webhook-elsewhere", "webhook-ours"]
    assert api.set == [OURS]


async def test_telegram_away_is_said_and_looked_at_again(caplog: pytest.LogCaptureFixture) -> None:
    api = Api(NetworkError("canary"), NetworkError("canary"), OURS)
    assert await events(api, caplog) == ["telegram-unreachable", "telegram-unreachable"]
    assert "canary" not in caplog.text


async def test_without_an_address_of_ours_none_is_set(caplog: pytest.LogCaptureFixture) -> None:
    api = Api("https://elsewhere.example/telegram", "")
    assert await events(api, caplog, address="") == []
    assert api.set == []


PROGRAM = (sys.executable, "-m", "tests.simulator.small_program")


@pytest.mark.waits
@pytest.mark.parametrize("mode", MODES)
def test_the_running_bot_knows_whether_telegram_answers(mode: str, tmp_path: Path) -> None:
    with running(mode, tmp_path, PROGRAM) as (telegram, bot):
        # Without content nothing is learnt: the test would wait for that alone.
        bot.start({"TABAYYAN_CONTENT_DIR": str(tmp_path / "none")})
        telegram.ask(1, "/help", seconds=60)
        with urllib.request.urlopen(f"http://127.0.0.1:{bot.port}/metrics", timeout=5) as answer:
            assert b"tabayyan_telegram_up 1.0" in answer.read()


def test_a_reload_of_one_process_ends_nothing_and_is_answered_in_the_log(tmp_path: Path) -> None:
    with running("polling", tmp_path, PROGRAM) as (telegram, bot):
        process = bot.start({"TABAYYAN_CONTENT_DIR": str(tmp_path / "none")})
        telegram.ask(1, "/help", seconds=60)
        process.send(signal.SIGHUP)
        until(lambda: "nothing-to-reload" in bot.said, 10)
        assert process.running
        assert telegram.ask(1, "/help", seconds=10)
