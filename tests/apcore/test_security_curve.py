from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from apcore.accuracy import Accuracy
from apcore.protocol import load_protocol
from apcore.robust_accuracy import robust_accuracy
from apcore.security_curve import Curve, plot_security_curves, save_curves, security_curve

APB, DEMO = load_protocol("apb-2024"), load_protocol("demo")
DISTANCES = np.array([0, 0.01, 0.02, 0.02, 0.05, np.inf], dtype=np.float32)
floats = st.floats(0, 1, width=32)


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


def curve(label: str = "S 50 %", *, shift: float = 0.0, submitted: bool = False, attacked: int | None = None) -> Curve:
    distances = np.where(DISTANCES > 0, DISTANCES + np.float32(shift), 0).astype(np.float32)
    return Curve(
        label=label,
        distances=distances,
        submitted=DISTANCES if submitted else None,
        autoattack=None if attacked is None else Accuracy(correct=attacked, samples=16),
    )


def test_the_curve_is_the_share_of_distances_beyond_eps() -> None:
    grid = np.array([0, 0.005, 0.01, 0.015, 0.02, 0.05, 1])
    assert security_curve(DISTANCES, grid).tolist() == pytest.approx([5 / 6, 5 / 6, 4 / 6, 4 / 6, 2 / 6, 1 / 6, 1 / 6])


@given(st.lists(floats | st.just(float("inf")), min_size=1, max_size=40), st.lists(floats, min_size=1, max_size=10))
def test_the_curve_is_the_robust_accuracy_at_every_eps(distances: list[float], grid: list[float]) -> None:
    row = np.array(distances)
    expected = [robust_accuracy(row, eps).value for eps in grid]
    assert security_curve(row, np.array(grid)).tolist() == pytest.approx(expected)


@given(st.lists(floats, min_size=1, max_size=40))
def test_the_curve_never_rises(distances: list[float]) -> None:
    assert (np.diff(security_curve(np.array(distances), np.linspace(0, 1, 50))) <= 0).all()


def test_no_distances_make_no_curve() -> None:
    with pytest.raises(ValueError, match="at least one distance"):
        security_curve(np.empty(0), np.array([0.1]))


def test_the_line_drawn_steps_exactly_at_the_distances(ax: Axes) -> None:
    plot_security_curves([curve()], ax, protocol=DEMO, dataset="DIGITS")
    (line,) = (line for line in ax.lines if line.get_drawstyle() == "steps-post")
    drawn = {float(eps): float(accuracy) for eps, accuracy in line.get_xydata()}
    for eps, accuracy in drawn.items():
        assert accuracy == pytest.approx(100 * robust_accuracy(DISTANCES, eps).value)
    assert {float(distance) for distance in DISTANCES[1:5]} <= set(drawn)


def test_ten_thousand_distances_are_drawn_with_five_hundred_exact_steps(ax: Axes) -> None:
    many = np.linspace(0, 0.2, 10_000, dtype=np.float32)
    plot_security_curves([Curve(label="many", distances=many)], ax, protocol=DEMO, dataset="DIGITS")
    (line,) = (line for line in ax.lines if line.get_drawstyle() == "steps-post")
    assert len(line.get_xydata()) == 502
    for eps, accuracy in line.get_xydata()[::50]:
        assert accuracy == pytest.approx(100 * robust_accuracy(many, eps).value)


@pytest.mark.parametrize(
    ("protocol", "dataset", "radius", "label"),
    [
        (APB, "CIFAR10", 8, "L-inf radius eps in 255ths of the pixel range"),
        (DEMO, "DIGITS", 0.1, "L-inf radius eps, pixels in [0, 1]"),
    ],
)
def test_the_radius_stands_where_the_protocol_counts(
    protocol, dataset: str, radius: float, label: str, ax: Axes
) -> None:
    plot_security_curves([curve()], ax, protocol=protocol, dataset=dataset)
    (line,) = (line for line in ax.lines if line.get_linestyle() == ":")
    assert line.get_xdata()[0] == pytest.approx(radius)
    assert ax.get_xlabel() == label
    assert [text.get_text() for text in ax.texts] == [f"eps = {protocol.ho_fmn.eps_text}"]


