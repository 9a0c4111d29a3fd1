"""Every sentence that the program says has its words in every catalogue of its domain, with the same blanks."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from bot.i18n import LOCALES, SOURCE_LANGUAGE, Phrases, staff_languages
from tests.conftest import ROOT

SAYING = {"N_", "_say", "say", "said_button", "paragraph", "heading", "for_staff", "translated"}
"""Functions whose first constant argument is a sentence, after the language where they take one."""
PLURALS = {"plural", "ngettext"}
SOURCES = {
    "bot": ["bot/dialogue", "bot/channels", "bot/content_tools/last_resort.py", "bot/reports/poster_command.py"],
    "staff": ["bot/desk", "bot/reports", "bot/content_tools", "bot/doctor.py", "bot/health.py", "bot/cli.py"],
}
"""Domain -> the code that speaks to whoever reads it."""
OF_THE_OTHER = {
    "bot/content_tools/last_resort.py": "bot",
    "bot/reports/poster_command.py": "bot",
}


def _sentences(path: Path, domain: str) -> Iterator[str]:
    if path.suffix == ".html":
        for _, _, message, _ in babel_extract(path.open("rb"), ("_", "ngettext"), (), {"trimmed": "false"}):
            yield from (text for text in (message if isinstance(message, tuple) else (message,))[:1] if text)
        return
    helps = path.name == "poster_command.py"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in SAYING | PLURALS and not (helps and (name == "N_") is (domain == "bot")):
            texts = [arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            yield from (text for text in texts[:1] if " " in text or text[:1].isupper())


def _said(domain: str) -> set[str]:
    found: set[str] = set()
    for place in SOURCES[domain]:
        root = ROOT / place
        for path in [root] if root.is_file() else [*root.rglob("*.py"), *root.rglob("*.html")]:
            if (
                OF_THE_OTHER.get(path.relative_to(ROOT).as_posix(), domain) == domain
                or path.name == "poster_command.py"
            ):
                found.update(_sentences(path, domain))
    return found


def _catalogue(language: str, domain: str) -> dict[str, tuple[str, ...]]:
    with (LOCALES / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        listed = [message for message in read_po(file, locale=language) if message.id]
    return {_first(message.id): tuple(_all(message.string)) for message in listed}


def _first(words: str | Iterable[str]) -> str:
    return words if isinstance(words, str) else next(iter(words))


def _all(words: str | Iterable[str] | None) -> list[str]:
    return [words] if isinstance(words, str) else list(words or ())


def _blanks(text: str) -> set[str]:
    return {
        name for _, name, _, _ in string.Formatter().parse(text) if name and not name.startswith(("contact", "number"))
    }


LANGUAGES = [language for language in staff_languages() if language != SOURCE_LANGUAGE]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", SOURCES)
def test_every_sentence_is_translated_with_the_same_blanks(domain: str, language: str) -> None:
    said, catalogue = _said(domain), _catalogue(language, domain)
    assert len(said) > 50
    assert sorted(said - catalogue.keys()) == [], "not in the catalogue"
    for message in sorted(said):
        for text in catalogue[message]:
            assert text, message
            assert _blanks(text) == _blanks(message) or (len(catalogue[message]) > 1 and "{" in message), message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("domain", SOURCES)
def test_no_catalogue_keeps_what_nobody_says(domain: str, language: str) -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*") if path.suffix in (".py", ".html")
    )
    words = [
        message for message in _catalogue(language, domain) if message[:24].split("\n")[0].split('"')[0] not in code
    ]
    assert words == []


def test_a_translators_slip_never_costs_a_sentence() -> None:
    slips = {"Until {date}": "حتى {date", "By {name}": "من {nam}", "At {place}": "في {0}"}
    say = Phrases({"ar": slips}, {})
    assert say("ar", "Until {date}", date="1") == "Until 1"
    assert say("ar", "By {name}", name="x") == "By x"
    assert say("ar", "At {place}", place="y") == "At y"
