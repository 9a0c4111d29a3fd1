"""The Redis or Valkey that workers share: reached in moments or not at all, and trusted only when it keeps nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, RedisError, ResponseError
from redis.retry import Retry

CALL_SECONDS = 1.0
"""After so long a call has failed."""

RedisErrors = (RedisError, OSError, TimeoutError)


class RedisPersistsError(Exception):
    """Redis writes to disk, or says that it would. The message says which setting and how to mend it."""


def check_keeps_nothing(answer: Callable[[str], Mapping[str, str]]) -> bool:
    """Whether Redis said that it keeps nothing on disk; False where it does not let itself be asked.

    `answer` gives CONFIG GET of one pattern.

    Raises:
        RedisPersistsError: it keeps something.
        redis.exceptions.RedisError: it cannot be reached.
    """
    try:
        save, append = answer("save").get("save", ""), answer("appendonly").get("appendonly", "no")
    except (NoPermissionError, ResponseError):
        return False
    if save.strip():
        raise RedisPersistsError(
            "Redis saves snapshots to disk. Start it with --save '' (or CONFIG SET save ''), so that nothing is kept."
        )
    if append.strip() not in ("", "no"):
        raise RedisPersistsError(
            "Redis writes an append-only file. Start it with --appendonly no, so that nothing is kept."
        )
    return True


def redis_keeps_nothing(url: str) -> bool:
    """The same, asked of an address.

    Raises:
        RedisPersistsError: it keeps something.
        redis.exceptions.RedisError, OSError: it cannot be reached.
        ValueError: the address cannot be read.
    """
    with contextlib.closing(plain_client(url)) as client:
        client.ping()
        return check_keeps_nothing(lambda name: config_words(client.config_get(name)))


def plain_client(url: str) -> redis.Redis:
    """A client whose calls fail soon and are not repeated; connects with its first call."""
    return redis.Redis.from_url(
        url, socket_timeout=CALL_SECONDS, socket_connect_timeout=CALL_SECONDS, retry=Retry(NoBackoff(), 0)
    )


def config_words(answer: Any) -> dict[str, str]:
    """Redis's answer to CONFIG GET as text."""

    def word(value: Any) -> str:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    return {word(name): word(value) for name, value in dict(answer).items()}


def prefix_of(bot: str) -> str:
    """What all keys of a bot begin with; `bot` is its public number."""
    return f"tabayyan:{bot}:"


def expire_worker(url: str, bot: str, worker: str) -> None:
    """Say that a worker is dead, so that the others take over what it held at once. Never raises."""
    with contextlib.suppress(*RedisErrors), contextlib.closing(plain_client(url)) as client:
        client.delete(f"{prefix_of(bot)}alive:{worker}")
