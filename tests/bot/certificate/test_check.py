"""`apbot certificate check`: a file that a run has certified passes, anything else is refused, each with words of its own.

Bundles are signed here, by services of our own, and checked by the library that checks Sigstore's; no part of it is replaced.
"""

import base64
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from doubles.demo import BOARD, issue_body
from doubles.handed_over import handed_over
from doubles.signing import REPOSITORY, WHEN, Signer, Sigstore, statement

from apcore.protocol import load_protocol
from bot.cli import main
from bot.leaderboard.facts import board_facts
from bot.stages.check import check

DEMO = load_protocol("demo")
NAME = "FilterPruning_Demo2026Digits_R6_DIGITS_S_75.json"
Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def handed() -> dict[str, bytes]:
    """What a run handed over for one checkpoint."""
    submission = check(issue_body(), DEMO, board_facts(BOARD)).submission
    assert submission is not None
    return handed_over(submission, 1, DEMO)


@pytest.fixture(scope="module")
def sigstore() -> Sigstore:
    return Sigstore()


@dataclass
class Checking:
    """A folder as a reader has it, and what the command answers there."""

    folder: Path
    sigstore: Sigstore
    result: bytes
    captured: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        self.sigstore.trusted_root(self.folder / "root.json")
        (self.folder / NAME).write_bytes(self.result)
        self.certify(self.bundle())

    def bundle(self, signer: Signer | None = None, **options: Any) -> Bundle:
        return self.sigstore.bundle(statement({NAME: self.result, "evaluate.cdx.json": b"{}"}), signer, **options)

    def certify(self, bundle: Bundle | bytes) -> None:
        raw = bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode()
        (self.folder / "certificate.sigstore.json").write_bytes(raw)

    def check(self, *more: str, file: str = NAME, root: str | None = "root.json") -> tuple[int, str, str]:
        trusted = ("--trusted-root", str(self.folder / root)) if root else ()
        named = () if "--repository" in more else ("--repository", REPOSITORY)
        code = main(["certificate", "check", str(self.folder / file), *trusted, *named, *more], {})
        printed = self.captured.readouterr()
        return code, printed.out.replace(str(self.folder), ""), printed.err.replace(str(self.folder), "")


