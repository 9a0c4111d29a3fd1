"""Builds every object once: the only wiring."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot import __version__
from bot.assemble import (
    LOCALES,
    Answering,
    build_answering,
    clock_of,
    empty_campaign,
    fit_into_cache,
    languages_of,
    learn_beside,
    learning_of,
)
from bot.channels.ocr import is_available, read_picture
from bot.channels.telegram.channel import Channel, open_channel
from bot.channels.telegram.chat_state import ShortMemory
from bot.channels.telegram.order import Alone
from bot.channels.telegram.ports import Services
from bot.clock import Clock
from bot.content_tools.last_good import load_or_last_good
from bot.content_tools.live import ContentWatch
from bot.content_tools.load.build import Content
from bot.content_tools.problems import Problem
from bot.counting.counters import Counters
from bot.counting.dimensions import cells_of
from bot.counting.schedule import CounterSchedule
from bot.desk.access import OwnRecords
from bot.desk.asgi import check_desk_settings, desk_app
from bot.desk.dependencies import DeskServices, Health
from bot.dialogue.conversation import Conversation
from bot.dialogue.render import Renderer
from bot.dialogue.screens import start_payload
from bot.http_head import BoundedHead
from bot.i18n import Phrases, read_phrases
from bot.logs import guard_loop, log
from bot.nlu_io.cache import TrainingResources
from bot.nlu_io.encoder import PacedEncoder
from bot.reports.digest import Digest, DigestMaker
from bot.reports.report_commands import ahead_of, names_from
from bot.scale_out.chat_order import SharedOrder
from bot.scale_out.context import Crew
from bot.scale_out.day_keys import DayKeys
from bot.settings import ROOT, Settings, SettingsError
from storage.databases import StoreErrors
from storage.releases import Releases
from storage.values import Cell

DIGEST_SECONDS = 60.0
"""How long the ticking thread waits for Telegram to take a digest."""
WAITING_CONNECTIONS = 512
HAND_OVER_SECONDS = 30.0


def make_poster(
    settings: Settings, topic: str, *, language: str, code: str | None, handle: str | None, folder: str
) -> int:
    """Write a poster for a topic as PDF and PNG; gives the exit code.

    Raises:
        SettingsError: an unknown topic, language or code, no published handle, or a folder that cannot be written.
    """
    # The drawing libraries take 30 MB that a running bot does not need.
    from bot.reports.poster import Poster, write_poster

    loaded = load_or_last_good(settings.content_dir, settings.data_dir)
    campaign = loaded.content.campaign if loaded.content is not None else empty_campaign()
    if topic not in campaign.topics:
        raise SettingsError(f"There is no topic {topic!r}. `tabayyan check --coverage` lists them.")
    if language not in campaign.languages:
        raise SettingsError(f"There is no language {language!r}. Choose one of: {', '.join(campaign.languages)}.")
    if code is not None and code not in campaign.codes:
        raise SettingsError(f"There is no campaign code {code!r}. Add it under codes: in campaign.yaml first.")
    name = (handle or campaign.handle or "").lstrip("@")
    if not name:
        raise SettingsError(
            "The bot's public name is not known. Write it as handle: in campaign.yaml, or use --bot HANDLE."
        )
    phrases = read_phrases(LOCALES, campaign.languages)
    answer = Renderer(campaign, phrases).answer(campaign.topics[topic], language)
    poster = Poster(
        title=answer.title,
        text=phrases(
            language,
            "Ask before you agree. Write your question in your own words; the answers come from published sources.",
        ),
        link=f"https://t.me/{name}?start={start_payload(topic, code)}",
        foot=campaign.name.get(language, name),
        right_to_left=campaign.languages[language].direction == "rtl",
    )
    try:
        pdf, png = write_poster(poster, Path(folder), f"{topic}-{language}" + (f"-{code}" if code else ""))
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be written ({type(error).__name__}). Choose another --output."
        ) from None
    print(pdf, png, sep="\n")
    return 0


def examine(settings: Settings, language: str) -> int:
    """Check everything that the bot needs, in words; 1 when something is wrong."""
    from bot.doctor import examine as examined

    return examined(settings, language)


# ---- running


class House:
    """The running program: what answers now, what counts, and when it came about."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        answering: Answering,
        problems: tuple[Problem, ...],
        learning: TrainingResources,
        phrases: Phrases,
        crew: Crew | None = None,
    ) -> None:
        """Take what open() has built."""
        self.settings = settings
        self.clock = clock
        self._crew = crew
        self.started = clock.now()
        self.channel: Channel | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._answering = answering
        self._problems = problems
        self._learning = learning
        self._phrases = phrases
        self._reloaded: datetime = self.started
        self._reload_failed = False
        self.releases = Releases(settings.data_dir, settings.database_url)
        self.counters = Counters(
            settings.data_dir,
            self.releases,
            _cells(answering),
            clock.now,
            scale=settings.noise_scale,
            show_limit=settings.show_limit,
            key_of=crew.keys.of if crew is not None else DayKeys(clock.today).of,
            pool=crew.shared.pool if crew is not None else None,
            on_release=DigestMaker(
                settings.data_dir,
                self.releases,
                lambda: names_from(self.content()),
                settings.digest_language,
                self._send_digest,
            ),
        )
        self._keeper = CounterSchedule(self.counters, clock, crew.right if crew is not None else None)
        self._counting = False
        self.order: SharedOrder | None = None
        """None for a single process."""

    @classmethod
    def open(cls, settings: Settings, clock: Clock, crew: Crew | None = None) -> House:
        """Load the content and fit to it. Takes seconds; call it in a thread."""
        loaded = load_or_last_good(settings.content_dir, settings.data_dir, clock.today())
        phrases = read_phrases(LOCALES, languages_of(loaded.content))
        learning = learning_of(settings)
        log("learning")
        # Of several workers one learns; the others wait for it and find it in the cache.
        learn_beside(settings, loaded.content, learning)
        if learning.encoder is not None:
            learning = replace(learning, query_encoder=PacedEncoder(learning.encoder))
        answering = build_answering(loaded.content, phrases, learning)
        house = cls(settings, clock, answering, loaded.problems, learning, phrases, crew)
        house._reload_failed = loaded.origin != "folder"
        # What was read stays: without this, each full search for garbage walks through it and stops every answer for
        # a tenth of a second.
        gc.collect()
        gc.freeze()
        log("started", version=answering.version, topics=len(answering.conversation.campaign.topics))
        return house

    # ---- what answers

    def conversation(self) -> Conversation:
        """The conversation in force."""
        return self._answering.conversation

    def content(self) -> Content | None:
        """The content in force."""
        return self._answering.content

    async def watch(self) -> None:
        """Take edits of the content folder as they are saved, until cancelled."""
        watch = ContentWatch(
            self.settings.content_dir,
            self.settings.data_dir,
            fit=partial(fit_into_cache, self.settings),
            build=self._rebuilt,
            swap=self._swap,
            refuse=self._refuse,
            today=self.clock.today,
        )
        await watch.run()

    def _rebuilt(self, content: Content) -> tuple[Answering, Phrases]:
        phrases = read_phrases(LOCALES, languages_of(content))
        return build_answering(content, phrases, self._learning), phrases

    def _swap(self, built: tuple[Answering, Phrases], problems: tuple[Problem, ...]) -> None:
        self._answering, self._phrases = built
        gc.freeze()
        self.counters.renew(_cells(self._answering))
        self._problems = problems
        self._reloaded = self.clock.now()
        self._reload_failed = False

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self._problems = problems
        self._reload_failed = True

    # ---- what the channels are handed

    def telegram(self) -> Services:
        """What the Telegram channel needs."""
        crew = self._crew
        recall = ShortMemory(self.clock.today)
        if crew is not None:
            recall = ShortMemory(self.clock.today, key_of=crew.keys.of)
            self.order = SharedOrder(crew.shared, recall, self.counters, lambda: crew.keys.of(self.clock.today()))
        return Services(
            conversation=self.conversation,
            say=lambda language, sentence: self._phrases(language, sentence),
            languages=lambda: tuple(self.conversation().campaign.languages),
            count=self.counters.add,
            clock=self.clock,
            recall=recall,
            forget=self.counters.forget,
            read_picture=read_picture if self.settings.read_pictures and is_available() else None,
            order=self.order or Alone(),
        )

    def _send_digest(self, digest: Digest) -> None:
        """Take a digest to the operator's chat; called in the thread that ticks."""
        chat, channel, loop = self.settings.digest_chat, self.channel, self.loop
        if chat and channel is not None and loop is not None:
            asyncio.run_coroutine_threadsafe(channel.post(chat, digest.text, digest.picture), loop).result(
                DIGEST_SECONDS
            )

    def start_counting(self) -> None:
        """Begin the fixed tick. The try page counts nothing: staff are no askers."""
        self._keeper.start()
        self._counting = True

    def close(self) -> None:
        """Write what has been counted, a last time. Waits a moment only."""
        if self._counting:
            self._keeper.stop()

    def web_app(self, telegram_routes: Sequence[BaseRoute]) -> Starlette:
        """The pages, with Telegram's route before them in webhook mode."""
        app = desk_app(
            DeskServices(
                settings=self.settings,
                say=self._phrases,
                clock=self.clock,
                conversation=self.conversation,
                content=self.content,
                problems=lambda: self._problems,
                health=self.health,
                releases=self.releases,
                ahead=lambda: ahead_of(self.settings.data_dir),
                wordings_folder=_wordings_folder(),
                session_key=self._crew.session_key if self._crew is not None else secrets.token_bytes(32),
                sign_in_records=self._crew.sign_in if self._crew is not None else OwnRecords(),
            )
        )
        if not telegram_routes:
            return app
        outer = Starlette(routes=telegram_routes)
        # Not a mount at /: it does not match every path, and what it leaves would be answered without the desk's guard.
        outer.router.default = app
        outer.router.redirect_slashes = False
        return outer

    def health(self) -> Health:
        """How the machine does; nothing of an asker."""
        return Health(
            mode=self.settings.effective_mode,
            started=self.started,
            version=__version__,
            last_reload=self._reloaded,
            reload_failed=self._reload_failed,
            workers=self.settings.workers,
            redis_works=self._crew.shared.works if self._crew is not None else None,
            store="postgresql" if self.settings.database_url else "sqlite",
            store_works=self.counters.healthy,
            last_release=self._last_release(),
        )

    def _last_release(self) -> date | None:
        try:
            released = self.releases.last(1)
        except StoreErrors:
            return None
        return released[-1].last_day if released else None


