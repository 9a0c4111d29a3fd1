"""Wrong settings are named before anything starts, and every command finds the same settings from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import settings_file
from bot.run import listen
from bot.settings import Settings, SettingsError, check_proxy, read_settings, sources
from bot.settings_file import ENV_FILE

TOKEN = "123456:AAsecret-canary"
POLLING = {"TABAYYAN_TELEGRAM_TOKEN": TOKEN}
WEBHOOK = POLLING | {"TABAYYAN_MODE": "webhook", "TABAYYAN_WEBHOOK_SECRET": "s" * 32}


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings or proxies, an empty current folder, and no file of settings anywhere."""
    for name in list(os.environ):
        if name.upper().startswith("TABAYYAN_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(settings_file, "SYSTEM_FILE", tmp_path / "etc" / "tabayyan.env")
    monkeypatch.setattr(settings_file, "ROOT", tmp_path / "checkout")
    for folder in ("here", "etc", "checkout"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path / "here")


def refused(monkeypatch: pytest.MonkeyPatch, **values: str) -> str:
    """What is said of settings that are wrong."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        read_settings()
    said = str(caught.value)
    assert "secret-canary" not in said
    return said


# ---- values


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TABAYYAN_TELEGRAM_TOKN", "TABAYYAN_TELEGRAM_TOKEN"),
        ("TABAYYAN_DESK_PASWORD", "TABAYYAN_DESK_PASSWORD"),
        ("TABAYYAN_TOKEN", "TABAYYAN_"),
        ("TABAYYAN_WEBHOK_URL", "TABAYYAN_WEBHOOK_URL"),
        ("tabayyan_prt", "TABAYYAN_PORT"),
        ("TABAYYAN_SOMETHING_ELSE_ENTIRELY", "run --help"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    said = refused(monkeypatch, **{name: "x"})
    assert name in said
    assert meant in said


def test_an_unknown_name_in_the_file_is_refused_too() -> None:
    Path(".env").write_text("TABAYYAN_PROT=9000\n")
    with pytest.raises(SettingsError, match="TABAYYAN_PORT"):
        read_settings()


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("http://bot.example.org", "https"),
        ("https://bot.example.org:8000", "443, 80, 88, 8443"),
        ("https://bot.example.org/telegram", "without /telegram"),
        ("https://bot.example.org/?a=1", "?"),
        ("https://user@bot.example.org", "@"),
        ("https://localhost", "private"),
        ("https://192.168.1.4", "private"),
        ("https://127.0.0.1:8443", "private"),
        ("bot.example.org", "full address"),
        ("https://bot.example.org:no", "full address"),
    ],
)
def test_a_webhook_that_telegram_refuses_is_refused_here(
    monkeypatch: pytest.MonkeyPatch, address: str, word: str
) -> None:
    said = refused(monkeypatch, **WEBHOOK, TABAYYAN_WEBHOOK_URL=address)
    assert "TABAYYAN_WEBHOOK_URL" in said
    assert word in said


@pytest.mark.parametrize("port", ["", ":443", ":80", ":88", ":8443"])
def test_a_webhook_that_telegram_takes_is_taken(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    for name, value in (WEBHOOK | {"TABAYYAN_WEBHOOK_URL": f"https://bot.example.org{port}/"}).items():
        monkeypatch.setenv(name, value)
    assert read_settings().webhook_url == f"https://bot.example.org{port}"


def test_a_bot_api_server_of_ones_own_delivers_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WEBHOOK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TABAYYAN_TELEGRAM_API_URL", "http://127.0.0.1:8081")
    monkeypatch.setenv("TABAYYAN_WEBHOOK_URL", "http://127.0.0.1:9000")
    assert read_settings().webhook_url == "http://127.0.0.1:9000"


@pytest.mark.parametrize("secret", ["two words secret-canary", "سر", "a/b", "x" * 257, "a+b="])
def test_a_secret_with_a_forbidden_character_is_refused(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    assert "TABAYYAN_WEBHOOK_SECRET" in refused(monkeypatch, TABAYYAN_WEBHOOK_SECRET=secret)


@pytest.mark.parametrize(
    "token", ["123456: AAsecret-canary", "123456 AAsecret-canary", '"123456:AAsecret-canary"', "secret-canary", "12:é"]
)
def test_a_token_that_cannot_be_one_is_refused(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    assert "TABAYYAN_TELEGRAM_TOKEN" in refused(monkeypatch, TABAYYAN_TELEGRAM_TOKEN=token)


@pytest.mark.parametrize("end", [" ", "\n", "\r\n", "\t"])
def test_what_is_copied_along_at_the_ends_is_cut(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    for name, value in (POLLING | {"TABAYYAN_MODE": "polling"}).items():
        monkeypatch.setenv(name, f" {value}{end}")
    settings = read_settings()
    assert (settings.telegram_token, settings.mode) == (TOKEN, "polling")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TABAYYAN_DIGEST_LANGUAGE", "fr"),
        ("TABAYYAN_DIGEST_CHAT", "t.me/coordinators"),
        ("TABAYYAN_DIGEST_CHAT", "-100 123"),
        ("TABAYYAN_HOST", "http://127.0.0.1"),
        ("TABAYYAN_PORT", "eight"),
        ("TABAYYAN_PORT", "70000"),
        ("TABAYYAN_WORKERS", "2"),
        ("TABAYYAN_MODE", "webhok"),
    ],
)
def test_other_wrong_values_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    assert (name if name != "TABAYYAN_WORKERS" else "worker") in refused(monkeypatch, **{name: value})


@pytest.mark.parametrize("chat", ["@coordinators", "-1001234567890", "42"])
def test_forms_of_a_chat(monkeypatch: pytest.MonkeyPatch, chat: str) -> None:
    monkeypatch.setenv("TABAYYAN_DIGEST_CHAT", chat)
    assert read_settings().digest_chat == chat


# ---- proxies


@pytest.mark.parametrize(
    ("proxies", "word"),
    [
        ({"https_proxy": "socks5://127.0.0.1:9050"}, "SOCKS"),
        ({"HTTPS_PROXY": "socks5h://127.0.0.1:9050"}, "SOCKS"),
        ({"all_proxy": "http://127.0.0.1:3128"}, "all_proxy"),
        ({"ALL_PROXY": "socks5://127.0.0.1:9050"}, "all_proxy"),
        ({"https_proxy": "ftp://127.0.0.1"}, "http://"),
    ],
)
def test_a_proxy_of_the_wrong_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str], word: str
) -> None:
    for name, value in proxies.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=word):
        check_proxy(Settings(telegram_token=TOKEN))
    check_proxy(Settings())
    check_proxy(Settings(telegram_token=TOKEN, telegram_api_url="http://127.0.0.1:8081"))
    monkeypatch.setenv("no_proxy", "api.telegram.org")
    check_proxy(Settings(telegram_token=TOKEN))


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:3128", "127.0.0.1:3128", "http://user:word@proxy.example:8080"])
def test_an_http_proxy_is_taken(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9050")
    check_proxy(Settings(telegram_token=TOKEN))


# ---- listening


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_not_called_in_use(host: str) -> None:
    with pytest.raises(SettingsError, match="TABAYYAN_HOST"):
        listen(Settings(host=host, port=0))


def test_a_taken_port_gives_no_socket_and_ipv6_may_stand_in_brackets() -> None:
    web = listen(Settings(host="[::1]", port=0))
    assert web is not None
    assert listen(Settings(host="::1", port=web.getsockname()[1])) is None
    web.close()


# ---- the file


def test_exactly_one_file_is_read_and_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    etc, checkout, here = tmp_path / "etc/tabayyan.env", tmp_path / "checkout/.env", tmp_path / "here/.env"
    assert sources(read_settings()).startswith("Settings: environment only.")
    checkout.write_text("TABAYYAN_PORT=1\n")
    assert read_settings().port == 1
    etc.write_text("TABAYYAN_PORT=2\n")
    assert read_settings().port == 2
    here.write_text("export TABAYYAN_PORT='3' # three\n")
    assert read_settings().port == 3
    said = sources(read_settings())
    assert f"Settings: {here} (not read: {etc}, {checkout})" in said
    monkeypatch.setenv(ENV_FILE, str(etc))
    assert read_settings().port == 2
    monkeypatch.setenv("TABAYYAN_PORT", "4")
    assert read_settings().port == 4
    assert read_settings(port=5).port == 5


def test_paths_in_the_file_begin_at_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "etc/tabayyan.env").write_text("TABAYYAN_DATA_DIR=data\n")
    found = {read_settings().data_dir}
    monkeypatch.chdir("/")
    found.add(read_settings().data_dir)
    assert found == {tmp_path / "etc" / "data"}


def test_without_any_setting_the_data_folder_does_not_depend_on_the_current_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = read_settings().data_dir
    monkeypatch.chdir("/")
    assert read_settings().data_dir == before
    assert before.is_absolute()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_file_that_other_editors_saved_is_read(encoding: str) -> None:
    Path(".env").write_bytes("TABAYYAN_PORT=9001\r\n".encode(encoding))
    assert read_settings().port == 9001


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes("TABAYYAN_DESK_PASSWORD=كلمة\n".encode("cp1256"))
    with pytest.raises(SettingsError, match="UTF-8"):
        read_settings()
    monkeypatch.setenv(ENV_FILE, "/nowhere/at/all.env")
    with pytest.raises(SettingsError, match=r"/nowhere/at/all\.env"):
        read_settings()


# ---- the command line


def tabayyan(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command in the current folder."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parent.parent), **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_env_file_before_or_after_the_command(tmp_path: Path) -> None:
    file = tmp_path / "mine.env"
    file.write_text("TABAYYAN_PROT=1\n")
    for arguments in (["--env-file", str(file), "run"], ["run", "--env-file", str(file)]):
        done = tabayyan(*arguments)
        assert done.returncode == 2
        assert "TABAYYAN_PORT" in done.stderr


def test_in_a_container_a_wrong_setting_is_said_once_and_waits_to_be_stopped() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "run", "--stay", "--host", "0.0.0.0", "--port", "0"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parent.parent)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "TABAYYAN_DESK_PASSWORD" in process.stderr.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.terminate()
    assert process.wait(5) == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_no_arabic_ends_no_command(encoding: str) -> None:
    done = tabayyan("--help", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert "doctor" in done.stdout
