"""How fast the Telegram channel is, beside other libraries' empty bots in the same run on the same simulator.

    python -m benchmarks.load [--modes polling webhook] [--classifier constant|real|both] [--burst 4000] [--rate 150]

Prints one table. The simulator and the bot share the machine's cores; CPU and memory are the bot's alone, of several
workers the sum of the processor time and the memory of the largest. Rows of workers need Redis and PostgreSQL.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.engines import Postgres, Redis
from tests.simulator.client import TOKEN, Process, Telegram, cpu_of, free_port, memory_of, until
from tests.simulator.fixtures import MODES, bot_settings

PACED_SECONDS = 8
WARM_UP = 200
QUESTION = "what is the prison term {i}?"
REAL_QUESTIONS = "shno 3qobat il irtizaq bil qanoon {i}?"


@dataclass(frozen=True, slots=True)
class Contender:
    """A bot to measure."""

    name: str
    command: Callable[[Telegram, int], list[str]]
    """(simulator, webhook port or 0 for polling) -> command line."""
    text: str = QUESTION
    workers: int = 0
    """Processes that share PostgreSQL and Redis; 0: one process with SQLite and its own memory."""


def _own(*arguments: str) -> Callable[[Telegram, int], list[str]]:
    return lambda telegram, port: [sys.executable, *arguments]


def _empty(module: str, *more: str) -> Callable[[Telegram, int], list[str]]:
    def command(telegram: Telegram, port: int) -> list[str]:
        listen = ["--port", str(port)] if port else []
        return [sys.executable, "-m", module, "--token", TOKEN, "--api", telegram.address, *more, *listen]

    return command


CONTENDERS = {
    "constant": Contender(
        "tabayyan, constant classifier", _own("-m", "tests.simulator.small_bot", "--conversation", "constant")
    ),
    "real": Contender("tabayyan, whole program", _own("-m", "bot.cli", "run"), REAL_QUESTIONS),
    **{
        f"crew-{count}": Contender(
            f"constant, {count} of PostgreSQL and Redis", _own("-m", "tests.simulator.small_crew"), workers=count
        )
        for count in (1, 2, 4)
    },
    **{
        f"real-{count}": Contender(
            f"whole program, {count} of PostgreSQL and Redis", _own("-m", "bot.cli", "run"), REAL_QUESTIONS, count
        )
        for count in (1, 2, 4)
    },
    "ptb": Contender("python-telegram-bot, empty", _empty("benchmarks.bots.echo_ptb")),
    "ptb-aiohttp": Contender(
        "python-telegram-bot + aiohttp, empty", _empty("benchmarks.bots.echo_ptb", "--client", "aiohttp")
    ),
    "aiogram": Contender("aiogram, empty", _empty("benchmarks.bots.echo_aiogram")),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one bot did in one mode."""

    per_second: float
    cpu_ms: float
    press_ms: float | None
    """Processor time of a pressed button; None where there are none."""
    p50: float
    p99: float
    memory: tuple[float, float]
    """MiB after the warm-up and at the end."""
    unanswered: int


def _cpu(bot: Process) -> float:
    """Processor seconds of a bot and its workers."""
    return bot.cpu() + sum(cpu_of(child) for child in bot.children())


def _memory(bot: Process) -> float:
    """MiB of a bot, or of the largest of its workers."""
    return max([bot.memory(), *map(memory_of, bot.children())])


def measure(contender: Contender, mode: str, burst: int, rate: int, folder: Path) -> Figures:
    """One bot in one mode: a burst at once, then a steady stream."""
    with ExitStack() as engines:
        settings = {}
        if contender.workers:
            redis, postgres = Redis(folder), Postgres(folder)
            engines.callback(redis.stop)
            engines.callback(postgres.stop)
            nothing = folder / "no-content"
            nothing.mkdir()
            settings = {
                # What says one thing need not learn; the whole program finds its content by itself.
                **({"TABAYYAN_CONTENT_DIR": str(nothing)} if contender.text == QUESTION else {}),
                "TABAYYAN_WORKERS": str(contender.workers),
                "TABAYYAN_REDIS_URL": redis.url,
                "TABAYYAN_DATABASE_URL": postgres.url,
                "SMALL_CONVERSATION": "constant",
            }
        return _measure(contender, mode, burst, rate, folder, settings)


