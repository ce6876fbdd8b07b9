"""Sparsity layer by layer: how much of each layer is zero, and how much of that lies in whole filters and channels."""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from apcore.plot_style import COLOURS, GREY, draw_grid
from apcore.sparsity import LayerSparsity, Sparsity


def plot_sparsity_by_layer(sparsity: Sparsity, ax: Axes) -> None:
    """A bar for each layer, from the input down to the logits, and a line at the share over all layers.

    A bar is as long as the layer's share of zeros; its dark part lies in zero filters or zero input channels, its light part
    is scattered. Beside it stands how many weights the layer has, since a small one moves the whole by little.

    Args:
        sparsity: counts of the layers, in the network's order.
        ax: drawn into and otherwise left alone; the caller saves.
    """
    places = range(len(sparsity.layers))
    whole = [100 * (layer.weights - layer.weights_left) / layer.weights for layer in sparsity.layers]
    zeros = [100 * layer.zero_weights / layer.weights for layer in sparsity.layers]
    scattered = [total - part for total, part in zip(zeros, whole, strict=True)]
    ax.barh(places, whole, color=COLOURS[0])
    ax.barh(places, scattered, left=whole, color=COLOURS[5], alpha=0.55)
    for place, layer in enumerate(sparsity.layers):
        ax.text(101, place, _size(layer), va="center", ha="left", fontsize="x-small", color=GREY, clip_on=False)
    overall = 100 * sparsity.weights
    ax.axvline(overall, color=GREY, linewidth=1, linestyle=":")
    ax.set_yticks(places, [layer.name for layer in sparsity.layers], fontsize="x-small")
    ax.set_ylim(len(sparsity.layers) - 0.4, -0.6)
    ax.set_xlim(0, 100)
    ax.set_xlabel("zero weights (%)")
    draw_grid(ax)
    ax.yaxis.grid(visible=False)
    handles = [
        Patch(color=COLOURS[0], label="in zero filters or channels"),
        Patch(color=COLOURS[5], alpha=0.55, label="scattered"),
        Line2D([], [], color=GREY, linewidth=1, linestyle=":", label=f"all layers: {overall:.2f} %"),
    ]
    ax.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize="small")


def _size(layer: LayerSparsity) -> str:
    count = layer.weights
    if count < 1000:
        return f"{count}"
    return f"{count / 1e3:.0f} k" if count < 999_500 else f"{count / 1e6:.1f} M"
