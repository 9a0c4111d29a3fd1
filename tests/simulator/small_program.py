"""The whole program with its pages around a small conversation, which learns nothing: `python -m tests.simulator.small_program`."""

from __future__ import annotations

import asyncio
import sys

from bot.assemble import clock_of
from bot.logs import set_up_logging
from bot.run import listen, serve
from bot.settings import read_settings
from tests.simulator.small_crew import build_small
from tests.simulator.spoken import hearing_words


def main() -> int:
    """Run until told to stop; gives the exit code."""
    settings = read_settings()
    set_up_logging(settings.log_level)
    with hearing_words():
        return asyncio.run(serve(settings, clock_of(settings), listen(settings), build=build_small))


if __name__ == "__main__":
    sys.exit(main())
