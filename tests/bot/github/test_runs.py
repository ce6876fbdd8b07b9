"""Runs of workflows: started once, looked at, cancelled."""

from datetime import UTC, datetime

import pytest
from doubles.github.faults import Fault
from doubles.github.server import GitHubDouble

from bot.github.client import GitHub
from bot.github.failures import MissingError
from bot.github.workflow_run import Dispatch

EVALUATE = Dispatch(
    workflow="evaluate.yml", branch="main", title="Evaluate #7 (2 of 3)", inputs={"issue": "7", "part": "2 of 3"}
)


@pytest.fixture(autouse=True)
def _a_workflow(double: GitHubDouble) -> None:
    double.world.workflows["evaluate.yml"] = "Evaluate #${{ inputs.issue }} (${{ inputs.part }})"


def test_a_run_is_started_with_its_inputs(double: GitHubDouble, github: GitHub) -> None:
    github.runs.start(EVALUATE)
    (run,) = github.runs.of_workflow("evaluate.yml")
    assert (run.title, run.status, run.conclusion, run.event) == (
        "Evaluate #7 (2 of 3)",
        "queued",
        None,
        "workflow_dispatch",
    )
    assert (run.workflow, run.attempt, run.head) == ("evaluate.yml", 1, double.world.git.branches["main"])
    assert double.world.runs[run.id].inputs == {"issue": "7", "part": "2 of 3"}
    assert not run.is_over


@pytest.mark.parametrize("effect", [True, False], ids=["took effect", "did not arrive"])
def test_a_lost_answer_starts_no_second_run(double: GitHubDouble, github: GitHub, *, effect: bool) -> None:
    double.world.start_run(
        "evaluate.yml", event="workflow_dispatch", by="maintainer", inputs={"issue": "6", "part": "1"}
    )
    double.faults.append(Fault("POST", "/dispatches", effect=effect))
    github.runs.start(EVALUATE)
    assert [row.title for row in double.world.runs.values()] == ["Evaluate #6 (1)", "Evaluate #7 (2 of 3)"]


def test_an_old_run_of_the_same_title_is_not_taken_for_the_new_one(double: GitHubDouble, github: GitHub) -> None:
    double.world.start_run("evaluate.yml", event="workflow_dispatch", by="maintainer", inputs=EVALUATE.inputs)
    double.time.at += 3600
    double.faults.append(Fault("POST", "/dispatches"))
    github.runs.start(EVALUATE)
    assert len(double.world.runs) == 2


def test_a_workflow_that_is_not_there_is_missing(github: GitHub) -> None:
    with pytest.raises(MissingError):
        github.runs.start(Dispatch(workflow="none.yml", branch="main", title="x"))


def test_runs_are_listed_newest_first_by_status_and_time(double: GitHubDouble, github: GitHub) -> None:
    first = double.world.start_run("evaluate.yml", event="schedule", by="maintainer")
    double.time.at += 3600
    since = datetime.fromtimestamp(double.time.at, UTC)
    second = double.world.start_run("evaluate.yml", event="schedule", by="maintainer")
    second.status = "in_progress"
    assert [run.id for run in github.runs.of_workflow("evaluate.yml")] == [second.id, first.id]
    assert [run.id for run in github.runs.of_workflow("evaluate.yml", status="in_progress")] == [second.id]
    assert [run.id for run in github.runs.of_workflow("evaluate.yml", since=since)] == [second.id]


def test_more_than_a_page_of_runs_is_read(double: GitHubDouble, github: GitHub) -> None:
    for _ in range(130):
        double.world.start_run("evaluate.yml", event="schedule", by="maintainer")
    assert len(github.runs.of_workflow("evaluate.yml")) == 130


def test_a_cancelled_run_is_over(double: GitHubDouble, github: GitHub) -> None:
    row = double.world.start_run("evaluate.yml", event="schedule", by="maintainer")
    assert github.runs.cancel(row.id) is True
    run = github.runs.run(row.id)
    assert run is not None
    assert (run.is_over, run.conclusion) == (True, "cancelled")


def test_the_jobs_of_the_latest_attempt_are_told(double: GitHubDouble, github: GitHub) -> None:
    row = double.world.start_run("evaluate.yml", event="schedule", by="maintainer")
    double.world.end_job(double.world.add_job(row.id, "evaluate (1)", runner="gpu-1"), "failure")
    row.attempt = 2
    begun = double.world.add_job(row.id, "evaluate (1)", runner="gpu-2")
    double.time.at += 60
    double.world.add_job(row.id, "evaluate (2)")
    first, second = github.runs.jobs(row.id)
    assert (first.id, first.name, first.status, first.runner) == (begun.id, "evaluate (1)", "in_progress", "gpu-2")
    assert (second.status, second.runner, second.completed_at) == ("queued", None, None)
    github.runs.cancel(row.id)
    assert [(job.conclusion, job.completed_at) for job in github.runs.jobs(row.id)] == [
        ("cancelled", datetime.fromtimestamp(double.time.at, UTC))
    ] * 2


def test_what_is_over_or_gone_cannot_be_cancelled(double: GitHubDouble, github: GitHub) -> None:
    row = double.world.start_run("evaluate.yml", event="schedule", by="maintainer")
    row.status, row.conclusion = "completed", "success"
    assert github.runs.cancel(row.id) is False
    assert row.conclusion == "success"
    assert github.runs.cancel(99) is False
    assert github.runs.run(99) is None


def test_a_cancellation_whose_answer_was_lost_is_repeated(double: GitHubDouble, github: GitHub) -> None:
    row = double.world.start_run("evaluate.yml", event="schedule", by="maintainer")
    double.faults.append(Fault("POST", "/cancel"))
    assert github.runs.cancel(row.id) is True


@pytest.mark.parametrize("workflow", ["../x.yml", "evaluate.yaml", "a/b.yml", ""])
def test_only_a_workflows_file_can_be_started(workflow: str) -> None:
    with pytest.raises(ValueError, match="GitHub cannot start"):
        Dispatch(workflow=workflow, branch="main", title="x")
