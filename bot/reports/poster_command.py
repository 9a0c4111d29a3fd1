"""`tabayyan poster`: a topic's QR poster, worded from the content."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.content_tools.last_good import load_or_last_good
from bot.dialogue.campaign import Campaign
from bot.dialogue.render import Renderer
from bot.dialogue.screens import start_payload
from bot.i18n import N_, for_staff, read_phrases
from bot.settings import LOCALES, SettingsError, read_settings

if TYPE_CHECKING:
    from bot.reports.poster import Poster

HANDLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")


def add_command(subparsers: Any) -> None:
    """Register the command on `tabayyan`'s subparsers."""
    poster = subparsers.add_parser("poster", help=for_staff(N_("make a QR poster, A4 PDF and PNG")))
    poster.add_argument("topic", metavar="TOPIC")
    poster.add_argument("--campaign", metavar="CODE")
    poster.add_argument("--language", default="ar")
    poster.add_argument("--bot", metavar="HANDLE", help="the bot's public name, without @")
    poster.add_argument("--output", metavar="FOLDER", default=".")
    poster.set_defaults(act=_poster)


def _poster(arguments: argparse.Namespace) -> int:
    # The drawing libraries take 30 MB that no other command needs.
    from bot.reports.poster import write_poster

    settings = read_settings()
    content = load_or_last_good(settings.content_dir, settings.data_dir).content
    if content is None:
        raise SettingsError(f"The content in {settings.content_dir} cannot be read. See: tabayyan check")
    topic, language, code = arguments.topic, arguments.language, arguments.campaign
    poster = worded(content.campaign, topic, language=language, code=code, handle=arguments.bot)
    name = f"{topic}-{language}" + (f"-{code}" if code else "")
    try:
        pdf, png = write_poster(poster, Path(arguments.output), name)
    except OSError as error:
        raise SettingsError(
            f"The folder {arguments.output} cannot be written ({type(error).__name__}). Choose another --output."
        ) from None
    print(pdf, png, sep="\n")
    return 0


def worded(campaign: Campaign, topic: str, *, language: str, code: str | None, handle: str | None) -> Poster:
    """A topic's poster in words.

    Raises:
        SettingsError: an unknown topic, language or code, or no published handle.
    """
    from bot.reports.poster import Poster

    if topic not in campaign.topics:
        raise SettingsError(f"There is no topic {topic!r}. `tabayyan check --coverage` lists them.")
    if language not in campaign.languages:
        raise SettingsError(f"There is no language {language!r}. Choose one of: {', '.join(campaign.languages)}.")
    if code is not None and code not in campaign.codes:
        raise SettingsError(f"There is no campaign code {code!r}. Add it under codes: in campaign.yaml first.")
    name = (handle or campaign.handle or "").lstrip("@")
    if not name:
        raise SettingsError(
            "The bot's public name is not known. Write it as handle: in campaign.yaml, or use --bot HANDLE."
        )
    if not HANDLE.fullmatch(name):
        raise SettingsError(
            f"{name!r} is no public name of a bot: 5 to 32 of the letters A-Z, digits and _, as in my_bot."
        )
    phrases = read_phrases(LOCALES, campaign.languages)
    return Poster(
        title=Renderer(campaign, phrases).answer(campaign.topics[topic], language).title,
        text=phrases(
            language,
            "Ask before you agree. Write your question in your own words; the answers come from published sources.",
        ),
        link=f"https://t.me/{name}?start={start_payload(topic, code)}",
        foot=campaign.name.get(language, name),
        right_to_left=campaign.languages[language].direction == "rtl",
    )
