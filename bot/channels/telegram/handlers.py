"""What to do about what has happened: asks the conversation, and shows, edits, deletes and counts accordingly."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from telegram.error import RetryAfter, TelegramError

from bot.channels.telegram.chat_state import Gathered, Part
from bot.channels.telegram.ports import Services, Talk
from bot.channels.telegram.sending import Refused, Sender, keyboard
from bot.channels.telegram.updates import Incoming, Me
from bot.dialogue.reply import Button, Context, Counted, Message, Reply, Turn
from bot.dialogue.telegram_limits import pack, plain
from bot.logs import log

Ended = Literal["answered", "refused", "failed", "ignored"]

GATHER_WITHIN_SECONDS = 2
"""What comes so soon after a message is the rest of it."""
GATHERED_PARTS = 30
GATHERED_CHARACTERS = 8000
ALBUM_SECONDS = 6.0
LATE_SECONDS = 600
"""From this age on an answer makes no sound: somebody else may hold the phone."""
MESSAGES_AT_ONCE = 60
SECONDS_PER_MESSAGE = 5.0
PRESSES_AT_ONCE = 300
SECONDS_PER_PRESS = 0.5
WELCOME_AGAIN_SECONDS = 600.0
GROUP_UNITS = 900
"""Longest message in a group, UTF-16 units: there it is everybody's screen."""
INLINE_CACHE_SECONDS = 30
CALLBACK_WORDS_UNITS = 200


def joins(before: Incoming, after: Incoming) -> bool:
    """Whether a message is the rest of the one that came just before it in the same chat."""
    return (
        before.happening == after.happening == "message"
        and after.private
        and not before.is_command
        and not after.is_command
        and _soon(before.album, before.date, before.arrived, after)
    )


def _soon(album: str | None, date: int, arrived: float, after: Incoming) -> bool:
    waited = after.arrived - arrived
    if album is not None and album == after.album:
        return waited <= ALBUM_SECONDS
    # Telegram's times tell apart what waited in its queue; ours are finer.
    return abs(after.date - date) <= GATHER_WITHIN_SECONDS and waited <= GATHER_WITHIN_SECONDS


def _part(incoming: Incoming) -> Part:
    return Part(incoming.text, incoming.kind, incoming.forwarded)


def _joined(parts: Sequence[Part]) -> Message:
    """Several messages read as one. Pictures and the like count only where nobody wrote a word."""
    text = "\n".join(part.text for part in parts if part.text)
    kind = next((part.kind for part in parts if part.text), parts[0].kind)
    return Message(text, kind, any(part.forwarded for part in parts))


