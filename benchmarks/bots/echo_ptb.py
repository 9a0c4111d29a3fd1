"""An empty python-telegram-bot echo bot, as its own documentation writes it: the baseline of benchmarks.load."""

from __future__ import annotations

import argparse
import asyncio
import signal

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

from bot.channels.telegram.bot import AiohttpRequest


async def _echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    assert update.message is not None
    await update.message.reply_text(update.message.text or "")


def _application(token: str, api: str, client: str) -> Application:
    builder = Application.builder().token(token).base_url(f"{api}/bot")
    if client == "aiohttp":
        for_updates = AiohttpRequest(api, connections=4, seconds=40)
        builder = builder.request(AiohttpRequest(api, connections=256, seconds=10)).get_updates_request(for_updates)
        builder = builder.concurrent_updates(256)
    application = builder.build()
    application.add_handler(MessageHandler(filters.TEXT, _echo))
    return application


async def _webhook(application: Application, port: int) -> None:
    """Updates by webhook, put into the queue as python-telegram-bot's own server does: acknowledged before the answer."""

    async def receive(request: Request) -> Response:
        await application.update_queue.put(Update.de_json(await request.json(), application.bot))
        return Response()

    app = Starlette(routes=[Route("/telegram", receive, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", access_log=False))
    async with application:
        await application.bot.set_webhook(f"http://127.0.0.1:{port}/telegram")
        await application.start()
        await server.serve()
        await application.stop()


async def _polling(application: Application) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling()
        await stop.wait()
        await application.updater.stop()
        await application.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--token", required=True)
    parser.add_argument("--api", required=True)
    parser.add_argument("--client", choices=("stock", "aiohttp"), default="stock")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    known = _application(arguments.token, arguments.api, arguments.client)
    asyncio.run(_webhook(known, arguments.port) if arguments.port else _polling(known))
