"""What several test files share: the real content, read once, and a conversation that needs no training."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.content_tools.load.build import Content, read_content
from bot.dialogue.conversation import Conversation
from bot.dialogue.reply import Context
from bot.i18n import Phrases, read_phrases
from tests.kit.conversations import scripted_conversation

ROOT = Path(__file__).resolve().parent.parent
TODAY = date(2026, 11, 30)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that mostly waits is slow in its second mode."""
    for item in items:
        call = getattr(item, "callspec", None)
        if call is not None and item.get_closest_marker("waits") and "webhook" in call.params.values():
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def content() -> Content:
    """The campaign's real content."""
    reading = read_content(ROOT / "content")
    assert reading.content is not None
    assert not reading.errors
    return reading.content


@pytest.fixture(scope="session")
def phrases(content: Content) -> Phrases:
    """The interface sentences."""
    return read_phrases(ROOT / "locales", content.campaign.languages)


@pytest.fixture(scope="session")
def scripted(content: Content, phrases: Phrases) -> Conversation:
    """A conversation over the real content whose classifier does as it is told."""
    return scripted_conversation(content, phrases)


@pytest.fixture
def chat() -> Context:
    """A private chat whose question is message 41."""
    return Context(TODAY, question_id=41)


def missing(tool: str, present: bool) -> Callable[..., object]:
    """Skip with one sentence where a tool is missing; on CI that is a failure."""
    if not present and os.environ.get("CI") == "true":
        return pytest.mark.usefixtures("the_missing_tool_must_be_installed_on_ci")
    return pytest.mark.skipif(not present, reason=f"{tool} is not installed on this machine.")


@pytest.fixture
def the_missing_tool_must_be_installed_on_ci() -> None:
    """Fails: CI installs every tool that a test needs."""
    pytest.fail("A tool that this test needs is missing on CI; .ci/run must install it.")
