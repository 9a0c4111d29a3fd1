"""An edit goes live without a restart, and a bad edit never takes the bot down."""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import shutil
import time
from pathlib import Path

import pytest

from bot.content_tools.checks.check import check
from bot.content_tools.last_good import keep, last_good
from bot.content_tools.last_resort import kept_last_resort, neutral_content
from bot.content_tools.live import ContentWatch, load_or_last_good, prepare, signature
from bot.content_tools.load.build import Content, read_content
from bot.content_tools.load.content_folder import content_digest
from bot.content_tools.problems import Problem
from bot.i18n import LOCALES, asker_languages, read_phrases
from tests.conftest import ROOT, TODAY

BASE = ROOT / "tests" / "broken_content" / "base"
QUICK_SAVES, ALL_SAVES = 50, 1000
LONGEST_SWAP = 0.05
"""Seconds."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small campaign's content."""
    shutil.copytree(BASE / "content", tmp_path / "content")
    return tmp_path / "content"


def _no_fit(content: Content) -> None:
    """Nothing to fit: these tests are about the words."""


def _slow_fit(content: Content) -> None:
    time.sleep(1.0)


def _failing_fit(content: Content) -> None:
    raise MemoryError


def _dying_fit(content: Content) -> None:
    os._exit(9)


class _Bot:
    """What a running bot does with edits."""

    def __init__(self) -> None:
        self.title = "none yet"
        self.swaps: list[tuple[Problem, ...]] = []
        self.refusals: list[tuple[Problem, ...]] = []

    def build(self, content: Content) -> str:
        """The object that answers: here a title."""
        return content.campaign.topics["how-many"].answers["en"].title

    def swap(self, built: str, problems: tuple[Problem, ...]) -> None:
        """Exchange what answers."""
        self.title = built
        self.swaps.append(problems)

    def refuse(self, problems: tuple[Problem, ...]) -> None:
        """Hear of a refused edit."""
        self.refusals.append(problems)

    def watch(self, folder: Path, data: Path, fit: object = _no_fit) -> ContentWatch[str]:
        """A watch that looks often."""
        return ContentWatch(
            folder,
            data,
            fit=fit,  # type: ignore[arg-type]
            build=self.build,
            swap=self.swap,
            refuse=self.refuse,
            today=lambda: TODAY,
            poll_seconds=0.05,
            settle_seconds=0.05,
        )


def _retitle(folder: Path, title: str) -> None:
    path = folder / "en" / "how-many.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"title: {title}", *lines[1:]]) + "\n", encoding="utf-8")


# ---- starting


def test_sound_content_starts_and_is_kept(folder: Path, tmp_path: Path) -> None:
    loaded = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert loaded.origin == "folder" and loaded.content is not None
    copy = last_good(tmp_path / "data")
    assert copy is not None and content_digest(copy) == loaded.content.digest


def test_broken_content_starts_from_the_last_good_copy(folder: Path, tmp_path: Path) -> None:
    first = load_or_last_good(folder, tmp_path / "data", TODAY).content
    (folder / "topics.yaml").write_text("topics: [\n", encoding="utf-8")
    loaded = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert loaded.origin == "last-good"
    assert loaded.content == first
    assert any(problem.code == "bracket-open" for problem in loaded.problems)


def test_an_error_in_one_sentence_starts_from_the_last_good_copy_too(folder: Path, tmp_path: Path) -> None:
    load_or_last_good(folder, tmp_path / "data", TODAY)
    _retitle(folder, '"You will be safe."')
    loaded = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert loaded.origin == "last-good" and loaded.content is not None
    assert loaded.content.campaign.topics["how-many"].answers["en"].title == "How many come back?"


def test_broken_content_without_a_copy_says_what_it_can(folder: Path, tmp_path: Path) -> None:
    _retitle(folder, '"You will be safe."')
    part = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert part.origin == "folder" and part.content is not None
    assert last_good(tmp_path / "data") is None
    (folder / "campaign.yaml").unlink()
    nothing = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert (nothing.origin, nothing.content) == ("none", None)


