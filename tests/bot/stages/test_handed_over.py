"""What is taken from artifacts: the newest of each name, parts as one whole, and nothing that cannot be had."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from doubles.github.server import GitHubDouble, github_double
from doubles.handed_over import handed_over, shards_of
from doubles.lifecycle import submission
from doubles.run_on_github import OnGitHub, on_github

from apcore.protocol import load_protocol
from apcore.result_json import read_result, result_bytes
from apcore.shard import Shard
from apcore.verdict import Verdict
from bot.lifecycle.plan import Job, Plan, asked
from bot.lifecycle.record import ResultRef, Run
from bot.stages.handed_over import Handovers

WHOLE = load_protocol("apb-2024")
SHARDED = replace(WHOLE, autoattack=replace(WHOLE.autoattack, randomness="sharded"))
SUBMISSION = submission()
NAME = "R18-CIFAR10-US-90"


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        yield running


@pytest.fixture
def hub(double: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnGitHub:
    hub = on_github(double, tmp_path, monkeypatch, "apb-2024")
    hub.world.start_run("verify.yml", event="workflow_dispatch", by="maintainer", inputs={})
    return hub


def run(hub: OnGitHub) -> Run:
    return Run(id=next(iter(hub.world.runs)), submission=SUBMISSION.sha256, started=hub.now)


def plan(of: int) -> Plan:
    model = SUBMISSION.models[0]
    parts = [Shard(number=number, of=of) for number in range(1, of + 1)] if of > 1 else [None]
    jobs = tuple(Job(key=model.key, asked=asked(model, SHARDED), shard=part) for part in parts)
    return Plan(
        issue=1,
        submission_sha256=SUBMISSION.sha256,
        protocol=SHARDED.name,
        protocol_sha256=SHARDED.sha256,
        jobs=jobs,
        kept=(),
    )


def upload_parts(hub: OnGitHub, *numbers: int) -> None:
    found = shards_of(SUBMISSION, 0, SHARDED, of=3)
    for number in numbers:
        result, outcomes = found[number - 1]
        files = {"result.json": result_bytes(result), "outcomes.npz": outcomes.to_bytes()}
        hub.world.upload(run(hub).id, f"{NAME}-part{number}of3", files)


def test_parts_arrive_as_one(hub: OnGitHub) -> None:
    upload_parts(hub, 2, 3, 1)
    (whole,) = Handovers(hub.github.runs).outcomes_of(run(hub), plan(3), SHARDED)
    assert whole.name == NAME
    result = read_result(whole.files["result.json"])
    assert {found.samples for found in result.accuracies.values()} >= {SHARDED.autoattack.samples.count}


def test_what_was_accepted_of_parts_is_found_again(hub: OnGitHub) -> None:
    upload_parts(hub, 1, 2, 3)
    (whole,) = Handovers(hub.github.runs).outcomes_of(run(hub), plan(3), SHARDED)
    sha256 = hashlib.sha256(whole.files["result.json"]).hexdigest()
    ref = ResultRef(run=run(hub).id, artifact=whole.id, sha256=sha256, verdict=Verdict.CONFIRMED)
    kept = Handovers(hub.github.runs).kept(ref, SHARDED)
    assert kept is not None
    assert result_bytes(kept.result) == whole.files["result.json"]
    assert kept.outcomes == whole.files["outcomes.npz"]


def test_a_part_that_is_missing_leaves_nothing(hub: OnGitHub) -> None:
    upload_parts(hub, 1, 3)
    assert Handovers(hub.github.runs).outcomes_of(run(hub), plan(3), SHARDED) == ()


def test_a_part_that_failed_is_the_failure_of_the_whole(hub: OnGitHub) -> None:
    upload_parts(hub, 1, 3)
    hub.world.upload(run(hub).id, f"{NAME}-part2of3", {"failure.json": b"{}"})
    (whole,) = Handovers(hub.github.runs).outcomes_of(run(hub), plan(3), SHARDED)
    assert whole.files == {"failure.json": b"{}"}


def test_of_a_job_that_ran_twice_the_newest_counts(hub: OnGitHub) -> None:
    for lower in (-5, 0):
        hub.world.upload(run(hub).id, NAME, handed_over(SUBMISSION, 0, WHOLE, aa=lower))
        hub.double.time.at += 60
    (found,) = Handovers(hub.github.runs).outcomes_of(run(hub), plan(1), WHOLE)
    assert found.files == handed_over(SUBMISSION, 0, WHOLE)


def test_a_result_that_was_exchanged_is_not_found_again(hub: OnGitHub) -> None:
    row = hub.world.upload(run(hub).id, NAME, handed_over(SUBMISSION, 0, WHOLE))
    ref = ResultRef(run=run(hub).id, artifact=row.id, sha256="0" * 64, verdict=Verdict.CONFIRMED)
    assert Handovers(hub.github.runs).kept(ref, WHOLE) is None


def test_a_run_that_was_deleted_has_left_nothing(hub: OnGitHub) -> None:
    ref = ResultRef(run=999_999, artifact=1, sha256="0" * 64, verdict=Verdict.CONFIRMED)
    assert Handovers(hub.github.runs).kept(ref, WHOLE) is None
