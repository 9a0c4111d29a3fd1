"""A Dockerfile carried out without Docker: its own lines, in a folder instead of a file system of its own.

The base image is a clean virtual environment of this Python, absolute paths lead into the folder, and what needs root
(apt-get, useradd, the owner in `install`) is replaced by small programs that leave the same traces. Everything runs as
an ordinary user, under root as nobody.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

SYSTEM = re.compile(r"""(?<![^\s=:'"])/(?=[a-z])(?!dev/)""")
"""Where an absolute path begins in a command; an address's slashes are none."""
KEPT_VARIABLES = re.compile(r"PIP_|(?:HTTPS?|NO)_PROXY$|SSL_CERT|REQUESTS_CA", re.IGNORECASE)
STAND_INS = {
    "apt-get": 'case "$1" in update) mkdir -p "$ROOT/var/lib/apt/lists" && touch "$ROOT/var/lib/apt/lists/index";; esac',
    "useradd": 'mkdir -p "$ROOT/etc" && echo "$@" >> "$ROOT/etc/users"',
    "install": """left=$#
while [ "$left" -gt 0 ]; do
  case "$1" in -o|-g) shift 2; left=$((left - 2));; *) set -- "$@" "$1"; shift; left=$((left - 1));; esac
done""",
}


def _known(values: Mapping[str, str], used: re.Match[str]) -> str:
    return values[used[1]]


@dataclass(frozen=True, slots=True)
class Line:
    """One instruction."""

    word: str
    flags: Mapping[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """The arguments, written as JSON or plainly."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    name: str
    lines: list[Line] = field(default_factory=list)

    def last(self, word: str) -> Line | None:
        """The instruction that counts, of those that may stand once."""
        return next((line for line in reversed(self.lines) if line.word == word), None)

    def all(self, word: str) -> list[Line]:
        """Every such instruction."""
        return [line for line in self.lines if line.word == word]


def read_dockerfile(text: str) -> list[Stage]:
    """The stages of a Dockerfile, in order."""
    told = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    stages: list[Stage] = []
    for line in filter(None, map(str.strip, told.replace("\\\n", " ").splitlines())):
        word, rest = line.split(maxsplit=1)
        flags: dict[str, str] = {}
        while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
            flags[found[1]] = found[2]
            rest = rest[found.end() :]
        if word == "FROM":
            base, *named = rest.split()
            stages.append(Stage(base, named[1] if named else ""))
        else:
            stages[-1].lines.append(Line(word, flags, rest))
    return stages


def ignored(checkout: Path) -> tuple[set[str], set[str]]:
    """What .dockerignore keeps out: names at the top, and names anywhere."""
    lines = (checkout / ".dockerignore").read_text().split()
    anywhere = {line.removeprefix("**/") for line in lines if line.startswith("**/")}
    top = {*lines} - {f"**/{name}" for name in anywhere}
    assert not any(set(line) & set("*?!/[") for line in (*top, *anywhere)), "teach this kit the new pattern"
    return top, anywhere


class Image:
    """Carries out stages in a folder, one after another."""

    def __init__(self, folder: Path, checkout: Path) -> None:
        self.root = folder / "root"
        self._folder = folder
        self._checkout = checkout
        self._base = folder / "base"
        self._stages = folder / "stages"
        self.variables: dict[str, str] = {}
        self.workdir = self.root
        for place in (folder, self._stages, folder / "home"):
            place.mkdir(exist_ok=True)
            self._own(place)
        made = self.run([self.python(), "-m", "venv", str(self._base)], cwd=folder)
        assert made.returncode == 0, made.stderr
        for name, script in STAND_INS.items():
            stand_in = self._base / "bin" / name
            real = shutil.which(name) if name == "install" else None
            stand_in.write_text(f"#!/bin/sh\nset -e\n{script}\n" + (f'exec {real} "$@"\n' if real else ""))
            stand_in.chmod(0o755)

    def python(self) -> str:
        """A Python of this machine that an ordinary user may run: root's own may lie where nobody else can read."""
        known = (getattr(sys, "_base_executable", sys.executable), "/usr/local/bin/python3", "/usr/bin/python3")
        suits = "import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
        for python in filter(os.path.exists, known):
            with contextlib.suppress(PermissionError):
                if self.run([python, "-c", suits], cwd=self._folder).returncode == 0:
                    return python
        raise FileNotFoundError("no Python 3.11 to 3.13 with venv that an ordinary user may run")

    @property
    def environment(self) -> dict[str, str]:
        """What a process in the image sees."""
        outside = {name: value for name, value in os.environ.items() if KEPT_VARIABLES.match(name)}
        basic = {
            "PATH": f"{self._base}/bin:/usr/bin:/bin",
            "HOME": str(self._folder / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "LANG": "C.UTF-8",
            "ROOT": str(self.root),
        }
        return outside | basic | self.variables

    def path(self, told: str) -> Path:
        """Where a path of the image lies."""
        return self.root / told.lstrip("/") if told.startswith("/") else self.workdir / told

    def inside(self, text: str) -> str:
        """A command whose absolute paths lead into the folder."""
        return SYSTEM.sub(f"{self.root}/", text)

    def as_user(self) -> dict[str, Any]:
        """Arguments of subprocess that make it an ordinary user's."""
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def run(
        self, command: Sequence[str], *, cwd: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in the image's environment."""
        return subprocess.run(
            self.found(command),
            cwd=cwd or self.workdir,
            env=self.environment | dict(settings or {}),
            capture_output=True,
            text=True,
            timeout=900,
            **self.as_user(),
        )

    def start(self, command: Sequence[str], output: Path, settings: Mapping[str, str]) -> subprocess.Popen[Any]:
        """Start a command that goes on."""
        with output.open("ab") as file:
            return subprocess.Popen(
                self.found(command),
                cwd=self.workdir,
                env=self.environment | dict(settings),
                stdout=file,
                stderr=file,
                **self.as_user(),
            )

    def found(self, command: Sequence[str]) -> list[str]:
        """The command with its program as the image's PATH finds it."""
        program = shutil.which(command[0], path=self.environment["PATH"])
        assert program is not None, f"the image has no {command[0]}"
        return [program, *command[1:]]

    def build(self, stages: Sequence[Stage]) -> None:
        """Carry out all stages; the last one stays, and nothing of the others but what it has copied."""
        for stage in stages:
            self.variables, self.workdir = {}, self.root
            for made in (self.root, self.root / "tmp"):
                made.mkdir()
                self._own(made)
            for line in stage.lines:
                self._carry_out(line)
            if stage is not stages[-1]:
                self.root.rename(self._stages / stage.name)
        shutil.rmtree(self._stages)

    def protect(self, *writable: str) -> None:
        """Let nobody write but below the given paths of the image, as `read_only` in compose.yaml does."""
        spared = [self.path(path) for path in (*writable, "/tmp")]
        for path in (self.root, *self.root.rglob("*")):
            if not path.is_symlink() and not any(path.is_relative_to(one) for one in spared):
                path.chmod(path.stat().st_mode & 0o555)

    def _carry_out(self, line: Line) -> None:
        if line.word == "RUN":
            done = self.run(["sh", "-c", self.inside(line.rest)])
            assert done.returncode == 0, f"RUN {line.rest}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        elif line.word == "WORKDIR":
            self.workdir = self.path(line.rest)
            self.workdir.mkdir(parents=True, exist_ok=True)
            self._own(self.workdir)
        elif line.word == "ENV":
            known = self.environment
            for name, _, value in (pair.partition("=") for pair in shlex.split(line.rest)):
                self.variables[name] = re.sub(r"\$(\w+)", partial(_known, known), self.inside(value))
        elif line.word == "COPY":
            self._copy(line)
        else:
            assert line.word in {"USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}, line.word

    def _copy(self, line: Line) -> None:
        top, anywhere = ignored(self._checkout)
        *sources, target = line.words
        for source in sources:
            if "from" in line.flags:
                taken, skipped = self._stages / line.flags["from"] / source.lstrip("/"), None
            else:
                assert source.split("/")[0] not in top, f"{source} is kept out by .dockerignore"
                taken, skipped = self._checkout / source, shutil.ignore_patterns(*anywhere)
            to = self.path(target)
            if taken.is_dir():
                shutil.copytree(taken, to, symlinks=True, dirs_exist_ok=True, ignore=skipped)
            else:
                to = to / taken.name if target.endswith("/") else to
                shutil.copy2(taken, to)
            for made in (to, *to.rglob("*")):
                self._own(made)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
