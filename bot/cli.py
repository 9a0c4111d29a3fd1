"""The command line: `tabayyan run | chat | ask | check | report | ...`. Exit codes: 0 fine, 1 problems, 2 wrong use."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from bot.i18n import N_, SOURCE_LANGUAGE, for_staff, staff_languages
from bot.logs import set_up_logging
from bot.settings import Settings, SettingsError, read_settings, settings_help
from bot.settings_file import ENV_FILE

if TYPE_CHECKING:  # what a command needs is imported when it runs
    from bot.content_tools.load.build import Content
    from bot.dialogue.campaign import Campaign
    from bot.dialogue.conversation import Conversation
    from bot.nlu.detector import Detector
    from bot.nlu.ranking import Classifier

WRONG_USE = 2


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write it as 2026-11-22") from None


def command_line() -> argparse.ArgumentParser:
    """The whole command line; each command sets `act`, which gives an exit code."""
    from bot.content_tools.content_commands import add_commands as add_content_commands
    from bot.reports.poster_command import add_command as add_poster_command
    from bot.reports.report_commands import add_commands as add_report_commands

    parser = argparse.ArgumentParser(
        prog="tabayyan",
        description=for_staff(N_("Answers a campaign's questions in Telegram from curated, sourced content.")),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help=for_staff(N_("run the bot, or the try page when no token is set")),
        description=for_staff(N_("Run the bot. Without a token a chat page opens on this machine.")),
        epilog="Settings (environment, or the file of settings: --env-file, ./.env, /etc/tabayyan.env or the "
        "checkout's .env):\n" + settings_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("--mode", choices=("auto", "page", "polling", "webhook"))
    run.add_argument("--host")
    run.add_argument("--port", type=int)
    run.add_argument("--workers", type=int)
    run.add_argument(
        "--stay",
        action="store_true",
        help="after a wrong setting, say it and wait to be stopped instead of ending: for containers, which are "
        "started again at every end",
    )
    run.set_defaults(act=_run)

    chat = commands.add_parser("chat", help=for_staff(N_("talk to the bot in this terminal")))
    chat.add_argument("--language", metavar="CODE", default="auto")
    chat.add_argument("--today", type=_day)
    chat.set_defaults(act=_chat)

    ask = commands.add_parser("ask", help=for_staff(N_("ask one question, or one a line from standard input")))
    ask.add_argument("question", nargs="*", metavar="QUESTION")
    ask.add_argument("--json", action="store_true", help="one JSON object a line")
    ask.add_argument("--language", metavar="CODE", default="auto")
    ask.add_argument("--why", action="store_true", help=for_staff(N_("explain each ranking")))
    ask.add_argument("--today", type=_day)
    ask.set_defaults(act=_ask)

    add_content_commands(commands, _trainer, _detectors)
    add_report_commands(commands, _converse)
    add_poster_command(commands)

    doctor = commands.add_parser("doctor", help=for_staff(N_("check token, webhook, clock, disk, content and store")))
    doctor.add_argument("--language", choices=staff_languages(), default=SOURCE_LANGUAGE)
    doctor.set_defaults(act=_doctor)
    _add_env_file(parser, commands.choices.values())
    return parser


def _add_env_file(parser: argparse.ArgumentParser, commands: Iterable[argparse.ArgumentParser]) -> None:
    """Before or after the command: an operator need not remember which."""
    words = for_staff(N_("file of settings to read instead of the one that is found"))
    parser.add_argument("--env-file", metavar="FILE", default="", help=words)
    for command in commands:
        command.add_argument("--env-file", metavar="FILE", default=argparse.SUPPRESS, help=words)


def _trainer(settings: Settings) -> Callable[[Campaign], Classifier]:
    from bot.assemble import classifier_of

    return classifier_of(settings)


def _detectors(settings: Settings, content: Content) -> Mapping[str, Detector]:
    from bot.assemble import train_detectors

    return train_detectors(settings, content)


def _converse(settings: Settings, content: Content) -> Conversation:
    from bot.assemble import answering_over

    return answering_over(settings, content).conversation


def _run(arguments: argparse.Namespace) -> int:
    from bot.run import run

    try:
        settings = read_settings(
            mode=arguments.mode, host=arguments.host, port=arguments.port, workers=arguments.workers
        )
        set_up_logging(settings.log_level)
        code = run(settings)
    except SettingsError as error:
        if not arguments.stay:
            raise
        print(error, file=sys.stderr, flush=True)
        code = WRONG_USE
    if code == WRONG_USE and arguments.stay:
        _wait_to_be_stopped()
    return code


def _wait_to_be_stopped() -> None:
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    signal.sigwait(stops)


def _chat(arguments: argparse.Namespace) -> int:
    from bot.assemble import open_conversation
    from bot.channels.terminal import chat

    conversation, context = open_conversation(read_settings(), arguments.language, arguments.today)
    chat(conversation, context, input, sys.stdout)
    return 0


def _ask(arguments: argparse.Namespace) -> int:
    from bot.assemble import open_conversation
    from bot.channels.terminal import Asked, ask, questions

    conversation, context = open_conversation(read_settings(), arguments.language, arguments.today)
    asked = [Asked(" ".join(arguments.question))] if arguments.question else questions(sys.stdin.buffer)
    ask(conversation, asked, context, sys.stdout, as_lines=arguments.json, why=arguments.why)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from bot.doctor import examine

    return examine(read_settings(), arguments.language)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code. Never a traceback for a user's mistake."""
    set_up_logging("INFO")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows a question mark, rather than ending the command.
            stream.reconfigure(errors="replace")
    arguments = command_line().parse_args(argv)
    if arguments.env_file:
        os.environ[ENV_FILE] = arguments.env_file
    try:
        code: int = arguments.act(arguments)
        return code
    except SettingsError as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; closing quietly is what every Unix filter does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
