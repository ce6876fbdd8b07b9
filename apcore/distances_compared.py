"""A submission's own HO-FMN distances beside ours: the counts that a result carries, in memory and in its file."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from apcore.json_shape import ShapeError

MAX_LISTED: Final = 20  # samples that a result names one by one; the rest are counted
SAME: Final = 0.01  # relative: as near as FMN comes to the exact distance of a linear model, whatever it is run with


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedDistances:
    """What became of the same samples in both; every sample is counted once in the first eight.

    Args:
        nearer: found in both, ours nearer by more than `SAME`.
        same: found in both, at the same distance up to `SAME`.
        farther: found in both, ours farther by more than `SAME`.
        found_by_us: an example was found here alone.
        found_by_them: an example was found by the submission's run alone.
        found_by_none: no example was found in either.
        misclassified: misclassified unattacked in both.
        misclassified_by_one: misclassified unattacked in one of them alone.
        zeros_read_as_none_found: submitted distances of 0 among those that were read as "none found", since the network
            classifies their samples right and the file knows no other way to say it.
        largest_difference: between distances of samples that were found in both, pixels in [0, 1]; None without any.
        differing: samples on different sides of the radius.
        broken_by_us: of those, the first that are robust in the submission and not here, by their place in the test set.
        broken_by_them: of those, the first that are robust here and not in the submission.
    """

    nearer: int
    same: int
    farther: int
    found_by_us: int
    found_by_them: int
    found_by_none: int
    misclassified: int
    misclassified_by_one: int
    zeros_read_as_none_found: int
    largest_difference: float | None
    differing: int
    broken_by_us: tuple[int, ...]
    broken_by_them: tuple[int, ...]

    @property
    def samples(self) -> int:
        """How many samples are compared."""
        return sum(getattr(self, name) for name in _COUNTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistancesCompared:
    """The submitted HO-FMN distances beside ours.

    Args:
        sha256: hash of the submitted file.
        samples: how many distances it holds.
        robust: share of them above the protocol's HO-FMN radius, in [0, 1].
        median: the lower median of its distances of samples that are not misclassified, pixels in [0, 1]; None where for
            half of them nothing was found, or all are misclassified.
        our_median: the same of ours.
        paired: sample by sample; None where the file holds another number of distances than ours.
    """

    sha256: str
    samples: int
    robust: float
    median: float | None
    our_median: float | None
    paired: PairedDistances | None


_COUNTS: Final = (
    "nearer",
    "same",
    "farther",
    "found_by_us",
    "found_by_them",
    "found_by_none",
    "misclassified",
    "misclassified_by_one",
)


def compared_json(compared: DistancesCompared) -> dict[str, Any]:
    """The shape of `distances_file` in `schemas/result.schema.json`; the share in percent."""
    found = asdict(compared) | {"robust": round(100 * compared.robust, 6)}
    for name in ("broken_by_us", "broken_by_them"):
        if found["paired"] is not None:
            found["paired"][name] = list(found["paired"][name])
    return found


def read_compared(found: Mapping[str, Any]) -> DistancesCompared:
    """Read that shape, after the schema.

    Raises:
        ShapeError: the counts do not add up.
    """
    paired = found["paired"] and _paired(found["paired"], found["samples"])
    return DistancesCompared(**{**found, "robust": found["robust"] / 100, "paired": paired})


def _paired(found: Mapping[str, Any], samples: int) -> PairedDistances:
    paired = PairedDistances(
        **{**found, "broken_by_us": tuple(found["broken_by_us"]), "broken_by_them": tuple(found["broken_by_them"])}
    )
    if paired.samples != samples:
        raise ShapeError(f"distances_file.paired: counts {paired.samples:,} samples of {samples:,}")
    listed = len(paired.broken_by_us) + len(paired.broken_by_them)
    if listed > paired.differing or (listed < paired.differing and listed < MAX_LISTED):
        raise ShapeError(f"distances_file.paired: lists {listed} samples of {paired.differing:,} on different sides")
    return paired
