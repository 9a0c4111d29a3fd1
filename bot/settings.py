"""Environment -> frozen Settings. Every name is TABAYYAN_ plus the field's name in capitals; .env is read too."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: content/ and locales/ lie here."""
LOCALES = ROOT / "locales"

Mode = Literal["auto", "page", "polling", "webhook"]
Switch = Literal["auto", "on", "off"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


class SettingsError(Exception):
    """A setting is wrong. The message says which and how to mend it, and never repeats a secret."""


class Settings(BaseSettings):
    """All that an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="TABAYYAN_", env_file=".env", env_ignore_empty=True, frozen=True, extra="ignore"
    )

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
    data_dir: Path = Field(Path("data"), description="Counters, releases and the last good copy of the content.")
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
    log_level: LogLevel = Field(
        "INFO", description="How much is logged. No level ever logs a message, a name or an id."
    )
    read_pictures: bool = Field(
        False,
        description="Read the words of screenshots in memory, with Tesseract (extra ocr); off: pictures are never downloaded.",
    )
    stale_minutes: int = Field(
        60, ge=1, description="Questions older than this get one neutral line instead of an answer."
    )
    noise_scale: float = Field(
        2.0, gt=0, description="Scale b of the noise on counters; 1 low risk, 2 usual, 3 high risk."
    )
    show_limit: int = Field(12, ge=1, description="A count is shown from this noisy value on.")
    semantic: Switch = Field("auto", description="Sentence vectors beside words; auto: when installed.")

    @field_validator("telegram_api_url", "webhook_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc):
            raise ValueError("write a full address such as https://example.org")
        return value.rstrip("/")

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
    """Read the environment and .env; command-line values override.

    Raises:
        SettingsError: with one sentence for each wrong setting.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(fault["loc"], fault["msg"]) for fault in error.errors())) from None


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    if not place:
        return text[:1].upper() + text[1:] + "."
    return f"TABAYYAN_{str(place[0]).upper()} is wrong: {text[:1].lower() + text[1:]}."


def settings_help() -> str:
    """All settings with defaults, for `tabayyan run --help`."""
    lines = []
    for name, field in Settings.model_fields.items():
        shown = field.default if name not in ("content_dir",) else "content/ of the checkout"
        lines.append(f"  TABAYYAN_{name.upper()} (default: {shown!s})\n      {field.description}")
    return "\n".join(lines)
