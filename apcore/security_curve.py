"""Security evaluation curves: robust accuracy as a function of eps, from minimum distances.

Source: Biggio & Roli 2018, arXiv:1712.03141 (the curve); Pintor et al. 2021, arXiv:2102.12827 (minimum distances).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MultipleLocator
from matplotlib.transforms import ScaledTranslation

from apcore.accuracy import Accuracy
from apcore.intervals import wilson_interval
from apcore.plot_style import COLOURS, GREY, MARKERS, draw_grid, legend_below, save_plot
from apcore.protocol import Protocol, eps_value
from apcore.robust_accuracy import Floats, checked_distances

_EIGHT_BIT: Final = frozenset({"CIFAR10", "SVHN"})  # their pixels are whole 255ths, so eps is read in those
_STEPS_DRAWN: Final = 500  # more would lie within a pixel of each other and make an SVG of a megabyte
_RIGHT_WITHOUT_RADIUS: Final = 0.15  # how far the released benchmark draws its curves
_DASHED: Final = (0, (4, 2))


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


def plot_security_curves(
    curves: Sequence[Curve] | Mapping[str, Floats],
    ax: Axes,
    *,
    protocol: Protocol | None = None,
    dataset: str | None = None,
    eps: str | None = None,
) -> None:
    """Draw the curves with their 95 % bands, the radius and AutoAttack's robust accuracies.

    Every step is where it is: no grid is laid over the distances. Submitted distances are drawn dashed beside ours. With
    distances alone, `plot_security_curves({"dense": a, "pruned": b}, ax, eps="8/255")` is enough.

    Args:
        curves: one to six, in the order of the legend; or distances (n,) by label, as `Curve` takes them.
        ax: drawn into and otherwise left alone; the caller saves.
        protocol: its HO-FMN radius is the vertical line, its AutoAttack radius the place of the markers.
        dataset: decides whether eps is read in 255ths; without it, that is so where `eps` is written in them.
        eps: the radius where there is no protocol, as `8/255` or `0.031`; without either, no line is drawn.

    Raises:
        ValueError: there are no curves, or more than can be told apart; AutoAttack's accuracy comes without a radius; or
            `eps` is no radius, or contradicts the protocol.
    """
    drawn = [Curve(label=k, distances=v) for k, v in curves.items()] if isinstance(curves, Mapping) else list(curves)
    if not 1 <= len(drawn) <= len(COLOURS):
        raise ValueError(f"a plot shows 1 to {len(COLOURS)} curves, not {len(drawn)}")
    radii = _radii(protocol, eps)
    if radii is None and any(curve.autoattack for curve in drawn):
        raise ValueError("AutoAttack's accuracy needs the radius that it was measured at: give `protocol` or `eps`")
    scale = 255 if dataset in _EIGHT_BIT or (eps or "").endswith("/255") else 1
    right = _right_end(drawn, radii)
    for place, curve in enumerate(drawn):
        _draw_steps(ax, curve, COLOURS[place], right=right, scale=scale)
        if curve.autoattack is not None and radii is not None:
            # Side by side rather than on top of each other; all of them belong to the same eps.
            aside = ScaledTranslation((place - (len(drawn) - 1) / 2) * 8 / 72, 0, ax.figure.dpi_scale_trans)
            _draw_autoattack(ax, curve.autoattack, place, eps=scale * radii.autoattack.eps, aside=aside)
    if radii is not None:
        _draw_radius(ax, scale * radii.line.eps, radii.line.text)
    ax.set_xlim(0, scale * right)
    ax.set_ylim(0, min(100, 5 * np.ceil(max(_top(curve) for curve in drawn) / 5 + 0.2)))
    if scale == 255:
        ax.xaxis.set_major_locator(MultipleLocator(4))
    ax.set_xlabel("L-inf radius eps" + (" in 255ths of the pixel range" if scale == 255 else ", pixels in [0, 1]"))
    ax.set_ylabel("robust accuracy (%)")
    draw_grid(ax)
    # Below the axes: wherever it stood inside, some curve would run through it.
    legend_below(ax, _legend(drawn, radii))


def save_curves(
    curves: Sequence[Curve],
    *,
    png: Path,
    svg: Path,
    protocol: Protocol | None = None,
    dataset: str | None = None,
    eps: str | None = None,
    title: str = "",
) -> None:
    """Write the plot as PNG and SVG; the same curves give the same bytes.

    The background is opaque white, so that the picture reads the same in a light and in a dark page.
    """
    save_plot(draw_curves(curves, protocol=protocol, dataset=dataset, eps=eps, title=title), png, svg)


def draw_curves(
    curves: Sequence[Curve],
    *,
    protocol: Protocol | None = None,
    dataset: str | None = None,
    eps: str | None = None,
    title: str = "",
) -> Callable[[Axes], None]:
    """What `plot_security_curves` draws, with a title above it, for `save_plot`."""

    def draw(ax: Axes) -> None:
        plot_security_curves(curves, ax, protocol=protocol, dataset=dataset, eps=eps)
        ax.set_title(title, loc="left", fontsize="medium", pad=18)  # above the label of the radius

    return draw


@dataclass(frozen=True, slots=True, kw_only=True)
class _Radius:
    """An L-inf budget, pixels in [0, 1], and how it is written."""

    eps: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Radii:
    """Where the vertical line stands, and where AutoAttack's accuracies do."""

    line: _Radius
    autoattack: _Radius


