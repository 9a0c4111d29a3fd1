"""Voice notes: heard in another process, bounded, in memory only; nothing where nothing can be trusted."""

from __future__ import annotations

import os
import random
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest

from bot.channels import voice
from bot.channels.voice import LARGEST_BYTES, Heard, hear, is_available
from bot.settings import SettingsError, read_settings
from tests.conftest import missing
from tests.voice_kit import as_note, is_complete, joined_model, spoken

with_model = missing("The extra voice with its test model, or espeak-ng,", is_complete())


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model in one folder."""
    return joined_model(tmp_path_factory.mktemp("voice") / "model")


def words(heard: Heard | None) -> list[str]:
    """What was heard, without case and marks."""
    assert heard is not None
    return "".join(letter if letter.isalnum() else " " for letter in heard.text.lower()).split()


@with_model
def test_speech_is_heard(model: Path) -> None:
    heard = hear(as_note(spoken("They took my passport and I want to go home", "en")), model)
    assert heard is not None
    assert heard.language == "en"
    assert {"passport", "home", "took"} <= set(words(heard))


@pytest.mark.slow
@with_model
def test_noise_silence_and_rubbish_are_nothing(model: Path) -> None:
    import numpy

    chance = numpy.random.default_rng(1)
    for samples in (numpy.zeros(48000 * 3), chance.normal(0, 3000, 48000 * 3)):
        assert hear(as_note(_wav(samples.astype("<i2").tobytes())), model) is None
    for body in (b"", b"OggS", random.Random(1).randbytes(5000), b"\0" * (LARGEST_BYTES + 1)):
        assert hear(body, model) is None


@with_model
def test_more_than_a_minute_is_refused_before_the_model_is_asked(model: Path) -> None:
    note = as_note(_wav(b"\0\0" * 48000 * 61))
    assert len(note) < LARGEST_BYTES
    assert voice._decoded(note) is None
    assert voice._decoded(as_note(_wav(b"\0\0" * 48000 * 59))) is not None


@pytest.mark.slow
@with_model
def test_nothing_is_written_anywhere(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = as_note(spoken("I am in danger", "en"))
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    assert hear(note, model) is not None
    assert list(tmp_path.rglob("*")) == []


def _wav(samples: bytes) -> bytes:
    import wave

    target = BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48000)
        file.writeframes(samples)
    return target.getvalue()


# ---- the other process, whatever it does


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of Python: the test writes what it does."""
    program = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(program))
    return program


def _does(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_it_gets_the_note_by_a_pipe_and_none_of_our_settings(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABAYYAN_TELEGRAM_TOKEN", "1:canary-token")
    _does(stand_in, f'env > {tmp_path}/env; cat > {tmp_path}/note; echo \'{{"text": "hello", "language": "en"}}\'')
    assert hear(b"canary-note", Path("/model")) == Heard("hello", "en")
    assert (tmp_path / "note").read_bytes() == b"canary-note"
    told = (tmp_path / "env").read_text()
    assert "canary" not in told
    assert "HF_HUB_OFFLINE=1" in told


@pytest.mark.parametrize(
    "script",
    ["exit 1", "kill -9 $$", "echo nonsense", "echo '[]'", 'echo \'{"text": ""}\'', "true", 'echo \'{"text": "x"}\''],
)
def test_whatever_goes_wrong_there_is_silence(stand_in: Path, script: str) -> None:
    _does(stand_in, script)
    assert hear(b"note", Path("/model")) is None


def test_it_is_ended_when_it_takes_too_long(stand_in: Path) -> None:
    _does(stand_in, "exec sleep 60")
    begun = time.monotonic()
    assert hear(b"note", Path("/model"), seconds=0.5) is None
    assert time.monotonic() - begun < 5


def test_without_a_model_it_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABAYYAN_ENV_FILE", os.devnull)
    assert not is_available(None)
    assert not is_available(tmp_path)
    assert read_settings().voice_model is None
    monkeypatch.setenv("TABAYYAN_VOICE_MODEL", str(tmp_path))
    with pytest.raises(SettingsError, match=r"TABAYYAN_VOICE_MODEL.*model\.bin"):
        read_settings()
