"""The Telegram channel alone, as a process: `python -m tests.simulator.small_bot`, settings as for tabayyan.

For tests and benchmarks. --conversation small (four topics) or constant (says one thing).
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bot import runtime
from bot.channels.telegram.channel import open_channel
from bot.channels.telegram.chat_state import ChatState
from bot.channels.telegram.ports import Services
from bot.clock import machine_clock
from bot.dialogue.reply import Counted
from bot.i18n import read_phrases
from bot.logs import guard_loop, set_up_logging
from bot.settings import ROOT, Settings, SettingsError, read_settings
from tests.simulator.small_campaign import CAMPAIGN, constant_conversation, small_conversation
from tests.simulator.spoken import hearing_words


def _count(asker: int, counted: Counted) -> None:
    """Nothing is counted here."""


def _read_picture(picture: bytes) -> str | None:
    """Reads pictures that are made of words."""
    return picture.decode("utf-8", "ignore") or None


def small_services(*, constant: bool = False, pictures: bool = False, voice_model: Path | None = None) -> Services:
    """What the channel needs, around the small campaign."""
    say = read_phrases(ROOT / "locales", CAMPAIGN.languages)
    conversation = constant_conversation(say) if constant else small_conversation(say)
    clock = machine_clock()
    return Services(
        conversation=lambda: conversation,
        say=say,
        languages=lambda: tuple(CAMPAIGN.languages),
        count=_count,
        clock=clock,
        chat_state=ChatState(clock.today),
        read_picture=_read_picture if pictures else None,
        hear_voice=runtime.hears(voice_model),
    )


async def _main(settings: Settings, constant: bool) -> int:
    guard_loop(asyncio.get_running_loop())
    services = small_services(
        constant=constant, pictures=settings.log_level == "DEBUG", voice_model=settings.voice_model
    )
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with open_channel(settings, services) as channel:
        if settings.effective_mode == "polling":
            return await channel.poll(stop)
        server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=list(channel.routes())),
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
            )
        )
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server._serve())
        code = await channel.take_webhook(stop)
        server.should_exit = True
        await serving
        return code


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversation", choices=("small", "constant"), default="small")
    arguments = parser.parse_args()
    try:
        known = read_settings()
    except SettingsError as error:
        sys.exit(str(error))
    set_up_logging(known.log_level)
    with hearing_words():
        sys.exit(asyncio.run(_main(known, arguments.conversation == "constant")))
