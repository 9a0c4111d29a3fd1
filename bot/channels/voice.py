"""The words of a voice note, heard in memory by a Whisper model that the operator has put on the machine.

The note goes through a pipe to a process of its own, which is bounded in time and memory, writes no file, dumps no core,
reaches no network and knows none of our settings. What is heard is a guess: whoever answers it says what was understood.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from bot.settings import ROOT, VOICE_MODEL_FILES

LONGEST_SECONDS = 60
LARGEST_BYTES = 2_000_000
"""A minute of Telegram's Opus takes a quarter of it."""
PATIENCE_SECONDS = 45.0
"""The model is loaded anew for each note: nothing of one note can be in the answer to the next."""
MEMORY_BYTES = 3 * 2**30
"""Address space, of which a base model touches a tenth."""
SAMPLES_PER_SECOND = 16_000
CLEAR_LANGUAGE = 0.5
"""Chance from which a language that the model hears is believed more than the language in which somebody writes."""
MOST_SILENCE, LEAST_CONFIDENCE, MOST_REPETITION = 0.6, -1.0, 2.4
"""A piece more likely silent, less likely heard right (mean log chance of a word) or more repetitive (how much it can be
compressed) is dropped: models invent there."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class Heard:
    """What a voice note says, as far as it was understood."""

    text: str
    language: str
    """Code of the language that it was heard in."""


def is_available(model: Path | None) -> bool:
    """Whether voice notes can be heard on this machine: the extra is installed, and the folder holds a model."""
    if model is None or any(importlib.util.find_spec(name) is None for name in ("faster_whisper", "av")):
        return False
    return all((model / name).is_file() for name in VOICE_MODEL_FILES)


def hear(
    note: bytes, model: Path, languages: Sequence[str] = ("ar", "en"), *, seconds: float = PATIENCE_SECONDS
) -> Heard | None:
    """The words of a voice note, or None where there are none that can be trusted.

    `languages` are those that the campaign speaks, the asker's own first; `seconds` bounds the work. Blocks; never
    raises for any bytes.
    """
    if not note or len(note) > LARGEST_BYTES:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - our own module; the note goes through a pipe
            [sys.executable, "-m", "bot.channels.voice", str(model.absolute()), *languages],
            input=note,
            capture_output=True,
            timeout=seconds,
            check=True,
            cwd=ROOT,
            env=_environment(),
        )
        heard = json.loads(done.stdout)
        return Heard(heard["text"], heard["language"]) if heard["text"] else None
    except (subprocess.SubprocessError, OSError, ValueError, KeyError, TypeError):
        return None


def _environment() -> dict[str, str]:
    """Without our own: tokens and passwords are in it. No library may look for anything on a network."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    return {**kept, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(THREADS), "PYTHONDONTWRITEBYTECODE": "1"}


# ---- in the other process


def main(arguments: Sequence[str]) -> int:
    """Hear the note on standard input and write one JSON object; gives the exit code."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    # No file can be written: not by us, and not by a library that would like to.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    folder, *languages = arguments
    heard = _heard(sys.stdin.buffer.read(LARGEST_BYTES + 1), folder, languages)
    sys.stdout.write(json.dumps({"text": heard.text if heard else "", "language": heard.language if heard else ""}))
    return 0


def _heard(note: bytes, folder: str, languages: Sequence[str]) -> Heard | None:
    from faster_whisper import WhisperModel

    sound = _decoded(note)
    if sound is None:
        return None
    model = WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True)
    _, _, chances = model.detect_language(sound, vad_filter=True)
    likeliest, code = max((chance, code) for code, chance in chances if code in languages)
    language = code if likeliest >= CLEAR_LANGUAGE else languages[0]
    pieces, _ = model.transcribe(
        sound,
        language=language,
        beam_size=5,
        vad_filter=True,
        condition_on_previous_text=False,
        without_timestamps=True,
    )
    words = [piece.text.strip() for piece in pieces if _is_trusted(piece)]
    return Heard(" ".join(words), language) if any(words) else None


def _is_trusted(piece: Any) -> bool:
    heard = piece.no_speech_prob <= MOST_SILENCE and piece.avg_logprob >= LEAST_CONFIDENCE
    return bool(heard and piece.compression_ratio <= MOST_REPETITION)


def _decoded(note: bytes) -> Any:
    """Samples of a note, or None where it cannot be decoded or is longer than `LONGEST_SECONDS`.

    It is read in steps: a small file can claim, or hold, hours of silence.
    """
    import av
    import numpy

    parts: list[Any] = []
    length = 0
    try:
        with av.open(BytesIO(note), mode="r", metadata_errors="ignore") as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLES_PER_SECOND)
            for frame in container.decode(audio=0):
                for out in resampler.resample(frame):
                    parts.append(out.to_ndarray().reshape(-1))
                    length += parts[-1].size
                if length > LONGEST_SECONDS * SAMPLES_PER_SECOND:
                    return None
    except (av.FFmpegError, OSError, ValueError, IndexError, MemoryError):
        return None
    if not parts:
        return None
    return numpy.concatenate(parts).astype(numpy.float32) / 32768.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
