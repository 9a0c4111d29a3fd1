"""Telegram's side of things: chats, messages, the queue of updates, faults, and what people do."""

from __future__ import annotations

import asyncio
import collections
import re
import secrets
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from tests.simulator.markup import ApiError, as_object, bad, checked_keyboard, found_entities, parsed

HIDE_SECONDS = 48 * 3600
DEFAULT_OFF = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
BURST_PER_CHAT = 5
OFFSET_BEYOND = 10
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
LOOPBACK = re.compile(r"http://127\.0\.0\.1:\d+/\S*")
WEBHOOK_PORTS = (None, 443, 80, 88, 8443)

TOPIC_FIELDS = ("message_thread_id", "is_topic_message")

Values = dict[str, Any]


class World:
    """Everything that one simulated Telegram knows."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.me: Values = {
            "id": int(token.split(":")[0]),
            "is_bot": True,
            "first_name": "Sim",
            "username": "sim_faq_bot",
        }
        self.about_me = {
            **self.me,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": True,
        }
        self.settings: Values = {
            "limits": False,  # refuse more than one message a second in a chat
            "callback_seconds": 15.0,  # a pressed button waits so long for its answer
            "inline_seconds": 10.0,
            "longest_poll": 50.0,  # below what is asked for: short polls
            "hook_retry": 1.0,
            "keep_calls": True,
            "ahead": 0.0,  # seconds by which Telegram's clock is ahead of the machine's
        }
        self.queue: collections.OrderedDict[int, Values] = collections.OrderedDict()
        self.history: dict[int, Values] = {}
        self.raw: set[int] = set()
        # Each world counts from elsewhere: a Redis that outlives one knows the numbers that ended there.
        self.last_update = 100_000_000 + secrets.randbelow(800_000_000)
        self.wake = asyncio.Event()
        self.poll = 0
        self.webhook: Values = {"url": ""}
        self.allowed: list[str] | None = None
        self.users: dict[int, Values] = {}
        self.chats: dict[int, Values] = {}
        self.blocked: set[int] = set()
        self.moved: dict[int, int] = {}
        """Groups that have become supergroups."""
        self.closed_topics: set[tuple[int, int]] = set()
        self.messages: dict[tuple[int, int], Values] = {}
        self.transcripts: dict[int, list[Values]] = collections.defaultdict(list)
        self.last_message = 0
        self.callbacks: dict[str, Values] = {}
        self.inlines: dict[str, Values] = {}
        self.texts: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.calls: list[Values] = []
        self.counts: collections.Counter[str] = collections.Counter()
        self.faults: list[Values] = []
        self.sent: dict[int, collections.deque[float]] = collections.defaultdict(collections.deque)
        self.waiting_since: dict[int, float] = {}
        self.delays: list[float] = []
        self.deliveries: collections.Counter[int] = collections.Counter()
        self.hook_answers: collections.Counter[str] = collections.Counter()

    def now(self) -> int:
        """Telegram's time, Unix seconds."""
        return int(time.time() + self.settings["ahead"])

    # ---- updates

    def push(self, **body: Any) -> int:
        """Queue an update; gives its number."""
        self.last_update += 1
        kind = next(iter(body), "")
        if (self.allowed and kind not in self.allowed) or (not self.allowed and kind in DEFAULT_OFF):
            return self.last_update
        update = {"update_id": self.last_update, **body}
        self.queue[self.last_update] = update
        if self.settings["keep_calls"]:
            self.history[self.last_update] = update
        self.wake.set()
        return self.last_update

    async def get_updates(self, values: Values) -> list[Values]:
        """Long polling as Telegram does it: an offset confirms all below, and a repeated one repeats."""
        if self.webhook["url"]:
            raise ApiError(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"
            )
        self.poll += 1
        poll = self.poll
        self.wake.set()  # an older poll ends with 409
        offset, limit = int(values.get("offset") or 0), min(100, max(1, int(values.get("limit") or 100)))
        if values.get("allowed_updates"):
            self.allowed = as_object(values["allowed_updates"]) or None
        if offset > self.last_update + OFFSET_BEYOND:
            offset = 0  # numbers have begun anew: Telegram takes such an offset for none
        while self.queue and next(iter(self.queue)) < offset:
            self.queue.popitem(last=False)
        end = time.monotonic() + min(self.settings["longest_poll"], float(values.get("timeout") or 0))
        while True:
            if self.queue:
                batch = []
                for number, update in self.queue.items():
                    self.deliveries[number] += 1
                    batch.append(update)
                    if len(batch) == limit:
                        break
                return batch
            left = end - time.monotonic()
            if left <= 0:
                return []
            self.wake.clear()
            try:
                async with asyncio.timeout(left):
                    await self.wake.wait()
            except TimeoutError:
                return []
            if self.webhook["url"]:
                raise ApiError(409, "Conflict: terminated by setWebhook request")
            if self.poll != poll:
                raise ApiError(
                    409,
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                )

    # ---- the bot's methods

    def chat(self, values: Values) -> int:
        """The chat that a method names, if the bot may write there."""
        try:
            chat = int(values.get("chat_id") or 0)
        except ValueError:
            raise bad("chat not found") from None
        if chat in self.moved:
            moved = self.moved[chat]
            raise ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=moved)
        if chat not in self.chats:
            raise bad("chat not found")
        if chat in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def topic(self, chat: int, values: Values) -> Values:
        """The fields of a message that is sent into a forum's topic."""
        thread = int(values.get("message_thread_id") or 0)
        if not thread:
            return {}
        if (chat, thread) in self.closed_topics or not (self.chats[chat].get("is_forum") or chat > 0):
            raise bad("message thread not found")
        return {"message_thread_id": thread, "is_topic_message": True}

    def keep_pace(self, chat: int) -> None:
        """Refuse more than a short burst beyond one message a second."""
        if not self.settings["limits"]:
            return
        recent, moment = self.sent[chat], time.monotonic()
        while recent and recent[0] < moment - BURST_PER_CHAT:
            recent.popleft()
        if len(recent) >= BURST_PER_CHAT:
            raise ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
        recent.append(moment)

    def new_message(self, chat: int, sender: Values, **body: Any) -> Values:
        """Put a message into a chat."""
        self.last_message += 1
        message = {
            "message_id": self.last_message,
            "from": sender,
            "chat": self.chats[chat],
            "date": self.now(),
            **body,
        }
        self.messages[(chat, self.last_message)] = message
        self.transcripts[chat].append(message)
        return message

    def answered(self, chat: int) -> None:
        """Note how long a person has waited for the bot's first reaction."""
        since = self.waiting_since.pop(chat, None)
        if since is not None:
            self.delays.append(time.perf_counter() - since)

    def send_message(self, values: Values) -> Values:
        chat = self.chat(values)
        text, entities = parsed(values)
        keyboard = checked_keyboard(values)
        self.keep_pace(chat)
        body: Values = {"text": text}
        if entities:
            body["entities"] = entities
        if keyboard and "inline_keyboard" in keyboard:
            body["reply_markup"] = keyboard
        body |= self.topic(chat, values)
        if values.get("reply_parameters"):
            known = self.messages.get((chat, int(as_object(values["reply_parameters"])["message_id"])))
            if known is not None:
                body["reply_to_message"] = _without_reply(known)
                body |= {name: known[name] for name in TOPIC_FIELDS if name in known}
        message = self.new_message(chat, self.me, **body)
        message["_silent"] = str(values.get("disable_notification", "")).lower() in ("true", "1")
        self.answered(chat)
        return message

    def send_photo(self, values: Values) -> Values:
        chat = self.chat(values)
        self.answered(chat)
        photo = [{"file_id": uuid.uuid4().hex, "file_unique_id": "u", "width": 10, "height": 10}]
        return self.new_message(chat, self.me, photo=photo, caption=str(values.get("caption") or ""))

    def edit_message_text(self, values: Values) -> Values:
        chat = self.chat(values)
        message = self.messages.get((chat, int(values.get("message_id") or 0)))
        if message is None:
            raise bad("message to edit not found")
        if message["from"]["id"] != self.me["id"] or "text" not in message:
            raise bad("message can't be edited")
        text, entities = parsed(values)
        keyboard = checked_keyboard(values)
        self.keep_pace(chat)
        before = (message["text"], message.get("entities", []), message.get("reply_markup"))
        shown = keyboard if keyboard and keyboard.get("inline_keyboard") else None
        if before == (text, entities, shown):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the same as a "
                "current content and reply markup of the message"
            )
        message.update(text=text, edit_date=self.now())
        message.pop("entities", None)
        message.pop("reply_markup", None)
        if entities:
            message["entities"] = entities
        if shown:
            message["reply_markup"] = shown
        message["_edits"] = message.get("_edits", 0) + 1
        self.answered(chat)
        return message

    def delete_message(self, values: Values) -> bool:
        chat = self.chat(values)
        number = int(values.get("message_id") or 0)
        message = self.messages.get((chat, number))
        if message is None:
            raise bad("message to delete not found")
        others = message["from"]["id"] != self.me["id"]
        if message["date"] < self.now() - HIDE_SECONDS or (chat < 0 and others):
            raise bad("message can't be deleted for everyone")
        message["_deleted"] = True
        del self.messages[(chat, number)]
        return True

    def answer_callback_query(self, values: Values) -> bool:
        query = self.callbacks.get(str(values.get("callback_query_id")))
        if not query or "answer" in query or time.monotonic() - query["at"] > self.settings["callback_seconds"]:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(str(values.get("text") or "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        query["answer"] = {"text": values.get("text"), "seconds": time.monotonic() - query["at"]}
        return True

    def answer_inline_query(self, values: Values) -> bool:
        query = self.inlines.get(str(values.get("inline_query_id")))
        if query is None or "answer" in query or time.monotonic() - query["at"] > self.settings["inline_seconds"]:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        results = as_object(values.get("results") or "[]")
        names = [result["id"] for result in results]
        if (
            len(results) > 50
            or len(set(names)) != len(names)
            or any(not 1 <= len(name.encode()) <= 64 for name in names)
        ):
            raise bad("RESULT_ID_INVALID")
        for result in results:
            content = result["input_message_content"]
            parsed({"text": content["message_text"], "parse_mode": content.get("parse_mode")})
            checked_keyboard(result)
        query["answer"] = {
            "results": results,
            "cache_time": values.get("cache_time"),
            "is_personal": values.get("is_personal"),
            "seconds": time.monotonic() - query["at"],
        }
        return True

    def set_my_commands(self, values: Values) -> bool:
        commands = as_object(values.get("commands"))
        for command in commands:
            if not 1 <= len(command["description"]) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.texts[f"commands|{values.get('language_code') or ''}"] = commands
        return True

    def set_text(self, name: str, longest: int, values: Values) -> bool:
        text = str(values.get(name) or "")
        if len(text) > longest:
            raise bad(f"{name.upper()}_TOO_LONG")
        self.texts[f"{name}|{values.get('language_code') or ''}"] = text
        return True

    def set_webhook(self, values: Values) -> bool:
        url, secret = str(values.get("url") or ""), str(values.get("secret_token") or "")
        if secret and not SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")
        address = urlsplit(url)
        if url and not LOOPBACK.fullmatch(url) and (address.scheme != "https" or address.port not in WEBHOOK_PORTS):
            raise bad("bad webhook: an HTTPS URL must be provided for webhook")
        self.webhook = {
            "url": url,
            "secret": values.get("secret_token"),
            "connections": int(values.get("max_connections") or 40),
        }
        self.allowed = as_object(values["allowed_updates"]) if values.get("allowed_updates") else None
        self.wake.set()
        return True

    def delete_webhook(self, values: Values) -> bool:
        if str(values.get("drop_pending_updates", "")).lower() in ("true", "1"):
            self.queue.clear()
        self.webhook = {"url": ""}
        self.wake.set()
        return True

    def get_file(self, values: Values) -> Values:
        name = str(values.get("file_id"))
        if name not in self.files:
            raise bad("invalid file_id")
        return {"file_id": name, "file_unique_id": name[:8], "file_size": len(self.files[name]), "file_path": name}

    # ---- what people do

    def person(self, user: int, **changes: Any) -> Values:
        """A user with a private chat."""
        known = self.users.setdefault(
            user, {"id": user, "is_bot": False, "first_name": f"User{user}", "language_code": "en"}
        )
        known.update({name: value for name, value in changes.items() if value is not None})
        self.chats.setdefault(user, {"id": user, "type": "private", "first_name": known["first_name"]})
        return known

    def say(self, values: Values) -> Values:
        """Somebody sends a message: {user, text | content, [chat, lang, reply_to, date, thread, ...]}.

        A thread is a topic, which makes the group a forum.
        """
        user = int(values.get("user", 1000))
        sender = self.person(user, language_code=values.get("lang"), **values.get("person", {}))
        chat = int(values.get("chat", user))
        self.chats.setdefault(chat, {"id": chat, "type": "supergroup", "title": "Group"})
        body: Values = dict(values.get("content", {}))
        if "thread" in values:
            body |= {"message_thread_id": int(values["thread"]), "is_topic_message": True}
            if chat < 0:
                self.chats[chat]["is_forum"] = True
        if "text" in values:
            body["text"] = values["text"]
            entities = found_entities(values["text"])
            if entities:
                body["entities"] = entities
        if values.get("reply_to"):
            body["reply_to_message"] = _without_reply(self.messages[(chat, int(values["reply_to"]))])
        if "date" in values:
            body["date"] = int(values["date"])
        message = self.new_message(chat, sender, **body)
        self.waiting_since[chat] = time.perf_counter()
        return {"update_id": self.push(message=shown(message)), "message_id": message["message_id"]}

    def edit(self, values: Values) -> Values:
        """Somebody edits a message: {user, message_id, text}."""
        message = self.messages[
            (int(values["chat"] if "chat" in values else values["user"]), int(values["message_id"]))
        ]
        message.update(text=values["text"], edit_date=int(values.get("date", self.now())))
        return {"update_id": self.push(edited_message=shown(message))}

    def press(self, values: Values) -> Values:
        """Somebody presses a button that is really there: {user, message_id, label | data, [chat, force]}."""
        user = int(values.get("user", 1000))
        chat = int(values.get("chat", user))
        message = self.messages.get((chat, int(values["message_id"])))
        rows = (message or {}).get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row]
        wanted, key = (values["data"], "callback_data") if "data" in values else (values.get("label"), "text")
        found = next((button for button in buttons if button.get(key) == wanted), None)
        if found is None and not values.get("force"):
            raise KeyError("no such button")
        query = str(uuid.uuid4().int)[:18]
        self.callbacks[query] = {"at": time.monotonic()}
        self.waiting_since[chat] = time.perf_counter()
        told = shown(message) if message else {"message_id": values["message_id"], "chat": self.chats[chat], "date": 0}
        data = found["callback_data"] if found else values["data"]
        number = self.push(
            callback_query={"id": query, "from": self.person(user), "message": told, "chat_instance": "1", "data": data}
        )
        return {"update_id": number, "callback_query_id": query}

    def migrate(self, values: Values) -> int:
        """A group becomes a supergroup: {chat}; gives its new number."""
        old = int(values["chat"])
        new = self.moved[old] = -(10**12) + old
        self.chats[new] = {**self.chats.pop(old), "id": new}
        return new

    def ask_inline(self, values: Values) -> Values:
        """Somebody types @bot and words in any chat: {user, query, [lang]}."""
        query = str(uuid.uuid4().int)[:18]
        self.inlines[query] = {"at": time.monotonic()}
        sender = self.person(int(values.get("user", 1000)), language_code=values.get("lang"))
        number = self.push(inline_query={"id": query, "from": sender, "query": values["query"], "offset": ""})
        return {"update_id": number, "inline_query_id": query}


def _without_reply(message: Values) -> Values:
    return {name: value for name, value in shown(message).items() if name != "reply_to_message"}


def shown(message: Values) -> Values:
    """A message without the simulator's own notes."""
    return {name: value for name, value in message.items() if not name.startswith("_")}
