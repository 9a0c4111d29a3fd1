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
from tests.kit.classifiers import SalaryOffers, ScriptedClassifier

GREETINGS = (
    SmallTalkKind("greeting", "en", ("hello", "hi", "hello there"), "Hello."),
    SmallTalkKind("greeting", "ar", ("سلام", "هلو", "مرحبا"), "أهلاً."),
)


def small_conversation(campaign: Campaign, classifier: Classifier, safety: SafetyLane, say: Say) -> Conversation:
    """A conversation over a small campaign, which greets and takes a salary for an offer."""
    offers: Any = SalaryOffers()
    return Conversation(campaign, classifier, safety, offers, SmallTalk(GREETINGS), say)


def scripted_conversation(content: Content, say: Say, campaign: Campaign | None = None) -> Conversation:
    """A conversation over real content whose classifier does as it is told; `campaign` in place of the content's."""
    campaign = campaign or content.campaign
    return Conversation(
        campaign,
        ScriptedClassifier(tuple(campaign.topics)),
        SafetyLane(content.safety),
        OfferChecker(content.offers),
        SmallTalk(content.small_talk),
        say,
        content.other_scripts,
    )
