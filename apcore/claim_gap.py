"""How far a measured accuracy lies from its claim, in percentage points and in samples, and how that is worded."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from apcore.accuracy import Accuracy, Measure


@dataclass(frozen=True, slots=True)
class Gap:
    """How far a measurement lies below its claim (negative: above it).

    Args:
        claimed: the claimed share, in [0, 1].
        measured: the share that answers it.
    """

    claimed: float
    measured: Accuracy

    @property
    def points(self) -> float:
        """In percentage points, rounded, so that a gap of 0.15 points is 0.15 and not a hair more."""
        return round(100 * (self.claimed - self.measured.value), 6)

    @property
    def samples(self) -> int:
        """In samples, of which a claim stands for the nearest whole number."""
        return whole_samples(self.claimed, self.measured.samples) - self.measured.correct

    def within(self, points: float, samples: int) -> bool:
        """Whether claim and measurement agree, by either unit."""
        return abs(self.points) <= points or abs(self.samples) <= samples

    def __str__(self) -> str:
        found = f"{percent(self.measured.value)} of {count(self.measured.samples)}"
        return f"{found}, {self.beside} the claimed {percent(self.claimed)}"

    @property
    def beside(self) -> str:
        """Where the measurement lies beside the claim, in words that go on with the claim."""
        if self.samples == 0:
            return "not a sample away from"
        side = "below" if self.samples > 0 else "above"
        return f"{abs(self.points):.2f} points ({count(abs(self.samples))}) {side}"


def whole_samples(claimed: float, samples: int) -> int:
    """How many samples a claim stands for: 53.13 % of 64 is 34 of them, for claims are rounded when written down."""
    return math.floor(claimed * samples + 0.5)


def percent(share: float) -> str:
    """A share with two decimals."""
    return f"{100 * share:.2f} %"


def points(number: float) -> str:
    """Percentage points as a protocol writes them."""
    return f"{number:g} points"


def count(samples: int) -> str:
    """A number of samples."""
    return f"{samples:,} sample{'' if samples == 1 else 's'}"


def fell_to_hofmn(measured: Mapping[Measure, Accuracy]) -> str:
    """How many samples HO-FMN broke that AutoAttack had left, in brackets; empty for none."""
    left, robust = measured.get(Measure.SQUARE), measured[Measure.AA_ROBUST]
    if left is None or left.correct == robust.correct:
        return ""
    return f" ({count(left.correct - robust.correct)} survived AutoAttack and fell to HO-FMN within its radius)"


def survivors_kept(measured: Mapping[Measure, Accuracy], eps_text: str) -> str:
    """Which samples were not attacked at a radius smaller than `eps_text`, in brackets."""
    left = measured.get(Measure.SQUARE, measured[Measure.AA_ROBUST])
    return f" (the {count(left.correct)} that survived eps {eps_text} were not attacked again and count as surviving)"
