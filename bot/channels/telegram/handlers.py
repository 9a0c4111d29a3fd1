"""What to do about what has happened: asks the conversation, and shows, edits, deletes and counts accordingly."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from telegram.error import RetryAfter, TelegramError

from bot.channels.telegram.chat_state import ANSWER_SECONDS, Part, PendingQuestion
from bot.channels.telegram.handler_context import HandlerContext
from bot.channels.telegram.inbox import UpdateOutcome
from bot.channels.telegram.pending import continues, joined, parts_of
from bot.channels.telegram.presses import Presses
from bot.channels.telegram.sending import Refused
from bot.channels.telegram.updates import Incoming
from bot.dialogue.reply import Turn
from bot.logs import log

LATE_SECONDS = 600
"""From this age on an answer makes no sound: somebody else may hold the phone."""
MESSAGES_AT_ONCE = 60
SECONDS_PER_MESSAGE = 5.0
WELCOME_AGAIN_SECONDS = 600.0


class Handlers:
    """Handles what has happened in one chat at a time; keeps nothing of a chat itself."""

    def __init__(
        self,
        context: HandlerContext,
        stale_seconds: float,
        words_of: Callable[[str], Awaitable[str | None]],
        heard: Callable[[str, Sequence[str]], Awaitable[str | None]],
    ) -> None:
        """Take what the channel is made of.

        Args:
            context: what all handlers share.
            stale_seconds: age from which a question gets one neutral line instead of an answer.
            words_of: a picture's file -> the words in it, None for none.
            heard: a voice note's file and the languages to expect, the likeliest first -> its words, None for none.
        """
        self._with = context
        self._presses = Presses(context)
        self._stale_seconds = stale_seconds
        self._words_of = words_of
        self._heard = heard

    def must_wait(self, incoming: Incoming) -> None:
        """An update has to wait for others of its chat."""
        if incoming.kind == "pressed":
            self._presses.must_wait(incoming)

    async def handle(self, group: Sequence[Incoming]) -> UpdateOutcome:
        """React to one update, or to several messages that belong together. Never raises but when cancelled."""
        first = group[0]
        try:
            match first.kind:
                case "message":
                    return await self._messages(group)
                case "edited":
                    return await self._edited(first)
                case "pressed":
                    return await self._presses.press(first)
                case "inline":
                    return await self._presses.inline(first)
        except Refused:
            return "refused"
        except RetryAfter:
            # Another message would only make the chat wait longer.
            log("update-failed", logging.ERROR, kind="RetryAfter")
            return "failed"
        except TelegramError as error:
            log("update-failed", logging.ERROR, kind=type(error).__name__)
        except Exception as error:
            log("internal-error", logging.ERROR, kind=type(error).__name__, place=_place(error))
        return await self._say_trouble(first)

    async def _say_trouble(self, incoming: Incoming) -> UpdateOutcome:
        """The last resort: say that something broke, with the urgent help under it."""
        if incoming.kind == "inline":
            return "failed"
        try:
            reply = self._with.conversation.screens.trouble(self._with.language(incoming))
            await self._with.send(incoming, reply, silent=True, insist=True)
        except Exception as error:
            log("update-failed", logging.ERROR, kind=type(error).__name__)
        return "failed"

    # ---- messages

    async def _messages(self, group: Sequence[Incoming]) -> UpdateOutcome:
        first, last = group[0], group[-1]
        conversation, state, chat = self._with.conversation, self._with.state, first.chat
        age = self._with.age(last)
        if age > self._stale_seconds:
            await self._welcome_back(group)
            return "answered"
        if first.is_command and first.earlier is not None and first.text.split()[0].casefold() == "/hide":
            return await self._presses.hide_earlier(first)
        bucket = state.message_bucket(chat, MESSAGES_AT_ONCE)
        allowed = bucket.take(time.monotonic(), MESSAGES_AT_ONCE, SECONDS_PER_MESSAGE, len(group))
        if first.own and allowed:
            # Its own words are no question, and no offer: whoever brings them back wants to know whose they are.
            await self._with.send(first, conversation.screens.verify(self._with.language(first), self._with.of(first)))
            return "answered"
        if allowed:
            group = await self._hear_notes(await self._read_pictures(group))
        before = self._unfinished(group)
        parts = {**(before.parts if before is not None else {}), **parts_of(group)}
        turn = self._respond(first, parts, next(iter(parts)) or None)
        if before is not None and before.urgent and turn.urgent is None:
            # What follows a cry for help must not wipe the help away.
            before, parts = None, parts_of(group)
            turn = self._respond(first, parts, first.message)
        if not allowed and turn.urgent is None:
            if not bucket.warned:
                bucket.warned = True
                await self._with.send(first, conversation.screens.slow_down(turn.language), silent=True)
            return "refused"
        silent = turn.urgent is not None or age > LATE_SECONDS or all(part.service for part in group)
        if before is not None:
            answers = await self._with.edit(first, before.answers, turn.reply, silent=silent)
        else:
            answers = await self._with.send(first, turn.reply, silent=silent)
        self._remember(last, parts, answers, turn, before)
        self._with.remember(last, turn)
        self._with.count(first, turn.counted)
        if turn.effect == "forget":
            state.forget(chat)
            self._with.services.forget(first.sender)
            if first.message is not None:
                await self._with.sender.delete(chat, first.message)
        return "answered"

    def _respond(self, incoming: Incoming, parts: dict[int, Part], question: int | None) -> Turn:
        return self._with.conversation.respond(joined(parts.values()), self._with.of(incoming, question))

    async def _welcome_back(self, group: Sequence[Incoming]) -> None:
        """One neutral line for what waited too long; under it the urgent help, if somebody asked for that."""
        first = group[0]
        if not first.private:
            return
        urgent = self._respond(first, parts_of(group), first.message).urgent is not None
        if not self._with.state.first_welcome(first.chat, WELCOME_AGAIN_SECONDS, urgent=urgent):
            return
        screens, language = self._with.conversation.screens, self._with.language(first)
        reply = screens.welcome_back(language)
        await self._with.send(
            first, replace(reply, rows=(screens.urgent_row(language, None),)) if urgent else reply, silent=True
        )

    async def _read_pictures(self, group: Sequence[Incoming]) -> Sequence[Incoming]:
        """Put the words of pictures without a caption in their place, in private chats and where they can be read."""
        if self._with.services.read_picture is None or not any(part.photo and not part.text for part in group):
            return group
        read: list[Incoming] = []
        for part in group:
            words = await self._words_of(part.photo) if part.private and part.photo and not part.text else None
            # A screenshot is somebody else's words, as a forward is.
            read.append(replace(part, text=words, forwarded=True) if words else part)
        return read

    async def _hear_notes(self, group: Sequence[Incoming]) -> Sequence[Incoming]:
        """Put the words of voice notes without a caption in their place, in private chats and where they can be heard."""
        if self._with.services.hear_voice is None or not any(part.voice and not part.text for part in group):
            return group
        first = group[0]
        if any(part.text for part in group) and self._respond(first, parts_of(group), None).urgent in ("full", "ask"):
            # Hearing takes long: a cry for help beside it is answered at once.
            return group
        own = self._with.language(first)
        languages = (own, *(code for code in self._with.services.languages() if code != own))
        known: list[Incoming] = []
        for part in group:
            words = await self._heard(part.voice, languages) if part.private and part.voice and not part.text else None
            # Nobody speaks a command.
            words = words.strip().lstrip("/").strip() if words else ""
            known.append(replace(part, text=words, heard=True) if words else part)
        return known

    def _unfinished(self, group: Sequence[Incoming]) -> PendingQuestion | None:
        """The last question, if what has come is the rest of it."""
        first = group[0]
        if not first.private or first.is_command:
            return None
        before = self._with.state.pending(first.chat)
        return before if before is not None and continues(before, group) else None

    def _remember(
        self,
        last: Incoming,
        parts: dict[int, Part],
        answers: tuple[int, ...],
        turn: Turn,
        before: PendingQuestion | None,
    ) -> None:
        state, chat = self._with.state, last.chat
        state.link(chat, tuple(message for message in parts if message), answers, hash(turn.reply))
        if not last.private or last.is_command:
            state.close_question(chat)
            return
        question = PendingQuestion(
            parts=parts,
            answers=answers,
            urgent=turn.urgent is not None,
            album=last.album,
            last_date=max(last.date, before.last_date if before is not None else 0),
            arrived=last.arrived,
            thread=last.thread,
        )
        state.remember_question(chat, question)

    # ---- edits

    async def _edited(self, incoming: Incoming) -> UpdateOutcome:
        """An edited question edits its answer; one that is not remembered is answered anew, unless it is old."""
        state, chat, message = self._with.state, incoming.chat, incoming.message
        link = state.link_of(chat, message) if message is not None else None
        if link is None or not link.answers:
            old = incoming.date - incoming.first_date > ANSWER_SECONDS
            if old and self._respond(incoming, parts_of((incoming,)), message).urgent is None:
                return "ignored"
            return await self._messages((incoming,))
        if self._with.age(incoming) > self._stale_seconds:
            return "answered"
        pending = state.pending(chat)
        parts = parts_of((incoming,))
        if pending is not None and message in pending.parts:
            pending.parts.update(parts)
            parts = pending.parts
        else:
            pending = None
        turn = self._respond(incoming, parts, link.questions[0] if link.questions else message)
        if turn.effect is not None:
            return await self._messages((incoming,))
        bucket = state.message_bucket(chat, MESSAGES_AT_ONCE)
        allowed = bucket.take(time.monotonic(), MESSAGES_AT_ONCE, SECONDS_PER_MESSAGE)
        if not allowed and turn.urgent is None:
            return "refused"
        answers = await self._with.edit(incoming, link.answers, turn.reply, silent=True)
        if pending is not None:
            pending.answers, pending.urgent = answers, turn.urgent is not None
        self._with.remember(incoming, turn)
        self._with.count(incoming, turn.counted)
        return "answered"


def _place(error: BaseException) -> str:
    """File and line of an error, for a programmer; never its words."""
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
