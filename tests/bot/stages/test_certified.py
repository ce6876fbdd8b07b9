"""What a run certifies, and how it reaches a reader: accepted, signed, proposed beside the result, checked in a clone."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doubles.demo import IDS, issue_body
from doubles.github.server import GitHubDouble, github_double
from doubles.handed_over import handed_over
from doubles.run_on_github import ROOT, OnGitHub, on_github
from doubles.signing import Signer, Sigstore, statement

from apcore.model_key import ModelKey
from bot.cli import main
from bot.lifecycle.state import State
from bot.stages.certified import Certificate, Evidence, ResultFile, evidence_of
from bot.stages.own_certificate import own_certificate

HASHES = {drive_id: f"{sparsity:064x}" for sparsity, drive_id in IDS.items()}
KEYS = {sparsity: f"FilterPruning_Demo2026Digits_R6_DIGITS_S_{sparsity}" for sparsity in IDS}
RAW = b"{}\n"
BILL = ROOT / "requirements" / "evaluate.cdx.json"


@pytest.fixture
def double() -> Iterator[GitHubDouble]:
    with github_double() as running:
        yield running


@pytest.fixture(scope="module")
def sigstore() -> Sigstore:
    return Sigstore()


@pytest.fixture
def root(sigstore: Sigstore, tmp_path: Path) -> Path:
    return sigstore.trusted_root(tmp_path / "root.json")


@pytest.fixture
def hub(double: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> OnGitHub:
    found = on_github(double, tmp_path, monkeypatch)
    found.trusted_root = root
    return found


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
    certificate = str(tmp_path / "clone" / str(run.id) / "certificate.sigstore.json")
    named = ("--repository", hub.world.full_name, "--trusted-root", str(hub.trusted_root), "--certificate", certificate)
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


def signed(sigstore: Sigstore, signer: Signer, content: bytes = RAW, **changed: Any) -> bytes:
    return json.dumps(sigstore.bundle(statement({"KEY.json": content}, **changed), signer)).encode()


def bent(sigstore: Sigstore) -> bytes:
    """Of another file when it was signed."""
    bundle = json.loads(signed(sigstore, Signer(), b"another"))
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(statement({"KEY.json": RAW})).decode()
    return json.dumps(bundle).encode()


FORGED = {
    "by an issuer of one's own": (lambda _: signed(Sigstore(), Signer()), "whoever issued it is not trusted"),
    "for another issuer's identity": (
        lambda sigstore: signed(sigstore, Signer(issuer="https://accounts.google.com")),
        "it was not issued for a job of GitHub Actions",
    ),
    "by another repository": (
        lambda sigstore: signed(sigstore, Signer(repository="thief/apbot")),
        "it is signed by https://github.com/thief/apbot/",
    ),
    "by another workflow": (
        lambda sigstore: signed(sigstore, Signer(workflow=".github/workflows/ci.yml")),
        "it is signed by https://github.com/board/apbot/.github/workflows/ci.yml@",
    ),
    "by another branch": (
        lambda sigstore: signed(sigstore, Signer(ref="refs/heads/mine")),
        "it is signed by https://github.com/board/apbot/.github/workflows/verify.yml@refs/heads/mine",
    ),
    "on a machine that meets strangers' files": (
        lambda sigstore: signed(sigstore, Signer(runner="self-hosted")),
        "it is signed on a machine that is self-hosted",
    ),
    "in another run": (
        lambda sigstore: signed(sigstore, Signer(run=811)),
        "it is of another run, https://github.com/board/apbot/actions/runs/811/attempts/1",
    ),
    "of a statement that was exchanged": (bent, "its signature does not hold: DSSE: invalid signature"),
    "of a statement about something else": (
        lambda sigstore: signed(sigstore, Signer(), predicateType="https://example.com/anything"),
        "the statement is not one about where files come from",
    ),
    "in no bundle at all": (lambda _: b"\x89PNG", "it is no Sigstore bundle"),
    "in more than is read": (lambda _: b"[" + b" " * 2_000_000 + b"]", "it is no Sigstore bundle"),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_certificate_that_is_not_of_this_run_is_refused(how: str, sigstore: Sigstore, root: Path) -> None:
    forge, words = FORGED[how]
    found = own_certificate("board/apbot", root)(forge(sigstore), 81)
    assert found.refused.startswith(words)
    assert (found.bundle, found.subjects) == (b"", frozenset())


def test_the_certificate_of_this_run_speaks_of_its_files(sigstore: Sigstore, root: Path) -> None:
    bundle = signed(sigstore, Signer())
    found = own_certificate("board/apbot", root)(bundle, 81)
    assert found == Certificate(bundle=bundle, subjects=frozenset({hashlib.sha256(RAW).hexdigest()}))


def test_keys_that_cannot_be_read_refuse_every_certificate(sigstore: Sigstore, tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("{}")
    found = own_certificate("board/apbot", tmp_path / "none.json")(signed(sigstore, Signer()), 81)
    assert found.refused == "no trusted root can be read from it"


def test_a_certificate_that_does_not_speak_of_a_result_is_left_out() -> None:
    result = ResultFile(key=ModelKey.parse(KEYS[75]), run=81, raw=RAW)
    found = evidence_of([result], lambda _: Certificate(bundle=b"{}", subjects=frozenset({"0" * 64})))
    assert found == Evidence(files={f"leaderboard/evidence/81/{KEYS[75]}.json": RAW})


def test_nothing_is_proposed_with_a_forged_certificate_and_nothing_is_measured_again(
    hub: OnGitHub, sigstore: Sigstore
) -> None:
    row, run = measured(hub, 0, 1, 2)
    accepted = accept(hub, row, run)
    forged = certify(hub, run, accepted, Sigstore())
    assert hub.publish(row, run) == 3
    assert f"nothing is proposed: the certificate of run {run.id}: whoever issued it is not trusted" in hub.told
    assert "run Certify of that run again" in hub.told
    record = hub.record(row.number)
    assert (record.state, record.pull_request, record.run) == (State.WAITING, None, None)
    assert record.not_before is not None
    assert {tried.result.run for tried in record.checkpoints} == {run.id}
    assert not [blob for blob in hub.world.git.blobs.values() if forged.strip() in blob]
    assert not hub.comments(row.number), "it is nobody's turn but ours"
    bundle = certify(hub, run, accepted, sigstore)
    hub.edit(row, issue_body())  # approved once more, for the sweep would wait
    again, plan = hub.begin(row)
    assert plan is None
    assert hub.publish(row, again) == 0, hub.told
    assert hub.record(row.number).state is State.VERIFIED
    assert evidence(hub, row.number)[f"{run.id}/certificate.sigstore.json"] == bundle


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
