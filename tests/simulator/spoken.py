"""In place of a model: voice notes that are made of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from bot.channels import voice


def _hear(note: bytes, model: Path, languages: Sequence[str] = ()) -> voice.Heard | None:
    """LANGUAGES in a note stands for those that were expected."""
    words = note.decode("utf-8", "ignore").replace("LANGUAGES", " ".join(languages))
    return voice.Heard(words, languages[0]) if words else None


@contextmanager
def hearing_words() -> Iterator[None]:
    """Within, any folder is a model, and any note is heard as the words that it holds."""
    with patch.object(voice, "hear", _hear), patch.object(voice, "is_available", lambda model: model is not None):
        yield
