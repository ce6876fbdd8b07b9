"""Whose turn it is."""

from dataclasses import replace

from doubles.lifecycle import NOON, minutes
from hypothesis import given
from hypothesis import strategies as st

from bot.lifecycle.queue import Running, Waiting, queue
from bot.reply.living_comment import QueuePlace


def wait(issue: int, author: str, at: int) -> Waiting:
    return Waiting(issue=issue, author=author, approved_at=minutes(at))


# Ada approved thrice before anybody else came.
CROWD = (
    wait(1, "ada", 0),
    wait(2, "ada", 1),
    wait(3, "ada", 2),
    wait(4, "bob", 3),
    wait(5, "cyd", 4),
    wait(6, "bob", 5),
)


def test_authors_take_turns_and_the_oldest_goes_first() -> None:
    assert queue(CROWD, (), NOON, slots=0).order == (1, 4, 5, 2, 6, 3)


def test_what_runs_counts_as_a_turn() -> None:
    assert queue(CROWD[1:], [Running(issue=1, author="ada")], NOON, slots=0).order == (4, 5, 2, 6, 3)


def test_whoever_was_served_last_comes_last_however_early_the_approval() -> None:
    """Ada's first submission is measured, and both others wait: the slot goes to Bob, who came later."""
    left = [CROWD[1], CROWD[2], CROWD[3]]
    assert queue(left, (), NOON, slots=1, served={"ADA": 7}).start == (4,)
    assert queue(left[:2], (), NOON, slots=1, served={"ada": 7, "bob": 8}).start == (2,)
    assert queue(CROWD[1:5], (), NOON, slots=1, served={"ada": 9, "bob": 8, "cyd": 7}).order == (5, 4, 2, 3)


def test_nobody_waits_for_the_second_of_another() -> None:
    """With one slot, five of one author's approved first: each new author is next in line."""
    waiting = [wait(number, "ada", number) for number in range(1, 5)]
    served: dict[str, int] = {}
    begun = []
    for run, newcomer in enumerate(("bob", "cyd", "", "", ""), 1):
        (issue,) = queue(waiting, (), NOON, slots=1, served=served).start
        one = next(one for one in waiting if one.issue == issue)
        begun.append(one.author)
        served[one.author] = run
        waiting.remove(one)
        waiting += [wait(run + 50, newcomer, run + 50)] if newcomer else []
    assert begun == ["ada", "bob", "cyd", "ada", "ada"]


def test_as_many_begin_as_there_are_slots() -> None:
    found = queue(CROWD, [Running(issue=9, author="eve")], NOON, slots=3)
    assert found.start == (1, 4)
    assert found.places == {
        5: QueuePlace(position=1, length=4),
        2: QueuePlace(position=2, length=4),
        6: QueuePlace(position=3, length=4),
        3: QueuePlace(position=4, length=4),
    }


def test_one_author_does_not_fill_all_slots() -> None:
    assert queue(CROWD[:3], (), NOON, slots=5).start == (1,)
    assert queue(CROWD[:3], (), NOON, slots=5, running_per_author=2).start == (1, 2)


def test_an_author_under_another_case_is_the_same() -> None:
    assert queue(CROWD[1:2], [Running(issue=1, author="ADA")], NOON, slots=5).start == ()


def test_what_must_wait_lets_others_pass_and_keeps_its_place() -> None:
    first = replace(CROWD[0], not_before=minutes(60))
    found = queue([first, *CROWD[3:5]], (), NOON, slots=1)
    assert (found.order, found.start) == ((1, 4, 5), (4,))
    assert queue([first, *CROWD[3:5]], (), minutes(60), slots=1).start == (1,)


def test_too_many_of_one_author_are_held() -> None:
    flood = [wait(number, "ada", number) for number in range(1, 9)]
    found = queue([*flood, wait(20, "bob", 50)], [Running(issue=99, author="ada")], NOON, slots=0)
    assert found.order == (20, 1, 2, 3)
    assert found.held == (4, 5, 6, 7, 8)


entries = st.lists(
    st.builds(wait, st.integers(1, 10_000), st.sampled_from(["ada", "bob", "cyd", "dan"]), st.integers(0, 3)),
    max_size=30,
    unique_by=lambda one: one.issue,
)


@given(entries, st.randoms(), st.integers(0, 5))
def test_the_order_of_the_list_does_not_matter(waiting, random, slots: int) -> None:
    mixed = list(waiting)
    random.shuffle(mixed)
    assert queue(mixed, (), NOON, slots=slots) == queue(waiting, (), NOON, slots=slots)


@given(entries, st.integers(0, 5))
def test_nothing_is_lost_and_nobody_waits_for_anothers_second(waiting, slots: int) -> None:
    found = queue(waiting, (), NOON, slots=slots)
    author = {one.issue: one.author for one in waiting}
    assert sorted((*found.order, *found.held)) == sorted(author)
    assert len(found.start) <= slots
    firsts = {author[issue] for issue in found.order}
    assert {author[issue] for issue in found.order[: len(firsts)]} == firsts
