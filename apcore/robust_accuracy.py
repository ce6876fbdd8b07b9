"""From what happened to each sample to accuracies.

Per sample, AutoAttack leaves -1 where the clean sample is already misclassified, 0 where it survived every attack, and
1 to 4 for the attack that broke it, in AutoAttack's order. HO-FMN leaves the smallest L-inf distance at which an
adversarial example was found: 0 where the clean sample is already misclassified, inf where none was found.

Robust is what no attack broke: the worst case for each sample (Croce & Hein 2020, arXiv:2003.01690). So a sample that
AutoAttack left, and for which HO-FMN found an example within AutoAttack's radius, counts as broken.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from apcore.accuracy import AUTOATTACK_ORDER, Accuracy, Measure

MISCLASSIFIED = -1
SURVIVED = 0

Integers: TypeAlias = npt.NDArray[np.integer[Any]]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]


def accuracies(
    *,
    label: Integers,
    clean_prediction: Integers,
    index: Integers | None = None,
    aa_outcome: Integers | None = None,
    aa_eps: float | None = None,
    hofmn_index: Integers | None = None,
    hofmn_distance: Floats | None = None,
    hofmn_eps: float | None = None,
) -> dict[Measure, Accuracy]:
    """Every accuracy that the per-sample outcomes allow, in the order of `Measure`.

    Args:
        label: (n,) true classes, n >= 1.
        clean_prediction: (n,) classes predicted on the clean samples.
        index: (n,) position of these samples in the dataset; needed if both attacks ran, as the next three are.
        aa_outcome: (n,) AutoAttack outcomes, -1 to 4; None or empty if AutoAttack did not run.
        aa_eps: AutoAttack's radius.
        hofmn_index: (k,) position of HO-FMN's samples in the dataset.
        hofmn_distance: (k,) minimum L-inf distances, pixels in [0, 1]; None or empty if HO-FMN did not run.
        hofmn_eps: radius at which HO-FMN is counted; needed together with `hofmn_distance`.

    Raises:
        ValueError: a shape or a value is impossible, or a radius or an index is missing.
    """
    found = {Measure.CLEAN: clean_accuracy(clean_prediction, label)}
    if aa_outcome is not None and len(aa_outcome):
        found |= autoattack_accuracies(aa_outcome)
    if hofmn_distance is not None and len(hofmn_distance):
        if hofmn_eps is None:
            raise ValueError("distances were given without the radius at which they are counted")
        if aa_outcome is not None and Measure.AA_ROBUST in found:
            if index is None or hofmn_index is None or aa_eps is None:
                raise ValueError("two attacks were given without the samples and the radius that they share")
            found[Measure.AA_ROBUST] = _share(
                robust_samples(
                    index=index,
                    aa_outcome=aa_outcome,
                    hofmn_index=hofmn_index,
                    hofmn_distance=hofmn_distance,
                    eps=aa_eps,
                )
            )
        found[Measure.HOFMN_ROBUST] = robust_accuracy(hofmn_distance, hofmn_eps)
    return found


def robust_samples(
    *, index: Integers, aa_outcome: Integers, hofmn_index: Integers, hofmn_distance: Floats, eps: float
) -> npt.NDArray[np.bool_]:
    """(n,) whether no attack broke the sample at `eps`; arguments and errors as for `broken_by_hofmn_alone`."""
    alone = broken_by_hofmn_alone(
        index=index, aa_outcome=aa_outcome, hofmn_index=hofmn_index, hofmn_distance=hofmn_distance, eps=eps
    )
    robust: npt.NDArray[np.bool_] = (aa_outcome == SURVIVED) & ~np.isin(index, alone)
    return robust


def broken_by_hofmn_alone(
    *, index: Integers, aa_outcome: Integers, hofmn_index: Integers, hofmn_distance: Floats, eps: float
) -> Integers:
    """Dataset indices, rising, of the samples that survived AutoAttack and that HO-FMN broke within `eps`.

    Args:
        index: (n,) dataset indices, each once.
        aa_outcome: (n,) AutoAttack outcomes at `eps`, -1 to 4.
        hofmn_index: (k,) dataset indices, each once.
        hofmn_distance: (k,) minimum L-inf distances, pixels in [0, 1].
        eps: AutoAttack's radius, at which HO-FMN is counted here, whatever radius the protocol counts it at.

    Raises:
        ValueError: the shape of the distances is not (k,), or one is NaN or negative.
    """
    broken = hofmn_index[checked_distances(hofmn_distance) <= np.float32(eps)]
    found: Integers = np.intersect1d(index[aa_outcome == SURVIVED], broken)
    return found


def clean_accuracy(prediction: Integers, label: Integers) -> Accuracy:
    """Share of clean samples that are classified right; both arrays are (n,), n >= 1.

    Raises:
        ValueError: the shapes differ or are not (n,).
    """
    if prediction.ndim != 1 or prediction.shape != label.shape:
        raise ValueError(f"predictions of shape {prediction.shape} do not match labels of shape {label.shape}")
    return _share(prediction == label)


def autoattack_accuracies(outcome: Integers) -> dict[Measure, Accuracy]:
    """Accuracy left after each attack of AutoAttack, and the robust accuracy where no other attack was tried.

    Args:
        outcome: (n,) integers, n >= 1: -1 misclassified clean, 0 survived, 1 to 4 broken by that attack.

    Raises:
        ValueError: the shape is not (n,), or a value is none of these.
    """
    outcome = np.asarray(outcome)
    if outcome.ndim != 1 or not np.isin(outcome, range(MISCLASSIFIED, len(AUTOATTACK_ORDER) + 1)).all():
        raise ValueError(f"AutoAttack outcomes must be (n,) integers from -1 to {len(AUTOATTACK_ORDER)}")
    after = {
        attack: _share((outcome == SURVIVED) | (outcome > place))
        for place, attack in enumerate(AUTOATTACK_ORDER, start=1)
    }
    return after | {Measure.AA_ROBUST: _share(outcome == SURVIVED)}


def robust_accuracy(distances: Floats, eps: float) -> Accuracy:
    """Share of samples whose minimum adversarial L-inf distance exceeds `eps`: an example at exactly `eps` was found.

    Args:
        distances: (n,) float, n >= 1, pixels in [0, 1]; 0 if misclassified clean, inf if no example was found.
        eps: L-inf radius in the same units.

    Raises:
        ValueError: the shape is not (n,), or a distance is NaN or negative.

    Source: Pintor et al. 2021, arXiv:2102.12827 (minimum distances).
    """
    return _share(checked_distances(distances) > np.float32(eps))


def checked_distances(distances: Floats) -> npt.NDArray[np.float32]:
    """The distances as float32, in which they were measured.

    Attacks work in float32, and float32's 8/255 is larger than float64's: compared in float64, a sample with an example
    at exactly 8/255 would count as robust. So both sides of every comparison are float32.

    Raises:
        ValueError: the shape is not (n,), or a distance is NaN or negative.
    """
    with np.errstate(over="ignore"):  # beyond float32 means: far away, like inf
        single = np.asarray(distances, dtype=np.float32)
    if single.ndim != 1:
        raise ValueError(f"distances must have shape (n,), these have {single.shape}")
    if not (single >= 0).all():
        raise ValueError("a distance is negative or not a number")
    return single


def largest_difference(theirs: Floats, ours: Floats) -> float | None:
    """The largest difference between two distances of one sample, over those that are right in both and broken in one.

    None if there are no such samples, or if only one of a pair is infinite. Both are (n,), pixels in [0, 1].
    """
    told = (theirs > 0) & (ours > 0) & (np.isfinite(theirs) | np.isfinite(ours))
    differences = np.abs(theirs[told] - ours[told])
    return float(differences.max()) if len(differences) and np.isfinite(differences).all() else None


def _share(counted: npt.NDArray[np.bool_]) -> Accuracy:
    return Accuracy(correct=int(np.count_nonzero(counted)), samples=int(counted.size))
