"""`apbot sweep` on a GitHub of our own: what events, runners and machines left undone is put right, and twice is as once."""

import json

import pytest
from doubles.drive import DriveServer, page_reply
from doubles.github.actions import Actions
from doubles.github.faults import Fault
from doubles.lifecycle import BODY, CLAIM_EDITED, submission

from apcore.files.drive_errors import Answer, Sharing, sharing_of
from apcore.progress_report import AttackProgress, ProgressReport, Stage, progress_bytes
from bot.lifecycle.retries import MAX_ATTEMPTS
from bot.lifecycle.state import State
from bot.stages import sweep
from bot.stages.links import broken, to_ask

FORM = "new-ap-method"


def approved(actions: Actions, *authors: str) -> None:
    """Issues of these authors, opened and approved one after the other."""
    for author in authors:
        if author not in actions.double.world.accounts:
            actions.double.world.join(author)
        actions.open(BODY, author)
        actions.wait(10)
        actions.gate(*actions.label(len(actions.double.world.issues), "maintainer"))


def titles(actions: Actions) -> list[str]:
    return [run.title.split(" (")[0] for run in actions.double.world.runs.values()]


def writes(actions: Actions) -> set[str]:
    """The methods that the last job used, but for reading."""
    return {call.method for call in actions.jobs[-1].calls} - {"GET"}


def report(actions: Actions, done: float, place: int = 0) -> bytes:
    return progress_bytes(
        ProgressReport(
            key=submission().models[place].key,
            shard=None,
            stage=Stage.ATTACKING,
            at=actions.double.world.time(),
            seconds=600,
            device="cuda",
            attack=AttackProgress(name="apgd-t", done=done, samples=10_000, robust=5011, remaining_s=780),
        )
    )


def test_an_issue_whose_event_was_lost_is_answered(actions: Actions) -> None:
    actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
    actions.double.world.open_issue("a bug", "it crashes")
    assert actions.sweep().code == 0
    assert actions.labels(1) == {FORM, "apbot: awaiting approval"}
    assert actions.own(2) == []


def test_an_edit_and_an_approval_whose_events_were_lost_are_answered(actions: Actions) -> None:
    actions.open(BODY)
    actions.wait(10)
    actions.edit(1, CLAIM_EDITED)
    actions.sweep()
    assert actions.record(1).submission == submission(CLAIM_EDITED).sha256
    actions.wait(10)
    actions.label(1, "maintainer")
    actions.sweep()
    assert actions.double.world.runs == {}, "its event may still be at work"
    actions.wait(6)
    actions.sweep()
    actions.sweep()
    assert titles(actions) == ["Verify #1"]


def test_what_cannot_start_at_once_starts_in_turn_and_once(actions: Actions) -> None:
    approved(actions, "author", "author", "other")
    assert titles(actions) == ["Verify #1"]
    actions.sweep()
    assert titles(actions) == ["Verify #1"]
    assert "2 of 2" in actions.living(2)
    assert "1 of 2" in actions.living(3)
    actions.begin(1)
    for _ in range(3):
        actions.sweep(APBOT_SLOTS="2")
    assert titles(actions) == ["Verify #1", "Verify #3"], "an author's second waits for everybody's first"
    actions.publish(1)
    actions.begin(3)
    for _ in range(3):
        actions.sweep(APBOT_SLOTS="2")
    assert titles(actions)[2:] == ["Verify #2"]


def test_more_slots_run_more_at_once(actions: Actions) -> None:
    approved(actions, "author", "other", "third")
    actions.sweep(APBOT_SLOTS="3")
    assert titles(actions) == ["Verify #1", "Verify #2", "Verify #3"]


@pytest.mark.parametrize("slots", ["0", "many", "1001"])
def test_slots_that_say_nothing_are_named(actions: Actions, slots: str) -> None:
    job = actions.sweep(APBOT_SLOTS=slots)
    assert (job.code, job.calls) == (3, [])
    assert job.err.startswith("apbot: APBOT_SLOTS: ")


def test_a_second_sweep_writes_nothing(actions: Actions) -> None:
    approved(actions, "author", "other")
    actions.begin(1)
    actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
    actions.sweep()
    assert writes(actions)
    actions.sweep()
    assert writes(actions) == set()


def test_the_comment_says_how_far_the_jobs_are(actions: Actions) -> None:
    approved(actions, "author")
    run = actions.begin(1).id
    world = actions.double.world
    world.upload(run, "progress-R18-CIFAR10-US-90-1", {"progress.json": report(actions, 0.1)})
    actions.wait(5)
    world.upload(run, "progress-R18-CIFAR10-US-90-2", {"progress.json": report(actions, 0.37)})
    world.upload(run, "progress-R18-CIFAR10-US-95-1", {"progress.json": report(actions, 0.5, place=1)})
    actions.sweep()
    assert "APGD-T, 37" in actions.living(1)
    assert "APGD-T, 50" in actions.living(1)
    assert len(actions.own(1)) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("progress-R18-CIFAR10-US-90-1", b"no zip"),
        ("progress-R18-CIFAR10-US-90-1", {"progress.json": b"[" * 4000}),
        ("progress-R18-CIFAR10-US-90-1", {"progress.json": b" " * 5000}),
        ("progress-R18-CIFAR10-US-90-1", {"else.json": b"{}"}),
        ("progress-../../x-1", {"progress.json": b"{}"}),
    ],
    ids=["no zip", "deep", "long", "another file", "another name"],
)
def test_a_poisoned_report_says_nothing(actions: Actions, name: str, content) -> None:
    approved(actions, "author")
    actions.double.world.upload(actions.begin(1).id, name, content)
    before = actions.living(1)
    assert actions.sweep().code == 0
    assert actions.living(1) == before


