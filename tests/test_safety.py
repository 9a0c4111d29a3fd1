"""The urgent lane: what it hears, what it lets pass, what it says, and how long it takes."""

from __future__ import annotations

import re
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content_tools.load.build import read_content
from bot.dialogue.safety import Alarm, SafetyLane
from bot.nlu.patterns import PatternError, Vocabulary
from bot.nlu.utterance import Utterance

ROOT = Path(__file__).resolve().parent.parent
SETS = Path(__file__).parent / "safety"
MILLISECONDS = 50


def load(path: Path) -> dict[str, object]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


CONTENT = read_content(ROOT / "content").content
assert CONTENT is not None
LANE = SafetyLane(CONTENT.safety, CONTENT.campaign.dangers)
WORDS = {words.language: words for words in CONTENT.safety}
VARIETIES = {code: language.varieties for code, language in CONTENT.campaign.languages.items()}


def listen(lane: SafetyLane, text: str) -> Alarm | None:
    return lane.listen(Utterance.read(text))


def steer(lane: SafetyLane, text: str) -> str | None:
    return lane.steer(Utterance.read(text))


def messages(kind: str) -> Iterator[tuple[str, str]]:
    """(variety, message) of one file of labelled messages."""
    for variety, listed in load(SETS / f"{kind}.yaml").items():
        groups = listed.values() if isinstance(listed, dict) else [listed]
        for group in groups:
            for message in group:
                yield variety, message


def levels(kind: str, half: int | None = None) -> tuple[Counter[str], dict[str, Counter[str]]]:
    """How a file's messages are heard, in all and by variety; half 1 is the one not looked at while tuning."""
    total: Counter[str] = Counter()
    by_variety: dict[str, Counter[str]] = {}
    for variety, message in messages(kind):
        if half is not None and zlib.crc32(message.encode()) & 1 != half:
            continue
        alarm = listen(LANE, message)
        level = alarm.level if alarm else "none"
        total[level] += 1
        by_variety.setdefault(variety, Counter())[level] += 1
    return total, by_variety


# ---- what it hears


@pytest.mark.parametrize(("kind", "least"), [("strong", 100), ("weak", 60), ("harmless", 60), ("ordinary", 200)])
def test_sets_are_large_enough(kind: str, least: int) -> None:
    assert sum(1 for _ in messages(kind)) >= least


def test_clear_danger_is_heard() -> None:
    total, by_variety = levels("strong")
    print("strong", dict(total), {variety: dict(counts) for variety, counts in by_variety.items()})
    count = sum(total.values())
    assert (total["full"] + total["ask"]) / count >= 0.98
    assert total["full"] / count >= 0.95
    for variety, counts in by_variety.items():
        assert 1 - counts["none"] / sum(counts.values()) >= 0.95, variety


def test_clear_danger_is_heard_in_the_half_not_looked_at() -> None:
    total, _ = levels("strong", half=1)
    print("strong, held out", dict(total))
    assert 1 - total["none"] / sum(total.values()) >= 0.96


def test_unclear_danger_is_asked_about() -> None:
    total, _ = levels("weak")
    print("weak", dict(total))
    assert 1 - total["none"] / sum(total.values()) >= 0.95


def test_idioms_games_and_negations_pass() -> None:
    total, _ = levels("harmless")
    print("harmless", dict(total))
    count = sum(total.values())
    assert total["full"] / count <= 0.02
    assert 1 - total["none"] / count <= 0.05


def test_ordinary_questions_pass() -> None:
    total, _ = levels("ordinary")
    print("ordinary", dict(total))
    count = sum(total.values())
    assert total["full"] / count <= 0.01
    assert 1 - total["none"] / count <= 0.05


