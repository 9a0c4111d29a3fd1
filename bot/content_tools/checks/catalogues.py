"""The interface sentences' catalogues: blanks that a translation drops, and plural forms that it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from bot.content_tools.problems import Problem
from bot.content_tools.rule import error, warning
from bot.i18n import N_, SOURCE_LANGUAGE

error(
    "sentence-blank-lost",
    N_("{blank} stands in the English sentence and not in its translation. Put {blank} where its word belongs."),
)
error(
    "sentence-blank-unknown",
    N_("{blank} does not stand in the English sentence, so nothing fills it. Delete it, or correct its spelling."),
)
error(
    "sentence-forms",
    N_("the sentence has {count} of the {wanted} plural forms of this language. Write the missing ones."),
)
warning("sentence-untranslated", N_('"{sentence}" is not translated. Write its translation after msgstr.'))
error(
    "catalogue-broken",
    N_("the catalogue cannot be read. Undo the last change; every text stands between two quotation marks."),
)

_BLANK = re.compile(r"\{[a-z_]*\}")


def check_catalogues(folder: Path) -> Iterator[Problem]:
    """Every problem of locales/<language>/LC_MESSAGES/*.po."""
    for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        language = path.relative_to(folder).parts[0]
        shown = f"{folder.name}/{path.relative_to(folder).as_posix()}"
        try:
            with path.open("rb") as file:
                catalogue = read_po(file, locale=language, abort_invalid=True)
        except (PoFileError, UnicodeDecodeError, OSError, ValueError) as error:
            yield Problem(shown, getattr(error, "lineno", 0) or 1, "catalogue-broken")
            continue
        for message in catalogue:
            if message.id and not message.fuzzy:
                yield from _message(shown, catalogue, message, language)


def _message(shown: str, catalogue: Catalog, message: Message, language: str) -> Iterator[Problem]:
    line = message.lineno or 1
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    given = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    written = tuple(str(text) for text in given if text)
    if not written:
        if language != SOURCE_LANGUAGE:
            yield Problem(shown, line, "sentence-untranslated", {"sentence": ids[0][:60]})
        return
    if len(ids) > 1 and len(written) < catalogue.num_plurals:
        values = {"count": str(len(written)), "wanted": str(catalogue.num_plurals)}
        yield Problem(shown, line, "sentence-forms", values)
    known = {blank for text in ids for blank in _BLANK.findall(text)}
    # A plural form may say its number in a word ("two days"), so {count} may be absent from single forms.
    needed = known - {"{count}"} if len(ids) > 1 else known
    for text in written:
        found = set(_BLANK.findall(text))
        for blank in sorted(needed - found):
            yield Problem(shown, line, "sentence-blank-lost", {"blank": blank})
        for blank in sorted(found - known):
            yield Problem(shown, line, "sentence-blank-unknown", {"blank": blank})
