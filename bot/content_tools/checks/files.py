"""Files that nothing reads, and files that are missing."""

from __future__ import annotations

from collections.abc import Iterable

from bot.content_tools.checks.inspection import Inspection
from bot.content_tools.load.build import REQUIRED_FILES
from bot.content_tools.load.content_folder import ContentFolder, nearest
from bot.content_tools.rule import error
from bot.i18n import N_

error(
    "file-unknown",
    N_(
        'no topic is called "{name}". Rename the file after its topic (nearest: {nearest}), or add the topic to topics.yaml.'
    ),
)
error("file-stray", N_('nothing reads "{name}" (nearest: {nearest}). Rename or move the file, or delete it.'))
error(
    "alias-file",
    N_(
        'topic "{id}" was merged into "{other}" and has no words of its own. Move what is worth keeping there and delete this file.'
    ),
)

TOP_FILES = (*REQUIRED_FILES, "vocabulary.yaml")
NEEDED_IN_A_LANGUAGE = ("_categories.yaml", "_safety.yaml", "_sentences.yaml")
LANGUAGE_FILES = (
    *NEEDED_IN_A_LANGUAGE,
    "_words.yaml",
    "_foreign.yaml",
    "_offers.yaml",
    "_smalltalk.yaml",
    "_style.yaml",
)


def check(inspection: Inspection) -> None:
    """Look at the names of all files."""
    if inspection.campaign is None:
        return
    for path in inspection.folder.files:
        _content_file(inspection, path)
    for path in inspection.tested.files:
        language = path.split("/")[0]
        if language not in inspection.languages:
            near = nearest(language, inspection.languages)
            inspection.tested.report(path, 1, "language-unknown", id=language, nearest=near)
        else:
            _topic_file(inspection, inspection.tested, path)
    for code, language_entry in inspection.languages.items():
        for name in NEEDED_IN_A_LANGUAGE if language_entry.required == "yes" else ():
            if f"{code}/{name}" not in inspection.folder.files:
                inspection.folder.report(f"{code}/{name}", 1, "file-missing")


def _content_file(inspection: Inspection, path: str) -> None:
    folder, _, name = path.rpartition("/")
    language = path.split("/")[0]
    report = inspection.folder.report
    if not folder:
        if name not in TOP_FILES:
            report(path, 1, "file-stray", name=name, nearest=nearest(name, TOP_FILES))
    elif language not in inspection.languages:
        report(path, 1, "language-unknown", id=language, nearest=nearest(language, inspection.languages))
    elif folder == language and name.startswith("_"):
        if name not in LANGUAGE_FILES:
            report(path, 1, "file-stray", name=name, nearest=nearest(name, LANGUAGE_FILES))
    elif folder in (language, f"{language}/phrasings"):
        _topic_file(inspection, inspection.folder, path)
    elif folder not in (f"{language}/dangers", f"{language}/offers"):
        report(path, 1, "file-stray", name=name, nearest=f"{language}/phrasings/{name}")
    elif path not in example_files(language, inspection.dangers):
        near = nearest(path, example_files(language, inspection.dangers))
        report(path, 1, "file-stray", name=name, nearest=near)


def example_files(language: str, dangers: Iterable[str]) -> tuple[str, ...]:
    """The files of examples that a language may have."""
    names = (*(f"dangers/{danger}" for danger in (*dangers, "none")), "offers/scams", "offers/honest")
    return tuple(f"{language}/{name}.yaml" for name in names)


def _topic_file(inspection: Inspection, folder: ContentFolder, path: str) -> None:
    name = path.rpartition("/")[2].removesuffix(".yaml")
    if not inspection.topics:
        return
    topic = inspection.topics.get(name)
    if topic is None:
        folder.report(path, 1, "file-unknown", name=name, nearest=nearest(name, inspection.topics))
    elif topic.alias_of in inspection.topics and folder is inspection.folder:
        folder.report(path, 1, "alias-file", id=name, other=str(topic.alias_of))
