"""The webhook's door: who gets in, what is refused, and when it answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.telegram.inbox import Acknowledgement
from bot.channels.telegram.webhook import LARGEST_BODY, telegram_routes

SECRET = "a-long-word"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


class SlowInbox:
    """Takes updates and ends them when told to."""

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.acknowledgements: list[Acknowledgement] = []

    def take(self, raw: object) -> Acknowledgement:
        self.taken.append(raw)
        self.acknowledgements.append(asyncio.get_running_loop().create_future())
        return self.acknowledgements[-1]


@pytest.fixture
def inbox() -> SlowInbox:
    return SlowInbox()


@pytest.fixture
async def door(inbox: SlowInbox) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=list(telegram_routes(inbox, SECRET)))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot") as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Telegram-Bot-Api-Secret-Token": ""},
        {"X-Telegram-Bot-Api-Secret-Token": "wrong"},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET.upper()},
        {"X-Telegram-Bot-Api-Secret-Token": b"\xff\xfe"},
        {"Authorization": SECRET},
    ],
)
async def test_nobody_gets_in_without_the_secret(
    door: httpx.AsyncClient, inbox: SlowInbox, headers: dict[str, str]
) -> None:
    answer = await door.post("/telegram", headers=headers, json={"update_id": 1})
    assert answer.status_code == 403
    assert not inbox.taken


async def test_an_empty_secret_lets_nobody_in(inbox: SlowInbox) -> None:
    app = Starlette(routes=list(telegram_routes(inbox, "")))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bot") as client:
        answer = await client.post("/telegram", headers={"X-Telegram-Bot-Api-Secret-Token": ""}, json={"update_id": 1})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[1]", b"5", b'"x"', b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"NaN"]
)
async def test_what_is_no_update_is_refused(door: httpx.AsyncClient, inbox: SlowInbox, body: bytes) -> None:
    answer = await door.post("/telegram", headers=HEADERS, content=body)
    assert answer.status_code == 400
    assert not inbox.taken
    assert not answer.content


@pytest.mark.parametrize("told", [True, False])
async def test_too_large_a_body_is_refused(door: httpx.AsyncClient, inbox: SlowInbox, told: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (LARGEST_BODY // 10)

    content = b" " * (LARGEST_BODY + 1) if told else pieces()
    answer = await door.post("/telegram", headers=HEADERS, content=content)
    assert answer.status_code == 413
    assert not inbox.taken


@pytest.mark.parametrize("length", ["-5", "many", "²", "99999999999999999999"])
async def test_a_false_length_is_refused(door: httpx.AsyncClient, inbox: SlowInbox, length: str) -> None:
    headers = {**HEADERS, "Content-Length": length.encode()}
    answer = await door.post("/telegram", headers=headers, content=b"{}")
    assert answer.status_code == 413
    assert not inbox.taken


async def test_other_methods_and_paths_are_no_door(door: httpx.AsyncClient) -> None:
    assert (await door.get("/telegram", headers=HEADERS)).status_code == 405
    assert (await door.post("/telegram/../telegram2", headers=HEADERS)).status_code == 404


async def test_the_answer_comes_only_after_the_update_has_ended(door: httpx.AsyncClient, inbox: SlowInbox) -> None:
    asked = asyncio.create_task(door.post("/telegram", headers=HEADERS, content=json.dumps({"update_id": 7})))
    await asyncio.sleep(0.05)
    assert inbox.taken == [{"update_id": 7}]
    assert not asked.done()
    inbox.acknowledgements[0].set_result("answered")
    answer = await asked
    assert (answer.status_code, answer.content) == (200, b"")


async def test_an_update_dropped_at_the_end_shall_come_again(door: httpx.AsyncClient, inbox: SlowInbox) -> None:
    asked = asyncio.create_task(door.post("/telegram", headers=HEADERS, content=b"{}"))
    await asyncio.sleep(0.05)
    inbox.acknowledgements[0].cancel()
    assert (await asked).status_code == 503


async def test_a_sender_who_gives_up_does_not_end_the_answer(door: httpx.AsyncClient, inbox: SlowInbox) -> None:
    asked = asyncio.create_task(door.post("/telegram", headers=HEADERS, content=b"{}"))
    await asyncio.sleep(0.05)
    asked.cancel()
    await asyncio.sleep(0.05)
    assert not inbox.acknowledgements[0].cancelled()


async def test_sixteen_at_once_and_a_stuck_one_keeps_nobody_out(door: httpx.AsyncClient, inbox: SlowInbox) -> None:
    asked = [asyncio.create_task(door.post("/telegram", headers=HEADERS, content=b"{}")) for _ in range(20)]
    await asyncio.sleep(0.1)
    assert len(inbox.taken) == 16
    await asyncio.sleep(0.6)
    assert len(inbox.taken) == 20
    for one in inbox.acknowledgements:
        one.set_result("answered")
    assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200] * 20
