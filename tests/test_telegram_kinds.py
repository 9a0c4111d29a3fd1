"""Every kind of update over HTTP: exactly one fitting reaction, and nothing is ever downloaded."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.simulator.client import Telegram
from tests.simulator.fixtures import pair, telegram, user

__all__ = ["pair", "telegram", "user"]

KINDS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "kinds_of_update.yaml").read_text(encoding="utf-8")
)
BOT = 123456
AT_THE_START = ("getUpdates", "getMe", "set", "deleteWebhook")


def filled(value: Any, user: int) -> Any:
    """A kind with its placeholders filled."""
    if isinstance(value, dict):
        return {key: filled(part, user) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, user) for part in value]
    return {"USER": user, "BOT": BOT, "NOW": int(time.time())}.get(value, value) if isinstance(value, str) else value


def raw_update(kind: dict[str, Any], user: int, chat: int, own: dict[str, Any]) -> dict[str, Any]:
    """One update of a kind."""
    sender = {"id": user, "is_bot": False, "first_name": "Canary", "language_code": "en"}
    place = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
    for name in ("message", "edited_message"):
        if name in kind:
            return {
                name: {"message_id": 900_000_001, "date": int(time.time()), "chat": place, "from": sender, **kind[name]}
            }
    if "callback" in kind:
        body = dict(kind["callback"])
        unreachable = body.pop("inaccessible", False)
        message = {"message_id": 3, "date": 0, "chat": place} if unreachable else own
        target = {} if "inline_message_id" in body else {"message": message}
        return {"callback_query": {"id": f"q{user}", "from": sender, "chat_instance": "1", **target, **body}}
    if "inline" in kind:
        return {"inline_query": {"id": f"i{user}", "from": sender, "offset": "", **kind["inline"]}}
    return dict(kind["raw"])


def test_there_are_enough_kinds() -> None:
    names = [kind["name"] for kind in KINDS]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("kind", KINDS, ids=[kind["name"] for kind in KINDS])
def test_a_kind_of_update(telegram: Telegram, user: int, kind: dict[str, Any]) -> None:
    kind = filled(kind, user)
    chat = -user if kind.get("chat") == "group" else user
    own: dict[str, Any] = {}
    if kind["reaction"] == "press":
        own = telegram.ask(user, "/verify", lang="en")
    telegram("expect", callback=f"q{user}", inline=f"i{user}")
    before = telegram("chat", chat=chat)
    calls = len(telegram("calls"))
    telegram("raw", chats=[chat, user], update=raw_update(kind, user, chat, own))
    telegram.idle()
    time.sleep(0.02)
    after = telegram("chat", chat=chat)
    made = [call["method"] for call in telegram("calls")[calls:] if not call["method"].startswith(AT_THE_START)]
    assert not {"getFile", "sendChatAction"} & set(made)
    match kind["reaction"]:
        case "silence":
            assert made == []
        case "answer":
            assert made == ["sendMessage"]
            assert kind["says"] in after[-1]["text"]
        case "press":
            assert sorted(made) == ["answerCallbackQuery", "editMessageText"]
            assert len(after) == len(before)
            assert kind["says"] in after[-1]["text"]
            assert telegram("callback", id=f"q{user}")
        case "anew":
            assert sorted(made) == ["answerCallbackQuery", "sendMessage"]
            assert kind["says"] in after[-1]["text"]
        case "cards":
            assert made == ["answerInlineQuery"]
            assert telegram("cards", id=f"i{user}")["results"]
        case other:
            raise AssertionError(other)
