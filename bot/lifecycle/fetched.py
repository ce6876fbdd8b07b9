"""What became of the files of a plan: `fetched.json`, written by the job that fetches them and opens none.

The jobs that measure find each file under its SHA-256; the job that publishes holds results against these hashes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from apcore import json_shape
from apcore.errors import ContributorError, MachineError, ServiceError, TurnError
from apcore.failure import Failure, Turn
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey

FETCHED_SCHEMA: Final = "urn:apbot:schema:fetched:1"
FETCHED_FILE: Final = "fetched.json"
MAX_BYTES: Final = 1_000_000
_FAMILIES: Final[dict[Turn, type[TurnError]]] = {
    Turn.CONTRIBUTOR: ContributorError,
    Turn.MACHINE: MachineError,
    Turn.SERVICE: ServiceError,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A file that is here, by the SHA-256 of its bytes."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Why a file is not here, and whose turn it is."""

    turn: Turn
    message: str
    fix: str

    @classmethod
    def of(cls, key: ModelKey, error: TurnError) -> "Missed":
        """What an error while fetching means; `key` is the checkpoint's that the file belongs to."""
        failure = Failure.of(key, error)
        return cls(turn=failure.turn, message=failure.message, fix=failure.fix)

    def error(self, where: str) -> TurnError:
        """The error again; `where` is the path that it carries."""
        return _FAMILIES[self.turn](where=where, message=self.message, fix=self.fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """All files of a plan's checkpoints, by their ids."""

    submission_sha256: str
    files: Mapping[str, Got | Missed]

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file that is here."""
        return {file_id: file.sha256 for file_id, file in self.files.items() if isinstance(file, Got)}


def fetched_bytes(fetched: Fetched) -> bytes:
    """`fetched.json`: UTF-8, two-space indent, the same bytes for the same files."""
    document = {
        "$schema": FETCHED_SCHEMA,
        "submission_sha256": fetched.submission_sha256,
        "files": {file_id: _file_json(file) for file_id, file in sorted(fetched.files.items())},
    }
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def read_fetched(raw: bytes, submission_sha256: str) -> Fetched:
    """Read the bytes of `fetched.json`.

    Raises:
        ShapeError: they are no such file, or another submission's.
    """
    if len(raw) > MAX_BYTES:
        raise ShapeError(f"{FETCHED_FILE}: has more than {MAX_BYTES:,} bytes")
    document = json_shape.parse(raw)
    json_shape.check(document, "fetched")
    if document["submission_sha256"] != submission_sha256:
        raise ShapeError("submission_sha256: is not the approved one")
    return Fetched(
        submission_sha256=submission_sha256,
        files={file_id: _file(found) for file_id, found in document["files"].items()},
    )


def _file_json(file: Got | Missed) -> dict[str, Any]:
    if isinstance(file, Got):
        return {"sha256": file.sha256, "size_bytes": file.size_bytes}
    return {"turn": file.turn, "message": file.message, "fix": file.fix}


def _file(found: dict[str, Any]) -> Got | Missed:
    if "sha256" in found:
        return Got(sha256=found["sha256"], size_bytes=found["size_bytes"])
    return Missed(turn=Turn(found["turn"]), message=found["message"], fix=found["fix"])