def test_the_campaigns_own_phrasings_of_calm_topics_pass() -> None:
    """Thousands of phrasings that other writers made for topics about law, offers, numbers and the state."""
    calm = re.compile(
        r"(law|scam-(promised|red|tourist|who|check|citizen|study|job|route|basra)|risk|campaign|story|hotline)-?.*"
    )
    heard: Counter[str] = Counter()
    for path in sorted((ROOT / "content").glob("*/phrasings/*.yaml")):
        if calm.fullmatch(path.stem):
            for listed in load(path).values():
                for message in listed if isinstance(listed, list) else ():
                    alarm = listen(LANE, message)
                    heard[alarm.level if alarm else "none"] += 1
    count = sum(heard.values())
    print("phrasings of calm topics", dict(heard))
    assert count > 1000
    assert heard["full"] / count <= 0.02
    assert heard["ask"] / count <= 0.05


@pytest.mark.parametrize(
    ("message", "level", "danger"),
    [
        ("اخذوا جوازي", "full", "papers-taken"),
        ("ما اخذوا جوازي", None, None),
        ("اذا اخذوا جوازي شسوي", None, None),
        ("اخذؤؤا جواااازي", "full", "papers-taken"),
        ("أَخَذُوا جَوَازِي", "full", "papers-taken"),
        ("akhtho jawazi", "full", "papers-taken"),
        ("they took our passports", "full", "papers-taken"),
        ("they did not take our passports", None, None),
        ("I dont want to live", "full", "self-harm"),
        ("اموت من الضحك", None, None),
        ("شلون اطلع من المعسكر بلعبة ببجي", None, None),
        ("انتظار الباص يقتلني ملل", None, None),
    ],
)
def test_one_message(message: str, level: str | None, danger: str | None) -> None:
    alarm = listen(LANE, message)
    assert (alarm.level if alarm else None, alarm.danger if alarm else None) == (level, danger)


@pytest.mark.parametrize("text", ["", " ", "؟؟؟", "👍", "123", "\ud800", "\x00", "جوازي\udc00اخذوه"])
def test_nothing_to_read_raises_nothing(text: str) -> None:
    listen(LANE, text)
    steer(LANE, text)
    assert not LANE.is_safe_word(Utterance.read(text))


# ---- whom and where it means


def test_a_relative_gets_a_relatives_topics() -> None:
    own, relatives = listen(LANE, "اني بمعسكر تدريب بروسيا طلعوني"), listen(LANE, "ابني بمعسكر تدريب بروسيا ويبجي")
    assert own is not None and relatives is not None
    assert own.topics[0] == "in-russia-training-camp"
    assert relatives.topics[0] == "family-son-calls-from-camp"


def test_place_decides_who_may_dial() -> None:
    at_home, there = listen(LANE, "اني هسه بمطار بغداد ويه السمسار"), listen(LANE, "اني محبوس بشقة بموسكو")
    assert at_home is not None and there is not None
    assert at_home.place == "iraq"
    assert there.place == "russia"


@pytest.mark.parametrize(
    ("message", "who"),
    [
        ("اني بمعسكر تدريب بروسيا طلعوني", "self"),
        ("ابني بمعسكر تدريب بروسيا ويبجي", "relative"),
        ("my son is in a training camp in russia and he is crying", "relative"),
        ("they took my passport", "self"),
    ],
)
def test_who_is_in_danger_is_told_by_the_words(message: str, who: str) -> None:
    alarm = listen(LANE, message)
    assert alarm is not None
    assert alarm.who == who


def test_topics_exist() -> None:
    for danger in LANE.dangers:
        kind = LANE.kind(danger)
        assert {*kind.topics, *kind.relative_topics} <= CONTENT.campaign.topics.keys()


