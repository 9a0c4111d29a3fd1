"""Pressed buttons, hiding, and inline mode."""

from __future__ import annotations

import asyncio
import time

from telegram import InlineQueryResultArticle, InputTextMessageContent
from telegram.constants import ParseMode

from bot.channels.telegram.handler_context import HandlerContext
from bot.channels.telegram.inbox import UpdateOutcome
from bot.channels.telegram.sending import NO_PREVIEW, keyboard
from bot.channels.telegram.updates import Incoming
from bot.dialogue.conversation import Card
from bot.dialogue.reply import Reply, Turn
from bot.dialogue.telegram_limits import pack, plain

PRESSES_AT_ONCE = 300
SECONDS_PER_PRESS = 0.5
INLINE_CACHE_SECONDS = 30
CALLBACK_WORDS_UNITS = 200
RESULT_ID_BYTES = 64
WAITING_KNOWN = 1000
WAITING_SIGN_SECONDS = 1.0
"""After so long the waiting sign on a button ends, even if what it asks for must wait for others."""


class Presses:
    """Handles pressed buttons, and Hide in all its forms."""

    def __init__(self, context: HandlerContext) -> None:
        self._with = context
        self._early: dict[str, asyncio.TimerHandle | asyncio.Task[None]] = {}
        """Presses that wait -> what ends their waiting sign."""

    def must_wait(self, incoming: Incoming) -> None:
        """A press has to wait for others of its chat, maybe for long: Telegram may make the chat wait."""
        loop = asyncio.get_running_loop()
        if len(self._early) >= WAITING_KNOWN:
            # Presses that another worker has taken are never asked for here.
            self._early.pop(next(iter(self._early)))
        self._early[incoming.query] = loop.call_later(WAITING_SIGN_SECONDS, self._answer_early, incoming.query)

    def _answer_early(self, query: str) -> None:
        self._early[query] = asyncio.get_running_loop().create_task(self._with.sender.answer_press(query))

    def _answer(self, query: str, words: str | None = None) -> asyncio.Task[None]:
        """End the waiting sign, if that has not been done."""
        early = self._early.pop(query, None)
        if isinstance(early, asyncio.Task):
            return early
        if early is not None:
            early.cancel()
        return asyncio.create_task(self._with.sender.answer_press(query, words))

    async def press(self, incoming: Incoming) -> UpdateOutcome:
        """Do what a button asks."""
        conversation, state = self._with.conversation, self._with.state
        turn = conversation.press(incoming.text, self._with.of(incoming))
        bucket = state.press_bucket(incoming.sender, PRESSES_AT_ONCE)
        if not bucket.take(time.monotonic(), PRESSES_AT_ONCE, SECONDS_PER_PRESS) and turn.urgent is None:
            slow_down = conversation.screens.slow_down(turn.language)
            await self._answer(incoming.query, plain(slow_down.paragraphs[0])[:CALLBACK_WORDS_UNITS])
            return "refused"
        answering = self._answer(incoming.query)
        try:
            if turn.effect == "hide":
                return await self._hide(incoming, turn.effect_message, incoming.message, turn.reply)
            if turn.effect == "remember-language" and incoming.private:
                state.choose_language(incoming.chat, turn.language)
            await self._show(incoming, turn)
        finally:
            await answering
        self._with.remember(incoming, turn)
        self._with.count(incoming, turn.counted)
        return "answered"

    async def _show(self, incoming: Incoming, turn: Turn) -> None:
        """Put a pressed button's reply in the place of the message that it stood under."""
        state, chat, message, silent = self._with.state, incoming.chat, incoming.message, turn.urgent is not None
        if incoming.private:
            state.close_question(chat)
        if message is None:
            answers = await self._with.send(incoming, turn.reply, silent=silent)
            state.link(chat, (), answers, hash(turn.reply))
            return
        link = state.link_of(chat, message)
        messages = link.answers if link is not None and message in link.answers else (message,)
        await self._with.edit(incoming, messages, turn.reply, silent=silent)

    # ---- hiding

    async def hide_earlier(self, incoming: Incoming) -> UpdateOutcome:
        """`/hide` as a reply to a message: hides that message, what belongs to it, and the command."""
        earlier, conversation = incoming.earlier, self._with.conversation
        assert earlier is not None
        question = None if earlier.mine else earlier.message
        for action in earlier.actions if earlier.mine else ():
            known = conversation.actions.decode(action)
            if known is not None and known.verb == "hide":
                question = known.question
        words = conversation.screens.too_old_to_hide(self._with.language(incoming))
        outcome = await self._hide(incoming, question, earlier.message if earlier.mine else None, words)
        if incoming.message is not None:
            await self._with.sender.delete(incoming.chat, incoming.message)
        return outcome

    async def _hide(self, incoming: Incoming, question: int | None, own: int | None, words: Reply) -> UpdateOutcome:
        """Delete a question and its answer for both sides; where Telegram refuses, say so."""
        state, sender, chat = self._with.state, self._with.sender, incoming.chat
        link = None
        for message in (own, question):
            if message is not None and link is None:
                link = state.link_of(chat, message)
        mine = dict.fromkeys((*((own,) if own is not None else ()), *(link.answers if link is not None else ())))
        theirs = dict.fromkeys(
            (*((question,) if question is not None else ()), *(link.questions if link is not None else ()))
        )
        state.close_question(chat)
        state.save(chat, None)
        ends = await sender.delete_all(chat, (*mine, *theirs))
        left = [message for message, end in zip((*mine, *theirs), ends, strict=True) if end == "refused"]
        # In a group others' messages are not the bot's to delete, and everybody would read the excuse.
        if not left and (mine or theirs):
            return "answered"
        if not incoming.private and not any(message in mine for message in left):
            return "answered"
        if own is not None and own in left:
            await sender.edit(incoming.place, (own,), words, silent=True)
        else:
            await sender.send(incoming.place, words, silent=True)
        return "answered"

    # ---- inline mode

    async def inline(self, incoming: Incoming) -> UpdateOutcome:
        """Show cards under what is typed after the bot's name in any chat."""
        cards = self._with.conversation.inline(incoming.text, self._with.of(incoming))
        cache = INLINE_CACHE_SECONDS if incoming.text.strip() else 0
        await self._with.sender.answer_inline(incoming.query, [_result(card) for card in cards], cache)
        return "answered"


def _result(card: Card) -> InlineQueryResultArticle:
    content = InputTextMessageContent(
        pack(card.reply.paragraphs)[0], parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW
    )
    return InlineQueryResultArticle(
        card.topic[:RESULT_ID_BYTES],
        card.title,
        content,
        reply_markup=keyboard(card.reply.rows),
        description=card.summary,
    )
