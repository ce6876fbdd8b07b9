"""Security evaluation curves: robust accuracy as a function of eps, from minimum distances.

Source: Biggio & Roli 2018, arXiv:1712.03141 (the curve); Pintor et al. 2021, arXiv:2102.12827 (minimum distances).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator
from matplotlib.transforms import ScaledTranslation

from apcore.accuracy import Accuracy
from apcore.intervals import wilson_interval
from apcore.protocol import Protocol
from apcore.robust_accuracy import Floats, checked_distances

# Okabe and Ito's colours, told apart with any colour vision; the markers tell the curves apart without colour at all.
_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_EIGHT_BIT: Final = frozenset({"CIFAR10", "SVHN"})  # their pixels are whole 255ths, so eps is read in those
_STEPS_DRAWN: Final = 500  # more would lie within a pixel of each other and make an SVG of a megabyte
_GREY: Final = "#555555"
_DASHED: Final = (0, (4, 2))
_STYLE: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",  # shipped with matplotlib: the same letters on every machine
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "apbot",
    "svg.fonttype": "path",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """One checkpoint's curve.

    Args:
        label: short name for the legend, e.g. `S 50 %`.
        distances: (n,) our minimum L-inf distances, pixels in [0, 1]; 0 if misclassified clean, inf if none was found.
        submitted: (m,) the distances that came with the submission, None if there are none.
        autoattack: AutoAttack's robust accuracy, None if it did not run.
    """

    label: str
    distances: Floats
    submitted: Floats | None = None
    autoattack: Accuracy | None = None


def security_curve(distances: Floats, eps_grid: Floats) -> npt.NDArray[np.float64]:
    """Robust accuracy at every eps of the grid: the share of distances greater than eps (strictly).

    Args:
        distances: (n,) float, n >= 1, pixels in [0, 1]; 0 if misclassified clean, inf if no example was found.
        eps_grid: (k,) radii in the same units, in any order.

    Returns:
        (k,) shares in [0, 1], falling as eps grows.

    Raises:
        ValueError: `distances` is empty, or holds NaN or a negative value.
    """
    ordered = np.sort(checked_distances(distances))
    if not ordered.size:
        raise ValueError("a curve needs at least one distance")
    broken = np.searchsorted(ordered, np.asarray(eps_grid, dtype=np.float32), side="right")
    return 1 - broken / ordered.size


def plot_security_curves(curves: Sequence[Curve], ax: Axes, *, protocol: Protocol, dataset: str) -> None:
    """Draw the curves with their 95 % bands, the protocol's radius and AutoAttack's robust accuracies.

    Every step is where it is: no grid is laid over the distances. Submitted distances are drawn dashed beside ours.

    Args:
        curves: one to six, in the order of the legend.
        ax: drawn into and otherwise left alone; the caller saves.
        protocol: its HO-FMN radius is the vertical line, its AutoAttack radius the place of the markers.
        dataset: decides whether eps is read in 255ths.

    Raises:
        ValueError: there are no curves, or more than can be told apart.
    """
    if not 1 <= len(curves) <= len(_COLOURS):
        raise ValueError(f"a plot shows 1 to {len(_COLOURS)} curves, not {len(curves)}")
    scale = 255 if dataset in _EIGHT_BIT else 1
    right = _right_end(curves, protocol)
    for place, curve in enumerate(curves):
        _draw_steps(ax, curve, _COLOURS[place], right=right, scale=scale)
        if curve.autoattack is not None:
            # Side by side rather than on top of each other; all of them belong to the same eps.
            aside = ScaledTranslation((place - (len(curves) - 1) / 2) * 8 / 72, 0, ax.figure.dpi_scale_trans)
            _draw_autoattack(ax, curve.autoattack, place, eps=scale * protocol.autoattack.eps, aside=aside)
    _draw_radius(ax, scale * protocol.ho_fmn.eps, protocol.ho_fmn.eps_text)
    ax.set_xlim(0, scale * right)
    ax.set_ylim(0, min(100, 5 * np.ceil(max(_top(curve) for curve in curves) / 5 + 0.2)))
    if scale == 255:
        ax.xaxis.set_major_locator(MultipleLocator(4))
    ax.set_xlabel("L-inf radius eps" + (" in 255ths of the pixel range" if scale == 255 else ", pixels in [0, 1]"))
    ax.set_ylabel("robust accuracy (%)")
    ax.grid(visible=True, color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)
    # Below the axes: wherever it stood inside, some curve would run through it.
    ax.legend(
        handles=_legend(curves, protocol),
        loc="upper center",
        bbox_to_anchor=(0.5, -0.16),
        ncols=2,
        frameon=False,
        fontsize="small",
    )


def save_curves(
    curves: Sequence[Curve], *, png: Path, svg: Path, protocol: Protocol, dataset: str, title: str = ""
) -> None:
    """Write the plot as PNG and SVG; the same curves give the same bytes.

    The background is opaque white, so that the picture reads the same in a light and in a dark page.
    """
    with mpl.rc_context(rc={**mpl.rcParamsDefault, **_STYLE}):
        figure = Figure(figsize=(6.4, 4.6), dpi=150, facecolor="white", layout="constrained")
        ax = figure.add_subplot()
        plot_security_curves(curves, ax, protocol=protocol, dataset=dataset)
        ax.set_title(title, loc="left", fontsize="medium", pad=18)  # above the label of the radius
        for path, metadata in ((png, {"Software": None}), (svg, {"Date": None, "Creator": None})):
            buffer = BytesIO()
            figure.savefig(buffer, format=path.suffix[1:], metadata=metadata)
            path.write_bytes(buffer.getvalue())


def _draw_steps(ax: Axes, curve: Curve, colour: str, *, right: float, scale: int) -> None:
    eps, accuracy, low, high = _steps(curve.distances, right)
    ax.fill_between(scale * eps, low, high, step="post", color=colour, alpha=0.13, linewidth=0)
    ax.step(scale * eps, accuracy, where="post", color=colour, linewidth=1.6)
    if curve.submitted is not None:
        eps, accuracy, _, _ = _steps(curve.submitted, right)
        ax.step(scale * eps, accuracy, where="post", color=colour, linewidth=1.2, linestyle=_DASHED)


def _draw_autoattack(ax: Axes, found: Accuracy, place: int, *, eps: float, aside: ScaledTranslation) -> None:
    value, low, high = 100 * found.value, 100 * found.interval.low, 100 * found.interval.high
    ax.errorbar(
        [eps],
        [value],
        yerr=[[value - low], [high - value]],
        color=_COLOURS[place],
        marker=_MARKERS[place],
        markersize=7,
        markeredgecolor="white",
        elinewidth=1,
        capsize=2,
        zorder=5,
        transform=ax.transData + aside,
    )


def _draw_radius(ax: Axes, eps: float, text: str) -> None:
    ax.axvline(eps, color=_GREY, linewidth=1, linestyle=":", zorder=1)
    ax.annotate(
        f"eps = {text}",
        (eps, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=_GREY,
        fontsize="small",
    )


def _steps(distances: Floats, right: float) -> tuple[npt.NDArray[np.float64], ...]:
    """Where the curve steps within [0, right], and there the accuracy and its 95 % band, in percent."""
    single = checked_distances(distances)
    inside = np.unique(single[single <= right])
    if inside.size > _STEPS_DRAWN:
        inside = inside[np.linspace(0, inside.size - 1, _STEPS_DRAWN).round().astype(int)]
    eps = np.concatenate(([0.0], inside, [right])).astype(np.float64)
    left = np.rint(security_curve(single, eps) * single.size).astype(int)
    bands = [wilson_interval(int(count), single.size) for count in left]
    return (
        eps,
        100 * left / single.size,
        np.array([100 * band.low for band in bands]),
        np.array([100 * band.high for band in bands]),
    )


def _right_end(curves: Sequence[Curve], protocol: Protocol) -> float:
    """Far enough to see every curve come down to 2 %, from 2.5 to 5 times the radius."""
    eps = protocol.ho_fmn.eps
    ends = [float(np.quantile(checked_distances(curve.distances), 0.98, method="lower")) for curve in curves]
    return float(np.clip(1.05 * max(ends), 2.5 * eps, 5 * eps))


def _top(curve: Curve) -> float:
    """Upper end of what is drawn of a curve and of AutoAttack's interval, in percent."""
    _, _, _, high = _steps(curve.distances, 0.0)
    mark = 100 * curve.autoattack.interval.high if curve.autoattack else 0.0
    return max(float(high.max()), mark)


def _legend(curves: Sequence[Curve], protocol: Protocol) -> list[Line2D]:
    marked: dict[str, Any] = {"markeredgecolor": "white", "markersize": 7}
    handles = [
        Line2D(
            [],
            [],
            color=_COLOURS[place],
            marker=_MARKERS[place] if curve.autoattack else "",
            label=f"{curve.label}: HO-FMN, {len(curve.distances):,} samples",
            **marked,
        )
        for place, curve in enumerate(curves)
    ]
    counts = {curve.autoattack.samples for curve in curves if curve.autoattack is not None}
    if counts:
        samples = " to ".join(f"{count:,}" for count in sorted({min(counts), max(counts)}))
        label = f"AutoAttack at eps {protocol.autoattack.eps_text}, {samples} samples"
        handles.append(Line2D([], [], color=_GREY, marker="o", linestyle="", label=label, **marked))
    if any(curve.submitted is not None for curve in curves):
        handles.append(Line2D([], [], color=_GREY, linestyle=_DASHED, linewidth=1.2, label="distances as submitted"))
    return handles
