"""`tabayyan ask --json`, the black box that other programs rely on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.channels.terminal import Asked, ask, chat, questions
from bot.content_tools.load.build import Content
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Context
from bot.i18n import Phrases
from tests.conftest import ROOT, TODAY
from tests.kit.conversations import scripted_conversation

KEYS = [
    "outcome",
    "language",
    "topics",
    "answered",
    "sure",
    "choices",
    "urgent",
    "danger",
    "place",
    "signs",
    "reply",
    "buttons",
]


def asked(conversation: Conversation, lines: bytes) -> list[dict[str, object]]:
    """The objects that come back for lines of standard input."""
    out = io.StringIO()
    ask(conversation, questions(io.BytesIO(lines)), Context(TODAY), out, as_lines=True, why=False)
    text = out.getvalue()
    assert text.isascii()
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_one_object_a_line_in_order_for_every_line_blank_ones_too(scripted: Conversation) -> None:
    found = asked(scripted, b"law-prison-term\n\n/start\nzzz\n")
    assert [list(one) for one in found] == [KEYS] * 4
    assert [one["outcome"] for one in found] == ["answer", "none", "smalltalk", "none"]
    assert found[0]["answered"] == ["law-prison-term"]
    assert all(1 <= len(one["topics"]) <= 5 for one in found)  # type: ignore[arg-type]
    assert all(one["reply"] for one in found)


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (b'"law-prison-term"', "law-prison-term"),
        (b'{"q": "law-prison-term"}', "law-prison-term"),
        (b'{"text": "law-prison-term", "x": 1}', "law-prison-term"),
        (b'{"q": 5}', '{"q": 5}'),
        (b'{"q": "broken', '{"q": "broken'),
        (b"[1, 2]", "[1, 2]"),
        (b'"\\udc00"', "\udc00"),
        ("a\u2028b\x85c\x0bd".encode(), "a\u2028b\x85c\x0bd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"law\r", "law"),
    ],
)
def test_how_a_line_is_read(line: bytes, read: str) -> None:
    assert list(questions(io.BytesIO(line + b"\n"))) == [Asked(read)]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ({"q": "and then?", "context": ["a", "b"]}, Asked("and then?", ("a", "b"))),
        ({"q": "x", "context": [{"q": "a"}, {"text": "b"}, 7, None, {"q": 5}]}, Asked("x", ("a", "b"))),
        ({"q": "x", "context": "a"}, Asked("x")),
        ({"q": "x", "forwarded": True}, Asked("x", forwarded=True)),
        ({"text": "x", "forwarded": "yes"}, Asked("x")),
    ],
)
def test_what_an_object_says_beside_its_question(line: dict[str, object], read: Asked) -> None:
    assert list(questions(io.BytesIO(json.dumps(line).encode() + b"\n"))) == [read]


def test_a_context_is_answered_first_and_each_line_is_a_new_chat(scripted: Conversation) -> None:
    question = {"q": "talk:follow-up", "context": ["law-amnesty", "law-prison-term"]}
    later, alone = asked(scripted, json.dumps(question).encode() + b'\n"talk:follow-up"\n')
    assert later["answered"] == ["law-prison-term"]
    assert alone["answered"] == []


def test_a_forwarded_line_is_read_as_one(scripted: Conversation) -> None:
    text = "راتب زين وسكن مؤمن للشباب"
    lines = [{"q": text}, {"q": text, "forwarded": True}]
    typed, forwarded = asked(scripted, "".join(json.dumps(line) + "\n" for line in lines).encode())
    assert (typed["outcome"], forwarded["outcome"]) == ("none", "offer")


def test_an_alias_stands_beside_the_topic_that_it_was_merged_into(content: Content, phrases: Phrases) -> None:
    kept = content.campaign.topics["law-prison-term"]
    topics = {**content.campaign.topics, "law-old-name": replace(kept, id="law-old-name", alias_of=kept.id)}
    conversation = scripted_conversation(content, phrases, replace(content.campaign, topics=topics))
    found = asked(conversation, b"law-prison-term\n")[0]
    assert found["answered"] == ["law-prison-term", "law-old-name"]
    assert isinstance(found["topics"], list)
    assert [topic["id"] for topic in found["topics"]][:2] == ["law-prison-term", "law-old-name"]
    assert len(found["topics"]) == 5


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("law-prison-term", ("answer", True, None, None, None)),
        ("~law-prison-term", ("answer", False, None, None, None)),
        ("اني بمعسكر تدريب بروسيا طلعوني", ("urgent", True, "full", "in-camp", "russia")),
        ("I am in danger, in baghdad", ("urgent", True, "ask", "held", "iraq")),
    ],
)
def test_how_sure_and_how_urgent_a_reply_is(
    scripted: Conversation, line: str, told: tuple[str, bool, str | None, str | None, str | None]
) -> None:
    found = asked(scripted, json.dumps(line).encode() + b"\n")[0]
    assert tuple(found[key] for key in ("outcome", "sure", "urgent", "danger", "place")) == told


def test_choices_name_the_topics_on_buttons(scripted: Conversation) -> None:
    found = asked(scripted, b"law-prison-term|law-amnesty\n")[0]
    assert found["outcome"] == "choices"
    assert found["choices"] == ["law-prison-term", "law-amnesty"]


def test_a_chat_in_the_terminal_presses_buttons_by_number(scripted: Conversation) -> None:
    said = iter(["law-prison-term", "1", "999", "/help"])
    out = io.StringIO()

    def read(_: str) -> str:
        try:
            return next(said)
        except StopIteration:
            raise EOFError from None

    chat(scripted, Context(TODAY, forced_language="en"), read, out)
    assert "Sources" in out.getvalue()
    assert "/topics" in out.getvalue()


def run(arguments: list[str], given: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command itself, in a process of its own, without this machine's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TABAYYAN_")}
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        input=given,
        capture_output=True,
        cwd=ROOT,
        env={**kept, "TABAYYAN_CACHE_DIR": str(ROOT / "data" / "cache"), **environment},
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["run", "--mode", "polling"], {}, b"TABAYYAN_TELEGRAM_TOKEN"),
        (["run"], {"TABAYYAN_PORT": "seventy"}, b"TABAYYAN_PORT is wrong"),
        (["run"], {"TABAYYAN_TELEGRAM_TOKEN": "1:x", "TABAYYAN_MODE": "webhook"}, b"TABAYYAN_WEBHOOK_SECRET"),
        (["run"], {"TABAYYAN_HOST": "0.0.0.0"}, b"TABAYYAN_DESK_PASSWORD"),
        (["poster", "no-such-topic"], {}, b"no topic"),
        (["ask", "--today", "tomorrow", "x"], {}, b"2026-11-22"),
        (["nonsense"], {}, b"invalid choice"),
    ],
)
def test_wrong_use_ends_with_a_sentence_and_2(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], said: bytes
) -> None:
    done = run(arguments, b"", TABAYYAN_DATA_DIR=str(tmp_path), **environment)
    assert done.returncode == 2
    assert said in done.stderr
    assert b"Traceback" not in done.stderr


Case = tuple[str, str, set[str]]
"""A question, its variety, and the topics that are right."""


def measured(tmp_path: Path, cases: list[Case], foreign: list[tuple[str, str]]) -> tuple[Counter[str], Counter[str]]:
    """Ask the real bot, print the figures, and count what became of all cases and of foreign questions by kind."""
    lines = "".join(json.dumps(q) + "\n" for q, *_ in [*cases, *foreign]).encode()
    done = run(["ask", "--json"], lines, TABAYYAN_DATA_DIR=str(tmp_path))
    found = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    assert len(found) == len(cases) + len(foreign)
    tally: dict[str, Counter[str]] = defaultdict(Counter)
    for (_, variety, fair), one in zip(cases, found, strict=False):
        ranked = [topic["id"] for topic in one["topics"]]
        answered = set(one["answered"])
        met = {
            "asked": True,
            "first": ranked[:1] and ranked[0] in fair,
            "three": bool(fair & set(ranked[:3])),
            "reached": bool(fair & {*answered, *one["choices"]}),
            "wrong": bool(answered) and not fair & answered,
            "surely wrong": one["sure"] and bool(answered) and not fair & answered,
            "answered": one["outcome"] == "answer",
        }
        for key in (variety, "all"):
            tally[key].update(name for name, so in met.items() if so)
    for key, row in sorted(tally.items()):
        shares = ", ".join(f"{name} {100 * row[name] / row['asked']:.1f}" for name in met if name != "asked")
        print(f"{key:8} {row['asked']:5}  {shares}")
    outside = list(zip(foreign, found[len(cases) :], strict=True))
    answers = Counter(kind for (_, kind), one in outside if one["answered"] and one["sure"])
    likely = Counter(kind for (_, kind), one in outside if one["answered"] and not one["sure"])
    asked = Counter(kind for _, kind in foreign)
    print(
        "answered out of scope, as certain and as likely:",
        ", ".join(f"{kind} {answers[kind]} and {likely[kind]} of {asked[kind]}" for kind in asked),
    )
    return tally["all"], answers


@pytest.mark.slow
def test_independent_wordings_find_their_topics(tmp_path: Path) -> None:
    """The real bot over tests/wordings: floors below what was measured, the figures printed with -s."""
    cases: list[Case] = []
    near: list[tuple[str, str]] = []
    for path in sorted((ROOT / "tests" / "wordings").glob("*/*.yaml")):
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        for case in data.get("finds", []):
            cases.append((case["q"], case["variety"], {path.stem, *case.get("also", [])}))
        near += [(case["q"], "near-miss") for case in data.get("near_misses", [])]
    row, answered = measured(tmp_path, cases, near)
    assert row["first"] >= 0.88 * len(cases)
    assert row["three"] >= 0.96 * len(cases)
    assert row["reached"] >= 0.93 * len(cases)
    assert row["surely wrong"] <= 0.02 * len(cases)
    assert row["wrong"] <= 0.06 * len(cases)  # most of them said that they were not sure, with the right one on a key
    assert answered["near-miss"] <= 0.1 * len(near)


@pytest.mark.slow
def test_questions_that_nobody_has_looked_at_find_their_topics(tmp_path: Path) -> None:
    """The same over tests/unseen, whose README says how to keep it honest."""
    folder = ROOT / "tests" / "unseen"
    asked, outside = (
        [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]
        for name in ("questions.jsonl", "out_of_scope.jsonl")
    )
    cases: list[Case] = [(one["q"], one["variety"], set(one["expect"])) for one in asked]
    row, answered = measured(tmp_path, cases, [(one["q"], one["kind"]) for one in outside])
    assert row["first"] >= 0.9 * len(cases)
    assert row["three"] >= 0.97 * len(cases)
    assert row["reached"] >= 0.95 * len(cases)
    assert row["surely wrong"] <= 0.01 * len(cases)
    assert row["wrong"] <= 0.03 * len(cases)
    kinds = Counter(one["kind"] for one in outside)
    assert answered.pop("near-miss", 0) <= 0.08 * kinds.pop("near-miss")
    assert answered.total() <= 0.02 * kinds.total()
