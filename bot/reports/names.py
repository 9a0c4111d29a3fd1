"""What the keys of counters are called in a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.counting.dimensions import DIMENSIONS
from bot.dialogue.campaign import Campaign
from bot.dialogue.offers import OfferWords
from bot.dialogue.render import MONTHS, N_, Say
from bot.dialogue.reply import NO_CAMPAIGN, OTHER

OUTCOMES: Mapping[str, str] = {
    "answered": N_("Answered"),
    "choices": N_("Choices offered"),
    "suggestion-taken": N_("Suggestion taken"),
    "no-match": N_("No answer"),
    "urgent": N_("Urgent help"),
    "offer": N_("Offer checked"),
    "not-text": N_("Not text (voice, picture)"),
}


@dataclass(frozen=True)
class Names:
    """Names of keys, from the content; a key that the content no longer has is named by itself."""

    say: Say
    topics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Topic id -> title per language."""
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    themes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    signs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)
    directions: Mapping[str, str] = field(default_factory=dict)
    campaign: Mapping[str, str] = field(default_factory=dict)

    def dimension(self, family: str, language: str) -> str:
        """What a dimension is called."""
        return self.say(language, DIMENSIONS[family].name)

    def name(self, family: str, key: str, language: str) -> str:
        """What a key of a dimension is called."""
        match DIMENSIONS[family].of:
            case "topic":
                return _in(self.topics.get(key), language, key)
            case "verdict":
                topic, _, verdict = key.rpartition(":")
                said = self.say(language, "helpful") if verdict == "helpful" else self.say(language, "not helpful")
                return f"{_in(self.topics.get(topic), language, topic)}: {said}"
            case "outcome":
                return self.say(language, OUTCOMES[key]) if key in OUTCOMES else key
            case "language":
                return self.say(language, "Other languages") if key == OTHER else self.languages.get(key, key)
            case "code":
                if key == NO_CAMPAIGN:
                    return self.say(language, "Without a code")
                return self.say(language, "Unknown code") if key == OTHER else _in(self.codes.get(key), language, key)
            case "sign":
                return _in(self.signs.get(key), language, key)
            case "theme":
                return _in(self.themes.get(key), language, key)

    def right_to_left(self, language: str) -> bool:
        """Whether a language is written from the right."""
        return self.directions.get(language, "rtl" if language == "ar" else "ltr") == "rtl"


def names_of(campaign: Campaign, offers: Iterable[OfferWords], say: Say) -> Names:
    """The names of a content; `offers` hold those of warning signs, one language each."""
    signs: dict[str, dict[str, str]] = {}
    for words in offers:
        for sign in words.signs:
            signs.setdefault(sign.id, {})[words.language] = sign.name
    return Names(
        say,
        topics={
            topic.id: {language: answer.title for language, answer in topic.answers.items()}
            for topic in campaign.topics.values()
        },
        codes=campaign.codes,
        themes=campaign.theme_names,
        signs=signs,
        languages={code: language.name for code, language in campaign.languages.items()},
        directions={code: language.direction for code, language in campaign.languages.items()},
        campaign=campaign.name,
    )


def _in(words: Mapping[str, str] | None, language: str, otherwise: str) -> str:
    if not words:
        return otherwise
    return words.get(language) or next(iter(words.values()))


def written_day(say: Say, language: str, year: int, month: int, day: int) -> str:
    """A date in words: "22 November 2026"."""
    return f"{day} {say(language, MONTHS[month - 1])} {year}"
