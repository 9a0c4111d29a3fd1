"""Characters that nobody can see, and values that other programs would read otherwise. In every file."""

from __future__ import annotations

from bot.content_tools.checks import texts
from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load.content_folder import ContentFolder
from bot.content_tools.load.yaml_tree import Node
from bot.content_tools.rule import error
from bot.i18n import N_

error(
    "value-guessed",
    N_(
        'other programs read "{value}" without quotation marks as a number, a date, yes/no or nothing. Write it as "{value}" in quotation marks.'
    ),
    example="guessed-no",
)

_WITHOUT_JOINERS = ("ar", "en")
"""Languages whose words need no invisible joiner."""


def check(inspection: Inspection) -> None:
    """Look at every file, of the content and of the test wordings."""
    for folder in (inspection.folder, inspection.tested):
        for path in folder.documents:
            _characters(folder, path)
            _guessed(folder, path, folder.documents[path].root, "-")


def _characters(folder: ContentFolder, path: str) -> None:
    language = path.split("/")[0] if "/" in path else ""
    for number, line in enumerate(folder.documents[path].lines, 1):
        if line.isascii():
            continue
        for _, name in texts.invisible(line, joiners_allowed=language not in _WITHOUT_JOINERS):
            folder.report(path, number, "invisible", name=name)


def _guessed(folder: ContentFolder, path: str, node: Node, key: str) -> None:
    if isinstance(node.value, str):
        if node.guessed and node.value:
            folder.report(path, node.line, "value-guessed", value=node.value)
        elif node.guessed:
            folder.report(path, node.line, "value-empty", key=key)
    elif isinstance(node.value, list):
        for child in node.value:
            _guessed(folder, path, child, key)
    else:
        for name, (name_node, child) in node.value.items():
            if name_node.guessed:
                folder.report(path, name_node.line, "value-guessed", value=name)
            _guessed(folder, path, child, name)
