"""The classifier on a small campaign: outcomes, Arabizi, slips, two-part questions, the cache, and odd input."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.dialogue.campaign import Answer, Campaign
from bot.dialogue.corpus import corpus_of
from bot.nlu.arabizi import Arabiser, skeleton, to_arabizi
from bot.nlu.calibration import fit_conditional_logit, fit_nonnegative_logistic, predict_proba
from bot.nlu.classifier import IntentClassifier
from bot.nlu.featurizer import stem
from bot.nlu.normalize import words
from bot.nlu.preprocessor import Lexicon, Preprocessor, spellings, vocabulary
from bot.nlu.ranking import Classifier, Ranking
from bot.nlu.spelling import SpellingCorrector
from bot.nlu.training import train_classifier
from bot.nlu.training_set import Example, WordLists
from bot.nlu.utterance import Utterance
from bot.nlu_io.cache import read_frequencies
from tests.kit import campaigns

_TOPICS: dict[str, dict[str, list[str]]] = {
    "pay": {
        "iq": ["شكد الراتب بروسيا", "ينطون الفلوس لو چذب", "صدك يدفعون الفين دولار بالشهر", "الراتب ينزل كل شهر هناك"],
        "msa": ["كم يبلغ الراتب الذي يدفع للمقاتلين؟", "هل يدفعون الأجور الموعودة؟"],
        "arabizi": ["shgad el ratib b rusya", "yinton floos lo chithib", "sudug el ratib alfein dolar"],
        "en": ["how much do they pay", "is the salary real", "do soldiers get their money", "monthly wage promised"],
    },
    "visa": {
        "iq": ["الفيزا السياحية بيها خطر", "دزولي فيزا سياحة لروسيا امان لو لا", "السمسار يكول الفيزا جاهزة"],
        "msa": ["هل السفر بتأشيرة سياحية إلى روسيا آمن؟", "عرضوا علي تأشيرة سياحية مجانية"],
        "arabizi": ["el viza el siya7iya biha khatar", "dazouli viza siya7a aman lo la"],
        "en": ["is a tourist visa to russia safe", "they offer me a free tourist visa", "the visa is ready"],
    },
    "prisoner": {
        "iq": ["ابني اسير عند الاوكران شسوي", "اخويه وكع اسير شلون اعرف عنه", "شلون ازور الاسرى هناك"],
        "msa": ["ابني أسير حرب في أوكرانيا ماذا أفعل؟", "كيف يعامل أسرى الحرب؟"],
        "arabizi": ["ibni asir bi okrania shasawi", "akhoya asir shlon a3ruf 3anna"],
        "en": ["my son is a prisoner of war in ukraine", "how are captured fighters treated", "brother was captured"],
    },
}
_FOREIGN = [
    ("iq", "شلون اطبخ دولمة"), ("iq", "شوكت لعبة المنتخب"), ("iq", "هلو شلونك عيني"), ("iq", "الكهرباء مكطوعة"),
    ("msa", "ما حالة الطقس غدا؟"), ("msa", "كيف أستخرج البطاقة الوطنية؟"), ("arabizi", "shaku maku habibi"),
    ("arabizi", "shlon el jaw bacher"), ("en", "what is the weather tomorrow"), ("en", "hello how are you"),
    ("en", "who won the football match"), ("en", "best kebab in town"), ("en", "exam results"), ("iq", "نتائج السادس"),
]  # fmt: skip


def _campaign(extra: str = "") -> Campaign:
    topics = []
    for name, phrasings in _TOPICS.items():
        said = {variety: tuple(found) for variety, found in phrasings.items()}
        if extra and name == "pay":
            said["en"] = (*said["en"], extra)
        topics.append(campaigns.topic(name, {"en": Answer(name, "", "", "")}, said))
    lists = WordLists({"شگد": "كم", "شسوي": "ماذا افعل", "فلوس": "مال"}, (("راتب", "اجور", "مال"),))
    out_of_scope = tuple(Example("", variety, text) for variety, text in _FOREIGN)
    return campaigns.campaign(topics, words=lists, out_of_scope=out_of_scope)


@pytest.fixture(scope="module")
def classifier() -> IntentClassifier:
    return train_classifier(corpus_of(_campaign(), (), read_frequencies()))


def _first(ranking: Ranking) -> str:
    return ranking.ranked[0].topic


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("شگد الراتب", "pay"),
        ("كم يدفعون للمقاتل", "pay"),
        ("shkad elratb", "pay"),
        ("salry of soldiers", "pay"),
        ("how much mony", "pay"),
        ("فيزه سياحيه", "visa"),
        ("الفيزااااا السياحية", "visa"),
        ("viza siyahiya", "visa"),
        ("turist visa", "visa"),
        ("ابني اسيرر", "prisoner"),
        ("my sun is prisonner", "prisoner"),
        ("akhoy aseer", "prisoner"),
        (";l hgvhjf fv,sdh", "pay"),
    ],
)
def test_right_topic_first(classifier: Classifier, question: str, topic: str) -> None:
    assert _first(classifier.predict(classifier.read(question))) == topic


def _check(ranking: Ranking) -> None:
    """What every ranking promises, whatever was asked."""
    ids = [ranked.topic for ranked in ranking.ranked]
    assert 1 <= len(ids) <= 5
    assert len(set(ids)) == len(ids)
    chances = [ranked.confidence for ranked in ranking.ranked]
    assert all(0 <= chance <= 1 for chance in chances)
    assert chances == sorted(chances, reverse=True)
    assert bool(ranking.answered) == (ranking.outcome == "answer")
    assert len(ranking.choices) <= 3
    assert set(ranking.answered) <= set(ids)
    if ranking.outcome == "choices":
        assert ranking.choices


@pytest.mark.parametrize(
    "question",
    ["", " ", "😂", "123", "как дела", "چۆن دەتوانم بگەڕێمەوە ماڵەوە", "\udc00\ud800", "我想回家", "؟؟؟؟"],
)
def test_what_cannot_be_read_is_not_answered(classifier: Classifier, question: str) -> None:
    ranking = classifier.predict(classifier.read(question))
    assert ranking.outcome == "none"
    _check(ranking)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(st.characters(codec=None), max_size=400), st.text("شلونراتبفيزا ؟andpay3 ", max_size=900)))
def test_any_text_gets_a_sound_ranking(text: str) -> None:
    _check(_shared().predict(Utterance.read(text)))


_KEPT: list[Classifier] = []


def _shared() -> Classifier:
    if not _KEPT:
        _KEPT.append(train_classifier(corpus_of(_campaign(), (), read_frequencies())))
    return _KEPT[0]


@pytest.mark.parametrize(
    "text",
    ["ا" * 100_000, "شغل/" * 20_000, "a b " * 30_000, "ﷺ" * 50_000, "\u202e" * 90_000, "x7" * 40_000, "و " * 9000],
)
def test_no_input_takes_long(classifier: Classifier, text: str) -> None:
    classifier.predict(classifier.read(text))
    times = []
    for _ in range(5):
        start = time.process_time()
        _check(classifier.predict(classifier.read(text)))
        times.append(time.process_time() - start)
    # The promise is 50 ms; processor time and the best of five, because test machines are shared.
    assert min(times) < 0.05


def test_why_explains_readings_repairs_and_scores(classifier: Classifier) -> None:
    why = classifier.predict(classifier.read("how much mony do they pey"), explain=True).explanation
    assert why is not None
    assert ("mony", "money") in why.repaired
    assert {name for name, _ in why.variants} == {"typed", "repaired"}
    assert why.nearest[0][0] == "pay"
    assert why.scores[0][0] == "pay"
    assert classifier.predict(classifier.read("how much")).explanation is None


def test_arabizi_is_read_in_arabic_letters(classifier: Classifier) -> None:
    why = classifier.predict(classifier.read("shgad el ratib"), explain=True).explanation
    assert why is not None
    arabic = dict(why.variants)["arabic"]
    assert "راتب" in arabic


def _fake_encoder(texts: Sequence[str]) -> NDArray[np.float32]:
    vectors = np.zeros((len(texts), 160), np.float32)
    for row, text in zip(vectors, texts, strict=True):
        for word in words(text):
            row[sum(word.encode()) % 160] += 1
        row += 0.01
        row /= np.linalg.norm(row)
    return vectors


def test_cache_gives_the_same_matcher_and_holds_no_question(classifier: Classifier) -> None:
    cache: dict[str, bytes | memoryview] = {}
    encoded: list[str] = []

    def encoder(texts: Sequence[str]) -> NDArray[np.float32]:
        encoded.extend(texts)
        return _fake_encoder(texts)

    built = train_classifier(corpus_of(_campaign(), (), read_frequencies()), encoder=encoder, cache=cache)
    kept = dict(cache)
    encoded.clear()
    again = train_classifier(corpus_of(_campaign(), (), read_frequencies()), encoder=encoder, cache=cache)
    assert encoded == []
    for question in ("shgad el ratib", "is a tourist visa safe", "ابني اسير"):
        one, other = built.predict(built.read(question)), again.predict(again.read(question))
        assert one.ranked[0].topic == other.ranked[0].topic
        assert one.ranked[0].confidence == pytest.approx(other.ranked[0].confidence, abs=0.02)
    assert cache == kept


def test_changed_content_encodes_only_what_is_new() -> None:
    cache: dict[str, bytes | memoryview] = {}
    train_classifier(corpus_of(_campaign()), encoder=_fake_encoder, cache=cache)
    encoded: list[str] = []

    def encoder(texts: Sequence[str]) -> NDArray[np.float32]:
        encoded.extend(texts)
        return _fake_encoder(texts)

    train_classifier(corpus_of(_campaign("what is the daily rate over there")), encoder=encoder, cache=cache)
    assert encoded == ["what is the daily rate over there"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a file", b"\x00" * 5000])
def test_damaged_cache_is_learnt_anew(damage: bytes) -> None:
    cache: dict[str, bytes | memoryview] = {}
    train_classifier(corpus_of(_campaign()), encoder=_fake_encoder, cache=cache)
    for key in cache:
        cache[key] = damage
    assert (
        _first(
            train_classifier(corpus_of(_campaign()), encoder=_fake_encoder, cache=cache).predict(
                Utterance.read("tourist visa")
            )
        )
        == "visa"
    )


def test_campaign_without_phrasings_is_refused() -> None:
    with pytest.raises(ValueError, match="no examples"):
        train_classifier(corpus_of(campaigns.campaign(())))


def test_thresholds_tell_what_they_cost(classifier: IntentClassifier) -> None:
    assert set(classifier.thresholds) == {"arabic", "arabizi", "latin"}
    for thresholds in classifier.thresholds.values():
        assert 0 <= thresholds.wrong <= thresholds.answered <= 1
        assert 0 <= thresholds.offered <= 1


@pytest.mark.parametrize(
    ("question", "topics"),
    [
        ("شكد الراتب بروسيا؟ وابني اسير شلون اعرف عنه", {"pay", "prisoner"}),
        ("is the salary real, and is a tourist visa to russia safe?", {"pay", "visa"}),
        ("shgad el ratib b rusya? w akhoya asir shlon a3ruf 3anna", {"pay", "prisoner"}),
        ("my brother was captured last week. is the salary real? and how much do they pay", {"pay", "prisoner"}),
        ("ابني أسير حرب في أوكرانيا. ماذا أفعل؟ وهل السفر بتأشيرة سياحية آمن؟", {"visa", "prisoner"}),
    ],
)
def test_both_of_two_questions_are_met(classifier: Classifier, question: str, topics: set[str]) -> None:
    ranking = classifier.predict(classifier.read(question))
    _check(ranking)
    assert topics <= {*ranking.answered, *ranking.choices, *(ranked.topic for ranked in ranking.ranked[:2])}


@pytest.mark.parametrize(
    "question",
    [
        "is the salary real? do soldiers get their money? monthly wage promised",
        "الفيزا السياحية بيها خطر؟ دزولي فيزا سياحة لروسيا امان لو لا",
        "hello how are you. is the salary real",
    ],
)
def test_one_question_in_two_sentences_is_one_question(classifier: Classifier, question: str) -> None:
    assert len(classifier.predict(classifier.read(question)).answered) <= 1


def _vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors that tell little: sums of fixed noise for each word."""
    rows = np.stack(
        [sum(np.random.default_rng(len(w) * 7919 + ord(w[0])).normal(size=64) for w in t.split()) for t in texts]
    )
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def test_without_time_for_vectors_the_words_alone_decide() -> None:
    def built(cache: dict[str, bytes | memoryview], **arguments: Any) -> IntentClassifier:
        return train_classifier(corpus_of(_campaign(), (), read_frequencies()), cache=cache, **arguments)

    alone: dict[str, bytes | memoryview] = {}
    beside: dict[str, bytes | memoryview] = {}
    questions = [
        "شگد الراتب",
        "salry of soldiers",
        "viza siyahiya",
        "ibni asir",
        "weather",
        "فيزه سياحيه وشكد الراتب هناك",
    ]
    # Twice: learnt, and then taken from the cache.
    for _ in range(2):
        by_words = built(alone)
        hurried = built(beside, encoder=_vectors, query_encoder=lambda texts: None)
        at_leisure = built(beside, encoder=_vectors)
        for question in questions:
            assert hurried.predict(hurried.read(question), explain=True) == by_words.predict(
                by_words.read(question), explain=True
            )
        assert any(
            at_leisure.predict(at_leisure.read(question)) != by_words.predict(by_words.read(question))
            for question in questions
        )


