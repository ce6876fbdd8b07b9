"""The folder of one run: where each checkpoint leaves its files, and what a later run finds again."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apcore.errors import ContributorError, MachineError
from apcore.failure import Failure, failure_bytes
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes, read_outcomes
from apcore.result import Result, read_result, result_bytes


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths below `root`; every path that names a checkpoint is built from a parsed key."""

    root: Path

    def work(self, key: ModelKey) -> Path:
        """State of the attacks on one checkpoint."""
        return self.root / "work" / str(key)

    def result(self, key: ModelKey) -> Path:
        """What was measured."""
        return self.root / "results" / f"{key}.json"

    def outcomes(self, key: ModelKey) -> Path:
        """What happened to each sample."""
        return self.root / "results" / f"{key}.outcomes.npz"

    def failure(self, key: ModelKey) -> Path:
        """Why nothing was measured."""
        return self.root / "failures" / f"{key}.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second run out of the folder.

        Raises:
            MachineError: another run is at work in it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as exc:
                raise MachineError(
                    where=str(self.root),
                    message="another run is at work in this folder",
                    fix="wait for it, or choose another folder with `--out`",
                ) from exc
            yield

    def write(self, path: Path, content: bytes) -> None:
        """Replace a file whole, or leave it as it was."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def keep(self, result: Result, outcomes: Outcomes) -> None:
        """Store a measurement, so that a result never stands beside outcomes that are not its own."""
        self.result(result.model_key).unlink(missing_ok=True)
        self.write(self.outcomes(result.model_key), outcomes.to_bytes())
        self.write(self.result(result.model_key), result_bytes(result))
        self.failure(result.model_key).unlink(missing_ok=True)

    def keep_failure(self, failure: Failure) -> None:
        """Store why a checkpoint was not measured."""
        self.write(self.failure(failure.model_key), failure_bytes(failure))

    def finished(self, key: ModelKey) -> tuple[Result, Outcomes] | None:
        """What an earlier run measured, None if there is nothing whole."""
        try:
            return read_result(self.result(key).read_bytes()), read_outcomes(self.outcomes(key))
        except (OSError, ShapeError, ContributorError):
            return None  # measured again from the state of the attacks, which is kept apart
