"""What a chat remembers for ten minutes: ids of topics and dangers, and the bot's last question. Never text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from bot.dialogue.callback_data import topic_key

Question = Literal["danger", "choices"]
"""What the bot asked last: whether there is danger now, or which topic is meant."""
MOST_DANGERS = 3
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class DialogueState:
    """The short state of one chat."""

    topics: tuple[str, ...] = ()
    """What was answered last."""
    choices: tuple[str, ...] = ()
    """Topics on the last reply's keys, in their order."""
    dangers: tuple[str, ...] = ()
    """Dangers that the chat spoke of, the last one last."""
    question: Question | None = None

    def after_danger(self, danger: str) -> tuple[str, ...]:
        """The dangers with one more at the end."""
        return (*(known for known in self.dangers if known != danger), danger)[-MOST_DANGERS:]


EMPTY = DialogueState()


class StateCodec:
    """Writes and reads a state as a short line of keys, for one campaign's topics and dangers."""

    def __init__(self, topics: Iterable[str], dangers: Iterable[str]) -> None:
        self._topics = {topic_key(topic): topic for topic in topics}
        self._dangers = {topic_key(danger): danger for danger in dangers}

    def encode(self, state: DialogueState) -> str | None:
        """Write a state; None for an empty one."""
        if state == EMPTY:
            return None
        parts = (".".join(map(topic_key, ids)) for ids in (state.topics, state.choices, state.dangers))
        return ":".join((*parts, state.question or _NOTHING))

    def decode(self, line: str | None) -> DialogueState:
        """Read a state; what this version does not know is dropped."""
        fields = (line or "").split(":")
        if len(fields) != 4:
            return EMPTY
        topics, choices = (self._known(field, self._topics) for field in fields[:2])
        question = fields[3] if fields[3] in get_args(Question) else None
        return DialogueState(topics, choices, self._known(fields[2], self._dangers), question)  # type: ignore[arg-type]

    @staticmethod
    def _known(field: str, ids: dict[str, str]) -> tuple[str, ...]:
        return tuple(ids[key] for key in field.split(".") if key in ids)
