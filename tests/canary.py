"""Looks for planted values in files, in every spelling in which a program could have written them.

`Canaries` takes what must not be found. A search counts only beside `positive_control`, which plants one value in
each spelling and must find every one: a search that cannot find proves nothing.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_HASHES = ("md5", "sha1", "sha256", "blake2b")
_LONGEST_UNPACKED = 64 * 1024 * 1024
SMALLEST_ID = 1 << 40
"""Planted ids are larger: shorter byte patterns would turn up by chance."""


@dataclass(frozen=True)
class Hit:
    """Where a canary was found, and in which spelling."""

    place: str
    spelling: str
    canary: str


def _base64_cores(value: bytes) -> Iterator[bytes]:
    """The base64 letters that a value leaves at each of the three offsets, without those shared with neighbours."""
    for offset in range(3):
        padded = base64.b64encode(b"\0" * offset + value)
        first = (offset * 8 + 5) // 6
        last = (len(value) + offset) * 8 // 6
        yield padded[first:last]
        yield padded[first:last].replace(b"+", b"-").replace(b"/", b"_")


def text_spellings(value: str) -> Iterator[tuple[str, bytes]]:
    """A text in every spelling."""
    plain = value.encode()
    yield "utf-8", plain
    yield "utf-16-le", value.encode("utf-16-le")
    yield "utf-16-be", value.encode("utf-16-be")
    yield "utf-32-le", value.encode("utf-32-le")
    escaped = json.dumps(value)[1:-1]
    yield "json", escaped.encode()
    yield "json upper", re.sub(r"\\u[0-9a-f]{4}", lambda match: "\\u" + match[0][2:].upper(), escaped).encode()
    yield "percent", quote(value, safe="").encode()
    yield "percent lower", quote(value, safe="").lower().encode()
    yield "hex", plain.hex().encode()
    yield "hex upper", plain.hex().upper().encode()
    yield "reversed", plain[::-1]
    for core in _base64_cores(plain):
        yield "base64", core
    if any(character.isdigit() for character in value):
        yield "arabic digits", value.translate(_ARABIC).encode()
        yield "persian digits", value.translate(_PERSIAN).encode()
    for name in _HASHES:
        digest = hashlib.new(name, plain).digest()
        yield name, digest[:16]
        yield f"{name} hex", digest.hex()[:16].encode()


def id_spellings(value: int) -> Iterator[tuple[str, bytes]]:
    """An id as text and as a binary number of 4 to 8 bytes in both byte orders."""
    yield from text_spellings(str(value))
    yield "hex number", f"{value:x}".encode()
    yield "hex number upper", f"{value:X}".encode()
    for size in range(max(4, (value.bit_length() + 7) // 8), 9):
        yield f"{size} bytes big", value.to_bytes(size, "big")
        yield f"{size} bytes little", value.to_bytes(size, "little")
    for size in (6, 8):
        for order in ("big", "little"):
            raw = value.to_bytes(size, order)
            for name in _HASHES:
                yield f"{name} of bytes", hashlib.new(name, raw).digest()[:16]


def planted_ids(count: int) -> list[int]:
    """Ids whose six bytes do not turn up by chance, as a row of zeros would."""
    return [0x6B37A9C1B5D3 + 7919 * 65_537 * number for number in range(count)]


class Canaries:
    """The planted values."""

    def __init__(self, texts: Iterable[str], ids: Iterable[int] = ()) -> None:
        self.texts, self.ids = tuple(texts), tuple(ids)
        assert all(number >= SMALLEST_ID for number in self.ids)
        patterns: dict[bytes, tuple[str, str]] = {}
        for text in self.texts:
            for name, spelling in text_spellings(text):
                patterns.setdefault(spelling, (name, text))
        for number in self.ids:
            for name, spelling in id_spellings(number):
                patterns.setdefault(spelling, (name, str(number)))
        self._patterns = patterns
        shortest = min(len(pattern) for pattern in patterns)
        assert shortest >= 5, "a canary is too short to be told from chance"
        self._starts: dict[bytes, list[bytes]] = {}
        for pattern in patterns:
            self._starts.setdefault(pattern[:5], []).append(pattern)
        self._finder = re.compile(b"|".join(re.escape(start) for start in self._starts))

    def in_bytes(self, body: bytes, place: str) -> list[Hit]:
        """Every canary in some bytes, and in what they are packed of."""
        hits = []
        at = 0
        while (match := self._finder.search(body, at)) is not None:
            at = match.start() + 1
            for pattern in self._starts[match[0]]:
                if body.startswith(pattern, match.start()):
                    name, canary = self._patterns[pattern]
                    hits.append(Hit(place, name, canary))
        for inner_place, inner in _unpacked(body, place):
            hits += self.in_bytes(inner, inner_place)
        return hits

    def in_folders(self, folders: Iterable[Path]) -> list[Hit]:
        """Every canary in all files below some folders, and in their names."""
        hits = []
        for folder in folders:
            for path in sorted(folder.rglob("*")):
                hits += self.in_bytes(str(path.relative_to(folder)).encode(), f"name of {path}")
                if path.is_file():
                    try:
                        body = path.read_bytes()
                    except FileNotFoundError:
                        continue
                    hits += self.in_bytes(body, str(path))
        return hits

    def keyed_in(self, body: bytes, place: str) -> list[Hit]:
        """HMACs of the ids under any string of 8 to 64 bytes that lies in the same bytes."""
        keys = {match[0] for match in re.finditer(rb"[\x21-\x7e]{8,64}", body)}
        hits = []
        for number in self.ids:
            messages = {str(number).encode(), *(number.to_bytes(size, "big") for size in (6, 8, 16))}
            for key in keys:
                for message in messages:
                    digest = hmac.digest(key, message, "sha256")
                    if digest[:8] in body or digest.hex()[:16].encode() in body:
                        hits.append(Hit(place, "hmac", str(number)))
        return hits

    def positive_control(self, folder: Path) -> None:
        """Plant one value in each spelling, packed and unpacked, and find every one; else the search is void."""
        folder.mkdir(parents=True, exist_ok=True)
        sample = list(self._patterns)[:: max(1, len(self._patterns) // 200)]
        for number, pattern in enumerate(sample):
            body = b"before " + pattern + b" after"
            match number % 3:
                case 0:
                    (folder / f"{number}.bin").write_bytes(body)
                case 1:
                    (folder / f"{number}.gz").write_bytes(gzip.compress(body))
                case _:
                    with zipfile.ZipFile(folder / f"{number}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                        archive.writestr("member", body)
        found = {Path(hit.place.split("!")[0]).stem for hit in self.in_folders([folder])}
        missed = [self._patterns[sample[number]][0] for number in range(len(sample)) if str(number) not in found]
        assert not missed, f"the search is void: it does not find {missed}"


def _unpacked(body: bytes, place: str) -> Iterator[tuple[str, bytes]]:
    if body.startswith(b"\x1f\x8b"):
        try:
            yield f"{place}!gzip", zlib.decompressobj(31).decompress(body, _LONGEST_UNPACKED)
        except zlib.error:
            return
    elif body.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                for name in archive.namelist():
                    yield f"{place}!{name}", archive.read(name)
        except zipfile.BadZipFile:
            return
