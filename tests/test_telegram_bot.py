"""The one retry policy, and what an answer of the Bot API is."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram import bot
from bot.channels.telegram.bot import AiohttpRequest, Backoff, FateUnknown, NotSent, ServerTrouble, repeated

REFUSALS = (BadRequest("x"), Forbidden("x"), InvalidToken("x"), Conflict("x"), ChatMigrated(5))


def test_pauses_double_up_to_the_longest_and_begin_anew_after_telegrams_own() -> None:
    backoff = Backoff(1.0, 5.0)
    errors = [
        NotSent("x"),
        FateUnknown("x"),
        ServerTrouble("x"),
        NotSent("x"),
        RetryAfter(timedelta(seconds=7)),
        NotSent("x"),
    ]
    assert [backoff.pause(error) for error in errors] == [1.0, 2.0, 4.0, 5.0, 7.0 + bot.WAIT_MARGIN_SECONDS, 1.0]
    assert [backoff.pause(error) for error in REFUSALS] == [None] * 5


class Call:
    """A call that meets errors, and then works."""

    def __init__(self, *errors: TelegramError) -> None:
        self.made = 0
        self._errors = errors

    async def __call__(self) -> str:
        self.made += 1
        if self.made <= len(self._errors):
            raise self._errors[self.made - 1]
        return "done"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses, which take no time."""
    pauses: list[float] = []
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        pauses.append(seconds)

    monkeypatch.setattr(bot, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(bot, "time", SimpleNamespace(monotonic=lambda: now))
    return pauses


async def test_a_call_is_repeated_until_it_works(slept: list[float]) -> None:
    call = Call(NotSent("x"), ServerTrouble("x"), RetryAfter(timedelta(seconds=3)), NotSent("x"))
    assert await repeated(call) == "done"
    assert slept == [0.2, 0.4, 3.05, 0.2]


@pytest.mark.parametrize(("harmless", "made"), [(False, 2), (True, 4)])
async def test_a_call_of_unknown_fate_is_repeated_once_unless_that_does_no_harm(
    slept: list[float], harmless: bool, made: int
) -> None:
    call = Call(*[FateUnknown("x")] * 3)
    if harmless:
        assert await repeated(call, harmless=True) == "done"
    else:
        with pytest.raises(FateUnknown):
            await repeated(call)
    assert call.made == made


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
async def test_a_refusal_is_not_repeated(slept: list[float], error: TelegramError) -> None:
    call = Call(error)
    with pytest.raises(type(error)):
        await repeated(call)
    assert (call.made, slept) == (1, [])


async def test_patience_ends(slept: list[float]) -> None:
    with pytest.raises(ServerTrouble):
        await repeated(Call(*[ServerTrouble("x")] * 100))
    assert bot.PATIENCE_SECONDS - bot.LONGEST_BACK_OFF_SECONDS < sum(slept) <= bot.PATIENCE_SECONDS
    with pytest.raises(RetryAfter):
        await repeated(Call(RetryAfter(timedelta(seconds=61))))


@pytest.mark.parametrize("payload", [b"", b"<html>", b"[]", b"{}", b"5", b'{"ok": true}', b"[" * 100_000])
def test_what_is_no_answer_leaves_the_fate_unknown(payload: bytes) -> None:
    with pytest.raises(FateUnknown) as raised:
        AiohttpRequest.parse_json_payload(payload)
    assert raised.value.__cause__ is None


def test_of_a_sent_message_only_what_is_used_is_read() -> None:
    sent = {"message_id": 3, "date": 9, "chat": {"id": 5, "type": "private"}}
    payload = json.dumps({"ok": True, "result": {**sent, "text": "x", "something_new": {"of": "a shape"}}}).encode()
    assert AiohttpRequest.parse_json_payload(payload) == {"ok": True, "result": sent}
