"""Everything that `tabayyan check` finds: the form of the files, then each family of rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from bot.content_tools.checks import (
    answers,
    campaign,
    contacts,
    examples,
    files,
    form,
    numbers,
    questions,
    references,
    style,
    word_files,
)
from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load.build import Reading, all_stays, build
from bot.content_tools.load.content_folder import ContentFolder, load
from bot.content_tools.problems import in_order

WORDINGS = "tests/wordings"
FAMILIES = (form, contacts, campaign, files, references, answers, numbers, word_files, examples, questions, style)


@all_stays()
def check(folder: Path, today: date, wordings: Path | None = None) -> Reading:
    """Read a content folder, and the folder of test wordings where one is given, and find all that is wrong."""
    files_ = load(folder)
    content = build(files_)
    tested = load(wordings, WORDINGS) if wordings is not None else ContentFolder(folder, WORDINGS)
    inspection = Inspection(files_, tested, content, today)
    for family in FAMILIES:
        family.check(inspection)
    return Reading(content, in_order((*files_.problems, *tested.problems)))