# The parts


def test_skeletons_meet_across_scripts() -> None:
    pairs = [("shlon", "شلون"), ("7arb", "حرب"), ("mu5ayam", "مخيم"), ("qanoon", "قانون"), ("ganoon", "قانون")]
    for latin, arabic in pairs:
        assert skeleton(latin) == skeleton(words(arabic)[0])


def test_arabiser_prefers_the_likelier_word() -> None:
    arabiser = Arabiser({"راتب": 0.3, "رتب": 0.0, "رتبه": 0.0})
    assert arabiser.candidates("ratib", 1)[0][0] == "راتب"
    assert arabiser.candidates("zzzz") == []


def test_to_arabizi_spells_each_word() -> None:
    assert to_arabizi(("شلون", "العقد", "visa")) == ["shlun", "el aqd", "visa"]


def test_repair_mends_unknown_words_only() -> None:
    corrector = SpellingCorrector({"passport": 5, "السفاره": 3}, [["people", "report"]])
    assert corrector.correct("pasport") == "passport"
    assert corrector.correct("السفارةه".replace("ة", "")) is None
    assert corrector.correct("السفره") == "السفاره"
    assert corrector.correct("report") is None
    assert corrector.correct("pay") is None
    assert corrector.correct("zzzzzzzz") is None


