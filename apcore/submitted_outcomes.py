"""An author's outcomes, held against the protocol's samples and compared with ours sample by sample."""

from dataclasses import dataclass, replace

import numpy as np

from apcore.accuracy import Accuracy, Measure
from apcore.claim_gap import whole_samples
from apcore.errors import ContributorError
from apcore.named_samples import name_samples
from apcore.outcomes import Outcomes
from apcore.outcomes_file import OutcomesCompared, OutcomesFile
from apcore.protocol import Protocol, Samples
from apcore.robust_accuracy import Integers, accuracies, largest_difference, robust_samples

_FIX = "upload the `.outcomes.npz` that `apcore benchmark` wrote for this checkpoint under this protocol, without `--limit`"
_ASKED_FOR = (Measure.CLEAN, Measure.AA_ROBUST, Measure.HOFMN_ROBUST)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SubmittedOutcomes:
    """An author's file: its outcomes, or why there are none to use.

    Args:
        sha256: hash of its bytes, None if it could not be fetched.
        outcomes: what it says, None if it is refused.
        refused: why, None if it is not.
        fix: what its author can do about that.
    """

    sha256: str | None
    outcomes: Outcomes | None
    refused: str | None = None
    fix: str | None = None


def refused_outcomes(error: ContributorError, sha256: str | None) -> SubmittedOutcomes:
    """A file that `error` keeps from being used; the checkpoint is measured all the same."""
    return SubmittedOutcomes(sha256=sha256, outcomes=None, refused=error.message, fix=error.fix)


def held_against(
    submitted: SubmittedOutcomes, protocol: Protocol, *, index: Integers, label: Integers
) -> SubmittedOutcomes:
    """The file, refused if it is not about the samples of `protocol`.

    Args:
        submitted: as it was read.
        protocol: what the claim was made under.
        index: (n,) dataset indices of samples that are at hand here, all or some of the protocol's.
        label: (n,) their classes.
    """
    outcomes = submitted.outcomes
    complaint = outcomes and _complaint(outcomes, protocol, index, label)
    if not complaint:
        return submitted
    return replace(submitted, outcomes=None, refused=f"the outcomes file is not used: {complaint}", fix=_FIX)


def _complaint(outcomes: Outcomes, protocol: Protocol, index: Integers, label: Integers) -> str | None:
    if not _are(outcomes.index, protocol.autoattack.samples):
        wanted = _words(protocol.autoattack.samples)
        return f"its {len(outcomes.index):,} AutoAttack samples are not the {wanted} of {protocol.name}"
    if len(outcomes.hofmn_index) and not _are(outcomes.hofmn_index, protocol.ho_fmn.samples):
        wanted = _words(protocol.ho_fmn.samples)
        return f"its {len(outcomes.hofmn_index):,} HO-FMN samples are not the {wanted} of {protocol.name}"
    theirs, ours = _paired(outcomes.index, index)
    differing = outcomes.index[theirs][outcomes.label[theirs] != label[ours]]
    if len(differing):
        return f"its labels are not those of the test set, on {len(differing):,} samples; the first is {differing[0]}"
    return None


def _are(found: Integers, wanted: Samples) -> bool:
    return np.array_equal(np.sort(found), np.arange(wanted.first, wanted.first + wanted.count))


def _words(samples: Samples) -> str:
    return f"{samples.count:,} from {samples.first:,}"


def bear_out(outcomes: Outcomes, claimed: float, protocol: Protocol) -> bool:
    """Whether the robust accuracy by `outcomes` is the claimed share, to the sample."""
    own = _accuracies(outcomes, protocol)[Measure.AA_ROBUST]
    return own.correct == whole_samples(claimed, own.samples)


def outcomes_file(submitted: SubmittedOutcomes, ours: Outcomes, protocol: Protocol) -> OutcomesFile:
    """What a result tells of the file; `ours` may be empty, where nothing was attacked."""
    theirs = submitted.outcomes
    return OutcomesFile(
        sha256=submitted.sha256,
        refused=submitted.refused,
        fix=submitted.fix,
        accuracies=_accuracies(theirs, protocol) if theirs else {},
        compared=_compare(theirs, ours, protocol) if theirs and len(ours.index) else None,
    )


def _accuracies(outcomes: Outcomes, protocol: Protocol) -> dict[Measure, Accuracy]:
    found = accuracies(
        label=outcomes.label,
        clean_prediction=outcomes.clean_prediction,
        index=outcomes.index,
        aa_outcome=outcomes.aa_outcome,
        aa_eps=protocol.autoattack.eps,
        hofmn_index=outcomes.hofmn_index,
        hofmn_distance=outcomes.hofmn_distance,
        hofmn_eps=protocol.ho_fmn.eps,
    )
    return {measure: found[measure] for measure in _ASKED_FOR if measure in found}


def _compare(theirs: Outcomes, ours: Outcomes, protocol: Protocol) -> OutcomesCompared:
    left, right = _paired(theirs.index, ours.index)
    index = ours.index[right]
    robust_there, robust_here = (
        _robust(outcomes, protocol)[places] for outcomes, places in ((theirs, left), (ours, right))
    )
    clean = index[theirs.clean_prediction[left] != ours.clean_prediction[right]]
    left, right = _paired(theirs.hofmn_index, ours.hofmn_index)
    distances_there, distances_here = theirs.hofmn_distance[left], ours.hofmn_distance[right]
    radius = np.float32(protocol.ho_fmn.eps)
    return OutcomesCompared(
        samples=len(index),
        clean_differing=name_samples(clean.tolist()),
        broken_here=name_samples(index[robust_there & ~robust_here].tolist()),
        robust_here=name_samples(index[~robust_there & robust_here].tolist()),
        hofmn_samples=len(distances_here),
        hofmn_differing=int(((distances_there > radius) != (distances_here > radius)).sum()),
        hofmn_largest_difference=largest_difference(distances_there, distances_here),
    )


def _robust(outcomes: Outcomes, protocol: Protocol) -> np.ndarray:
    return robust_samples(
        index=outcomes.index,
        aa_outcome=outcomes.aa_outcome,
        hofmn_index=outcomes.hofmn_index,
        hofmn_distance=outcomes.hofmn_distance,
        eps=protocol.autoattack.eps,
    )


def _paired(left: Integers, right: Integers) -> tuple[Integers, Integers]:
    """Places in `left` and in `right` of the indices that both have, in rising order of the indices."""
    _, in_left, in_right = np.intersect1d(left, right, assume_unique=True, return_indices=True)
    return in_left, in_right
