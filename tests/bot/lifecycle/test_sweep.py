"""What is put right on a schedule."""

from dataclasses import replace

import pytest
from doubles.lifecycle import (
    BODY,
    CLAIM_EDITED,
    PROTOCOL,
    approved,
    measured,
    minutes,
    record,
    submission,
)

from bot.lifecycle.closing import Merge
from bot.lifecycle.decision import Issue, with_record
from bot.lifecycle.record import Record, Run, recall
from bot.lifecycle.retries import MAX_ATTEMPTS
from bot.lifecycle.runs import Situation
from bot.lifecycle.state import STATE_LABELS, State
from bot.lifecycle.sweep import GRACE, PullSeen, Sweep, Tended, broken_links, sweep
from bot.reply.last_words import LastWords

NOW = minutes(600)
RUN = Run(id=901, submission=submission().sha256, started=minutes(20))
RUNNING = approved(State.RUNNING, run=RUN, checkpoints=tuple(replace(one, result=None) for one in measured()))
MERGE = Merge(
    pull_request=17,
    words=LastWords(
        ap_key="ThinNet_Doe2026Thin",
        verdicts="3 confirmed",
        pull_request=17,
        page_url="https://example.org/page",
        badge_url="https://example.org/badge.svg",
    ),
)


def tend(
    before: Record, number: int = 7, text: str | None = BODY, *, author: str = "doe", labels=None, **changes
) -> Tended:
    before = replace(before, issue=number)
    found = Issue(
        number=number,
        author=author,
        labels=frozenset([STATE_LABELS[before.state].name] if labels is None else labels),
    )
    situation = Situation(
        issue=replace(found, is_open=changes.pop("is_open", True)),
        record=before,
        submission=None if text is None else submission(text),
        protocol=PROTOCOL,
        living=f"<!-- apbot:living -->\n{with_record('What stood there.', before)}",
        now=NOW,
    )
    return Tended(situation=situation, **changes)


def swept(*tended: Tended, slots: int = 1, unread=()) -> Sweep:
    return sweep(tended, unread, NOW, slots=slots)


def again(tended: Tended, first: Sweep) -> Tended:
    """The issue as the next sweep finds it."""
    number = tended.situation.issue.number
    decision = first.decisions.get(number)
    if decision is None:
        return tended
    labels = (tended.situation.issue.labels - decision.remove_labels) | decision.add_labels
    living = tended.situation.living if decision.comment is None else f"<!-- apbot:living -->\n{decision.comment}"
    return replace(
        tended,
        situation=replace(
            tended.situation,
            issue=replace(tended.situation.issue, labels=labels),
            record=recall(living, number).record,
            living=living,
        ),
    )


def test_what_is_in_order_is_left_alone() -> None:
    found = swept(tend(record()), tend(approved(State.VERIFIED), 8))
    assert (found.decisions, found.read_anew, found.rebuild, found.queue.order) == ({}, (), (), ())


def test_an_issue_whose_event_was_lost_is_read() -> None:
    assert swept(unread=[12, 11]).read_anew == (11, 12)


def test_an_edit_whose_event_was_lost_is_read_and_not_run() -> None:
    found = swept(tend(approved(), text=CLAIM_EDITED), tend(approved(), 8, None))
    assert found.read_anew == (7, 8)
    assert found.queue.order == ()


def test_a_check_that_failed_is_made_again() -> None:
    assert swept(tend(Record(issue=7, state=State.WAITING), text=None)).read_anew == (7,)


def test_a_run_that_died_is_tried_again_after_a_while() -> None:
    fresh = tend(RUNNING, run_over_since=NOW - GRACE / 2)
    assert swept(fresh).decisions[7].record == replace(RUNNING, issue=7)
    found = swept(tend(RUNNING, run_over_since=NOW - GRACE)).decisions[7].record
    assert (found.state, found.run, found.attempts, found.not_before) == (State.WAITING, None, 1, minutes(630))


def test_what_was_started_and_has_not_begun_takes_a_place_and_is_not_started_again() -> None:
    found = swept(tend(approved(), is_starting=True), tend(approved(), 8, author="roe"))
    assert (found.queue.order, found.queue.start) == ((8,), ())


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (replace(RUNNING, state=State.CANCELLED, approved=None), BODY),
        (replace(RUNNING, state=State.NEEDS_AUTHOR, approved=None, submission=None), None),
    ],
    ids=["cancelled", "nothing left to measure"],
)
def test_a_run_in_vain_is_stopped_until_it_is_over(before: Record, text: str | None) -> None:
    assert swept(tend(before, text=text)).decisions[7].cancel_run == 901
    over = swept(tend(before, text=text, run_over_since=NOW - GRACE / 2))
    assert over.decisions.get(7) is None


