"""`tabayyan ask --json`, the black box that other programs rely on."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from bot.channels.terminal import ask, chat, questions
from bot.core.conversation import Conversation
from bot.core.reply import Context
from tests.conftest import ROOT, TODAY

KEYS = ["outcome", "language", "topics", "answered", "choices", "urgent", "signs", "reply", "buttons"]


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
    assert list(questions(io.BytesIO(line + b"\n"))) == [read]


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
        env={**kept, **environment},
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


@pytest.mark.slow
def test_independent_wordings_find_their_topics(tmp_path: Path) -> None:
    """The real bot over tests/wordings: floors below what was measured, the figures printed with -s."""
    cases: list[tuple[str, str, set[str]]] = []
    near: list[str] = []
    for path in sorted((ROOT / "tests" / "wordings").glob("*/*.yaml")):
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        for case in data.get("finds", []):
            cases.append((case["q"], case["variety"], {path.stem, *case.get("also", [])}))
        near += [case["q"] for case in data.get("near_misses", [])]
    lines = "".join(json.dumps(q) + "\n" for q in [*(q for q, _, _ in cases), *near]).encode()
    done = run(["ask", "--json"], lines, TABAYYAN_DATA_DIR=str(tmp_path))
    found = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    assert len(found) == len(cases) + len(near)
    tally: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for (_, variety, fair), one in zip(cases, found, strict=False):
        ranked = [topic["id"] for topic in one["topics"]]
        reached = {*one["answered"], *one["choices"]}
        for key in (variety, "all"):
            row = tally[key]
            row[0] += 1
            row[1] += ranked[0] in fair
            row[2] += bool(fair & set(ranked[:3]))
            row[3] += bool(fair & reached)
            row[4] += bool(one["answered"]) and not fair & set(one["answered"])
    for key, (count, *hits) in tally.items():
        shares = " ".join(f"{100 * hit / count:5.1f}" for hit in hits)
        print(f"{key:8} {count:5}  first/three/reached/wrong {shares}")
    answered_near = sum(bool(one["answered"]) for one in found[len(cases) :])
    print(f"near misses answered: {answered_near} of {len(near)}")
    count, first, three, reached, wrong = tally["all"]
    assert first >= 0.85 * count
    assert three >= 0.94 * count
    assert reached >= 0.93 * count
    assert wrong <= 0.03 * count
    assert answered_near <= 0.2 * len(near)
