"""Small campaigns: a topic, a language or a contact with what most tests need, and the rest as a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.dialogue.campaign import Answer, Campaign, Category, Contact, Language, Topic
from bot.nlu.training_set import WordLists

LANGUAGES = {
    "ar": Language("ar", "العربية", "rtl", "n != 1", {"iq": 2, "msa": 1, "arabizi": 1}),
    "en": Language("en", "English", "ltr", "n != 1", {"en": 2}),
}
EMERGENCY = Contact(
    id="iraq-911",
    facts=("H01",),
    status="usable",
    kind="phone",
    place="iraq",
    value="911",
    name={"ar": "رقم الطوارئ", "en": "Emergency number"},
    run_by={"ar": "وزارة الداخلية", "en": "Ministry of Interior"},
)


def topic(
    name: str,
    answers: Mapping[str, Answer],
    phrasings: Mapping[str, tuple[str, ...]] | None = None,
    **changed: Any,
) -> Topic:
    """A topic of the category "law" about no fact, with answers by language and phrasings by variety."""
    made = Topic(name, "law", (), (), "any", None, answers, phrasings or {})
    return replace(made, **changed)


def categories(**names: Mapping[str, str]) -> tuple[Category, ...]:
    """Categories by id, with their names by language."""
    return tuple(Category(name.replace("_", "-"), said, {}) for name, said in names.items())


def campaign(topics: Iterable[Topic], **changed: Any) -> Campaign:
    """A campaign of some topics in Arabic and English, with the emergency number as its one contact."""
    made = Campaign(
        languages=LANGUAGES,
        categories=(),
        topics={one.id: one for one in topics},
        contacts={EMERGENCY.id: EMERGENCY},
        sources={},
        facts={},
        words=WordLists(),
        name={"ar": "تبيَّن", "en": "Tabayyan"},
    )
    return replace(made, **changed)
