"""The vocabulary of a submission: what the form says, in values that later rooms can rely on."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from apcore.files.remote_file import RemoteFile
from apcore.model_key import ModelKey

SUBMISSION_SCHEMA: Final = "urn:apbot:schema:submission:1"


class Severity(StrEnum):
    """How much a finding weighs: an error stops the submission, a warning asks for a look, a notice informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to say about a submission.

    Args:
        rule: name of the requirement, e.g. `one-complete-triple`.
        severity: whether it stops the submission.
        where: dotted path into `submission.json`, e.g. `models.1.claimed.clean_accuracy`.
        line: 1-based line of the issue body, None where nothing in the body can be pointed at.
        column: 1-based column of the issue body, None together with `line`.
        message: what is wrong, with the value seen and the value expected, as Markdown that is safe to post.
        fix: what the contributor does next, as Markdown that is safe to post.
        excerpt: the line it is about and a caret under the column, as plain text, where that helps.
        mended: what to paste in place of the field, where that is certain; such an error was read as mended.
    """

    rule: str
    severity: Severity
    where: str
    message: str
    fix: str
    line: int | None = None
    column: int | None = None
    excerpt: str | None = None
    mended: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Claimed accuracies as fractions in [0, 1]."""

    clean_accuracy: float
    aa_robust_accuracy: float
    hofmn_robust_accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization:
    """Input normalisation per channel: the network sees (x - mean) / std, with pixels x in [0, 1]."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedModel:
    """One checkpoint of a submission with its claim."""

    key: ModelKey
    architecture: str
    checkpoint: RemoteFile
    distances: RemoteFile | None
    outcomes: RemoteFile | None
    claimed: Claim
    normalization: Normalization | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Everything that a maintainer approves; `taxonomy` is the canonical JSON object, already valid."""

    taxonomy: dict[str, Any]
    models: tuple[SubmittedModel, ...]
    notes: str

    @property
    def ap_key(self) -> str:
        """The method's key."""
        return str(self.taxonomy["ap_key"])

    @property
    def sha256(self) -> str:
        """SHA-256 over the canonical bytes: what an approval names."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """`submission.json`: UTF-8, two-space indent, the same bytes for the same submission."""
        return (json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n").encode()

    def to_json(self) -> dict[str, Any]:
        """The JSON shape of `schemas/submission.schema.json`; accuracies in percent."""
        return {
            "$schema": SUBMISSION_SCHEMA,
            "taxonomy": dict(sorted(self.taxonomy.items())),
            "models": [_model_json(model) for model in self.models],
            "notes": self.notes,
        }


def _model_json(model: SubmittedModel) -> dict[str, Any]:
    normalization = model.normalization
    return {
        "model_key": str(model.key),
        "architecture": model.architecture,
        "dataset": model.key.dataset,
        "structure": str(model.key.structure),
        "sparsity": model.key.sparsity,
        "checkpoint": _file_json(model.checkpoint),
        "distances": _file_json(model.distances),
        "outcomes": _file_json(model.outcomes),
        "claimed": {
            "clean_accuracy": _percent(model.claimed.clean_accuracy),
            "aa_robust_accuracy": _percent(model.claimed.aa_robust_accuracy),
            "hofmn_robust_accuracy": _percent(model.claimed.hofmn_robust_accuracy),
        },
        "normalization": normalization and {"mean": list(normalization.mean), "std": list(normalization.std)},
    }


def _file_json(file: RemoteFile | None) -> dict[str, str] | None:
    return {"source": "gdrive", "id": file.id, "extension": file.extension} if file else None


def _percent(fraction: float) -> float:
    return round(100 * fraction, 6)
