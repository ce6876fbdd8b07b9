"""Who may approve, what an approval is bound to, and what it leads to."""

from dataclasses import replace

import pytest
from doubles.lifecycle import (
    AUTHOR,
    BODY,
    BROKEN,
    CLAIM_EDITED,
    FILE_EDITED,
    MAINTAINER,
    PROTOCOL,
    STRANGER,
    after,
    approved,
    by_label,
    checked,
    issue,
    measured,
    minutes,
    record,
    submission,
)

from apcore.failure import Turn
from bot.lifecycle.approval import Approving, approve
from bot.lifecycle.decision import Decision
from bot.lifecycle.people import Person, Role
from bot.lifecycle.plan import make_plan
from bot.lifecycle.record import Appeal, Record
from bot.lifecycle.state import APPROVE, State

LABELS = ("apbot: awaiting approval", APPROVE.name)


def answer(
    approving: Approving | None = None, before: Record | None = None, text: str = BODY, labels: tuple[str, ...] = LABELS
) -> Decision:
    before = before or record()
    return approve(issue(*labels), approving or by_label(), checked(text, before), before, PROTOCOL, minutes(11))


def dispatched(sha256: str, person: Person = MAINTAINER) -> Approving:
    return Approving(by=person, at=minutes(10), sha256=sha256)


@pytest.mark.parametrize("role", [Role.WRITE, Role.MAINTAIN, Role.ADMIN])
def test_a_maintainers_label_queues_the_submission(role: Role) -> None:
    decision = answer(by_label(Person(login="keeper", role=role)))
    assert decision.record == approved()
    assert decision.add_labels == {"apbot: queued"}
    assert decision.remove_labels == set(LABELS)
    assert decision.comment.startswith("🕒 **Approved, waiting for a runner**: `ThinNet_Doe2026Thin` under `apb-2024`.")
    assert not decision.publish


@pytest.mark.parametrize("role", [Role.NONE, Role.READ, Role.TRIAGE])
def test_nobody_else_can_approve(role: Role) -> None:
    decision = answer(by_label(Person(login="passer-by", role=role)))
    assert decision.record.approved is None
    assert decision.remove_labels == {APPROVE.name}
    assert decision.notices[0].text.startswith(
        "@passer-by, only maintainers of this repository can approve a submission, so nothing is run."
    )


def test_an_author_cannot_approve_by_dispatch_either() -> None:
    decision = answer(dispatched(submission().sha256, AUTHOR))
    assert decision.record.approved is None
    assert decision.notices[0].text.startswith("@doe, only maintainers")


def test_a_role_of_an_organisations_own_is_none() -> None:
    assert Role.read("security-manager") is Role.NONE
    assert Role.read("maintain").is_maintainer


def test_what_needs_mending_cannot_be_approved() -> None:
    decision = answer(text=BROKEN, before=Record(issue=7, state=State.NEEDS_AUTHOR))
    assert decision.record.state is State.NEEDS_AUTHOR
    assert "there is nothing to approve yet" in decision.notices[0].text


@pytest.mark.parametrize("text", [CLAIM_EDITED, FILE_EDITED], ids=["claim", "file"])
def test_a_label_on_a_text_that_the_comment_did_not_show_is_refused(text: str) -> None:
    decision = answer(text=text)
    assert decision.record == record(text=text, shown_at=minutes(11))
    assert "has changed since you could have read my comment" in decision.notices[0].text
    assert submission(text).sha256[:16] in decision.notices[0].text


def test_a_label_moments_after_a_change_is_refused() -> None:
    decision = answer(by_label(at=minutes(10)), record(shown_at=minutes(6)))
    assert decision.record.approved is None
    assert "changed less than 5 minutes before you approved it" in decision.notices[0].text


def test_a_dispatch_names_the_hash_and_need_not_wait() -> None:
    decision = answer(dispatched(submission().sha256), record(shown_at=minutes(9)))
    assert decision.record.is_approved


