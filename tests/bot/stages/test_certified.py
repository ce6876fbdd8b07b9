"""What a run certifies, and how it reaches a reader: accepted, signed, proposed beside the result, checked in a clone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles.demo import IDS, issue_body
from doubles.github.server import GitHubDouble, github_double
from doubles.handed_over import handed_over
from doubles.run_on_github import ROOT, OnGitHub, on_github
from doubles.signing import Signer, Sigstore, statement

from apcore.model_key import ModelKey
from bot.cli import main
from bot.lifecycle.state import State
from bot.stages.certified import ResultFile, evidence_of
from bot.stages.handed_over import Handovers

HASHES = {drive_id: f"{sparsity:064x}" for sparsity, drive_id in IDS.items()}
KEYS = {sparsity: f"FilterPruning_Demo2026Digits_R6_DIGITS_S_{sparsity}" for sparsity in IDS}
BILL = ROOT / "requirements" / "evaluate.cdx.json"


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        yield running


@pytest.fixture
def hub(double: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnGitHub:
    return on_github(double, tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def sigstore() -> Sigstore:
    return Sigstore()


def measured(hub: OnGitHub, *places: int, body: str | None = None):
    """An approved issue, and its run with what the jobs of some checkpoints handed over."""
    body = body or issue_body()
    row = hub.approved_issue(body)
    run, _ = hub.begin(row)
    hub.fetched(run, HASHES)
    hand_over(hub, run, *places, body=body)
    return row, run


def hand_over(hub: OnGitHub, run, *places: int, body: str | None = None) -> None:
    submission = hub.submission(body or issue_body())
    for place in places:
        model = submission.models[place]
        files = handed_over(submission, place, hub.protocol, sha256=HASHES[model.checkpoint.id])
        hub.world.upload(run.id, f"R6-DIGITS-S-{model.key.sparsity}", files)


def accept(hub: OnGitHub, row, run) -> Path:
    """The folder in which the command leaves what may be certified."""
    out = hub.folder / f"accepted-{run.id}"
    where = ("--run", str(run.id), "--issue", str(row.number), "--sha256", run.inputs["sha256"])
    code = hub.run("accept", *where, "--bill", str(BILL), "--out", str(out), "--protocol", hub.protocol.name, run=run)
    assert code == 0, hub.told
    return out


def certify(hub: OnGitHub, run, accepted: Path, sigstore: Sigstore) -> bytes:
    """What the signing job does: it signs whatever is in the folder, and uploads the bundle."""
    payload = statement({path.name: path.read_bytes() for path in accepted.iterdir()})
    bundle = json.dumps(sigstore.bundle(payload, Signer(repository=hub.world.full_name, run=run.id))).encode() + b"\n"
    hub.world.upload(run.id, "certificate", {"attestation.json": bundle})
    return bundle


def evidence(hub: OnGitHub, number: int) -> dict[str, bytes]:
    """The evidence at the head of an issue's pull request, by path below its folder."""
    files = hub.pull_files(hub.record(number).pull_request)
    head = "leaderboard/evidence/"
    return {path.removeprefix(head): content for path, content in files.items() if path.startswith(head)}


def pull_text(hub: OnGitHub, number: int) -> str:
    return hub.world.issues[hub.record(number).pull_request].body