def _cells(answering: Answering) -> frozenset[Cell]:
    """What can be counted over the content in force."""
    return cells_of(answering.conversation.campaign, answering.offer_signs)


def _wordings_folder() -> Path | None:
    folder = ROOT / "tests" / "wordings"
    return folder if os.access(folder, os.W_OK) else None


def run(settings: Settings) -> int:
    """Run the bot, or the try page; gives the exit code."""
    clock = clock_of(settings)
    check_desk_settings(settings)
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
    """A listening socket for the pages; None when the port is taken or may not be opened."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    web = socket.socket(family, socket.SOCK_STREAM)
    web.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        web.bind((settings.host, settings.port))
        web.listen(WAITING_CONNECTIONS)
    except OSError:
        web.close()
        return None
    return web


async def serve(
    settings: Settings,
    clock: Clock,
    web: socket.socket | None,
    *,
    crew: Crew | None = None,
    stop: asyncio.Event | None = None,
    ready: Callable[[], None] | None = None,
) -> int:
    """One process: the pages, and Telegram when a token is set, until told to stop.

    One of several has a `crew`; it calls `ready` once it takes requests.
    """
    loop = asyncio.get_running_loop()
    guard_loop(loop)
    stop = stop or asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    house = await _opened(partial(House.open, settings, clock, crew), stop)
    if house is None:
        log("stopping")
        return 0
    tasks: list[asyncio.Task[object]] = []
    mode = settings.effective_mode
    code = 0
    try:
        tasks.append(asyncio.create_task(house.watch()))
        if mode != "page":
            house.start_counting()
        async with AsyncExitStack() as stack:
            channel = None
            if mode != "page":
                channel = await stack.enter_async_context(open_channel(settings, house.telegram()))
                house.channel, house.loop = channel, loop
            if crew is not None and house.order is not None:
                await crew.shared.open()
                tasks.append(asyncio.create_task(_hand_over(house.order, crew)))
            app = house.web_app(channel.routes() if channel is not None and mode == "webhook" else ())
            server = _server(app, crew)
            serving = asyncio.create_task(server.serve(sockets=[web])) if web is not None else None
            if web is None:
                log("port-in-use", logging.WARNING, port=settings.port)
            else:
                log("page-open", address=_shown_address(web))
            if mode == "page":
                log("no-token")
                await stop.wait()
            elif channel is not None:
                log("polling" if mode == "polling" else "webhook")
                if ready is not None and serving is not None and web is not None:
                    await _takes_requests(server, serving, web)
                    ready()
                announce = crew is None or crew.announce
                code = await (
                    channel.poll(stop) if mode == "polling" else _take_webhook(channel, server, stop, announce=announce)
                )
            log("stopping")
            if serving is not None:
                server.should_exit = True
                server.force_exit = True
                await asyncio.wait([serving], timeout=1.0)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if crew is not None:
            if house.order is not None:
                await house.order.hand_over()
            await crew.shared.close()
        await asyncio.to_thread(house.close)
    return code


async def _opened(open_house: Callable[[], House], stop: asyncio.Event) -> House | None:
    """The house, or None when told to stop while it was still learning.

    In a daemon thread: an executor's thread would hold up the end of the program until it had learnt everything.
    """
    loop = asyncio.get_running_loop()
    opened: asyncio.Future[House] = loop.create_future()

    def settle(house: House | None, error: BaseException | None) -> None:
        if opened.cancelled():
            return
        if house is not None:
            opened.set_result(house)
        elif error is not None:
            opened.set_exception(error)

    def work() -> None:
        try:
            house, error = open_house(), None
        except BaseException as raised:
            house, error = None, raised
        with suppress(RuntimeError):  # the loop has gone: nobody waits any more
            loop.call_soon_threadsafe(settle, house, error)

    threading.Thread(target=work, name="opening", daemon=True).start()
    stopping = asyncio.create_task(stop.wait())
    try:
        either: set[asyncio.Future[Any]] = {opened, stopping}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        return opened.result() if opened.done() else None
    finally:
        stopping.cancel()
        opened.cancel()


async def _take_webhook(channel: Channel, server: uvicorn.Server, stop: asyncio.Event, *, announce: bool) -> int:
    """Take updates until told to stop; from then on new connections go to whoever else listens."""

    async def stop_listening() -> None:
        await stop.wait()
        for listening in server.servers:
            listening.close()

    closing = asyncio.create_task(stop_listening())
    try:
        return await channel.take_webhook(stop, announce=announce)
    finally:
        closing.cancel()


async def _takes_requests(server: uvicorn.Server, serving: asyncio.Task[None], web: socket.socket) -> None:
    """Wait until the server accepts connections."""
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn sets a plain attribute
        await asyncio.sleep(0.01)
    web.listen(WAITING_CONNECTIONS)


async def _hand_over(order: SharedOrder, crew: Crew) -> None:
    """Hand over, now and then, what was counted and who signed out while the shared memory was away; until cancelled."""
    while True:
        await asyncio.sleep(HAND_OVER_SECONDS)
        await order.hand_over()
        await crew.sign_in.tell_again()


def _server(app: Starlette, crew: Crew | None = None) -> uvicorn.Server:
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
        # Workers take one connection at a time from their common socket: whoever is free takes the next.
        backlog=WAITING_CONNECTIONS if crew is None else 1,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]
    return server


def _shown_address(web: socket.socket) -> str:
    host, port = web.getsockname()[:2]
    return f"http://{host}:{port}/"
