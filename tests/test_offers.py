"""The offer checker: what it takes for an offer, which signs it finds, what it says."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content_tools.load.word_files import offer_words
from bot.content_tools.load.word_schema import OffersFile
from bot.dialogue.offers import LONGEST_QUOTE, MOST_TOLD, OfferChecker, OfferReading, OfferWords, Sign
from bot.nlu.utterance import Utterance

ROOT = Path(__file__).resolve().parent.parent
SETS = Path(__file__).parent / "offers"
TODAY = date(2026, 11, 22)
LANGUAGES = ("ar", "en")
LEFT_OUT_OF_REPORT = 4096


class HtmlRender:
    """Escapes, as the real renderer does."""

    def paragraph(self, text: str, language: str, today: date) -> str:
        return escape(text, quote=False)


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def words_of(data: Any, language: str) -> OfferWords:
    """The words of a parsed file."""
    return offer_words(language, OffersFile.model_validate(data))


WORDS = [words_of(load(ROOT / "content" / language / "_offers.yaml"), language) for language in LANGUAGES]
CHECKER = OfferChecker(WORDS)
SCAMS = {name: load(SETS / f"{name}.yaml") for name in ("offers_tuned", "offers_held_out")}
OTHERS = load(SETS / "other.yaml")
KNOWN_SIGNS = (
    "russia military safe-job vague-job high-pay signing-bonus citizenship land-house-marriage no-fighting-promise "
    "unseen-contract all-arranged visit-or-study-visa cheap-tour bypass-embassy pressure secrecy private-contact "
    "passport-asked phone-taken wages-to-family fee minors women-targeted friend-invite no-skills "
    "special-contract drone-job embassy-knows ban-not-for-us debt-bait threat-or-fine amnesty-for-sale sworn"
).split()


def found(text: str, *, forwarded: bool = False) -> set[str] | None:
    reading = CHECKER.read(Utterance.read(text), forwarded=forwarded)
    return None if reading is None else {sign.id for sign in reading.signs}


def test_the_sets_hold_200_texts() -> None:
    assert sum(map(len, SCAMS.values())) + len(OTHERS) >= 200


@pytest.mark.parametrize("name", SCAMS)
def test_scams_are_recognised_and_their_signs_named(name: str) -> None:
    right, missed, wrong = Counter[str](), Counter[str](), Counter[str]()
    recognised = 0
    for row in SCAMS[name]:
        signs, labelled = found(row["text"]) or set(), set(row["flags"])
        recognised += bool(signs)
        right.update(signs & labelled)
        missed.update(labelled - signs)
        wrong.update(signs - labelled)
    recall = right.total() / (right.total() + missed.total())
    precision = right.total() / (right.total() + wrong.total())
    print(f"{name}: recognised {recognised}/{len(SCAMS[name])}, recall {recall:.3f}, precision {precision:.3f}")
    print("missed", dict(missed), "wrong", dict(wrong))
    assert recognised / len(SCAMS[name]) >= 0.95
    assert recall >= 0.90
    assert precision >= 0.85


def test_legitimate_adverts_get_no_sign_that_is_not_in_them() -> None:
    adverts = [row for row in OTHERS if row["kind"] == "advert"]
    wrong = [row["text"] for row in adverts if (found(row["text"], forwarded=True) or set()) - set(row["flags"])]
    print(f"legitimate adverts with a wrong sign, also when forwarded: {len(wrong)}/{len(adverts)}")
    assert len(wrong) / len(adverts) <= 0.05


@pytest.mark.parametrize("kind", ["question", "warning", "news"])
def test_questions_warnings_and_news_are_no_offers(kind: str) -> None:
    rows = [row for row in OTHERS if row["kind"] == kind]
    wrong = [row["text"] for row in rows if found(row["text"]) is not None]
    print(f"{kind}: {len(wrong)}/{len(rows)} taken for offers")
    assert len(wrong) / len(rows) <= 0.05


def test_the_campaigns_own_phrasings_are_hardly_ever_offers() -> None:
    total = taken = 0
    for path in sorted((ROOT / "content").glob("*/phrasings/*.yaml")):
        for listed in load(path).values():
            for message in listed if isinstance(listed, list) else ():
                total += 1
                taken += found(message) is not None
    print(f"phrasings taken for offers: {taken}/{total}")
    assert total > 1000
    assert taken / total <= 0.01


def test_a_forwarded_text_counts_more_readily() -> None:
    text = "راتب زين وسكن مؤمن للشباب"
    assert CHECKER.read(Utterance.read(text)) is None
    assert CHECKER.read(Utterance.read(text), forwarded=True) is not None


def test_signs_do_not_reach_from_one_clause_into_the_next() -> None:
    assert "unseen-contract" not in (
        found("مطلوب حارس بروسيا راتب 2500 دولار، العقد سنة، هناك مطعم قريب، راسلنا خاص") or ()
    )


def test_the_file_names_all_signs() -> None:
    assert list(CHECKER.sign_ids) == KNOWN_SIGNS
    for words in WORDS:
        assert [sign.id for sign in words.signs] == KNOWN_SIGNS


# ---- the report


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_quotes_the_text_escaped(language: str) -> None:
    text = "مطلوب حراس بروسيا راتب 2500 دولار <b>بالشهر</b> & سكن علينا، دز صورة جوازك خاص"
    reading = CHECKER.read(Utterance.read(text))
    assert reading is not None
    report = "\n".join(CHECKER.paragraphs(reading, language, HtmlRender(), TODAY))
    assert "<b>بالشهر</b>" not in report
    assert len(reading.signs) > MOST_TOLD
    for sign in reading.signs:
        assert sign.quote
        assert len(sign.quote) <= LONGEST_QUOTE
        assert all(part in " ".join(text.split()) for part in sign.quote.rstrip("…").split())
    for sign in reading.signs[:MOST_TOLD]:
        assert escape(sign.quote, quote=False) in report


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_says_first_what_to_do_and_tells_no_more_than_three_signs_in_full(language: str) -> None:
    words = next(words for words in WORDS if words.language == language)
    reading = OfferReading(tuple(Sign(sign.id, "كلمات") for sign in words.signs[:8]))
    paragraphs = CHECKER.paragraphs(reading, language, HtmlRender(), TODAY)
    assert paragraphs[0] == escape(words.report.found.split("\n\n")[0], quote=False)
    told = [number for number, paragraph in enumerate(paragraphs) if "<blockquote>" in paragraph]
    assert len(told) == MOST_TOLD
    assert any(escape(words.report.next.split("\n\n")[0], quote=False) in one for one in paragraphs[: told[0]])
    # Nothing coaches anybody to go on talking to a recruiter.
    for sign in words.signs:
        assert not sign.ask or escape(sign.ask, quote=False) not in "\n".join(paragraphs)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 8, len(KNOWN_SIGNS)])
def test_a_report_fits_and_never_calls_an_offer_safe(language: str, count: int) -> None:
    reading = OfferReading(tuple(Sign(sign, "كلمات " * 12) for sign in KNOWN_SIGNS[:count]))
    paragraphs = CHECKER.paragraphs(reading, language, HtmlRender(), TODAY)
    report = "\n\n".join(paragraphs)
    assert len(report.encode("utf-16-le")) // 2 <= 3500
    plain = unescape(report)
    for sign in next(words for words in WORDS if words.language == language).signs[:count]:
        assert sign.name in plain
    for promise in ("is safe", "offer is real", "العرض آمن ", "العرض سليم ويمكن", "لا خطر"):
        assert promise not in plain.replace("does not mean", "")


def test_without_content_it_still_says_something() -> None:
    empty = OfferChecker(())
    assert empty.read(Utterance.read("مطلوب حراس بروسيا راتب 2500 دولار راسلنا خاص"), forwarded=True) is None
    assert empty.paragraphs(OfferReading(()), "en", HtmlRender(), TODAY)


@pytest.mark.parametrize(
    "text",
    ["مطلوب راتب روسيا دولار " * 180, "a,b." * 1024, "2500$" * 819, "ﷺ" * 4096, "3aqd rusia shahri " * 220],
    ids=["calls", "clauses", "money", "ligatures", "arabizi"],
)
def test_hostile_text_costs_little(text: str) -> None:
    spent = []
    for _ in range(4):
        started = time.process_time()
        CHECKER.read(Utterance.read(text[:4096]), forwarded=True)
        spent.append((time.process_time() - started) * 1000)
    print(f"{min(spent):.1f} ms")
    assert min(spent) < 100


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400), st.booleans())
def test_any_text_is_read(text: str, forwarded: bool) -> None:
    reading = CHECKER.read(Utterance.read(text), forwarded=forwarded)
    if reading is not None:
        assert all(sign.id in KNOWN_SIGNS and len(sign.quote) <= LONGEST_QUOTE for sign in reading.signs)
