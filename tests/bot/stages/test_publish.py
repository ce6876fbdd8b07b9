"""A run on a GitHub of our own, from its first job to a merged pull request; what jobs hand over is mostly made up."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles.demo import IDS, issue_body
from doubles.github.server import GitHubDouble, github_double
from doubles.handed_over import handed_over
from doubles.run_on_github import OnGitHub, on_github

from bot.leaderboard.build import out_of_step
from bot.lifecycle.plan import plan_bytes
from bot.lifecycle.state import State

HASHES = {drive_id: f"{sparsity:064x}" for sparsity, drive_id in IDS.items()}
PICKLED = io.BytesIO()
np.savez(PICKLED, index=np.array([{}], dtype=object))
PICKLED = PICKLED.getvalue()
ENTRY = "leaderboard/entries/FilterPruning_Demo2026Digits.json"


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        yield running


@pytest.fixture
def hub(double: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnGitHub:
    return on_github(double, tmp_path, monkeypatch)


def upload(hub: OnGitHub, run, body: str, *places: int, **options) -> None:
    """What the jobs of some checkpoints upload."""
    submission = hub.submission(body)
    for place in places:
        model = submission.models[place]
        files = handed_over(submission, place, hub.protocol, sha256=HASHES[model.checkpoint.id], **options)
        hub.world.upload(run.id, f"R6-DIGITS-S-{model.key.sparsity}", files)


def measured(hub: OnGitHub, body: str | None = None):
    """An issue whose checkpoints are all measured and published."""
    body = body or issue_body()
    row = hub.approved_issue(body)
    run, plan = hub.begin(row)
    assert plan is not None
    hub.fetched(run, HASHES)
    upload(hub, run, body, 0, 1, 2)
    assert hub.publish(row, run) == 0, hub.told
    return row, run


def test_what_is_measured_becomes_a_pull_request(hub: OnGitHub) -> None:
    row, _run = measured(hub)
    record = hub.record(row.number)
    assert record.state is State.VERIFIED
    assert record.run is None
    assert row.labels == ["apbot: verified"]
    pull = hub.world.issues[record.pull_request]
    assert f"Closes #{row.number}" in pull.body
    assert ENTRY in hub.pull_files(pull.number)
    assert f"#{pull.number}" in hub.living(row.number)
    status = hub.world.statuses[-1]
    assert (status.commit, status.state, status.context) == (pull.pull.head, "success", "apbot/verification")
    hub.world.merge(pull.number)
    assert ENTRY in hub.world.git.files(hub.world.git.branches["main"])
    assert row.state == "closed"


def test_published_twice_nothing_is_written_twice(hub: OnGitHub) -> None:
    row, run = measured(hub)
    created = len(hub.double.created)
    head = hub.world.git.branches[f"apbot/issue-{row.number}"]
    assert hub.publish(row, run) == 0, hub.told
    pulls = [one for one in hub.world.issues.values() if one.pull]
    assert len(pulls) == 1
    assert hub.world.git.branches[f"apbot/issue-{row.number}"] == head
    new = [call.path.rsplit("/", 2)[-2] for call in hub.double.created[created:]]
    assert "comments" not in new


def test_editing_a_claim_measures_nothing_and_judges_anew(hub: OnGitHub) -> None:
    row, _ = measured(hub)
    number = hub.record(row.number).pull_request
    hub.edit(row, issue_body(("Clean accuracy (%): 95.83", "Clean accuracy (%): 91.67")))
    run, plan = hub.begin(row)
    assert plan is None
    assert hub.outputs == {"measure": "false", "publish": "true", "matrix": ""}
    assert hub.publish(row, run) == 0, hub.told
    record = hub.record(row.number)
    assert record.pull_request == number
    assert record.state in (State.VERIFIED, State.REFUTED)
    assert "91.67" in hub.world.issues[number].body


def test_replacing_a_file_measures_its_checkpoint_alone(hub: OnGitHub) -> None:
    row, first = measured(hub)
    number = hub.record(row.number).pull_request
    other = IDS[75].replace("s75", "x75")
    body = issue_body((IDS[75], other))
    hub.edit(row, body)
    run, plan = hub.begin(row)
    assert plan is not None
    assert [job.name for job in plan.jobs] == ["R6-DIGITS-S-75"]
    assert hub.outputs["matrix"] == '{"include": [{"job": "R6-DIGITS-S-75"}]}'
    hub.fetched(run, {other: "f" * 64})
    submission = hub.submission(body)
    hub.world.upload(run.id, "R6-DIGITS-S-75", handed_over(submission, 1, hub.protocol, sha256="f" * 64))
    assert hub.publish(row, run) == 0, hub.told
    record = hub.record(row.number)
    assert (record.state, record.pull_request) == (State.VERIFIED, number)
    assert {one.result.run for one in record.checkpoints if one.result} == {first.id, run.id}
    entry = hub.pull_files(number)[ENTRY].decode()
    assert f"/runs/{first.id}" in entry
    assert f"/runs/{run.id}" in entry


def test_what_failed_on_our_side_is_measured_again_and_nothing_else(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    hub.fetched(run, HASHES)
    upload(hub, run, issue_body(), 0, 2)
    assert hub.publish(row, run) == 0, hub.told
    assert hub.record(row.number).state is State.WAITING
    assert not [one for one in hub.world.issues.values() if one.pull]
    again, plan = hub.begin(row)
    assert plan is not None
    assert [job.name for job in plan.jobs] == ["R6-DIGITS-S-75"]
    hub.fetched(again, HASHES)
    upload(hub, again, issue_body(), 1)
    assert hub.publish(row, again) == 0, hub.told
    assert hub.record(row.number).state is State.VERIFIED
    assert len([one for one in hub.world.issues.values() if one.pull]) == 1


def test_a_results_artifact_that_is_gone_is_measured_again(hub: OnGitHub) -> None:
    row, _run = measured(hub)
    for artifact in hub.world.artifacts.values():
        artifact.expired = artifact.expired or artifact.name == "R6-DIGITS-S-75"
    hub.edit(row, issue_body(("Clean accuracy (%): 95.83", "Clean accuracy (%): 91.67")))
    idle, _ = hub.begin(row)
    assert hub.publish(row, idle) == 0, hub.told
    assert hub.record(row.number).state is State.QUEUED
    _, plan = hub.begin(row)
    assert plan is not None
    assert [job.name for job in plan.jobs] == ["R6-DIGITS-S-75"]


def zip_of(names: dict[str, bytes], *, links: tuple[str, ...] = ()) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
        for name in links:
            link = zipfile.ZipInfo(name)
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc/passwd")
    return packed.getvalue()


def forged(files: dict[str, bytes], *change: str) -> dict[str, bytes]:
    old, new = change
    text = files["result.json"].decode()
    assert old in text
    return files | {"result.json": text.replace(old, new).encode()}


def five_gigabytes(files: dict[str, bytes]) -> bytes:
    """An archive whose list of files claims 5 GB for its result."""
    raw = bytearray(zip_of({"result.json": b"x" * 100}))
    place = raw.rindex(b"PK\x01\x02")
    raw[place + 24 : place + 28] = (4_294_967_294).to_bytes(4, "little")
    return bytes(raw)


def other_outcomes(files: dict[str, bytes], hub: OnGitHub) -> dict[str, bytes]:
    better = handed_over(hub.submission(issue_body()), 1, hub.protocol, sha256=HASHES[IDS[75]], aa=3)
    return files | {"outcomes.npz": better["outcomes.npz"]}


POISON = {
    "paths that lead out": lambda files, _: zip_of({f"../../{name}": raw for name, raw in files.items()}),
    "a link": lambda files, _: zip_of({"outcomes.npz": files["outcomes.npz"]}, links=("result.json",)),
    "a claim of five gigabytes": lambda files, _: five_gigabytes(files),
    "no zip": lambda _files, _hub: b"MZ" * 500,
    "a forged verdict": lambda files, _: forged(files, '"verdict": "confirmed"', '"verdict": "higher"'),
    "a forged count": lambda files, _: forged(files, '"value": 77.083333', '"value": 97.916667'),
    "another hash of the file": lambda files, _: forged(files, HASHES[IDS[75]], "e" * 64),
    "result and failure": lambda files, _: files | {"failure.json": b"{}"},
    "no outcomes": lambda files, _: {"result.json": files["result.json"]},
    "outcomes of other numbers": other_outcomes,
    "outcomes with an object": lambda files, _: files | {"outcomes.npz": PICKLED},
    "a result of 2 MB": lambda files, _: files | {"result.json": files["result.json"] + b" " * 2_000_000},
}


@pytest.mark.parametrize("how", POISON)
def test_a_poisoned_artifact_costs_its_own_checkpoint_alone(how: str, hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    hub.fetched(run, HASHES)
    upload(hub, run, issue_body(), 0, 2)
    files = handed_over(hub.submission(issue_body()), 1, hub.protocol, sha256=HASHES[IDS[75]])
    hub.world.upload(run.id, "R6-DIGITS-S-75", POISON[how](files, hub))
    assert hub.publish(row, run) == 0, hub.told
    record = hub.record(row.number)
    assert record.state is State.WAITING
    assert {tried.key.sparsity for tried in record.checkpoints if tried.result} == {50, 90}
    assert not [one for one in hub.world.issues.values() if one.pull]
    assert "R6-DIGITS-S-75: " in hub.told


def test_files_that_nobody_asked_for_are_not_looked_at(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    hub.fetched(run, HASHES)
    upload(hub, run, issue_body(), 0, 2)
    files = handed_over(hub.submission(issue_body()), 1, hub.protocol, sha256=HASHES[IDS[75]])
    hub.world.upload(run.id, "R6-DIGITS-S-75", files | {"run.sh": b"rm -rf /", "../x": b"y"})
    hub.world.upload(run.id, "R6-DIGITS-S-99", files)
    hub.world.upload(run.id, "progress-R6-DIGITS-S-75-1", {"progress.json": b"{}"})
    assert hub.publish(row, run) == 0, hub.told
    assert hub.record(row.number).state is State.VERIFIED


def test_the_plan_of_another_submission_is_refused_whole(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    other = hub.approved_issue(
        issue_body(("Clean accuracy (%): 95.83", "Clean accuracy (%): 91.67")), author="ap-board"
    )
    others, _ = hub.begin(other)
    hub.fetched(run, HASHES)
    upload(hub, run, issue_body(), 0, 1, 2)
    files = {path.name: path.read_bytes() for path in hub.plan_folder(others).glob("*.json")}
    hub.world.upload(run.id, "plan", files)
    assert hub.publish(row, run) == 3
    assert "nothing of this run is taken" in hub.told
    assert hub.record(row.number).state is State.WAITING
    assert not hub.record(row.number).checkpoints[0].result


@pytest.mark.parametrize("forge", ["one job fewer", "another seed"])
def test_a_plan_that_was_exchanged_is_refused_whole(forge: str, hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, plan = hub.begin(row)
    assert plan is not None
    hub.fetched(run, HASHES)
    upload(hub, run, issue_body(), 0, 1, 2)
    last = () if forge == "one job fewer" else (replace(plan.jobs[2], seed=5),)
    files = {path.name: path.read_bytes() for path in hub.plan_folder(run).glob("*.json")}
    hub.double.time.at += 60
    hub.world.upload(run.id, "plan", files | {"plan.json": plan_bytes(replace(plan, jobs=(*plan.jobs[:2], *last)))})
    assert hub.publish(row, run) == 3
    assert "leaves out 1 of the checkpoints" in hub.told
    assert hub.record(row.number).state is State.WAITING


def test_a_run_that_the_issue_does_not_wait_for_publishes_nothing(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    stranger = hub.start(row)
    before = hub.living(row.number)
    assert hub.publish(row, stranger) == 0
    assert "not the one that the issue waits for" in hub.told
    assert hub.living(row.number) == before
    assert hub.record(row.number).run.id == run.id


def test_a_hash_that_is_not_approved_begins_nothing(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    before = hub.living(row.number)
    _, plan = hub.begin(row, sha256="0" * 64)
    assert plan is None
    assert hub.outputs == {"measure": "false", "publish": "false", "matrix": ""}
    assert hub.living(row.number) == before


def test_an_edit_since_the_approval_begins_nothing(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run = hub.start(row)
    row.body = issue_body((IDS[75], IDS[75].replace("s75", "x75")))
    _, plan = hub.begin(row, run)
    assert plan is None
    assert "has changed since it was approved" in hub.told


def test_an_edit_while_it_runs_publishes_nothing_and_keeps_the_numbers(hub: OnGitHub) -> None:
    row = hub.approved_issue(issue_body())
    run, _ = hub.begin(row)
    hub.fetched(run, HASHES)
    upload(hub, run, issue_body(), 0, 1, 2)
    row.body = issue_body(("Clean accuracy (%): 95.83", "Clean accuracy (%): 91.67"))
    assert hub.publish(row, run) == 0, hub.told
    assert not [one for one in hub.world.issues.values() if one.pull]
    assert all(tried.result for tried in hub.record(row.number).checkpoints)


def other_method(name: str) -> str:
    """The demonstration's submission by another method."""
    key = f"{name}_Demo2026Digits"
    return issue_body(("FilterPruning_Demo2026Digits", key), ("arxiv.org/abs/1706.06083", "arxiv.org/abs/1706.06084"))


