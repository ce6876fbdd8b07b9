"""What jobs hand over, with outcomes that their numbers are counted from; no attack is run."""

from dataclasses import replace

import numpy as np
from doubles.results import claimed, result_of

from apcore.accuracy import Measure
from apcore.merged_result import counted
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol
from apcore.result import CheckpointFile, Result
from apcore.result_json import result_bytes
from apcore.shard import Shard
from apcore.verdict import is_partial, judge
from bot.submission.model import Submission


def evenly(samples: int, count: int) -> np.ndarray:
    """(samples,) of which `count` are true, spread evenly."""
    places = np.arange(samples + 1) * count // max(samples, 1)
    return places[1:] > places[:-1]


def outcomes_of(result: Result, protocol: Protocol, *, shift: int = 0) -> Outcomes:
    """Outcomes with the counts of `result`; with `shift`, other images are the robust ones."""
    attack, fmn = protocol.autoattack.samples, protocol.ho_fmn.samples
    right = evenly(attack.count, result.accuracies[Measure.CLEAN].correct)
    robust = np.zeros(attack.count, bool)
    places = np.flatnonzero(right)
    robust[places[evenly(len(places), result.accuracies[Measure.AA_ROBUST].correct)]] = True
    robust = np.roll(robust, shift) & right
    near = robust[fmn.first - attack.first : fmn.first - attack.first + fmn.count]
    missing = result.accuracies[Measure.HOFMN_ROBUST].correct - int(near.sum())
    far = near.copy()
    far[np.flatnonzero(~near)[: max(missing, 0)]] = True
    return Outcomes(
        index=np.arange(attack.first, attack.first + attack.count, dtype=np.int64),
        label=np.zeros(attack.count, np.int64),
        clean_prediction=np.where(right, 0, 1).astype(np.int64),
        aa_outcome=np.where(~right, -1, np.where(robust, 0, 1)).astype(np.int8),
        hofmn_index=np.arange(fmn.first, fmn.first + fmn.count, dtype=np.int64),
        hofmn_distance=np.where(far, 1.0, protocol.ho_fmn.eps / 2).astype(np.float32),
    )


def measured(
    submission: Submission,
    place: int,
    protocol: Protocol,
    *,
    sha256: str | None = None,
    aa: int = 0,
    seed: int | None = None,
    shift: int = 0,
) -> tuple[Result, Outcomes]:
    """A full run of model `place`, AutoAttack's accuracy moved by `aa` samples from the claim."""
    drawn = result_of(submission, place, protocol, aa=aa, seed=seed)
    outcomes = outcomes_of(drawn, protocol, shift=shift)
    return counted_anew(drawn, outcomes, submission, protocol, sha256), outcomes


def counted_anew(
    drawn: Result, outcomes: Outcomes, submission: Submission, protocol: Protocol, sha256: str | None = None
) -> Result:
    """`drawn` with the numbers of `outcomes`."""
    model = next(model for model in submission.models if model.key == drawn.model_key)
    accuracies, seed = counted(outcomes, protocol), drawn.protocol.seed
    checkpoint = CheckpointFile(
        sha256=sha256 or drawn.checkpoint.sha256, size_bytes=44_773_817, container="zip", layout="R18"
    )
    return replace(
        drawn,
        checkpoint=checkpoint,
        accuracies=accuracies,
        partial=is_partial(accuracies, protocol, seed=seed),
        claims=judge(claimed(model.claimed), accuracies, protocol, seed=seed),
    )


def handed_over(*arguments: object, **options: object) -> dict[str, bytes]:
    """The files of one job's artifact; arguments as for `measured`."""
    result, outcomes = measured(*arguments, **options)  # type: ignore[arg-type]
    return {"result.json": result_bytes(result), "outcomes.npz": outcomes.to_bytes()}


def shards_of(
    submission: Submission, place: int, protocol: Protocol, *, of: int, sha256: str | None = None
) -> list[tuple[Result, Outcomes]]:
    """The same run as of `measured`, divided among `of` machines."""
    whole, outcomes = measured(submission, place, protocol, sha256=sha256)
    parts = []
    for number in range(1, of + 1):
        samples = Shard(number=number, of=of).part_of(protocol.autoattack.samples)
        begin = samples.first - protocol.autoattack.samples.first
        cut = slice(begin, begin + samples.count)
        fmn = slice(None) if number == 1 else slice(0, 0)
        part = Outcomes(
            index=outcomes.index[cut],
            label=outcomes.label[cut],
            clean_prediction=outcomes.clean_prediction[cut],
            aa_outcome=outcomes.aa_outcome[cut],
            hofmn_index=outcomes.hofmn_index[fmn],
            hofmn_distance=outcomes.hofmn_distance[fmn],
        )
        parts.append((counted_anew(whole, part, submission, protocol, sha256), part))
    return parts
