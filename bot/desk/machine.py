"""What a supervisor reads: is the process up, can it answer, how does the machine do. Nothing of an asker.

No counter of updates, and nothing that grows with each of them in steps that could be told apart: whoever scrapes
every second would otherwise know when somebody asked.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import date

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.content_tools.load.build import Content
from bot.content_tools.reviews import review_state
from bot.desk.dependencies import DeskServices, Health

MEMORY_STEP = 8 * 2**20
"""Bytes; memory in use is given in steps that no single message moves."""

ROOM_STEP = 64 * 2**20
"""Bytes; free disk and memory are given in such steps."""
SKEW_STEP = 10
"""Seconds."""
Gauge = tuple[str, str, float]
"""Name, what it is, value."""


def machine_routes(services: DeskServices) -> list[Route]:
    """/healthz, /readyz and /metrics."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Machine(services))

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        if services.content() is None:
            return PlainTextResponse("no content\n", status_code=503)
        if services.health().telegram_reached is False:
            return PlainTextResponse("Telegram has not been reached for 5 minutes\n", status_code=503)
        return PlainTextResponse("ready\n")

    async def metrics(_: Request) -> Response:
        body = await run_in_threadpool(generate_latest, registry)
        return Response(body, headers={"content-type": CONTENT_TYPE_LATEST})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


class _Machine(Collector):
    """The machine's health as Prometheus metrics, read anew at each scrape."""

    def __init__(self, services: DeskServices) -> None:
        self._services = services

    def collect(self) -> Iterable[Metric]:
        health, content = self._services.health(), self._services.content()
        errors = sum(problem.severity == "error" for problem in self._services.problems())
        build = InfoMetricFamily("tabayyan_build", "Version of the program and of its content.")
        digest = content.digest[:12] if content is not None else "none"
        build.add_metric([], {"version": health.version, "content": digest, "mode": health.mode})
        yield build
        gauges: list[Gauge] = [
            ("start_time_seconds", "When the process started.", health.started.timestamp()),
            ("workers", "Worker processes.", health.workers),
            ("content_ready", "1 while there is content to answer from.", float(content is not None)),
            ("content_errors", "Errors in the content files as they lie on disk.", errors),
            ("content_refused", "1 while a later edit is refused and older words answer.", float(health.reload_failed)),
            ("store_up", "1 while counters can be written.", float(health.store_works)),
        ]
        if health.redis_works is not None:
            gauges.append(("redis_up", "1 while Redis answers.", float(health.redis_works)))
        gauges += _outside(health)
        if content is not None:
            gauges += _words_of(content, self._services.clock.today())
        memory = resident_bytes()
        if memory is not None:
            gauges.append(("resident_memory_bytes", "Memory in use, in steps of 8 MiB.", memory))
        for name, about, value in gauges:
            yield GaugeMetricFamily(f"tabayyan_{name}", about, value)


def _outside(health: Health) -> Iterator[Gauge]:
    """Telegram and the machine. In steps: nothing here moves with a single update."""
    if health.telegram_reached is not None:
        yield "telegram_up", "1 while Telegram answers; 0 after 5 minutes of silence.", float(health.telegram_reached)
    if health.clock_skew is not None:
        skew = round(health.clock_skew / SKEW_STEP) * SKEW_STEP
        yield "clock_skew_seconds", "How far the clock is ahead of Telegram's, in whole tens.", skew
    if health.free_disk is not None:
        free = health.free_disk // ROOM_STEP * ROOM_STEP
        yield "disk_free_bytes", "Room for the data folder, in steps of 64 MiB.", free
    if health.free_memory is not None:
        free = health.free_memory // ROOM_STEP * ROOM_STEP
        yield "memory_available_bytes", "Memory that is left, in steps of 64 MiB.", free
    yield "troubles", "How many things are broken now; the health page names them.", len(health.troubles)


def _words_of(content: Content, today: date) -> Iterator[Gauge]:
    unread, overdue = review_state(content.campaign.topics, today)
    yield "topics_unreviewed", "Topics that somebody still has to read.", unread
    yield "topics_overdue", "Topics whose review date has passed.", overdue


def resident_bytes() -> int | None:
    """Memory that this process holds, in steps of 8 MiB; None where the system does not say."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a kernel's answer, not a file
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    size = pages * os.sysconf("SC_PAGE_SIZE")
    return size // MEMORY_STEP * MEMORY_STEP
