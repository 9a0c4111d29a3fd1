"""A campaign of four topics with the real conversation around it, for tests of the channel: starts in no time."""

from __future__ import annotations

from bot.dialogue.campaign import Answer, Topic
from bot.dialogue.conversation import Conversation
from bot.dialogue.render import Say
from bot.dialogue.reply import Context, Counted, Message, Reply, Turn
from bot.dialogue.safety import DangerWords, SafetyLane, SafetyWords
from bot.dialogue.urgent_reply import UrgentReply
from tests.kit import conversations as kit
from tests.kit.campaigns import campaign, categories, topic
from tests.kit.classifiers import KeywordClassifier

_TOPICS: dict[str, tuple[str, tuple[str, ...], str, str]] = {
    "law-prison": ("law", ("prison", "law", "سجن", "عقوبة"), "The prison term", "عقوبة السجن"),
    "law-amnesty": ("law", ("amnesty", "pardon", "عفو"), "The amnesty", "العفو"),
    "scam-red-flags": ("scams", ("offer", "scam", "عرض"), "Signs of a scam", "علامات الاحتيال"),
    "long-story": ("in-russia", ("story", "قصة"), "A long story", "قصة طويلة"),
}


def _topic(name: str) -> Topic:
    category, _, english, arabic = _TOPICS[name]
    long = 9000 if name == "long-story" else 0
    filler = "\n\n".join(["word " * 100] * (long // 500))
    answers = {
        "ar": Answer(arabic, f"جواب: {arabic}.", filler, "الخطوة التالية."),
        "en": Answer(english, f"Answer: {english} <&>.", filler, "Next step."),
    }
    return topic(name, answers, category=category, related=tuple(other for other in _TOPICS if other != name)[:2])


CAMPAIGN = campaign(
    map(_topic, _TOPICS),
    categories=categories(
        law={"ar": "القانون", "en": "law"},
        scams={"ar": "الاحتيال", "en": "scams"},
        in_russia={"ar": "في روسيا", "en": "in-russia"},
    ),
    handle="sim_faq_bot",
    codes={"poster": {"en": "Poster", "ar": "ملصق"}},
)


_CONTACTS = {"iraq": "Call 911.", "russia": "911 works in Iraq only.", "unknown": "911 works in Iraq only."}


def _safety(language: str, strong: str, weak: str) -> SafetyWords:
    return SafetyWords(
        language=language,
        safe_words=("amber" if language == "en" else "عنبر",),
        groups={},
        negations=(),
        cancels=(),
        softens=(),
        dangers=(DangerWords("held", (strong,), (weak,)),),
        self_words=(),
        relatives=(),
        places={},
        enlisting=(),
        recruiting=(),
        reply=UrgentReply(
            full="URGENT" if language == "en" else "عاجل",
            ask="Are you in danger now?" if language == "en" else "هل أنت في خطر الآن؟",
            now={"held": {"self": "Stay calm."}, "unknown": {"self": "Stay calm."}},
            contacts={place: {"self": words} for place, words in _CONTACTS.items()},
            machine="I am a machine.",
            again="Write {word}.",
        ),
    )


def small_conversation(say: Say) -> Conversation:
    """The real conversation over the small campaign."""
    keywords = {name: keys for name, (_, keys, _, _) in _TOPICS.items()}
    safety = SafetyLane((_safety("en", "they locked me", "i am scared"), _safety("ar", "حبسوني", "خايف")))
    return kit.small_conversation(CAMPAIGN, KeywordClassifier(keywords), safety, say)


class ConstantConversation(Conversation):
    """Says one thing, for measuring what is around it."""

    def respond(self, message: Message, context: Context, *, ranked: bool = False, explain: bool = False) -> Turn:
        """The same short reply, whatever was said."""
        reply = Reply("en", ("I have heard you.",), self.screens.foot("en", context.question_id))
        return Turn(reply, "answer", Counted(topics=("law-prison",), outcome="answered", language="en"))


def constant_conversation(say: Say) -> Conversation:
    """A conversation that thinks nothing."""
    known = small_conversation(say)
    constant = ConstantConversation.__new__(ConstantConversation)
    constant.__dict__.update(known.__dict__)
    return constant
