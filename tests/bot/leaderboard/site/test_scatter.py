"""The picture of a board: where marks and ticks stand."""

import pytest

from bot.leaderboard.site.scatter import axis


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([43.35, 83.38], (40, 50, 60, 70, 80, 90)),
        ([80.0], (80, 81)),
        ([0.0, 100.0], (0, 20, 40, 60, 80, 100)),
        ([76.2, 79.9], (76, 77, 78, 79, 80)),
    ],
    ids=str,
)
def test_an_axis_ends_on_the_ticks_around_its_values(values: list[float], ticks: tuple[int, ...]) -> None:
    found = axis(values, 0, 100)
    assert found.ticks == ticks
    assert (found.place(ticks[0]), found.place(ticks[-1])) == (0, 100)


def test_a_value_stands_in_proportion_between_the_ends() -> None:
    up = axis([10, 30], 200, 0)
    assert (up.place(10), up.place(20), up.place(30)) == (200, 100, 0)