def test_repair_takes_the_likelier_of_two_near_words() -> None:
    corrector = SpellingCorrector({"لما": 1, "لماذا": 40, "hat": 1}, [["the", "ham"], ["احد", "احدي"]])
    assert corrector.correct("لماذ") == "لماذا"
    assert corrector.correct("tje") == "the"
    assert corrector.correct("لمذ") is None, "three Arabic letters are a root, not a slip"
    assert SpellingCorrector({"card": 30, "crude": 1}, []).correct("crad") == "card"


def test_encoders_get_careful_spelling() -> None:
    texts = ["رقم السفارة في موسكو", "وين السفاره", "السفاره مغلقه", "السفاره بعيده", "don't sign", "dont go", "dont"]
    spelt = spellings(texts)
    assert spelt["السفاره"] == "السفارة"
    assert "dont" not in spelt, "what most people write stays"
    reader = Preprocessor(WordLists(), Lexicon(vocabulary(texts), spelt), {})
    assert reader.question(Utterance.read("اين السفاره؟")).sentence == "اين السفارة؟"
    assert reader.question(Utterance.read("رقم السفلره!")).sentence == "رقم السفارة!"
    assert reader.question(Utterance.read("شي ثاني تماما")).sentence == "شي ثاني تماما"


@given(st.lists(st.text("اأإبةهىي دmر.،? '", max_size=30), max_size=5), st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_careful_spelling_changes_no_word(texts: list[str], asked: str) -> None:
    reader = Preprocessor(WordLists(), Lexicon.of(texts), {})
    question = reader.question(Utterance.read(asked))
    if not question.repaired and question.script == "arabic":
        assert words(question.sentence) == question.variants[0][1].words


def test_stem_leaves_three_letters() -> None:
    assert stem("والعقود") == "عقود"
    assert stem("بيه") == "بيه"
    assert stem("fighting") == "fight"


def test_choice_weights_find_the_telling_evidence() -> None:
    random = np.random.default_rng(0)
    right = random.integers(0, 4, 300)
    evidence = random.normal(size=(300, 4, 2))
    evidence[np.arange(300), right, 0] += 2.0
    weights = fit_conditional_logit(evidence, right)
    assert weights[0] > 1.0
    assert abs(weights[1]) < 0.4


def test_chances_are_calibrated() -> None:
    random = np.random.default_rng(1)
    signal = random.normal(size=(4000, 1))
    happened = random.random(4000) < 1 / (1 + np.exp(-2 * signal[:, 0]))
    chance = predict_proba(fit_nonnegative_logistic(signal, happened), signal)
    middle = (chance > 0.4) & (chance < 0.6)
    assert abs(happened[middle].mean() - chance[middle].mean()) < 0.06


def test_few_cases_turn_no_evidence_against_itself() -> None:
    random = np.random.default_rng(2)
    signals = random.normal(size=(20, 3))
    weights = fit_nonnegative_logistic(signals, signals[:, 0] - 2 * signals[:, 1] > 0)
    assert weights[0] > 0
    assert weights[1] == 0, "it spoke against, by chance"
    assert (weights[:3] < 2).all(), "twenty cases prove little"


def test_no_foreign_question_is_a_phrasing_or_listed_twice() -> None:
    yaml = pytest.importorskip("yaml")
    content = Path(__file__).parent.parent / "content"
    seen: list[str] = []
    for language in ("ar", "en"):
        listed = yaml.load((content / language / "_foreign.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
        seen += [question for found in listed.values() for question in found]
    assert len(seen) == len(set(seen)) >= 400
    phrasings = {
        text
        for file in content.glob("*/phrasings/*.yaml")
        for found in yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader).values()
        for text in found
    }
    assert not phrasings & set(seen), json.dumps(sorted(phrasings & set(seen)), ensure_ascii=False)
    talk = {
        words(text)
        for file in content.glob("*/_smalltalk.yaml")
        for kind in yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)["kinds"].values()
        for found in kind["wordings"].values()
        for text in found
    }
    assert not [text for text in seen if words(text) in talk], "small talk is a label of its own, and not out of scope"


def test_a_wording_of_one_topic_is_known_as_written_whatever_its_signs(classifier: IntentClassifier) -> None:
    campaign = _campaign()
    by_words: dict[str, set[str]] = {}
    for topic in campaign.topics.values():
        for listed in topic.phrasings.values():
            for text in listed:
                by_words.setdefault(" ".join(words(text)), set()).add(topic.id)
    assert by_words
    for told, topics in by_words.items():
        assert classifier.predict(classifier.read(f"{told}؟!")).written == (
            next(iter(topics)) if len(topics) == 1 else None
        )
    assert classifier.predict(classifier.read("what is the price of a used bicycle")).written is None
