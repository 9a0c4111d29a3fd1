"""A content folder in the middle of being read: parsed files, their models, and the problems so far."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from rapidfuzz import fuzz, process

import bot.content_tools.load.form  # noqa: F401 - declares what reading reports
from bot.content_tools.load.fields import PATTERNS, Strict
from bot.content_tools.load.file_kinds import fields_at
from bot.content_tools.load.yaml_tree import Document, parse
from bot.content_tools.problems import Problem

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass
class ContentFolder:
    """Parsed files by path inside the folder, and what is wrong with them."""

    folder: Path
    prefix: str
    """What problems put before a file's path: content, or tests/wordings."""
    documents: dict[str, Document] = field(default_factory=dict)
    """Path inside the folder -> file; holds every file that is valid YAML."""
    models: dict[str, Any] = field(default_factory=dict)
    """Path inside the folder -> its model; holds every file of the right form."""
    problems: list[Problem] = field(default_factory=list)
    files: tuple[str, ...] = ()
    digest: str = ""

    def shown(self, path: str) -> str:
        """A path as problems name it."""
        return f"{self.prefix}/{path}"

    def report(self, path: str, line: int, code: str, /, **values: str) -> None:
        """Add a problem."""
        self.problems.append(Problem(self.shown(path), line, code, values))

    def at(self, path: str, where: Sequence[str | int], code: str, /, *, on_key: bool = False, **values: str) -> None:
        """Add a problem at a place inside a file: at its value, or with `on_key` at its key."""
        document = self.documents[path]
        node = document.root.key_at(tuple(where)) if on_key else document.root.at(tuple(where))
        self.report(path, node.line, code, **values)

    def model(self, path: str, kind: type[_Model]) -> _Model | None:
        """The model of a file, read on first use; None when it is absent or faulty (which is then reported)."""
        if path in self.models:
            found: _Model = self.models[path]
            return found
        document = self.documents.get(path)
        if document is None:
            return None
        try:
            model = kind.model_validate(document.root.data())
        except ValidationError as error:
            for fault in error.errors():
                self._report_fault(path, document, kind, fault)
            return None
        faults = tuple(model.faults()) if isinstance(model, Strict) else ()
        for found_fault in faults:
            self.report(path, document.root.at(found_fault.where).line, found_fault.code, **found_fault.values)
        if faults:
            return None
        self.models[path] = model
        return model

    def below(self, folder: str) -> list[str]:
        """The files of a folder that are valid YAML."""
        return [path for path in self.documents if path.startswith(folder)]

    def blank(self, path: str) -> bool:
        """Whether a file holds keys and no word yet, as `language new` makes it."""
        document = self.documents.get(path)
        return document is not None and not any(node.value for node in document.root.texts())

    def _report_fault(self, path: str, document: Document, kind: type[BaseModel], fault: Any) -> None:
        # Steps in brackets are no keys of the file: a dict's own key, or the form that a value has.
        where = tuple(step for step in fault["loc"] if not str(step).startswith("["))
        code, values = _explained(kind, where, fault)
        on_key = fault["type"] == "extra_forbidden" or "[key]" in fault["loc"]
        node = document.root.key_at(where) if on_key else document.root.at(where)
        if fault["type"] == "missing":
            node = document.root.at(where[:-1])
        elif values["value"] == "":
            node, code, values = document.root.at(where), "value-empty", {"key": values["key"]}
        self.report(path, node.line, code, **values)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like a mistyped one, for "did you mean"; a dash when none is near."""
    best = process.extractOne(word, list(known), scorer=fuzz.ratio, score_cutoff=50)
    return best[0] if best is not None else "-"


def _explained(kind: type[BaseModel], where: tuple[str | int, ...], fault: Any) -> tuple[str, dict[str, str]]:
    key = next((str(step) for step in reversed(where) if isinstance(step, str)), "-")
    typed = fault.get("input")
    value = typed if isinstance(typed, str) else ""
    values = {"key": key, "value": " ".join(value.split())[:60] if isinstance(typed, str) else "-"}
    name = fault["type"]
    if name == "missing":
        return "key-missing", values
    if name == "extra_forbidden":
        values["key"] = str(where[-1])
        values["nearest"] = nearest(values["key"], fields_at(kind, where[:-1]))
        return "key-unknown", values
    if name == "literal_error":
        choices = [choice.strip(" '") for choice in fault["ctx"]["expected"].replace(" or ", ", ").split(",")]
        return "choice-wrong", {**values, "choices": ", ".join(choices), "nearest": nearest(value, choices)}
    if name == "string_pattern_mismatch":
        return PATTERNS.get(fault["ctx"]["pattern"], "value-wrong"), values
    simple = {
        "string_type": "text-expected",
        "list_type": "list-expected",
        "dict_type": "keys-expected",
        "mapping_type": "keys-expected",
        "model_type": "keys-expected",
        "model_attributes_type": "keys-expected",
        "too_short": "list-empty",
        "string_too_short": "value-empty",
        "day-form": "day-form",
        "date-form": "date-form",
        "zone-form": "zone-form",
        "union_tag_not_found": "list-expected",
    }
    return simple.get(name, "value-wrong"), values


def content_files(folder: Path) -> list[tuple[str, Path]]:
    """(path inside the folder, file) of everything that ends like YAML, in order; hidden files left out."""
    named = [
        (path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.suffix in (".yaml", ".yml")
    ]
    return sorted((name, path) for name, path in named if not any(part.startswith(".") for part in name.split("/")))


def _add(digest: Any, name: str, raw: bytes) -> None:
    digest.update(f"{name}\0{len(raw)}\0".encode())
    digest.update(raw)


def content_digest(folder: Path) -> str:
    """The version of a folder without reading it as content: the digest that `Content.digest` has.

    A file that cannot be read counts as absent, as it does there.
    """
    digest = hashlib.sha256()
    for name, path in content_files(folder):
        if path.suffix == ".yaml":
            with suppress(OSError):
                _add(digest, name, path.read_bytes())
    return digest.hexdigest()


def load_file(folder: Path, name: str) -> ContentFolder:
    """Parse one file of a content folder alone."""
    return _loaded(folder, None, [(name, folder / name)])


def load(folder: Path, prefix: str | None = None) -> ContentFolder:
    """Parse every file of a content folder. Never raises for anything that an editor can do."""
    return _loaded(folder, prefix, content_files(folder))


def _loaded(folder: Path, prefix: str | None, files: Iterable[tuple[str, Path]]) -> ContentFolder:
    shelf = ContentFolder(folder, prefix or folder.name)
    digest = hashlib.sha256()
    found = []
    for name, path in files:
        if path.suffix == ".yml":
            shelf.report(name, 1, "file-ending")
            continue
        found.append(name)
        try:
            raw = path.read_bytes()
        except OSError:
            shelf.report(name, 1, "file-unreadable")
            continue
        _add(digest, name, raw)
        root, lines, faults = parse(raw)
        shelf.problems.extend(
            Problem(shelf.shown(name), fault.line, fault.code, fault.values, fault.column) for fault in faults
        )
        if root is not None:
            shelf.documents[name] = Document(shelf.shown(name), lines, root)
    shelf.files = tuple(found)
    shelf.digest = digest.hexdigest()
    return shelf
