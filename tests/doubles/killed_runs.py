"""`apbot verify` runs that can be killed with all that they started, at the price of one start of the interpreter.

A process that never computes anything imports what a run needs, and forks one child for each run: in a session of its own, so
that its whole group is killed at once. Each start of a batch of an attack is counted in a file. Small runs are killed at batches
alone, so they read checkpoints in forks too; whole ones, which are killed at any time, as ever.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TIMES = re.compile(rb"\b\d+ s\b|(?<=\| )\d+(?= \|$)", re.MULTILINE)
_LEFT_OUT = re.compile(r"\.lock|work/.*|repository/\.git/.*")


@dataclass(frozen=True)
class Runs:
    """Where runs are started: `begin` one, then `kill` it or wait for its `end`."""

    server: "subprocess.Popen[str]"
    record: Path

    def begin(self, *arguments: str) -> int:
        """Start `apbot verify` with these arguments and return the number of its process group."""
        self.server.stdin.write(json.dumps(["verify", *arguments]) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def end(self) -> int:
        """The exit code of the run at work, once it ends; negative for a signal."""
        return int(self.server.stdout.readline())

    def begun(self) -> list[str]:
        """The batches that were begun since `forget`, in their order; each is called the same in every run."""
        whole, _, _ = (self.record.read_text() if self.record.exists() else "").rpartition("\n")
        return whole.split("\n") if whole else []

    def forget(self) -> None:
        """Begin a new record."""
        self.record.unlink(missing_ok=True)


@contextmanager
def killable_runs(folder: Path, *, small: bool) -> Iterator[Runs]:
    """Runs whose attacks are those of the protocol, or of so few steps (`small`) that a checkpoint takes a second."""
    record = folder / "begun"
    with (
        (folder / "told.txt").open("w") as told,
        subprocess.Popen(
            [sys.executable, __file__, str(record), "small" if small else "whole"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        ) as server,
    ):
        try:
            yield Runs(server=server, record=record)
        finally:
            server.stdin.close()


def kill_after(group: int, seconds: float) -> None:
    """Kill a run and all that it started after so many seconds, without a warning."""
    time.sleep(seconds)
    _kill(group)


def kill_at(runs: Runs, group: int, batches: int) -> None:
    """Kill a run and all that it started once so many batches were begun since `forget`."""
    while _alive(group) and len(runs.begun()) < batches:
        time.sleep(0.005)
    _kill(group)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # it came to its end before


def left_behind(out: Path) -> Mapping[str, bytes]:
    """All that a run leaves for others, without the times that it took; git's objects are in the name of its commit."""
    names = {str(path.relative_to(out)): path for path in sorted(out.rglob("*")) if path.is_file()}
    found = {name: _timeless(path) for name, path in names.items() if not _LEFT_OUT.fullmatch(name)}
    if (out / "repository").exists():
        commits = ["git", "-C", str(out / "repository"), "for-each-ref"]
        found["repository"] = subprocess.run(commits, capture_output=True, check=True).stdout
    return found


def _timeless(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name == "comment.md":
        return _TIMES.sub(b"...", content)
    if path.parent.name == "results" and path.suffix == ".json":
        return json.dumps(json.loads(content) | {"seconds": None}).encode()
    return content


def _serve(record: Path, *, small: bool) -> None:
    from bot import cli

    _prepare(record, small=small)
    if small:
        sys.path.insert(0, str(Path(__file__).parent.parent))
        from doubles.forked_reader import read_in_a_fork

        from apcore.checkpoint import reading

        reading._run = read_in_a_fork
    for line in sys.stdin:
        ready, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.setsid()
            os.write(told, b".")
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            code = cli.main(json.loads(line))
            os._exit(code)
        os.read(ready, 1)  # before it has a group of its own, nothing can be killed
        os.close(ready)
        os.close(told)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _prepare(record: Path, *, small: bool) -> None:
    """Write batches down, keep the date from changing at midnight, and make little of the attacks if that is wanted."""
    from dataclasses import replace
    from datetime import UTC, datetime
    from functools import partial

    from apcore import benchmark, claim_attacks
    from apcore.attacks import autoattack, ho_fmn
    from apcore.attacks.library import Budget
    from bot import cli
    from bot.stages import verify

    class Noon(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 25, 12, tzinfo=UTC)

    def told(method: Any, name: Callable[..., str]) -> Any:
        def run(attack: Any, *arguments: Any, **options: Any) -> Any:
            state = attack._file.path
            with record.open("ab") as file:
                file.write(f"{state.parent.name} {state.name} {name(*arguments, **options)}\n".encode())
            return method(attack, *arguments, **options)

        return run

    autoattack._Run._broken = told(
        autoattack._Run._broken, lambda name, _, indices: f"{name} {','.join(map(str, indices.tolist()))}"
    )
    ho_fmn._Run._fmn = told(
        ho_fmn._Run._fmn,
        lambda attack, _samples, _steps, _configuration, *, batch, batches: f"{attack} {batch}/{batches}",
    )
    verify.datetime = Noon
    if small:
        few = Budget(apgd_steps=1, fab_steps=1, square_queries=5)
        benchmark.run_autoattack = claim_attacks.run_autoattack = partial(benchmark.run_autoattack, budget=few)
        load = cli.load_protocol

        def load_small(name: str) -> Any:
            protocol = load(name)
            tuning = replace(protocol.ho_fmn.tuning, trials=4, steps=5)
            return replace(
                protocol,
                autoattack=replace(protocol.autoattack, batch_size=16),
                ho_fmn=replace(protocol.ho_fmn, steps=10, batch_size=16, tuning=tuning),
            )

        cli.load_protocol = load_small


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), small=sys.argv[2] == "small")
