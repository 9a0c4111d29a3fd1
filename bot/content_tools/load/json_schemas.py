"""The models as JSON Schemas, with which editors complete and underline content files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bot.content_tools.load.file_kinds import FILES

FOLDER = "schemas"
GLOBS: dict[str, str] = {
    "campaign": "content/campaign.yaml",
    "topics": "content/topics.yaml",
    "facts": "content/facts.yaml",
    "sources": "content/sources.yaml",
    "contacts": "content/contacts.yaml",
    "vocabulary": "content/vocabulary.yaml",
    "answer": "content/*/[!_]*.yaml",
    "phrasings": "content/*/phrasings/*.yaml",
    "categories": "content/*/_categories.yaml",
    "words": "content/*/_words.yaml",
    "foreign": "content/*/_foreign.yaml",
    "dangers": "content/dangers.yaml",
    "safety": "content/*/_safety.yaml",
    "offers": "content/*/_offers.yaml",
    "smalltalk": "content/*/_smalltalk.yaml",
    "sentences": "content/*/_sentences.yaml",
    "style": "content/*/_style.yaml",
    "danger-examples": "content/*/dangers/[!n]*.yaml",
    "harmless-examples": "content/*/dangers/none.yaml",
    "scam-examples": "content/*/offers/scams.yaml",
    "honest-examples": "content/*/offers/honest.yaml",
    "wordings": "tests/wordings/*/*.yaml",
}
"""Kind of file -> the files of that kind, for the editors' settings."""


def schemas() -> dict[str, str]:
    """File name -> JSON text of every schema."""
    found = {}
    for kind, model in FILES.items():
        schema: dict[str, Any] = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **model.model_json_schema(),
        }
        found[f"{kind}.json"] = json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    return found


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write every schema into a folder; gives the files that changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in schemas().items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return tuple(changed)


def editor_settings() -> dict[str, Any]:
    """What .vscode/settings.json says of the schemas."""
    return {"yaml.schemas": {f"./{FOLDER}/{kind}.json": glob for kind, glob in GLOBS.items()}}
