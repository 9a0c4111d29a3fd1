"""What all handlers share: the rest of the program, the way into chats, and who the bot is. Nothing that changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.channels.telegram.chat_state import ChatState
from bot.channels.telegram.ports import Services
from bot.channels.telegram.sending import Sender
from bot.channels.telegram.server_clock import ServerClock
from bot.channels.telegram.updates import Incoming, Me
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Button, Context, Counted, Reply, Turn
from bot.dialogue.state import EMPTY, DialogueState

GROUP_UNITS = 900
"""Longest message in a group, UTF-16 units: there it is everybody's screen."""


@dataclass(frozen=True, slots=True)
class HandlerContext:
    """What a handler is made of."""

    services: Services
    sender: Sender
    me: Callable[[], Me]
    """Who the bot is, as far as is known by now."""
    clock: ServerClock

    @property
    def conversation(self) -> Conversation:
        """The conversation in force."""
        return self.services.conversation()

    @property
    def state(self) -> ChatState:
        """What is remembered of chats."""
        return self.services.chat_state

    def age(self, incoming: Incoming) -> float:
        """Seconds since it was sent, by Telegram's clock; 0 where nobody knows."""
        return self.clock.age(incoming.date) if incoming.date else 0.0

    def of(self, incoming: Incoming, question: int | None = None) -> Context:
        """What the conversation may know of a chat; `question` is the message to hide, else the one that came."""
        return Context(
            today=self.services.clock.today(),
            chosen_language=self.state.language(incoming.chat) if incoming.private else None,
            client_language=incoming.language,
            question_id=question if question is not None else incoming.message,
            bot_username=self.me().username,
            state=self._remembered(incoming) if incoming.private else EMPTY,
        )

    def _remembered(self, incoming: Incoming) -> DialogueState:
        """What was said in this chat a few minutes ago; a reply to one of the bot's messages speaks of that one."""
        conversation = self.conversation
        state = conversation.states.decode(self.state.load(incoming.chat))
        earlier = incoming.earlier
        if earlier is None or not earlier.mine:
            return state
        found = (conversation.actions.decode(action) for action in earlier.actions)
        about = [action for action in found if action is not None]
        answered = next((action.topics for action in about if action.verb in ("more", "helpful") and action.topics), ())
        shown = tuple(topic for action in about if action.verb in ("topic", "pick") for topic in action.topics)
        return replace(state, topics=answered or state.topics, choices=shown or state.choices)

    def remember(self, incoming: Incoming, turn: Turn) -> None:
        """Keep what the next message of a private chat may lean on: ids, for a few minutes."""
        if incoming.private:
            self.state.save(incoming.chat, self.conversation.states.encode(turn.state))

    def language(self, incoming: Incoming) -> str:
        """The language of a screen that answers no text."""
        return self.conversation.chat_language(self.of(incoming))

    async def send(
        self, incoming: Incoming, reply: Reply, *, silent: bool = False, insist: bool = False
    ) -> tuple[int, ...]:
        """Send a reply to where something came from; in a group one message, which visibly replies to the one sent.

        Gives the numbers of its messages.

        Raises:
            Refused, TelegramError: see Sender.send().
        """
        place = incoming.place
        if incoming.private:
            hide = self.hide_button(reply)
            return await self.sender.send(place, reply, silent=silent, hide=hide, insist=insist)
        # A button's message is the bot's own: nobody replies to oneself.
        answers = incoming.message if incoming.kind != "pressed" else None
        return await self.sender.send(
            place, self._for_group(reply), silent=silent, answers=answers, limit=GROUP_UNITS, insist=insist
        )

    async def edit(
        self, incoming: Incoming, messages: tuple[int, ...], reply: Reply, *, silent: bool = False
    ) -> tuple[int, ...]:
        """Turn messages into a reply, unless they show it already; gives the numbers that it has now.

        Raises:
            Refused, TelegramError: see Sender.edit().
        """
        chat, place, content = incoming.chat, incoming.place, hash(reply)
        link = self.state.link_of(chat, messages[0])
        if link is not None and link.answers == messages and link.shown == content:
            return messages
        # What Telegram tells with a press may have been edited since; what is remembered is newer.
        shown = incoming.shown if link is None else None
        if incoming.private:
            hide = self.hide_button(reply)
            answers = await self.sender.edit(place, messages, reply, silent=silent, hide=hide, shown=shown)
        else:
            answers = await self.sender.edit(
                place, messages, self._for_group(reply), silent=silent, limit=GROUP_UNITS, shown=shown
            )
        self.state.link(chat, link.questions if link is not None else (), answers, content)
        return answers

    def _for_group(self, reply: Reply) -> Reply:
        """A reply for a group: with a way into the private chat."""
        username = self.me().username
        if username is None:
            return reply
        way = Button(self.services.say(reply.language, "Ask the bot"), url=f"https://t.me/{username}")
        return Reply(reply.language, reply.paragraphs, ((way,), *reply.rows))

    def count(self, incoming: Incoming, counted: Counted) -> None:
        """Count a turn of a private chat; nothing of a group is kept, not even a count."""
        if incoming.private:
            self.services.count(incoming.sender, counted)

    def hide_button(self, reply: Reply) -> Button | None:
        """The reply's own Hide, for its parts without a keyboard."""
        for button in reversed(reply.buttons):
            action = self.conversation.actions.decode(button.action) if button.action is not None else None
            if action is not None and action.verb == "hide":
                return button
        return None
