"""What is wrong with the files in deploy/ and compose.yaml, found by the programs that read them: caddy, docker-compose, systemd.

Each function takes a file's text, so that a test can seed a fault into it, and gives sentences.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bot.settings import Settings
from bot.settings_file import ROOT
from tests.simulator.client import free_port

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
FIXED_IN_COMPOSE = {"host", "port", "data_dir", "mode", "webhook_url", "webhook_secret", "workers"}
"""Settings whose value a service gives itself, or may."""
NOT_IN_CONTAINERS = {"content_dir", "cache_dir", "redis_url", "database_url", "alert_command", "voice_model"}
"""Settings that name what lies outside of the image, or another service."""
FILLED = {
    "TABAYYAN_TELEGRAM_TOKEN": "123456:AAx",
    "TABAYYAN_DESK_PASSWORD": "a long password",
    "TABAYYAN_WEBHOOK_SECRET": "s" * 32,
    "DOMAIN": "bot.example.org",
    "POSTGRES_PASSWORD": "letters1",
    "TABAYYAN_PORT": "9000",
    "TABAYYAN_HOST": "127.0.0.1",
    "TABAYYAN_DATA_DIR": "/elsewhere",
}
"""A .env with what trips: a port, a host and a folder of the machine."""


def bare_environment(**more: str) -> dict[str, str]:
    """An environment without settings."""
    return {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", "HOME": "/tmp", "LANG": "C.UTF-8", **more}


# ---- Caddy


class _Upstream(BaseHTTPRequestHandler):
    def _reply(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.command} {self.path} {self.headers.get(SECRET_HEADER, '')}".encode())

    do_GET = do_POST = do_PUT = _reply

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def caddy(text: str, folder: Path) -> Iterator[tuple[int, Path]]:
    """A Caddyfile served by Caddy without TLS, before an upstream that tells what reached it: port, and Caddy's log."""
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    (folder / "Caddyfile").write_text(text)
    port, output = free_port(), folder / "caddy.log"
    environment = bare_environment(
        DOMAIN=f"http://:{port}",
        UPSTREAM=f"127.0.0.1:{upstream.server_port}",
        CADDY_ADMIN=f"127.0.0.1:{free_port()}",
        XDG_DATA_HOME=str(folder),
        XDG_CONFIG_HOME=str(folder),
    )
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["caddy", "run", "--config", "Caddyfile"], cwd=folder, env=environment, stdout=file, stderr=file
        )
    try:
        end = time.monotonic() + 15
        while time.monotonic() < end and process.poll() is None:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            except OSError:
                time.sleep(0.05)
        yield port, output
    finally:
        process.terminate()
        process.wait(10)
        upstream.shutdown()


