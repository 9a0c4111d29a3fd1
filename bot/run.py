"""Running: sockets, signals and uvicorn around a Runtime, until told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.assemble import build_answering, clock_of
from bot.channels.telegram.channel import Channel, open_channel
from bot.clock import Clock
from bot.desk.asgi import check_desk_settings
from bot.logs import guard_loop, log
from bot.runtime import Build, Runtime
from bot.scale_out.context import WAITING_CONNECTIONS, ProcessContext, SingleProcess
from bot.settings import Settings, SettingsError, check_proxy
from bot.settings_file import read_settings_file

LARGEST_HEAD = 64 * 1024
"""Bytes of what is no body; browsers, proxies and Telegram send a tenth of it at most."""
STOP_SECONDS = 1.0
"""How long the pages may take to end."""


def run(settings: Settings) -> int:
    """Run the bot, or the try page; gives the exit code.

    Raises:
        SettingsError: a setting is wrong, the port is in use, or Redis keeps something on disk.
    """
    clock = clock_of(settings)
    check_desk_settings(settings)
    check_proxy(settings)
    file = read_settings_file()
    log("settings", file=str(file.path) if file is not None else "none", data=str(settings.data_dir))
    with suppress(OSError):
        # Nobody else's business; a folder that cannot be made is reported by what needs it.
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    web = listen(settings)
    if web is None and settings.effective_mode != "polling":
        raise SettingsError(
            f"Port {settings.port} is in use on {settings.host}. Stop the other program, or choose another port: "
            "TABAYYAN_PORT=9000 (or make run PORT=9000)."
        )
    if web is not None and settings.effective_mode == "webhook" and settings.redis_url:
        return _run_workers(settings, clock, web)
    return asyncio.run(serve(settings, clock, web))


def _run_workers(settings: Settings, clock: Clock, web: socket.socket) -> int:
    try:
        from bot.scale_out.supervisor import run_workers
    except ImportError:
        raise SettingsError("Several workers need an extra. Run: pip install 'tabayyan[scaled]'.") from None
    return run_workers(settings, clock, web)


def listen(settings: Settings) -> socket.socket | None:
    """A listening socket for the pages; None when the port is taken.

    Raises:
        SettingsError: this machine has no such address, or this user may not open the port.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    web = socket.socket(family, socket.SOCK_STREAM)
    web.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        web.bind((settings.host, settings.port))
        web.listen(WAITING_CONNECTIONS)
    except OSError as error:
        web.close()
        if error.errno == errno.EADDRINUSE:
            return None
        if isinstance(error, PermissionError):
            raise SettingsError(
                f"TABAYYAN_PORT is wrong: this user may not open port {settings.port}. Choose one over 1023."
            ) from None
        raise SettingsError(
            f"TABAYYAN_HOST is wrong: {settings.host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all."
        ) from None
    return web


