"""What was learnt is kept between starts, mapped from a file, and never trusted when damaged."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bot.nlu.model_file import pack, unpack
from bot.nlu_io.cache import KEPT, FileCache
from bot.nlu_io.encoder import PacedEncoder


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(
            arrays(np.float16, (3, 2), elements=st.floats(-2, 2, width=16)),
            arrays(np.int64, st.integers(0, 70)),
            arrays(np.uint8, (2, 0, 3)),
        ),
    )
)
def test_packed_arrays_come_back_as_they_were(given_arrays: dict[str, np.ndarray]) -> None:
    back = unpack(pack(given_arrays))
    assert list(back) == list(given_arrays)
    for name, array in given_arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        assert (back[name] == array).all()


@given(st.binary(max_size=200), st.integers(0, 200))
def test_bytes_that_hold_no_arrays_are_refused_in_one_way(noise: bytes, cut: int) -> None:
    for other in (noise, pack({"a": np.arange(20)})[:cut]):
        try:
            found = unpack(other)
        except (ValueError, TypeError):
            continue
        raise AssertionError(found)


def test_a_file_cache_gives_back_what_it_was_given(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache")
    cache["one"] = b"first"
    cache["one"] = b"second"
    cache["two"] = memoryview(b"third")
    assert bytes(cache["one"]) == b"second"
    assert dict(FileCache(tmp_path / "cache")) == {"one": b"second", "two": b"third"}
    del cache["one"]
    assert "one" not in cache


def test_a_mapped_value_outlives_its_file(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    cache["one"] = bytes(range(256)) * 100
    value = cache["one"]
    cache["one"] = b"another"
    del cache["one"]
    assert bytes(value) == bytes(range(256)) * 100


@pytest.mark.parametrize("place", [0, 63, 64, 1000])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, place: int) -> None:
    cache = FileCache(tmp_path)
    cache["one"] = b"x" * 2000
    path = tmp_path / "one"
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= 1
    path.write_bytes(damaged)
    assert "one" not in cache
    path.write_bytes(path.read_bytes()[:place])
    assert "one" not in cache


def test_the_oldest_go_first(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    for number in range(KEPT + 3):
        cache[f"model-{number:02}"] = b"x"
    assert len(cache) == KEPT
    assert f"model-{KEPT + 2:02}" in cache


def test_a_folder_that_cannot_be_written_caches_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = FileCache(tmp_path / "file")
    cache["one"] = b"x"
    assert "one" not in cache


class Machine:
    """A processor whose clocks go on when it works or waits."""

    now = used = 0.0

    def work(self, seconds: float) -> None:
        self.now += seconds
        self.used += seconds

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.work(0.004)
        return np.zeros((len(texts), 2), dtype=np.float32)

    def paced(self) -> PacedEncoder:
        return PacedEncoder(self.encode, lambda: self.now, lambda: self.used, busy=0.65, saved_seconds=0.1)


@pytest.mark.parametrize(
    ("between", "work", "least", "most"),
    [
        # A question every 50 ms: all. Every 10 ms: all that fit beside the other work. Without a pause: none.
        (0.050, 0.003, 1.0, 1.0),
        (0.010, 0.003, 0.80, 0.95),
        (0.0067, 0.003, 0.25, 0.45),
        (0.003, 0.003, 0.0, 0.03),
    ],
)
def test_vectors_are_made_while_there_is_time(between: float, work: float, least: float, most: float) -> None:
    machine = Machine()
    paced = machine.paced()
    asked = encoded = 0
    while machine.now < 20:
        start = machine.now
        encoded += paced(["a question"]) is not None
        asked += 1
        machine.work(work)
        machine.now = max(machine.now, start + between)
    assert least <= encoded / asked <= most


def test_after_a_crowd_the_next_one_soon_gets_a_vector_and_rest_saves_up_a_moment_only() -> None:
    machine = Machine()
    paced = machine.paced()
    for _ in range(5000):
        paced(["crowd"])
        machine.work(0.003)
    assert paced(["the last of the crowd"]) is None
    machine.now += 0.4
    assert paced(["the next one"]) is not None
    machine.now += 30_000
    at_once = 0
    while paced(["at once"]) is not None:
        at_once += 1
    assert at_once <= 0.1 / (0.004 * 0.35) + 2


@pytest.mark.parametrize("size", [0, 1, 4096])
def test_a_full_disk_keeps_nothing_half_written_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, size: int
) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bot.nlu_io.cache.Path.replace", lambda *_: full(None))
    cache = FileCache(tmp_path)
    cache["model"] = bytes(size)
    assert "model" not in cache
    assert list(tmp_path.iterdir()) == []
    assert "could not be kept" in caplog.text
