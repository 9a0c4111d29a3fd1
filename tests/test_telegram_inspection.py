"""What `tabayyan doctor` says of Telegram: asked of the simulator through the bot's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.telegram.inspection import Inspection, Unreachable, inspect_telegram
from bot.doctor import _telegram
from bot.settings import Settings
from tests.simulator.client import TOKEN, Telegram, free_port


@pytest.fixture(scope="module")
def telegram(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telegram]:
    """A simulator without a bot."""
    simulated = Telegram(tmp_path_factory.mktemp("telegram"))
    yield simulated
    simulated.stop()


def settings_of(telegram: Telegram, token: str = TOKEN, mode: str = "polling") -> Settings:
    """Settings of a bot that is not running."""
    return Settings(telegram_token=token, telegram_api_url=telegram.address, mode=mode)


def sentences(settings: Settings) -> list[str]:
    """What doctor says of Telegram, by its keys."""
    return [finding.sentence for finding in _telegram(settings)]


async def test_a_known_token_is_told_with_the_time_and_the_webhook(telegram: Telegram) -> None:
    found = await inspect_telegram(settings_of(telegram))
    assert found.skew is not None
    assert abs(found.skew) < 3
    assert found == Inspection(True, found.skew)


def test_doctor_says_each_thing_in_its_sentence(telegram: Telegram) -> None:
    assert sentences(settings_of(telegram)) == ["token", "clock", "polling"]
    assert sentences(settings_of(telegram, "654321:wrong")) == ["token-refused", "clock"]
    telegram("set", ahead=3600)
    assert sentences(settings_of(telegram)) == ["token", "clock-wrong", "polling"]
    telegram("set", ahead=0)


@pytest.mark.parametrize("kind", ["502", "reset", "bad-json", "429"])
def test_what_is_no_answer_is_said_so(telegram: Telegram, kind: str) -> None:
    telegram("fault", method="getMe", kind=kind)
    assert sentences(settings_of(telegram)) == ["telegram-unreachable"]


async def test_where_nobody_listens_it_is_unreachable_without_a_word_of_the_token(tmp_path: Path) -> None:
    away = Settings(telegram_token=TOKEN, telegram_api_url=f"http://127.0.0.1:{free_port()}", mode="polling")
    with pytest.raises(Unreachable) as raised:
        await inspect_telegram(away)
    assert TOKEN not in repr(raised.value)
    assert raised.value.__cause__ is None
