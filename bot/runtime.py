"""What answers now: loaded once, swapped whole when the content changes; what counts; and how the machine does."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot import __version__
from bot.assemble import Answering, build_answering, fit_into_cache, languages_of, learn_beside, learning_of
from bot.channels import ocr, voice
from bot.channels.telegram.channel import Channel
from bot.channels.telegram.chat_state import ChatState
from bot.channels.telegram.ports import Services
from bot.clock import Clock
from bot.content_tools.last_good import Loaded, load_or_last_good
from bot.content_tools.live import ContentWatch
from bot.content_tools.load.build import Content
from bot.content_tools.problems import Problem
from bot.counting.counters import Counters
from bot.counting.dimensions import cells_of
from bot.counting.schedule import CounterSchedule
from bot.desk.asgi import desk_app
from bot.desk.dependencies import DeskServices, Health
from bot.dialogue.conversation import Conversation
from bot.health import AlertCommand, HealthMonitor, available_memory, free_bytes
from bot.i18n import Phrases, all_staff_phrases, read_phrases
from bot.logs import log
from bot.nlu_io.cache import TrainingResources
from bot.nlu_io.encoder import PacedEncoder
from bot.reports.digest import Digest, DigestMaker
from bot.reports.report_commands import ahead_of, names_from
from bot.scale_out.context import ProcessContext
from bot.settings import LOCALES, ROOT, Settings
from storage.databases import StoreErrors
from storage.releases import Releases
from storage.values import Cell

DIGEST_SECONDS = 60.0
"""How long the ticking thread waits for Telegram to take a digest."""

Build = Callable[[Content | None, Phrases, TrainingResources], Answering]
"""Makes what answers from a content; None: there is no usable content."""


class Runtime:
    """The running program, without its sockets."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        context: ProcessContext,
        loaded: Loaded,
        learning: TrainingResources,
        build: Build,
    ) -> None:
        """Fit what answers to what was loaded. Takes seconds; use open()."""
        self.settings = settings
        self._clock = clock
        self._context = context
        self._learning = learning
        self._build = build
        self._started = self._reloaded = clock.now()
        self._problems = loaded.problems
        self._reload_failed = loaded.origin != "folder"
        self._answering, self._phrases = self._rebuilt(loaded.content)
        self._releases = Releases(settings.data_dir, settings.database_url)
        self._counters = self._new_counters()
        self._schedule = CounterSchedule(self._counters, clock, context.leadership)
        self._counting = False
        alert = settings.alert_command
        self.monitor = HealthMonitor(settings.data_dir, AlertCommand(alert) if alert is not None else None)
        self._post: Callable[[Digest], None] | None = None

    @classmethod
    def open(cls, settings: Settings, clock: Clock, context: ProcessContext, build: Build = build_answering) -> Runtime:
        """Load the content and fit to it. Takes seconds; call it in a thread."""
        loaded = load_or_last_good(settings.content_dir, settings.data_dir, clock.today())
        learning = learning_of(settings)
        log("learning")
        # Of several workers one learns; the others wait for it and find it in the cache.
        learn_beside(settings, loaded.content, learning)
        if learning.encoder is not None:
            learning = replace(learning, query_encoder=PacedEncoder(learning.encoder))
        runtime = cls(settings, clock, context, loaded, learning, build)
        # What was read stays: without this, each full search for garbage walks through it and stops every answer for
        # a tenth of a second.
        gc.collect()
        gc.freeze()
        log("started", version=runtime._answering.version, topics=len(runtime.conversation().campaign.topics))
        return runtime

    def _new_counters(self) -> Counters:
        settings = self.settings
        return Counters(
            settings.data_dir,
            self._releases,
            _cells(self._answering),
            self._clock.now,
            scale=settings.noise_scale,
            show_limit=settings.show_limit,
            key_of=self._context.keys.of,
            pool=self._context.pool,
            on_release=DigestMaker(
                settings.data_dir,
                self._releases,
                lambda: names_from(self.content()),
                settings.digest_language,
                self._send_digest,
            ),
        )

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
            today=self._clock.today,
        )
        await watch.run()

    def _rebuilt(self, content: Content | None) -> tuple[Answering, Phrases]:
        phrases = read_phrases(LOCALES, languages_of(content))
        return self._build(content, phrases, self._learning), phrases

    def _swap(self, built: tuple[Answering, Phrases], problems: tuple[Problem, ...]) -> None:
        self._answering, self._phrases = built
        gc.freeze()
        self._counters.renew(_cells(self._answering))
        self._problems = problems
        self._reloaded = self._clock.now()
        self._reload_failed = False

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self._problems = problems
        self._reload_failed = True

    # ---- counting

    def start_counting(self) -> None:
        """Begin the fixed tick. The try page counts nothing: staff are no askers."""
        self._schedule.start()
        self._counting = True

    def close(self) -> None:
        """Write what has been counted, a last time. Waits a moment only."""
        if self._counting:
            self._schedule.stop()

    def send_digests_by(self, channel: Channel, loop: asyncio.AbstractEventLoop) -> None:
        """From now on a digest goes to the operator's chat, where one is set; it is called in the thread that ticks."""
        chat = self.settings.digest_chat
        if not chat:
            return

        def post(digest: Digest) -> None:
            posting = channel.post(chat, digest.text, digest.picture)
            asyncio.run_coroutine_threadsafe(posting, loop).result(DIGEST_SECONDS)

        self._post = post

    def _send_digest(self, digest: Digest) -> None:
        if self._post is not None:
            self._post(digest)

    # ---- what the channels are handed

    def telegram(self) -> Services:
        """What the Telegram channel needs."""
        chat_state = ChatState(self._clock.today, key_of=self._context.keys.of)
        return Services(
            conversation=self.conversation,
            say=lambda language, sentence: self._phrases(language, sentence),
            languages=lambda: tuple(self.conversation().campaign.languages),
            count=self._counters.add,
            clock=self._clock,
            chat_state=chat_state,
            forget=self._counters.forget,
            read_picture=ocr.read_picture if self.settings.read_pictures and ocr.is_available() else None,
            hear_voice=hears(self.settings.voice_model),
            ordering=self._context.ordering(chat_state, self._counters),
        )

    def web_app(self, telegram_routes: Sequence[BaseRoute] = ()) -> Starlette:
        """The pages, with Telegram's route before them in webhook mode."""
        app = desk_app(
            DeskServices(
                settings=self.settings,
                say=all_staff_phrases(),
                clock=self._clock,
                conversation=self.conversation,
                content=self.content,
                problems=lambda: self._problems,
                health=self.health,
                releases=self._releases,
                ahead=lambda: ahead_of(self.settings.data_dir),
                wordings_folder=_wordings_folder(),
                session_key=self._context.session_key,
                sign_in_records=self._context.sign_in_records,
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
            started=self._started,
            version=__version__,
            last_reload=self._reloaded,
            reload_failed=self._reload_failed,
            workers=self.settings.workers,
            redis_works=self._context.redis_works,
            store="postgresql" if self.settings.database_url else "sqlite",
            store_works=self._counters.healthy,
            last_release=self._last_release(),
            telegram_reached=None if self.monitor.telegram_silence is None else self.monitor.telegram_reached,
            clock_skew=self.monitor.clock_skew,
            free_disk=free_bytes(self.settings.data_dir),
            free_memory=available_memory(),
            troubles=self.monitor.troubles,
        )

    def _last_release(self) -> date | None:
        try:
            released = self._releases.last(1)
        except StoreErrors:
            return None
        return released[-1].last_day if released else None


def hears(model: Path | None) -> Callable[[bytes, Sequence[str]], str | None] | None:
    """What hears voice notes; None where nobody has switched it on, or the machine cannot."""
    if model is None or not voice.is_available(model):
        return None

    def words(note: bytes, languages: Sequence[str]) -> str | None:
        heard = voice.hear(note, model, languages)
        return heard.text if heard is not None else None

    return words


def _cells(answering: Answering) -> frozenset[Cell]:
    """What can be counted over the content in force."""
    return cells_of(answering.conversation.campaign, answering.offer_signs)


def _wordings_folder() -> Path | None:
    folder = ROOT / "tests" / "wordings"
    return folder if os.access(folder, os.W_OK) else None
