"""Reply -> messages in a chat: split, keyed, sent, edited and deleted, with what Telegram refuses made good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Literal

from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.channels.telegram.api import Api
from bot.dialogue.reply import Button, Reply
from bot.dialogue.telegram_limits import TEXT_UNITS, pack, plain
from bot.logs import log

_NO_PREVIEW = {"is_disabled": True}
_ABOUT_THE_CHAT = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "not enough rights",
    "have no rights",
    "topic_closed",
    "chat_write_forbidden",
    "kicked",
    "deactivated",
)
_NOT_MODIFIED = "message is not modified"

Deletion = Literal["deleted", "gone", "refused"]


class Refused(Exception):
    """Telegram does not let the bot write in a chat: blocked, deactivated, unknown, or no right to."""


def keyboard(rows: Sequence[Sequence[Button]]) -> dict[str, Any]:
    """Buttons as Telegram's inline keyboard."""
    return {"inline_keyboard": [[_key(button) for button in row] for row in rows]}


def _key(button: Button) -> dict[str, str]:
    if button.action is not None:
        return {"text": button.label, "callback_data": button.action}
    if button.url is not None:
        return {"text": button.label, "url": button.url}
    return {"text": button.label, "switch_inline_query": button.share or ""}


class Sender:
    """Writes into chats."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def send(
        self,
        chat: int,
        reply: Reply,
        *,
        silent: bool = False,
        answers: int | None = None,
        hide: Button | None = None,
        limit: int | None = None,
        insist: bool = False,
    ) -> tuple[int, ...]:
        """Send a reply; gives the numbers of its messages, the one with the keyboard last.

        Args:
            chat: where to.
            reply: what.
            silent: without a sound.
            answers: the message that it visibly replies to (groups).
            hide: the button to put under every part but the last.
            limit: most UTF-16 units of the only message (groups); None sends all of it in as many as needed.
            insist: rather say it several times than not at all.

        Raises:
            Refused: Telegram does not let the bot write there.
            TelegramError: it could not be sent.
        """
        parts = pack(reply.paragraphs, limit or TEXT_UNITS)
        parts = parts[:1] if limit is not None else parts
        return await self._send_parts(chat, parts, reply, silent, answers, hide, insist)

    async def _send_parts(
        self,
        chat: int,
        parts: Sequence[str],
        reply: Reply,
        silent: bool,
        answers: int | None,
        hide: Button | None,
        insist: bool = False,
    ) -> tuple[int, ...]:
        sent: list[int] = []
        for number, part in enumerate(parts, 1):
            rows = reply.rows if number == len(parts) else (((hide,),) if hide is not None else ())
            values: dict[str, Any] = {
                "chat_id": chat,
                "text": part,
                "parse_mode": "HTML",
                "link_preview_options": _NO_PREVIEW,
            }
            if rows:
                values["reply_markup"] = keyboard(rows)
            if silent:
                values["disable_notification"] = True
            if answers is not None:
                values["reply_parameters"] = {"message_id": answers, "allow_sending_without_reply": True}
            result = await self._send_one(values, insist)
            message = result.get("message_id") if isinstance(result, dict) else None
            if type(message) is int:
                sent.append(message)
        return tuple(sent)

    async def _send_one(self, values: dict[str, Any], insist: bool) -> Any:
        try:
            return await self._api.send("sendMessage", values, repeatable=insist)
        except ChatMigrated as moved:
            return await self._api.send("sendMessage", {**values, "chat_id": moved.new_chat_id})
        except Forbidden:
            log("send-refused", logging.INFO)
            raise Refused from None
        except BadRequest as error:
            if _names_no_chat(error.message):
                log("send-refused", logging.INFO)
                raise Refused from None
        # Telegram dislikes the message itself: the bare words are better than silence.
        log("reply-simplified", logging.WARNING)
        bare = {"chat_id": values["chat_id"], "text": plain(values["text"]), "link_preview_options": _NO_PREVIEW}
        try:
            return await self._api.send("sendMessage", bare)
        except (BadRequest, Forbidden):
            log("send-refused", logging.INFO)
            raise Refused from None

    async def edit(
        self, chat: int, messages: Sequence[int], reply: Reply, *, silent: bool = False, hide: Button | None = None
    ) -> tuple[int, ...]:
        """Turn an earlier reply into another one, message by message; gives the numbers that it has now.

        Where a message cannot be edited, the whole reply is sent anew.

        Raises:
            Refused: Telegram does not let the bot write there.
            TelegramError: it could not be sent.
        """
        parts = pack(reply.paragraphs)
        kept = messages[: len(parts)]
        for number, (message, part) in enumerate(zip(kept, parts, strict=False), 1):
            rows = reply.rows if number == len(parts) else (((hide,),) if hide is not None else ())
            values = {
                "chat_id": chat,
                "message_id": message,
                "text": part,
                "parse_mode": "HTML",
                "link_preview_options": _NO_PREVIEW,
                "reply_markup": keyboard(rows),
            }
            try:
                await self._api.send("editMessageText", values, repeatable=True)
            except Forbidden:
                log("send-refused", logging.INFO)
                raise Refused from None
            except BadRequest as error:
                if _NOT_MODIFIED in error.message.casefold():
                    continue
                return await self._send_parts(chat, parts, reply, silent, None, hide)
        for surplus in messages[len(parts) :]:
            await self.delete(chat, surplus)
        added = await self._send_parts(chat, parts[len(kept) :], reply, silent, None, hide)
        return (*kept, *added)

    async def delete(self, chat: int, message: int) -> Deletion:
        """Delete one message for both sides, as far as Telegram allows. Never raises."""
        try:
            await self._api.send("deleteMessage", {"chat_id": chat, "message_id": message}, repeatable=True)
        except TelegramError as error:
            return "gone" if "not found" in error.message.casefold() else "refused"
        return "deleted"

    async def delete_all(self, chat: int, messages: Sequence[int]) -> tuple[Deletion, ...]:
        """Delete several messages; what became of each."""
        return tuple(await asyncio.gather(*(self.delete(chat, message) for message in messages)))

    async def answer_press(self, query: str, words: str | None = None) -> None:
        """End the waiting sign on a pressed button. Never raises: the query may have expired."""
        values: dict[str, Any] = {"callback_query_id": query}
        if words is not None:
            values["text"] = words
        try:
            await self._api.send("answerCallbackQuery", values, repeatable=True)
        except TelegramError:
            return

    async def answer_inline(self, query: str, results: Sequence[dict[str, Any]], cache_seconds: int) -> None:
        """Show cards under an inline query. Never raises: the query may have expired."""
        values = {"inline_query_id": query, "results": results, "cache_time": cache_seconds, "is_personal": False}
        try:
            await self._api.send("answerInlineQuery", values, repeatable=True)
        except TelegramError:
            return


def _names_no_chat(message: str) -> bool:
    """Whether a 400 is about the chat, so that no other wording of the reply would help."""
    told = message.casefold()
    return any(sign in told for sign in _ABOUT_THE_CHAT)
