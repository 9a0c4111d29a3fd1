"""The content's commands: check, topic, language, contact, trace, content."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from bot.content_reader.problems import printed
from bot.content_reader.reader import read_content
from bot.settings import read_settings


def add_commands(subparsers: Any) -> None:
    """Register the commands on `tabayyan`'s subparsers; each sets `act`, which gives an exit code."""
    check = subparsers.add_parser("check", help="check the content / افحص المحتوى")
    check.add_argument("--language", choices=("ar", "en"), default="en", help="language of the messages")
    check.add_argument("--format", choices=("terminal", "plain", "json", "github"), default=None)
    check.set_defaults(act=check_content)


def check_content(arguments: argparse.Namespace) -> int:
    """Print every problem; 1 when there is an error among them."""
    reading = read_content(read_settings().content_dir)
    form = arguments.format or ("terminal" if sys.stdout.isatty() else "plain")
    for problem in reading.problems:
        print(printed(problem, form, arguments.language))
    return 1 if reading.errors else 0
