"""The whole program over Telegram, in both modes: dialogs as data, floods, and not a trace of anybody."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.canary import Canaries, Hit
from tests.simulator.client import ROOT, Telegram, buttons, until
from tests.simulator.fixtures import MODES, Bot, running, user

__all__ = ["user"]

pytestmark = pytest.mark.slow

PROGRAM = (sys.executable, "-m", "bot.cli", "run")
FIRST_START_SECONDS = 240
DIALOGS: list[tuple[str, dict[str, Any]]] = [
    (path.stem, dialog)
    for path in sorted((Path(__file__).parent / "dialogs").glob("*.yaml"))
    for dialog in yaml.safe_load(path.read_text(encoding="utf-8"))
]
ORIGIN = {"type": "hidden_user", "sender_user_name": "x", "date": 1}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose cache holds what the first start has learnt, if this checkout has been run before."""
    data = tmp_path_factory.mktemp("learnt") / "data"
    data.mkdir()
    if (ROOT / "data" / "cache").is_dir():
        shutil.copytree(ROOT / "data" / "cache", data / "cache")
    return data


@pytest.fixture(scope="module", params=MODES)
def program(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, learnt: Path
) -> Iterator[tuple[Telegram, Bot]]:
    """The whole program and its Telegram."""
    with running(request.param, tmp_path_factory.mktemp(request.param), PROGRAM) as (telegram, bot):
        bot.start({"TABAYYAN_DATA_DIR": str(learnt)})
        telegram.ask(1, "/help", seconds=FIRST_START_SECONDS)
        yield telegram, bot


@pytest.mark.parametrize(
    "dialog", [dialog for _, dialog in DIALOGS], ids=[f"{file}: {one['name']}" for file, one in DIALOGS]
)
def test_a_dialog(program: tuple[Telegram, Bot], user: int, dialog: dict[str, Any]) -> None:
    telegram, _ = program
    message: dict[str, Any] = {}
    for turn in dialog["turns"]:
        if "press" in turn:
            found = telegram.press(user, message, turn["press"])
            if turn.get("deletes"):
                assert found is None
                assert not telegram.said(user)
                assert all(one.get("_deleted") for one in telegram("chat", chat=user))
                return
            assert found is not None
            message = found
        else:
            before = len(telegram.said(user))
            content = {"forward_origin": ORIGIN} if turn.get("forwarded") else {}
            content |= {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}} if turn.get("voice") else {}
            said = {"text": turn["say"]} if "say" in turn else {}
            telegram("say", user=user, lang=dialog["lang"], content=content, **said)
            message = telegram.next(user, before)
        for fragment in turn.get("shows", ()):
            assert fragment in message["text"].replace("\u2068", "").replace("\u2069", "")
        for fragment in turn.get("hides", ()):
            assert fragment not in message["text"]
        assert set(turn.get("buttons", ())) <= set(buttons(message))
        if turn.get("silent"):
            assert message["_silent"]


def test_urgent_help_comes_in_two_seconds_through_a_flood(program: tuple[Telegram, Bot], user: int) -> None:
    """20 accounts send 5,000 messages; somebody else is in danger."""
    telegram, bot = program
    if bot.mode == "polling":
        pytest.skip("By polling Telegram hands updates out in order, so that who comes last waits for all before.")
    from tests.simulator.client import Telegram as Another  # the flood keeps its own connection busy

    flood = Another.__new__(Another)
    flood.port, flood.address, flood._line, flood.process = telegram.port, telegram.address, None, telegram.process
    sending = threading.Thread(
        target=lambda: flood("flood", n=5000, users=20, text="what is the law {i}", first=10**6 + user, rate=400)
    )
    sending.start()
    delays = []
    for number in range(5):
        time.sleep(1)
        start = time.monotonic()
        said = telegram.ask(user + number, "they took my passport and locked me in a flat", seconds=30)
        delays.append(time.monotonic() - start)
        assert said["_silent"]
    print(f"urgent replies during the flood: {', '.join(f'{delay:.2f} s' for delay in delays)}", file=sys.stderr)
    assert max(delays) < 2
    sending.join()
    telegram.idle(300)


# ---- not a trace


def _digests(folders: list[Path]) -> dict[Path, bytes]:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).digest() for path in files}


def _found(canaries: Canaries, folders: list[Path], before: dict[Path, bytes]) -> list[Hit]:
    """Canaries in every file that is not byte for byte as it was before the first of them was sent."""
    hits = []
    for path, digest in _digests(folders).items():
        hits += canaries.in_bytes(path.name.encode(), f"name of {path}")
        if before.get(path) != digest:
            hits += canaries.in_bytes(path.read_bytes(), str(path))
    return hits