def test_two_methods_are_merged_one_after_the_other(hub: OnGitHub) -> None:
    rows = [measured(hub)[0], measured(hub, other_method("ChannelPruning"))[0]]
    numbers = [hub.record(row.number).pull_request for row in rows]
    hub.world.merge(numbers[0])
    rebuilt = hub.rebuild(rows[1])
    assert rebuilt
    second = hub.world.issues[numbers[1]]
    assert hub.world.mergeable(second)
    assert hub.record(rows[1].number).pull_request == numbers[1]
    hub.world.merge(numbers[1])
    main = hub.world.git.files(hub.world.git.branches["main"])
    assert {ENTRY, ENTRY.replace("FilterPruning", "ChannelPruning")} <= main.keys()
    board = hub.folder / "board"
    for path, content in main.items():
        (board / path).parent.mkdir(parents=True, exist_ok=True)
        (board / path).write_bytes(content)
    assert out_of_step(board / "leaderboard" / "entries", board / "leaderboard") == []
    assert "leaderboard/curves/ChannelPruning_Demo2026Digits_R6_DIGITS_S.png" in main
    # The first proposal knew the distances, the rebuilt one took the file from its branch; `out_of_step` held both against it.
    for name in ("FilterPruning", "ChannelPruning"):
        assert f"leaderboard/details/{name}_Demo2026Digits_R6_DIGITS_S_90.demo.json" in main


