"""An edited folder goes live without a restart: read and fitted in another process, swapped whole, or refused."""

from __future__ import annotations

import asyncio
import copyreg
import logging
import multiprocessing
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from bot.content_tools.checks.check import check
from bot.content_tools.last_good import Loaded, copy_content, keep, load_or_last_good
from bot.content_tools.load.build import Content
from bot.content_tools.problems import Problem
from bot.logs import log

__all__ = ["ContentWatch", "Loaded", "load_or_last_good"]

POLL_SECONDS = 2.0
SETTLE_SECONDS = 0.5
"""Editors save a file in several steps: an edit counts once nothing has changed for so long."""
FIT_SECONDS = 300.0
"""After so long the other process is given up."""

_Built = TypeVar("_Built")
Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Prepared:
    """What the other process hands back."""

    content: Content | None
    """None when the folder has an error."""
    problems: tuple[Problem, ...]


def _frozen(words: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(words)


def _reduced(proxy: MappingProxyType[Any, Any]) -> tuple[Callable[..., Any], tuple[dict[Any, Any]]]:
    return _frozen, (dict(proxy),)


# Content is made of read-only mappings, which pickle does not know by itself.
copyreg.pickle(MappingProxyType, _reduced)


def signature(folder: Path) -> Signature:
    """Name, time of change and size of every content file: differs after every edit."""
    found = []
    for path in folder.rglob("*.yaml"):
        try:
            state = path.stat()
        except OSError:
            continue
        found.append((path.as_posix(), state.st_mtime_ns, state.st_size))
    return tuple(sorted(found))


def prepare(folder: Path, data_dir: Path, today: date, fit: Callable[[Content], None]) -> Prepared:
    """Check a snapshot of the folder, fit to it and keep it as the last good one. Runs in the other process.

    `fit` builds what takes long and leaves it in a cache that the running bot shares.
    """
    place = Path(tempfile.mkdtemp(prefix="tabayyan-content-"))
    try:
        snapshot = place / folder.name
        copy_content(folder, snapshot)
        reading = check(snapshot, today)
        if reading.content is None or reading.errors:
            return Prepared(None, reading.problems)
        fit(reading.content)
        keep(snapshot, data_dir, reading.content)
        return Prepared(reading.content, reading.problems)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _child(
    pipe: Connection, folder: Path, data_dir: Path, today: date, fit: Callable[[Content], None]
) -> None:  # pragma: no cover - runs in another process
    try:
        os.nice(10)  # replies come first
        pipe.send_bytes(pickle.dumps(prepare(folder, data_dir, today, fit), pickle.HIGHEST_PROTOCOL))
    except Exception as error:
        pipe.send_bytes(pickle.dumps(type(error).__name__))
    finally:
        pipe.close()


class ContentWatch(Generic[_Built]):
    """Watches a content folder and swaps what answers, or keeps it and says why."""

    def __init__(
        self,
        folder: Path,
        data_dir: Path,
        *,
        fit: Callable[[Content], None],
        build: Callable[[Content], _Built],
        swap: Callable[[_Built, tuple[Problem, ...]], None],
        refuse: Callable[[tuple[Problem, ...]], None],
        today: Callable[[], date],
        poll_seconds: float = POLL_SECONDS,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """Hand in what is done with an edit.

        `fit` runs in the other process and must be importable there (a module's function or a partial of one);
        `build` makes from a content, with what `fit` cached, the object that answers, in a thread; `swap` gets
        that object and the warnings, `refuse` gets the problems of an edit that does not go live, both in the loop.
        """
        self._folder, self._data_dir = folder, data_dir
        self._fit, self._build, self._swap, self._refuse = fit, build, swap, refuse
        self._today = today
        self._poll, self._settle = poll_seconds, settle_seconds
        self._seen = signature(folder)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(self._poll)
            found = await asyncio.to_thread(signature, self._folder)
            if found == self._seen:
                continue
            while (settled := await self._after_settling()) != found:
                found = settled
            self._seen = found
            await self.reload()

    async def _after_settling(self) -> Signature:
        await asyncio.sleep(self._settle)
        return await asyncio.to_thread(signature, self._folder)

    async def reload(self) -> bool:
        """Read the folder now; True when it went live. Never raises for anything in the folder."""
        prepared = await self._prepared()
        if prepared is None:
            log("content-problems", logging.ERROR, errors="the new content could not be prepared")
            self._refuse(())
            return False
        errors = tuple(problem for problem in prepared.problems if problem.severity == "error")
        if prepared.content is None or errors:
            first = f"{errors[0].path}:{errors[0].line}" if errors else "-"
            log("content-problems", logging.ERROR, errors=len(errors), first=first)
            self._refuse(prepared.problems)
            return False
        try:
            built = await asyncio.to_thread(self._build, prepared.content)
        except Exception as error:
            # Whatever an edit breaks, the words that answered before go on answering.
            log("content-problems", logging.ERROR, errors=type(error).__name__)
            self._refuse(prepared.problems)
            return False
        self._swap(built, prepared.problems)
        log("content-loaded", version=prepared.content.digest[:12])
        return True

    async def _prepared(self) -> Prepared | None:
        here, there = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=_child, args=(there, self._folder, self._data_dir, self._today(), self._fit), daemon=True
        )
        await asyncio.to_thread(process.start)
        there.close()
        try:
            return await asyncio.to_thread(_received, here)
        finally:
            here.close()
            process.terminate()
            await asyncio.to_thread(process.join)


def _received(pipe: Connection) -> Prepared | None:
    try:
        answer = pickle.loads(pipe.recv_bytes()) if pipe.poll(FIT_SECONDS) else None  # noqa: S301 - our own child's
    except (EOFError, OSError):
        return None
    return answer if isinstance(answer, Prepared) else None
