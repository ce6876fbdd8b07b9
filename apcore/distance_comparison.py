"""Comparing two lists of minimum distances, sample by sample: what was sent against what was measured."""

import numpy as np
import numpy.typing as npt

from apcore.distances_compared import MAX_LISTED, SAME, DistancesCompared, PairedDistances
from apcore.robust_accuracy import Floats, Integers, checked_distances, robust_accuracy

Booleans = npt.NDArray[np.bool_]
Singles = npt.NDArray[np.float32]


def compare_distances(
    submitted: Floats, ours: Floats, *, index: Integers, eps: float, sha256: str
) -> DistancesCompared:
    """The submission's distances beside ours.

    Args:
        submitted: (m,) as the file holds them, m >= 1, pixels in [0, 1]; see `with_none_found` for its zeros.
        ours: (n,) 0 where the sample is misclassified clean, inf where nothing was found; empty if nothing was attacked.
        index: (n,) place of each of ours in the test set.
        eps: the protocol's HO-FMN radius.
        sha256: of the submitted file.

    Raises:
        ValueError: a distance is NaN or negative, or the submission has none.
    """
    read = with_none_found(submitted, ours)
    theirs, measured = checked_distances(read), checked_distances(ours)
    zeros_read = _count(submitted == 0) - _count(read == 0)
    return DistancesCompared(
        sha256=sha256,
        samples=len(theirs),
        robust=robust_accuracy(theirs, eps).value,
        median=_median(theirs),
        our_median=_median(measured),
        paired=_paired(theirs, measured, index, np.float32(eps), zeros_read) if len(theirs) == len(measured) else None,
    )


def with_none_found(submitted: Floats, ours: Floats) -> Floats:
    """`submitted`, with inf for each 0 that can only mean "none found".

    The released benchmark writes 0 both for a misclassified sample and for one that it could not fool, and never inf. So in a
    file without inf, a 0 for a sample that the network classifies right is the second. In a file that has inf, and where the
    samples are not ours, nothing is changed.

    Args:
        submitted: (m,) distances as they came.
        ours: (n,) ours, 0 exactly where the network misclassifies the unattacked sample.
    """
    if len(submitted) != len(ours) or np.isinf(submitted).any():
        return submitted
    return np.where((submitted == 0) & (ours > 0), np.inf, submitted)


def count_nearer(one: Floats, other: Floats) -> int:
    """How many samples are nearer in `one` than in `other` by more than `SAME`, or found in `one` alone."""
    return int(np.count_nonzero(_nearer(checked_distances(one), checked_distances(other))))


def _nearer(one: Singles, other: Singles) -> Booleans:
    nearer: Booleans = one < other * np.float32(1 - SAME)
    return nearer


def _paired(theirs: Singles, ours: Singles, index: Integers, radius: np.float32, zeros_read: int) -> PairedDistances:
    wrong_there, wrong_here = theirs == 0, ours == 0
    right = ~wrong_there & ~wrong_here
    found_there, found_here = right & np.isfinite(theirs), right & np.isfinite(ours)
    both = found_there & found_here
    nearer, farther = both & _nearer(ours, theirs), both & _nearer(theirs, ours)
    robust_there, robust_here = theirs > radius, ours > radius
    by_us, by_them = index[robust_there & ~robust_here], index[robust_here & ~robust_there]
    # Half of the room for each, or what the other leaves.
    for_us = max(MAX_LISTED // 2, MAX_LISTED - len(by_them))
    listed_by_us = by_us[:for_us]
    return PairedDistances(
        nearer=_count(nearer),
        same=_count(both & ~nearer & ~farther),
        farther=_count(farther),
        found_by_us=_count(found_here & ~found_there),
        found_by_them=_count(found_there & ~found_here),
        found_by_none=_count(right & ~found_there & ~found_here),
        misclassified=_count(wrong_there & wrong_here),
        misclassified_by_one=_count(wrong_there ^ wrong_here),
        zeros_read_as_none_found=zeros_read,
        largest_difference=float(np.abs(theirs[both] - ours[both]).max()) if both.any() else None,
        differing=len(by_us) + len(by_them),
        broken_by_us=tuple(listed_by_us.tolist()),
        broken_by_them=tuple(by_them[: MAX_LISTED - len(listed_by_us)].tolist()),
    )


def _median(distances: Singles) -> float | None:
    """The lower median over samples that are not misclassified; None for inf, or without such samples."""
    attacked = np.sort(distances[distances > 0])
    if not attacked.size:
        return None
    median = float(attacked[(attacked.size - 1) // 2])
    return median if np.isfinite(median) else None


def _count(chosen: Booleans) -> int:
    return int(np.count_nonzero(chosen))
