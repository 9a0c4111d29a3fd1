"""What the documentation names exists: commands, settings, metrics, benchmarks, files, tests; and the glossary's words."""

from __future__ import annotations

import argparse
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from bot.cli import command_line, main
from bot.desk.dependencies import Health
from bot.settings import Settings
from tests import desk_kit

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "DECISIONS.md", "CHANGELOG.md"),
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
)
NOT_OF_THE_CHECKOUT = {"open.db", "released.db", ".env", "/etc/tabayyan.env"}
KINDS = (
    "py",
    "md",
    "yaml",
    "yml",
    "toml",
    "lock",
    "po",
    "pot",
    "svg",
    "png",
    "html",
    "css",
    "js",
    "service",
    "db",
    "env",
)
EXAMPLE = re.compile(r"<[^>]+>")
"""<topic>: any name."""


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def files() -> tuple[str, ...]:
    """Every file of the repository, as a path from its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for path in listed.splitlines() if (ROOT / path).exists())


def spans(page: str) -> list[str]:
    """What stands in `code`, and each line of code blocks."""
    text = read(page)
    blocks = re.findall(r"^```.*?\n(.*?)^ *```", text, re.M | re.S)
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    lines = [
        line.strip()
        for block in (*blocks, "\n".join(re.findall(r"^    (.+)$", text, re.M)))
        for line in block.splitlines()
    ]
    return [*re.findall(r"`([^`\n]+)`", text), *lines]


def named(pattern: str) -> list[tuple[str, str]]:
    """(page, word) of all that matches in the code of the pages; a pattern with a group gives the group."""
    return [(page, found) for page in PAGES for span in spans(page) for found in re.findall(pattern, span)]


# ---- commands


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """A parser's subcommands by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def wrong_in(words: list[str]) -> str | None:
    """The first word after `tabayyan` that the command line does not know."""
    parser = command_line()
    for word in words:
        known = subcommands(parser)
        if word in known:
            parser = known[word]
        elif known or (word.startswith("--") and word.partition("=")[0] not in parser._option_string_actions):
            return word
    return None


def test_every_command_and_option_exists() -> None:
    written = named(r"(?:^|/bin/)tabayyan ([a-z][^`(,;|]*)")
    assert len(written) > 30
    for page, command in written:
        if "  " in command:  # the README's table: a name, and what the command does
            command = command.split()[0]
        assert wrong_in(command.split()) is None, f"{page}: tabayyan {command}"


def test_options_named_beside_a_command_exist() -> None:
    for line in read("README.md").splitlines():
        found = re.match(r"    tabayyan (\w+) ", line)
        if found:
            words = re.findall(r"(?<!\w)--[a-z]+", line)
            if "run --help" not in line:
                assert wrong_in([found[1], *words]) is None, line


def test_the_readme_lists_what_help_prints(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = dict(re.findall(r"^    (\w+)  +(.+)$", capsys.readouterr().out, re.M))
    assert set(printed) == set(subcommands(command_line()))
    listed = dict(re.findall(r"^    tabayyan (\w+)  +(.+)$", read("README.md"), re.M))
    assert list(listed) == list(printed)
    for command, words in printed.items():
        assert listed[command].startswith(words.split(" / ")[0]), command


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.M))
    for page, target in named(r"^make ([a-z][\w-]*)"):
        assert target in targets, f"{page}: make {target}"


# ---- settings, metrics, benchmarks


def test_every_setting_exists() -> None:
    known = {f"TABAYYAN_{name.upper()}" for name in Settings.model_fields} | {"TABAYYAN_TEST_CLOCK"}
    for page in PAGES:
        assert set(re.findall(r"TABAYYAN_[A-Z_]+", read(page))) <= known, page


def test_every_metric_exists() -> None:
    health = Health("polling", desk_kit.fixed_clock().now(), "1.2.3", redis_works=True)
    exported = desk_kit.client(health=lambda: health).get("/metrics").text
    for page in PAGES:
        for metric in re.findall(r"\btabayyan_\w+", read(page)):
            assert re.search(rf"^{metric}\b", exported, re.M), f"{page}: {metric}"


def test_every_benchmark_exists() -> None:
    for page in PAGES:
        for name in re.findall(r"benchmarks[./](\w+)", read(page)):
            assert (ROOT / "benchmarks" / f"{name}.py").is_file(), f"{page}: {name}"


def test_make_bench_runs_every_benchmark() -> None:
    run = set(re.findall(r"benchmarks\.(\w+)", read("Makefile")))
    assert all((ROOT / "benchmarks" / f"{name}.py").is_file() for name in run)


# ---- files and tests


def paths(page: str) -> Iterator[str]:
    """What looks like a path in a page's code, and where its links lead."""
    tops = "|".join(re.escape(name) for name in {path.split("/")[0] for path in files() if "/" in path})
    for span in spans(page):
        for word in span.split():
            word = word.strip(",;:()").removesuffix("/*")
            if re.fullmatch(rf"[\w./<>*-]+\.(?:{'|'.join(KINDS)})", word) or re.fullmatch(
                rf"(?:{tops})/[\w./<>*-]*", word
            ):
                yield word
    for link in re.findall(r"\]\(([^)#]+)", read(page)):
        if "://" not in link:
            yield str(PurePosixPath(page).parent / link) if link.startswith("..") else link


def exists(path: str, page: str) -> bool:
    """Whether a path, a bare name or a pattern stands for a file of ours."""
    if path in NOT_OF_THE_CHECKOUT:
        return True
    pattern = EXAMPLE.sub("*", path)
    if any(one.startswith(f"{path.rstrip('/')}/") for one in files()):
        return True
    places = (pattern, str(PurePosixPath(page).parent / pattern))
    return any(PurePosixPath(one).match(place) for one in files() for place in places)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_exists(page: str) -> None:
    missing = [path for path in paths(page) if not exists(path, page)]
    assert missing == []


def test_the_readme_leads_to_the_tree_as_it_is() -> None:
    """Each place in 'I want to change' exists, and every package of the program is named there."""
    table = read("README.md").split("## I want to change")[1].split("\n## ")[0]
    for package in {path.split("/")[1] for path in files() if re.match(r"bot/\w+/\w", path)} - {"nlu_io", "channels"}:
        assert f"bot/{package}/" in table, package


def test_every_test_that_is_named_exists() -> None:
    count = 0
    for page in PAGES:
        file = ""
        for span in spans(page):
            found = re.fullmatch(r"(?:tests/)?(test_\w+\.py)?(?:::(test_\w+))?", span)
            if found is None or not (found[1] or found[2]):
                continue
            file = found[1] or file
            source = read(f"tests/{file}")
            assert found[2] is None or f"def {found[2]}(" in source, f"{page}: {file}::{found[2]}"
            count += 1
    assert count > 30


def test_every_class_that_is_named_exists() -> None:
    sources = "\n".join(
        read(path) for path in files() if path.startswith(("bot/", "storage/")) and path.endswith(".py")
    )
    for page, name in named(r"^[A-Z][a-z]+[A-Z]\w+$"):
        assert f"class {name}" in sources, f"{page}: {name}"


def test_every_extra_that_is_named_exists() -> None:
    project = read("pyproject.toml")
    for page in PAGES:
        for extra in re.findall(r"tabayyan\[(\w+)\]", read(page)):
            assert f"\n{extra} = [" in project, f"{page}: {extra}"