def ask(port: int, method: str, path: str) -> tuple[int, str]:
    """Status and body; 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request(method, path, body=b"{}" if method == "POST" else None, headers={SECRET_HEADER: "canary-s"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


OPEN = (("POST", "/telegram"),)
SHUT = (
    ("GET", "/telegram"),
    ("POST", "/telegram/"),
    ("POST", "/telegram/x"),
    ("POST", "/desk"),
    ("GET", "/desk/health"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/"),
    ("GET", "/telegram/../desk"),
)


def caddy_faults(text: str, folder: Path) -> list[str]:
    """What Telegram and the world meet at this Caddyfile."""
    faults = []
    (folder / "Caddyfile").write_text(text)
    adapted = subprocess.run(
        ["caddy", "adapt", "--config", "Caddyfile"],
        cwd=folder,
        env=bare_environment(DOMAIN="bot.example.org"),
        capture_output=True,
        text=True,
    )
    if adapted.returncode != 0:
        return [f"caddy does not read it: {adapted.stderr}"]
    upstreams = re.findall(r'"dial": ?"([^"]+)"', adapted.stdout)
    if set(upstreams) != {"scaled:8000"}:
        faults.append(f"hands on to {upstreams}, not to the service of compose.yaml")
    if (
        '"bot.example.org"' not in adapted.stdout
        or ":443" not in json.loads(adapted.stdout)["apps"]["http"]["servers"]["srv0"]["listen"]
    ):
        faults.append("does not serve https for DOMAIN")
    with caddy(text, folder) as (port, output):
        for method, path in OPEN:
            if ask(port, method, path) != (200, f"{method} {path} canary-s"):
                faults.append(f"{method} {path} does not reach the bot")
        for method, path in SHUT:
            if ask(port, method, path)[0] != 404:
                faults.append(f"{method} {path} is not answered 404")
    if "/telegram" in output.read_text().replace("Caddyfile", ""):
        faults.append("requests are logged")
    return faults


# ---- Compose


def compose(
    text: str, folder: Path, env: Mapping[str, str] | None, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """`docker-compose ARGUMENTS config` over a compose file, beside a .env or none."""
    (folder / "deploy").mkdir(parents=True, exist_ok=True)
    (folder / "deploy" / "Caddyfile").write_text("")
    (folder / "compose.yaml").write_text(text)
    dotenv = folder / ".env"
    dotenv.unlink(missing_ok=True)
    if env is not None:
        dotenv.write_text("".join(f"{name}={value}\n" for name, value in env.items()))
    return subprocess.run(
        ["docker-compose", *arguments, "config"], cwd=folder, env=bare_environment(), capture_output=True, text=True
    )


def started(services: Mapping[str, Any], *, profile: str = "", named: str = "") -> set[str]:
    """What `up` starts: services without a profile or with this one, or the named one and what it depends on."""
    if named:
        return {named} | {
            other for one in services[named].get("depends_on", ()) for other in started(services, named=one)
        }
    return {name for name, service in services.items() if not service.get("profiles") or profile in service["profiles"]}


PROFILES: tuple[tuple[str, ...], ...] = ((), ("--profile", "single"), ("--profile", "scaled"))


def compose_faults(text: str, folder: Path, profiles: tuple[tuple[str, ...], ...] = PROFILES[:1]) -> list[str]:
    """What an operator meets at this compose file."""
    faults = []
    read: dict[str, dict[str, Any]] = {}
    for kind, env in (("without .env", None), ("filled", FILLED)):
        for arguments in profiles:
            done = compose(text, folder, env, *arguments)
            if done.returncode != 0:
                return [f"{kind}: compose refuses it: {done.stderr.strip()[-300:]}"]
            read[kind] = yaml.safe_load(done.stdout)
    services = read["filled"]["services"]
    for how, expected in (
        ({"named": "bot"}, {"bot"}),
        ({"profile": "scaled"}, {"scaled", "valkey", "postgres", "caddy"}),
        ({"profile": "single"}, {"bot"}),
        ({}, set()),
    ):
        if started(services, **how) != expected:
            faults.append(f"up {how} starts {started(services, **how)}")
    for name in ("bot", "scaled", "valkey", "caddy"):
        faults += [f"{name}: {fault}" for fault in _hardening_faults(services[name])]
    for name in ("bot", "scaled"):
        faults += [f"{name}: {fault}" for fault in _program_faults(services[name])]
    faults += _scaled_faults(services)
    bare = read["without .env"]["services"]
    if bare["bot"]["environment"].get("TABAYYAN_TELEGRAM_TOKEN"):
        faults.append("a token is built in")
    return faults


def _hardening_faults(service: Mapping[str, Any]) -> list[str]:
    expected = {"restart": "unless-stopped", "read_only": True, "cap_drop": ["ALL"]}
    faults = [f"{key} is not {value}" for key, value in expected.items() if service.get(key) != value]
    if "no-new-privileges:true" not in service.get("security_opt", ()):
        faults.append("may gain privileges")
    if service.get("ulimits", {}).get("core") != 0:
        faults.append("may dump its memory")
    if "/tmp" not in service.get("tmpfs", ()):
        faults.append("has no /tmp to write to")
    if service.get("logging", {}).get("options", {}).get("max-size") is None:
        faults.append("its log grows for ever")
    return faults


def _program_faults(service: Mapping[str, Any]) -> list[str]:
    faults = []
    given = {name: str(value) for name, value in service["environment"].items()}
    passed = {name.removeprefix("TABAYYAN_").lower() for name in given}
    if missing := set(Settings.model_fields) - passed - FIXED_IN_COMPOSE - NOT_IN_CONTAINERS:
        faults.append(f"settings of .env do not arrive: {sorted(missing)}")
    if unknown := passed - set(Settings.model_fields):
        faults.append(f"sets what is no setting: {sorted(unknown)}")
    fixed = {"TABAYYAN_HOST": "0.0.0.0", "TABAYYAN_PORT": "8000", "TABAYYAN_DATA_DIR": "/data"}
    faults += [f"{name} is not {value}" for name, value in fixed.items() if given.get(name) != value]
    if given.get("TABAYYAN_TELEGRAM_TOKEN") != FILLED["TABAYYAN_TELEGRAM_TOKEN"]:
        faults.append("the token of .env does not arrive")
    if service.get("ports") != ["127.0.0.1:9000:8000/tcp"]:
        faults.append(f"its pages are reached at {service.get('ports')}, not at this machine's TABAYYAN_PORT")
    if service.get("volumes") != ["data:/data:rw"]:
        faults.append("its data folder is no volume")
    try:
        Settings(**{name.removeprefix("TABAYYAN_").lower(): value for name, value in given.items() if value})  # type: ignore[arg-type]
    except ValidationError as error:
        faults.append(f"the program refuses its settings: {error}")
    return faults


def _scaled_faults(services: Mapping[str, Any]) -> list[str]:
    faults = []
    scaled, valkey, postgres, proxy = (services[name] for name in ("scaled", "valkey", "postgres", "caddy"))
    expected = {
        "TABAYYAN_MODE": "webhook",
        "TABAYYAN_WEBHOOK_URL": "https://bot.example.org",
        "TABAYYAN_WEBHOOK_SECRET": FILLED["TABAYYAN_WEBHOOK_SECRET"],
        "TABAYYAN_WORKERS": "2",
        "TABAYYAN_REDIS_URL": "redis://valkey:6379/0",
        "TABAYYAN_DATABASE_URL": "postgresql+psycopg://tabayyan:letters1@postgres/tabayyan",
    }
    faults += [
        f"scaled: {name} is not {value}" for name, value in expected.items() if scaled["environment"].get(name) != value
    ]
    if {"valkey", "postgres"} - set(scaled.get("depends_on", ())):
        faults.append("scaled does not wait for what it needs")
    words = " ".join(f"[{word}]" for word in valkey["command"])
    if "[--save] [] [--appendonly] [no]" not in words or "[noeviction]" not in words:
        faults.append("valkey may keep something on disk, or drop something")
    if str(valkey.get("user", "0")).split(":")[0] in ("0", "root"):
        faults.append("valkey starts as root, whose start script needs a capability that is dropped")
    told = postgres["environment"]
    if (told.get("POSTGRES_PASSWORD"), told.get("POSTGRES_USER"), told.get("POSTGRES_DB")) != (
        "letters1",
        "tabayyan",
        "tabayyan",
    ):
        faults.append("postgres has another user, base or password than scaled")
    if "log_statement=none" not in postgres["command"]:
        faults.append("postgres logs statements")
    if postgres.get("volumes") != ["released:/var/lib/postgresql/data:rw"] or "ports" in postgres:
        faults.append("postgres keeps nothing, or is open")
    if not any(str(one).endswith("deploy/Caddyfile:/etc/caddy/Caddyfile:ro") for one in proxy.get("volumes", ())):
        faults.append("caddy does not get its file")
    if "certificates:/data:rw" not in proxy.get("volumes", ()) or "/config" not in proxy.get("tmpfs", ()):
        faults.append("caddy cannot keep its certificates, or its settings")
    if proxy.get("ports") != [{"published": 443, "target": 443}] or proxy.get("cap_add") != ["NET_BIND_SERVICE"]:
        faults.append("caddy cannot be reached from outside")
    if proxy["environment"].get("DOMAIN") != "bot.example.org":
        faults.append("caddy does not learn its name")
    return faults


# ---- systemd

PROGRAM = "/opt/tabayyan/.venv/bin/tabayyan"


def unit_values(text: str) -> dict[str, list[str]]:
    """All values by key, of whatever section."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key.strip(), []).append(value.strip())
    return found


