"""The folder of one run: where each checkpoint leaves its files, and what a later run finds again."""

import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from apcore.durable import agree, sums_bytes, write_whole
from apcore.errors import ContributorError, MachineError
from apcore.failure import Failure, failure_bytes
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes, read_outcomes
from apcore.result import Result
from apcore.result_json import read_result, result_bytes

_LOG: Final = logging.getLogger(__name__)


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

    def sums(self, key: ModelKey) -> Path:
        """SHA-256 of result and outcomes, written after both."""
        return self.work(key) / "result.sha256"

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
        refuse_links(self.root)
        with (self.root / ".lock").open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise _in_use(self.root, file) from exc
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
            yield

    def write(self, path: Path, content: bytes) -> None:
        """Replace a file whole, or leave it as it was."""
        write_whole(path, content)

    def keep(self, result: Result, outcomes: Outcomes) -> None:
        """Store a measurement, so that a result never stands beside outcomes that are not its own."""
        key = result.model_key
        contents = {self.result(key): result_bytes(result), self.outcomes(key): outcomes.to_bytes()}
        for path in (self.sums(key), self.result(key)):
            path.unlink(missing_ok=True)
        self.write(self.outcomes(key), contents[self.outcomes(key)])
        self.write(self.result(key), contents[self.result(key)])
        self.write(self.sums(key), sums_bytes(contents))
        self.failure(key).unlink(missing_ok=True)

    def keep_failure(self, failure: Failure) -> None:
        """Store why a checkpoint was not measured."""
        self.write(self.failure(failure.model_key), failure_bytes(failure))

    def finished(self, key: ModelKey) -> tuple[Result, Outcomes] | None:
        """What an earlier run measured, None if there is nothing whole, to the last bit."""
        try:
            if not agree(self.sums(key), (self.result(key), self.outcomes(key))):
                _LOG.warning("the result of %s is damaged, as after a failing disk; it is measured again", key)
                return None
            return read_result(self.result(key).read_bytes()), read_outcomes(self.outcomes(key))
        except (OSError, ShapeError, ContributorError):
            return None  # measured again from the state of the attacks, which is kept apart


def refuse_links(root: Path) -> None:
    """Pass if nothing below `root` is a symbolic link; `root` itself may be one.

    Every path in a run's folder is built from parsed parts, and a link among them would lead it elsewhere all the same.

    Raises:
        MachineError: something is; says where.
    """
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                raise MachineError(
                    where=str(path),
                    message="this is a symbolic link, and a run writes into its own folder alone",
                    fix="put the file or folder itself there, or choose another folder with `--out`",
                )


def _in_use(root: Path, lock: TextIO) -> MachineError:
    lock.seek(0)
    holder = lock.read(200).strip()
    return MachineError(
        where=str(root),
        message="another run is at work in this folder" + (f" ({holder})" if holder.isprintable() and holder else ""),
        fix="wait for it, or choose another folder with `--out`",
    )