def test_a_dispatch_with_another_hash_is_refused() -> None:
    decision = answer(dispatched(submission(CLAIM_EDITED).sha256))
    assert decision.record.approved is None
    assert decision.notices[0].text.startswith(
        f"@keeper, you approved `{submission(CLAIM_EDITED).sha256[:16]}`, but the submission is"
    )


def test_without_a_record_nothing_was_shown_so_nothing_is_approved() -> None:
    decision = approve(issue(*LABELS), by_label(), checked(), None, PROTOCOL, minutes(11))
    assert decision.record == record(shown_at=minutes(11))


@pytest.mark.parametrize("person", [MAINTAINER, STRANGER])
def test_the_same_label_event_twice_leaves_the_same_issue(person: Person) -> None:
    first = answer(by_label(person))
    labels = tuple(after(issue(*LABELS), first).labels)
    second = answer(by_label(person), first.record, labels=labels)
    assert second.record == first.record
    assert (second.add_labels, second.remove_labels) == (frozenset(), frozenset())
    assert second.comment in (None, first.comment)
    assert {notice.key for notice in second.notices} <= {notice.key for notice in first.notices}


def test_a_stranger_does_not_disturb_what_is_approved() -> None:
    decision = answer(by_label(STRANGER), approved(State.RUNNING), labels=("apbot: running", APPROVE.name))
    assert decision.record == approved(State.RUNNING)
    assert decision.remove_labels == {APPROVE.name}


def test_an_approval_of_what_is_measured_already_publishes_without_a_run() -> None:
    before = replace(record(text=CLAIM_EDITED), checkpoints=measured())
    assert answer(before=before, text=CLAIM_EDITED).publish


def test_an_approval_of_what_is_measured_in_part_does_not() -> None:
    before = replace(record(text=FILE_EDITED), checkpoints=measured())
    decision = answer(before=before, text=FILE_EDITED)
    assert not decision.publish
    assert decision.comment.count("✓ confirmed, from an earlier run") == 2


def test_approving_what_waits_tries_at_once() -> None:
    decision = answer(before=approved(State.WAITING, attempts=5, not_before=minutes(900)))
    assert decision.record == approved(State.QUEUED)


def test_approving_grants_an_appeal() -> None:
    before = approved(State.REFUTED, checkpoints=measured(), appeal=Appeal.ASKED)
    decision = answer(before=before)
    assert decision.record == replace(before, state=State.QUEUED, appeal=Appeal.GRANTED, appeals=1)
    assert not decision.publish


@pytest.mark.parametrize("state", [State.CANCELLED, State.MERGED])
def test_what_has_ended_is_read_anew_before_it_is_approved(state: State) -> None:
    decision = answer(before=record(state))
    assert decision.record == record(state)
    assert "this submission has ended, so your approval was not taken" in decision.notices[0].text


def test_approving_what_its_author_had_to_mend_tries_it_anew() -> None:
    failed = tuple(replace(one, result=None, turn=Turn.CONTRIBUTOR) for one in measured())
    decision = answer(before=approved(State.NEEDS_AUTHOR, checkpoints=failed))
    assert decision.record.state is State.QUEUED
    assert len(make_plan(submission(), PROTOCOL, decision.record).jobs) == 3


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("is_approved", [True, False])
def test_an_approval_gets_an_answer_in_every_state(state: State, *, is_approved: bool) -> None:
    before = approved(state) if is_approved else record(state)
    for person in (MAINTAINER, STRANGER):
        answer(by_label(person), before, text=BODY)
        answer(by_label(person), before, text=CLAIM_EDITED)
        answer(by_label(person), before, text=BROKEN)


def test_approving_twice_changes_nothing() -> None:
    before = approved(State.VERIFIED, checkpoints=measured())
    assert answer(before=before, labels=("apbot: verified",)) == Decision(record=before, log=("approved already",))
