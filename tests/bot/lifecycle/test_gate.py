"""What the text of an issue leads to."""

from dataclasses import replace

import pytest
from doubles.lifecycle import (
    BODY,
    BROKEN,
    CLAIM_EDITED,
    FILE_EDITED,
    NOON,
    PROSE_EDITED,
    PROTOCOL,
    after,
    approved,
    checked,
    issue,
    measured,
    minutes,
    record,
    submission,
)

from apcore.errors import MachineError
from bot.lifecycle.decision import COMMENT_LENGTH, Decision
from bot.lifecycle.gate import Act, gate
from bot.lifecycle.record import Record, Run, Tried, recall
from bot.lifecycle.state import APPROVE, State
from bot.stages.check import Check, check

FAULT = MachineError(where="rules", message="a rule failed", fix="mend the rule")


def seen(text: str = BODY, before: Record | None = None, act: Act = Act.EDITED, *labels: str, now=NOON) -> Decision:
    return gate(issue(*labels), act, checked(text, before), before, PROTOCOL, now)


def faulty(before: Record | None = None) -> Decision:
    answer: Check = replace(checked(), submission=None, failures=(FAULT,), exit_code=3)
    return gate(issue(), Act.EDITED, answer, before, PROTOCOL, NOON)


def test_a_complete_submission_awaits_approval() -> None:
    decision = seen(act=Act.OPENED)
    assert decision.record == record()
    assert decision.add_labels == {"apbot: awaiting approval"}
    assert decision.comment.startswith("✅ **This submission is complete and ready for approval.**")
    assert recall(decision.comment, 7).record == decision.record
    assert decision.notices == ()


def test_what_people_read_is_the_answer_of_the_check_byte_for_byte() -> None:
    assert seen(act=Act.OPENED).comment.startswith(check(BODY, PROTOCOL, ()).comment.rstrip())


def test_a_submission_with_an_error_is_its_authors_turn() -> None:
    decision = seen(BROKEN, act=Act.OPENED)
    assert decision.record == Record(issue=7, state=State.NEEDS_AUTHOR)
    assert decision.add_labels == {"apbot: needs author"}


def test_the_approving_label_of_a_template_has_no_effect() -> None:
    decision = seen(BODY, None, Act.OPENED, APPROVE.name)
    assert decision.record.approved is None
    assert decision.remove_labels == {APPROVE.name}
    assert [notice.key for notice in decision.notices] == ["label-from-the-start"]
    assert decision.notices[0].text.startswith("@doe, the label by which a maintainer approves")


def test_a_label_that_a_maintainer_has_just_set_is_left_to_its_own_event() -> None:
    decision = seen(BODY, record(), Act.EDITED, APPROVE.name)
    assert decision.notices == ()
    assert decision.remove_labels == {APPROVE.name}


@pytest.mark.parametrize("text", [BODY, BROKEN], ids=["complete", "broken"])
def test_the_same_event_twice_leaves_the_same_issue(text: str) -> None:
    first = seen(text, None, Act.OPENED, APPROVE.name)
    labels = after(issue(APPROVE.name), first).labels
    second = gate(issue(*labels), Act.OPENED, checked(text, first.record), first.record, PROTOCOL, minutes(9))
    assert second == replace(first, notices=(), add_labels=frozenset(), remove_labels=frozenset())


def test_mending_an_issue_leads_to_approval() -> None:
    decision = seen(BODY, seen(BROKEN).record, now=minutes(5))
    assert decision.record == record(shown_at=minutes(5))


def test_editing_what_reads_equal_keeps_the_approval_and_writes_nothing() -> None:
    before = approved()
    decision = seen(PROSE_EDITED, before)
    assert decision == Decision(record=before, add_labels=frozenset({"apbot: queued"}))


@pytest.mark.parametrize("text", [CLAIM_EDITED, FILE_EDITED], ids=["claim", "file"])
def test_editing_the_submission_voids_the_approval(text: str) -> None:
    decision = seen(text, approved(), now=minutes(20))
    assert decision.record.approved is None
    assert decision.record.state is State.AWAITING_APPROVAL
    assert decision.record.shown_at == minutes(20)
    assert decision.notices[0].text.startswith("@doe, the submission has changed after it was approved")
    assert "@keeper, please look at the comment above" in decision.notices[0].text


def test_taking_an_edit_back_does_not_bring_the_approval_back() -> None:
    away = seen(CLAIM_EDITED, approved())
    assert seen(BODY, away.record).record.approved is None