def test_a_runner_that_dies_is_waited_for_and_the_run_is_tried_again(actions: Actions) -> None:
    approved(actions, "author")
    actions.begin(1)
    actions.wait(20)
    actions.end(1, "failure")
    actions.sweep()
    assert actions.record(1).state is State.RUNNING, "its last job may still publish"
    actions.wait(30)
    actions.sweep()
    assert (actions.record(1).state, actions.record(1).attempts) == (State.WAITING, 1)
    actions.wait(29)
    actions.sweep()
    assert len(titles(actions)) == 1
    actions.wait(2)
    actions.sweep()
    assert titles(actions) == ["Verify #1", "Verify #1"]
    actions.sweep()
    assert len(titles(actions)) == 2
    assert len(actions.own(1)) == 1, "nobody is told of what mends itself"


def test_a_maintainer_is_told_when_trying_again_does_not_help(actions: Actions) -> None:
    approved(actions, "author")
    for _ in range(MAX_ATTEMPTS):
        actions.begin(1)
        actions.end(1, "failure")
        actions.wait(31)
        actions.sweep()
        actions.wait(24 * 60)
        actions.sweep()
    assert len(titles(actions)) == MAX_ATTEMPTS
    assert "@maintainer, this run failed 5 times in a row" in actions.own(1)[1]


def test_a_run_that_was_deleted_is_lost_at_once(actions: Actions) -> None:
    approved(actions, "author")
    del actions.double.world.runs[actions.begin(1).id]
    actions.sweep()
    assert actions.record(1).state is State.WAITING


def test_a_stop_that_was_never_asked_for_is_asked_for(actions: Actions) -> None:
    approved(actions, "author")
    run = actions.begin(1)
    # Each of the six times that a request is sent, and the end of the job with it.
    actions.double.faults.append(Fault("POST", "/cancel", times=6))
    assert actions.gate(*actions.say(1, "/apbot cancel", "author")).code == 4
    assert (actions.record(1).state, run.status) == (State.CANCELLED, "in_progress")
    actions.sweep()
    assert (run.status, run.conclusion) == ("completed", "cancelled")


def test_a_merge_whose_event_was_lost_has_its_last_word(actions: Actions) -> None:
    approved(actions, "author")
    actions.begin(1)
    actions.double.world.merge(actions.publish(1))
    actions.sweep()
    assert actions.labels(1) == {FORM, "apbot: merged"}
    assert "on the leaderboard" in actions.own(1)[-1]
    actions.sweep()
    assert writes(actions) == set()


def test_a_pull_request_on_another_main_is_to_be_made_anew(actions: Actions) -> None:
    approved(actions, "author")
    actions.begin(1)
    actions.publish(1)
    assert json.loads(actions.sweep("--dry-run").out)["rebuild"] == []
    actions.double.world.commit("main", {"leaderboard/entries/other.json": b"{}"}, "Add another", by="maintainer")
    assert json.loads(actions.sweep("--dry-run").out)["rebuild"] == [1]
    made: list[int] = []
    desk, means = actions.desk(), sweep.Means(ask=None, sleep=actions.clock.sleep, rebuild=made.append)
    sweep.act(desk, means, sweep.look(desk, means))
    assert made == [1]


def test_an_author_is_told_once_of_files_that_are_not_shared_any_more(actions: Actions, drive: DriveServer) -> None:
    actions.open(BODY)
    drive.serve("/open", page_reply("gone", 404))
    for _ in range(2):
        actions.sweep()
        actions.wait(60)
    (told,) = actions.own(1)[1:]
    assert "the checkpoint of Model 1, Model 2, Model 3 can no longer be read" in told


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_outage_of_drive_breaks_no_link(actions: Actions, drive: DriveServer, status: int) -> None:
    actions.open(BODY)
    drive.serve("/open", page_reply("later", status))
    actions.sweep()
    assert len(actions.own(1)) == 1


def test_a_file_that_is_handed_out_a_minute_later_is_not_broken() -> None:
    answers = {"back": [Sharing.CLOSED, Sharing.OPEN], "gone": [Sharing.CLOSED] * 2, "fine": [Sharing.OPEN]}
    slept: list[float] = []
    assert broken(tuple(answers), lambda file_id: answers[file_id].pop(0), slept.append) == {"gone"}
    assert slept == [60.0]


