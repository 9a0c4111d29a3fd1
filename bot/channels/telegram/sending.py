"""Reply -> messages in a chat: split, keyed, sent, edited and deleted, with what Telegram refuses made good."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResult,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.channels.telegram.bot import repeated
from bot.channels.telegram.updates import Place, Shown
from bot.dialogue.reply import Button, Reply
from bot.dialogue.telegram_limits import TEXT_UNITS, pack, plain
from bot.logs import log

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
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
_ABOUT_THE_TOPIC = ("thread not found", "topic_deleted", "topic_id_invalid")
_ABOUT_THE_KEYS = ("button", "keyboard", "reply_markup", "inline")
_NOT_MODIFIED = "message is not modified"

Deletion = Literal["deleted", "gone", "refused"]


class Refused(Exception):
    """Telegram does not let the bot write in a chat: blocked, deactivated, unknown, or no right to."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One message to send."""

    place: Place
    text: str
    html: bool
    keyboard: InlineKeyboardMarkup | None
    silent: bool
    answers: int | None


def keyboard(rows: Sequence[Sequence[Button]]) -> InlineKeyboardMarkup | None:
    """Buttons as Telegram's inline keyboard; None for none."""
    return InlineKeyboardMarkup([[_key(button) for button in row] for row in rows]) if rows else None


def _key(button: Button) -> InlineKeyboardButton:
    if button.action is not None:
        return InlineKeyboardButton(button.label, callback_data=button.action)
    if button.url is not None:
        return InlineKeyboardButton(button.label, url=button.url)
    return InlineKeyboardButton(button.label, switch_inline_query=button.share or "")


