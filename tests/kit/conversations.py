"""The real conversation around a classifier that needs no training."""

from __future__ import annotations

from typing import Any

from bot.content_tools.load.build import Content
from bot.dialogue.campaign import Campaign
from bot.dialogue.conversation import Conversation
from bot.dialogue.offers import OfferChecker
from bot.dialogue.render import Say
from bot.dialogue.safety import SafetyLane
from bot.dialogue.smalltalk import SmallTalk, SmallTalkKind
from bot.nlu.ranking import Classifier
from tests.kit.classifiers import SalaryOffers, ScriptedClassifier, WithSmallTalk
from tests.kit.languages import reader_of

GREETINGS = (
    SmallTalkKind("greeting", "en", "Hello.", (), {"en": ("hello", "hi", "hello there")}),
    SmallTalkKind("greeting", "ar", "أهلاً.", (), {"iq": ("سلام", "هلو", "مرحبا")}),
)


def small_conversation(campaign: Campaign, classifier: Classifier, safety: SafetyLane, say: Say) -> Conversation:
    """A conversation over a small campaign, which greets and takes a salary for an offer."""
    offers: Any = SalaryOffers()
    knowing = WithSmallTalk(classifier, GREETINGS)
    return Conversation(campaign, knowing, safety, offers, SmallTalk(GREETINGS), say, None, reader_of(campaign).read)


def scripted_conversation(content: Content, say: Say, campaign: Campaign | None = None) -> Conversation:
    """A conversation over real content whose classifier does as it is told; `campaign` in place of the content's."""
    campaign = campaign or content.campaign
    return Conversation(
        campaign,
        ScriptedClassifier(tuple(campaign.topics)),
        SafetyLane(content.safety, campaign.dangers),
        OfferChecker(content.offers),
        SmallTalk(content.small_talk),
        say,
        content.other_scripts,
        reader_of(campaign).read,
    )
