"""An empty aiogram 3 echo bot, as its own documentation writes it: the baseline of benchmarks.load."""

from __future__ import annotations

import argparse
import asyncio

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web


async def _echo(message: Message) -> None:
    await message.answer(message.text or "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--token", required=True)
    parser.add_argument("--api", required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    session = AiohttpSession(api=TelegramAPIServer.from_base(arguments.api))
    bot = Bot(arguments.token, session=session)
    dispatcher = Dispatcher()
    dispatcher.message()(_echo)
    if arguments.port:

        async def _start() -> None:
            await bot.set_webhook(f"http://127.0.0.1:{arguments.port}/telegram")

        dispatcher.startup.register(_start)
        app = web.Application()
        SimpleRequestHandler(dispatcher=dispatcher, bot=bot).register(app, path="/telegram")
        setup_application(app, dispatcher, bot=bot)
        web.run_app(app, host="127.0.0.1", port=arguments.port, access_log=None, print=None)
    else:
        asyncio.run(dispatcher.start_polling(bot))
