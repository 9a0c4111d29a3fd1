"""Logging by allow-list: only fixed event codes with public values ever reach a log line.

python-telegram-bot logs whole updates at level CRITICAL and httpx logs the token inside addresses, so no level
setting is safe. Here one handler sits on the root logger; it prints `Event` records, and of everybody else's
records only level, logger name and the exception's class, never a message, an argument or a traceback.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from bot.settings import LogLevel

_LOGGER = logging.getLogger("tabayyan")
_PUBLIC_VALUE = re.compile(r"[A-Za-z0-9_.:/\[\] -]{0,200}")

EVENTS: Mapping[str, str] = {
    "cache-unwritten": "What was learnt could not be kept: each start learns anew. Make room in the data folder, or let it be written.",
    "started": "The bot has started.",
    "settings": "Settings were read.",
    "nothing-to-reload": "Edits of the content are taken by themselves; other settings need a restart.",
    "learning": "Learning the words; the first start takes longest.",
    "stopping": "The bot is stopping.",
    "no-token": "No token is set: the try page runs instead of Telegram. Set TABAYYAN_TELEGRAM_TOKEN to connect.",
    "page-open": "The pages are open.",
    "port-in-use": "The port is in use: the bot runs without its pages. Set TABAYYAN_PORT to another.",
    "polling": "Polling Telegram.",
    "webhook": "Taking updates by webhook.",
    "telegram-unreachable": "Telegram cannot be reached; trying again.",
    "telegram-refused-token": "Telegram refuses the token. Check TABAYYAN_TELEGRAM_TOKEN.",
    "webhook-elsewhere": "Updates go to a webhook that somebody has set. It is taken away, so that polling goes on.",
    "webhook-refused": "Telegram refuses the webhook. Check TABAYYAN_WEBHOOK_URL (https, port 443, 80, 88 or 8443) "
    "and TABAYYAN_WEBHOOK_SECRET (letters, digits, _ and -).",
    "clock-wrong": "The machine's clock is wrong by more than half a minute. Telegram's is used for the age of messages.",
    "clock-right": "The machine's clock is right again.",
    "second-poller": "Another program polls with the same token. Stop one of the two.",
    "update-malformed": "An update could not be read and was passed over.",
    "update-failed": "An update could not be answered after several tries and was given up.",
    "update-repeated": "An update came twice and was answered once.",
    "send-refused": "Telegram refused a reply (blocked by the user, or an unknown chat).",
    "reply-simplified": "Telegram refused a reply's form; its bare words were sent.",
    "description-refused": "Telegram refused the bot's commands or description; it works without.",
    "send-repeated": "A reply whose fate was unknown was sent a second time.",
    "rate-limited": "Telegram asks to wait.",
    "content-loaded": "Content loaded.",
    "content-problems": "The content has problems; the last good content goes on answering.",
    "content-last-good": "Started from the last good copy of the content.",
    "content-last-resort": "No content can be loaded: only the urgent help that was kept answers.",
    "content-none": "No content can be loaded: only the urgent help answers.",
    "store-unavailable": "Counting has stopped: the data folder cannot be written. Answers go on.",
    "store-back": "Counting works again.",
    "released": "A window was released.",
    "release-delayed": "A closed window could not be released yet; it is tried again.",
    "released-before": "A window had been released with other figures; the first ones stay.",
    "redis-unavailable": "Redis cannot be reached; each worker goes on with its own memory.",
    "redis-back": "Redis works again.",
    "redis-persists": "Redis keeps data on disk and is not used. Turn off its snapshots and its append-only file.",
    "redis-unchecked": "Redis does not say whether it keeps anything on disk. Make sure that it does not.",
    "worker-started": "A worker answers.",
    "worker-died": "A worker has died and is started again.",
    "workers-renewed": "All workers have been started anew.",
    "telegram-silent": "Telegram has not answered for minutes: nobody is answered. Check the network and the firewall.",
    "telegram-back": "Telegram answers again.",
    "webhook-ours": "Telegram delivers to this bot's address again.",
    "disk-low": "Little room is left where the data folder lies.",
    "disk-fine": "There is room again where the data folder lies.",
    "memory-low": "Little memory is left on this machine.",
    "memory-fine": "There is memory again.",
    "not-reviewed": "Nobody has read these answers yet, by the reviews in topics.yaml.",
    "alert-failed": "TABAYYAN_ALERT_COMMAND failed or took too long.",
    "digest-failed": "The digest could not be sent.",
    "foreign-error": "A library reported an error.",
    "internal-error": "Something unexpected failed.",
}
"""Every event code, with what it means for the operator."""


_listeners: list[Callable[[str], None]] = []


def on_event(listener: Callable[[str], None]) -> Callable[[], None]:
    """Have a listener told the code of each event that is logged; gives what ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def log(event: str, level: int = logging.INFO, **values: str | int | float) -> None:
    """Log one event of the fixed list with public values (counts, versions, class names; never an asker's data).

    Raises:
        KeyError: the event is not in the list (a programmer's mistake).
    """
    _LOGGER.log(level, EVENTS[event], extra={"tabayyan_event": event, "tabayyan_values": values})
    for listener in tuple(_listeners):
        listener(event)


class _AllowList(logging.Formatter):
    """Formats events in full and everything else down to level, logger and exception class."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = self.formatTime(record, "%Y-%m-%d")
        event: str = getattr(record, "tabayyan_event", "")
        if event in EVENTS:
            values: Mapping[str, Any] = getattr(record, "tabayyan_values", {})
            shown = " ".join(f"{name}={_public(value)}" for name, value in values.items())
            return f"{stamp} {record.levelname} {event}: {EVENTS[event]}" + (f" [{shown}]" if shown else "")
        failure = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        named = f" {failure.__name__}" if failure is not None else ""
        return f"{stamp} {record.levelname} foreign-error: {_public(record.name)}{named}"


class _OnlyKnown(logging.Filter):
    """Lets our events pass, and of foreign records only errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        return hasattr(record, "tabayyan_event") or record.levelno >= logging.ERROR


def _public(value: object) -> str:
    text = str(value)
    return text if _PUBLIC_VALUE.fullmatch(text) else "?"


def set_up_logging(level: LogLevel) -> None:
    """Install the one handler and close every other way out: hooks for uncaught errors in threads and tasks too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_AllowList())
    handler.addFilter(_OnlyKnown())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(getattr(logging, level))
    # A library's own handler would print what ours drops.
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.lastResort = handler
    logging.raiseExceptions = False
    sys.excepthook = _report_uncaught
    threading.excepthook = lambda failure: _report_uncaught(failure.exc_type, failure.exc_value, None)
    sys.unraisablehook = lambda failure: _report_uncaught(failure.exc_type, failure.exc_value, None)


def _report_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    place = ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"
        trace = trace.tb_next
    log("internal-error", logging.ERROR, kind=kind.__name__, place=place)


def guard_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Report errors of forgotten tasks by class name only."""

    def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log("internal-error", logging.ERROR, kind=type(error).__name__ if error is not None else "task")

    loop.set_exception_handler(report)