def starts_again(text: str, code: int) -> bool:
    """Whether systemd starts the service again after this exit code, as systemd.service(5) says."""
    values = unit_values(text)
    rule = values.get("Restart", ["no"])[-1]
    prevented = {
        int(word) for line in values.get("RestartPreventExitStatus", ()) for word in line.split() if word.isdigit()
    }
    by_rule = {"always": True, "on-failure": code != 0, "no": False}.get(rule, False)
    return by_rule and code not in prevented


def unit_faults(text: str, folder: Path, name: str = "tabayyan.service") -> list[str]:
    """What systemd and an operator meet at this unit."""
    checked = folder / name
    # The program and its user are not on this machine.
    checked.write_text(text.replace(PROGRAM, "/bin/true").replace("User=tabayyan", "User=daemon"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(checked)], capture_output=True, text=True)
    faults = [line for line in done.stderr.splitlines() if name in line]
    values = unit_values(text)
    commands = values.get("ExecStart", []) + values.get("ExecStartPre", [])
    if not commands or any(f"{PROGRAM} --env-file /etc/tabayyan.env" not in command for command in commands):
        faults.append("a command does not read /etc/tabayyan.env")
    if values.get("User") != ["tabayyan"] or values.get("StateDirectory") != ["tabayyan"]:
        faults.append("it runs as somebody else, or its data folder is not made")
    if values.get("UMask") != ["0077"] or values.get("StateDirectoryMode") != ["0700"]:
        faults.append("others may read its figures")
    if any("TABAYYAN_" in value for value in values.get("Environment", ())):
        faults.append("sets what other commands do not see")
    return faults


