"""States, their labels, and which may follow which."""

import re

import pytest

from bot.lifecycle.state import (
    APPROVE,
    LABELS,
    STATE_LABELS,
    State,
    is_approve,
    label_changes,
    may_follow,
    state_of,
    states_shown,
)


def test_each_state_has_one_label_of_its_own() -> None:
    assert set(STATE_LABELS) == set(State)
    assert len({label.name.casefold() for label in LABELS}) == len(State) + 1


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.name)
def test_labels_are_what_github_takes(label) -> None:
    assert len(label.name) <= 50
    assert len(label.description) <= 100
    assert re.fullmatch("[0-9a-f]{6}", label.colour)


@pytest.mark.parametrize("state", State)
def test_a_state_is_read_from_its_label(state: State) -> None:
    assert states_shown(["bug", STATE_LABELS[state].name.upper()]) == (state,)


def test_of_two_labels_the_one_that_grants_less_counts() -> None:
    assert state_of(["apbot: verified", "apbot: awaiting approval"], None) is State.AWAITING_APPROVAL


def test_the_record_outweighs_labels_set_by_hand() -> None:
    assert state_of(["apbot: verified"], State.NEEDS_AUTHOR) is State.NEEDS_AUTHOR


def test_an_issue_without_our_labels_has_no_state() -> None:
    assert state_of(["bug"], None) is None


def test_labels_are_mended_and_those_of_others_stay() -> None:
    add, remove = label_changes(["bug", "Apbot: Verified", "apbot: queued", APPROVE.name], State.RUNNING)
    assert add == {"apbot: running"}
    assert remove == {"Apbot: Verified", "apbot: queued", APPROVE.name}


def test_right_labels_are_left_alone() -> None:
    assert label_changes(["bug", "APBOT: running"], State.RUNNING) == (frozenset(), frozenset())


def test_the_approving_label_counts_in_any_case() -> None:
    assert is_approve("Apbot: Approve")
    assert not is_approve("apbot: approved")


def test_nothing_runs_unapproved() -> None:
    # A run is entered from the queue or from waiting alone, and the queue never from a text that needs mending.
    assert {before for before in State if may_follow(before, State.RUNNING)} == {
        State.QUEUED,
        State.WAITING,
        State.RUNNING,
    }
    assert not may_follow(State.NEEDS_AUTHOR, State.QUEUED)
    assert not may_follow(State.CANCELLED, State.QUEUED)


def test_what_is_merged_ends_unless_it_is_opened_again() -> None:
    assert not may_follow(State.MERGED, State.CANCELLED)
    assert may_follow(State.MERGED, State.AWAITING_APPROVAL)


def test_every_state_can_be_reached_from_the_first_reading() -> None:
    seen: set[State | None] = {None}
    while True:
        further = {state for state in State for before in seen if may_follow(before, state)} | seen
        if further == seen:
            break
        seen = further
    assert seen == {None, *State}
