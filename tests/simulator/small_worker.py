"""A worker of the small crew."""

from __future__ import annotations

import os
import sys

from bot.worker import main
from tests.simulator.small_crew import build_constant, build_small

if __name__ == "__main__":
    sys.exit(main(build_constant if os.environ.get("SMALL_CONVERSATION") == "constant" else build_small))
