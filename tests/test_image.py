"""The Docker image: its Dockerfile is kept safe, and its steps lead to a bot that answers, also without Docker."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT
from tests.browser_kit import missing
from tests.image_kit import Image, Stage, ignored, read_dockerfile
from tests.simulator.client import free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = read_dockerfile(DOCKERFILE)
LAST = STAGES[-1]
PASSWORD = "a password of the desk"


# ---- what hadolint (make check) does not look at


def test_every_package_is_installed_by_its_hash() -> None:
    installs = re.findall(
        r"pip3? install[^&|;]*", " && ".join(line.rest for stage in STAGES for line in stage.all("RUN"))
    )
    assert len(installs) == 2
    for install in installs:
        assert "--require-hashes -r requirements.lock" in install or "--no-deps" in install


def test_the_base_is_named_with_its_version_and_one_for_all() -> None:
    assert len({stage.base for stage in STAGES}) == 1
    assert re.fullmatch(r"python:3\.\d+-slim-[a-z]+", LAST.base)


def test_no_secret_is_built_in() -> None:
    told = [line.rest for stage in STAGES for word in ("ENV", "ARG", "LABEL") for line in stage.all(word)]
    assert not re.search(r"token|secret|passw|redis_url|database_url|_key", " ".join(told), re.IGNORECASE)
    top, _ = ignored(ROOT)
    assert {".env", ".git", "data"} <= top
    # Nothing is copied whole: a file that somebody leaves in the checkout does not get in.
    assert all({".", "./"}.isdisjoint(line.words[:-1]) for line in STAGES[0].all("COPY"))


def test_it_does_not_run_as_root_and_says_how_it_is() -> None:
    user, health = LAST.last("USER"), LAST.last("HEALTHCHECK")
    assert user is not None
    assert user.rest.isdigit()
    assert f"--uid {user.rest} " in " ".join(line.rest for line in LAST.all("RUN"))
    assert health is not None
    assert health.rest.startswith("CMD [")
    exposed = LAST.last("EXPOSE")
    assert exposed is not None
    # Any other path leads to the form for the password, and looks well.
    assert f":{exposed.rest}/readyz'" in health.rest
    for word in ("ENTRYPOINT", "CMD"):
        line = LAST.last(word)
        assert line is not None
        assert line.rest.startswith("[")


# ---- its steps


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder that another user may reach, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="tabayyan-image-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    """The image's port stands in several of its lines; here it is one that is free."""
    exposed = LAST.last("EXPOSE")
    assert exposed is not None
    return read_dockerfile(DOCKERFILE.replace(exposed.rest, str(free_port())))


@pytest.fixture(scope="module")
def image(folder: Path, stages: list[Stage]) -> Image:
    """The image as it is handed out: built, and not to be written to."""
    made = Image(folder, ROOT)
    first = re.match(r"(?:#.*\n)*((?:.*\\\n)*.*\n)", (ROOT / "requirements.lock").read_text())
    assert first is not None
    probe = folder / "probe.txt"
    probe.write_text(first[1])
    found = made.run(
        ["pip", "download", "--no-deps", "--require-hashes", "-r", str(probe), "-d", str(folder / "home")], cwd=folder
    )
    if found.returncode != 0:
        missing("No package index can be reached from here, so the image's steps cannot be carried out.")
    made.build(stages)
    made.protect("/data")
    return made


def command(image: Image) -> list[str]:
    """What the container runs."""
    entry, arguments = LAST.last("ENTRYPOINT"), LAST.last("CMD")
    assert entry is not None
    assert arguments is not None
    return [*entry.words, *arguments.words]


@pytest.mark.slow
def test_only_what_is_needed_is_in_the_image(image: Image) -> None:
    assert {path.name for path in image.root.iterdir()} == {"app", "venv", "data", "tmp", "etc"}
    assert "--uid 10001" in image.path("/etc/users").read_text()
    assert image.path("/data").stat().st_mode & 0o777 == 0o700
    names = {path.name for path in image.path("/app").iterdir()}
    assert names >= {"bot", "storage", "content", "locales", "LICENSE"}
    assert names.isdisjoint({"tests", "benchmarks", ".git", ".env", "data", ".venv"})


@pytest.mark.slow
def test_open_to_all_and_without_a_password_it_refuses_to_start(image: Image) -> None:
    assert command(image)[-1] == "--stay", "a container that ends is started again, for ever"
    done = image.run(command(image)[:-1])
    assert done.returncode == 2
    assert "TABAYYAN_DESK_PASSWORD" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_it_starts_says_that_it_is_well_answers_and_stops(image: Image, folder: Path, stages: list[Stage]) -> None:
    learnt = {path: path.stat().st_mtime_ns for path in image.path("/data/cache").iterdir() if path.name[0] != "."}
    assert learnt, "the image brings what it has learnt"
    output = folder / "bot.log"
    health = stages[-1].last("HEALTHCHECK")
    assert health is not None
    patience = int(health.flags["start-period"].removesuffix("s"))
    check = json.loads(health.rest.removeprefix("CMD "))
    assert image.run(check).returncode != 0, "it cannot be well before it runs"
    process = image.start(command(image), output, {"TABAYYAN_DESK_PASSWORD": PASSWORD})
    try:
        end = time.monotonic() + patience
        while image.run(check).returncode != 0:
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < end, output.read_text()
            time.sleep(0.5)
        asked = image.run(["tabayyan", "ask", "--json", "What does the law say about fighting for Russia?"])
        assert asked.returncode == 0, asked.stderr
        reply = json.loads(asked.stdout)
        assert reply["outcome"] in ("answer", "choices")
        assert any(topic["id"].startswith("law-") for topic in reply["topics"])
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
    said = output.read_text()
    assert "Traceback" not in said
    assert "no-token" in said
    assert PASSWORD not in said
    # What it brought was found: nothing was learnt at the first start.
    now = {path: path.stat().st_mtime_ns for path in image.path("/data/cache").iterdir() if path.name[0] != "."}
    assert now == learnt
