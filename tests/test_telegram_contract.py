"""Every call and every update is as another library's models of the Bot API say; and faults would be found.

Each end-to-end test is judged so when its simulator ends (see tests.simulator.fixtures.running). Here one conversation
goes through every method that the program calls; then mutants of the program, and of updates, have to be found.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, ReplyParameters

from bot.channels.telegram import polling, presses, profile, sending
from bot.channels.telegram.channel import Channel, open_channel
from bot.settings import Settings
from tests.simulator.client import TOKEN, Telegram, key, until
from tests.simulator.contract import METHODS, call_faults, update_faults
from tests.simulator.small_bot import small_services
from tests.test_telegram_kinds import KINDS, filled, raw_update

CALLED = {
    "getMe", "getUpdates", "deleteWebhook", "setWebhook", "getWebhookInfo", "setMyCommands", "setMyDescription",
    "setMyShortDescription", "sendMessage", "sendPhoto", "editMessageText", "deleteMessage", "answerCallbackQuery",
    "answerInlineQuery", "getFile",
}  # fmt: skip
SECRET = "hook-secret"
NOTHING: Any = None
"""What a mutant leaves out."""


def as_text(number: int) -> Any:
    """A number as a mutant would send it."""
    return str(number)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telegram]:
    """A simulator for the module; each conversation has its own people."""
    telegram = Telegram(tmp_path_factory.mktemp("telegram"))
    yield telegram
    telegram.stop()


@asynccontextmanager
async def polling_channel(simulator: Telegram) -> AsyncIterator[Channel]:
    """The channel in this process, so that it can be patched."""
    settings = Settings(telegram_token=TOKEN, telegram_api_url=simulator.address, mode="polling")
    async with open_channel(settings, small_services(pictures=True)) as channel:
        stop = asyncio.Event()
        running = asyncio.create_task(channel.poll(stop))
        try:
            yield channel
        finally:
            stop.set()
            await running


_NEXT = iter(range(500_000, 10_000_000, 10))


def talk(telegram: Telegram, user: int) -> None:
    """What people do: everything that makes the bot call something."""
    with contextlib.suppress(AssertionError, KeyError, StopIteration):
        # A mutant need not answer: what it has called by then is judged all the same.
        message = telegram.ask(user, "what is the prison term?", seconds=2)
        telegram.press(user, message, "More and sources", seconds=2)
        telegram.ask(user, "the story", seconds=2)
        telegram.press(user, telegram.said(user)[-1], key(telegram.said(user)[-1], "h"), seconds=2)
        said = telegram("say", user=user + 1, text="they locked me")
        urgent = telegram.next(user + 1, 0, 2)
        telegram("edit", user=user + 1, message_id=said["message_id"], text="what is the amnesty?")
        telegram("say", user=user + 1, text="/hide", reply_to=urgent["message_id"])
        telegram("say", user=user + 2, chat=-user, text="@sim_faq_bot the prison term", thread=5)
        grouped = telegram.next(-user, 0, 2)
        telegram("press", user=user, chat=-user, message_id=grouped["message_id"], label=key(grouped, "m"))
        telegram("say", user=user + 3, text="/forget")
        photo = [{"file_id": "advert", "file_unique_id": "u", "width": 1, "height": 1}]
        telegram("say", user=user + 4, content={"photo": photo})
        telegram.next(user + 4, 0, 2)
    query = telegram("inline", user=user, query="amnesty")["inline_query_id"]
    until(lambda: telegram("cards", id=query), 1)
    with contextlib.suppress(AssertionError):
        telegram.idle(2)


async def judged(simulator: Telegram) -> list[str]:
    """The faults of one conversation through every method."""
    user = next(_NEXT)
    simulator("file", name="advert", hex=b"salary 3000 dollars".hex())
    calls, updates = len(simulator("calls")), len(simulator("updates"))
    with contextlib.suppress(Exception):
        async with polling_channel(simulator) as channel:
            described = partial(until, lambda: any_of(simulator, "setMyShortDescription", calls) >= 3, 3)
            await asyncio.to_thread(described)
            await asyncio.to_thread(talk, simulator, user)
            for picture in (None, b"a picture"):
                await channel.post(str(user), "A digest.", picture)
            stop = asyncio.Event()
            bot = channel._bot
            await profile.set_webhook(bot, "https://bot.example.org/telegram", SECRET, stop)
            await asyncio.sleep(0.1)
            await profile.take_webhook_away(bot, stop)
    simulator("no-faults")
    made = simulator("calls")[calls:]
    return [*call_faults(made), *update_faults(simulator("updates")[updates:])]


def any_of(simulator: Telegram, method: str, first: int) -> int:
    """How often a method has been called since."""
    return sum(call["method"] == method for call in simulator("calls")[first:])


async def test_a_conversation_through_every_method_has_no_fault(simulator: Telegram) -> None:
    before = len(simulator("calls"))
    assert await judged(simulator) == []
    assert {call["method"] for call in simulator("calls")[before:]} == CALLED
    assert set(METHODS) >= CALLED


# ---- mutants of the program

Patch = Callable[[pytest.MonkeyPatch], None]


def with_keywords(method: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Patch:
    """A mutant that calls a method of the Bot API with other arguments."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        real = getattr(Bot, method)

        async def mutant(bot: Bot, *arguments: Any, **keywords: Any) -> Any:
            return await real(bot, *arguments, **change(keywords))

        monkeypatch.setattr(Bot, method, mutant)

    return patch


