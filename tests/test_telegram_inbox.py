"""The inbox by itself: whatever breaks around an update, it ends, and so do those that wait behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bot.channels.telegram.inbox import ENDED_SECONDS, Inbox, UpdateOutcome
from bot.channels.telegram.ports import Lane, LocalOrdering
from bot.channels.telegram.updates import Incoming, Me


def update(number: int, chat: int = 5, text: str = "prison") -> dict[str, Any]:
    """A private message as Telegram delivers it; its time sets it apart from the one before."""
    person = {"id": chat, "is_bot": False, "first_name": "A"}
    message = {"message_id": number, "from": person, "chat": {"id": chat, "type": "private"}}
    return {"update_id": number, "message": {**message, "date": 1_700_000_000 + 100 * number, "text": text}}


class Answers:
    """Stands in for the handlers."""

    def __init__(self, breaks: bool = False) -> None:
        self.answered: list[int] = []
        self._breaks = breaks

    def must_wait(self, incoming: Incoming) -> None:
        pass

    async def handle(self, group: Sequence[Incoming]) -> UpdateOutcome:
        await asyncio.sleep(0)
        if self._breaks:
            raise RuntimeError("the last resort broke too")
        self.answered += [one.update for one in group]
        return "answered"


class BrokenOrdering(LocalOrdering):
    """An order that raises although it must not."""

    def __init__(self, where: str) -> None:
        self._where = where

    async def enter(self, lane: Lane, numbers: Sequence[int]) -> frozenset[int]:
        if self._where == "enter":
            raise ValueError("a state that nobody can read")
        return frozenset()

    async def leave(self, lane: Lane, numbers: Sequence[int]) -> None:
        if self._where == "leave":
            raise ValueError("a state that nobody can write")


def inbox_of(dialogue: Answers, order: LocalOrdering) -> Inbox:
    """An inbox of a bot that knows its number."""
    return Inbox(dialogue, lambda: Me(1), order)


@pytest.mark.parametrize("where", ["enter", "leave", "nowhere"])
async def test_a_broken_order_costs_nobody_an_answer(where: str, caplog: pytest.LogCaptureFixture) -> None:
    dialogue = Answers()
    inbox = inbox_of(dialogue, BrokenOrdering(where))
    acknowledgements = [inbox.take(update(number)) for number in range(1, 6)]
    async with asyncio.timeout(2):
        assert await asyncio.gather(*acknowledgements) == ["answered"] * 5
    assert dialogue.answered == [1, 2, 3, 4, 5]
    assert inbox.open == 0
    assert ("internal-error" in [getattr(record, "tabayyan_event", "") for record in caplog.records]) == (
        where != "nowhere"
    )
    assert "nobody can" not in caplog.text


async def test_a_broken_dialogue_ends_its_update_and_holds_up_nobody() -> None:
    inbox = inbox_of(Answers(breaks=True), LocalOrdering())
    acknowledgements = [inbox.take(update(number)) for number in range(1, 4)]
    async with asyncio.timeout(2):
        assert await asyncio.gather(*acknowledgements) == ["failed"] * 3
    assert inbox.open == 0


async def test_what_waits_when_the_program_stops_comes_again() -> None:
    class Never(Answers):
        async def handle(self, group: Sequence[Incoming]) -> UpdateOutcome:
            await asyncio.Event().wait()
            raise AssertionError

    inbox = inbox_of(Never(), LocalOrdering())
    acknowledgements = [inbox.take(update(number)) for number in range(1, 4)]
    await inbox.close(0.05)
    assert all(one.cancelled() for one in acknowledgements)
    assert inbox.take(update(9)).cancelled()


async def test_a_number_is_known_for_a_day_and_may_then_come_anew() -> None:
    handler, seconds = Answers(), 0.0
    inbox = Inbox(handler, lambda: Me(1), now=lambda: seconds)
    for _ in range(2):
        await inbox.take(update(7))
    assert handler.answered == [7]
    seconds = ENDED_SECONDS
    await inbox.take(update(7))
    assert handler.answered == [7, 7], "numbers begin anywhere after a quiet week"


async def test_a_malformed_update_ends_as_malformed() -> None:
    inbox = Inbox(Answers(), lambda: Me(1))
    for raw in ({"update_id": 3, "message": "words"}, {"update_id": 4, "inline_query": {"id": 5}}, {"update_id": "x"}):
        assert await inbox.take(raw) == "malformed"
    assert inbox.open == 0
