"""What the files of words and fixed sentences may hold: urgent lane, offer checker, small talk, sentences, style."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, GetJsonSchemaHandler, RootModel, Tag, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bot.content_tools.load.fields import Fault, Id, Strict, Text, Variety
from bot.nlu.patterns import PatternError, Vocabulary

UNKNOWN = "unknown"
"""The danger, and the place, of somebody who says no more."""

Place: TypeAlias = tuple[str | int, ...]
Groups: TypeAlias = dict[str, list[Text]]


def _form_of_patterns(value: Any) -> str | None:
    if isinstance(value, list):
        return "[list]"
    return "[varieties]" if isinstance(value, Mapping) else None


class Patterns(
    RootModel[
        Annotated[
            Annotated[list[Text], Tag("[list]")] | Annotated[dict[Variety, list[Text]], Tag("[varieties]")],
            Discriminator(_form_of_patterns),
        ]
    ]
):
    """Word patterns, one a line: a list, or lists by way of writing (iq, msa, arabizi ...)."""

    model_config = ConfigDict(frozen=True)

    def lines(self) -> Iterator[tuple[Place, str]]:
        """(place below the key of the patterns, pattern) of each line."""
        if isinstance(self.root, list):
            yield from (((position,), line.strip()) for position, line in enumerate(self.root))
        else:
            for variety, listed in self.root.items():
                yield from (((variety, position), line.strip()) for position, line in enumerate(listed))

    def texts(self) -> tuple[str, ...]:
        """The patterns alone."""
        return tuple(line for _, line in self.lines())


def _none() -> Patterns:
    return Patterns([])


class _WithPatterns(Strict):
    """A file whose patterns may name its groups."""

    groups: Groups = Field(default_factory=dict, description="Name -> words or phrases that patterns call <name>.")

    def faults(self) -> Iterator[Fault]:
        """Every pattern that cannot be read, tried with the file's groups."""
        trial = Vocabulary()
        for place, line in _patterns_below(self, ()):
            try:
                trial.compile(line, self.groups)
            except PatternError as error:
                yield Fault(f"pattern-{error.code}", place, dict(error.values))


