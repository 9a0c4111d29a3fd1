"""The house's rules that no import contract can say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def calls(name: str) -> Iterator[str]:
    """Files of the program that call something of that name."""
    for path in sorted((ROOT / "bot").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield path.relative_to(ROOT).as_posix()


def test_a_conversation_is_built_in_one_place() -> None:
    assert set(calls("Conversation")) == {"bot/assemble.py"}


def test_a_classifier_is_trained_in_one_place() -> None:
    assert set(calls("train_classifier")) == {"bot/assemble.py"}


def test_test_campaigns_are_built_by_the_kit() -> None:
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Campaign", "Conversation")
    ]
    assert {path for path in found if not path.startswith("tests/kit/")} == set()
