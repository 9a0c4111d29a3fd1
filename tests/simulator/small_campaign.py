"""A campaign of four topics with the real conversation around it, for tests of the channel: starts in no time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from bot.dialogue.campaign import Answer, Campaign, Category, Contact, Language, Topic
from bot.dialogue.conversation import Conversation
from bot.dialogue.offers import OfferReading, Sign
from bot.dialogue.reply import Context, Counted, Message, Reply, Turn
from bot.dialogue.safety import DangerWords, SafetyLane, SafetyWords, UrgentReply
from bot.dialogue.smalltalk import SmallTalk, SmallTalkKind
from bot.nlu.normalize import words
from bot.nlu.ranking import Ranked, Ranking
from bot.nlu.training_set import WordLists
from bot.nlu.utterance import Utterance

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
    return Topic(
        id=name,
        category=category,
        facts=(),
        related=tuple(other for other in _TOPICS if other != name)[:2],
        place="any",
        review_by=None,
        answers={
            "ar": Answer(arabic, f"جواب: {arabic}.", filler, "الخطوة التالية."),
            "en": Answer(english, f"Answer: {english} <&>.", filler, "Next step."),
        },
        phrasings={},
    )


CAMPAIGN = Campaign(
    languages={
        "ar": Language("ar", "العربية", "rtl", "n==0 ? 0 : 1", {}),
        "en": Language("en", "English", "ltr", "n != 1", {}),
    },
    categories=tuple(
        Category(name, {"ar": title, "en": name}, {})
        for name, title in (("law", "القانون"), ("scams", "الاحتيال"), ("in-russia", "في روسيا"))
    ),
    topics={name: _topic(name) for name in _TOPICS},
    contacts={
        "iraq-911": Contact(
            "iraq-911",
            (),
            "usable",
            "phone",
            "iraq",
            "911",
            {"ar": "الطوارئ", "en": "Emergency"},
            {"ar": "-", "en": "-"},
        )
    },
    sources={},
    facts={},
    words=WordLists(),
    name={"ar": "تبيَّن", "en": "Tabayyan"},
    handle="sim_faq_bot",
    codes={"poster": {"en": "Poster", "ar": "ملصق"}},
)


class KeywordMatcher:
    """Knows a topic by one of its words; two topics when two are named."""

    read = staticmethod(Utterance.read)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        question = utterance.raw
        said = set(words(question))
        found = tuple(
            name for name, (_, keys, _, _) in _TOPICS.items() if said & {one for key in keys for one in words(key)}
        )
        if "explode" in said:
            raise RuntimeError("a fault in the core, with the asker's words: " + question)
        ranked = tuple(Ranked(name, 0.9) for name in found) or (Ranked("law-prison", 0.01),)
        if not found:
            return Ranking(ranked, "none", (), ())
        if len(found) > 2:
            return Ranking(ranked, "choices", (), found[:3])
        return Ranking(ranked, "answer", found, ())


class PhraseOffers:
    """Takes for an offer what promises a salary."""

    def look(self, utterance: Utterance, *, forwarded: bool = False) -> OfferReading | None:
        text = utterance.raw
        if "salary" not in text.casefold():
            return None
        return OfferReading((Sign("high-pay", text[:80]),))

    def paragraphs(self, reading: OfferReading, language: str, render: object, today: date) -> tuple[str, ...]:
        return ("Warning signs: " + ", ".join(sign.id for sign in reading.signs),)


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
            now={"held": "Stay calm.", "unknown": "Stay calm."},
            contacts={"iraq": "Call 911.", "russia": "911 works in Iraq only.", "unknown": "911 works in Iraq only."},
            machine="I am a machine.",
            kindness="You did nothing wrong.",
            again="Write {word}.",
        ),
    )


def small_conversation(say: Callable[..., str]) -> Conversation:
    """The real conversation over the small campaign."""
    return Conversation(
        CAMPAIGN,
        KeywordMatcher(),
        SafetyLane((_safety("en", "they locked me", "i am scared"), _safety("ar", "حبسوني", "خايف"))),
        PhraseOffers(),  # type: ignore[arg-type]
        SmallTalk(
            (
                SmallTalkKind("greeting", "en", ("hello", "hi"), "Hello."),
                SmallTalkKind("greeting", "ar", ("سلام", "هلو"), "أهلاً."),
            )
        ),
        say,
    )


class ConstantConversation(Conversation):
    """Says one thing, for measuring what is around it."""

    def respond(self, message: Message, context: Context, *, why: bool = False) -> Turn:
        """The same short reply, whatever was said."""
        reply = Reply("en", ("I have heard you.",), self.screens.foot("en", context.question_id))
        return Turn(reply, "answer", Counted(topics=("law-prison",), outcome="answered", language="en"))


def constant_conversation(say: Callable[..., str]) -> Conversation:
    """A conversation that thinks nothing."""
    known = small_conversation(say)
    constant = ConstantConversation.__new__(ConstantConversation)
    constant.__dict__.update(known.__dict__)
    return constant
