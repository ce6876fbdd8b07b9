"""How every plot looks, and how one becomes a file: the same data give the same bytes on every machine."""

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from apcore.durable import write_whole

# Okabe and Ito's colours, told apart with any colour vision; the markers tell the curves apart without colour at all.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS: Final = ("o", "s", "^", "D", "v", "P")
GREY: Final = "#555555"
_STYLE: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",  # shipped with matplotlib: the same letters on every machine
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "apbot",
    "svg.fonttype": "path",
}
_HALF_WIDTH: Final = 44  # characters of a small label on half of the figure
# What would differ from run to run is left out.
_METADATA: Final = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
ENDINGS: Final = tuple(_METADATA)


def save_plot(draw: Callable[[Axes], None], *paths: Path, size: tuple[float, float] = (6.4, 4.6)) -> None:
    """Draw into new axes and write the figure to every path, as PNG or SVG by its ending.

    The background is opaque white, so that the picture reads the same in a light and in a dark page.

    Args:
        draw: draws into the axes that it is given.
        paths: ending in one of `ENDINGS`, in any case.
        size: width and height in inches, at 150 dots an inch.
    """
    with mpl.rc_context(rc={**mpl.rcParamsDefault, **_STYLE}):
        figure = Figure(figsize=size, dpi=150, facecolor="white", layout="constrained")
        draw(figure.add_subplot())
        for path in paths:
            buffer, ending = BytesIO(), path.suffix.lower()
            figure.savefig(buffer, format=ending[1:], metadata=_METADATA[ending])
            write_whole(path, buffer.getvalue())


def draw_grid(ax: Axes) -> None:
    """Light lines behind what is drawn."""
    ax.grid(visible=True, color="#dddddd", linewidth=0.6)
    ax.set_axisbelow(True)


def legend_below(ax: Axes, handles: Sequence[Line2D]) -> None:
    """A legend below the axes, in two columns where its words leave room for that."""
    widest = max(len(str(handle.get_label())) for handle in handles)
    ax.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.16),
        ncols=2 if widest <= _HALF_WIDTH else 1,
        frameon=False,
        fontsize="small",
    )