class Sender:
    """Writes into chats."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(
        self,
        place: Place,
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
            place: where to.
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
        texts = pack(reply.paragraphs, limit or TEXT_UNITS)
        texts = texts[:1] if limit is not None else texts
        keyboards = _keyboards(len(texts), reply, hide)
        sent = []
        for text, keys in zip(texts, keyboards, strict=True):
            sent.append(await self._send(_Part(place, text, True, keys, silent, answers), insist))
        return tuple(sent)

    async def _send(self, part: _Part, insist: bool = False) -> int:
        """Send one message, without whatever Telegram refuses in it; gives its number."""
        while True:
            try:
                return (await repeated(partial(self._send_once, part), harmless=insist)).message_id
            except ChatMigrated as moved:
                # The number that was replied to belongs to the old group.
                part = replace(part, place=Place(moved.new_chat_id), answers=None)
            except Forbidden:
                log("send-refused", logging.INFO)
                raise Refused from None
            except BadRequest as error:
                simpler = _without_what_was_refused(part, error.message.casefold())
                if simpler is None:
                    log("send-refused", logging.INFO)
                    raise Refused from None
                log("reply-simplified", logging.WARNING)
                part = simpler

    async def _send_once(self, part: _Part) -> TelegramMessage:
        return await self._bot.send_message(
            part.place.chat,
            part.text,
            message_thread_id=part.place.thread,
            parse_mode=ParseMode.HTML if part.html else None,
            link_preview_options=NO_PREVIEW,
            reply_markup=part.keyboard,
            disable_notification=part.silent or None,
            reply_parameters=ReplyParameters(part.answers, allow_sending_without_reply=True) if part.answers else None,
        )

    async def edit(
        self,
        place: Place,
        messages: Sequence[int],
        reply: Reply,
        *,
        silent: bool = False,
        hide: Button | None = None,
        limit: int | None = None,
        shown: Shown | None = None,
    ) -> tuple[int, ...]:
        """Turn an earlier reply into another one, message by message; gives the numbers that it has now.

        Where a message cannot be edited, the whole reply is sent anew. `shown` is what the only one of `messages`
        shows, where that is known: nothing is done when that is the reply already. `limit` as in send().

        Raises:
            Refused: Telegram does not let the bot write there.
            TelegramError: it could not be sent.
        """
        texts = pack(reply.paragraphs, limit or TEXT_UNITS)
        texts = texts[:1] if limit is not None else texts
        keyboards = _keyboards(len(texts), reply, hide)
        parts = [_Part(place, text, True, keys, silent, None) for text, keys in zip(texts, keyboards, strict=True)]
        kept = messages[: len(parts)]
        for message, part in zip(kept, parts, strict=False):
            if shown is not None and len(messages) == 1 and shown == Shown(plain(part.text), part.keyboard):
                continue
            try:
                if not await self._edit(message, part):
                    return await self._send_all(parts)
            except ChatMigrated as moved:
                return await self._send_all([replace(one, place=Place(moved.new_chat_id)) for one in parts])
        for surplus in messages[len(parts) :]:
            await self.delete(place.chat, surplus)
        return (*kept, *await self._send_all(parts[len(kept) :]))

    async def _send_all(self, parts: Sequence[_Part]) -> tuple[int, ...]:
        return tuple([await self._send(part) for part in parts])

    async def _edit(self, message: int, part: _Part) -> bool:
        """Whether a message shows a part now; False where Telegram does not let it be edited."""
        try:
            await repeated(
                lambda: self._bot.edit_message_text(
                    part.text,
                    part.place.chat,
                    message,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=NO_PREVIEW,
                    reply_markup=part.keyboard,
                ),
                harmless=True,
            )
        except Forbidden:
            log("send-refused", logging.INFO)
            raise Refused from None
        except BadRequest as error:
            return _NOT_MODIFIED in error.message.casefold()
        return True

    async def delete(self, chat: int, message: int) -> Deletion:
        """Delete one message for both sides, as far as Telegram allows. Never raises."""
        try:
            await repeated(lambda: self._bot.delete_message(chat, message), harmless=True)
        except TelegramError as error:
            return "gone" if "not found" in error.message.casefold() else "refused"
        return "deleted"

    async def delete_all(self, chat: int, messages: Sequence[int]) -> tuple[Deletion, ...]:
        """Delete several messages; what became of each."""
        return tuple(await asyncio.gather(*(self.delete(chat, message) for message in messages)))

    async def answer_press(self, query: str, words: str | None = None) -> None:
        """End the waiting sign on a pressed button. Never raises: the query may have expired."""
        try:
            await repeated(lambda: self._bot.answer_callback_query(query, words), harmless=True)
        except TelegramError:
            return

    async def answer_inline(self, query: str, results: Sequence[InlineQueryResult], cache_seconds: int) -> None:
        """Show cards under an inline query. Never raises: the query may have expired.

        Telegram may keep them for the same asker only: for short words the cards' language is that of the asker's app.
        """
        try:
            await repeated(
                lambda: self._bot.answer_inline_query(query, results, cache_time=cache_seconds, is_personal=True),
                harmless=True,
            )
        except TelegramError:
            return


def _keyboards(count: int, reply: Reply, hide: Button | None) -> list[InlineKeyboardMarkup | None]:
    """A keyboard for each of so many messages: the reply's own under the last."""
    above = keyboard(((hide,),)) if hide is not None else None
    return [*([above] * (count - 1)), keyboard(reply.rows)] if count else []


def _without_what_was_refused(part: _Part, refusal: str) -> _Part | None:
    """A message without what Telegram refuses with these words; None where no other wording would help."""
    if any(sign in refusal for sign in _ABOUT_THE_CHAT):
        return None
    if part.place.thread is not None and any(sign in refusal for sign in _ABOUT_THE_TOPIC):
        return replace(part, place=Place(part.place.chat))
    if part.keyboard is not None and (not part.html or any(sign in refusal for sign in _ABOUT_THE_KEYS)):
        return replace(part, keyboard=None)
    # The bare words are better than silence.
    return replace(part, text=plain(part.text), html=False) if part.html else None
