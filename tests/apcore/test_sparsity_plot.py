"""Sparsity by layer, drawn: bars as long as the counts say."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from apcore.plot_style import save_plot
from apcore.sparsity import measure_sparsity
from apcore.sparsity_plot import plot_sparsity_by_layer

FILTERS = np.ones((4, 2, 1, 1))
FILTERS[:2] = 0
SCATTERED = np.ones((4, 2, 1, 1))
SCATTERED[0, 0] = SCATTERED[1, 1] = 0
MEASURED = measure_sparsity({"a.weight": FILTERS, "b.weight": SCATTERED})


def test_each_layer_is_a_bar_of_what_lies_in_filters_and_what_is_scattered() -> None:
    ax = Figure().add_subplot()
    plot_sparsity_by_layer(MEASURED, ax)
    whole, scattered = ([(bar.get_x(), bar.get_width()) for bar in container] for container in ax.containers)
    assert whole == [(0, 50), (0, 0)]
    assert scattered == [(50, 0), (0, 25)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first layer on top


def test_the_line_is_the_share_over_all_layers() -> None:
    ax = Figure().add_subplot()
    plot_sparsity_by_layer(MEASURED, ax)
    assert ax.lines[0].get_xdata()[0] == pytest.approx(100 * 6 / 16)
    assert [text.get_text() for text in ax.get_legend().get_texts()][-1] == "all layers: 37.50 %"


def test_the_same_counts_make_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.png", "b.PNG", "a.svg", "b.svg")]
    for path in paths:
        save_plot(lambda ax: plot_sparsity_by_layer(MEASURED, ax), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[2].read_bytes() == paths[3].read_bytes()
    assert paths[0].read_bytes().startswith(b"\x89PNG")