def test_a_run_that_nobody_knows_is_lost_at_once() -> None:
    assert swept(tend(RUNNING, run_is_unknown=True)).decisions[7].record.state is State.WAITING


def test_what_waited_long_enough_is_queued() -> None:
    waiting = approved(State.WAITING, attempts=2, not_before=minutes(600))
    found = swept(tend(waiting))
    assert found.decisions[7].record == replace(waiting, state=State.QUEUED, not_before=None)
    assert found.queue.start == (7,)


def test_what_must_still_wait_waits() -> None:
    assert swept(tend(approved(State.WAITING, attempts=2, not_before=minutes(601)))).decisions == {}


def test_what_was_given_up_stays_so() -> None:
    found = swept(tend(approved(State.WAITING, attempts=MAX_ATTEMPTS, not_before=None)))
    assert (found.decisions, found.queue.order) == ({}, ())


def test_approved_issues_without_a_run_are_queued_and_told_their_place() -> None:
    found = swept(
        tend(RUNNING, 5, author="ada"), tend(approved(), 6, author="bob"), tend(approved(), 7, author="cyd"), slots=2
    )
    assert found.queue.start == (6,)
    assert found.decisions[7].comment.startswith("🕒 **Approved, number 1 of 1 in the queue**")
    assert found.decisions[7].notices == ()


def test_a_second_sweep_does_nothing() -> None:
    crowd = [
        tend(RUNNING, 5, author="ada", run_is_unknown=True),
        tend(approved(), 6, author="bob", labels=["apbot: verified", "bug"]),
        tend(approved(), 7, author="cyd"),
        tend(approved(State.WAITING, attempts=1, not_before=minutes(500)), 8, author="dan"),
        tend(approved(State.VERIFIED), 9, author="eve", merge=MERGE),
    ]
    first = swept(*crowd, slots=0)
    assert sorted(first.decisions) == [5, 6, 7, 8, 9]
    second = [again(one, first) for one in crowd]
    second[4] = replace(
        second[4], situation=replace(second[4].situation, issue=replace(second[4].situation.issue, is_open=False))
    )
    assert swept(*second, slots=0).decisions == {}


def test_labels_set_by_hand_are_mended() -> None:
    found = swept(tend(record(), labels=["apbot: verified", "apbot: approve"])).decisions[7]
    assert found.remove_labels == {"apbot: verified", "apbot: approve"}
    assert found.record.approved is None


def test_a_pull_request_behind_main_is_made_anew() -> None:
    done = approved(State.VERIFIED, pull_request=17)
    found = swept(
        tend(done, 5, pull=PullSeen(is_on_main=True, has_conflict=False)),
        tend(done, 6, pull=PullSeen(is_on_main=False, has_conflict=False)),
        tend(done, 7, pull=PullSeen(is_on_main=True, has_conflict=True)),
        tend(
            replace(done, approved=None, state=State.AWAITING_APPROVAL),
            8,
            pull=PullSeen(is_on_main=False, has_conflict=True),
        ),
    )
    assert found.rebuild == (6, 7)


def test_a_merge_whose_event_was_lost_is_told() -> None:
    found = swept(tend(approved(State.VERIFIED, pull_request=17), merge=MERGE)).decisions[7]
    assert (found.record.state, found.close) == (State.MERGED, True)


def test_a_closed_issue_whose_event_was_lost_runs_no_more() -> None:
    assert swept(tend(RUNNING, is_open=False)).decisions[7].cancel_run == 901


def test_broken_links_are_told_once() -> None:
    one = tend(approved(State.VERIFIED)).situation
    ids = {submission().models[0].checkpoint.id, submission().models[2].checkpoint.id, "another"}
    first = broken_links(one, ids)
    assert "the checkpoint of Model 1, Model 3 can no longer be read" in first.notices[0].text
    assert first.comment.startswith("What stood there.")
    assert broken_links(replace(one, record=first.record), ids).notices == ()
    assert broken_links(one, {"another"}).comment is None