def _people(count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": (1 << 41) + 7_919_123 * number,
            "first": f"Canaryfirst{number}qx",
            "user": f"canaryuser{number}qx",
            "phone": f"0770{number:03}918273",
            "passport": f"QX{number:03}77123",
            "word": f"كناري{number}زقزق",
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
@pytest.mark.parametrize("mode", MODES)
def test_no_trace_of_anybody_is_left(tmp_path: Path, learnt: Path, mode: str, level: str) -> None:
    """Canaries in every field of every kind of update; then every byte is searched, also after kill -9."""
    people = _people(40)
    texts = [value for one in people for name, value in one.items() if name != "id"]
    canaries = Canaries([*texts, "AAcanary-token-of-the-simulator-000"], [one["id"] for one in people])
    canaries.positive_control(tmp_path / "control")
    home = tmp_path / "home"
    for name in ("home", "temporary", "data"):
        (tmp_path / name).mkdir()
    if (learnt / "cache").is_dir():
        shutil.copytree(learnt / "cache", tmp_path / "data" / "cache")
    places = {
        "HOME": str(home),
        "TMPDIR": str(tmp_path / "temporary"),
        "TABAYYAN_DATA_DIR": str(tmp_path / "data"),
        "TABAYYAN_CACHE_DIR": str(tmp_path / "data" / "cache"),
    }
    watched = [home, tmp_path / "temporary", tmp_path / "data", tmp_path / "bot"]
    with running(mode, tmp_path / "telegram", PROGRAM) as (telegram, bot):
        (tmp_path / "bot").mkdir()
        bot.output = tmp_path / "bot" / "bot.log"
        bot.start({**places, "TABAYYAN_LOG_LEVEL": level})
        telegram.ask(1, "/help", seconds=FIRST_START_SECONDS)
        telegram("set", hook_retry=0.2)
        before = _digests(watched)
        for number, one in enumerate(people):
            _everything(telegram, one, number)
            if number == len(people) // 2:
                assert _found(canaries, watched, before) == []
                assert bot.process is not None
                bot.process.kill()
                assert _found(canaries, watched, before) == []
                bot.start({**places, "TABAYYAN_LOG_LEVEL": level})
        telegram.idle(240)
        assert _found(canaries, watched, before) == []
        assert bot.stop() == 0
        assert _found(canaries, watched, before) == []
        assert canaries.keyed_in(bot.output.read_bytes(), "log") == []
        said = telegram("bot-said")
        assert all(said.get(str(one["id"]), 0) >= 1 for one in people)


def _everything(telegram: Telegram, one: dict[str, Any], number: int) -> None:
    """One person does all that can be done."""
    person = {"first_name": one["first"], "username": one["user"]}
    who = {"user": one["id"], "person": person}
    words = f"{one['word']} {one['phone']} {one['passport']}"
    telegram("say", text=f"what is the law {words}", **who)
    telegram("say", text=f"they locked me in a flat {words}", **who)
    telegram("say", text=f"salary 3000 dollars visa paid no experience write me {words}", **who)
    telegram("say", text=f"/start {one['user']}", **who)
    telegram("say", text=f"/check {words}", **who)
    sent = telegram("say", text=words, **who)
    telegram("edit", user=one["id"], message_id=sent["message_id"], text=f"edited {words}")
    telegram("say", content={"contact": {"phone_number": one["phone"], "first_name": one["first"]}}, **who)
    telegram("say", content={"voice": {"file_id": one["user"], "file_unique_id": "x", "duration": 1}}, **who)
    telegram(
        "say", content={"document": {"file_id": one["user"], "file_name": one["passport"]}, "caption": words}, **who
    )
    telegram("inline", user=one["id"], query=words)
    telegram("say", chat=-one["id"], text=f"@sim_faq_bot {words}", **who)
    # Malformed on purpose, each with the person's words in it.
    telegram("raw", update={"message": {"text": words, "chat": {"id": words}}})
    telegram("raw", update={"message": words})
    telegram("raw", update={"callback_query": {"id": words, "from": {"id": one["id"]}, "data": words}})
    # Telegram itself echoes in what it refuses.
    kinds = ("400", "403", "502", "429")
    telegram(
        "fault",
        method="sendMessage",
        kind=kinds[number % 4],
        times=1,
        chat_id=one["id"],
        description=f"Bad Request: {words}",
        seconds=1,
    )
    telegram("say", text="/forget", **who)
    if number % 10 == 0:
        telegram.idle(120)
        until(lambda: telegram.said(one["id"]), 5)


def test_nothing_is_left_in_the_working_folder() -> None:
    assert not list(Path(os.curdir).glob("core*"))