def service_faults(text: str, folder: Path) -> list[str]:
    """What is wrong with the unit of the running bot."""
    faults = unit_faults(text, folder)
    values = unit_values(text)
    if not starts_again(text, 1) or not starts_again(text, 0) or not starts_again(text, 137):
        faults.append("a crash is not mended by a new start")
    if starts_again(text, 2):
        faults.append("a wrong setting or a refused token is tried for ever")
    if any(not command.startswith("-") for command in values.get("ExecStartPre", ())):
        faults.append("a failed backup stops the bot")
    if values.get("KillMode") != ["mixed"] or not 5 <= int(values.get("TimeoutStopSec", ["90"])[0]) <= 30:
        faults.append("workers are not stopped by their parent in time")
    if "network-online.target" not in values.get("After", [""])[0] or values.get("WantedBy") != ["multi-user.target"]:
        faults.append("it does not come back after a restart of the machine")
    if values.get("LimitCORE") != ["0"]:
        faults.append("it may dump its memory")
    if not values.get("ExecReload", [""])[0].endswith("-HUP $MAINPID"):
        faults.append("a reload does not renew the workers")
    return faults


def example_values(text: str) -> dict[str, str]:
    """Every setting that .env.example names, switched on or not."""
    return dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", text, re.MULTILINE))


def shipped(name: str) -> str:
    """A file of this checkout."""
    return (ROOT / name).read_text(encoding="utf-8")
