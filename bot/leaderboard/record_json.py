"""Records to and from the shape of `schemas/entry.schema.json`: percent in files, fractions and counts in memory."""

from dataclasses import asdict
from datetime import date
from typing import Any

from apcore.accuracy import Accuracy
from apcore.model_key import Structure
from apcore.result import Flag
from apcore.verdict import Verdict
from bot.leaderboard.records import (
    CheckpointStamp,
    Measured,
    MeasuredSparsity,
    ProtocolStamp,
    Provenance,
    PublishedRecord,
    Record,
    Source,
    Track,
    VerifiedRecord,
)
from bot.submission.model import Claim

_SHARES = ("weights", "filters", "channels", "parameters_left")


def percent(fraction: float) -> float:
    """`fraction` as files write it: in percent, free of the noise that the multiplication leaves."""
    return round(100 * fraction, 6)


def record_from_json(raw: dict[str, Any]) -> Record:
    """Read one record that fits the schema.

    Raises:
        ValueError: an accuracy is no share of its samples, or the date does not exist.
    """
    track = Track(
        dataset=raw["dataset"],
        structure=Structure(raw["structure"]),
        architecture=raw["architecture"],
        sparsity=raw["sparsity"],
    )
    if raw["provenance"] == Provenance.PUBLISHED:
        hofmn = raw["hofmn_robust_accuracy"]
        return PublishedRecord(
            track=track,
            protocol_name=raw["protocol"],
            clean=raw["clean_accuracy"] / 100,
            aa_robust=raw["aa_robust_accuracy"] / 100,
            hofmn_robust=None if hofmn is None else hofmn / 100,
            source=Source(**raw["source"]),
        )
    return VerifiedRecord(
        track=track,
        protocol=ProtocolStamp(**raw["protocol"]),
        date=date.fromisoformat(raw["date"]),
        submission_sha256=raw["submission_sha256"],
        checkpoint=CheckpointStamp(**raw["checkpoint"]),
        claimed=Claim(**{name: value / 100 for name, value in raw["claimed"].items()}),
        measured=_measured(raw["measured"]),
        verdict=Verdict(raw["verdict"]),
        partial=raw["partial"],
        sparsity=_sparsity(raw["measured_sparsity"]),
        run_url=raw["run"],
        issue=raw["issue"],
        # records of earlier versions have neither
        flags=None if raw.get("flags") is None else tuple(Flag(**flag) for flag in raw["flags"]),
        details=raw.get("details"),
    )


def _measured(raw: dict[str, Any]) -> Measured:
    return Measured(
        clean=_accuracy(raw["clean"]),
        aa_robust=raw["aa_robust"] and _accuracy(raw["aa_robust"]),
        hofmn_robust=raw["hofmn_robust"] and _accuracy(raw["hofmn_robust"]),
    )


def _sparsity(raw: dict[str, Any]) -> MeasuredSparsity:
    return MeasuredSparsity(**{share: raw[share] / 100 for share in _SHARES}, agrees=raw["agrees"])


def _accuracy(raw: dict[str, Any]) -> Accuracy:
    """Files hold shares, memory holds counts; the interval follows from them and is not read back."""
    accuracy = Accuracy(correct=round(raw["value"] * raw["samples"] / 100), samples=raw["samples"])
    if percent(accuracy.value) != raw["value"]:
        raise ValueError(f"{raw['value']} % of {accuracy.samples:,} samples is no whole number of samples")
    return accuracy


def record_to_json(record: Record) -> dict[str, Any]:
    """The record of one result, accuracies in percent."""
    document: dict[str, Any] = {
        "dataset": record.track.dataset,
        "structure": str(record.track.structure),
        "architecture": record.track.architecture,
        "sparsity": record.track.sparsity,
        "provenance": str(record.provenance),
    }
    if isinstance(record, PublishedRecord):
        return document | {
            "protocol": record.protocol_name,
            "clean_accuracy": percent(record.clean),
            "aa_robust_accuracy": percent(record.aa_robust),
            "hofmn_robust_accuracy": None if record.hofmn_robust is None else percent(record.hofmn_robust),
            "source": asdict(record.source),
        }
    return document | {
        "protocol": asdict(record.protocol),
        "date": record.date.isoformat(),
        "submission_sha256": record.submission_sha256,
        "checkpoint": asdict(record.checkpoint),
        "claimed": {name: percent(value) for name, value in asdict(record.claimed).items()},
        "measured": {
            "clean": _accuracy_json(record.measured.clean),
            "aa_robust": record.measured.aa_robust and _accuracy_json(record.measured.aa_robust),
            "hofmn_robust": record.measured.hofmn_robust and _accuracy_json(record.measured.hofmn_robust),
        },
        "verdict": str(record.verdict),
        "partial": record.partial,
        "measured_sparsity": {share: percent(getattr(record.sparsity, share)) for share in _SHARES}
        | {"agrees": record.sparsity.agrees},
        "run": record.run_url,
        "issue": record.issue,
        "flags": None if record.flags is None else [asdict(flag) for flag in record.flags],
        "details": record.details,
    }


def _accuracy_json(accuracy: Accuracy) -> dict[str, Any]:
    interval = accuracy.interval
    return {
        "value": percent(accuracy.value),
        "samples": accuracy.samples,
        "interval": [percent(interval.low), percent(interval.high)],
    }