def test_distances_by_label_are_enough(ax: Axes) -> None:
    plot_security_curves({"dense": DISTANCES, "pruned": DISTANCES / 2}, ax, eps="8/255")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "dense: HO-FMN, 6 samples",
        "pruned: HO-FMN, 6 samples",
    ]
    (line,) = (line for line in ax.lines if line.get_linestyle() == ":")
    assert line.get_xdata()[0] == pytest.approx(8)
    assert ax.get_xlabel() == "L-inf radius eps in 255ths of the pixel range"


def test_without_a_radius_none_is_drawn(ax: Axes) -> None:
    plot_security_curves({"dense": DISTANCES}, ax)
    assert not [line for line in ax.lines if line.get_linestyle() == ":"]
    assert ax.get_xlim() == pytest.approx((0, 1.05 * 0.05))
    assert ax.get_xlabel() == "L-inf radius eps, pixels in [0, 1]"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eps": "0"}, "outside"),
        ({"eps": "8:255"}, "a radius is written like 8/255"),
        ({"eps": "8/255", "protocol": APB}, "give `protocol` or `eps`, not both"),
        ({}, "AutoAttack's accuracy needs the radius"),
    ],
)
def test_a_radius_that_is_missing_or_none_is_refused(options: dict, message: str, ax: Axes) -> None:
    with pytest.raises(ValueError, match=message):
        plot_security_curves([curve(attacked=4)], ax, **options)


def test_long_labels_stand_below_each_other(ax: Axes) -> None:
    plot_security_curves({"short": DISTANCES, "other": DISTANCES}, ax)
    assert ax.get_legend()._ncols == 2
    plot_security_curves({"HARP_Zhao2023Holistic US 90 %": DISTANCES, "other": DISTANCES}, ax)
    assert ax.get_legend()._ncols == 1


def test_the_legend_names_samples_attack_and_submitted_distances(ax: Axes) -> None:
    curves = [curve(attacked=4), curve("S 75 %", shift=0.01, submitted=True, attacked=5)]
    plot_security_curves(curves, ax, protocol=APB, dataset="CIFAR10")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "S 50 %: HO-FMN, 6 samples",
        "S 75 %: HO-FMN, 6 samples",
        "AutoAttack at eps 0.031, 16 samples",
        "distances as submitted",
    ]


def test_autoattack_stands_at_its_own_radius_and_accuracy(ax: Axes) -> None:
    plot_security_curves([curve(attacked=4)], ax, protocol=APB, dataset="CIFAR10")
    (marker,) = (container for container in ax.containers)
    assert marker.lines[0].get_xydata().tolist() == [[pytest.approx(255 * 0.031), 25.0]]


def test_the_whole_interval_of_autoattack_lies_inside_the_axes(ax: Axes) -> None:
    low = Curve(label="low", distances=np.zeros(128, dtype=np.float32), autoattack=Accuracy(correct=5, samples=16))
    plot_security_curves([low], ax, protocol=DEMO, dataset="DIGITS")
    assert low.autoattack is not None
    assert ax.get_ylim()[1] >= 100 * low.autoattack.interval.high


@pytest.mark.parametrize("count", [0, 7])
def test_a_plot_shows_as_many_curves_as_can_be_told_apart(count: int, ax: Axes) -> None:
    with pytest.raises(ValueError, match=f"1 to 6 curves, not {count}"):
        plot_security_curves([curve()] * count, ax, protocol=DEMO, dataset="DIGITS")


def test_the_same_curves_make_the_same_bytes(tmp_path: Path) -> None:
    curves = [curve(attacked=4, submitted=True), curve("S 90 %", shift=0.01)]
    written = []
    for name in ("once", "again"):
        png, svg = tmp_path / f"{name}.png", tmp_path / f"{name}.svg"
        save_curves(curves, png=png, svg=svg, protocol=DEMO, dataset="DIGITS", title="Digits")
        written.append((png.read_bytes(), svg.read_bytes()))
    assert written[0] == written[1]
    assert written[0][0].startswith(b"\x89PNG")
    assert b"<dc:date>" not in written[0][1]


def test_a_network_that_nothing_breaks_can_be_drawn(tmp_path: Path) -> None:
    unbroken = Curve(label="US 90 %", distances=np.full(3, np.inf, dtype=np.float32))
    save_curves([unbroken], png=tmp_path / "a.png", svg=tmp_path / "a.svg", protocol=APB, dataset="CIFAR10")
    assert (tmp_path / "a.png").stat().st_size > 1000
