"""A tiny campaign and its desk for the desk's tests: three topics, two languages, a classifier that counts shared words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from bot.clock import Clock, machine_clock
from bot.content_tools.load.build import Content
from bot.content_tools.load.word_files import safety_words
from bot.content_tools.load.word_schema import SafetyFile
from bot.content_tools.load.yaml_tree import parse
from bot.desk.asgi import desk_app
from bot.desk.dependencies import DeskServices, Health
from bot.dialogue.campaign import Answer, Campaign, Contact, Fact, Review, Source, Topic
from bot.dialogue.conversation import Conversation
from bot.dialogue.safety import SafetyLane, SafetyWords
from bot.i18n import Phrases, read_phrases
from bot.settings import LOCALES, ROOT, Settings
from tests.kit import campaigns
from tests.kit.classifiers import WordClassifier
from tests.kit.conversations import small_conversation

TODAY = date(2026, 11, 22)


def topic(number: str, title: dict[str, str], said: dict[str, tuple[str, ...]], **changed: Any) -> Topic:
    """A topic whose answers repeat its title."""
    answers = {
        code: Answer(words, f"{words} {{contact:iraq-911}}", f"{words} ...", "Ask a lawyer.")
        for code, words in title.items()
    }
    reviews = {code: Review({"native_speaker": None, "lawyer": date(2026, 10, 1)}) for code in title}
    made = campaigns.topic(number, answers, said, facts=("L01",), review_by=date(2027, 2, 28), reviews=reviews)
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
    embassy = Contact(
        id="embassy",
        facts=("H05",),
        status="check-first",
        kind="phone",
        place="russia",
        value="+7 000 000 00 00",
        name={"ar": "السفارة", "en": "Embassy"},
        run_by={"ar": "الخارجية", "en": "Foreign ministry"},
    )
    emergency = replace(campaigns.EMERGENCY, sources=("rudaw",), checked=date(2026, 1, 5))
    return campaigns.campaign(
        topics,
        categories=campaigns.categories(law={"ar": "القانون", "en": "Law"}, scams={"ar": "الخداع", "en": "Scams"}),
        contacts={one.id: one for one in (emergency, embassy)},
        sources={
            "rudaw": Source("rudaw", "https://example.org/rudaw", {"en": "Rudaw"}, "A story", "2026-02", None, "ar")
        },
        facts={"L01": Fact("L01", "Prison is said.", "A judge", "medium", None, ("rudaw",), True)},
        handle="TabayyanTestBot",
    )


@cache
def safety_lane() -> SafetyLane:
    """The urgent lane with the real words; compiled once."""
    return SafetyLane([_urgent_words(language) for language in campaigns.LANGUAGES])


def _urgent_words(language: str) -> SafetyWords:
    root, _, _ = parse((ROOT / "content" / language / "_safety.yaml").read_bytes())
    assert root is not None
    return safety_words(language, SafetyFile.model_validate(root.data()))


@cache
def phrases() -> Phrases:
    """The real catalogues, read once."""
    return read_phrases(LOCALES, campaigns.LANGUAGES)


def conversation(known: Campaign | None = None) -> Conversation:
    """A conversation over the tiny campaign."""
    known = known or campaign()
    return small_conversation(known, WordClassifier(known), safety_lane(), phrases())


def settings(**changed: Any) -> Settings:
    """Settings of a page on this machine, untouched by the environment."""
    return Settings(_env_file=None, **changed)


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
    return replace(machine_clock(), start=datetime(2026, 11, 22, 9, tzinfo=UTC)).in_zone("Asia/Baghdad")


def client(given: DeskServices | None = None, **changed: Any) -> TestClient:
    """A browser at this machine."""
    return TestClient(desk_app(given or services(**changed)), base_url="http://localhost", client=("127.0.0.1", 50000))


def found(pattern: str, text: str) -> str:
    """The first group of a pattern that stands in a text."""
    match = re.search(pattern, text)
    assert match is not None, pattern
    return str(match.group(1))
