"""The words as one spreadsheet for translators, and back without loss.

The workbook carries, in a hidden sheet, every text as it was at the export. The import is a three-way merge: what the
translator changed is taken over, what an editor changed meanwhile stays, and what both changed is reported.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, NamedStyle
from openpyxl.utils.exceptions import InvalidFileException

from bot.content_tools.edit import (
    EditError,
    add_entry,
    add_key,
    drop_entry,
    line_scalar,
    listing,
    mapping,
    opened,
    replace,
    scalar,
    set_text,
    written,
)
from bot.content_tools.load import schema
from bot.content_tools.load.content_folder import ContentFolder, load
from bot.content_tools.load.yaml_tree import Step
from bot.content_tools.scaffold import Change

ANSWER_PARTS = ("title", "short", "details", "next_step")
CATEGORY_PARTS = ("title", "about")
CONTACT_PARTS = ("name", "run_by", "hours", "cost", "risk", "instead")
LARGEST_WORKBOOK = 32 * 1024 * 1024
LARGEST_UNPACKED = 256 * 1024 * 1024
"""Bytes: a spreadsheet is a zip file, and a small one can unpack to anything."""
LONGEST_CELL = 32767

TextKey: TypeAlias = tuple[str, str, str, str]
"""(sheet, row id, part, language)"""
ListKey: TypeAlias = tuple[str, str, str]
"""(language, topic, variety)"""


class SheetError(ValueError):
    """A workbook that cannot be used: one sentence for the person who handed it in."""


@dataclass
class Words:
    """Everything that a translator sees."""

    languages: tuple[str, ...] = ()
    texts: dict[TextKey, str] = field(default_factory=dict)
    lists: dict[ListKey, tuple[str, ...]] = field(default_factory=dict)


def words_of(shelf: ContentFolder) -> Words:
    """The words of a parsed folder.

    Raises:
        EditError: campaign.yaml or topics.yaml cannot be read.
    """
    campaign = shelf.model("campaign.yaml", schema.CampaignFile)
    topics = shelf.model("topics.yaml", schema.TopicsFile)
    if campaign is None or topics is None:
        raise EditError("campaign.yaml or topics.yaml cannot be read. Run: tabayyan check")
    words = Words(tuple(campaign.languages))
    for topic in topics.topics:
        for part in ANSWER_PARTS:
            for code in words.languages:
                words.texts["answers", topic.id, part, code] = _text(shelf, f"{code}/{topic.id}.yaml", (part,))
        for code, language in campaign.languages.items():
            path = f"{code}/phrasings/{topic.id}.yaml"
            for variety in language.varieties:
                words.lists[code, topic.id, variety] = _list(shelf, path, variety)
    for category in campaign.categories:
        for part in CATEGORY_PARTS:
            for code in words.languages:
                shelved: tuple[Step, ...] = ("categories", category, part)
                words.texts["categories", category, part, code] = _text(shelf, f"{code}/_categories.yaml", shelved)
    contacts = shelf.model("contacts.yaml", schema.ContactsFile)
    for position, contact in enumerate(contacts.contacts if contacts is not None else ()):
        for part in CONTACT_PARTS:
            for code in words.languages if getattr(contact, part) else ():
                where: tuple[Step, ...] = ("contacts", position, part, code)
                words.texts["contacts", contact.id, part, code] = _text(shelf, "contacts.yaml", where)
    return words


def _text(shelf: ContentFolder, path: str, where: tuple[Step, ...]) -> str:
    document = shelf.documents.get(path)
    if document is None or not document.root.holds(where):
        return ""
    value = document.root.at(where).value
    return value if isinstance(value, str) else ""


def _list(shelf: ContentFolder, path: str, variety: str) -> tuple[str, ...]:
    document = shelf.documents.get(path)
    if document is None or not document.root.holds((variety,)):
        return ()
    value = document.root.at((variety,)).value
    return tuple(str(node.value) for node in value) if isinstance(value, list) else ()


# ---- out


def export_sheet(folder: Path, target: Path) -> Change:
    """Write the workbook; the change that comes back only names it.

    Raises:
        EditError: the content cannot be read, or a text is too long for a cell.
        OSError: the file cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(workbook(words_of(load(folder))))
    return Change(written=(target,))