@pytest.mark.parametrize(
    ("message", "asks"),
    [
        ("اريد التحق بالجيش الروسي شلون", "enlisting"),
        ("how can I join the russian army", "enlisting"),
        ("arid altahiq bil jaysh el rusi", "enlisting"),
        ("عندي 10 شباب جاهزين لروسيا شكد العمولة", "recruiting"),
        ("how much commission do I get for each man I bring", "recruiting"),
        ("هل الالتحاق بالجيش الروسي جريمة", None),
        ("what is the punishment for joining the russian army", None),
        ("شكد حكم السمسار", None),
    ],
)
def test_who_asks_how_is_recognised(message: str, asks: str | None) -> None:
    assert steer(LANE, message) == asks


@pytest.mark.parametrize("language", WORDS)
def test_every_danger_has_words_of_its_own(language: str) -> None:
    """Some dangers are known by examples alone: nobody could list how they are told."""
    listed = {danger.id for danger in WORDS[language].dangers}
    assert listed <= set(LANE.dangers)
    by_examples = {
        example.label for example in CONTENT.campaign.danger_examples if example.variety in VARIETIES[language]
    }
    assert set(LANE.dangers) - {"unknown"} <= listed | by_examples
    for danger in WORDS[language].dangers:
        assert danger.strong or danger.weak


@pytest.mark.parametrize("language", WORDS)
def test_the_safe_word_is_known_however_it_is_typed(language: str) -> None:
    word = WORDS[language].safe_words[0]
    assert LANE.is_safe_word(Utterance.read(f" {word}! "))
    assert LANE.safe_word(language) == word


def test_yes_gives_the_full_reply_of_that_danger() -> None:
    for danger in LANE.dangers:
        alarm = LANE.alarm(danger)
        assert (alarm.level, alarm.asks) == ("full", False)
    assert LANE.alarm("nobody-wrote-this") == LANE.unknown


def test_the_lane_without_a_model_costs_less_than_half_a_millisecond() -> None:
    texts = [message for kind in ("strong", "weak", "harmless", "ordinary") for _, message in messages(kind)]
    spent = []
    for _ in range(5):
        utterances = [Utterance.read(text) for text in texts]
        started = time.process_time()
        for utterance in utterances:
            LANE.listen(utterance)
        spent.append((time.process_time() - started) * 1000 / len(texts))
    print(f"{min(spent):.3f} ms a message")
    assert min(spent) < 0.5


# ---- time and mistakes

HOSTILE = {
    "one letter": "ا" * 4096,
    "strong words": "اخذوا جوازي " * 341,
    "first words only": "اخذوا " * 680,
    "negations": "ما لا لم " * 512,
    "short English": "a b " * 1024,
    "arabizi": "akhtho jwazy sjn lo jesh shlon ahrb mn el m3skr " * 85,
    "fresh words": " ".join(f"w{number}x" for number in range(650)),
    "fresh arabizi": " ".join(f"3a{number}kh" for number in range(520)),
    "ligatures": "ﷺ" * 4096,
    "marks": "شً" + "\u064b" * 4000,
    "brackets": "<" * 4096,
    "all words of the lists": " ".join(" ".join(danger.strong) for danger in WORDS["ar"].dangers)[:4096],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_little(name: str) -> None:
    text = HOSTILE[name][:4096]
    spent = []
    for _ in range(4):
        started = time.process_time()
        listen(LANE, text)
        spent.append((time.process_time() - started) * 1000)
    print(name, f"{min(spent):.1f} ms")
    assert min(spent) < MILLISECONDS


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    alarm = listen(LANE, text)
    assert alarm is None or alarm.danger in LANE.dangers
    assert steer(LANE, text) in (None, "enlisting", "recruiting")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="اخذجوزي <>()|.+*?\\[]{}-5a", max_size=60))
def test_any_pattern_is_read_or_refused_with_a_reason(line: str) -> None:
    vocabulary = Vocabulary()
    try:
        pattern = vocabulary.compile(line, {"took": ("اخذوا",)})
    except PatternError as problem:
        assert str(problem).endswith(".")
    else:
        vocabulary.seal()
        vocabulary.read(Utterance.read("اخذوا جوازي 5")).has(pattern)
