"""Several workers with the small campaign: `python -m tests.simulator.small_crew`, settings as for tabayyan.

Everything is the program's own but what they answer, so that they start in no time.
"""

from __future__ import annotations

import sys

from bot.assemble import Answering, clock_of
from bot.content_tools.load.build import Content
from bot.i18n import Phrases
from bot.logs import set_up_logging
from bot.nlu_io.cache import TrainingResources
from bot.run import listen
from bot.scale_out.supervisor import run_workers
from bot.settings import SettingsError, read_settings
from tests.simulator.small_campaign import constant_conversation, small_conversation


def build_small(content: Content | None, phrases: Phrases, learning: TrainingResources) -> Answering:
    """Four topics, whatever the content."""
    return Answering(small_conversation(phrases), content)


def build_constant(content: Content | None, phrases: Phrases, learning: TrainingResources) -> Answering:
    """One reply, whatever the content."""
    return Answering(constant_conversation(phrases), content)


def main() -> int:
    """The parent; gives the exit code."""
    settings = read_settings()
    set_up_logging(settings.log_level)
    web = listen(settings)
    assert web is not None
    try:
        return run_workers(settings, clock_of(settings), web, "tests.simulator.small_worker")
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
