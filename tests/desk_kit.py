"""A tiny campaign and its desk for the desk's tests: three topics, two languages, a classifier that counts shared words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from starlette.testclient import TestClient

from bot.clock import Clock, machine_clock
from bot.content_tools.load.build import Content
from bot.content_tools.load.word_files import safety_words
from bot.content_tools.load.word_schema import SafetyFile
from bot.content_tools.load.yaml_tree import parse
from bot.desk.asgi import desk_app
from bot.desk.dependencies import DeskServices, Health
from bot.dialogue.campaign import Answer, Campaign, Category, Contact, Fact, Language, Review, Source, Topic
from bot.dialogue.conversation import Conversation
from bot.dialogue.offers import OfferReading, Sign
from bot.dialogue.safety import SafetyLane, SafetyWords
from bot.dialogue.smalltalk import SmallTalk, SmallTalkKind
from bot.i18n import Phrases, read_phrases
from bot.nlu.normalize import fold
from bot.nlu.ranking import Explanation, Ranked, Ranking
from bot.nlu.training_set import WordLists
from bot.nlu.utterance import Utterance
from bot.settings import ROOT, Settings

TODAY = date(2026, 11, 22)

LANGUAGES = {
    "ar": Language("ar", "العربية", "rtl", "n != 1", MappingProxyType({"iq": 2, "msa": 1, "arabizi": 1})),
    "en": Language("en", "English", "ltr", "n != 1", MappingProxyType({"en": 2})),
}


def topic(number: str, title: dict[str, str], said: dict[str, tuple[str, ...]], **changed: Any) -> Topic:
    """A topic whose answers repeat its title."""
    made = Topic(
        id=number,
        category="law",
        facts=("L01",),
        related=(),
        place="any",
        review_by=date(2027, 2, 28),
        answers={
            code: Answer(words, f"{words} {{contact:iraq-911}}", f"{words} ...", "Ask a lawyer.")
            for code, words in title.items()
        },
        phrasings=said,
        reviews={code: Review({"native_speaker": None, "lawyer": date(2026, 10, 1)}) for code in title},
    )
    return replace(made, **changed)


def campaign(extra: tuple[Topic, ...] = ()) -> Campaign:
    """Three topics, one of them due for review and without English."""
    topics = (
        topic(
            "law-prison-term",
            {"ar": "كم سنة سجن؟", "en": "How many years in prison?"},
            {"iq": ("شكد ينحبس", "كم سنه حبس"), "msa": ("ما عقوبة القتال",), "en": ("how many years in prison",)},
            related=("scam-red-flags",),
        ),
        topic(
            "scam-red-flags",
            {"ar": "كيف أعرف العرض الكاذب؟", "en": "How do I know a false offer?"},
            {"iq": ("شلون اعرف العرض جذب",), "en": ("is this offer real", "fake job offer")},
            category="scams",
        ),
        topic("law-old", {"ar": "موضوع قديم"}, {"iq": ("قديم",)}, review_by=date(2026, 1, 1)),
        *extra,
    )
    return Campaign(
        languages=LANGUAGES,
        categories=(
            Category("law", {"ar": "القانون", "en": "Law"}, {"ar": "", "en": ""}),
            Category("scams", {"ar": "الخداع", "en": "Scams"}, {"ar": "", "en": ""}),
        ),
        topics={one.id: one for one in topics},
        contacts={
            "iraq-911": Contact(
                id="iraq-911",
                facts=("H01",),
                status="usable",
                kind="phone",
                place="iraq",
                value="911",
                name={"ar": "رقم الطوارئ", "en": "Emergency number"},
                run_by={"ar": "وزارة الداخلية", "en": "Ministry of Interior"},
                sources=("rudaw",),
                checked=date(2026, 1, 5),
            ),
            "embassy": Contact(
                id="embassy",
                facts=("H05",),
                status="check-first",
                kind="phone",
                place="russia",
                value="+7 000 000 00 00",
                name={"ar": "السفارة", "en": "Embassy"},
                run_by={"ar": "الخارجية", "en": "Foreign ministry"},
            ),
        },
        sources={
            "rudaw": Source("rudaw", "https://example.org/rudaw", {"en": "Rudaw"}, "A story", "2026-02", None, "ar")
        },
        facts={"L01": Fact("L01", "Prison is said.", "A judge", "medium", None, ("rudaw",), True)},
        words=WordLists(),
        name={"ar": "تبيَّن", "en": "Tabayyan"},
        handle="TabayyanTestBot",
    )


class WordMatcher:
    """Ranks by shared words: enough to see every outcome."""

    def __init__(self, known: Campaign) -> None:
        self._words = {
            one.id: {
                fold(word)
                for said in (*one.phrasings.values(), tuple(a.title for a in one.answers.values()))
                for line in said
                for word in line.split()
            }
            for one in known.topics.values()
        }

    read = staticmethod(Utterance.read)

    def predict(self, utterance: Utterance, *, explain: bool = False) -> Ranking:
        question = utterance.raw
        asked = {fold(word) for word in question.split()}
        chances = sorted(
            ((len(asked & own) / max(1, len(asked)), topic) for topic, own in self._words.items()), reverse=True
        )
        ranked = tuple(Ranked(topic, chance) for chance, topic in chances[:5])
        best = ranked[0]
        explained = Explanation(
            (("typed", question), ("repaired", question)),
            (("prisson", "prison"),),
            tuple((one.topic, "a phrasing", one.confidence) for one in ranked),
            tuple((one.topic, (("classifier", 1.25),)) for one in ranked),
        )
        if best.confidence > 0.5:
            return Ranking(ranked, "answer", (best.topic,), (), explained if explain else None)
        if best.confidence > 0.2:
            return Ranking(ranked, "choices", (), (best.topic,), explained if explain else None)
        return Ranking(ranked, "none", (), (), explained if explain else None)


class WordOffers:
    """Takes a message with "salary" for an offer with one sign."""

    def look(self, utterance: Utterance, *, forwarded: bool = False) -> OfferReading | None:
        text = utterance.raw
        return OfferReading((Sign("high-pay", "salary"),)) if "salary" in text else None

    def paragraphs(self, reading: OfferReading, language: str, render: Any, today: date) -> tuple[str, ...]:
        return ("Warning signs: <b>high pay</b>",)


@cache
def safety_lane() -> SafetyLane:
    """The urgent lane with the real words; compiled once."""
    return SafetyLane([_urgent_words(language) for language in LANGUAGES])


def _urgent_words(language: str) -> SafetyWords:
    root, _, _ = parse((ROOT / "content" / language / "_safety.yaml").read_bytes())
    assert root is not None
    return safety_words(language, SafetyFile.model_validate(root.data()))


@cache
def phrases() -> Phrases:
    """The real catalogues, read once."""
    return read_phrases(ROOT / "locales", LANGUAGES)


def conversation(known: Campaign | None = None) -> Conversation:
    """A conversation over the tiny campaign."""
    known = known or campaign()
    return Conversation(
        known,
        WordMatcher(known),
        safety_lane(),
        WordOffers(),  # type: ignore[arg-type]
        SmallTalk(
            [
                SmallTalkKind("greeting", "en", ("hello there",), "Hello."),
                SmallTalkKind("greeting", "ar", ("مرحبا",), "أهلاً."),
            ]
        ),
        phrases(),
    )


def settings(**changed: Any) -> Settings:
    """Settings of a page on this machine, untouched by the environment."""
    return Settings(_env_file=None, **changed)  # type: ignore[call-arg]


def services(folder: Path | None = None, /, **changed: Any) -> DeskServices:
    """What the desk is handed, over the tiny campaign."""
    talk = changed.pop("talk", None) or conversation()
    content = Content(talk.campaign, (), (), (), {}, "0" * 64)
    given = DeskServices(
        settings=changed.pop("settings", None) or settings(),
        say=phrases(),
        clock=fixed_clock(),
        conversation=lambda: talk,
        content=lambda: content,
        problems=lambda: (),
        health=lambda: Health("page", datetime(2026, 11, 22, 8, tzinfo=UTC), "0.1.0"),
        wordings_folder=folder,
    )
    return replace(given, **changed)


def fixed_clock() -> Clock:
    """A clock that stands at noon of TODAY for as long as a test takes."""
    return replace(machine_clock(), start=datetime(2026, 11, 22, 9, tzinfo=UTC))


def client(given: DeskServices | None = None, **changed: Any) -> TestClient:
    """A browser at this machine."""
    return TestClient(desk_app(given or services(**changed)), base_url="http://localhost", client=("127.0.0.1", 50000))
