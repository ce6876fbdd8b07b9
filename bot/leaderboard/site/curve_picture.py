"""Security evaluation curves as pictures: the frame that all curves of a protocol share, and one curve's line, band and data.

All numbers are made here, at build time; the script of the page looks them up. The frame does not depend on the curves, so that
pictures of one protocol can be held beside each other.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from apcore.accuracy import Accuracy
from apcore.protocol import Protocol, eps_value
from bot.leaderboard.details import MeasuredCurve
from bot.leaderboard.site.scatter import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis
from bot.leaderboard.tables import printed

_REACH: Final = 4  # of HO-FMN's radius: there adversarially trained networks have lost nearly all
_TICKS: Final = 8
_STOPS: Final = 400  # of the slider; the protocol's radius is one of them
_EIGHT_BIT: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From `eps` on, pixels in [0, 1], this is the robust accuracy."""

    eps: float
    robust: Accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the curves of one protocol: eps in units of `1 / scale` to the right, robust accuracy upwards.

    Args:
        scale: 255 where the protocol writes its radius in 255ths, else 1.
        x: eps in these units.
        y: robust accuracy in percent.
        eps_text: HO-FMN's radius as the protocol writes it.
        aa_eps_text: AutoAttack's.
    """

    scale: int
    x: Axis
    y: Axis
    eps_text: str
    aa_eps_text: str

    @property
    def unit(self) -> str:
        """What one step of the axis is, in words."""
        return "255ths of the pixel range" if self.scale == _EIGHT_BIT else "pixels in 0 to 1"

    @property
    def radius(self) -> float:
        """HO-FMN's radius in the units of the axis."""
        return round(self.scale * eps_value(self.eps_text), 9)

    @property
    def step(self) -> float:
        """Of the slider, in the units of the axis."""
        return round(self.x.high / _STOPS, 9)

    def place(self, eps_text: str) -> float:
        """Where a radius stands."""
        return self.x.place(self.scale * eps_value(eps_text))

    def height(self, fraction: float) -> float:
        """Where a robust accuracy stands."""
        return self.y.place(100 * fraction)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One curve as SVG paths: the line, and the 95 % band around it."""

    line: str
    band: str


def frame(protocol: Protocol) -> Frame:
    """The frame of a protocol's curves."""
    radius = protocol.ho_fmn
    scale = _EIGHT_BIT if radius.eps_text.endswith(f"/{_EIGHT_BIT}") else 1
    reach = round(_REACH * scale * radius.eps, 9)
    ticks = tuple(round(reach * place / _TICKS, 9) for place in range(_TICKS + 1))
    return Frame(
        scale=scale,
        x=Axis(low=0, high=reach, ticks=ticks, start=LEFT, end=WIDTH - RIGHT),
        y=Axis(low=0, high=100, ticks=tuple(range(0, 101, 20)), start=HEIGHT - BOTTOM, end=TOP),
        eps_text=radius.eps_text,
        aa_eps_text=protocol.autoattack.eps_text,
    )


def steps(curve: MeasuredCurve) -> tuple[Step, ...]:
    """Every eps at which the curve steps, the first of them 0."""
    counts = [(0.0, curve.samples - curve.at_zero)]
    for distance, same in groupby(curve.distances):
        counts.append((distance, counts[-1][1] - sum(1 for _ in same)))
    return tuple(Step(eps=eps, robust=Accuracy(correct=left, samples=curve.samples)) for eps, left in counts)


def drawn(around: Frame, found: Sequence[Step]) -> Drawn:
    """Line and band within the frame; steps within half a unit of the picture are drawn as one."""
    end = around.x.end
    places: dict[float, Accuracy] = {}
    for step in found:
        place = round(2 * around.x.place(around.scale * step.eps)) / 2
        if place <= end:
            places[place] = step.robust
    line = [(place, around.height(robust.value)) for place, robust in places.items()]
    low = [(place, around.height(robust.interval.low)) for place, robust in places.items()]
    high = [(place, around.height(robust.interval.high)) for place, robust in places.items()]
    return Drawn(line=_there(line, end), band=f"{_there(high, end)}{_back(low)}Z")


def curve_data(stem: str, around: Frame, curve: MeasuredCurve) -> str:
    """The data file of a curve: a script, since a page opened from disk may not fetch. Shares in percent, as printed."""
    found = steps(curve)
    picture = drawn(around, found)
    document = {
        "samples": curve.samples,
        "eps": [step.eps for step in found],
        "robust": [step.robust.correct for step in found],
        "value": [printed(step.robust.value) for step in found],
        "low": [printed(step.robust.interval.low) for step in found],
        "high": [printed(step.robust.interval.high) for step in found],
        "line": picture.line,
        "band": picture.band,
    }
    return f"window.apbotCurve({json.dumps(stem)}, {json.dumps(document, separators=(',', ':'))});\n"


def _there(points: Sequence[tuple[float, float]], end: float) -> str:
    """From the first point to the end: level to each point, then up or down to it."""
    (x, y), *others = points
    return f"M{x:g} {y:g}" + "".join(f"H{x:g}V{y:g}" for x, y in others) + f"H{end:g}"


def _back(points: Sequence[tuple[float, float]]) -> str:
    """From the end to the first point."""
    return "".join(f"V{y:g}H{x:g}" for x, y in reversed(points))
