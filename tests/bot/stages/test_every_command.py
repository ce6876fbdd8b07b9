"""One submission from its issue to the merge, through every command as its job calls it; what the jobs measure is made up."""

import time
from pathlib import Path

import pytest
from doubles.demo import IDS, issue_body
from doubles.github import payloads
from doubles.github.actions import Actions, Job
from doubles.handed_over import handed_over
from doubles.run_on_github import OnGitHub, on_github

from bot.lifecycle.state import State

DEMO = ("--protocol", "demo")
HASHES = {drive_id: f"{sparsity:064x}" for sparsity, drive_id in IDS.items()}
ENTRY = "leaderboard/entries/FilterPruning_Demo2026Digits.json"


@pytest.fixture
def hub(actions: Actions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnGitHub:
    actions.double.time.at = time.time()  # one time for the commands that take a clock and for those that read one
    folder = tmp_path / "runs"
    folder.mkdir()
    return on_github(actions.double, folder, monkeypatch)


def gate(actions: Actions, event: tuple[str, bytes]) -> Job:
    job = actions.gate(*event, *DEMO)
    assert job.code == 0, job.err
    assert len(job.calls) <= 12
    return job


def test_a_submission_meets_every_command_on_its_way(actions: Actions, hub: OnGitHub) -> None:
    world, body = hub.world, issue_body()
    row = world.open_issue("[New AP method] Filter pruning", body, "author", ["new-ap-method"])
    gate(actions, ("issues", payloads.issue_opened(world, row.number, "author")))
    assert actions.labels(row.number) >= {"apbot: awaiting approval"}

    actions.wait(10)
    gate(actions, actions.label(row.number, "maintainer"))
    run = actions.run_of(row.number)
    assert run.title == f"Verify #{row.number} ({hub.submission(body).sha256})"

    run, plan = hub.begin(row, run)
    assert plan is not None
    assert [job.name for job in plan.jobs] == [f"R6-DIGITS-S-{sparsity}" for sparsity in (50, 75, 90)]
    assert actions.record(row.number).state is State.RUNNING
    hub.fetched(run, HASHES)
    submission = hub.submission(body)
    for place, model in enumerate(submission.models):
        files = handed_over(submission, place, hub.protocol, sha256=HASHES[model.checkpoint.id])
        world.upload(run.id, f"R6-DIGITS-S-{model.key.sparsity}", files)
    assert actions.sweep(*DEMO).code == 0

    assert hub.publish(row, run) == 0, hub.told
    actions.end(row.number, "success")
    record = actions.record(row.number)
    assert (record.state, record.run) == (State.VERIFIED, None)
    assert actions.labels(row.number) >= {"apbot: verified"}
    said = len(actions.own(row.number))

    gate(actions, ("issues", payloads.issue_opened(world, row.number, "author")))  # delivered once more
    assert actions.sweep(*DEMO).code == 0
    assert (actions.record(row.number).state, len(actions.own(row.number))) == (State.VERIFIED, said)

    pull = record.pull_request
    world.merge(pull)
    gate(actions, ("pull_request", payloads.pull_request_closed(world, pull)))
    assert actions.record(row.number).state is State.MERGED
    assert ENTRY in world.git.files(world.git.branches["main"])
    assert row.state == "closed"
    assert "badges/" in actions.own(row.number)[-1]
