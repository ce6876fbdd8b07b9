"""`apbot verify`: what it leaves behind, what it says of bad input, and that nothing measured is lost."""

import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from doubles.demo import BOARD, IDS, checkpoint, issue_body, mirror, run, saved
from doubles.drive import FakeDrive
from doubles.small_runs import small_attacks, with_small_ho_fmn

from apcore import benchmark as benchmark_module
from apcore.errors import BriefServiceError, MachineError, ServiceError
from apcore.files.limits import DownloadLimits
from apcore.protocol import Protocol, load_protocol
from apcore.sample_sets import SampleSets, load_sample_sets
from apcore.task import Task
from bot.leaderboard.facts import board_facts
from bot.stages.check import check
from bot.stages.workspace import Workspace

HTML = b"<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head></html>"
NOT_ATTACKED = ("Clean accuracy (%): 9", "Clean accuracy (%): 8")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def not_a_number(sparsity: int) -> bytes:
    state = checkpoint(sparsity)
    state["conv1.weight"][0, 0, 0, 0] = float("nan")
    return saved({"state_dict": state})


def other_architecture() -> bytes:
    return saved({f"features.{place}.weight": torch.zeros(4, 3, 3, 3) for place in range(13)})


def last_line(stream: io.StringIO) -> str:
    return stream.getvalue().splitlines()[-1]


def test_a_form_that_needs_mending_gets_the_answer_of_check(tmp_path: Path, stream: io.StringIO) -> None:
    body = issue_body(("S_90", "S_91"))
    assert run(tmp_path / "out", stream, body=body, files=mirror(tmp_path / "files")) == 1
    expected = check(body, load_protocol("demo"), board_facts(BOARD)).comment
    assert (tmp_path / "out" / "comment.md").read_text(encoding="utf-8") == expected
    assert last_line(stream).startswith("the submission needs mending")


def test_refused_checkpoints_are_told_apart_and_each_says_what_to_do(
    tmp_path: Path, stream: io.StringIO, golden
) -> None:
    files = mirror(tmp_path / "files", s50=HTML, s75=not_a_number(75), s90=other_architecture())
    assert run(tmp_path / "out", stream, body=issue_body(), files=files) == 1
    golden("verify/refused_checkpoints.md", (tmp_path / "out" / "comment.md").read_text(encoding="utf-8"))
    assert last_line(stream) == "not complete: 3 of 3 checkpoints were not measured"
    assert not (tmp_path / "out" / "repository").exists()


def test_a_checkpoint_denser_than_its_key_is_refused_before_anything_is_spent(
    tmp_path: Path, stream: io.StringIO
) -> None:
    dense = saved({"state_dict": checkpoint(50)})
    files = mirror(tmp_path / "files", s50=HTML, s75=HTML, s90=dense)
    assert run(tmp_path / "out", stream, body=issue_body(), files=files) == 1
    failure = json.loads(Workspace(tmp_path / "out").root.joinpath("failures", f"{_key(90)}.json").read_text())
    assert failure["turn"] == "contributor"
    assert "the key says S 90 %, measured are 74.52 % zero weights, 50.00 % zero filters" in failure["message"]


def test_a_file_that_is_in_no_mirror_is_our_turn_while_the_network_is_off(tmp_path: Path, stream: io.StringIO) -> None:
    files = mirror(tmp_path / "files", s50=None, s75=HTML, s90=HTML)
    assert run(tmp_path / "out", stream, body=issue_body(), files=files) == 3


def test_a_quota_of_google_drive_is_worth_retrying(tmp_path: Path, stream: io.StringIO) -> None:
    full = ServiceError(where="", message="the quota of this file is used up", fix="try again in 24 hours")
    drive = FakeDrive(failures={IDS[50]: full})
    files = mirror(tmp_path / "files", s50=None, s75=HTML, s90=HTML)
    assert run(tmp_path / "out", stream, body=issue_body(), files=files, drive=drive) == 4
    assert drive.asked == [IDS[50]]


def test_a_full_disk_is_never_the_contributors_turn(tmp_path: Path, stream: io.StringIO) -> None:
    full = MachineError(where="", message="No space left on device", fix="free some")
    drive = FakeDrive(failures={IDS[50]: full})
    files = mirror(tmp_path / "files", s50=None, s75=HTML, s90=HTML)
    assert run(tmp_path / "out", stream, body=issue_body(), files=files, drive=drive) == 3


def test_a_clean_accuracy_that_is_not_the_claimed_one_stops_before_the_attacks(
    tmp_path: Path, stream: io.StringIO, golden
) -> None:
    files = mirror(tmp_path / "files")
    assert run(tmp_path / "out", stream, body=issue_body(NOT_ATTACKED), files=files) == 1
    comment = (tmp_path / "out" / "comment.md").read_text(encoding="utf-8")
    golden("verify/other_clean_accuracy.md", _without_what_varies(comment))
    assert last_line(stream) == "done, with objections: refuted"
    assert not (tmp_path / "out" / "repository").exists()