def _measure(contender: Contender, mode: str, burst: int, rate: int, folder: Path, more: Mapping[str, str]) -> Figures:
    telegram = Telegram(folder)
    port = free_port()
    settings = {**bot_settings(telegram, mode, port, folder / "data"), "TABAYYAN_LOG_LEVEL": "ERROR", **more}
    bot = Process(contender.command(telegram, port if mode == "webhook" else 0), folder / "bot.log", settings)
    try:
        telegram("say", user=1, text="hello")
        assert until(lambda: telegram.said(1), 120), bot.said
        telegram("set", keep_calls=False)
        first = 10_000

        def sent(count: int, pace: float = 0.0) -> int:
            """Send so many messages, each from somebody new; gives how many stayed without an answer."""
            nonlocal first
            before = telegram("stats")["replies"]
            telegram("flood", n=count, users=count, text=contender.text, rate=pace, first=first)
            first += count
            until(lambda: telegram("stats")["replies"] - before >= count, 180)
            return count - (telegram("stats")["replies"] - before)

        sent(WARM_UP)
        memory = _memory(bot)
        cpu, start = _cpu(bot), time.perf_counter()
        lost = sent(burst)
        seconds, used = time.perf_counter() - start, _cpu(bot) - cpu
        telegram("clear-delays")
        lost += sent(rate * PACED_SECONDS, rate)
        stats = telegram("stats")
        pressed = _presses(telegram, bot, first - rate * PACED_SECONDS, rate * PACED_SECONDS)
        per_update = used / burst * 1000
        return Figures(burst / seconds, per_update, pressed, stats["p50"], stats["p99"], (memory, _memory(bot)), lost)
    finally:
        bot.stop()
        telegram.stop()


def _presses(telegram: Telegram, bot: Process, first: int, count: int) -> float | None:
    """Milliseconds of processor time for a press, which is answered and edits its message."""
    rows = telegram.said(first)[-1].get("reply_markup", {}).get("inline_keyboard", [])
    menu = next((button["text"] for row in rows for button in row if ":ts:" in button["callback_data"]), None)
    if menu is None:
        return None
    telegram.idle(60)
    cpu = _cpu(bot)
    telegram("press-flood", first=first, users=count, label=menu)
    telegram.idle(120)
    return (_cpu(bot) - cpu) / count * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--bots", nargs="+", choices=list(CONTENDERS))
    parser.add_argument("--classifier", choices=("constant", "real", "both"), default="both")
    parser.add_argument("--burst", type=int, default=4000)
    parser.add_argument("--rate", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    own = ["constant", "real"] if arguments.classifier == "both" else [arguments.classifier]
    crews = [
        f"{kind}-{count}"
        for name, kind in (("constant", "crew"), ("real", "real"))
        if name in own
        for count in (1, 2, 4)
    ]
    names = arguments.bots or [*own, *crews, "ptb", "ptb-aiohttp", "aiogram"]
    head = f"{'mode':8} {'bot':38} {'updates/s':>9} {'CPU ms':>7} {'press ms':>8} {'p50 ms':>7} {'p99 ms':>7} {'MiB':>11} {'unanswered':>10}"
    print(f"burst of {arguments.burst}; then {arguments.rate}/s for {PACED_SECONDS} s\n{head}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        for _ in range(arguments.rounds):
            for mode in arguments.modes:
                for name in names:
                    if CONTENDERS[name].workers and mode == "polling":
                        continue
                    folder = Path(tempfile.mkdtemp(dir=place))
                    known = CONTENDERS[name]
                    found = measure(known, mode, arguments.burst, arguments.rate, folder)
                    print(
                        f"{mode:8} {known.name:38} {found.per_second:9.0f} {found.cpu_ms:7.2f} "
                        f"{'-' if found.press_ms is None else format(found.press_ms, '.2f'):>8} {found.p50:7.1f} "
                        f"{found.p99:7.1f} {found.memory[0]:5.0f}{found.memory[1]:6.0f} {found.unanswered:10}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