def patched(owner: object, name: str, value: Any) -> Patch:
    """A mutant whose module has something else under a name."""
    return lambda monkeypatch: monkeypatch.setattr(owner, name, value)


NONE: Any = None
AS_TEXT: Any = str

MUTANTS: dict[str, tuple[Patch, str]] = {
    "a parameter of another method": (
        with_keywords("send_message", lambda known: known | {"api_kwargs": {"show_caption_above_media": True}}),
        "sendMessage.show_caption_above_media: unknown",
    ),
    "a deprecated parameter": (
        with_keywords("edit_message_text", lambda known: known | {"api_kwargs": {"disable_web_page_preview": True}}),
        "editMessageText.disable_web_page_preview: deprecated",
    ),
    "a number as text": (
        with_keywords("send_message", lambda known: known | {"message_thread_id": "5"}),
        "sendMessage.message_thread_id: str instead of int",
    ),
    "a flag as text": (
        with_keywords("answer_callback_query", lambda known: known | {"show_alert": "no"}),
        "answerCallbackQuery.show_alert: str instead of bool",
    ),
    "a list as one word": (
        patched(polling, "ALLOWED_UPDATES", "message"),
        "getUpdates.allowed_updates: Input should be a valid list",
    ),
    "callback data that is a number": (
        patched(sending, "_key", lambda button: InlineKeyboardButton(button.label, callback_data=5)),
        "callback_data: Input should be a valid string",
    ),
    "a button without a label": (
        patched(sending, "_key", lambda button: InlineKeyboardButton(NONE, callback_data="x")),
        "text: Field required",
    ),
    "a reply to a number as text": (
        patched(sending, "ReplyParameters", lambda number, **more: ReplyParameters(AS_TEXT(number), **more)),
        "reply_parameters.message_id: str instead of int",
    ),
    "a card without its message": (
        patched(presses, "InputTextMessageContent", lambda *_, **__: None),
        "input_message_content: Field required",
    ),
    "a command without a description": (
        patched(profile, "BotCommand", lambda name, _: BotCommand(name, NONE)),
        "setMyCommands.commands.0.description: Field required",
    ),
    "a number of connections as text": (
        patched(profile, "WEBHOOK_CONNECTIONS", "40"),
        "setWebhook.max_connections: str instead of int",
    ),
    "a method that does not exist": (
        patched(Bot, "delete_message", lambda bot, chat, _: bot.do_api_request("deleteMesage", {"chat_id": chat})),
        "deleteMesage: no such method",
    ),
    "a fraction of a second": (
        patched(presses, "INLINE_CACHE_SECONDS", 30.5),
        "answerInlineQuery.cache_time: Input should be a valid integer",
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
async def test_a_mutant_of_the_program_is_found(
    simulator: Telegram, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    patch, fault = MUTANTS[name]
    patch(monkeypatch)
    assert any(fault in found for found in await judged(simulator)), fault


# ---- updates


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "hologram" not in str(kind)], ids=lambda kind: kind["name"])
def test_a_kind_of_update_is_as_telegram_sends_it(kind: dict[str, Any]) -> None:
    chat = -5 if kind.get("chat") == "group" else 5
    own = {"message_id": 2, "date": 1, "chat": {"id": chat, "type": "private" if chat > 0 else "supergroup"}}
    assert update_faults([{"update_id": 1, **raw_update(filled(kind, 5), 5, chat, own)}]) == []


MESSAGE: dict[str, Any] = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "x"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"message_id": "1"}, "message_id: str instead of int"),
        ({"chat": {"id": 5}}, "chat.type: Field required"),
        ({"chat": {"id": 5, "type": "private", "can_join_groups": True}}, "can_join_groups: unknown"),
        ({"from": {"id": 5, "is_bot": "no", "first_name": "x"}}, "is_bot: str instead of bool"),
        ({"caption": None}, "caption: null"),
        ({"entities": [{"type": "bold", "offset": 0}]}, "length: Field required"),
        ({"forward_origin": {"type": "user", "date": 1}}, "sender_user"),
        ({"is_topic": True}, "is_topic: unknown"),
    ],
)
def test_a_fault_in_an_update_is_found(change: dict[str, Any], fault: str) -> None:
    assert update_faults([{"update_id": 1, "message": MESSAGE}]) == []
    found = update_faults([{"update_id": 1, "message": {**MESSAGE, **change}}])
    assert any(fault in one for one in found), found


def test_a_fault_in_an_answer_is_found() -> None:
    call = {"method": "sendMessage", "values": {"chat_id": 5, "text": "x"}}
    assert call_faults([{**call, "result": MESSAGE}]) == []
    assert call_faults([{**call, "result": True}])
    assert call_faults([{**call, "result": {**MESSAGE, "supports_inline_queries": True}}])
