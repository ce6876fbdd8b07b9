"""Wilson's 95 % interval: how far a share measured on n samples may lie from the share on all images of the kind.

It speaks of new images. Repeating an attack on the same images is no sampling problem: there only the attack's random
numbers differ, and agreement is judged by the protocol's tolerance instead (`apcore.verdict`).
"""

import math
from dataclasses import dataclass
from typing import Final

_Z_95: Final = 1.959963984540054  # 97.5 % quantile of the standard normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A closed interval of fractions, 0 <= low <= high <= 1."""

    low: float
    high: float

    def __contains__(self, fraction: float) -> bool:
        return self.low <= fraction <= self.high


def wilson_interval(correct: int, samples: int) -> Interval:
    """The 95 % Wilson score interval of `correct / samples`.

    Unlike the textbook interval it never leaves [0, 1] and keeps a width at its edges: 0 of 16 gives [0, 0.19].

    Args:
        correct: how many samples count, 0 <= correct <= samples.
        samples: how many there are, at least 1.

    Raises:
        ValueError: `correct` or `samples` is out of range.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    if samples < 1 or not 0 <= correct <= samples:
        raise ValueError(f"{correct} of {samples} is not a share")
    share, weight = correct / samples, _Z_95**2 / samples
    centre = (share + weight / 2) / (1 + weight)
    half_width = _Z_95 / (1 + weight) * math.sqrt(share * (1 - share) / samples + weight / (4 * samples))
    # At the edges one end is the share itself; rounding must not put it a hair beside 0 or 1.
    return Interval(
        low=0.0 if correct == 0 else centre - half_width,
        high=1.0 if correct == samples else centre + half_width,
    )
