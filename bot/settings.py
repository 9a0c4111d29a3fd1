"""Environment and settings file -> frozen Settings. Every name is TABAYYAN_ plus the field's name in capitals."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.settings_file import ENV_FILE, ROOT, SettingsError, SettingsFile, read_settings_file

__all__ = ["LOCALES", "ROOT", "Settings", "SettingsError", "read_settings", "settings_help"]

PREFIX = "TABAYYAN_"
OTHER_NAMES = frozenset({ENV_FILE, "TABAYYAN_TEST_CLOCK", "TABAYYAN_BENCH_DATA"})
"""Names that are read elsewhere and are no fields."""
WEBHOOK_PORTS = (443, 80, 88, 8443)
"""Telegram's own server delivers to no other."""
TELEGRAM_HOST = "api.telegram.org"
VOICE_MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_CHAT = re.compile(r"-?[0-9]+|@[A-Za-z][A-Za-z0-9_]{4,31}")
LOCALES = ROOT / "locales"

Mode = Literal["auto", "page", "polling", "webhook"]
Switch = Literal["auto", "on", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class Settings(BaseSettings):
    """All that an operator can set."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    telegram_token: str = Field(
        "", repr=False, description="The bot's token from @BotFather. Empty: the try page runs instead."
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        description="Root of the Bot API server, without /bot. Change it only for your own server.",
    )
    mode: Mode = Field(
        "auto", description="auto is polling with a token and the try page without; or page, polling, webhook."
    )
    webhook_url: str = Field(
        "", description="Public https base address that Telegram reaches; /telegram is added to it."
    )
    webhook_secret: str = Field(
        "", repr=False, description="Secret that Telegram sends with each update; webhook mode needs it."
    )
    host: str = Field("127.0.0.1", description="Address that the web server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that the web server listens on.")
    workers: int = Field(
        1, ge=1, le=64, description="Worker processes; more than one needs webhook mode and REDIS_URL."
    )
    content_dir: Path = Field(ROOT / "content", description="The campaign's words.")
    data_dir: Path = Field(ROOT / "data", description="Counters, releases and the last good copy of the content.")
    cache_dir: Path | None = Field(
        None, description="What was learnt from the content; may be shared and deleted. Default: cache in DATA_DIR."
    )
    database_url: str = Field(
        "", repr=False, description="PostgreSQL address for what is released; empty: SQLite in DATA_DIR."
    )
    redis_url: str = Field(
        "", repr=False, description="Redis or Valkey address for several workers; it must keep nothing on disk."
    )
    desk_password: str = Field(
        "", repr=False, description="Password of the staff's pages; needed when they are reached from outside."
    )
    digest_chat: str = Field(
        "", repr=False, description="Chat or channel that gets the digest after each release; empty: none."
    )
    digest_language: str = Field("ar", description="Language of the digest.")
    alert_command: Path | None = Field(
        None,
        description="A program that is run when something breaks or heals, with the event's code as its only argument.",
    )
    log_level: LogLevel = Field(
        "INFO", description="How much is logged. No level ever logs a message, a name or an id."
    )
    read_pictures: bool = Field(
        False,
        description="Read the words of screenshots in memory, with Tesseract (extra ocr); off: pictures are never downloaded.",
    )
    voice_model: Path | None = Field(
        None,
        description="Folder of a Whisper model in CTranslate2's form: voice notes are then heard in memory (extra voice); "
        "empty: they are never downloaded.",
    )
    stale_minutes: int = Field(
        60, ge=1, description="Questions older than this get one neutral line instead of an answer."
    )
    noise_scale: float = Field(
        2.0, gt=0, description="Scale b of the noise on counters; 1 low risk, 2 usual, 3 high risk."
    )
    show_limit: int = Field(12, ge=1, description="A count is shown from this noisy value on.")
    semantic: Switch = Field("auto", description="Sentence vectors beside words; auto: when installed.")

    @field_validator("*", mode="before")
    @classmethod
    def _bare(cls, value: object) -> object:
        # Values copied from files and chats bring blanks and line ends along.
        return value.strip() if isinstance(value, str) else value

    @field_validator("telegram_api_url", "webhook_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and _host(value) is None:
            raise ValueError("write a full address such as https://example.org")
        return value.rstrip("/")

    @field_validator("telegram_token")
    @classmethod
    def _is_token(cls, value: str) -> str:
        if value and not _TOKEN.fullmatch(value):
            raise ValueError(
                "a token is digits, a colon, and letters, digits, _ or -, without blanks or quotation marks. "
                "Copy it again from @BotFather"
            )
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_secret(cls, value: str) -> str:
        if value and not _SECRET.fullmatch(value):
            raise ValueError(
                "Telegram takes 1 to 256 of the letters A-Z and a-z, digits, _ and -. Make one: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
        return value

    @field_validator("digest_chat")
    @classmethod
    def _is_chat(cls, value: str) -> str:
        if value and not _CHAT.fullmatch(value):
            raise ValueError("write a channel's @name, or a chat's number such as -1001234567890")
        return value

    @field_validator("digest_language")
    @classmethod
    def _is_language(cls, value: str) -> str:
        known = sorted(path.name for path in LOCALES.iterdir() if path.is_dir())
        if value not in known:
            raise ValueError(f"there are no sentences in {value!r}; choose one of: {', '.join(known)}")
        return value

    @field_validator("alert_command")
    @classmethod
    def _can_be_run(cls, value: Path | None) -> Path | None:
        if value is not None and not (value.is_absolute() and value.is_file() and os.access(value, os.X_OK)):
            raise ValueError("write the whole path of one program that this user may run, without arguments")
        return value

    @field_validator("voice_model")
    @classmethod
    def _is_model(cls, value: Path | None) -> Path | None:
        missing = [name for name in VOICE_MODEL_FILES if value is not None and not (value / name).is_file()]
        if missing:
            raise ValueError(f"the folder holds no Whisper model in CTranslate2's form: {missing[0]} is missing")
        return value

    @field_validator("host")
    @classmethod
    def _is_host(cls, value: str) -> str:
        if "/" in value or " " in value:
            raise ValueError("write an address of this machine such as 127.0.0.1, without http:// and without a port")
        return value.removeprefix("[").removesuffix("]")

    @model_validator(mode="after")
    def _fits_together(self) -> Settings:
        mode = self.effective_mode
        if mode in ("polling", "webhook") and not self.telegram_token:
            raise ValueError(f"mode {mode} needs TABAYYAN_TELEGRAM_TOKEN; get one from @BotFather, or use mode page")
        if mode == "webhook" and not self.webhook_secret:
            raise ValueError(
                "webhook mode needs TABAYYAN_WEBHOOK_SECRET: any long random word of letters, digits, _ and -"
            )
        if self.workers > 1 and (mode != "webhook" or not self.redis_url):
            raise ValueError("more than one worker needs mode webhook and TABAYYAN_REDIS_URL")
        # A Bot API server of one's own delivers to any address.
        if self.webhook_url and urlsplit(self.telegram_api_url).hostname == TELEGRAM_HOST:
            _check_webhook(urlsplit(self.webhook_url))
        return self

    @property
    def learnt_dir(self) -> Path:
        """The folder of what was learnt from the content."""
        return self.cache_dir or self.data_dir / "cache"

    @property
    def effective_mode(self) -> Mode:
        """The mode with auto resolved."""
        if self.mode != "auto":
            return self.mode
        return "polling" if self.telegram_token else "page"

    @property
    def api_is_loopback(self) -> bool:
        """Whether the Bot API server is on this machine: only then is TABAYYAN_TEST_CLOCK honoured."""
        host = urlsplit(self.telegram_api_url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")


def read_settings(**overrides: object) -> Settings:
    """Read the environment and the settings file; the environment wins over the file, command-line values over both.

    Raises:
        SettingsError: with one sentence for each wrong setting.
    """
    file = read_settings_file()
    _check_names([*os.environ, *(file.values if file is not None else ())])
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**(_from_file(file) | given))  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(fault["loc"], fault["msg"]) for fault in error.errors())) from None


def sources(settings: Settings) -> str:
    """One sentence on where the settings come from and where the figures lie: no value of a setting."""
    file = read_settings_file()
    read = "environment only" if file is None else str(file.path)
    over = f" (not read: {', '.join(map(str, file.passed_over))})" if file is not None and file.passed_over else ""
    return f"Settings: {read}{over}. Data: {settings.data_dir}."


def _from_file(file: SettingsFile | None) -> dict[str, object]:
    """Fields that the file sets and the environment does not; a relative path begins at the file's own folder."""
    if file is None:
        return {}
    taken = {name.upper() for name, value in os.environ.items() if value.strip()}
    found: dict[str, object] = {}
    for name, field in Settings.model_fields.items():
        whole = PREFIX + name.upper()
        if whole in file.values and whole not in taken:
            value = file.values[whole]
            found[name] = file.path.parent / value if field.annotation in (Path, Path | None) else value
    return found


def _check_names(names: Iterable[str]) -> None:
    """Refuse names that look like settings and are none.

    Raises:
        SettingsError: with the nearest right name for each.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHER_NAMES
    wrong = sorted({name for name in names if name.upper().startswith(PREFIX) and name.upper() not in known})
    if wrong:
        raise SettingsError("\n".join(_unknown(name, known) for name in wrong))


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.7)
    hint = f"Did you mean {near[0]}?" if near else "`tabayyan run --help` lists all settings."
    return f"There is no setting {name}. {hint}"


def _host(address: str) -> str | None:
    """The host of an http or https address; None where it is none."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.scheme in ("http", "https") else None


def _check_webhook(address: SplitResult) -> None:
    """Refuse what Telegram refuses.

    Raises:
        ValueError: in words.
    """
    name = "TABAYYAN_WEBHOOK_URL"
    if address.scheme != "https":
        raise ValueError(f"{name} must begin with https://: Telegram delivers to nothing else")
    if (address.port or 443) not in WEBHOOK_PORTS:
        ports = ", ".join(map(str, WEBHOOK_PORTS))
        raise ValueError(f"{name} has port {address.port}: Telegram delivers to the ports {ports} only")
    if address.path.endswith("/telegram"):
        raise ValueError(f"{name} is the base address without /telegram, which is added to it")
    if address.query or address.fragment or address.username:
        raise ValueError(f"{name} holds more than an address: leave out ?, # and @")
    if not _is_public(address.hostname or ""):
        raise ValueError(f"{name} names this machine or a private network: Telegram cannot reach it")


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        return host != "localhost" and "." in host


def check_proxy(settings: Settings) -> None:
    """Refuse a proxy that would not be used, or not understood, on the way to Telegram.

    Raises:
        SettingsError: with the variable's name.
    """
    address = urlsplit(settings.telegram_api_url)
    host = address.hostname or ""
    if settings.effective_mode == "page" or settings.api_is_loopback or proxy_bypass(host):
        return
    proxies = getproxies()
    variable = f"{address.scheme}_proxy"
    proxy = proxies.get(address.scheme, "")
    if not proxy and proxies.get("all"):
        raise SettingsError(
            f"all_proxy is set and {variable} is not: the bot would go past the proxy. Set {variable} to an http:// "
            f"proxy, or no_proxy to {host}."
        )
    if proxy and urlsplit(proxy if "://" in proxy else f"http://{proxy}").scheme != "http":
        raise SettingsError(
            f"{variable} names a proxy that is not http://: the bot speaks to HTTP proxies only (no SOCKS). "
            f"Set {variable} to one, or no_proxy to {host}."
        )


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not place:
        return text[:1].upper() + text[1:] + "."
    return f"TABAYYAN_{str(place[0]).upper()} is wrong: {text[:1].lower() + text[1:]}."


def settings_help() -> str:
    """All settings with defaults, for `tabayyan run --help`."""
    lines = []
    for name, field in Settings.model_fields.items():
        shown = field.default
        if isinstance(shown, Path):
            shown = f"{shown.relative_to(ROOT)}/ of the checkout"
        lines.append(f"  TABAYYAN_{name.upper()} (default: {shown!s})\n      {field.description}")
    return "\n".join(lines)