async def serve(
    settings: Settings,
    clock: Clock,
    web: socket.socket | None,
    *,
    context: ProcessContext | None = None,
    stop: asyncio.Event | None = None,
    ready: Callable[[], None] = lambda: None,
    build: Build = build_answering,
) -> int:
    """One process: the pages, and Telegram when a token is set, until told to stop; gives the exit code.

    One of several has its `context`, and is `ready` once it takes requests.
    """
    context = context or SingleProcess(clock)
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    guard_loop(loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Sent by `systemctl reload` a hang-up must not end the bot; sent by a terminal that closes it must.
    hang_up = stop.set if sys.stdin is not None and sys.stdin.isatty() else partial(log, "nothing-to-reload")
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    runtime = await _opened(partial(Runtime.open, settings, clock, context, build), stop)
    if runtime is None:
        log("stopping")
        return 0
    watching = asyncio.gather(runtime.watch(), runtime.monitor.run())
    try:
        if settings.effective_mode == "page":
            return await _serve_page(runtime, web, stop)
        return await _serve_telegram(runtime, context, web, stop, ready)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await asyncio.to_thread(runtime.close)


async def _serve_page(runtime: Runtime, web: socket.socket | None, stop: asyncio.Event) -> int:
    async with PageServer(runtime.web_app(), web):
        log("no-token")
        await stop.wait()
        log("stopping")
    return 0


async def _serve_telegram(
    runtime: Runtime,
    context: ProcessContext,
    web: socket.socket | None,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> int:
    runtime.start_counting()
    mode = runtime.settings.effective_mode
    if web is None:
        log("port-in-use", logging.WARNING, port=runtime.settings.port)
    async with context.sharing(), open_channel(runtime.settings, runtime.telegram()) as channel:
        runtime.monitor.watch_telegram(channel.clock)
        runtime.send_digests_by(channel, asyncio.get_running_loop())
        app = runtime.web_app(channel.routes() if mode == "webhook" else ())
        async with PageServer(app, web, context.backlog) as pages:
            log("polling" if mode == "polling" else "webhook")
            if mode == "polling":
                code = await channel.poll(stop)
            else:
                await pages.takes_requests()
                ready()
                code = await _take_webhook(channel, pages, stop, announce=context.announces)
            log("stopping")
    return code


async def _take_webhook(channel: Channel, pages: PageServer, stop: asyncio.Event, *, announce: bool) -> int:
    """Take updates until told to stop; from then on new connections go to whoever else listens."""

    async def stop_listening() -> None:
        await stop.wait()
        pages.stop_listening()

    closing = asyncio.create_task(stop_listening())
    try:
        return await channel.take_webhook(stop, announce=announce)
    finally:
        closing.cancel()


async def _opened(open_runtime: Callable[[], Runtime], stop: asyncio.Event) -> Runtime | None:
    """The runtime, or None when told to stop while it was still learning.

    In a daemon thread: an executor's thread would hold up the end of the program until it had learnt everything.
    """
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[Runtime] = loop.create_future()

    def settle(runtime: Runtime | None, error: BaseException | None) -> None:
        if opened.cancelled():
            return
        if runtime is not None:
            opened.set_result(runtime)
        elif error is not None:
            opened.set_exception(error)

    def work() -> None:
        try:
            runtime, error = open_runtime(), None
        except BaseException as raised:
            runtime, error = None, raised
        with suppress(RuntimeError):  # the loop has gone: nobody waits any more
            loop.call_soon_threadsafe(settle, runtime, error)

    threading.Thread(target=work, name="opening", daemon=True).start()
    stopping = asyncio.create_task(stop.wait())
    try:
        either: set[asyncio.Future[Any]] = {opened, stopping}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return opened.result() if opened.done() else None
    finally:
        stopping.cancel()
        opened.cancel()


class PageServer:
    """uvicorn on our own socket while entered; without one nothing is served."""

    def __init__(self, app: Starlette, web: socket.socket | None, backlog: int = WAITING_CONNECTIONS) -> None:
        self._web = web
        self._server = _server(app, backlog)
        self._serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> PageServer:
        if self._web is not None:
            self._serving = asyncio.create_task(self._server.serve(sockets=[self._web]))
            log("page-open", address=_shown_address(self._web))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._serving is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            await asyncio.wait([self._serving], timeout=STOP_SECONDS)

    async def takes_requests(self) -> None:
        """Wait until connections are accepted."""
        if self._serving is None or self._web is None:
            return
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110 - uvicorn sets a plain attribute
            await asyncio.sleep(0.01)
        # asyncio has set the socket's backlog to that of one process; it is common to all.
        self._web.listen(WAITING_CONNECTIONS)

    def stop_listening(self) -> None:
        """Accept no further connections; those that are open go on."""
        for listening in self._server.servers:
            listening.close()


def _server(app: Starlette, backlog: int) -> uvicorn.Server:
    """uvicorn without an access log, a server header or signal handlers of its own."""
    config = uvicorn.Config(
        app,
        http=BoundedHead,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        proxy_headers=False,
        backlog=backlog,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]
    return server


def _shown_address(web: socket.socket) -> str:
    host, port = web.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/"


class BoundedHead(HttpToolsProtocol):
    """Answers 400 and closes when a head, or what follows a body, goes on for longer than `LARGEST_HEAD`.

    uvicorn's httptools protocol alone keeps a request line and headers of any length.
    """

    _head = 0
    """Bytes that came since the last of a body."""

    def data_received(self, data: bytes) -> None:
        """Count, and let the parser read."""
        self._head += len(data)
        super().data_received(data)
        if self._head > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("Too large.")

    def on_body(self, body: bytes) -> None:
        """A part of a body: the application bounds it."""
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next head begins."""
        self._head = 0
        super().on_message_complete()
