"""Samples that somebody may want to look at: how many there are, and which are the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from apcore.json_shape import ShapeError

MOST_NAMED: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSamples:
    """`count` samples, and the dataset indices of the first `MOST_NAMED` of them.

    Raises:
        ValueError: another number of indices than that, an index twice, or a negative one.
    """

    count: int
    first: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.first) != min(self.count, MOST_NAMED) or len(set(self.first)) != len(self.first):
            raise ValueError(f"{len(self.first)} indices do not name the first of {self.count} samples")
        if any(index < 0 for index in self.first):
            raise ValueError("a dataset index is negative")

    def __str__(self) -> str:
        more = self.count - len(self.first)
        return ", ".join(map(str, self.first)) + (f" and {more:,} more" if more else "")


def name_samples(indices: Sequence[int]) -> NamedSamples:
    """Name the first of `indices`, in their order."""
    return NamedSamples(count=len(indices), first=tuple(int(index) for index in indices[:MOST_NAMED]))


def named_json(samples: NamedSamples) -> dict[str, Any]:
    """The JSON shape."""
    return {"count": samples.count, "first": list(samples.first)}


def read_named(found: dict[str, Any], where: str) -> NamedSamples:
    """Read the JSON shape.

    Raises:
        ShapeError: count and indices contradict each other.
    """
    try:
        return NamedSamples(count=found["count"], first=tuple(found["first"]))
    except ValueError as exc:
        raise ShapeError(f"{where}: {exc}") from exc
