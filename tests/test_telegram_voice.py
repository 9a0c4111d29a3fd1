"""Voice notes over Telegram: the channel around the small conversation, with something that hears words in bytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import runtime
from bot.channels import voice
from bot.channels.telegram.updates import Me, read_update
from bot.channels.voice import LARGEST_BYTES, LONGEST_SECONDS, Heard
from bot.settings import VOICE_MODEL_FILES
from tests.canary import Canaries, planted_ids
from tests.simulator.client import Telegram, buttons
from tests.simulator.fixtures import Bot, running, user

__all__ = ["user"]

PROGRAM = (sys.executable, "-m", "tests.simulator.small_bot")
WHOLE_PROGRAM = (sys.executable, "-m", "tests.simulator.small_program")
FIRST_START_SECONDS = 240
NOT_SAID = "That is not what I said"
IN_WORDS = "I cannot hear or see this. Please write your question in words."
ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))


def model_folder(parent: Path) -> Path:
    """What the settings take for a model."""
    folder = parent / "model"
    folder.mkdir()
    for name in VOICE_MODEL_FILES:
        (folder / name).touch()
    return folder


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Telegram, Bot]]:
    """A bot that hears."""
    folder = tmp_path_factory.mktemp("hearing")
    with running("polling", folder, PROGRAM) as (telegram, bot):
        bot.start({"TABAYYAN_VOICE_MODEL": str(model_folder(folder)), "TABAYYAN_LOG_LEVEL": "DEBUG"})
        telegram.ask(1, "/help", seconds=60)
        yield telegram, bot


@pytest.fixture
def telegram(hearing: tuple[Telegram, Bot]) -> Telegram:
    """Its Telegram."""
    return hearing[0]


def speak(telegram: Telegram, user: int, words: str, *, seconds: int = 5, **more: Any) -> dict[str, Any]:
    """Send a voice note; gives the reply, its text without marks of direction."""
    before = len(telegram.said(user))
    name = f"note-{user}-{before}"
    telegram("file", name=name, hex=words.encode().hex())
    content = {"voice": {"file_id": name, "file_unique_id": name, "duration": seconds}, **more.pop("content", {})}
    telegram("say", user=user, content=content, **more)
    answer: dict[str, Any] = telegram.next(user, before, 20)
    return {**answer, "text": answer["text"].translate(ISOLATES)}


def downloads(telegram: Telegram) -> int:
    return len(telegram("calls", method="getFile"))


def test_what_was_heard_is_answered_below_what_was_understood(telegram: Telegram, user: int) -> None:
    answer = speak(telegram, user, "what is the prison term?")
    assert answer["text"].startswith("I understood: “what is the prison term?”")
    assert "Answer: The prison term" in answer["text"]
    # Never sure.
    assert "This is what I have on “The prison term”" in answer["text"]
    assert NOT_SAID in buttons(answer)
    arabic = speak(telegram, user + 1, "شنو عقوبة السجن؟")
    assert arabic["text"].startswith("فهمت: «شنو عقوبة السجن؟»")
    assert "لم أقل هذا" in buttons(arabic)


def test_who_said_something_else_is_asked_to_write_it(telegram: Telegram, user: int) -> None:
    answer = speak(telegram, user, "what is the prison term?")
    shown = telegram.press(user, answer, NOT_SAID)
    assert shown is not None
    assert "Please write your question in words." in shown["text"]
    assert "prison" not in shown["text"]
    assert "🆘 Urgent help" in buttons(shown)
    assert NOT_SAID not in buttons(shown)


def test_a_danger_told_by_voice_gets_the_urgent_reply_first(telegram: Telegram, user: int) -> None:
    answer = speak(telegram, user, "they locked me")
    assert answer["text"].startswith("URGENT")
    assert answer["text"].endswith("I understood: “they locked me”")
    assert answer["_silent"]
    assert NOT_SAID in buttons(answer)


def test_the_askers_own_language_is_expected_first(telegram: Telegram, user: int) -> None:
    assert "“prison term en ar”" in speak(telegram, user, "prison term LANGUAGES", lang="en")["text"]
    assert "prison term ar en" in speak(telegram, user + 1, "prison term LANGUAGES", lang="ar")["text"]


def test_nobody_speaks_a_command(telegram: Telegram, user: int) -> None:
    answer = speak(telegram, user, "/forget prison")
    assert "“forget prison”" in answer["text"]


@pytest.mark.parametrize(
    ("words", "seconds", "loads"),
    [("what is the prison term?", LONGEST_SECONDS + 1, 0), ("", 5, 1), ("x" * (LARGEST_BYTES + 1), 5, 1)],
    ids=["too long", "nothing heard", "too large"],
)
def test_what_is_not_heard_gets_a_call_to_write(
    telegram: Telegram, user: int, words: str, seconds: int, loads: int
) -> None:
    before = downloads(telegram)
    answer = speak(telegram, user, words, seconds=seconds)
    assert IN_WORDS in answer["text"]
    assert NOT_SAID not in buttons(answer)
    assert downloads(telegram) == before + loads


def test_a_caption_is_answered_and_the_note_left_alone(telegram: Telegram, user: int) -> None:
    before = downloads(telegram)
    answer = speak(telegram, user, "they locked me", content={"caption": "what is the prison term?"})
    assert answer["text"].startswith("The prison term")
    assert NOT_SAID not in buttons(answer)
    assert downloads(telegram) == before


def test_music_and_groups_are_not_heard(telegram: Telegram, user: int) -> None:
    before = downloads(telegram)
    audio = {"file_id": "a", "file_unique_id": "a", "duration": 5}
    telegram("say", user=user, content={"audio": audio})
    assert IN_WORDS in telegram.next(user, 0)["text"]
    telegram("say", user=user, chat=-user, content={"voice": audio})
    telegram.idle()
    assert downloads(telegram) == before


def test_without_the_setting_nothing_is_downloaded(tmp_path: Path) -> None:
    with running("polling", tmp_path, PROGRAM) as (telegram, bot):
        bot.start({"TABAYYAN_LOG_LEVEL": "DEBUG"})
        telegram.ask(1, "/help", seconds=60)
        assert IN_WORDS in speak(telegram, 11, "they locked me")["text"]
        assert downloads(telegram) == 0


@pytest.mark.slow
def test_nothing_that_was_said_is_left(tmp_path: Path) -> None:
    """The whole program with its counters; every file that it could write is searched, before and after its end."""
    words = [f"كناري{number}زقزق" for number in range(3)]
    askers = planted_ids(3)
    canaries = Canaries(words, askers)
    canaries.positive_control(tmp_path / "control")
    home = tmp_path / "home"
    home.mkdir()
    places = {"TABAYYAN_VOICE_MODEL": str(model_folder(tmp_path)), "HOME": str(home), "TMPDIR": str(home)}
    with running("polling", tmp_path / "telegram", WHOLE_PROGRAM) as (telegram, bot):
        bot.output = tmp_path / "log" / "bot.log"
        bot.output.parent.mkdir()
        bot.start({**places, "TABAYYAN_LOG_LEVEL": "DEBUG"})
        telegram.ask(1, "/help", seconds=FIRST_START_SECONDS)
        for asker, said in zip(askers, ("what is the prison term", "they locked me", "zzz"), strict=True):
            assert words[0] in speak(telegram, asker, f"{said} {' '.join(words)}")["text"]
        watched = [bot.output.parent, bot.data, home]
        assert canaries.in_folders(watched) == []
        assert bot.stop() == 0
        assert any(bot.data.rglob("*.db"))
        assert canaries.in_folders(watched) == []


# ---- without a process


def test_only_a_short_voice_note_has_a_file_to_hear() -> None:
    def found(**content: Any) -> str | None:
        message = {"message_id": 1, "date": 1, "chat": {"id": 5, "type": "private"}, **content}
        known = read_update({"update_id": 1, "message": message}, Me(1, "me"))
        assert known is not None
        assert known.content == "voice"
        return known.voice

    file = {"file_id": "v", "file_unique_id": "v"}
    assert found(voice={**file, "duration": LONGEST_SECONDS}) == "v"
    assert found(voice={**file, "duration": LONGEST_SECONDS + 1}) is None
    assert found(audio={**file, "duration": 1}) is None


def test_the_program_hears_only_where_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_folder(tmp_path)
    monkeypatch.setattr(voice, "hear", lambda note, model, languages: Heard("x", "ar") if note else None)
    assert runtime.hears(None) is None
    monkeypatch.setattr(voice, "is_available", lambda model: False)
    assert runtime.hears(model) is None
    monkeypatch.setattr(voice, "is_available", lambda model: True)
    hears = runtime.hears(model)
    assert hears is not None
    assert (hears(b"note", ("ar",)), hears(b"", ("ar",))) == ("x", None)