def test_what_a_run_certified_is_checked_in_a_clone_of_the_board(
    hub: OnGitHub, sigstore: Sigstore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, run = measured(hub, 0, 1, 2)
    accepted = accept(hub, row, run)
    assert hub.outputs == {"accepted": "true"}
    certify(hub, run, accepted, sigstore)
    assert hub.publish(row, run) == 0, hub.told
    found = evidence(hub, row.number)
    names = {f"{run.id}/{key}.json" for key in KEYS.values()}
    assert found.keys() == names | {f"{run.id}/certificate.sigstore.json"}
    assert "Without a certificate" not in pull_text(hub, row.number)
    for path, content in found.items():
        place = tmp_path / "clone" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    root = str(sigstore.trusted_root(tmp_path / "root.json"))
    certificate = str(tmp_path / "clone" / str(run.id) / "certificate.sigstore.json")
    named = ("--repository", hub.world.full_name, "--trusted-root", root, "--certificate", certificate)
    outcomes = accepted / f"{KEYS[75]}.outcomes.npz"
    for file in (*(tmp_path / "clone" / name for name in sorted(names)), outcomes, BILL):
        capsys.readouterr()
        assert main(["certificate", "check", str(file), *named]) == 0, capsys.readouterr().err
        assert f"/actions/runs/{run.id}/" in capsys.readouterr().out


def test_only_what_passes_may_be_certified(hub: OnGitHub) -> None:
    row, run = measured(hub, 0, 2)
    files = handed_over(hub.submission(issue_body()), 1, hub.protocol, sha256=HASHES[IDS[75]])
    bent = files["result.json"].replace(b'"verdict": "confirmed"', b'"verdict": "higher"', 1)
    hub.world.upload(run.id, "R6-DIGITS-S-75", files | {"result.json": bent})
    out = accept(hub, row, run)
    assert {path.name for path in out.iterdir()} == {
        f"{KEYS[50]}.json",
        f"{KEYS[50]}.outcomes.npz",
        f"{KEYS[90]}.json",
        f"{KEYS[90]}.outcomes.npz",
        "evaluate.cdx.json",
    }
    assert "R6-DIGITS-S-75: verdict: is not the worst verdict of the claims" in hub.told


def test_where_nothing_passes_nothing_is_left_to_sign(hub: OnGitHub) -> None:
    row, run = measured(hub)
    assert not accept(hub, row, run).exists()
    assert hub.outputs == {"accepted": "false"}
    assert hub.told.endswith("no result of this run can be certified\n")


def test_a_run_that_is_not_of_what_was_approved_is_certified_in_nothing(hub: OnGitHub, tmp_path: Path) -> None:
    row, run = measured(hub, 0, 1, 2)
    where = ("--run", str(run.id), "--issue", str(row.number), "--sha256", "0" * 64)
    out = tmp_path / "accepted"
    code = hub.run("accept", *where, "--bill", str(BILL), "--out", str(out), "--protocol", hub.protocol.name, run=run)
    assert code == 3
    assert not out.exists()
    assert "the plan is not of this issue, or not of what was approved when the run began" in hub.told
    assert hub.outputs == {}


def test_results_are_published_without_a_certificate_and_get_it_when_the_job_is_run_again(
    hub: OnGitHub, sigstore: Sigstore
) -> None:
    row, run = measured(hub, 0, 1, 2)
    accepted = accept(hub, row, run)
    assert hub.publish(row, run) == 0, hub.told
    assert hub.record(row.number).state is State.VERIFIED
    assert f"run {run.id} has left no certificate" in hub.told
    assert evidence(hub, row.number).keys() == {f"{run.id}/{key}.json" for key in KEYS.values()}
    assert "Without a certificate: " in pull_text(hub, row.number)
    bundle = certify(hub, run, accepted, sigstore)
    assert hub.publish(row, run) == 0, hub.told
    assert evidence(hub, row.number)[f"{run.id}/certificate.sigstore.json"] == bundle
    assert "Without a certificate" not in pull_text(hub, row.number)


OTHERS = {
    "of other files": lambda sigstore: json.dumps(sigstore.bundle(statement({"a.json": b"{}"}))).encode(),
    "no bundle": lambda _: b"\x89PNG",
    "of two megabytes": lambda _: b"[" + b" " * 2_000_000 + b"]",
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_certificate_that_does_not_speak_of_a_result_is_left_out(
    what: str, hub: OnGitHub, sigstore: Sigstore
) -> None:
    run = hub.start(hub.approved_issue(issue_body()))
    hub.world.upload(run.id, "certificate", {"attestation.json": OTHERS[what](sigstore)})
    result = ResultFile(key=ModelKey.parse(KEYS[75]), run=run.id, raw=b"{}\n")
    found = evidence_of([result], Handovers(hub.github.runs))
    assert found.files == {f"leaderboard/evidence/{run.id}/{KEYS[75]}.json": b"{}\n"}
    assert found.certified == frozenset()
    assert len(found.log) == (what != "of other files")


def test_what_two_runs_measured_stands_in_two_folders_and_survives_a_rebuild(hub: OnGitHub, sigstore: Sigstore) -> None:
    row, first = measured(hub, 0, 2)
    certify(hub, first, accept(hub, row, first), sigstore)
    assert hub.publish(row, first) == 0, hub.told
    again, _ = hub.begin(row)
    hub.fetched(again, HASHES)
    hand_over(hub, again, 1)
    certify(hub, again, accept(hub, row, again), sigstore)
    assert hub.publish(row, again) == 0, hub.told
    wanted = {
        f"{first.id}/{KEYS[50]}.json",
        f"{first.id}/{KEYS[90]}.json",
        f"{first.id}/certificate.sigstore.json",
        f"{again.id}/{KEYS[75]}.json",
        f"{again.id}/certificate.sigstore.json",
    }
    assert evidence(hub, row.number).keys() == wanted
    hub.world.commit("main", {"README.md": b"new"}, "Change something", by="maintainer")
    assert hub.rebuild(row)
    assert evidence(hub, row.number).keys() == wanted
    assert "Without a certificate" not in pull_text(hub, row.number)
