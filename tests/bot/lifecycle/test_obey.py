"""What commands lead to, and what those who give them are told."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from doubles.lifecycle import (
    AUTHOR,
    BODY,
    BROKEN,
    CLAIM_EDITED,
    MAINTAINER,
    PROTOCOL,
    STRANGER,
    after,
    approved,
    checked,
    issue,
    measured,
    minutes,
    record,
    submission,
)

from apcore.failure import Turn
from apcore.verdict import Verdict
from bot.lifecycle.appeal import appealed, fresh_seeds
from bot.lifecycle.commands import command_in
from bot.lifecycle.decision import Decision, Issue, with_record
from bot.lifecycle.obey import Request, obey
from bot.lifecycle.people import Person, Role
from bot.lifecycle.plan import make_plan
from bot.lifecycle.record import Appeal, Record, Run
from bot.lifecycle.state import STATE_LABELS, State

GoldenCheck = Callable[[str, str], None]
BOTH = Person(login="doe", role=Role.ADMIN)
REFUTED = approved(
    State.REFUTED, checkpoints=(replace(measured(verdict=Verdict.REFUTED)[0]), *measured()[1:]), pull_request=17
)
RUN = Run(id=901, submission=submission().sha256, started=minutes(20))


def told(
    comment: str,
    by: Person = AUTHOR,
    before: Record | None = None,
    text: str = BODY,
    on: Issue | None = None,
) -> Decision:
    living = with_record("⏳ **The first line.**\n\nMore.", before) if before else ""
    labels = [STATE_LABELS[before.state].name] if before else []
    request = Request(
        issue=on or issue(*labels),
        by=by,
        comment_id=55,
        check=checked(text, before),
        record=before,
        living=living,
        protocol=PROTOCOL,
        now=minutes(30),
    )
    spoken = command_in(comment, by_a_bot=False)
    assert spoken is not None
    return obey(request, spoken)


def answer(decision: Decision) -> str:
    assert decision.notices[-1].key == "reply-55"
    return decision.notices[-1].text


@pytest.mark.parametrize(
    ("name", "by"), [("author", AUTHOR), ("maintainer", MAINTAINER), ("both", BOTH), ("stranger", STRANGER)]
)
def test_help_lists_what_the_asker_may_do(name: str, by: Person, golden: GoldenCheck) -> None:
    golden(f"commands/help_{name}.md", told("/apbot help", by).notices[0].text + "\n")


def test_the_help_of_a_stranger_names_nothing_else() -> None:
    assert "cancel" not in answer(told("/apbot help", STRANGER))


@pytest.mark.parametrize("comment", ["/apbot cancel", "/apbot retry", "/apbot appeal", "/apbot check"])
def test_a_stranger_changes_nothing(comment: str) -> None:
    decision = told(comment, STRANGER, approved(State.RUNNING, run=RUN))
    assert decision == Decision(record=approved(State.RUNNING, run=RUN), notices=decision.notices)
    assert "is for the author of this issue and for maintainers, so nothing was done" in answer(decision)


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("/apbot retyr", "there is no command `retyr`, so nothing was done. Did you mean `/apbot retry`?"),
        ("/apbot xylophone", "there is no command `xylophone`, so nothing was done. `/apbot help` lists"),
        ("/apbot @everyone", "there is no command `@everyone`, so nothing was done."),
        ("/apbot cancel everything", "did you mean `/apbot cancel`? It takes nothing else, so nothing was done."),
    ],
)
def test_unknown_commands_get_an_answer(comment: str, words: str) -> None:
    assert words in answer(told(comment))


def test_one_command_a_comment_is_obeyed_and_the_others_are_not_passed_over_in_silence() -> None:
    text = answer(told("/apbot status\n/apbot cancel", before=approved(State.RUNNING, run=RUN)))
    assert text.endswith("Of several commands in a comment the first alone is obeyed.")


def test_a_stranger_is_not_pointed_to_what_they_may_not_do() -> None:
    assert "Did you mean" not in answer(told("/apbot stop", STRANGER))


@pytest.mark.parametrize("state", [None, *State])
def test_status_tells_the_state_and_changes_nothing(state: State | None) -> None:
    before = None if state is None else record(state)
    decision = told("/apbot status", STRANGER, before)
    assert decision == Decision(record=before, notices=decision.notices)
    assert answer(decision).startswith("@passer-by, ")
    assert ("> ⏳ **The first line.**" in answer(decision)) == (state is not None)


def test_check_reads_the_issue_anew() -> None:
    decision = told("/apbot check", before=approved(State.CANCELLED))
    assert decision.record == record(shown_at=minutes(30))
    assert "the issue is read anew: a maintainer decides whether this is run." in answer(decision)


def test_check_lets_a_maintainer_decide_anew_about_a_file_that_was_mended_on_drive() -> None:
    failed = tuple(replace(one, result=None, turn=Turn.CONTRIBUTOR) for one in measured())
    before = approved(State.NEEDS_AUTHOR, checkpoints=failed)
    assert told("/apbot check", before=before).record == record(checkpoints=failed, shown_at=minutes(30))


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.WAITING])
def test_cancel_stops_what_runs_and_keeps_what_is_measured(state: State) -> None:
    before = approved(state, checkpoints=measured()[:1], run=RUN if state is State.RUNNING else None)
    decision = told("/apbot cancel", before=before)
    assert decision.record == record(State.CANCELLED, checkpoints=measured()[:1], run=before.run)
    assert decision.cancel_run == (901 if state is State.RUNNING else None)
    assert decision.comment.startswith("⏹️ **Cancelled: 1 of 3 checkpoints measured**")
    assert decision.add_labels == {"apbot: cancelled"}


def test_cancel_stops_a_run_whose_approval_is_void_too() -> None:
    decision = told("/apbot cancel", before=record(State.AWAITING_APPROVAL, run=RUN))
    assert decision.cancel_run == 901


def test_cancel_works_while_the_issue_is_broken() -> None:
    decision = told("/apbot cancel", before=approved(State.RUNNING, run=RUN), text=BROKEN)
    assert decision.cancel_run == 901


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.VERIFIED, State.MERGED])
def test_where_nothing_runs_there_is_nothing_to_cancel(state: State) -> None:
    assert "there is nothing to cancel" in answer(told("/apbot cancel", before=record(state)))


def failed(*turns: Turn) -> Record:
    tried = tuple(replace(one, result=None, turn=turn) for one, turn in zip(measured(), turns, strict=True))
    return approved(State.WAITING, checkpoints=tried, attempts=3, not_before=minutes(900))


def test_retry_queues_what_failed_on_our_side() -> None:
    decision = told("/apbot retry", before=failed(Turn.MACHINE, Turn.SERVICE, Turn.SERVICE))
    assert (decision.record.state, decision.record.not_before, decision.record.attempts) == (State.QUEUED, None, 0)
    assert answer(decision) == "@doe, what failed is queued again."


def test_retry_leaves_out_what_only_the_author_can_mend() -> None:
    decision = told("/apbot retry", before=failed(Turn.MACHINE, Turn.CONTRIBUTOR, Turn.SERVICE))
    plan = make_plan(submission(), PROTOCOL, decision.record)
    assert [key.sparsity for key in plan.keys] == [90, 99]
    assert "1 checkpoint that only the author can mend stays out." in answer(decision)


def test_retry_of_a_failed_check_reads_the_issue_anew() -> None:
    decision = told("/apbot retry", before=Record(issue=7, state=State.WAITING))
    assert decision.record.state is State.AWAITING_APPROVAL


@pytest.mark.parametrize("state", [State.AWAITING_APPROVAL, State.RUNNING, State.REFUTED])
def test_where_nothing_failed_there_is_nothing_to_retry(state: State) -> None:
    decision = told("/apbot retry", before=record(state))
    assert decision.record == record(state)
    assert "nothing failed here that a retry could mend" in answer(decision)


def test_an_authors_appeal_waits_for_a_maintainer() -> None:
    decision = told("/apbot appeal", before=REFUTED)
    assert decision.record.appeal is Appeal.ASKED
    assert decision.record.state is State.REFUTED
    assert decision.notices[0].text == (
        "@keeper, @doe appeals: the checkpoint whose claims are not borne out would be measured again with 3 fresh seeds "
        "each, and the spread published. Set the approving label to grant it."
    )
    assert decision.comment.startswith("⏳ **The first line.**")


def test_a_maintainers_appeal_is_granted_at_once() -> None:
    decision = told("/apbot appeal", MAINTAINER, REFUTED)
    assert (decision.record.state, decision.record.appeal, decision.record.appeals) == (State.QUEUED, Appeal.GRANTED, 1)
    assert "one checkpoint is measured again with 3 fresh seeds each" in answer(decision)


@pytest.mark.parametrize("changes", [{"appeals": 1}, {"appeal": Appeal.ASKED}])
def test_an_author_appeals_once(changes) -> None:
    assert "was appealed once already" in answer(told("/apbot appeal", before=replace(REFUTED, **changes)))


def test_what_is_borne_out_cannot_be_appealed() -> None:
    before = approved(State.VERIFIED, checkpoints=measured())
    assert "every claim is borne out" in answer(told("/apbot appeal", before=before))


def test_what_is_not_measured_cannot_be_appealed() -> None:
    assert "there is no verdict to appeal against" in answer(told("/apbot appeal", before=approved(State.RUNNING)))
    edited = replace(REFUTED, submission=submission(CLAIM_EDITED).sha256, state=State.AWAITING_APPROVAL)
    assert "there is no verdict to appeal against" in answer(told("/apbot appeal", before=edited, text=CLAIM_EDITED))


def test_fresh_seeds_follow_from_the_hash_and_differ() -> None:
    first, second = fresh_seeds("a" * 64, 1), fresh_seeds("a" * 64, 2)
    assert first == fresh_seeds("a" * 64, 1)
    assert len({*first, *second, *fresh_seeds("b" * 64, 1)}) == 9
    assert appealed(REFUTED) == (measured()[0].key,)


def test_the_same_comment_twice_is_answered_once() -> None:
    first = told("/apbot cancel", before=approved(State.RUNNING, run=RUN))
    again = told("/apbot cancel", before=first.record, on=after(issue("apbot: running"), first))
    assert again.record == first.record
    assert [notice.key for notice in again.notices] == [first.notices[-1].key]


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("by", [AUTHOR, MAINTAINER, STRANGER], ids=lambda person: person.login)
def test_every_command_gets_one_answer_in_every_state(state: State, by: Person) -> None:
    for before in (record(state), approved(state, run=RUN), approved(state, checkpoints=measured())):
        for text in (BODY, CLAIM_EDITED, BROKEN):
            for comment in ("help", "status", "check", "cancel", "retry", "appeal", "nonsense"):
                assert answer(told(f"/apbot {comment}", by, before, text))