@pytest.fixture
def checking(
    tmp_path: Path, sigstore: Sigstore, handed: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> Checking:
    return Checking(tmp_path, sigstore, handed["result.json"], capsys)


def test_a_result_that_was_certified_is_told_with_who_signed_it_and_what_it_says(
    checking: Checking, golden: Callable[[str, str], None]
) -> None:
    code, out, err = checking.check()
    assert (code, err) == (0, "")
    golden("certificate/checked.txt", out)


def test_a_file_that_is_no_result_is_checked_by_its_bytes(checking: Checking) -> None:
    (checking.folder / "bill.json").write_bytes(b"{}")
    code, out, _ = checking.check(file="bill.json")
    assert code == 0
    assert "certified as  evaluate.cdx.json" in out
    assert out.endswith("it is no result: there are no numbers to hold against each other\n")


def test_nothing_is_asked_of_the_network(checking: Checking, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert checking.check()[0] == 0


def test_the_keys_of_sigstore_come_with_its_library_and_do_not_vouch_for_ours(checking: Checking) -> None:
    """So the file is found and read; a bundle that these keys vouch for cannot be made here."""
    code, _, err = checking.check(root=None)
    assert (code, err.split("\n")[0]) == (
        1,
        "apbot: certificate: whoever issued it is not trusted, or was not when it was signed",
    )


def test_another_file_is_not_what_was_certified(checking: Checking) -> None:
    path = checking.folder / NAME
    path.write_bytes(path.read_bytes().replace(b'"value": 93.75', b'"value": 95.833333', 1))
    code, out, err = checking.check()
    assert (code, out) == (1, "")
    assert "and none of the 2 files of this certificate has that" in err


def signer_at(repository: str, workflow: str = "verify.yml", branch: str = "main") -> str:
    return f"https://github.com/{repository}/.github/workflows/{workflow}@refs/heads/{branch}"


HOME, OURS = "https://github.com/board/apbot", signer_at("board/apbot")
SIGNERS = {
    "another repository": (
        Signer(repository="thief/apbot"),
        f"it is signed by {signer_at('thief/apbot')}, not by a workflow of {HOME}",
    ),
    "a repository whose name goes on": (
        Signer(repository="board/apbot2"),
        f"it is signed by {signer_at('board/apbot2')}, not by a workflow of {HOME}",
    ),
    "another workflow": (
        Signer(workflow=".github/workflows/ci.yml"),
        f"it is signed by {signer_at('board/apbot', 'ci.yml')}, not by {OURS}",
    ),
    "another branch": (
        Signer(ref="refs/heads/mine"),
        f"it is signed by {signer_at('board/apbot', branch='mine')}, not by {OURS}",
    ),
    "a machine that met strangers' files": (
        Signer(runner="self-hosted"),
        "it is signed on a machine that is self-hosted, not GitHub's own",
    ),
    "another issuer": (
        Signer(issuer="https://accounts.google.com"),
        "it was not issued for a job of GitHub Actions",
    ),
}


@pytest.mark.parametrize("who", SIGNERS)
def test_a_signature_of_someone_else_is_refused_and_named(who: str, checking: Checking) -> None:
    signer, words = SIGNERS[who]
    checking.certify(checking.bundle(signer))
    code, out, err = checking.check()
    assert (code, out) == (1, "")
    assert err.split("\n")[0] == f"apbot: certificate: {words}"


def test_the_signer_is_the_one_that_the_reader_names(checking: Checking) -> None:
    checking.certify(checking.bundle(Signer(repository="thief/apbot")))
    assert checking.check("--repository", "thief/apbot")[0] == 0
    checking.certify(checking.bundle(Signer(ref="refs/heads/release")))
    assert checking.check("--branch", "release")[0] == 0


def entry(bundle: Bundle) -> dict[str, Any]:
    (found,) = bundle["verificationMaterial"]["tlogEntries"]
    return found


def other_payload(bundle: Bundle, other: Bundle) -> None:
    bundle["dsseEnvelope"]["payload"] = other["dsseEnvelope"]["payload"]


def other_signature(bundle: Bundle, other: Bundle) -> None:
    bundle["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"]


def other_entry(bundle: Bundle, other: Bundle) -> None:
    bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]


def other_certificate(bundle: Bundle, other: Bundle) -> None:
    bundle["verificationMaterial"]["certificate"] = other["verificationMaterial"]["certificate"]


def other_time(bundle: Bundle, _other: Bundle) -> None:
    entry(bundle)["integratedTime"] = str(int(entry(bundle)["integratedTime"]) + 60)


def other_head(bundle: Bundle, _other: Bundle) -> None:
    checkpoint = entry(bundle)["inclusionProof"]["checkpoint"]
    checkpoint["envelope"] = checkpoint["envelope"].replace("signatures.invalid - 1", "signatures.invalid - 2")


def bent_certificate(bundle: Bundle, _other: Bundle) -> None:
    found = bundle["verificationMaterial"]["certificate"]
    raw = base64.b64decode(found["rawBytes"]).replace(b"board/apbot/actions", b"board/apbut/actions")
    found["rawBytes"] = base64.b64encode(raw).decode()


TAMPERED = {
    "the statement": (other_payload, "its signature does not hold: DSSE: invalid signature"),
    "the signature": (other_signature, "its signature does not hold: DSSE: invalid signature"),
    "the entry of the log": (other_entry, "its signature does not hold: log entry payload hash does not match bundle"),
    "the certificate": (other_certificate, "its signature does not hold: DSSE: invalid signature"),
    "what the certificate says": (bent_certificate, "whoever issued it is not trusted, or was not when it was signed"),
    "the time": (other_time, "its signature does not hold: invalid log entry: SET: invalid inclusion promise"),
    "the head of the log": (
        other_head,
        "its signature does not hold: invalid log entry: checkpoint: invalid signature",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_certificate_that_was_tampered_with_is_refused(what: str, checking: Checking) -> None:
    tamper, words = TAMPERED[what]
    bundle, other = checking.bundle(), checking.sigstore.bundle(statement({NAME: b"another"}))
    tamper(bundle, other)
    checking.certify(bundle)
    code, out, err = checking.check()
    assert (code, out) == (1, "")
    assert err.startswith(f"apbot: certificate: {words}")


def test_a_signature_made_after_its_certificate_ran_out_is_refused(checking: Checking) -> None:
    checking.certify(checking.bundle(minutes=11))
    code, _, err = checking.check()
    assert code == 1
    assert err.startswith("apbot: certificate: whoever issued it is not trusted, or was not when it was signed")


def test_an_issuer_that_is_not_known_or_had_run_out_is_refused(checking: Checking) -> None:
    for stranger in (Sigstore(), Sigstore(until=WHEN - timedelta(days=1), issuing=checking.sigstore.issuing)):
        stranger.trusted_root(checking.folder / "other.json")
        code, _, err = checking.check(root="other.json")
        assert code == 1
        assert err.startswith("apbot: certificate: whoever issued it is not trusted, or was not when it was signed")


def test_a_log_that_is_not_known_is_refused(checking: Checking) -> None:
    ours = checking.sigstore
    for name, words in (("certificates_log", "failed to verify SCT"), ("signatures_log", "invalid log entry")):
        keys = {one: getattr(ours, one) for one in ("issuing", "certificates_log", "signatures_log") if one != name}
        other = Sigstore(**keys)
        other.root = ours.root
        other.trusted_root(checking.folder / "other.json")
        code, _, err = checking.check(root="other.json")
        assert code == 1
        assert err.startswith(f"apbot: certificate: its signature does not hold: {words}")


NO_BUNDLE = {
    "nothing": b"",
    "no JSON": b"\x89PNG\r\n",
    "another document": b'{"mediaType": "application/json"}',
    "numbers": b"[1, 2, 3]",
    "two million digits": b"1" * 2_000_001,
}


@pytest.mark.parametrize("what", NO_BUNDLE)
def test_what_is_no_bundle_is_refused(what: str, checking: Checking) -> None:
    checking.certify(NO_BUNDLE[what])
    code, out, err = checking.check()
    assert (code, out) == (1, "")
    assert err.split("\n")[0] == "apbot: certificate: it is no Sigstore bundle"


@pytest.mark.parametrize(
    "changed",
    [
        {"predicateType": "https://example.com/anything"},
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"subject": []},
    ],
    ids=["of something else", "of an older kind", "of nothing"],
)
def test_a_signed_statement_of_another_kind_is_refused(changed: dict[str, Any], checking: Checking) -> None:
    checking.certify(checking.sigstore.bundle(statement({NAME: checking.result}, **changed)))
    code, out, err = checking.check()
    assert (code, out) == (1, "")
    assert err.startswith("apbot: /certificate.sigstore.json: ")


def test_a_certified_result_that_contradicts_itself_is_refused(checking: Checking) -> None:
    """Who signs reads nothing; the numbers are held against each other all the same."""
    for old, new, words in (
        (b'"value": 93.75', b'"value": 93.8', "its percentage is not what its count gives"),
        (b'"verdict": "confirmed"', b'"verdict": "higher"', "is not what the numbers say"),
    ):
        bent = checking.result.replace(old, new, 1)
        assert bent != checking.result
        (checking.folder / NAME).write_bytes(bent)
        checking.certify(checking.sigstore.bundle(statement({NAME: bent})))
        code, out, err = checking.check()
        assert (code, out) == (1, "")
        assert "is certified, but contradicts itself: " in err
        assert words


def test_a_result_of_a_protocol_that_is_gone_is_not_judged_anew(checking: Checking) -> None:
    old = checking.result.replace(DEMO.sha256.encode(), b"0" * 64)
    assert old != checking.result
    (checking.folder / NAME).write_bytes(old)
    checking.certify(checking.sigstore.bundle(statement({NAME: old})))
    code, out, _ = checking.check()
    assert code == 0
    assert "not judged anew: this version of apbot has no demo with that hash" in out


def test_a_trusted_root_that_is_none_is_this_machines_fault(checking: Checking) -> None:
    for text in ("{}", "no JSON"):
        (checking.folder / "other.json").write_text(text)
        code, _, err = checking.check(root="other.json")
        assert code == 3
        assert err.startswith("apbot: /other.json: no trusted root can be read from it")


def test_a_call_that_cannot_work_is_wrong_use(checking: Checking) -> None:
    def ends(*words: str, **env: str) -> tuple[int, str]:
        code = main(["certificate", "check", *words], env)
        return code, checking.captured.readouterr().err.replace(str(checking.folder), "")

    file = str(checking.folder / NAME)
    unnamed = "apbot: name the repository that must have signed: --repository OWNER/NAME\n"
    assert ends(file) == (2, unnamed)
    assert ends(file, "--repository", "apbot") == (2, unnamed)
    assert ends(str(checking.folder / "gone"), GITHUB_REPOSITORY=REPOSITORY) == (2, "apbot: there is no file /gone\n")
    (checking.folder / "certificate.sigstore.json").unlink()
    missing = "apbot: there is no file /certificate.sigstore.json; name it with --certificate\n"
    assert ends(file, GITHUB_REPOSITORY=REPOSITORY) == (2, missing)


def test_without_the_library_the_command_says_what_to_install(tmp_path: Path) -> None:
    for name in ("a.json", "certificate.sigstore.json"):
        (tmp_path / name).write_text("{}")
    program = (
        "import sys; sys.modules['sigstore'] = None; from bot.cli import main;"
        "sys.exit(main(['certificate', 'check', 'a.json', '--repository', 'a/b']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.endswith(
        "  what to do (this machine's fault, not the checkpoint's): pip install 'apbot[certificate]'\n"
    )
