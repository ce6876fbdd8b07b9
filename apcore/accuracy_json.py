"""Accuracies in JSON: percentages with six decimals, believed only where they are a whole number of samples."""

from typing import Any, Final

from apcore.accuracy import Accuracy
from apcore.json_shape import ShapeError

_SLACK: Final = 1e-5  # percentages are written with six decimals


def percentage(share: float) -> float:
    """A share in [0, 1] as files hold it."""
    return round(100 * share, 6)


def accuracy_json(accuracy: Accuracy) -> dict[str, Any]:
    """Value, samples and 95 % interval."""
    interval = accuracy.interval
    return {
        "value": percentage(accuracy.value),
        "samples": accuracy.samples,
        "interval": [percentage(interval.low), percentage(interval.high)],
    }


def read_accuracy(found: dict[str, Any], where: str) -> Accuracy:
    """The counts behind what `accuracy_json` writes; further keys are not looked at.

    Raises:
        ShapeError: the value is no whole number of samples, or the interval is not the one that follows from it.
    """
    accuracy = Accuracy(correct=round(found["value"] / 100 * found["samples"]), samples=found["samples"])
    expected = accuracy_json(accuracy)
    if abs(expected["value"] - found["value"]) > _SLACK:
        raise ShapeError(f"{where}.value: is no whole number of {accuracy.samples:,} samples")
    if any(abs(ours - theirs) > _SLACK for ours, theirs in zip(expected["interval"], found["interval"], strict=True)):
        raise ShapeError(f"{where}.interval: is not the 95 % Wilson interval of the value")
    return accuracy