def test_two_runs_do_not_share_a_folder(tmp_path: Path, stream: io.StringIO) -> None:
    with (
        Workspace(tmp_path / "out").locked(),
        pytest.raises(MachineError, match="another run is at work in this folder"),
    ):
        run(tmp_path / "out", stream, body=issue_body(), files=mirror(tmp_path / "files"))


def test_a_device_that_is_not_there_is_our_turn(tmp_path: Path, stream: io.StringIO) -> None:
    with pytest.raises(MachineError, match="torch cannot use the device `warp:9` here"):
        run(tmp_path / "out", stream, body=issue_body(), files=mirror(tmp_path / "files"), device="warp:9")


def test_an_error_that_nobody_expected_is_ours_and_costs_one_checkpoint(
    tmp_path: Path, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr("bot.stages.verify.benchmark", broken)
    assert run(tmp_path / "out", stream, body=issue_body(), files=mirror(tmp_path / "files")) == 3
    failures = [json.loads(path.read_text()) for path in sorted((tmp_path / "out" / "failures").glob("*.json"))]
    assert [failure["turn"] for failure in failures] == ["machine"] * 3
    assert all("(RuntimeError)" in failure["message"] for failure in failures)
    assert "device-side assert" in stream.getvalue()


class Flaky(FakeDrive):
    """Each id fails once, then is there."""

    def download(self, file_id: str, target: Path, limits: DownloadLimits) -> str:
        if file_id not in self.asked:
            self.asked.append(file_id)
            raise BriefServiceError(where="", message="Google Drive failed with HTTP status 503", fix="later")
        return super().download(file_id, target, limits)


def test_what_passes_by_itself_is_tried_again_and_nobody_is_told_to_mend_it(
    tmp_path: Path, stream: io.StringIO
) -> None:
    drive, pauses = Flaky(files=dict.fromkeys(IDS.values(), HTML)), []
    files = mirror(tmp_path / "files", s50=None, s75=None, s90=None)
    assert run(tmp_path / "out", stream, body=issue_body(), files=files, drive=drive, pause=pauses.append) == 1
    assert pauses == [15, 15, 15]
    assert drive.asked == [drive_id for drive_id in IDS.values() for _ in range(2)]
    assert "  Google Drive failed with HTTP status 503; tried again in 15 s" in stream.getvalue().splitlines()


def test_a_device_that_was_full_for_a_moment_costs_no_checkpoint(
    tmp_path: Path, stream: io.StringIO, small: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    attack, fails = benchmark_module.run_autoattack, [torch.OutOfMemoryError("CUDA out of memory. Tried"), None]

    def full_at_first(*arguments: object, **options: object) -> object:
        found = attack(*arguments, **options)
        if exc := fails.pop(0):
            raise exc
        return found

    monkeypatch.setattr(benchmark_module, "run_autoattack", full_at_first)
    files, pauses = mirror(tmp_path / "files", s50=HTML, s75=HTML), []
    run(tmp_path / "out", stream, body=issue_body(), files=files, pause=pauses.append, protocol=small)
    assert pauses == [15]
    assert "the device `cpu` ran out of memory: CUDA out of memory. Tried; tried again in 15 s" in stream.getvalue()
    assert _last(tmp_path / "out")["accuracies"]["aa_robust"]["samples"] == 48


def test_a_lost_device_is_told_with_what_its_operator_does(
    tmp_path: Path, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(benchmark_module, "run_autoattack", lost)
    files, pauses = mirror(tmp_path / "files", s50=HTML, s75=HTML), []
    assert run(tmp_path / "out", stream, body=issue_body(), files=files, pause=pauses.append) == 3
    failure = json.loads((tmp_path / "out" / "failures" / f"{_key(90)}.json").read_text())
    assert (failure["turn"], failure["where"]) == ("machine", "models.2.device")
    assert failure["message"].startswith("the device `cpu` failed while it was at work: CUDA error: device-side")
    assert "the attack goes on after them" in failure["fix"]
    assert pauses == []


def test_a_file_that_its_owner_replaced_is_fetched_again(tmp_path: Path, stream: io.StringIO) -> None:
    others = {"s50": HTML, "s75": HTML}
    assert run(tmp_path / "out", stream, body=issue_body(), files=mirror(tmp_path / "a", **others, s90=HTML)) == 1
    mended = mirror(tmp_path / "b", **others, s90=not_a_number(90))
    assert run(tmp_path / "out", stream, body=issue_body(), files=mended) == 1
    failure = json.loads((tmp_path / "out" / "failures" / f"{_key(90)}.json").read_text())
    assert "is NaN in 1 of" in failure["message"]


def test_a_result_is_not_used_again_once_the_samples_are_others(
    tmp_path: Path, stream: io.StringIO, small: Protocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again() -> str:
        run(tmp_path / "out", stream, body=issue_body(NOT_ATTACKED), files=files, protocol=small)
        return json.loads((tmp_path / "out" / "results" / f"{_key(90)}.json").read_text())["environment"]["data"]

    def darker(task: Task) -> SampleSets:
        samples = load_sample_sets(task)
        return replace(samples, autoattack=(samples.autoattack[0] / 2, samples.autoattack[1]))

    files = mirror(tmp_path / "files")
    measured = [again()]
    with monkeypatch.context() as patch:
        patch.setattr("bot.stages.verify.benchmark", lambda *_args, **_options: pytest.fail("measured again"))
        measured.append(again())
    monkeypatch.setattr("apcore.earlier_result.load_sample_sets", darker)
    monkeypatch.setattr("apcore.benchmark.load_sample_sets", darker)
    measured.append(again())
    assert measured[0] == measured[1] != measured[2]


OUTCOMES_ID = "1demo-resnet6-digits-s90-outcomes"


def _with_outcomes(*changes: tuple[str, str]) -> str:
    """The issue body with an outcomes file for the last of the three checkpoints."""
    body = issue_body(*changes)
    head, last = body.rsplit("Outcomes (optional): ", 1)
    return f"{head}Outcomes (optional): https://drive.google.com/file/d/{OUTCOMES_ID}/view .npz{last}"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Protocol:
    """The protocol with attacks so small that a checkpoint takes a second; the claims are not those of such a run."""
    small_attacks(monkeypatch.setattr)
    return with_small_ho_fmn(load_protocol("demo"))


def _last(out: Path) -> dict:
    return json.loads((out / "results" / f"{_key(90)}.json").read_text(encoding="utf-8"))


def test_an_outcomes_file_is_fetched_and_compared(tmp_path: Path, stream: io.StringIO, small: Protocol) -> None:
    files = mirror(tmp_path / "files", s50=HTML, s75=HTML)
    (files / OUTCOMES_ID).write_bytes(HTML)  # the first time, what lies there is a web page
    run(tmp_path / "out", stream, body=_with_outcomes(), files=files, protocol=small)
    found = _last(tmp_path / "out")["outcomes_file"]
    assert (found["sha256"], found["compared"]) == (None, None)
    assert "is a web page (HTML), not the file" in found["refused"]
    own = tmp_path / "out" / "results" / f"{_key(90)}.outcomes.npz"

    (files / OUTCOMES_ID).write_bytes(own.read_bytes())
    run(tmp_path / "out", stream, body=_with_outcomes(), files=files, protocol=small)
    found = _last(tmp_path / "out")["outcomes_file"]
    assert found["sha256"] == hashlib.sha256(own.read_bytes()).hexdigest()
    assert found["refused"] is None
    assert found["compared"]["samples"] == 48
    assert found["compared"]["broken_here"] == {"count": 0, "first": []}
    assert "### Your outcomes beside ours" in (tmp_path / "out" / "comment.md").read_text(encoding="utf-8")


def test_a_wrong_outcomes_file_costs_no_measurement_and_is_the_contributors_turn(
    tmp_path: Path, stream: io.StringIO
) -> None:
    files = mirror(tmp_path / "files")
    (files / OUTCOMES_ID).write_bytes(b"PK\x03\x04 and nothing more")
    assert run(tmp_path / "out", stream, body=_with_outcomes(NOT_ATTACKED), files=files) == 1
    assert not list((tmp_path / "out" / "failures").glob("*"))
    assert last_line(stream) == "done, with objections: refuted, and 1 outcomes file(s) to mend"
    comment = (tmp_path / "out" / "comment.md").read_text(encoding="utf-8")
    assert "the outcomes file is not used\\: it is not a complete .npz archive" in comment


def test_an_outcomes_file_that_cannot_be_fetched_now_is_tried_again(tmp_path: Path, stream: io.StringIO) -> None:
    full = ServiceError(where="", message="the quota of this file is used up", fix="try again in 24 hours")
    drive = FakeDrive(failures={OUTCOMES_ID: full})
    files = mirror(tmp_path / "files", s50=HTML, s75=HTML)
    assert run(tmp_path / "out", stream, body=_with_outcomes(), files=files, drive=drive) == 4
    failure = json.loads((tmp_path / "out" / "failures" / f"{_key(90)}.json").read_text())
    assert failure["where"] == "models.2.outcomes"


def _key(sparsity: int) -> str:
    return f"FilterPruning_Demo2026Digits_R6_DIGITS_S_{sparsity}"


def _without_what_varies(comment: str) -> str:
    """Without versions and times, which are another machine's there."""
    comment = re.sub(
        r"(device_name|layouts|numpy|optuna|platform|python|scipy|torch|torchvision) `[^`]*`", r"\1 `…`", comment
    )
    comment = re.sub(r"(inspection|compaction) \d+ s", r"\1 … s", comment)
    comment = re.sub(r"\| \d+ \|$", "| … |", comment, flags=re.MULTILINE)
    return re.sub(r"within [\d.]+e\\-\d+", "within …", comment)