def test_a_data_folder_that_cannot_be_written_only_keeps_no_copy(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands in the way", encoding="utf-8")
    loaded = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert loaded.origin == "folder" and loaded.content is not None
    assert not keep(folder, tmp_path / "data", loaded.content)


def test_a_damaged_copy_is_not_used(folder: Path, tmp_path: Path) -> None:
    load_or_last_good(folder, tmp_path / "data", TODAY)
    copy = last_good(tmp_path / "data")
    assert copy is not None
    (copy / "en" / "how-many.yaml").write_text("title: somebody else's words\n", encoding="utf-8")
    assert last_good(tmp_path / "data") is None


def test_the_copy_holds_content_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    (folder / ".secret.yaml").write_text("x: y\n", encoding="utf-8")
    load_or_last_good(folder, tmp_path / "data", TODAY)
    names = {path.name for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert "notes.txt" not in names and ".secret.yaml" not in names and "topics.yaml" in names
    kept = {path.name for path in (tmp_path / "data" / "last-good").iterdir() if path.is_file()}
    assert kept == {"current", "last-resort.json"}


def test_without_a_readable_copy_the_urgent_words_that_were_kept_answer(folder: Path, tmp_path: Path) -> None:
    good = load_or_last_good(folder, tmp_path / "data", TODAY).content
    assert good is not None
    copy = last_good(tmp_path / "data")
    assert copy is not None
    shutil.rmtree(copy)
    (folder / "campaign.yaml").unlink()
    loaded = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert loaded.origin == "last-resort" and loaded.content is not None
    left = loaded.content
    assert left.safety == good.safety and not left.campaign.topics
    assert left.campaign.sentences == good.campaign.sentences
    assert left.campaign.contacts.keys() == {good.campaign.emergency_contact}
    assert left.campaign.places == good.campaign.places


def test_urgent_words_that_cannot_be_read_are_replaced_by_the_kept_ones(folder: Path, tmp_path: Path) -> None:
    good = load_or_last_good(folder, tmp_path / "data", TODAY).content
    assert good is not None
    copy = last_good(tmp_path / "data")
    assert copy is not None
    shutil.rmtree(copy)
    for language in ("ar", "en"):
        (folder / language / "_safety.yaml").unlink()
    loaded = load_or_last_good(folder, tmp_path / "data", TODAY)
    assert loaded.origin == "folder" and loaded.content is not None
    assert loaded.content.safety == good.safety


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 1}', "\udcff"])
def test_a_damaged_last_resort_counts_as_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "last-resort.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert kept_last_resort(tmp_path) is None


def test_with_nothing_at_all_a_text_of_no_number_place_or_campaign_is_left() -> None:
    left = neutral_content(read_phrases(LOCALES, asker_languages()), asker_languages())
    assert {words.language for words in left.safety} == set(asker_languages())
    for words in left.safety:
        assert words.reply.full and not any(character.isdigit() for character in str(words.reply))
    assert words.reply.full != left.safety[0].reply.full  # translated
    assert not left.campaign.contacts and not left.campaign.name


def test_content_travels_between_processes_unchanged(folder: Path) -> None:
    content = read_content(folder).content
    assert pickle.loads(pickle.dumps(content)) == content


def test_preparing_judges_a_snapshot(folder: Path, tmp_path: Path) -> None:
    good = prepare(folder, tmp_path / "data", TODAY, _no_fit)
    assert good.content == read_content(folder).content
    _retitle(folder, '"<b>Bold</b>"')
    bad = prepare(folder, tmp_path / "data", TODAY, _no_fit)
    assert bad.content is None
    assert [(p.path, p.line, p.code) for p in bad.problems][:1] == [("content/en/how-many.yaml", 1, "html")]
    copy = last_good(tmp_path / "data")
    assert copy is not None and good.content is not None and copy.name == good.content.digest


# ---- running


async def test_an_edit_goes_live_and_a_bad_one_does_not(folder: Path, tmp_path: Path) -> None:
    bot = _Bot()
    running = asyncio.create_task(bot.watch(folder, tmp_path / "data").run())
    try:
        _retitle(folder, "Who comes back?")
        await _until(lambda: bool(bot.swaps))
        assert bot.title == "Who comes back?"
        _retitle(folder, '"Who, {contact:nobody}?"')
        await _until(lambda: bool(bot.refusals))
        assert bot.title == "Who comes back?"
        assert "placeholder-unknown" in {problem.code for problem in bot.refusals[0]}
        _retitle(folder, "Who returns?")
        await _until(lambda: len(bot.swaps) == 2)
        assert bot.title == "Who returns?"
    finally:
        running.cancel()


async def _until(done: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < end, "nothing happened in time"
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("fit", [_failing_fit, _dying_fit])
async def test_a_fit_that_fails_or_dies_keeps_the_old_words(fit: object, folder: Path, tmp_path: Path) -> None:
    bot = _Bot()
    bot.title = "before"
    assert not await bot.watch(folder, tmp_path / "data", fit).reload()
    assert bot.title == "before" and len(bot.refusals) == 1


async def test_a_build_that_fails_keeps_the_old_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = _Bot()
    bot.title = "before"
    monkeypatch.setattr(bot, "build", lambda content: 1 / 0)
    assert not await bot.watch(folder, tmp_path / "data").reload()
    assert bot.title == "before" and len(bot.refusals) == 1


async def test_no_reply_waits_while_an_edit_is_fitted(folder: Path, tmp_path: Path) -> None:
    bot = _Bot()
    waits: list[float] = []

    async def reply() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.005)
            waits.append(time.monotonic() - began - 0.005)

    replying = asyncio.create_task(reply())
    assert await bot.watch(folder, tmp_path / "data", _slow_fit).reload()
    replying.cancel()
    assert len(waits) > 50
    # The middle of the waits, not the longest: other programs share the processor of a test machine.
    assert sorted(waits)[len(waits) * 9 // 10] < LONGEST_SWAP


def test_every_edit_changes_the_signature(folder: Path) -> None:
    before = signature(folder)
    _retitle(folder, "Who comes back?")
    assert signature(folder) != before
    (folder / "en" / "how-many.yaml").unlink()
    assert len(signature(folder)) == len(before) - 1


def _damage(text: bytes, luck: random.Random) -> bytes:
    """One of the things that happen to files: cut, doubled, overwritten, emptied, sprinkled with bytes."""
    at = luck.randrange(len(text) + 1)
    kind = luck.randrange(6)
    if kind == 0:
        return text[:at]
    if kind == 1:
        return text + text[at:]
    if kind == 2:
        return text[:at] + bytes(luck.randrange(256) for _ in range(luck.randrange(1, 20))) + text[at:]
    if kind == 3:
        return b"" if luck.random() < 0.3 else text[:at] + b"\t" + text[at:]
    if kind == 4:
        return text[:at] + luck.choice([b"\n- ", b": ", b'"', b"{", b"[", b"&a ", b"*a ", b"!!x ", b"\xff"]) + text[at:]
    other = luck.randrange(len(text) + 1)
    return text[: min(at, other)] + text[max(at, other) :]


def _damaged_saves(folder: Path, data: Path, saves: int, seed: int) -> tuple[int, int]:
    """Save so many damaged files, one after another; after each a bot starts. Gives (refused, harmless)."""
    good = load_or_last_good(folder, data, TODAY).content
    assert good is not None
    luck = random.Random(seed)
    files = sorted(folder.rglob("*.yaml"))
    refused = harmless = 0
    for _ in range(saves):
        path = luck.choice(files)
        sound = path.read_bytes()
        path.write_bytes(_damage(sound, luck))
        loaded = load_or_last_good(folder, data, TODAY)
        assert loaded.content is not None
        if loaded.origin == "last-good":
            refused += 1
            assert any(problem.severity == "error" for problem in loaded.problems)
        else:
            # The damage left sound content (a comment, a phrasing cut short): it must then pass every check.
            harmless += 1
            assert check(folder, TODAY).errors == ()
        for problem in loaded.problems:
            assert problem.message("ar") and problem.message("en")
        path.write_bytes(sound)
        assert load_or_last_good(folder, data, TODAY).content == good
    return refused, harmless


def test_damaged_saves_never_leave_a_bot_without_words(folder: Path, tmp_path: Path) -> None:
    refused, harmless = _damaged_saves(folder, tmp_path / "data", QUICK_SAVES, 1)
    assert refused + harmless == QUICK_SAVES
    assert refused > harmless


@pytest.mark.slow
def test_a_thousand_damaged_saves_never_leave_a_bot_without_words(folder: Path, tmp_path: Path) -> None:
    refused, harmless = _damaged_saves(folder, tmp_path / "data", ALL_SAVES, 2)
    assert refused + harmless == ALL_SAVES
    assert refused > harmless


@pytest.mark.slow
async def test_a_thousand_damaged_saves_under_load_fail_no_reply(folder: Path, tmp_path: Path) -> None:
    bot = _Bot()
    replies = 0

    async def reply() -> None:
        nonlocal replies
        while True:
            assert bot.title
            replies += 1
            await asyncio.sleep(0.001)

    watching = asyncio.create_task(bot.watch(folder, tmp_path / "data").run())
    replying = asyncio.create_task(reply())
    luck = random.Random(3)
    files = sorted(folder.rglob("*.yaml"))
    try:
        for _ in range(ALL_SAVES):
            path = luck.choice(files)
            sound = await asyncio.to_thread(path.read_bytes)
            await asyncio.to_thread(path.write_bytes, _damage(sound, luck))
            await asyncio.sleep(0.02)
            await asyncio.to_thread(path.write_bytes, sound)
        _retitle(folder, "Live at last?")
        await _until(lambda: bot.title == "Live at last?")
        assert not watching.done() and not replying.done()
        assert replies > ALL_SAVES
    finally:
        watching.cancel()
        replying.cancel()