def _radii(protocol: Protocol | None, eps: str | None) -> _Radii | None:
    if protocol is not None and eps is not None:
        raise ValueError(f"protocol {protocol.name} says its own radii; give `protocol` or `eps`, not both")
    if protocol is not None:
        line, attack = protocol.ho_fmn, protocol.autoattack
        return _Radii(
            line=_Radius(eps=line.eps, text=line.eps_text), autoattack=_Radius(eps=attack.eps, text=attack.eps_text)
        )
    if eps is None:
        return None
    radius = _Radius(eps=eps_value(eps), text=eps)
    return _Radii(line=radius, autoattack=radius)


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
        color=COLOURS[place],
        marker=MARKERS[place],
        markersize=7,
        markeredgecolor="white",
        elinewidth=1,
        capsize=2,
        zorder=5,
        transform=ax.transData + aside,
    )


def _draw_radius(ax: Axes, eps: float, text: str) -> None:
    ax.axvline(eps, color=GREY, linewidth=1, linestyle=":", zorder=1)
    ax.annotate(
        f"eps = {text}",
        (eps, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=GREY,
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


def _right_end(curves: Sequence[Curve], radii: _Radii | None) -> float:
    """Far enough to see every curve come down to 2 %, from 2.5 to 5 times the radius; without a radius, at most 0.15."""
    ends = [float(np.quantile(checked_distances(curve.distances), 0.98, method="lower")) for curve in curves]
    if radii is None:
        return float(np.clip(1.05 * max(ends), 0.1 * _RIGHT_WITHOUT_RADIUS, _RIGHT_WITHOUT_RADIUS))
    eps = radii.line.eps
    return float(np.clip(1.05 * max(ends), 2.5 * eps, 5 * eps))


def _top(curve: Curve) -> float:
    """Upper end of what is drawn of a curve and of AutoAttack's interval, in percent."""
    _, _, _, high = _steps(curve.distances, 0.0)
    mark = 100 * curve.autoattack.interval.high if curve.autoattack else 0.0
    return max(float(high.max()), mark)


def _legend(curves: Sequence[Curve], radii: _Radii | None) -> list[Line2D]:
    marked: dict[str, Any] = {"markeredgecolor": "white", "markersize": 7}
    handles = [
        Line2D(
            [],
            [],
            color=COLOURS[place],
            marker=MARKERS[place] if curve.autoattack else "",
            label=f"{curve.label}: HO-FMN, {len(curve.distances):,} samples",
            **marked,
        )
        for place, curve in enumerate(curves)
    ]
    counts = {curve.autoattack.samples for curve in curves if curve.autoattack is not None}
    if counts and radii is not None:
        samples = " to ".join(f"{count:,}" for count in sorted({min(counts), max(counts)}))
        label = f"AutoAttack at eps {radii.autoattack.text}, {samples} samples"
        handles.append(Line2D([], [], color=GREY, marker="o", linestyle="", label=label, **marked))
    if any(curve.submitted is not None for curve in curves):
        handles.append(Line2D([], [], color=GREY, linestyle=_DASHED, linewidth=1.2, label="distances as submitted"))
    return handles
