"""A run from its beginning to its end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from doubles.lifecycle import (
    BODY,
    CLAIM_EDITED,
    FILE_EDITED,
    PROTOCOL,
    approved,
    issue,
    measured,
    minutes,
    record,
    submission,
)
from doubles.results import result_of, results_of

from apcore.failure import Failure, Turn
from apcore.result import Result
from apcore.verdict import Verdict
from bot.lifecycle.decision import COMMENT_LENGTH, Decision, with_record
from bot.lifecycle.handover import Accepted, Handed
from bot.lifecycle.record import Appeal, FailureRef, Record, recall
from bot.lifecycle.retries import MAX_ATTEMPTS, next_attempt
from bot.lifecycle.runs import Begun, Published, Situation, begin, conclude, follow, lost, settle
from bot.lifecycle.state import STATE_LABELS, State
from bot.lifecycle.telling import NOTHING_SEEN, Seen

GoldenCheck = Callable[[str, str], None]
RUN_URL = "https://github.com/example/board/actions/runs/901"
SUBMISSION = submission()
QUOTA = Failure(
    model_key=SUBMISSION.models[1].key,
    turn=Turn.SERVICE,
    where="models.1.checkpoint",
    message="Google Drive says that too many people have read the file",
    fix="the file is asked for again in 6 hours",
)
BROKEN_FILE = replace(QUOTA, turn=Turn.CONTRIBUTOR, message="the file is no checkpoint", fix="upload the state dict")


def situation(before: Record, text: str | None = BODY, at: int = 60) -> Situation:
    return Situation(
        issue=issue(STATE_LABELS[before.state].name),
        record=before,
        submission=None if text is None else submission(text),
        protocol=PROTOCOL,
        living=with_record("What stood there.", before),
        now=minutes(at),
    )


def begun(before: Record, text: str | None = BODY, run_id: int = 901) -> Begun:
    return begin(situation(before, text, at=20), run_id, Seen(run_url=RUN_URL))


def running(text: str = BODY, **changes) -> Record:
    found = begun(approved(text=text, **changes), text).decision.record
    assert found is not None
    return found


def handed(results: tuple[Result, ...] = (), *failures: Failure, seeds: bool = False) -> Handed:
    accepted = tuple(
        Accepted(
            result=result, artifact=70 + place, sha256=f"{place:064x}", seed=result.protocol.seed if seeds else None
        )
        for place, result in enumerate(results)
    )
    failed_in = {failure.model_key: 80 + place for place, failure in enumerate(failures)}
    return Handed(accepted=accepted, failures=failures, failed_in=failed_in, refusals=())


def ended(
    outcome: Handed,
    before: Record | None = None,
    text: str | None = BODY,
    published: Published | None = None,
    measured_text: str = BODY,
) -> Decision:
    return conclude(
        situation(before or running(), text),
        submission(measured_text),
        outcome,
        published or Published(run_url=RUN_URL),
    )


ALL = results_of(SUBMISSION, PROTOCOL)


def test_a_run_begins_with_what_is_approved() -> None:
    found = begun(approved())
    assert found.plan.submission_sha256 == SUBMISSION.sha256
    assert len(found.plan.jobs) == 3
    assert found.decision.record.state is State.RUNNING
    assert found.decision.record.run.id == 901
    assert [tried.result for tried in found.decision.record.checkpoints] == [None] * 3
    assert found.decision.add_labels == {"apbot: running"}
    assert found.decision.comment.startswith("⏳ **Running: 0 of 3 checkpoints measured**")


@pytest.mark.parametrize(
    ("before", "text", "why"),
    [
        (record(), BODY, "nothing that was approved"),
        (approved(), CLAIM_EDITED, "nothing that was approved"),
        (approved(), None, "nothing that was approved"),
        (approved(State.VERIFIED), BODY, "nothing to measure, it is verified"),
        (approved(State.CANCELLED), BODY, "nothing to measure, it is cancelled"),
        (running(), BODY, "run 901 is at work"),
    ],
    ids=["unapproved", "edited", "broken", "measured", "cancelled", "second"],
)
def test_a_run_measures_nothing_else(before: Record, text: str | None, why: str) -> None:
    found = begun(before, text, run_id=902)
    assert found.plan is None
    assert found.decision.record == before
    assert found.decision.log == (f"this run measures nothing: {why}",)


def test_the_same_run_begun_twice_is_one() -> None:
    found = begun(running())
    assert found.decision.record == running()
    assert len(found.plan.jobs) == 3


def test_where_everything_is_measured_the_results_are_published_at_once() -> None:
    found = begun(approved(text=CLAIM_EDITED, checkpoints=measured()), CLAIM_EDITED)
    assert found.plan is None
    assert found.decision.publish


def test_a_run_is_followed_without_a_word() -> None:
    decision = follow(situation(running()), Seen(run_url=RUN_URL))
    assert decision.record == running()
    assert decision.notices == ()
    assert RUN_URL in decision.comment


@pytest.mark.parametrize("before", [record(), approved(State.VERIFIED)])
def test_other_comments_are_left_alone(before: Record) -> None:
    assert follow(situation(before), NOTHING_SEEN).comment is None


def test_confirmed_claims_verify_the_submission_and_their_author_is_told() -> None:
    decision = ended(handed(ALL))
    found = decision.record
    assert (found.state, found.run) == (State.VERIFIED, None)
    assert [tried.result.verdict for tried in found.checkpoints] == [Verdict.CONFIRMED] * 3
    assert [(tried.result.run, tried.result.artifact) for tried in found.checkpoints] == [
        (901, 70),
        (901, 71),
        (901, 72),
    ]
    assert decision.comment.startswith("**Confirmed: 3 of 3 checkpoints**")
    (told,) = decision.notices
    assert told.text == (
        "@doe, every checkpoint is measured: **confirmed**. That is so for 3 of 3 checkpoints. "
        "The comment above has the numbers."
    )
    assert recall(decision.comment, 7).record == found


def test_a_refuted_claim_refutes_the_submission() -> None:
    decision = ended(handed(results_of(SUBMISSION, PROTOCOL, lower=300)))
    assert decision.record.state is State.REFUTED
    assert decision.add_labels == {"apbot: refuted"}
    assert "**refuted**. That is so for 1 of 3 checkpoints." in decision.notices[0].text


def test_the_number_of_the_pull_request_changes_the_comment_and_tells_nobody_again() -> None:
    first = ended(handed(ALL))
    now = situation(first.record)
    second = settle(now, first.record, ALL, (), Published(pull_request=17))
    assert second.record == replace(first.record, pull_request=17)
    assert "are proposed for the leaderboard in #17" in second.comment
    assert second.notices == ()


def test_what_failed_elsewhere_is_tried_again_later() -> None:
    decision = ended(handed((ALL[0], ALL[2]), QUOTA))
    found = decision.record
    assert (found.state, found.attempts, found.not_before) == (State.WAITING, 1, minutes(90))
    assert [tried.turn for tried in found.checkpoints] == [None, Turn.SERVICE, None]
    assert found.checkpoints[1].failure == FailureRef(run=901, artifact=80)
    assert decision.notices == ()
    assert decision.comment.startswith("🔁 **Waiting: 2 of 3 checkpoints measured**")
    assert [job.name for job in begun(found).plan.jobs] == ["R18-CIFAR10-US-95"]


def test_attempts_become_rarer_and_end() -> None:
    waits = [next_attempt(attempts, minutes(0)) for attempts in range(1, MAX_ATTEMPTS + 1)]
    assert waits == [minutes(30), minutes(60), minutes(120), minutes(240), None]


def test_after_the_last_attempt_the_maintainer_is_told() -> None:
    decision = ended(handed((ALL[0], ALL[2]), QUOTA), running(attempts=MAX_ATTEMPTS - 1))
    assert decision.record.not_before is None
    assert decision.notices[0].text.startswith("@keeper, this run failed 5 times in a row on our side")
    assert f"The last log: <{RUN_URL}>." in decision.notices[0].text


def test_what_only_the_author_can_mend_is_told_to_them(golden: GoldenCheck) -> None:
    decision = ended(handed((ALL[0], ALL[2]), BROKEN_FILE))
    assert decision.record.state is State.NEEDS_AUTHOR
    assert decision.record.approved is not None
    assert decision.record.checkpoints[1].turn is Turn.CONTRIBUTOR
    golden("notices/yours_to_mend.md", decision.notices[0].text + "\n")


def test_ours_comes_before_theirs() -> None:
    ours = replace(QUOTA, model_key=SUBMISSION.models[2].key, turn=Turn.MACHINE, where="models.2")
    assert ended(handed(ALL[:1], BROKEN_FILE, ours)).record.state is State.WAITING


def test_a_retry_leaves_the_authors_failure_and_still_tells_it_at_the_end() -> None:
    ours = replace(QUOTA, model_key=SUBMISSION.models[2].key, turn=Turn.MACHINE, where="models.2")
    waiting = ended(handed(ALL[:1], BROKEN_FILE, ours)).record
    again = begun(waiting, run_id=902)
    assert [job.name for job in again.plan.jobs] == ["R18-CIFAR10-US-99"]
    kept = Published(kept=ALL[:1], kept_failures=(BROKEN_FILE,))
    decision = ended(handed(ALL[2:]), again.decision.record, published=kept)
    assert decision.record.state is State.NEEDS_AUTHOR
    assert "the file is no checkpoint" in decision.comment


def test_results_of_a_run_whose_approval_became_void_are_kept_and_not_published() -> None:
    before = replace(
        running(), state=State.AWAITING_APPROVAL, approved=None, submission=submission(CLAIM_EDITED).sha256
    )
    decision = ended(handed(ALL), before, CLAIM_EDITED)
    assert decision.record.state is State.AWAITING_APPROVAL
    assert [tried.result is not None for tried in decision.record.checkpoints] == [True] * 3
    assert decision.comment.startswith("What stood there.")
    assert decision.notices == ()


def test_what_was_measured_before_a_run_was_cancelled_stays() -> None:
    cancelled = replace(running(), state=State.CANCELLED, approved=None)
    assert begun(cancelled, run_id=902).plan is None
    decision = ended(handed(ALL[:1], replace(QUOTA, turn=Turn.MACHINE)), cancelled)
    assert (decision.record.state, decision.record.run) == (State.CANCELLED, None)
    assert [tried.result is not None for tried in decision.record.checkpoints] == [True, False, False]


def test_a_claim_edited_and_approved_while_it_ran_is_judged_by_what_was_measured() -> None:
    edited = approved(text=CLAIM_EDITED, checkpoints=running().checkpoints, run=running().run)
    decision = ended(handed(ALL), edited, CLAIM_EDITED)
    assert decision.record.state is State.VERIFIED
    assert "48.10**<br>claimed 48.20".replace(" ", "\N{NO-BREAK SPACE}") in decision.comment


def test_a_file_edited_and_approved_while_it_ran_is_measured_next() -> None:
    edited = approved(text=FILE_EDITED, checkpoints=running().checkpoints, run=running().run)
    decision = ended(handed(ALL), edited, FILE_EDITED)
    assert decision.record.state is State.QUEUED
    plan = begun(decision.record, FILE_EDITED, run_id=902).plan
    assert [job.name for job in plan.jobs] == ["R18-CIFAR10-US-95"]


def test_a_verdict_that_flips_is_told_and_one_that_stays_is_not() -> None:
    refs = measured(verdict=Verdict.CONFIRMED)
    before = approved(State.QUEUED, text=CLAIM_EDITED, checkpoints=refs, pull_request=17)
    now = situation(before, CLAIM_EDITED)
    assert settle(now, before, ALL, (), Published()).notices == ()
    low = results_of(SUBMISSION, PROTOCOL, lower=300)
    flipped = settle(now, before, low, (), Published())
    assert "**refuted**. It was confirmed before." in flipped.notices[0].text


def test_nothing_is_published_in_part_or_unapproved() -> None:
    with pytest.raises(ValueError, match="neither result nor failure"):
        settle(situation(approved()), approved(), ALL[:2], (), Published())
    with pytest.raises(ValueError, match="for what was approved"):
        settle(situation(record()), record(), ALL, (), Published())


def test_a_lost_run_is_tried_again() -> None:
    decision = lost(situation(running(checkpoints=measured()[:1])), RUN_URL)
    assert (decision.record.state, decision.record.attempts, decision.record.run) == (State.WAITING, 1, None)
    assert decision.comment.startswith("🔁 **Waiting: 1 of 3 checkpoints measured**")


def test_a_lost_run_without_an_approval_is_forgotten() -> None:
    before = replace(running(), state=State.AWAITING_APPROVAL, approved=None)
    decision = lost(situation(before), RUN_URL)
    assert decision.record == replace(before, run=None)


def appealing() -> Record:
    refs = (replace(measured()[0], result=replace(measured()[0].result, verdict=Verdict.REFUTED)), *measured()[1:])
    return approved(checkpoints=refs, appeal=Appeal.GRANTED, appeals=1, pull_request=17)


def test_an_appeal_measures_what_was_refuted_and_leaves_the_verdict() -> None:
    found = begun(appealing())
    assert len(found.plan.jobs) == 3
    assert {job.key.sparsity for job in found.plan.jobs} == {90}
    seeds = [job.seed for job in found.plan.jobs]
    fresh = tuple(result_of(SUBMISSION, 0, PROTOCOL, aa=-300, seed=seed) for seed in seeds)
    kept = (result_of(SUBMISSION, 0, PROTOCOL, aa=-300), *ALL[1:])
    decision = ended(
        handed(fresh, seeds=True), found.decision.record, published=Published(kept=kept, spread="### The spread")
    )
    assert (decision.record.state, decision.record.appeal, decision.record.appeals) == (State.REFUTED, Appeal.NONE, 1)
    assert "### The spread" in decision.comment
    assert decision.record.checkpoints == appealing().checkpoints
    assert [notice.text[:29] for notice in decision.notices] == ["@doe, the appeal is measured:"]


def test_an_appeal_that_failed_on_our_side_stays_granted() -> None:
    found = begun(appealing()).decision.record
    decision = ended(handed((), replace(QUOTA, model_key=SUBMISSION.models[0].key, where="models.0")), found)
    assert (decision.record.state, decision.record.appeal) == (State.WAITING, Appeal.GRANTED)


def test_the_largest_result_fits_beside_its_record() -> None:
    models = tuple(
        replace(SUBMISSION.models[0], key=replace(SUBMISSION.models[0].key, sparsity=sparsity))
        for sparsity in range(1, 65)
    )
    whole = replace(SUBMISSION, models=models)
    base = approved()
    before = replace(base, submission=whole.sha256, approved=replace(base.approved, sha256=whole.sha256))
    now = replace(situation(before), submission=whole)
    started = begin(now, 901, NOTHING_SEEN).decision.record
    decision = conclude(
        replace(now, record=started, issue=issue()),
        whole,
        handed(results_of(whole, PROTOCOL)),
        Published(spread="x" * 500),
    )
    assert len(decision.comment) <= COMMENT_LENGTH
    assert recall(decision.comment, 7).record == decision.record


def test_attempts_of_one_checkpoint_are_counted() -> None:
    first = ended(handed((ALL[0], ALL[2]), QUOTA)).record
    again = begun(first, run_id=902).decision.record
    second = ended(handed((), QUOTA), again, published=Published(kept=(ALL[0], ALL[2])))
    assert [tried.attempts for tried in second.record.checkpoints if tried.turn] == [2]
    assert second.record.not_before == minutes(60) + timedelta(hours=1)