def test_what_is_on_main_already_is_not_made_anew(hub: OnGitHub) -> None:
    row, _ = measured(hub)
    head = hub.world.git.branches[f"apbot/issue-{row.number}"]
    assert hub.rebuild(row, days=3)
    assert hub.world.git.branches[f"apbot/issue-{row.number}"] == head


def test_people_who_pushed_to_the_branch_are_not_overwritten(hub: OnGitHub) -> None:
    row, run = measured(hub)
    hub.world.commit(f"apbot/issue-{row.number}", {"leaderboard/note.md": b"mine"}, "Note", by="maintainer")
    assert hub.publish(row, run) == 3
    assert "someone else has pushed" in hub.told


def test_twelve_checkpoints_are_one_write_of_the_tree(double: GitHubDouble, tmp_path: Path, monkeypatch) -> None:
    hub = on_github(double, tmp_path, monkeypatch, "apb-2024")
    body = twelve()
    row = hub.approved_issue(body)
    run, plan = hub.begin(row)
    assert plan is not None
    assert len(plan.jobs) == 12
    submission = hub.submission(body)
    hashes = {model.checkpoint.id: f"{place:064x}" for place, model in enumerate(submission.models, 1)}
    hub.fetched(run, hashes)
    for place, job in enumerate(plan.jobs):
        hub.world.upload(run.id, job.name, handed_over(submission, place, hub.protocol))
    calls = len(double.calls)
    assert hub.publish(row, run) == 0, hub.told
    assert hub.record(row.number).state is State.VERIFIED
    written = [call.path.rpartition("/git/")[2] for call in double.calls[calls:] if call.method == "POST"]
    assert written.count("trees") == 1
    assert written.count("commits") == 1
    assert len([one for one in hub.world.issues.values() if one.pull]) == 1


