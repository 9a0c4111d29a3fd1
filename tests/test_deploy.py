"""Deployment files, carried out by the programs that read them; seeded faults show that the checks see."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.settings_file import ROOT
from tests.conftest import missing
from tests.deploy_kit import (
    PROFILES,
    bare_environment,
    caddy_faults,
    compose,
    compose_faults,
    example_values,
    service_faults,
    shipped,
    unit_faults,
    unit_values,
)

with_caddy = missing("Caddy", shutil.which("caddy") is not None)
with_compose = missing("docker-compose", shutil.which("docker-compose") is not None)
with_systemd = missing("systemd-analyze", shutil.which("systemd-analyze") is not None)


def seeded(text: str, old: str, new: str) -> str:
    """A text with a fault."""
    assert old in text, old
    return text.replace(old, new)


# ---- Caddyfile


@with_caddy
def test_caddy_lets_telegram_through_and_nobody_else(tmp_path: Path) -> None:
    assert caddy_faults(shipped("deploy/Caddyfile"), tmp_path) == []


@with_caddy
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "\thandle @telegram {\n\t\treverse_proxy {$UPSTREAM:scaled:8000}\n\t}\n\thandle {\n\t\trespond 404\n\t}",
            "\treverse_proxy @telegram {$UPSTREAM:scaled:8000}\n\trespond 404",
        ),
        ("\thandle {\n\t\trespond 404\n\t}", ""),
        ("path /telegram", "path /telegram/*"),
        ("path /telegram", "path /telegram*"),
        ("path /telegram", "path /webhook"),
        ("method POST", "method GET"),
        ("\t\tmethod POST\n", ""),
        ("handle @telegram", "handle"),
        ("scaled:8000", "bot:8000"),
        ("scaled:8000", "scaled:9000"),
        ("output discard", "output stdout"),
        ("{$DOMAIN}", "http://{$DOMAIN}"),
        ("respond 404", "respond 200"),
    ],
)
def test_a_fault_in_the_caddyfile_is_found(tmp_path: Path, old: str, new: str) -> None:
    assert caddy_faults(seeded(shipped("deploy/Caddyfile"), old, new), tmp_path)


# ---- compose.yaml


@with_compose
def test_compose_takes_the_file_in_every_profile_with_and_without_settings(tmp_path: Path) -> None:
    assert compose_faults(shipped("compose.yaml"), tmp_path, PROFILES) == []
    only_token = compose(shipped("compose.yaml"), tmp_path, {"TABAYYAN_TELEGRAM_TOKEN": "1:x"})
    assert only_token.returncode == 0, only_token.stderr


@with_compose
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    profiles: [single]\n", ""),
        ("profiles: [scaled]\n    # As root", "profiles: [single]\n    # As root"),
        ("${POSTGRES_PASSWORD:-}@", "${POSTGRES_PASSWORD:?set it}@"),
        ("${POSTGRES_PASSWORD:-}@", "wrong@"),
        (
            "    environment:\n      <<: *settings\n      TABAYYAN_MODE: ${",
            "    env_file: .env\n    environment:\n      <<: *settings\n      TABAYYAN_MODE: ${",
        ),
        ("  TABAYYAN_DIGEST_CHAT: ${TABAYYAN_DIGEST_CHAT:-}\n", ""),
        ("  TABAYYAN_HOST: 0.0.0.0", "  TABAYYAN_HOST: ${TABAYYAN_HOST:-0.0.0.0}"),
        ('  TABAYYAN_PORT: "8000"', "  TABAYYAN_PORT: ${TABAYYAN_PORT:-8000}"),
        ("  TABAYYAN_DATA_DIR: /data\n", "  TABAYYAN_DATA_DIR: ${TABAYYAN_DATA_DIR:-/data}\n"),
        ("127.0.0.1:${TABAYYAN_PORT:-8000}:8000", "${TABAYYAN_PORT:-8000}:8000"),
        ("127.0.0.1:${TABAYYAN_PORT:-8000}:8000", "127.0.0.1:8000:8000"),
        ("volumes: [data:/data]\n", ""),
        ("TABAYYAN_MODE: webhook", "TABAYYAN_MODE: polling"),
        ("https://${DOMAIN:-}", "http://${DOMAIN:-}"),
        ("redis://valkey", "redis://redis"),
        ('--appendonly, "no"', '--appendonly, "yes"'),
        ('    user: "999:1000"\n', ""),
        ("restart: unless-stopped\n  read_only", "restart: always\n  read_only"),
        ("read_only: true", "read_only: false"),
        ("cap_drop: [ALL]", "cap_drop: []"),
        ("core: 0", "core: 100"),
        ("log_statement=none", "log_statement=all"),
        ("depends_on: [valkey, postgres]", "depends_on: [valkey]"),
        ("./deploy/Caddyfile:/etc/caddy/Caddyfile:ro", "./Caddyfile:/etc/caddy/Caddyfile:ro"),
        ("tmpfs: [/tmp, /config]", "tmpfs: [/tmp]"),
        ('ports: ["443:443"]', 'ports: ["127.0.0.1:443:443"]'),
        ("TABAYYAN_SHOW_LIMIT: ${TABAYYAN_SHOW_LIMIT:-}", "TABAYYAN_SHOW_LIMT: ${TABAYYAN_SHOW_LIMIT:-}"),
    ],
)
def test_a_fault_in_the_compose_file_is_found(tmp_path: Path, old: str, new: str) -> None:
    assert compose_faults(seeded(shipped("compose.yaml"), old, new), tmp_path)


# ---- systemd


@with_systemd
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    assert service_faults(shipped("deploy/tabayyan.service"), tmp_path) == []
    shutil.copy(ROOT / "deploy/tabayyan-backup.timer", tmp_path)
    assert unit_faults(shipped("deploy/tabayyan-backup.service"), tmp_path, "tabayyan-backup.service") == []
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "tabayyan-backup.timer")],
        capture_output=True,
        text=True,
    )
    assert "tabayyan" not in done.stderr
    timer = unit_values(shipped("deploy/tabayyan-backup.timer"))
    assert timer["OnCalendar"] == ["daily"]
    assert timer["Persistent"] == ["true"]


@with_systemd
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RestartPreventExitStatus=2\n", ""),
        ("RestartPreventExitStatus=2", "RestartPreventExitStatus=1 2"),
        ("Restart=always", "Restart=no"),
        ("Restart=always", "Restrat=always"),
        ("--env-file /etc/tabayyan.env run", "run"),
        ("tabayyan --env-file /etc/tabayyan.env backup", "tabayyan backup"),
        ("ExecStartPre=-", "ExecStartPre="),
        ("User=tabayyan\n", ""),
        ("StateDirectory=tabayyan\n", ""),
        ("UMask=0077", "UMask=0022"),
        ("KillMode=mixed", "KillMode=process"),
        ("TimeoutStopSec=5", "TimeoutStopSec=1"),
        ("WantedBy=multi-user.target\n", ""),
        ("Environment=PYTHON", "Environment=TABAYYAN_DATA_DIR=/x PYTHON"),
        ("ExecStart=/opt", "ExecStart=opt"),
        ("-HUP $MAINPID", "-TERM $MAINPID"),
    ],
)
def test_a_fault_in_the_unit_is_found(tmp_path: Path, old: str, new: str) -> None:
    assert service_faults(seeded(shipped("deploy/tabayyan.service"), old, new), tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        {"TABAYYAN_MODE": "polling"},
        {"TABAYYAN_TELEGRAM_TOKN": "1:x"},
        {"TABAYYAN_HOST": "0.0.0.0"},
        {"TABAYYAN_TELEGRAM_TOKEN": "1 x"},
        {"TABAYYAN_TELEGRAM_TOKEN": "1:x", "https_proxy": "socks5://127.0.0.1:1"},
    ],
)
def test_a_wrong_setting_ends_with_the_code_that_is_not_started_again(tmp_path: Path, settings: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "run"],
        env=bare_environment(
            PYTHONPATH=str(ROOT), TABAYYAN_DATA_DIR=str(tmp_path), TABAYYAN_ENV_FILE=os.devnull, **settings
        ),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


# ---- the example of settings, and the script


def test_the_example_names_settings_that_exist_and_explains_where_it_goes() -> None:
    text = shipped(".env.example")
    values = example_values(text)
    names = {name.removeprefix("TABAYYAN_").lower() for name in values if name.startswith("TABAYYAN_")}
    assert names <= set(Settings.model_fields) | {"alert_command"}
    assert {name for name in values if not name.startswith("TABAYYAN_")} == {"DOMAIN", "POSTGRES_PASSWORD"}
    assert not [line for line in text.splitlines() if line and not line.startswith("#")], "all of it is a choice"
    state = unit_values(shipped("deploy/tabayyan.service"))["StateDirectory"][0]
    assert values["TABAYYAN_DATA_DIR"] == f"/var/lib/{state}"


def test_the_scripts_are_sound() -> None:
    for name in ("install.sh", "tabayyan"):
        assert subprocess.run(["sh", "-n", str(ROOT / "deploy" / name)]).returncode == 0
        assert os.access(ROOT / "deploy" / name, os.X_OK)
    script = shipped("deploy/install.sh")
    for part in ("bot", "storage", "locales", "deploy", "content", ".env.example"):
        assert (ROOT / part).exists()
        assert part in script
    for unit in sorted(path.name for path in (ROOT / "deploy").glob("tabayyan*.*")):
        assert unit in script, "every unit is installed"