class Dialogue:
    """Handles what has happened in one chat at a time; keeps nothing itself."""

    def __init__(
        self,
        services: Services,
        sender: Sender,
        me: Callable[[], Me],
        stale_seconds: float,
        words_of: Callable[[str], Awaitable[str | None]],
    ) -> None:
        """Take what the channel is made of.

        Args:
            services: the rest of the program.
            sender: writes into chats.
            me: who the bot is, as far as is known by now.
            stale_seconds: age from which a question gets one neutral line instead of an answer.
            words_of: a picture's file -> the words in it, None for none.
        """
        self._services = services
        self._stale_seconds = stale_seconds
        self._words_of = words_of
        self._sender = sender
        self._me = me

    async def handle(self, group: Sequence[Incoming]) -> Ended:
        """React to one happening, or to several messages that belong together. Never raises but when cancelled."""
        first = group[0]
        try:
            match first.happening:
                case "message":
                    return await self._messages(group)
                case "edited":
                    return await self._edited(first)
                case "pressed":
                    return await self._pressed(first)
                case "inline":
                    return await self._inline(first)
        except Refused:
            return "refused"
        except RetryAfter:
            # Another message would only make the chat wait longer.
            log("update-failed", logging.ERROR, kind="RetryAfter")
            return "failed"
        except TelegramError as error:
            log("update-failed", logging.ERROR, kind=type(error).__name__)
            return await self._say_trouble(first)
        except Exception as error:
            log("internal-error", logging.ERROR, kind=type(error).__name__, place=_place(error))
            return await self._say_trouble(first)

    async def _say_trouble(self, incoming: Incoming) -> Ended:
        """The last resort: say that something broke, with the urgent help under it."""
        if incoming.happening == "inline":
            return "failed"
        try:
            talk = self._services.conversation()
            reply = talk.screens.trouble(talk.chat_language(self._context(incoming)))
            limit = None if incoming.private else GROUP_UNITS
            await self._sender.send(incoming.chat, reply, silent=True, limit=limit, insist=True)
        except Exception as error:
            log("update-failed", logging.ERROR, kind=type(error).__name__)
        return "failed"

    # ---- messages

    async def _messages(self, group: Sequence[Incoming]) -> Ended:
        first, last = group[0], group[-1]
        services, chat = self._services, first.chat
        talk, memory = services.conversation(), services.recall
        age = self._age(last)
        if age > self._stale_seconds:
            if first.private and memory.first_welcome(chat, WELCOME_AGAIN_SECONDS):
                language = talk.chat_language(self._context(first))
                await self._sender.send(chat, talk.screens.welcome_back(language), silent=True)
            return "answered"
        if first.is_command and first.earlier is not None and first.text.split()[0] == "/hide":
            return await self._hide_earlier(first, talk)
        bucket = memory.message_bucket(chat, MESSAGES_AT_ONCE)
        allowed = bucket.take(time.monotonic(), MESSAGES_AT_ONCE, SECONDS_PER_MESSAGE, len(group))
        if allowed:
            group = await self._read_pictures(group)
        before = self._unfinished(first, group)
        parts = {**(before.parts if before is not None else {}), **{part.message or 0: _part(part) for part in group}}
        context = self._context(first, next(iter(parts)) or None)
        turn = talk.respond(_joined(tuple(parts.values())), context)
        if before is not None and before.urgent and turn.urgent is None:
            # What follows a cry for help must not wipe the help away.
            before = None
            parts = {part.message or 0: _part(part) for part in group}
            context = self._context(first, first.message)
            turn = talk.respond(_joined(tuple(parts.values())), context)
        if not allowed and turn.urgent is None:
            if bucket.told:
                return "refused"
            bucket.told = True
            await self._sender.send(chat, talk.screens.slow_down(turn.language), silent=True)
            return "refused"
        silent = turn.urgent is not None or age > LATE_SECONDS or all(part.service for part in group)
        hide = _hide_button(talk, turn.reply)
        if before is not None:
            answers = await self._sender.edit(chat, before.answers, turn.reply, silent=silent, hide=hide)
        elif first.private:
            answers = await self._sender.send(chat, turn.reply, silent=silent, hide=hide)
        else:
            reply = self._for_group(turn.reply)
            answers = await self._sender.send(chat, reply, silent=silent, answers=first.message, limit=GROUP_UNITS)
        self._remember(first, last, parts, answers, turn, before)
        self._count(first, turn.counted)
        if turn.effect == "forget":
            memory.forget(chat)
            services.forget(first.sender)
            if first.message is not None:
                await self._sender.delete(chat, first.message)
        return "answered"

    async def _read_pictures(self, group: Sequence[Incoming]) -> Sequence[Incoming]:
        """Put the words of pictures without a caption in their place, in private chats and where they can be read."""
        if self._services.read_picture is None or not any(part.photo and not part.text for part in group):
            return group
        read: list[Incoming] = []
        for part in group:
            words = await self._words_of(part.photo) if part.private and part.photo and not part.text else None
            # A screenshot is somebody else's words, as a forward is.
            read.append(replace(part, text=words, forwarded=True) if words else part)
        return read

    def _unfinished(self, first: Incoming, group: Sequence[Incoming]) -> Gathered | None:
        """The last question, if what has come is the rest of it."""
        if not first.private or first.is_command:
            return None
        before = self._services.recall.gathered(first.chat)
        if before is None or not before.answers or not _soon(before.album, before.last_date, before.arrived, first):
            return None
        size = sum(len(part.text) for part in before.parts.values()) + sum(len(part.text) for part in group)
        if len(before.parts) + len(group) > GATHERED_PARTS or size > GATHERED_CHARACTERS:
            return None
        return before

    def _remember(
        self,
        first: Incoming,
        last: Incoming,
        parts: dict[int, Part],
        answers: tuple[int, ...],
        turn: Turn,
        before: Gathered | None,
    ) -> None:
        memory, chat = self._services.recall, first.chat
        memory.remember_answer(chat, tuple(message for message in parts if message), answers)
        if not first.private or first.is_command:
            memory.close_gathering(chat)
            return
        memory.gather(
            chat,
            Gathered(
                parts=parts,
                answers=answers,
                urgent=turn.urgent is not None,
                album=last.album,
                last_date=max(last.date, before.last_date if before is not None else 0),
                arrived=last.arrived,
            ),
        )

    async def _edited(self, incoming: Incoming) -> Ended:
        """An edited question edits its answer; where that is not remembered, it is answered anew."""
        memory, chat = self._services.recall, incoming.chat
        told = memory.answer_with(chat, incoming.message) if incoming.message is not None else None
        if told is None or not told.answers or incoming.is_command or not incoming.private:
            return await self._messages((incoming,))
        talk = self._services.conversation()
        if self._age(incoming) > self._stale_seconds:
            return "answered"
        open_question = memory.gathered(chat)
        parts = {incoming.message or 0: _part(incoming)}
        if open_question is not None and incoming.message in open_question.parts:
            open_question.parts[incoming.message] = _part(incoming)
            parts = open_question.parts
        bucket = memory.message_bucket(chat, MESSAGES_AT_ONCE)
        allowed = bucket.take(time.monotonic(), MESSAGES_AT_ONCE, SECONDS_PER_MESSAGE)
        context = self._context(incoming, told.questions[0] if told.questions else incoming.message)
        turn = talk.respond(_joined(tuple(parts.values())), context)
        if not allowed and turn.urgent is None:
            return "refused"
        hide = _hide_button(talk, turn.reply)
        answers = await self._sender.edit(chat, told.answers, turn.reply, silent=True, hide=hide)
        memory.remember_answer(chat, told.questions, answers)
        if open_question is not None and incoming.message in open_question.parts:
            open_question.answers = answers
            open_question.urgent = turn.urgent is not None
        self._count(incoming, turn.counted)
        return "answered"

    # ---- buttons

    async def _pressed(self, incoming: Incoming) -> Ended:
        talk, memory, chat = self._services.conversation(), self._services.recall, incoming.chat
        context = self._context(incoming)
        turn = talk.press(incoming.text, context)
        bucket = memory.press_bucket(incoming.sender, PRESSES_AT_ONCE)
        if not bucket.take(time.monotonic(), PRESSES_AT_ONCE, SECONDS_PER_PRESS) and turn.urgent is None:
            words = plain(talk.screens.slow_down(turn.language).paragraphs[0])[:CALLBACK_WORDS_UNITS]
            await self._sender.answer_press(incoming.query, words)
            return "refused"
        waiting_sign = asyncio.create_task(self._sender.answer_press(incoming.query))
        try:
            if turn.effect == "hide":
                question = turn.effect_message
                return await self._hide(incoming, question, incoming.message, turn.reply)
            if turn.effect == "remember-language" and incoming.private:
                memory.choose_language(chat, turn.language)
            await self._show(incoming, talk, turn)
        finally:
            await waiting_sign
        self._count(incoming, turn.counted)
        return "answered"

    async def _show(self, incoming: Incoming, talk: Talk, turn: Turn) -> None:
        """Put a pressed button's reply in the place of the message that it stood under."""
        memory, chat, silent = self._services.recall, incoming.chat, turn.urgent is not None
        if not incoming.private:
            reply = self._for_group(turn.reply)
            if incoming.message is None:
                await self._sender.send(chat, reply, silent=silent, limit=GROUP_UNITS)
            else:
                reply = Reply(reply.language, pack(reply.paragraphs, GROUP_UNITS)[:1], reply.rows)
                await self._sender.edit(chat, (incoming.message,), reply, silent=silent)
            return
        memory.close_gathering(chat)
        hide = _hide_button(talk, turn.reply)
        if incoming.message is None:
            answers = await self._sender.send(chat, turn.reply, silent=silent, hide=hide)
            questions: tuple[int, ...] = ()
        else:
            told = memory.answer_with(chat, incoming.message)
            messages = told.answers if told is not None and incoming.message in told.answers else (incoming.message,)
            questions = told.questions if told is not None else ()
            answers = await self._sender.edit(chat, messages, turn.reply, silent=silent, hide=hide)
        if questions or len(answers) > 1:
            memory.remember_answer(chat, questions, answers)

    # ---- hiding

    async def _hide_earlier(self, incoming: Incoming, talk: Talk) -> Ended:
        """`/hide` as a reply to a message: hides that message, what belongs to it, and the command."""
        earlier = incoming.earlier
        assert earlier is not None
        question = None if earlier.mine else earlier.message
        for action in earlier.actions if earlier.mine else ():
            known = talk.actions.decode(action)
            if known is not None and known.verb == "hide":
                question = known.question
        words = talk.screens.too_old_to_hide(talk.chat_language(self._context(incoming)))
        ended = await self._hide(incoming, question, earlier.message if earlier.mine else None, words)
        if incoming.message is not None:
            await self._sender.delete(incoming.chat, incoming.message)
        return ended

    async def _hide(self, incoming: Incoming, question: int | None, own: int | None, words: Reply) -> Ended:
        """Delete a question and its answer for both sides; where Telegram refuses, say so."""
        memory, chat = self._services.recall, incoming.chat
        told = None
        for message in (own, question):
            if message is not None and told is None:
                told = memory.answer_with(chat, message)
        mine = dict.fromkeys((*((own,) if own is not None else ()), *(told.answers if told is not None else ())))
        theirs = dict.fromkeys(
            (*((question,) if question is not None else ()), *(told.questions if told is not None else ()))
        )
        memory.close_gathering(chat)
        ends = await self._sender.delete_all(chat, (*mine, *theirs))
        left = [message for message, end in zip((*mine, *theirs), ends, strict=True) if end == "refused"]
        # In a group others' messages are not the bot's to delete, and everybody would read the excuse.
        if not left and (mine or theirs):
            return "answered"
        if not incoming.private and not any(message in mine for message in left):
            return "answered"
        if own is not None and own in left:
            await self._sender.edit(chat, (own,), words, silent=True)
        else:
            await self._sender.send(chat, words, silent=True)
        return "answered"

    # ---- inline mode

    async def _inline(self, incoming: Incoming) -> Ended:
        talk = self._services.conversation()
        cards = talk.inline(incoming.text, self._context(incoming))
        results: list[dict[str, Any]] = []
        for card in cards:
            result: dict[str, Any] = {
                "type": "article",
                "id": card.topic[:64],
                "title": card.title,
                "description": card.summary,
                "input_message_content": {
                    "message_text": pack(card.reply.paragraphs)[0],
                    "parse_mode": "HTML",
                    "link_preview_options": {"is_disabled": True},
                },
            }
            if card.reply.rows:
                result["reply_markup"] = keyboard(card.reply.rows)
            results.append(result)
        # An empty query is answered in the asker's own language, so that nobody else may get it from a cache.
        cache = INLINE_CACHE_SECONDS if incoming.text.strip() else 0
        await self._sender.answer_inline(incoming.query, results, cache)
        return "answered"

    # ---- small things

    def _context(self, incoming: Incoming, question: int | None = None) -> Context:
        private = incoming.private
        return Context(
            today=self._services.clock.today(),
            chosen_language=self._services.recall.language(incoming.chat) if private else None,
            client_language=incoming.language,
            question_id=question if question is not None else incoming.message,
            bot_username=self._me().username,
        )

    def _age(self, incoming: Incoming) -> float:
        """Seconds since it was sent; 0 where Telegram does not say.

        By the machine's time or by a test clock, whichever finds it younger: a clock that a test runs fast must
        not make every message old.
        """
        if not incoming.date:
            return 0.0
        age = time.time() - incoming.date
        return min(age, self._services.clock.now().timestamp() - incoming.date) if age > LATE_SECONDS else age

    def _for_group(self, reply: Reply) -> Reply:
        """A reply for a group: with a way into the private chat."""
        username = self._me().username
        if username is None:
            return reply
        way = Button(self._services.say(reply.language, "Ask the bot"), url=f"https://t.me/{username}")
        return Reply(reply.language, reply.paragraphs, ((way,), *reply.rows))

    def _count(self, incoming: Incoming, counted: Counted) -> None:
        """Count a turn of a private chat; nothing of a group is kept, not even a count."""
        if incoming.private:
            self._services.count(incoming.sender, counted)


def _hide_button(talk: Talk, reply: Reply) -> Button | None:
    """The reply's own Hide, for its parts without a keyboard."""
    for button in reversed(reply.buttons):
        action = talk.actions.decode(button.action) if button.action is not None else None
        if action is not None and action.verb == "hide":
            return button
    return None


def _place(error: BaseException) -> str:
    """File and line of an error, for a programmer; never its words."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
