"""Checkpoints measured one after the other: what is finished is not repeated, and one that fails costs the others nothing."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from apcore.benchmark import benchmark
from apcore.earlier_result import still_valid
from apcore.errors import ContributorError
from apcore.failure import Failure, some_turn
from apcore.model_key import ModelKey
from apcore.progress_line import ProgressLine, duration
from apcore.result import Result
from apcore.run_folder import RunFolder
from apcore.task import Task

MakeTask = Callable[[ModelKey, Path], Task]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResults:
    """What became of each checkpoint, in their order."""

    results: tuple[Result, ...]
    failures: tuple[Failure, ...]


def measure_suite(
    checkpoints: Sequence[tuple[ModelKey, Path]], task_of: MakeTask, folder: RunFolder, stream: TextIO
) -> SuiteResults:
    """Measure every checkpoint, and keep what was measured or why it was not.

    Args:
        checkpoints: key and file of each.
        task_of: what to measure of one of them.
        folder: where results, outcomes, failures and states are left; an earlier run's are found again.
        stream: told what a person wants to follow.
    """
    results: list[Result] = []
    failures: list[Failure] = []
    spent: list[float] = []
    for place, (key, path) in enumerate(checkpoints, start=1):
        label = f"[{place}/{len(checkpoints)}]"
        _say(stream, f"{label} {key}")
        started = time.monotonic()
        try:
            result, repeated = measure_one(task_of(key, path), folder, stream, label=label)
        except Exception as exc:  # a bug or a lost device must not cost the other checkpoints their measurement
            failure = Failure.of(key, some_turn(exc, str(key), stream))
            folder.keep_failure(failure)
            failures.append(failure)
            _say(stream, f"  not measured: {failure.message}")
            continue
        results.append(result)
        if repeated:
            _say(stream, "  measured by an earlier run")
            continue
        spent.append(time.monotonic() - started)
        _say(stream, f"  measured in {duration(spent[-1])}{_outlook(spent, len(checkpoints) - place)}")
    return SuiteResults(results=tuple(results), failures=tuple(failures))


def measure_one(task: Task, folder: RunFolder, stream: TextIO, *, label: str = "") -> tuple[Result, bool]:
    """Measure one checkpoint, and keep what was measured.

    Returns:
        The result, and whether an earlier run had measured it already.

    Raises:
        ContributorError: the checkpoint is refused.
        MachineError: data, device or disk fail here.
    """
    earlier = folder.finished(task.key)
    if earlier and still_valid(earlier[0], task):
        return earlier[0], True
    found = benchmark(task, progress=ProgressLine(stream, label), tell=lambda words: _say(stream, f"  {words}"))
    folder.keep(found.result, found.outcomes)
    return found.result, False


def file_sha256(path: Path) -> str:
    """Hash of a checkpoint's bytes.

    Raises:
        ContributorError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise ContributorError(
            where=str(path), message=f"the file cannot be read: {exc.strerror}", fix="name a file that you may read"
        ) from exc


def _outlook(spent: Sequence[float], left: int) -> str:
    """How long the others will take at the pace so far; nothing if there are none."""
    if not left:
        return ""
    return f"; {left} to go, about {duration(left * sum(spent) / len(spent))} at this pace"


def _say(stream: TextIO, words: str) -> None:
    print(words, file=stream, flush=True)
