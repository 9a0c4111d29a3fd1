"""Token bucket, growing pause, bounded mapping."""

from __future__ import annotations

import pytest

from bot.limits import Backoff, Bounded, TokenBucket


def test_a_bucket_gives_what_it_holds_and_then_says_how_long_to_wait() -> None:
    bucket = TokenBucket(2, at=0.0)
    assert [bucket.wait(0.0, 2, 10.0) for _ in range(3)] == [0.0, 0.0, 10.0]
    assert bucket.wait(4.0, 2, 10.0) == pytest.approx(6.0)
    assert bucket.wait(10.0, 2, 10.0) == 0.0


def test_a_bucket_never_holds_more_than_its_size() -> None:
    bucket = TokenBucket(1, at=0.0)
    assert bucket.wait(1e6, 2, 10.0) == 0.0
    assert bucket.wait(1e6, 2, 10.0) == 0.0
    assert bucket.wait(1e6, 2, 10.0) == 10.0


def test_pauses_grow_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.pause() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_bounded_mapping_forgets_what_was_longest_untouched() -> None:
    mapping: Bounded[str, int] = Bounded(2)
    mapping.put("a", 1)
    mapping.put("b", 2)
    assert mapping.get("a") == 1
    mapping.put("c", 3)
    assert [mapping.get(key) for key in "abc"] == [1, None, 3]
    mapping.drop("a")
    mapping.drop("never there")
    assert len(mapping) == 1
