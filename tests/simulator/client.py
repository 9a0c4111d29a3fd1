"""Blocking client of the simulator's people's side, and the processes of a test. Standard library only."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "123456:AAcanary-token-of-the-simulator-000"
SECRET = "hook-secret-canary"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Process:
    """One child process with its output in a file."""

    def __init__(self, arguments: list[str], output: Path, settings: Mapping[str, str] | None = None) -> None:
        self.output = output
        with output.open("ab") as file:
            self._process = subprocess.Popen(
                arguments, env={**os.environ, **(settings or {})}, stdout=file, stderr=file, cwd=ROOT
            )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def said(self) -> str:
        """All that it has printed."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float) -> int:
        """Wait for its end; gives the exit code."""
        return self._process.wait(seconds)

    def send(self, sign: int) -> None:
        """Send a signal, and go on."""
        self._process.send_signal(sign)

    def stop(self, sign: int = signal.SIGTERM, seconds: float = 10.0) -> int:
        """Send a signal and wait; gives the exit code (negative: killed by that signal)."""
        if self.running:
            self._process.send_signal(sign)
            try:
                return self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait()

    def kill(self) -> int:
        """kill -9."""
        return self.stop(signal.SIGKILL)

    def memory(self) -> float:
        """Resident memory, MiB."""
        return memory_of(self._process.pid)

    def cpu(self) -> float:
        """CPU time used, seconds."""
        return cpu_of(self._process.pid)

    def children(self) -> list[int]:
        """The numbers of the processes that it has started."""
        number = self._process.pid
        found = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
        return [int(child) for child in found.split()]


def memory_of(process: int) -> float:
    """Resident memory of a process, MiB; 0 of one that has ended."""
    told = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text(encoding="ascii"))
    return int(told[1]) / 1024 if told is not None else 0.0


def cpu_of(process: int) -> float:
    """CPU time that a process has used, seconds."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Telegram:
    """A simulated Telegram in its own process."""

    token = TOKEN

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        arguments = [sys.executable, "-m", "tests.simulator.server", "--port", str(self.port)]
        self.process = Process(arguments, folder / "simulator.log")
        self._line: http.client.HTTPConnection | None = None
        until(self._answers, 15)

    def _answers(self) -> bool:
        try:
            self("stats")
        except OSError:
            return False
        return True

    def __call__(self, act: str, **values: Any) -> Any:
        kept = self._line is not None
        try:
            answer = self._asked(act, values)
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            if not kept:
                raise
            # The simulator had closed the line, which was idle for long.
            answer = self._asked(act, values)
        if not answer["ok"]:
            raise AssertionError(f"{act}: {answer['error']}")
        return answer["result"]

    def _asked(self, act: str, values: dict[str, Any]) -> Any:
        if self._line is None:
            self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            self._line.request("POST", f"/sim/{act}", json.dumps(values).encode())
            return json.loads(self._line.getresponse().read())
        except (OSError, http.client.HTTPException):
            self._line.close()
            self._line = None
            raise

    def said(self, chat: int) -> list[dict[str, Any]]:
        """What the bot has put into a chat and not deleted, oldest first."""
        return [message for message in self("chat", chat=chat) if message["bot"] and not message.get("_deleted")]

    def ask(self, user: int, text: str, *, seconds: float = 8.0, **values: Any) -> dict[str, Any]:
        """Say something and wait for the next new message of the bot in the private chat."""
        before = len(self.said(user))
        self("say", user=user, text=text, **values)
        return self.next(user, before, seconds)

    def next(self, chat: int, before: int, seconds: float = 8.0) -> dict[str, Any]:
        """The bot's message after so many."""
        found = until(lambda: self.said(chat)[before:], seconds)
        assert found, "the bot said nothing"
        return dict(found[0])

    def press(self, user: int, message: dict[str, Any], label: str, *, seconds: float = 8.0) -> dict[str, Any] | None:
        """Press a button and wait until the press is answered; gives the message as it then is, None if deleted."""
        number = message["message_id"]
        query = self("press", user=user, message_id=number, label=label)["callback_query_id"]
        answered = until(lambda: self("callback", id=query), seconds)
        assert answered, "the press was not answered"
        self.idle()
        return next((one for one in self.said(user) if one["message_id"] == number), None)

    def idle(self, seconds: float = 10.0) -> None:
        """Wait until every update has been acknowledged."""
        assert until(lambda: self("stats")["pending"] == 0, seconds), "updates are still waiting"

    def stop(self) -> None:
        """End it."""
        if self._line is not None:
            self._line.close()
        self.process.stop()


def until(found: Callable[[], Any], seconds: float) -> Any:
    """Call until it gives something true, for so long at most; gives the last value."""
    end = time.monotonic() + seconds
    while True:
        value = found()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.01)


def buttons(message: dict[str, Any]) -> list[str]:
    """Labels of a message's keyboard, row by row."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def key(message: dict[str, Any], verb: str) -> str:
    """The label of a message's key that does something: the verb's letters in its callback data ("h" for Hide)."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    keys = [button for row in rows for button in row]
    return next(str(one["text"]) for one in keys if one.get("callback_data", "").split(":")[1:2] == [verb])
