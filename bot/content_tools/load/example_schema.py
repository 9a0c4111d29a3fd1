"""What the files of examples may hold: how people write who are in danger, and what offers look like."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.content_tools.load.fields import Id, Strict, Text, Variety


class _ExampleGroup(BaseModel):
    """Examples of one kind: what they have in common, then lists of texts by way of writing."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[Variety, list[Text]] = Field(init=False)

    @property
    def texts(self) -> dict[str, list[str]]:
        """Way of writing -> texts."""
        return self.__pydantic_extra__


class DangerGroup(_ExampleGroup):
    """Texts of people in one danger."""

    level: Literal["note", "ask", "full"] = Field(
        description="full: help first; ask: ask first; note: one line of help."
    )
    who: Literal["self", "woman", "relative", "friend"] | None = Field(None, description="Who is in danger.")
    place: Id | None = Field(None, description="Where: one of the places of campaign.yaml, or unknown.")


class DangerExamplesFile(Strict):
    """<language>/dangers/<danger>.yaml: how people write who are in this danger."""

    groups: list[DangerGroup]


class HarmlessGroup(_ExampleGroup):
    """Texts that sound like danger and are none."""

    kind: Id = Field(
        description="idiom, game-film, life, news, past, calm (a calm question on the same subject), help or other."
    )


class HarmlessExamplesFile(Strict):
    """<language>/dangers/none.yaml: what only sounds like danger."""

    groups: list[HarmlessGroup]


class ScamGroup(_ExampleGroup):
    """Offers that are traps."""

    style: Id = Field(description="dm, advert, friend, romance ...: no two groups need to differ.")


class ScamExamplesFile(Strict):
    """<language>/offers/scams.yaml: offers that are traps, each with the words that show it: [[sign|words]]."""

    groups: list[ScamGroup]


class HonestExamplesFile(Strict):
    """<language>/offers/honest.yaml: honest offers, and texts about offers."""

    groups: list[HarmlessGroup]
