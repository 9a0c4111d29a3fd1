"""Chromium for tests, and axe-core to look for barriers. Skipped with one sentence where they are missing."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from bot.settings import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ARTEFACTS = ROOT / "test-artefacts"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE_VERSION = "4.14.1"
AXE_INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="


def missing(what: str) -> NoReturn:
    """Skip, or on the build machine fail, with one sentence."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium is not installed: apt-get install chromium fonts-noto-core")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def axe_script() -> str:
    """The text of axe-core, fetched once from the npm registry into test-artefacts/ and checked by its digest."""
    script = ARTEFACTS / f"axe-core-{AXE_VERSION}.js"
    if not script.is_file():
        _fetch_axe(script)
    return script.read_text(encoding="utf-8")


def _fetch_axe(script: Path) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    npm = shutil.which("npm")
    if npm is None:
        missing("npm is not installed, so axe-core cannot be fetched: apt-get install npm")
    packed = ARTEFACTS / f"axe-core-{AXE_VERSION}.tgz"
    fetched = subprocess.run(
        [npm, "pack", "--silent", f"axe-core@{AXE_VERSION}", "--pack-destination", str(ARTEFACTS)],
        capture_output=True,
        timeout=120,
        check=False,
    )
    if fetched.returncode != 0 or not packed.is_file():
        missing("axe-core could not be fetched from the npm registry.")
    digest = "sha512-" + base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
    assert digest == AXE_INTEGRITY, "axe-core's package is not the one that these tests were written with"
    with tarfile.open(packed) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        script.write_bytes(member.read())
    packed.unlink()