def twelve() -> str:
    """A submission of twelve checkpoints, four for each of three sparsities."""
    head, _, rest = issue_body().partition("### Model 1\n")
    tail = rest[rest.index("### Confirmation") :] if "### Confirmation" in rest else ""
    parts = []
    for kind, (architecture, dataset) in enumerate((a, d) for a in ("R18", "V16") for d in ("CIFAR10", "SVHN")):
        for place, sparsity in enumerate((50, 75, 90)):
            number = 3 * kind + place + 1
            parts.append(
                f"### Model {number}\n\n"
                f"Model key: FilterPruning_Demo2026Digits_{architecture}_{dataset}_S_{sparsity}\n"
                f"Checkpoint (Google Drive link or id): 1twelve-checkpoints-number-{number:02d}-0123\n"
                "Extension: .pt\n"
                "Distances (optional): \nOutcomes (optional): \n"
                f"Clean accuracy (%): {80 - number}.12\n"
                f"AutoAttack robust accuracy (%): {45 - number}.31\n"
                f"HO-FMN robust accuracy (%): {46 - number}.5\n"
                "Normalization (optional; mean=..., std=...): \n\n"
            )
    return head + "".join(parts) + tail


def test_an_appeal_publishes_the_spread_and_leaves_what_counts(hub: OnGitHub) -> None:
    body = issue_body(
        (
            "AutoAttack robust accuracy (%): 77.08\nHO-FMN robust accuracy (%): 77.08",
            "AutoAttack robust accuracy (%): 91.67\nHO-FMN robust accuracy (%): 91.67",
        )
    )
    row = hub.approved_issue(body)
    run, _ = hub.begin(row)
    hub.fetched(run, HASHES)
    upload(hub, run, body, 0, 2)
    upload(hub, run, body, 1, aa=-30)
    assert hub.publish(row, run) == 0, hub.told
    assert hub.record(row.number).state is State.REFUTED
    assert hub.world.statuses[-1].state == "failure"
    number = hub.record(row.number).pull_request
    before = hub.pull_files(number)
    hub.grant_appeal(row)
    again, plan = hub.begin(row)
    assert plan is not None
    assert len(plan.jobs) == 3
    hub.fetched(again, HASHES)
    submission = hub.submission(body)
    for shift, job in enumerate(plan.jobs, 1):
        files = handed_over(
            submission, 1, hub.protocol, sha256=HASHES[IDS[75]], aa=-30 + shift, seed=job.seed, shift=shift
        )
        hub.world.upload(again.id, job.name, files)
    assert hub.publish(row, again) == 0, hub.told
    assert "### The appeal: the same images, fresh seeds" in hub.living(row.number)
    assert hub.pull_files(number) == before
