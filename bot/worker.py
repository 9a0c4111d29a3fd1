"""One worker: `python -m bot.worker`, started by bot.scale_out.supervisor only.

Its supervisor writes lines of JSON to its standard input: first all that it needs, later the next day's key. When that
pipe ends, the supervisor has died, and the worker stops. It writes one line to its own pipe once it takes requests.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from bot.assemble import build_answering
from bot.clock import Clock
from bot.logs import log, set_up_logging
from bot.run import serve
from bot.runtime import Build
from bot.scale_out.day_keys import DayKeys
from bot.scale_out.redis_state import SharedMemory
from bot.scale_out.worker_context import WorkerContext
from bot.settings import Settings

READY = b"ready\n"


def handed(first: Mapping[str, Any]) -> tuple[Settings, Clock, WorkerContext]:
    """Read the first line."""
    settings = Settings(**first["settings"])
    clock = Clock(datetime.fromisoformat(first["clock"]["start"]), first["clock"]["made"], first["clock"]["speed"])
    keys = DayKeys(clock.today)
    keys.take(read_keys(first["keys"]))
    session_key = bytes.fromhex(first["session_key"])
    shared = SharedMemory(settings.redis_url, first["bot"], first["name"])
    context = WorkerContext(settings, clock, keys, session_key, shared, announces=first["announces"])
    return settings, clock, context


def read_keys(keys: Mapping[str, str]) -> dict[date, bytes]:
    """Keys by day, as they come through the pipe."""
    return {date.fromisoformat(day): bytes.fromhex(key) for day, key in keys.items()}


async def _work(first: Mapping[str, Any], build: Build) -> int:
    settings, clock, context = handed(first)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin.buffer)

    async def listen() -> None:
        while line := await commands.readline():
            context.keys.take(read_keys(json.loads(line)["keys"]))
        stop.set()

    def ready() -> None:
        os.write(first["ready"], READY)
        os.close(first["ready"])
        log("worker-started")

    listening = asyncio.create_task(listen())
    try:
        web = socket.socket(fileno=first["socket"])
        return await serve(settings, clock, web, context=context, stop=stop, ready=ready, build=build)
    finally:
        listening.cancel()


def main(build: Build = build_answering) -> int:
    """Work until told to stop, answering with what `build` makes of the content; gives the exit code."""
    # The supervisor waits for signals by a mask, which its children inherit.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    first = json.loads(sys.stdin.buffer.readline())
    set_up_logging(first["settings"]["log_level"])
    for inherited in (first["socket"], first["ready"]):
        os.set_inheritable(inherited, False)
    return asyncio.run(_work(first, build))


if __name__ == "__main__":
    sys.exit(main())
