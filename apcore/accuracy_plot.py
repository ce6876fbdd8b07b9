"""Clean against robust accuracy: what robustness costs, for many networks in one picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from apcore.accuracy import Accuracy
from apcore.plot_style import COLOURS, GREY, MARKERS, draw_grid

_CHARACTER, _LINE = 4.9, 11.0
"""Width of a character and height of a line of a small label, in points."""
_GAPS = (7.0, 18.0, 30.0, 42.0, 56.0)
"""From a point to its label, in points; the near ones first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyPoint:
    """One network.

    Args:
        label: written beside the point.
        clean: its accuracy on clean samples.
        robust: its robust accuracy, under whatever attack all points of the plot share.
        group: points of one group share colour and marker; at most six groups can be told apart.
    """

    label: str
    clean: Accuracy
    robust: Accuracy
    group: str = ""


def plot_clean_against_robust(points: Sequence[AccuracyPoint], ax: Axes) -> None:
    """A point for each network with its 95 % intervals as bars, its label beside it, and a legend of the groups if they are named.

    Args:
        points: one or more.
        ax: drawn into and otherwise left alone; the caller saves. Labels are placed by its present size.

    Raises:
        ValueError: there are no points, or more groups than can be told apart.
    """
    groups = list(dict.fromkeys(point.group for point in points))
    if not points or len(groups) > len(COLOURS):
        raise ValueError(
            f"a plot shows 1 or more points in at most {len(COLOURS)} groups, not {len(points)} in {len(groups)}"
        )
    for place, group in enumerate(groups):
        members = [point for point in points if point.group == group]
        ax.errorbar(
            [100 * point.clean.value for point in members],
            [100 * point.robust.value for point in members],
            xerr=_bars([point.clean for point in members]),
            yerr=_bars([point.robust for point in members]),
            linestyle="",
            color=COLOURS[place],
            marker=MARKERS[place],
            markersize=7,
            markeredgecolor="white",
            elinewidth=0.8,
            capsize=0,
            label=group,
        )
    _limits(points, ax)
    _labels(points, groups, ax)
    ax.set_xlabel("clean accuracy (%)")
    ax.set_ylabel("robust accuracy (%)")
    draw_grid(ax)
    if any(groups):
        ax.legend(loc="best", frameon=False, fontsize="small")


def _bars(accuracies: Sequence[Accuracy]) -> list[list[float]]:
    below = [100 * (accuracy.value - accuracy.interval.low) for accuracy in accuracies]
    above = [100 * (accuracy.interval.high - accuracy.value) for accuracy in accuracies]
    return [below, above]


def _limits(points: Sequence[AccuracyPoint], ax: Axes) -> None:
    """All intervals with a margin, in which labels find room."""
    for accuracies, limit in (([p.clean for p in points], ax.set_xlim), ([p.robust for p in points], ax.set_ylim)):
        low = min(100 * accuracy.interval.low for accuracy in accuracies)
        high = max(100 * accuracy.interval.high for accuracy in accuracies)
        margin = max(0.12 * (high - low), 1.0)
        limit(max(low - margin, 0), min(high + margin, 100))


def _labels(points: Sequence[AccuracyPoint], groups: Sequence[str], ax: Axes) -> None:
    """Beside each point, at the first place where it meets neither another label nor a point."""
    box = ax.get_window_extent()
    width, height = 72 / ax.figure.dpi * box.width, 72 / ax.figure.dpi * box.height
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    places = [
        (
            (100 * point.clean.value - left) / (right - left) * width,
            (100 * point.robust.value - bottom) / (top - bottom) * height,
        )
        for point in points
    ]
    taken = [_Box(x - 4, y - 4, x + 4, y + 4) for x, y in places]
    edge = _Box(0, 0, width, height)
    for point, (x, y) in zip(points, places, strict=True):
        size = (_CHARACTER * len(point.label), _LINE)
        options = [(gap, side, _beside(x, y, size, gap, side)) for gap in _GAPS for side in _SIDES]
        gap, side, chosen = min(
            options, key=lambda option: (sum(option[2].meets(other) for other in taken), not option[2].within(edge))
        )
        taken.append(chosen)
        ax.annotate(
            point.label,
            (100 * point.clean.value, 100 * point.robust.value),
            xytext=(gap * side[0], gap * side[1]),
            textcoords="offset points",
            ha=_HORIZONTAL[side[0]],
            va=_VERTICAL[side[1]],
            fontsize="x-small",
            color=COLOURS[groups.index(point.group)],
            # A label that had to move away is tied to its point.
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.5} if gap > _GAPS[0] else None,
        )


_SIDES = ((1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))
_HORIZONTAL = {1: "left", 0: "center", -1: "right"}
_VERTICAL = {1: "bottom", 0: "center", -1: "top"}


@dataclass(frozen=True, slots=True)
class _Box:
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )

    def within(self, other: "_Box") -> bool:
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


def _beside(x: float, y: float, size: tuple[float, float], gap: float, side: tuple[int, int]) -> _Box:
    left = x + gap * side[0] - size[0] * (1 - side[0]) / 2
    bottom = y + gap * side[1] - size[1] * (1 - side[1]) / 2
    return _Box(left, bottom, left + size[0], bottom + size[1])