def _patterns_below(part: Any, where: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(part, Patterns):
        yield from (((*where, *place), line) for place, line in part.lines())
    elif isinstance(part, Strict):
        for name, field in type(part).model_fields.items():
            yield from _patterns_below(getattr(part, name), (*where, field.alias or name))
    elif isinstance(part, dict):
        for key, child in part.items():
            yield from _patterns_below(child, (*where, key))


# ---- _safety.yaml


class DangerWordsEntry(Strict):
    """The phrases of one danger."""

    strong: Patterns = Field(default_factory=_none, description="Answered at once.")
    weak: Patterns = Field(default_factory=_none, description="Asks first whether there is danger.")


class PeopleEntry(Strict):
    """Who is in danger."""

    own: Patterns = Field(default_factory=_none, alias="self", description="The writer.")
    relatives: Patterns = Field(default_factory=_none, description="Somebody else.")


class SteeringEntry(Strict):
    """Questions that get the campaign's own topics, whatever they come nearest to."""

    enlisting: Patterns = Field(default_factory=_none, description="How to go.")
    recruiting: Patterns = Field(default_factory=_none, description="How to recruit.")


class ByPerson(Strict):
    """Words for who is in danger; one text alone is for everybody."""

    own: Text | None = Field(None, alias="self", description="The writer; in Arabic as to a man.")
    woman: Text | None = Field(None, description="The writer, a woman.")
    private: Text | None = Field(None, description="The writer, where the family may be a part of the danger.")
    relative: Text | None = Field(None, description="Whoever writes about another.")

    @model_validator(mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return {"self": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Editors complete both forms."""
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core)]}

    def texts(self) -> dict[str, str]:
        """Who -> words."""
        told = {"self": self.own, "woman": self.woman, "private": self.private, "relative": self.relative}
        return {who: text.strip() for who, text in told.items() if text is not None}


class UrgentReplyEntry(Strict):
    """The fixed reply; texts may hold {contact:ID} and {number:ID}."""

    full: Text = Field(description="First sentence when the danger is clear.")
    ask: Text = Field(description="First sentence when it is asked whether there is danger.")
    question: dict[Id, ByPerson] = Field(
        default_factory=dict, description="Danger -> the question that stands for ask."
    )
    watched: ByPerson = Field(default_factory=ByPerson, description="The screen may be seen.")
    now: dict[Id, ByPerson] = Field(
        description="What to do now: danger of dangers.yaml -> sentences. DANGER-abroad: where the emergency contact may not be dialled."
    )
    contacts: dict[Id, ByPerson] = Field(
        description="Whom to turn to: place of campaign.yaml, or unknown -> sentences."
    )
    mission: ByPerson = Field(default_factory=ByPerson, description="The state's mission abroad.")
    tracing: Text = Field("", description="How to search for a missing person.")
    note: Text = Field("", description="The one line that leads an ordinary answer.")
    machine: Text
    again: Text = Field(description="How to see this again; {word} stands for the safe word.")


class SafetyFile(_WithPatterns):
    """<language>/_safety.yaml: how danger is told, and the fixed reply."""

    safe_words: list[Text] = Field(description="Whole messages that bring the urgent help.")
    negations: Patterns = Field(default_factory=_none)
    cancels: Patterns = Field(default_factory=_none)
    softens: Patterns = Field(default_factory=_none)
    dangers: dict[Id, DangerWordsEntry] = Field(description="Danger of dangers.yaml -> its phrases.")
    people: PeopleEntry = Field(default_factory=PeopleEntry)
    places: dict[Id, Patterns] = Field(default_factory=dict, description="Place of campaign.yaml -> its words.")
    steering: SteeringEntry = Field(default_factory=SteeringEntry)
    reply: UrgentReplyEntry

    def faults(self) -> Iterator[Fault]:
        """Patterns that cannot be read, and the sentences that everything falls back to."""
        yield from super().faults()
        for key in ("now", "contacts"):
            if UNKNOWN not in getattr(self.reply, key):
                yield Fault("key-missing", ("reply", key), {"key": UNKNOWN})


# ---- _offers.yaml


class OfferEntry(Strict):
    """What tells an offer."""

    calls: Patterns = Field(default_factory=_none, description="How somebody invites.")
    terms: Patterns = Field(default_factory=_none, description="What an offer speaks of: pay, housing, visa.")


class NotAnOfferEntry(Strict):
    """What tells that a text is none."""

    questions: Patterns = Field(default_factory=_none)
    warnings: Patterns = Field(default_factory=_none)
    news: Patterns = Field(default_factory=_none)


class SignEntry(Strict):
    """One warning sign."""

    name: Text
    why: Text
    ask: Text
    only_with: list[Id] = Field(default_factory=list, description="Signs of which one must be there too.")
    not_with: list[Id] = Field(default_factory=list, description="Signs beside which this one says nothing.")
    words: Patterns = Field(default_factory=_none)
    not_words: Patterns = Field(default_factory=_none, description="Phrases that look like the sign and are not.")


class ReportEntry(Strict):
    """The sentences around the signs."""

    found: Text
    nothing_found: Text
    ask: Text = Field(description="What stands before the question to ask.")
    more: Text = Field(description="Said when there are more signs than fit; {names} are their names.")
    next: Text


class OffersFile(_WithPatterns):
    """<language>/_offers.yaml: the warning signs in offers."""

    offer: OfferEntry = Field(default_factory=OfferEntry)
    not_an_offer: NotAnOfferEntry = Field(default_factory=NotAnOfferEntry)
    signs: dict[Id, SignEntry]
    report: ReportEntry


# ---- _smalltalk.yaml, _sentences.yaml, _style.yaml


class SmallTalkEntry(Strict):
    """One kind of small talk."""

    reply: Text
    doors: list[Id] = Field(
        default_factory=list, description="Keys: topic, category, check, contacts, topics or urgent."
    )
    wordings: dict[Variety, list[Text]] = Field(description="Way of writing -> whole messages.")


class SmallTalkFile(Strict):
    """<language>/_smalltalk.yaml: greetings, thanks and the like."""

    kinds: dict[Id, SmallTalkEntry]


class SentencesFile(Strict):
    """<language>/_sentences.yaml: the campaign's own fixed sentences; texts may hold {contact:ID} and {number:ID}."""

    welcome: Text = Field(description="First screen: what to ask.")
    honest: Text = Field(description="First screen: that this is a program, and what not to send.")
    scope: Text = Field(description="What the bot knows about, said where it has no answer.")
    emergency: Text = Field(description="Where the emergency contact may be dialled and where not.")


class StyleFile(Strict):
    """<language>/_style.yaml: words that the check knows.

    A line is a phrase; in it a|b is one of two words, (a) may be missing, a* is any ending, and ... is anything
    within the sentence.
    """

    promises: list[Text] = Field(default_factory=list, description="What nobody can promise.")
    denials: list[Text] = Field(default_factory=list, description="Before a promise they make it none.")
    emergency_warning: list[list[Text]] = Field(
        default_factory=list, description="Beside the emergency number abroad: one phrase of every list."
    )
    bare_openings: list[Text] = Field(
        default_factory=list, description="Words that answer nothing alone: yes, no. No answer opens with one."
    )
    hedges: list[Text] = Field(default_factory=list, description="How a sentence begins that says what is not known.")
    screen_sentence: list[Text] = Field(
        default_factory=list, description="How the sentence begins that warns of others who may see the screen."
    )
    feminine: list[Text] = Field(
        default_factory=list, description="Words that show that a woman is addressed; vowel marks count here."
    )
    instead: dict[Text, Text] = Field(default_factory=dict, description="Words that are hard to read -> better ones.")
    never_said: dict[Text, Text] = Field(default_factory=dict, description="Words that can hurt -> what to say.")
