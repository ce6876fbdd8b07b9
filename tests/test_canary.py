"""A secret in the environment of a command is found in nothing that the command leaves, says or starts.

A new command that meets strangers' bytes or text joins `COMMANDS`.
"""

import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from doubles.boards import entry, published, track
from doubles.demo import ASSETS, BOARD, IDS, issue_body, mirror

from bot.leaderboard.repository import propose

CANARY = "apbot-canary-7f3a1c5e9d2b4860"
# Under the names by which workflows hold their secrets, and under one that nobody knows.
NAMES = (
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "APBOT_PRIVATE_KEY",
    "OTHER",
)
SPELLINGS = (
    CANARY.encode(),
    CANARY[::-1].encode(),
    base64.b64encode(CANARY.encode())[:-4],
    CANARY.encode().hex().encode(),
)
# matplotlib asks this program of the system for fonts, once on each machine; it meets nothing that a stranger wrote.
TRUSTED = (b"fc-list\0",)
HTML = b"<!DOCTYPE html><html></html>"
KEY = "FilterPruning_Demo2026Digits_R6_DIGITS_S_90"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command line; `{here}` is a folder with `issue.md`, `files/` and `net.pt`. `code` is how it ends."""

    name: str
    arguments: tuple[str, ...]
    code: int
    starts_others: bool


COMMANDS = (
    Command(
        name="check",
        arguments=("bot", "check", "{here}/issue.md", "--protocol", "demo"),
        code=0,
        starts_others=False,
    ),
    Command(
        name="verify",
        arguments=(
            "bot",
            "verify",
            "{here}/issue.md",
            "--protocol",
            "demo",
            "--files",
            "{here}/files",
            "--out",
            "{here}/out",
        ),
        code=1,
        starts_others=True,
    ),
    Command(
        name="inspect",
        arguments=("apcore", "inspect", "{here}/net.pt", "--model-key", KEY, "--protocol", "demo"),
        code=0,
        starts_others=True,
    ),
    Command(
        name="a certificate that is none",
        arguments=(
            *("bot", "certificate", "check", "{here}/issue.md"),
            *("--certificate", "{here}/net.pt", "--repository", "owner/name"),
        ),
        code=1,
        starts_others=False,
    ),
    Command(
        name="a machine that fails",
        arguments=("apcore", "inspect", "{here}", "--model-key", KEY, "--protocol", "demo"),
        code=3,
        starts_others=False,
    ),
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    # The claimed clean accuracy is wrong, so that nothing is attacked.
    body = issue_body(("Clean accuracy (%): 9", "Clean accuracy (%): 8"))
    (tmp_path / "issue.md").write_text(body, encoding="utf-8")
    mirror(tmp_path / "files", s50=HTML, s75=HTML)
    shutil.copy(ASSETS / "files" / IDS[90], tmp_path / "net.pt")
    (tmp_path / "home").mkdir()
    (tmp_path / "tmp").mkdir()
    return tmp_path


def holds(content: bytes) -> bool:
    return any(spelling in content for spelling in SPELLINGS)


def descendants(of: int) -> Iterator[int]:
    """The processes below `of`, as far as they are still there."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except (OSError, IndexError):
            continue
    left = [of]
    while left:
        children = parents.get(left.pop(), [])
        yield from children
        left += children


def seen_in(process: int) -> tuple[bytes, bytes]:
    """Command line and environment of a process, empty where it has ended."""
    try:
        place = Path("/proc") / str(process)
        return (place / "cmdline").read_bytes(), (place / "environ").read_bytes()
    except OSError:
        return b"", b""


def run(command: Command, here: Path) -> tuple[bytes, set[bytes]]:
    """What it says, and the programs that it started; its children are looked at while they live."""
    arguments = [argument.format(here=here) for argument in command.arguments]
    surroundings = dict.fromkeys(NAMES, CANARY) | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(here / "home"),
        "TMPDIR": str(here / "tmp"),
        "OMP_NUM_THREADS": "1",
    }
    started: set[bytes] = set()
    line_of_ours = [sys.executable, "-m", *arguments]
    own = b"".join(part.encode() + b"\0" for part in line_of_ours)
    with (
        (here / "said.txt").open("wb") as said,
        subprocess.Popen(line_of_ours, cwd=here, env=surroundings, stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        try:
            while process.poll() is None:
                for child in descendants(process.pid):
                    line, environment = seen_in(child)
                    # Between fork and exec a child is still its parent, and says so by its command line.
                    if line and line != own and not line.startswith(TRUSTED):
                        started.add(line)
                        assert not holds(line), line
                        assert not holds(environment), line
                time.sleep(0.01)
        finally:
            process.kill()
    assert process.returncode == command.code, (here / "said.txt").read_text()
    return (here / "said.txt").read_bytes(), started


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_secret_in_its_environment_goes_nowhere(command: Command, here: Path) -> None:
    _, started = run(command, here)
    assert bool(started) == command.starts_others
    files = [path for path in here.rglob("*") if path.is_file()]
    assert here / "said.txt" in files
    assert [path for path in files if holds(path.read_bytes()) or holds(str(path).encode())] == []


def test_git_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git, programs = shutil.which("git"), tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text(f'#!/bin/sh\nenv >> {tmp_path}/told\necho "$@" >> {tmp_path}/told\nexec {git} "$@"\n')
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    for name in NAMES:
        monkeypatch.setenv(name, CANARY)
    thin, when = entry("Thin", published(track(90), 80, 40)), datetime(2026, 11, 22, tzinfo=UTC)
    propose(tmp_path / "out", base_leaderboard=BOARD, entry=thin, issue=1, title="T", body="B", when=when)
    assert b"GIT_AUTHOR_NAME" in (tmp_path / "told").read_bytes()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and holds(path.read_bytes())] == []


@pytest.mark.parametrize("spelling", SPELLINGS, ids=["plain", "reversed", "base64", "hexadecimal"])
def test_a_secret_is_recognised_however_it_is_spelled(spelling: bytes) -> None:
    assert holds(b"x" + spelling + b"y")
