"""A secret in the environment of a command is found in nothing that the command leaves, says or starts.

A new command that meets strangers' bytes or text joins `COMMANDS`.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from doubles.boards import entry, published, track
from doubles.demo import ASSETS, BOARD, IDS, issue_body, mirror
from doubles.github import payloads
from doubles.github.server import GitHubDouble, github_double
from doubles.github.world import RunRow
from doubles.handed_over import handed_over
from doubles.run_on_github import OnGitHub, on_github

from bot.leaderboard.repository import propose
from bot.lifecycle.fetched import read_fetched
from bot.lifecycle.state import State

WATCHED = Path(__file__).parent / "doubles" / "watched.py"
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
HTML = b"<!DOCTYPE html><html></html>"
KEY = "FilterPruning_Demo2026Digits_R6_DIGITS_S_90"


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command line; `{here}` is a folder with `issue.md`, `files/` and `net.pt`.

    Args:
        name: how it is called here.
        arguments: the module, and what follows it.
        code: how it ends.
        starts: the programs that it starts, its own interpreter being `python`.
        more: of its environment.
    """

    name: str
    arguments: tuple[str, ...]
    code: int = 0
    starts: frozenset[str] = frozenset()
    more: dict[str, str] = field(default_factory=dict)


# With the walls that this machine has; what they hold is seen while it lives. ctypes asks `ldconfig` where libseccomp is.
READER = frozenset({"python", "bwrap", "ldconfig"})
FONTS = frozenset({"fc-list"})
COMMANDS = (
    Command(
        name="check",
        arguments=("bot", "check", "{here}/issue.md", "--protocol", "demo"),
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
        starts=READER | FONTS | {"git"},
    ),
    Command(
        name="inspect",
        arguments=("apcore", "inspect", "{here}/net.pt", "--model-key", KEY, "--protocol", "demo"),
        starts=READER,
    ),
    Command(
        name="a certificate that is none",
        arguments=(
            *("bot", "certificate", "check", "{here}/issue.md"),
            *("--certificate", "{here}/net.pt", "--repository", "owner/name"),
        ),
        code=1,
    ),
    Command(
        name="a machine that fails",
        arguments=("apcore", "inspect", "{here}", "--model-key", KEY, "--protocol", "demo"),
        code=3,
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


def run(command: Command, here: Path) -> frozenset[str]:
    """The programs that it started; each is looked at as it is started, and what those start in turn while it lives."""
    arguments = [argument.format(here=here) for argument in command.arguments]
    surroundings = dict.fromkeys(NAMES, CANARY) | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "HOME": str(here / "home"),
        "TMPDIR": str(here / "tmp"),
        "OMP_NUM_THREADS": "1",
    }
    line_of_ours = [sys.executable, str(WATCHED), str(here / "started"), *arguments]
    own = b"".join(part.encode() + b"\0" for part in line_of_ours)
    with (
        (here / "said.txt").open("ab") as said,
        subprocess.Popen(
            line_of_ours, cwd=here, env=surroundings | command.more, stdout=said, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            while process.poll() is None:
                for child in descendants(process.pid):
                    line, environment = seen_in(child)
                    assert not holds(line), line
                    # Between fork and exec a child is still its parent, and says so by its command line.
                    assert line == own or not holds(environment), line
                time.sleep(0.05)
        finally:
            process.kill()
    assert process.returncode == command.code, (here / "said.txt").read_text()
    return started(here / "started")


def started(record: Path) -> frozenset[str]:
    """The names of the programs in a record of starts, none of which was told a secret; the record is removed."""
    starts = [json.loads(line) for line in record.read_text().splitlines()]
    assert [words for words, environment in starts if holds(json.dumps([words, environment]).encode())] == []
    record.unlink()
    names = {Path(words[0]).name for words, _ in starts}
    return frozenset("python" if name.startswith("python") else name for name in names)


def assert_clean(here: Path) -> None:
    """Nothing that was said or left holds the secret."""
    files = [path for path in here.rglob("*") if path.is_file()]
    assert here / "said.txt" in files
    assert [path for path in files if holds(path.read_bytes()) or holds(str(path).encode())] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_secret_in_its_environment_goes_nowhere(command: Command, here: Path) -> None:
    assert run(command, here) <= command.starts
    assert_clean(here)


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        running.tokens[CANARY] = running.tokens["ghs_job"]
        running.time.at = time.time()
        yield running


def test_the_token_of_a_run_on_github_goes_to_github_alone(
    double: GitHubDouble, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From an issue to the pull request, each command with the secret that it works with, or should not have."""
    hub = on_github(double, here, monkeypatch)
    world, body = double.world, issue_body()
    row, new = hub.approved_issue(body), world.open_issue("New AP method", body, "author", ["new-ap-method"])
    run_row = hub.start(row)
    (here / "event.json").write_bytes(payloads.issue_opened(world, new.number, "author"))
    place = {
        "GITHUB_REPOSITORY": world.full_name,
        "GITHUB_API_URL": double.url,
        "GITHUB_RUN_ID": str(run_row.id),
        "GITHUB_OUTPUT": str(here / "output"),
        "GITHUB_EVENT_NAME": "issues",
        "GITHUB_EVENT_PATH": str(here / "event.json"),
    }

    def does(*arguments: str, starts: frozenset[str] = frozenset()) -> None:
        spoken = len(double.calls)
        command = Command(name=arguments[0], arguments=("bot", *arguments), starts=starts, more=place)
        assert run(command, here) <= starts
        assert (len(double.calls) > spoken) == (arguments[0] not in ("fetch", "evaluate"))
        assert_clean(here)

    number, demo = str(row.number), ("--protocol", "demo")
    plan, files, out = (str(here / name) for name in ("plan", "fetched", "measured"))
    does("gate", *demo)
    assert hub.record(new.number).state is State.AWAITING_APPROVAL
    does("begin", "--issue", number, "--sha256", run_row.inputs["sha256"], "--out", plan, *demo)
    does("fetch", "--plan", plan, "--files", files, "--mirror", str(ASSETS / "files"))
    slice_of = ("--plan", plan, "--job", "R6-DIGITS-S-90", "--files", files, "--out", out, "--minutes", "0.01")
    does("evaluate", *slice_of, starts=READER)  # the first batch; what would be measured is made up
    upload(hub, run_row, here)
    does("publish", "--run", str(run_row.id), "--issue", number, *demo, starts=FONTS)
    assert hub.record(row.number).pull_request is not None
    does("sweep", *demo)
    assert not holds(repr([asdict(call) for call in double.calls]).encode())
    assert not holds(repr([vars(comment) for comment in world.comments.values()]).encode())
    assert not any(map(holds, world.git.blobs.values()))


def upload(hub: OnGitHub, run_row: RunRow, here: Path) -> None:
    """What the jobs of a run upload; the results are made up."""
    plan = {path.name: path.read_bytes() for path in (here / "plan").glob("*.json")}
    fetched = (here / "fetched" / "fetched.json").read_bytes()
    hub.world.upload(run_row.id, "plan", plan)
    hub.world.upload(run_row.id, "fetched", {"fetched.json": fetched})
    submission = hub.submission(issue_body())
    hashes = read_fetched(fetched, submission.sha256).hashes
    for number, sparsity in enumerate(IDS):
        made_up = handed_over(submission, number, hub.protocol, sha256=hashes[IDS[sparsity]])
        hub.world.upload(run_row.id, f"R6-DIGITS-S-{sparsity}", made_up)


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
