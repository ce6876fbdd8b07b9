"""How a submission ends."""

from dataclasses import replace

import pytest
from doubles.lifecycle import PROTOCOL, approved, issue, measured, minutes, record, submission

from bot.lifecycle.closing import Merge, closed, merged
from bot.lifecycle.decision import with_record
from bot.lifecycle.record import Record, Run
from bot.lifecycle.runs import Situation
from bot.lifecycle.state import STATE_LABELS, State
from bot.reply.last_words import LastWords

RUN = Run(id=901, submission=submission().sha256, started=minutes(20))
MERGE = Merge(
    pull_request=17,
    words=LastWords(
        ap_key="ThinNet_Doe2026Thin",
        verdicts="3 confirmed",
        pull_request=17,
        page_url="https://example.github.io/board/ThinNet_Doe2026Thin",
        badge_url="https://example.github.io/board/badges/ThinNet_Doe2026Thin.svg",
    ),
)


def situation(before: Record, *, is_open: bool = True) -> Situation:
    return Situation(
        issue=issue(STATE_LABELS[before.state].name, is_open=is_open),
        record=before,
        submission=submission(),
        protocol=PROTOCOL,
        living=with_record("The result.", before),
        now=minutes(500),
    )


@pytest.mark.parametrize("state", [State.VERIFIED, State.REFUTED, State.CANCELLED])
def test_a_merge_closes_the_issue_with_a_last_word(state: State) -> None:
    before = approved(state, checkpoints=measured(), pull_request=17)
    decision = merged(situation(before), MERGE)
    assert decision.record.state is State.MERGED
    assert decision.close
    assert decision.notices[0].text.startswith("🏁 @doe, `ThinNet_Doe2026Thin` is [on the leaderboard]")
    assert decision.comment.startswith("The result.")
    assert decision.add_labels == {"apbot: merged"}


def test_the_last_word_is_said_once() -> None:
    before = approved(State.VERIFIED, pull_request=17)
    first = merged(situation(before), MERGE)
    again = merged(situation(first.record, is_open=False), MERGE)
    assert (again.notices, again.comment, again.close) == ((), None, False)


def test_closing_an_issue_stops_its_run_and_keeps_what_is_measured() -> None:
    decision = closed(situation(approved(State.RUNNING, checkpoints=measured()[:1], run=RUN), is_open=False))
    assert decision.record == record(State.CANCELLED, checkpoints=measured()[:1], run=RUN)
    assert decision.cancel_run == 901
    assert decision.comment.startswith("⏹️ **Cancelled: 1 of 3 checkpoints measured**")
    assert decision.notices == ()


def test_closing_a_measured_submission_leaves_its_result_to_read() -> None:
    decision = closed(situation(approved(State.REFUTED, checkpoints=measured()), is_open=False))
    assert decision.record.state is State.CANCELLED
    assert decision.comment.startswith("The result.")


def test_what_is_merged_stays_merged_when_its_issue_is_closed() -> None:
    before = replace(approved(State.MERGED), pull_request=17)
    assert closed(situation(before, is_open=False)).record == before
