"""What tells the languages of a campaign apart: learnt from its own words and from some everyday sentences."""

from __future__ import annotations

from collections.abc import Iterator

from bot.dialogue.campaign import Campaign
from bot.nlu.language_id import LanguageModel
from bot.nlu.utterance_reader import UtteranceReader

EVERYDAY = {
    "iq": (
        "شلونك شخبارك اليوم", "شكد الراتب هناك", "منو يدري وين راح اخوي", "اريد ارجع للبيت", "هلو مرحبا سلام عليكم",
        "شسوي هسه ما اعرف", "خايف على نفسي", "وين السفارة", "ماكو احد يجاوب", "شنو العقوبة",
    ),
    "arabizi": (
        "shlonak shakhbarak", "shgad el rateb hnak", "mnu yidri wein ra7 akhoya", "arid arja3 lel bait", "salam 3alaykum",
        "shasawi hassa ma a3ruf", "ani khayif 3ala nafsi", "wein el safara", "maku a7ad yjawib", "shno el 3uquba",
        "shlon arja3 lahli", "ya akhi la tsafir wa la twaqi3",
    ),
    "en": (
        "hello there how are you", "how much do they pay", "does anybody know where my brother is", "i want to go home",
        "what should i do now", "i am afraid", "where is the embassy", "nobody answers me", "what is the punishment",
        "is this offer real or a scam", "please tell me the law", "thank you very much", "the way la vie ya know wa",
        "can you help my son with his passport and the contract", "which topics do you have", "it is not what i meant",
    ),
}  # fmt: skip
"""Way of writing -> sentences."""


def language_model(campaign: Campaign) -> LanguageModel:
    """A model of the campaign's languages, fit to tell apart what tests type."""
    return LanguageModel.train(_texts(campaign), {})


def reader_of(campaign: Campaign) -> UtteranceReader:
    """What reads messages to a campaign, without a trained classifier."""
    return UtteranceReader(language_model(campaign))


def _texts(campaign: Campaign) -> Iterator[tuple[str, str, str]]:
    for code, language in campaign.languages.items():
        for variety in language.varieties:
            yield from ((code, variety, text) for text in EVERYDAY.get(variety, ()))
            for topic in campaign.topics.values():
                yield from ((code, variety, text) for text in topic.phrasings.get(variety, ()))
        first = next(iter(language.varieties), code)
        for topic in campaign.topics.values():
            if code in topic.answers:
                yield code, first, topic.answers[code].title
