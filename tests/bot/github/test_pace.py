"""The budget of writes: GitHub's windows are kept however requests come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.github.pace import CONTENTS, POINTS, Allowance, Cost, Pace


def sent(pace: Pace, costs: list[Cost], pauses: list[float] | None = None) -> list[float]:
    """When each request is sent by someone who waits as long as told."""
    now, times = 0.0, []
    for place, cost in enumerate(costs):
        now += pauses[place] if pauses else 0.0
        now += pace.delay(cost, now)
        pace.spend(cost, now)
        times.append(now)
    return times


def test_reading_need_not_wait() -> None:
    assert sent(Pace(), [Cost.READ] * 500) == [0.0] * 500


def test_between_two_writes_lies_a_second() -> None:
    assert sent(Pace(), [Cost.WRITE, Cost.READ, Cost.CREATE, Cost.WRITE]) == [0.0, 0.0, 1.0, 2.0]


def test_contents_of_an_hour_are_spread() -> None:
    pace = Pace(contents=(Allowance(amount=3, seconds=60), Allowance(amount=5, seconds=3600)), writes=())
    assert sent(pace, [Cost.CREATE] * 7) == [0.0, 0.0, 0.0, 60.0, 60.0, 3600.0, 3600.0]


def test_a_write_costs_five_points() -> None:
    pace = Pace(points=(Allowance(amount=11, seconds=60),), writes=())
    assert sent(pace, [Cost.WRITE, Cost.WRITE, Cost.READ, Cost.READ]) == [0.0, 0.0, 0.0, 60.0]


def test_a_change_of_what_is_there_is_no_content() -> None:
    pace = Pace(contents=(Allowance(amount=1, seconds=3600),), writes=())
    assert sent(pace, [Cost.CREATE, Cost.WRITE, Cost.WRITE]) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("ours", "githubs"), [(POINTS, 900), (CONTENTS[0], 80), (CONTENTS[1], 500)])
def test_room_is_left_for_other_runs(ours: Allowance, githubs: int) -> None:
    assert ours.amount == githubs * 0.9


@given(st.lists(st.tuples(st.sampled_from(list(Cost)), st.floats(0, 20)), max_size=60))
def test_no_window_ever_holds_more_than_it_may(requests: list[tuple[Cost, float]]) -> None:
    points, contents = Allowance(amount=23, seconds=30), Allowance(amount=3, seconds=20)
    pace = Pace(points=(points,), contents=(contents,))
    costs = [cost for cost, _ in requests]
    times = sent(pace, costs, [pause for _, pause in requests])
    for end in times:
        within = [(cost, at) for cost, at in zip(costs, times, strict=True) if end - points.seconds + 1e-6 < at <= end]
        assert sum(cost.points for cost, _ in within) <= points.amount
        assert sum(cost.contents for cost, at in within if at > end - contents.seconds + 1e-6) <= contents.amount
