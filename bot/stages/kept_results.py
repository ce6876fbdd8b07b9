"""What earlier runs left of a submission, as far as it holds: results, and the words of failures that only the author can mend."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from apcore.failure import Failure, Turn
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from bot.github.surroundings import Surroundings
from bot.lifecycle.plan import asked, results_that_hold
from bot.lifecycle.record import Record
from bot.stages.certified import ResultFile
from bot.stages.handed_over import Handovers, KeptFiles
from bot.submission.model import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is left.

    Args:
        results: of the checkpoints whose result holds, by key.
        failures: of those that only their author can mend.
        gone: checkpoints whose result should hold, and whose artifact GitHub has deleted.
    """

    results: Mapping[ModelKey, KeptFiles]
    failures: tuple[Failure, ...]
    gone: tuple[ModelKey, ...]


def kept_results(handovers: Handovers, submission: Submission, protocol: Protocol, record: Record) -> Kept:
    """Read what earlier runs left of `submission`, and nothing of what the record does not know."""
    hold = results_that_hold(submission, protocol, record)
    read = {key: handovers.kept(ref, protocol) for key, ref in hold.items()}
    results = {key: found for key, found in read.items() if found is not None and found.result.model_key == key}
    return Kept(
        results=results,
        failures=tuple(_failures(handovers, submission, protocol, record)),
        gone=tuple(key for key in hold if key not in results),
    )


def measured_at(kept: Kept, record: Record, place: Surroundings) -> dict[ModelKey, str]:
    """Where people read of the run that measured each of the kept results."""
    refs = {one.key: one.result for one in record.checkpoints if one.result is not None}
    return {key: place.run_url(refs[key].run) for key in kept.results}


def result_files(kept: Kept) -> dict[ModelKey, ResultFile]:
    """The files of the kept results, as they were handed over."""
    return {key: ResultFile(key=key, run=files.run, raw=files.raw) for key, files in kept.results.items()}


def forgotten(record: Record, gone: tuple[ModelKey, ...]) -> Record:
    """The record without the results that are gone, so that the next run measures their checkpoints."""
    checkpoints = tuple(replace(one, result=None) if one.key in gone else one for one in record.checkpoints)
    return replace(record, checkpoints=checkpoints)


def gone_failures(gone: tuple[ModelKey, ...], submission: Submission) -> list[Failure]:
    """What is said of checkpoints whose results are gone."""
    return [
        Failure(
            model_key=model.key,
            turn=Turn.MACHINE,
            where=f"models.{place}",
            message="the files of the earlier measurement are no longer kept",
            fix="it is measured again",
        )
        for place, model in enumerate(submission.models)
        if model.key in gone
    ]


def _failures(handovers: Handovers, submission: Submission, protocol: Protocol, record: Record) -> list[Failure]:
    found: list[Failure] = []
    for place, model in enumerate(submission.models):
        tried = record.tried(model.key)
        if tried is None or tried.turn is not Turn.CONTRIBUTOR or tried.asked != asked(model, protocol):
            continue
        words = handovers.kept_failure(tried.failure) if tried.failure else None
        if words is None or words.model_key != model.key:
            words = _words_gone(model.key, place)
        found.append(words)
    return found


def _words_gone(key: ModelKey, place: int) -> Failure:
    return Failure(
        model_key=key,
        turn=Turn.CONTRIBUTOR,
        where=f"models.{place}",
        message="it could not be measured, for a reason that was told in an earlier comment",
        fix="mend it, then edit the issue; or write `/apbot check` to have it tried and told again",
    )
