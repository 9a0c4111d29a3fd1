"""Real Redis and PostgreSQL servers for tests: started as an ordinary user on a free port, ended afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import missing
from tests.simulator.client import free_port, until

REDIS = shutil.which("redis-server") or shutil.which("valkey-server")
_POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
POSTGRES = _POSTGRES[-1].parent if _POSTGRES else None

needs_redis = missing("Redis (redis-server)", REDIS is not None)
needs_postgres = missing("PostgreSQL (initdb)", POSTGRES is not None)


class Redis:
    """A Redis that keeps nothing on disk, unless told to."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._settings = settings or ("--save", "", "--appendonly", "no")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it on its port."""
        assert REDIS is not None
        arguments = [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([*arguments, *self._settings], stdout=log, stderr=log)
        assert until(lambda: self.command("PING"), 10) == b"+PONG\r\n"

    def command(self, *words: str) -> bytes:
        """The raw answer to one command; empty when it cannot be reached."""
        import socket

        body = b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words)
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as line:
                line.sendall(b"*%d\r\n%s" % (len(words), body))
                return line.recv(1_000_000)
        except OSError:
            return b""

    def signal(self, sign: signal.Signals) -> None:
        """Send it a signal; a killed one has ended afterwards."""
        assert self._process is not None
        self._process.send_signal(sign)
        if sign == signal.SIGKILL:
            self._process.wait(5)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)


class Postgres:
    """A PostgreSQL cluster of its own."""

    def __init__(self, folder: Path) -> None:
        assert POSTGRES is not None
        self.port = free_port()
        self.url = f"postgresql://tabayyan@127.0.0.1:{self.port}/postgres"
        self._folder = folder / "postgres"
        self._folder.mkdir()
        # PostgreSQL refuses root: there its own user (or nobody) runs it.
        self._user = "postgres" if _exists("postgres") else "nobody"
        if os.geteuid() == 0:
            shutil.chown(self._folder, self._user)
            for parent in (folder, *folder.parents):
                if parent.owner() == "root" and parent != Path("/tmp") and parent.is_relative_to("/tmp"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self._run("initdb", "-D", str(self._folder), "-U", "tabayyan", "-A", "trust", "--no-sync")
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        assert POSTGRES is not None
        user = {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid} if os.geteuid() == 0 else {}
        command: Sequence[str] = [str(POSTGRES / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **user)  # type: ignore[call-overload]

    def start(self) -> None:
        """Start it on its port."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        # After kill -9 the last children take a moment to let go of the port.
        for last in (False, False, False, True):
            try:
                return self._run("pg_ctl", "-D", str(self._folder), "-w", "-o", settings, "start")
            except subprocess.CalledProcessError:
                if last:
                    raise
                time.sleep(1)
        return None

    def kill(self) -> None:
        """kill -9 of the whole server."""
        number = int((self._folder / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(number)], capture_output=True, text=True)
        for process in (number, *map(int, children.stdout.split())):
            os.kill(process, signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        try:
            self._run("pg_ctl", "-D", str(self._folder), "-m", "immediate", "stop")
        except subprocess.CalledProcessError:
            return


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