def test_few_files_are_asked_for_and_all_come_round(actions: Actions) -> None:
    now = actions.double.world.time()
    ids = {f"file-{number:02}" for number in range(40)}
    asked: set[str] = set()
    for turn in range(4):
        found = to_ask(ids, now.fromtimestamp(now.timestamp() + 1800 * turn, now.tzinfo))
        assert len(found) == len(set(found)) == 12
        asked |= set(found)
    assert asked == ids


@pytest.mark.parametrize(
    ("status", "url", "expected"),
    [
        (200, "https://drive.google.com/file/d/x/view?usp=drive_open", Sharing.OPEN),
        (200, "https://accounts.google.com/v3/signin/identifier?continue=x", Sharing.CLOSED),
        (200, "https://drive.google.com/drive/folders/x", Sharing.CLOSED),
        (200, "https://www.google.com/sorry/index", Sharing.UNKNOWN),
        (404, "https://drive.google.com/open?id=x", Sharing.CLOSED),
        (429, "https://drive.google.com/open?id=x", Sharing.UNKNOWN),
        (502, "https://drive.google.com/open?id=x", Sharing.UNKNOWN),
    ],
)
def test_what_an_answer_of_drive_says_about_sharing(status: int, url: str, expected: Sharing) -> None:
    assert sharing_of(Answer(status=status, url=url)) is expected


def test_a_dry_run_shows_the_decisions_and_writes_nothing(actions: Actions) -> None:
    approved(actions, "author", "other")
    actions.begin(1)
    actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
    job = actions.sweep("--dry-run")
    document = json.loads(job.out)
    assert writes(actions) == set()
    assert [found["issue"] for found in document["decisions"]] == [2, 3]
    assert (document["queue"], document["start"], document["left"]) == ([2], [], [])


def test_a_refusal_about_one_issue_costs_the_others_nothing(actions: Actions) -> None:
    for _ in range(3):
        actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
    actions.double.faults.append(Fault("POST", "/issues/2/comments", status=403, words="Unable to create comment"))
    job = actions.sweep()
    assert job.code == 3
    assert "Unable to create comment" in job.err
    assert [len(actions.own(number)) for number in (1, 2, 3)] == [1, 0, 1]


def test_what_the_hour_has_no_room_for_is_left_and_what_is_at_work_comes_first(actions: Actions) -> None:
    approved(actions, "author", "other")
    for _ in range(100):
        actions.double.world.open_issue("[New AP method] T", BODY, labels=(FORM,))
    actions.double.limits.an_hour = 320
    left = json.loads(actions.sweep("--dry-run").out)["left"]
    assert 1 not in left
    assert 2 not in left
    assert left
    actions.double.limits.an_hour = 100
    job = actions.sweep()
    assert job.code == 4
    assert "used up until" in job.err


def test_quiet_issues_take_turns_where_there_is_no_room_for_all(actions: Actions) -> None:
    for _ in range(60):
        actions.open(BODY)
    actions.double.time.at += 3600
    for row in actions.double.world.issues.values():
        row.updated = actions.double.world.time()
    actions.double.limits.an_hour = 280
    always = set(range(1, 61))
    for _ in range(6):
        actions.wait(60)
        for row in actions.double.world.issues.values():
            row.updated = actions.double.world.time()
        always &= set(json.loads(actions.sweep("--dry-run").out)["left"])
    assert always == set()


def test_an_issue_that_was_answered_since_it_was_read_is_left_alone(actions: Actions) -> None:
    approved(actions, "author", "other")
    actions.begin(1)
    desk = actions.desk()
    means = sweep.Means(ask=None, sleep=actions.clock.sleep)
    decided = sweep.look(desk, means)
    assert 2 in decided.answers
    actions.gate(*actions.say(2, "/apbot cancel", "other"))
    sweep.act(desk, means, decided)
    assert actions.record(2).state is State.CANCELLED
    assert "apbot: cancelled" in actions.labels(2)


def test_a_dead_gate_s_hundred_issues_are_all_answered_by_sweeps(actions: Actions) -> None:
    for place in range(100):
        actions.double.world.open_issue(f"[New AP method] {place}", BODY, labels=(FORM,))
    codes = []
    while not codes or codes[-1] != 0 or "left to" in actions.jobs[-1].err:
        assert len(codes) < 20
        codes.append(actions.sweep().code)
        actions.wait(15)
    assert all(len(actions.own(number)) == 1 for number in range(1, 101))


def test_the_next_runs_are_dispatched_once_though_the_answer_is_lost(actions: Actions) -> None:
    approved(actions, "author", "other")
    actions.begin(1)
    actions.publish(1)
    actions.double.faults.append(Fault("POST", "/dispatches", effect=True))
    actions.sweep()
    actions.sweep()
    assert titles(actions) == ["Verify #1", "Verify #2"]


def test_a_closed_issue_whose_event_was_lost_runs_no_more(actions: Actions) -> None:
    approved(actions, "author")
    actions.close(1, "author")
    actions.sweep()
    assert actions.labels(1) == {FORM, "apbot: cancelled"}
