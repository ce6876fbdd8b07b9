"""Which input a network was trained on, told by its clean accuracy with each; decided here from counts. No torch here.

A state dict does not say what its network does to pixels. A network that was trained on normalised inputs and gets pixels in
[0, 1] is still far better than chance, so its accuracy alone gives nothing away; beside that on normalised inputs it does.
Samples are paired: only those count that are right one way and wrong the other (sign test, exact).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb
from typing import Final

from apcore.accuracy import Accuracy
from apcore.layouts.declaration import Normalization
from apcore.layouts.input_normalization import described
from apcore.layouts.registry import registry
from apcore.normalization_line import normalization_line

LEVEL: Final = 0.001
"""Probability below which a difference is no accident; a handful of inputs are tried with each network."""

_ALIKE: Final = 0.01  # means and deviations closer than that make no difference that could be measured


class InputVerdict(StrEnum):
    """What the clean accuracies say of the input that was read from key and file."""

    FITS = "fits"
    UNDECIDED = "cannot be told apart"
    OTHER = "another fits"
    CHANCE = "recognises nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputTried:
    """One input, and how the network does with it.

    Args:
        values: (mean, std), None for pixels in [0, 1].
        clean: clean accuracy.
        gained: samples that are right with it and wrong as read.
        lost: samples that are wrong with it and right as read.
    """

    values: Normalization | None
    clean: Accuracy
    gained: int = 0
    lost: int = 0

    @property
    def differs(self) -> bool:
        """Whether the difference from the input as read is no accident."""
        return sign_test(self.gained, self.lost) < LEVEL


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFinding:
    """What follows.

    Args:
        tried: the input as read first, then the others.
        verdict: what the accuracies say.
        best: the input that fits; where nothing is decided, that as read.
        alike: inputs that do as well as the one as read, for all that the samples tell.
    """

    tried: tuple[InputTried, ...]
    verdict: InputVerdict
    best: InputTried
    alike: tuple[InputTried, ...]


def inputs_to_try(as_read: Normalization | None, dataset: str, channels: int) -> tuple[Normalization | None, ...]:
    """The input as read, plain pixels, and what networks for the dataset are usually trained on.

    Usual is what the published methods declare for it, pixels in [-1, 1], and pixels in [0, 255]; of two that are nearly the
    same, one is tried.
    """
    declared = (method.normalization_on(dataset) for method in registry().methods.values())
    usual = [normalization.values for normalization in declared if normalization is not None]
    usual = [values for values in usual if len(values[0]) == channels]
    ranges = [((middle,) * channels, (scale,) * channels) for middle, scale in ((0.5, 0.5), (0.0, 1 / 255))]
    found: list[Normalization | None] = [as_read]
    for values in (None, *usual, *ranges):
        if not any(_nearly_the_same(values, other) for other in found):
            found.append(values)
    return tuple(found)


def judge_inputs(tried: Sequence[InputTried], classes: int) -> InputFinding:
    """Decide which input fits.

    Args:
        tried: the input as read first; `gained` and `lost` of the others are against it.
        classes: number of classes, of which guessing finds one in so many.
    """
    as_read, *others = tried
    best = max(tried, key=lambda each: each.clean.correct)
    alike: tuple[InputTried, ...] = ()
    if best.clean.interval.low <= 1 / classes:
        verdict, best = InputVerdict.CHANCE, as_read
    elif best.differs and best.gained > best.lost:
        verdict = InputVerdict.OTHER
    else:
        best, alike = as_read, tuple(other for other in others if not other.differs)
        verdict = InputVerdict.UNDECIDED if alike else InputVerdict.FITS
    return InputFinding(tried=tuple(tried), verdict=verdict, best=best, alike=alike)


def sign_test(gained: int, lost: int) -> float:
    """Two-sided exact probability of so uneven a split of `gained + lost` samples, were both ways equally likely."""
    count = gained + lost
    tail = sum(comb(count, k) for k in range(min(gained, lost) + 1))
    return float(min(1.0, 2 * tail / 2**count))


def finding_words(found: InputFinding) -> str:
    """What the author does about it, in a sentence."""
    best = found.best
    write = (
        f"write `{normalization_line(best.values)}` into the form's field Normalization"
        if best.values
        else ("leave the form's field Normalization empty")
    )
    match found.verdict:
        case InputVerdict.FITS:
            return f"the input fits: {described(best.values)}; {write}"
        case InputVerdict.UNDECIDED:
            others = " and ".join(described(other.values) for other in found.alike)
            return (
                f"the input as read fits no worse than any other, but {others} does as well on so few images; "
                "state in the form what the network was trained on"
            )
        case InputVerdict.OTHER:
            return (
                f"the input does not fit: as read, {described(found.tried[0].values)}, the clean accuracy is "
                f"{_percent(found.tried[0])}; {described(best.values)}, it is {_percent(best)}. The network was trained "
                f"on that: {write}"
            )
        case InputVerdict.CHANCE:
            return (
                f"the network recognises nothing: with the best input its clean accuracy is {_percent(max_clean(found))}; "
                "look for weights in another order, masks turned round, or statistics of BatchNorm that are not its own"
            )


def max_clean(found: InputFinding) -> InputTried:
    """The input with the highest clean accuracy."""
    return max(found.tried, key=lambda each: each.clean.correct)


def _percent(tried: InputTried) -> str:
    return f"{100 * tried.clean.value:.1f} %"


def _nearly_the_same(one: Normalization | None, other: Normalization | None) -> bool:
    if one is None or other is None:
        return one is other
    pairs = zip([*one[0], *one[1]], [*other[0], *other[1]], strict=True)
    return all(abs(a - b) < _ALIKE for a, b in pairs)
