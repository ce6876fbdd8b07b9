"""One real checkpoint from the plan to the pull request, as its jobs run it: killed in the middle, in slices, behind walls.

Its attacks are small: what they come to is another room's.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.demo import ASSETS, IDS, issue_body, mirror
from doubles.github.server import GitHubDouble, github_double
from doubles.handed_over import handed_over
from doubles.run_on_github import ROOT, OnGitHub, on_github
from doubles.small_evaluations import small_evaluations, that_stays_in_the_middle

from apcore.json_shape import parse
from apcore.outcomes import read_outcomes
from apcore.progress_report import Stage, read_progress
from apcore.result_json import read_result
from apcore.sandbox import mechanism
from bot.lifecycle.fetched import Missed, read_fetched
from bot.lifecycle.state import State
from bot.stages.evaluate import _leave_plain_files

JOB = "R6-DIGITS-S-90"
TOKEN = "ghs_canary-3b1c"


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        yield running


@pytest.fixture
def hub(double: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnGitHub:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return on_github(double, tmp_path, monkeypatch)


def places(hub: OnGitHub, run) -> tuple[str, ...]:
    return (
        *("--plan", str(hub.plan_folder(run)), "--job", JOB, "--files", str(hub.folder / "files")),
        *("--out", str(hub.folder / "out")),
    )


def killed_in_the_middle(hub: OnGitHub, run) -> None:
    """The runner is switched off once the first attack has left something."""
    command = that_stays_in_the_middle(["evaluate", *places(hub, run), "--minutes", "60"])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "GITHUB_TOKEN": TOKEN, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list((hub.folder / "out" / "work").glob("autoattack-*.npz")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()


def fetched(hub: OnGitHub, run, files: Path) -> int:
    out = ("--plan", str(hub.plan_folder(run)), "--files", str(hub.folder / "files"), "--mirror", str(files))
    return hub.run("fetch", *out, run=run, token=False)


def test_from_the_plan_to_the_pull_request(hub: OnGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    small_evaluations(monkeypatch)
    row = hub.approved_issue(issue_body())
    run, plan = hub.begin(row)
    assert plan is not None
    assert fetched(hub, run, ASSETS / "files") == 0
    hub.world.upload(run.id, "fetched", {"fetched.json": (hub.folder / "files" / "fetched.json").read_bytes()})
    killed_in_the_middle(hub, run)
    out = hub.folder / "out"
    assert not (out / "result.json").exists()
    assert hub.run("evaluate", *places(hub, run), "--minutes", "0.01", run=run, token=False) == 0, hub.told
    assert hub.outputs == {"finished": "false"}
    halfway = read_progress((out / "progress.json").read_bytes())
    assert halfway.stage is Stage.ATTACKING
    assert hub.run("evaluate", *places(hub, run), "--minutes", "30", run=run) == 0, hub.told
    assert hub.outputs == {"finished": "true"}
    ended = read_progress((out / "progress.json").read_bytes())
    assert (ended.stage, ended.seconds > halfway.seconds) == (Stage.DONE, True)
    left = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert TOKEN.encode() not in left
    result = read_result((out / "result.json").read_bytes())
    assert len(read_outcomes(out / "outcomes.npz").index) == 48
    hub.world.upload(run.id, JOB, {name: (out / name).read_bytes() for name in ("result.json", "outcomes.npz")})
    submission = hub.submission(issue_body())
    hashes = read_fetched((hub.folder / "files" / "fetched.json").read_bytes(), submission.sha256).hashes
    for place, sparsity in enumerate((50, 75)):
        files = handed_over(submission, place, hub.protocol, sha256=hashes[IDS[sparsity]])
        hub.world.upload(run.id, f"R6-DIGITS-S-{sparsity}", files)
    assert hub.publish(row, run) == 0, hub.told
    record = hub.record(row.number)
    assert record.state is State.VERIFIED
    assert [tried.fingerprint is not None for tried in record.checkpoints] == [False, False, True]  # one is really read
    entry = hub.pull_files(record.pull_request)["leaderboard/entries/FilterPruning_Demo2026Digits.json"]
    assert result.checkpoint.sha256 in entry.decode()
    hub.world.merge(record.pull_request)


def test_a_file_that_cannot_be_had_is_told_with_whose_turn_it_is(hub: OnGitHub, tmp_path: Path) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    page = b"<!DOCTYPE html><html><title>Sign in</title></html>"
    assert fetched(hub, run, mirror(tmp_path / "mirror", s90=page)) == 0
    assert "not fetched, the author's to mend" in hub.told
    found = read_fetched((hub.folder / "files" / "fetched.json").read_bytes(), hub.submission(issue_body()).sha256)
    assert set(found.hashes) == {IDS[50], IDS[75]}
    assert isinstance(found.files[IDS[90]], Missed)
    assert hub.run("evaluate", *places(hub, run), run=run) == 0, hub.told
    assert hub.outputs == {"finished": "true"}
    failure = parse((hub.folder / "out" / "failure.json").read_bytes())
    assert (failure["turn"], failure["where"]) == ("contributor", "models.2.checkpoint")
    hub.world.upload(run.id, "fetched", {"fetched.json": (hub.folder / "files" / "fetched.json").read_bytes()})
    submission = hub.submission(issue_body())
    for place, sparsity in enumerate((50, 75)):
        files = handed_over(submission, place, hub.protocol, sha256=found.hashes[IDS[sparsity]])
        hub.world.upload(run.id, f"R6-DIGITS-S-{sparsity}", files)
    hub.world.upload(run.id, JOB, {"failure.json": (hub.folder / "out" / "failure.json").read_bytes()})
    assert hub.publish(row, run) == 0, hub.told
    assert hub.record(row.number).state is State.NEEDS_AUTHOR
    assert "web page" in hub.living(row.number)


def test_where_nobody_can_be_confined_nothing_is_measured(hub: OnGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    assert fetched(hub, run, ASSETS / "files") == 0
    monkeypatch.setattr(mechanism, "bubblewrap_works", lambda: False)
    monkeypatch.setattr(mechanism, "landlock_works", lambda: False)
    assert hub.run("evaluate", *places(hub, run), run=run) == 3
    assert "lets nobody confine a process" in hub.told
    assert hub.outputs == {"finished": "true"}
    assert json.loads((hub.folder / "out" / "failure.json").read_bytes())["turn"] == "machine"


def test_a_job_that_the_plan_does_not_have_is_refused(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    wrong = [part.replace(JOB, "R6-DIGITS-S-91") for part in places(hub, run)]
    assert hub.run("evaluate", *wrong, run=run) == 3
    assert "the plan has no job" in hub.told


def test_a_plan_that_was_changed_is_refused(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    path = hub.plan_folder(run) / "submission.json"
    path.write_bytes(path.read_bytes().replace(b"95.83", b"95.84"))
    assert fetched(hub, run, ASSETS / "files") == 3
    assert "is not the one that was approved" in hub.told


def test_links_that_were_left_are_not_handed_on(tmp_path: Path) -> None:
    """The upload follows links, and a file of the machine's owner would be published."""
    (tmp_path / "result.json").symlink_to("/etc/passwd")
    (tmp_path / "outcomes.npz").write_bytes(b"x")
    os.mkfifo(tmp_path / "failure.json")
    _leave_plain_files(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes.npz"]


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "7201"])
def test_minutes_that_cannot_be_meant_are_refused(minutes: str, hub: OnGitHub) -> None:
    with pytest.raises(SystemExit) as refused:
        hub.run("evaluate", "--plan", "p", "--job", JOB, "--files", "f", "--out", "o", "--minutes", minutes)
    assert refused.value.code == 2


def test_no_word_of_an_author_becomes_an_output() -> None:
    from bot.stages.outputs import write_outputs

    for value in ("a\nfinished=true", "$(id)", "`id`", "ü", "a'b", "a\rb"):
        with pytest.raises(ValueError, match="not of a form"):
            write_outputs({}, {"matrix": value})
