"""The simulator as a process: `python -m tests.simulator.server --port 9700`.

The bot's side: /bot<token>/<method> and /file/bot<token>/<path>. The people's side: /sim/<act>, JSON in and out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import aiohttp
from aiohttp import web

from tests.simulator.markup import ApiError, bad
from tests.simulator.world import Values, World, shown

TOKEN = "123456:AAcanary-token-of-the-simulator-000"
LONGEST_HOOK_RETRY = 30.0
KEPT_OPEN_SECONDS = 900.0
WORLD = web.AppKey("world", World)


def _methods(world: World) -> dict[str, Callable[[Values], Any]]:
    return {
        "getMe": lambda values: world.about_me,
        "sendMessage": world.send_message,
        "sendPhoto": world.send_photo,
        "sendChatAction": lambda values: bool(world.chat(values)),
        "editMessageText": world.edit_message_text,
        "deleteMessage": world.delete_message,
        "answerCallbackQuery": world.answer_callback_query,
        "answerInlineQuery": world.answer_inline_query,
        "setMyCommands": world.set_my_commands,
        "setMyDescription": lambda values: world.set_text("description", 512, values),
        "setMyShortDescription": lambda values: world.set_text("short_description", 120, values),
        "setWebhook": world.set_webhook,
        "deleteWebhook": world.delete_webhook,
        "getWebhookInfo": lambda values: {
            "url": world.webhook["url"],
            "has_custom_certificate": False,
            "pending_update_count": len(world.queue),
        },
        "getFile": world.get_file,
    }


async def _parameters(request: web.Request) -> Values:
    if request.content_type == "application/json":
        return {**request.query, **json.loads(await request.read() or b"{}")}
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return {**request.query, **{name: _field(value) for name, value in (await request.post()).items()}}
    return dict(request.query)


def _field(value: str | bytes | bytearray | web.FileField) -> Any:
    """A field of a form: flags come as words there, and of a file only its name is kept."""
    if isinstance(value, web.FileField):
        return value.filename
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else None


async def _do(world: World, methods: dict[str, Callable[[Values], Any]], method: str, values: Values) -> Any:
    if method == "getUpdates":
        return await world.get_updates(values)
    if method not in methods:
        raise ApiError(404, "Not Found")
    try:
        result = methods[method](values)
    except (KeyError, TypeError, ValueError) as error:
        raise bad(f"parameter {error} is missing or invalid") from error
    return shown(result) if isinstance(result, dict) else result


def _fault(world: World, method: str, values: Values) -> Values | None:
    """The fault that this call shall meet, if any."""
    for fault in world.faults:
        if fault["left"] <= 0 or random.random() >= fault.get("share", 1.0) or fault["method"] not in (method, "*"):
            continue
        if "chat_id" in fault and str(values.get("chat_id")) != str(fault["chat_id"]):
            continue
        fault["left"] -= 1
        return fault
    return None


async def _bot_side(request: web.Request) -> web.StreamResponse:
    answer = await _answered(request)
    answer.headers["Date"] = formatdate(request.app[WORLD].now(), usegmt=True)
    return answer


async def _answered(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    method = request.match_info["method"]
    methods = request.app[METHODS]
    try:
        values = await _parameters(request)
    except (ValueError, ConnectionError):
        return web.json_response({"ok": False, "error_code": 400, "description": "Bad Request"}, status=400)
    world.counts[method] += 1
    noted: Values = {"method": method, "values": values, "at": time.time()}
    if world.settings["keep_calls"]:
        world.calls.append(noted)
    try:
        if request.match_info["token"] != world.token:
            raise ApiError(401, "Unauthorized")
        fault = _fault(world, method, values) if world.faults else None
        if fault is not None:
            kind = noted["fault"] = fault["kind"]
            if kind == "reset":
                return _dropped(request)
            if kind == "lost-reply":  # does the work, then drops the connection
                await _do(world, methods, method, values)
                return _dropped(request)
            if kind in ("hang", "slow"):
                await asyncio.sleep(fault.get("seconds", 3600))
                if kind == "hang":
                    return _dropped(request)
            elif kind == "bad-json":
                return web.Response(text="<html>hello</html>", content_type="text/html")
            elif kind == "429":
                seconds = fault.get("seconds", 1)
                raise ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
            elif kind.startswith("5"):
                return web.Response(text="<html>Bad Gateway</html>", content_type="text/html", status=int(kind))
            else:
                raise ApiError(int(kind), fault.get("description", "Bad Request: chat not found"))
        result = await _do(world, methods, method, values)
        noted["result"] = result
        return web.json_response({"ok": True, "result": result})
    except ApiError as error:
        noted["error"] = error.description
        body: Values = {"ok": False, "error_code": error.code, "description": error.description}
        if error.parameters:
            body["parameters"] = error.parameters
        return web.json_response(body, status=error.code)


def _dropped(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _files(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    data = world.files.get(request.match_info["path"])
    if data is None or request.match_info["token"] != world.token:
        raise web.HTTPNotFound
    return web.Response(body=data)


# ---- webhook delivery: each chat's updates one after another, chats side by side


async def _deliver(world: World) -> None:
    """Deliver as Telegram does: never two updates of one chat at once, each repeated until it is taken."""
    busy: set[int] = set()
    under_way: set[int] = set()
    free = asyncio.Event()

    async def one(session: aiohttp.ClientSession, number: int, chat: int, update: Values) -> None:
        pause = world.settings["hook_retry"]
        try:
            while number in world.queue and world.webhook["url"]:
                world.deliveries[number] += 1
                try:
                    headers = {"X-Telegram-Bot-Api-Secret-Token": world.webhook["secret"] or ""}
                    async with session.post(world.webhook["url"], json=update, headers=headers) as answer:
                        await answer.read()
                        world.hook_answers[str(answer.status)] += 1
                        if answer.status < 300:
                            world.queue.pop(number, None)
                            return
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    world.hook_answers[type(error).__name__] += 1
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_HOOK_RETRY)
        finally:
            busy.discard(chat)
            under_way.discard(number)
            free.set()

    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
        tasks: set[asyncio.Task[None]] = set()
        while True:
            world.wake.clear()
            free.clear()
            started = False
            if world.webhook["url"]:
                for number, update in world.queue.items():
                    if len(under_way) >= world.webhook["connections"]:
                        break
                    chat = _chat_of(update)
                    if number in under_way or chat in busy:
                        continue
                    busy.add(chat)
                    under_way.add(number)
                    task = asyncio.create_task(one(session, number, chat, update))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                    started = True
            if started:
                await asyncio.sleep(0)
            waits = [asyncio.create_task(world.wake.wait()), asyncio.create_task(free.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()


def _chat_of(update: Values) -> int:
    for body in update.values():
        if isinstance(body, dict):
            message = body.get("message", body)
            chat = message.get("chat") if isinstance(message, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
            sender = body.get("from")
            if isinstance(sender, dict) and isinstance(sender.get("id"), int):
                return -(10**15) - int(sender["id"])
    return -int(update["update_id"])


# ---- the people's side


async def _people_side(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    act = request.match_info["act"]
    values = {**request.query, **json.loads(await request.read() or b"{}")}
    try:
        return web.json_response({"ok": True, "result": await _act(world, act, values)})
    except KeyError as error:
        return web.json_response({"ok": False, "error": f"unknown or missing: {error}"}, status=400)


async def _act(world: World, act: str, values: Values) -> Any:
    match act:
        case "say":
            return world.say(values)
        case "edit":
            return world.edit(values)
        case "press":
            return world.press(values)
        case "inline":
            return world.ask_inline(values)
        case "raw":  # any update as it is
            for chat in values.get("chats", []):
                world.chats.setdefault(chat, {"id": chat, "type": "private" if chat > 0 else "supergroup"})
            number = world.push(**values["update"])
            world.raw.add(number)
            return {"update_id": number}
        case "expect":  # queries of raw updates, so that they can be answered
            world.callbacks[values["callback"]] = {"at": time.monotonic()}
            world.inlines[values["inline"]] = {"at": time.monotonic()}
            return True
        case "repeat":  # the same update once more
            number = int(values["update_id"])
            world.queue[number] = world.history[number]
            world.queue.move_to_end(number, last=False)
            world.wake.set()
            return number
        case "block":
            world.blocked.add(int(values["user"]))
            return True
        case "remove":  # the person deletes a message
            world.messages.pop((int(values["user"]), int(values["message_id"])))["_deleted"] = True
            return True
        case "age":  # a message grows old
            world.messages[(int(values["chat"]), int(values["message_id"]))]["date"] -= int(values["seconds"])
            return True
        case "migrate":
            return world.migrate(values)
        case "close-topic":
            world.closed_topics.add((int(values["chat"]), int(values["thread"])))
            return True
        case "number":  # the next update's number
            world.last_update = int(values["next"]) - 1
            return True
        case "hook":  # somebody else sets a webhook
            return world.set_webhook(values)
        case "file":
            world.files[values["name"]] = bytes.fromhex(values["hex"])
            return True
        case "flood":
            return await _flood(world, **values)
        case "press-flood":  # each of so many people presses a button of the bot's last message
            for user in range(int(values["first"]), int(values["first"]) + int(values["users"])):
                message = world.transcripts[user][-1]["message_id"]
                world.press({"user": user, "message_id": message, "label": values["label"]})
            return True
        case "chat":
            return [
                {**message, "bot": message["from"]["id"] == world.me["id"]}
                for message in world.transcripts[int(values["chat"])]
            ]
        case "bot-said":  # chat -> how many messages the bot has put into it
            return {
                chat: sum(message["from"]["id"] == world.me["id"] for message in said)
                for chat, said in world.transcripts.items()
            }
        case "callback":
            return world.callbacks[values["id"]].get("answer")
        case "cards":
            return world.inlines[values["id"]].get("answer")
        case "calls":
            return [call for call in world.calls if call["method"] == values.get("method", call["method"])]
        case "updates":  # all but the raw ones, which a test may have malformed on purpose
            return [update for number, update in world.history.items() if number not in world.raw]
        case "fault":
            world.faults.append({"method": "*", "times": 1, **values, "left": int(values.get("times", 1))})
            return True
        case "storm":  # a share of all calls meets a fault
            world.faults.append({**values, "left": 10**9})
            return True
        case "no-faults":
            world.faults.clear()
            return True
        case "set":
            world.settings.update(values)
            return True
        case "clear-delays":
            world.delays.clear()
            world.waiting_since.clear()
            return True
        case "stats":
            return _stats(world)
    raise KeyError(act)


async def _flood(
    world: World, n: int, users: int, text: str = "hello {i}", rate: float = 0.0, first: int = 5000
) -> Values:
    """n messages from so many users, at once or at a rate a second."""
    start = time.perf_counter()
    for i in range(n):
        world.say({"user": first + i % users, "text": text.replace("{i}", str(i))})
        if rate:
            await asyncio.sleep(max(0.0, start + (i + 1) / rate - time.perf_counter()))
        elif i % 200 == 0:
            await asyncio.sleep(0)
    return {"seconds": time.perf_counter() - start}


def _stats(world: World) -> Values:
    delays = sorted(world.delays)

    def quantile(share: float) -> float | None:
        return round(delays[min(len(delays) - 1, int(len(delays) * share))] * 1000, 2) if delays else None

    return {
        "pending": len(world.queue),
        "replies": len(delays),
        "p50": quantile(0.5),
        "p99": quantile(0.99),
        "max": quantile(1.0),
        "calls": dict(world.counts),
        "delivered_again": sum(times > 1 for times in world.deliveries.values()),
        "hook": dict(world.hook_answers),
        "texts": world.texts,
        "webhook": world.webhook,
    }


METHODS = web.AppKey("methods", dict[str, Callable[[Values], Any]])


def make_app(token: str) -> web.Application:
    """The simulator as an aiohttp application."""
    app = web.Application(client_max_size=32 * 2**20)

    async def boot(started: web.Application) -> None:
        started[WORLD] = World(token)
        started[METHODS] = _methods(started[WORLD])
        started[DELIVERY] = asyncio.create_task(_deliver(started[WORLD]))

    async def end(stopped: web.Application) -> None:
        stopped[DELIVERY].cancel()

    app.on_startup.append(boot)
    app.on_cleanup.append(end)
    app.router.add_route("*", "/bot{token}/{method}", _bot_side)
    app.router.add_get("/file/bot{token}/{path:.*}", _files)
    app.router.add_post("/sim/{act}", _people_side)
    return app


DELIVERY = web.AppKey("delivery", asyncio.Task[None])

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9700)
    parser.add_argument("--token", default=TOKEN)
    arguments = parser.parse_args()
    # A test may say nothing for minutes while a bot learns: its connection stays open.
    web.run_app(
        make_app(arguments.token),
        host="127.0.0.1",
        port=arguments.port,
        print=None,
        access_log=None,
        keepalive_timeout=KEPT_OPEN_SECONDS,
    )
