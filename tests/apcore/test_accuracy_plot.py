"""Clean against robust accuracy, drawn: points at their values, intervals as bars, labels that can be read."""

import itertools

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from apcore.accuracy import Accuracy
from apcore.accuracy_plot import AccuracyPoint, plot_clean_against_robust


def point(label: str, clean: int, robust: int, group: str = "") -> AccuracyPoint:
    return AccuracyPoint(
        label=label,
        clean=Accuracy(correct=clean, samples=100),
        robust=Accuracy(correct=robust, samples=100),
        group=group,
    )


@pytest.fixture
def ax() -> Axes:
    return Figure(figsize=(6.4, 4.6)).add_subplot()


def test_a_point_stands_at_its_accuracies_with_its_intervals(ax: Axes) -> None:
    one = point("HARP", 80, 45)
    plot_clean_against_robust([one], ax)
    (container,) = ax.containers
    data, _, (horizontal, vertical) = container.lines
    assert data.get_xydata().tolist() == [[80.0, 45.0]]
    for bars, accuracy, axis in ((horizontal, one.clean, 0), (vertical, one.robust, 1)):
        ends = bars.get_segments()[0][:, axis]
        assert ends == pytest.approx([100 * accuracy.interval.low, 100 * accuracy.interval.high])
    assert ax.get_legend() is None


def test_groups_have_a_colour_and_a_place_in_the_legend(ax: Axes) -> None:
    plot_clean_against_robust([point("a", 80, 45, "US"), point("b", 70, 40, "S"), point("c", 60, 30, "US")], ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["US", "S"]
    colours = [text.get_color() for text in ax.texts]
    assert colours[0] == colours[2] != colours[1]


def test_no_label_covers_another_though_their_points_lie_together(ax: Axes) -> None:
    names = ("FlyingBird", "RobustBird", "HARP", "HYDRA", "RADMM", "TwinRep", "MAD", "PwoA")
    plot_clean_against_robust([point(name, 80, 45) for name in names], ax)
    ax.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(label) for label in ax.texts]  # without the line to its point
    assert len(boxes) == len(names)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


@pytest.mark.parametrize("count", [0, 7])
def test_no_points_and_too_many_groups_are_refused(count: int, ax: Axes) -> None:
    with pytest.raises(ValueError, match=f"not {count} in {count}"):
        plot_clean_against_robust([point(str(n), 80, 45, f"group {n}") for n in range(count)], ax)
