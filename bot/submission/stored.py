"""`submission.json` read again: the jobs of a run are given these bytes, and never read the issue."""

import hashlib
from collections.abc import Mapping
from typing import Any

from apcore import json_shape
from apcore.files.remote_file import RemoteFile
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey
from bot.submission.model import Claim, Normalization, Submission, SubmittedModel


def stored_submission(raw: bytes, sha256: str) -> Submission:
    """The submission whose canonical bytes are `raw`.

    Args:
        raw: of `submission.json`.
        sha256: what was approved.

    Raises:
        ShapeError: they are other bytes, or no submission as this program writes them.
    """
    if hashlib.sha256(raw).hexdigest() != sha256:
        raise ShapeError("submission.json: is not the one that was approved")
    document = json_shape.parse(raw)
    json_shape.check(_on_one_line(document), "submission")
    try:
        models = tuple(_model(found) for found in document["models"])
    except ValueError as exc:  # a key whose parts do not exist
        raise ShapeError("submission.json: a model key is none") from exc
    submission = Submission(taxonomy=document["taxonomy"], models=models, notes=document["notes"])
    if submission.to_bytes() != raw:
        raise ShapeError("submission.json: is not written as this program writes it")
    return submission


def _on_one_line(document: Any) -> Any:
    """The document with its notes on one line: they alone may have several, which no other text here may."""
    notes = document.get("notes") if isinstance(document, dict) else None
    return document | {"notes": " ".join(notes.split())} if isinstance(notes, str) else document


def _model(found: Mapping[str, Any]) -> SubmittedModel:
    checkpoint = _file(found["checkpoint"])
    assert checkpoint is not None, "the schema asks for one"  # noqa: S101 - our own invariant
    stated = found["normalization"]
    return SubmittedModel(
        key=ModelKey.parse(found["model_key"]),
        architecture=found["architecture"],
        checkpoint=checkpoint,
        distances=_file(found["distances"]),
        outcomes=_file(found["outcomes"]),
        claimed=Claim(**{name: percent / 100 for name, percent in found["claimed"].items()}),
        normalization=stated and Normalization(mean=tuple(stated["mean"]), std=tuple(stated["std"])),
    )


def _file(found: Mapping[str, str] | None) -> RemoteFile | None:
    return RemoteFile(id=found["id"], extension=found["extension"]) if found else None