def workbook(words: Words) -> bytes:
    """The words as the bytes of a spreadsheet."""
    book = Workbook(write_only=True)
    wrapped = NamedStyle("wrapped", alignment=Alignment(wrap_text=True, vertical="top"))
    book.add_named_style(wrapped)
    rows: dict[str, dict[tuple[str, str], dict[str, str]]] = {}
    for (name, row, part, code), text in words.texts.items():
        rows.setdefault(name, {}).setdefault((row, part), {})[code] = text
    for name, listed in rows.items():
        sheet = _sheet(book, name, ("id", "part", *words.languages))
        for (row, part), texts in listed.items():
            _append(sheet, (row, part, *(texts.get(code, "") for code in words.languages)), wrapped.name)
    for code in words.languages:
        sheet = _sheet(book, f"phrasings {code}", ("topic", "variety", "phrasing"))
        for (language, topic, variety), phrasings in words.lists.items():
            for phrasing in phrasings if language == code else ():
                _append(sheet, (topic, variety, phrasing))
    base = _sheet(book, "base", ("key", "text"))
    base.sheet_state = "hidden"
    for key, text in words.texts.items():
        _append(base, (json.dumps(key), text))
    for place, phrasings in words.lists.items():
        for phrasing in phrasings:
            _append(base, (json.dumps(place), phrasing))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _sheet(book: Workbook, name: str, head: tuple[str, ...]) -> Any:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "C2"
    for letter, width in zip("ABCDEFGH", (34, 12, 70, 70, 70, 70, 70, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    _append(sheet, head)
    return sheet


def _append(sheet: Any, values: Iterable[str], style: str | None = None) -> None:
    cells = []
    for text in values:
        if len(text) > LONGEST_CELL:
            raise EditError(f"a text is longer than a cell can hold ({LONGEST_CELL} characters): {text[:40]}...")
        cell = WriteOnlyCell(sheet, _armoured(text))
        # A text that begins with = is a text, here and when somebody edits the cell.
        cell.data_type = "s"
        if text.startswith(("=", "+", "-", "@")):
            cell.quotePrefix = True
        if style is not None:
            cell.style = style
        cells.append(cell)
    sheet.append(cells)


def _armoured(text: str) -> str:
    # Spreadsheets read _x0041_ as a letter; the first underscore is written in that form itself.
    return text.replace("_x", "_x005F_x")


def _bared(value: object) -> str:
    return str(value).replace("_x005F_x", "_x").replace("\r\n", "\n") if value is not None else ""


# ---- in


def read_workbook(packed: bytes) -> tuple[Words, Words, list[str]]:
    """(the sheets as they are, as they were at the export, rows that cannot be understood).

    Raises:
        SheetError: the bytes are no workbook that `content export` made.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            if len(packed) > LARGEST_WORKBOOK or sum(item.file_size for item in archive.infolist()) > LARGEST_UNPACKED:
                raise SheetError("the spreadsheet is too large. Export it again and copy the translations over.")
        book = load_workbook(io.BytesIO(packed), read_only=True, data_only=True)
        sheets = {
            name: [tuple(_bared(v) for v in row) for row in book[name].iter_rows(values_only=True)]
            for name in book.sheetnames
        }
    except SheetError:
        raise
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError):
        raise SheetError("the file is not a spreadsheet. Save it as .xlsx and try again.") from None
    if "base" not in sheets:
        raise SheetError('the hidden sheet "base" is missing. Export again and copy the translations over.')
    base = _base(sheets["base"][1:])
    now, faults = _now(sheets, base)
    return now, base, faults


def _base(rows: Iterable[tuple[str, ...]]) -> Words:
    base = Words()
    lists: dict[ListKey, list[str]] = {}
    for row in rows:
        try:
            key = tuple(json.loads(row[0]))
        except (ValueError, TypeError, IndexError):
            raise SheetError(
                'the hidden sheet "base" was changed. Export again and copy the translations over.'
            ) from None
        text = row[1] if len(row) > 1 else ""
        if len(key) == 4:
            base.texts[key] = text
        else:
            lists.setdefault(key, []).append(text)
    base.lists = {key: tuple(texts) for key, texts in lists.items()}
    base.languages = tuple(dict.fromkeys(code for *_, code in base.texts))
    return base


def _now(sheets: Mapping[str, list[tuple[str, ...]]], base: Words) -> tuple[Words, list[str]]:
    now = Words(base.languages)
    faults: list[str] = []
    lists: dict[ListKey, list[str]] = {}
    for name, rows in sheets.items():
        head, body = (rows[0], rows[1:]) if rows else ((), [])
        if name.startswith("phrasings "):
            code = name.removeprefix("phrasings ")
            for row in body:
                topic, variety, text = (*row, "", "", "")[:3]
                if text:
                    lists.setdefault((code, topic, variety), []).append(text)
        elif name != "base" and head[:2] == ("id", "part"):
            for number, row in enumerate(body, 2):
                for code, text in zip(head[2:], row[2:], strict=False):
                    key = (name, row[0], row[1], code)
                    if key in now.texts and text:
                        faults.append(
                            f'{name}, row {number}: "{row[0]}" {row[1]} stands twice. Delete one of the rows.'
                        )
                    elif any(row) and code:
                        now.texts[key] = text
    now.lists = {key: tuple(texts) for key, texts in lists.items()}
    return now, faults


def import_sheet(folder: Path, source: Path) -> tuple[Change, tuple[str, ...]]:
    """What a translated workbook changes, and the conflicts: sentences naming what stays as it is, and the other text.

    Raises:
        SheetError: the workbook cannot be used.
    """
    try:
        packed = source.read_bytes()
    except OSError:
        raise SheetError(f"{source} cannot be read. Check the name of the file.") from None
    now, base, conflicts = read_workbook(packed)
    shelf = load(folder)
    try:
        ours = words_of(shelf)
    except EditError as error:
        raise SheetError(str(error)) from None
    texts: dict[TextKey, str] = {}
    for key, theirs in now.texts.items():
        before, mine = base.texts.get(key, ""), ours.texts.get(key)
        if theirs == before or theirs == (mine or ""):
            continue
        named = " ".join(key)
        if mine is None:
            conflicts.append(f"{named}: there is no such place any more. Not taken over: {theirs}")
        elif mine != before:
            conflicts.append(f"{named}: changed here as well. Kept: {mine} Not taken over: {theirs}")
        elif not theirs:
            conflicts.append(f"{named}: emptied in the spreadsheet. Kept: {mine}")
        else:
            texts[key] = theirs
    lists: dict[ListKey, tuple[str, ...]] = {}
    for place in dict.fromkeys((*base.lists, *now.lists)):
        added = [text for text in now.lists.get(place, ()) if text not in base.lists.get(place, ())]
        gone = {text for text in base.lists.get(place, ()) if text not in now.lists.get(place, ())}
        if not added and not gone:
            continue
        if place not in ours.lists:
            conflicts.extend(f"{' '.join(place)}: there is no such list. Not taken over: {text}" for text in added)
            continue
        kept = [text for text in ours.lists[place] if text not in gone]
        lists[place] = (*kept, *(text for text in dict.fromkeys(added) if text not in kept))
    return _change(shelf, texts, lists), tuple(conflicts)


def _change(shelf: ContentFolder, texts: Mapping[TextKey, str], lists: Mapping[ListKey, tuple[str, ...]]) -> Change:
    by_file: dict[str, list[tuple[tuple[Step, ...], str]]] = {}
    for (sheet, row, part, code), text in texts.items():
        path, where = _place(shelf, sheet, row, part, code)
        by_file.setdefault(path, []).append((where, text))
    change = Change()
    for path, edits in by_file.items():
        change.files[shelf.folder / path] = _edited(shelf, path, edits)
    by_list: dict[str, dict[str, tuple[str, ...]]] = {}
    for (code, topic, variety), phrasings in lists.items():
        by_list.setdefault(f"{code}/phrasings/{topic}.yaml", {})[variety] = phrasings
    for path, varieties in by_list.items():
        change.files[shelf.folder / path] = _listed(shelf, path, varieties)
    return change


def _place(shelf: ContentFolder, sheet: str, row: str, part: str, code: str) -> tuple[str, tuple[Step, ...]]:
    if sheet == "answers":
        return f"{code}/{row}.yaml", (part,)
    if sheet == "categories":
        return f"{code}/_categories.yaml", ("categories", row, part)
    position = next(at for at, contact in enumerate(shelf.models["contacts.yaml"].contacts) if contact.id == row)
    return "contacts.yaml", ("contacts", position, part, code)


def _edited(shelf: ContentFolder, path: str, edits: Iterable[tuple[tuple[Step, ...], str]]) -> str:
    """A file with some texts exchanged; a new answer where there is none."""
    if path not in shelf.documents:
        given = {str(where[-1]): text for where, text in edits}
        return written(mapping({part: scalar(given.get(part, "")) for part in ANSWER_PARTS}))
    root = opened((shelf.folder / path).read_text(encoding="utf-8"))
    for where, text in edits:
        owner: Any = root
        for step in where[:-1]:
            owner = owner[step]
        if not hasattr(owner, "insert") or not owner:
            raise EditError(f'{shelf.shown(path)}: there is no place for "{where[-1]}".')
        set_text(owner, str(where[-1]), text, before="next_step")
    return written(root)


def _listed(shelf: ContentFolder, path: str, varieties: Mapping[str, tuple[str, ...]]) -> str:
    """A file of phrasings with some lists exchanged: what stays keeps its line."""
    known = path in shelf.documents
    root = opened((shelf.folder / path).read_text(encoding="utf-8") if known else "")
    for variety, wanted in varieties.items():
        listed = root.get(variety)
        if not listed or not wanted:
            _exchange(root, variety, wanted)
            continue
        for position in reversed(range(len(listed))):
            if str(listed[position]) not in wanted and len(listed) > 1:
                drop_entry(listed, position)
        held = [str(text) for text in listed]
        for text in wanted:
            if text not in held:
                add_entry(listed, line_scalar(text))
        if held[0] not in wanted:
            drop_entry(listed, 0)
    return written(root)


def _exchange(root: Any, variety: str, wanted: tuple[str, ...]) -> None:
    made = listing(line_scalar(text) for text in wanted)
    if variety in root:
        replace(root, variety, made)
    else:
        add_key(root, variety, made)
