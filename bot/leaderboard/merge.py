"""From measurements to the board: the results of one submission, merged into the entry of their method."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from apcore.accuracy import Measure
from apcore.errors import MachineError
from apcore.model_key import ModelKey
from apcore.result import Result
from bot.leaderboard.details import Details
from bot.leaderboard.entry import Entry, SubmittedTaxonomy
from bot.leaderboard.record_json import record_from_json, record_to_json
from bot.leaderboard.records import (
    CheckpointStamp,
    Measured,
    MeasuredSparsity,
    ProtocolStamp,
    Record,
    Track,
    VerifiedRecord,
    sort_key,
)
from bot.submission.model import Submission, SubmittedModel


def record(
    entry: Entry | None,
    submission: Submission,
    results: Sequence[Result],
    *,
    date: date,
    issue: int | None,
    run_url: str | None,
    owner: str | None = None,
    approved_by: str | None = None,
    details: Mapping[ModelKey, Details] = MappingProxyType({}),
) -> Entry:
    """The method's entry after `results`.

    A verified record takes the place of an older one of the same checkpoint and protocol, unless the tables show the older
    one and would leave the new one out: what was measured in full is not lost to a partial run. Published records stay. An
    entry keeps its taxonomy and its owner; a new one takes both from the submission.

    Args:
        entry: the method's entry as `Board.find` gives it; None if the method is new.
        submission: what was approved.
        results: what was measured for it, in any order.
        date: day of the measurement.
        issue: number of the issue; None for a run by hand.
        run_url: https address of the workflow run; None for a run by hand.
        owner: GitHub login of whoever submitted; a new method is theirs. None for a run by hand.
        approved_by: GitHub login of the maintainer who approved the submission; None if nobody did.
        details: of the results, as far as they are at hand; the records name them.

    Raises:
        MachineError: a result belongs to another submission, or names a checkpoint that this one lacks; or the entry is not
            the submitter's, and no maintainer approved.
    """
    _check_owner(entry, owner, approved_by)
    if entry is None:
        entry = _new_entry(submission, date=date, issue=issue, owner=owner)
    for result in results:
        new = verified_record(
            submission, result, date=date, issue=issue, run_url=run_url, details=details.get(result.model_key)
        )
        entry = _with(entry, new)
    return entry


def _check_owner(entry: Entry | None, submitter: str | None, approved_by: str | None) -> None:
    """Pass if the entry may change: it is new, its owner submitted, a maintainer approved, or one runs this by hand."""
    if entry is None or submitter is None or approved_by is not None:
        return
    if entry.owner is None or entry.owner.casefold() != submitter.casefold():
        whose = "nobody's in particular" if entry.owner is None else f"that of {entry.owner}"
        raise MachineError(
            where=f"leaderboard/entries/{entry.ap_key}.json",
            message=f"this entry is {whose}, and {submitter} submitted results for it",
            fix="let a maintainer approve the submission; nobody else changes an entry that is not theirs",
        )


def verified_record(
    submission: Submission,
    result: Result,
    *,
    date: date,
    issue: int | None,
    run_url: str | None,
    details: Details | None = None,
) -> VerifiedRecord:
    """The record of one measured checkpoint.

    Raises:
        MachineError: as for `record`.
    """
    model = _model(submission, result)
    if result.verdict is None:
        raise _refused(result, "it judges no claim")
    accuracies, sparsity = result.accuracies, result.sparsity
    measured = VerifiedRecord(
        track=track_of(model),
        protocol=ProtocolStamp(
            name=result.protocol.name,
            sha256=result.protocol.sha256,
            aa_eps=result.protocol.aa_eps,
            hofmn_eps=result.protocol.hofmn_eps,
        ),
        date=date,
        submission_sha256=submission.sha256,
        checkpoint=CheckpointStamp(
            sha256=result.checkpoint.sha256,
            source="gdrive",
            id=model.checkpoint.id,
            fingerprint=result.checkpoint.fingerprint,
        ),
        claimed=model.claimed,
        measured=Measured(
            clean=accuracies[Measure.CLEAN],
            aa_robust=accuracies.get(Measure.AA_ROBUST),
            hofmn_robust=accuracies.get(Measure.HOFMN_ROBUST),
        ),
        verdict=result.verdict,
        partial=result.partial,
        sparsity=MeasuredSparsity(
            weights=sparsity.weights,
            filters=sparsity.filters,
            channels=sparsity.channels,
            parameters_left=sparsity.parameters_left,
            agrees=sparsity.agrees,
        ),
        run_url=run_url,
        issue=issue,
        flags=result.flags,
        details=details.sha256 if details else None,
    )
    # As it will be read back: files round shares, and a board in memory must equal the same board on disk.
    stored = record_from_json(record_to_json(measured))
    assert isinstance(stored, VerifiedRecord)  # noqa: S101 - our own invariant
    return stored


def track_of(model: SubmittedModel) -> Track:
    """The column that a submitted checkpoint belongs to."""
    return Track(
        dataset=model.key.dataset,
        structure=model.key.structure,
        architecture=model.architecture,
        sparsity=model.key.sparsity,
    )


def _new_entry(submission: Submission, *, date: date, issue: int | None, owner: str | None) -> Entry:
    return Entry(
        ap_key=submission.ap_key,
        name=submission.taxonomy["name"],
        aliases=(),
        taxonomy=submission.taxonomy,
        taxonomy_source=SubmittedTaxonomy(submission_sha256=submission.sha256, date=date, issue=issue),
        owner=owner,
        results=(),
    )


def _with(entry: Entry, new: VerifiedRecord) -> Entry:
    old = entry.verified(new.track, new.protocol_name)
    if old and old.left_out is None and new.left_out is not None:
        return entry
    others: list[Record] = [kept for kept in entry.results if kept is not old]
    return replace(entry, results=tuple(sorted([*others, new], key=sort_key)))


def _model(submission: Submission, result: Result) -> SubmittedModel:
    if result.submission_sha256 != submission.sha256:
        raise _refused(result, "it was measured for another submission")
    for model in submission.models:
        if model.key == result.model_key:
            return model
    raise _refused(result, "the submission has no such checkpoint")


def _refused(result: Result, why: str) -> MachineError:
    return MachineError(
        where=f"results/{result.model_key}.json",
        message=f"this result cannot be recorded: {why}",
        fix="remove the file and evaluate the checkpoint again",
    )