def test_breaking_the_submission_voids_the_approval_and_stops_the_run() -> None:
    run = Run(id=901, submission=submission().sha256, started=minutes(15))
    decision = seen(BROKEN, approved(State.RUNNING, run=run))
    assert (decision.record.approved, decision.record.run, decision.cancel_run) == (None, run, 901)


def running(text: str = BODY) -> Record:
    tried = tuple(replace(one, result=None) for one in measured(text))
    return approved(
        State.RUNNING, checkpoints=tried, run=Run(id=901, submission=submission(text).sha256, started=minutes(15))
    )


def test_a_run_goes_on_when_only_a_claim_is_edited() -> None:
    decision = seen(CLAIM_EDITED, running())
    assert decision.cancel_run is None
    assert decision.record.run == running().run
    assert decision.record.approved is None


def test_a_run_is_stopped_when_it_measures_a_file_that_is_no_longer_asked() -> None:
    decision = seen(FILE_EDITED, running())
    assert decision.cancel_run == 901


def test_a_run_that_goes_on_is_stopped_by_a_later_edit_of_a_file() -> None:
    assert seen(FILE_EDITED, seen(CLAIM_EDITED, running()).record).cancel_run == 901


def test_the_comment_says_what_need_not_be_measured_again() -> None:
    before = approved(State.VERIFIED, checkpoints=measured())
    assert seen(CLAIM_EDITED, before).comment.startswith("♻️ **Already measured: every checkpoint is as it was**")
    assert seen(FILE_EDITED, before).comment.startswith("♻️ **Already measured: 2 of 3 checkpoints are as they were**")


def test_results_of_checkpoints_that_went_away_are_kept_for_their_return() -> None:
    other = Tried(key=replace(measured()[0].key, sparsity=50), asked="a" * 64)
    decision = seen(CLAIM_EDITED, approved(checkpoints=(other, *measured())))
    assert decision.record.checkpoints == (*measured(), other)


def test_labels_set_by_hand_are_mended_without_a_word() -> None:
    decision = seen(BODY, approved(), Act.EDITED, "apbot: verified", "bug")
    assert decision.remove_labels == {"apbot: verified"}
    assert decision.add_labels == {"apbot: queued"}
    assert decision.comment is None


def test_a_fault_of_the_check_is_ours_and_waits() -> None:
    decision = faulty()
    assert decision.record == Record(issue=7, state=State.WAITING)
    assert decision.log == ("the check failed: rules: a rule failed",)


def test_a_fault_of_the_check_takes_no_approval_away() -> None:
    before = approved(State.RUNNING)
    assert faulty(before).record == before


def test_a_check_that_works_again_ends_the_waiting() -> None:
    assert seen(BODY, faulty().record).record.state is State.AWAITING_APPROVAL


def test_a_closed_or_merged_issue_is_not_read_again() -> None:
    closed = gate(issue(is_open=False), Act.EDITED, checked(), None, PROTOCOL, NOON)
    assert closed == Decision(record=None)
    merged = record(State.MERGED)
    assert seen(CLAIM_EDITED, merged).record == merged


@pytest.mark.parametrize("act", [Act.REOPENED, Act.ASKED])
def test_a_cancelled_submission_comes_back_unapproved(act: Act) -> None:
    decision = seen(BODY, approved(State.CANCELLED), act, now=minutes(60))
    assert decision.record == record(shown_at=minutes(60))


def test_a_long_answer_leaves_room_for_the_record() -> None:
    before = approved(State.VERIFIED, checkpoints=measured())
    text = BROKEN + "\n".join(f"Checkpoint (Google Drive link or id): https://example.org/{n}" for n in range(2000))
    decision = seen(text, before)
    assert len(decision.comment) <= COMMENT_LENGTH
    assert recall(decision.comment, 7).record == decision.record


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("act", Act)
def test_every_text_is_decided_in_every_state(state: State, act: Act) -> None:
    run = Run(id=901, submission=submission().sha256, started=minutes(15))
    for before in (record(state), approved(state, run=run), approved(state, checkpoints=measured())):
        for text in (BODY, PROSE_EDITED, CLAIM_EDITED, FILE_EDITED, BROKEN):
            decision = seen(text, before, act, now=minutes(60))
            unchanged = decision.record == before
            # An approval outlives no text that reads as another submission, whatever else is edited.
            assert unchanged or decision.record.approved is None or decision.record.is_approved
            again = gate(
                after(issue(), decision), act, checked(text, decision.record), decision.record, PROTOCOL, minutes(60)
            )
            assert again.record == decision.record
