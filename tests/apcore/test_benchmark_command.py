"""`apcore benchmark` on a folder: resumable, one failure costs the others nothing, and the last line is true."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles.demo import ASSETS, IDS
from doubles.small_runs import small_attacks

from apcore import benchmark_command
from apcore.benchmark import Measured
from apcore.cli import main
from apcore.errors import ContributorError, MachineError, ServiceError
from apcore.outcomes import Outcomes, read_outcomes
from apcore.result_json import read_result
from apcore.task import Task

ROOT = Path(__file__).parents[2]
KEY = "FilterPruning_Demo2026Digits_R6_DIGITS_S_"
RESULT = read_result((ROOT / "tests" / "golden" / "result" / "demo.json").read_bytes())


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for sparsity, drive_id in IDS.items():
        shutil.copy(ASSETS / "files" / drive_id, folder / f"{KEY}{sparsity}.pth.tar")
    return folder


def run(checkpoints: Path, *options: str) -> int:
    return main(
        ["benchmark", str(checkpoints), "--out", str(checkpoints.parent / "run"), "--protocol", "demo", *options]
    )


def test_what_is_measured_is_kept_and_not_measured_again(
    checkpoints: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_attacks(monkeypatch.setattr, benchmark_command)
    for sparsity in (50, 75):
        (checkpoints / f"{KEY}{sparsity}.pth.tar").write_bytes(b"no checkpoint")
    (checkpoints / "best.pt").write_bytes(b"")
    assert run(checkpoints, "--limit", "2") == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"Model key: {KEY}90\n")
    assert "left out: best.pt: a model key has five parts" in err
    assert f"[1/3] {KEY}50\n  not measured: " in err
    assert "what to do (yours to mend)" in err
    assert "[3/3]  Square" in err
    assert "next: " not in err
    assert err.splitlines()[-1] == "not complete: 3 of 4 checkpoints were not measured"
    results = checkpoints.parent / "run" / "results"
    assert len(read_outcomes(results / f"{KEY}90.outcomes.npz").index) == 2
    monkeypatch.setattr("apcore.suite_run.benchmark", lambda *_args, **_options: pytest.fail("measured again"))
    (checkpoints / f"{KEY}50.pth.tar").unlink()
    (checkpoints / f"{KEY}75.pth.tar").unlink()
    (checkpoints / "best.pt").unlink()
    assert run(checkpoints, "--limit", "2") == 0
    again = capsys.readouterr()
    assert again.out == out
    assert "  measured by an earlier run\n" in again.err
    assert again.err.splitlines()[-1] == "done: 1 of 1 checkpoints are measured, in part"


def measured(task: Task) -> Measured:
    one = np.ones(1, np.int64)
    outcomes = Outcomes(
        index=one,
        label=one,
        clean_prediction=one,
        aa_outcome=np.zeros(1, np.int8),
        hofmn_index=one,
        hofmn_distance=np.ones(1, np.float32),
    )
    return Measured(result=replace(RESULT, model_key=task.key), outcomes=outcomes)


TURNS = [
    ([ContributorError, None, None], 1),
    ([ServiceError, ContributorError, None], 4),
    ([ContributorError, MachineError, ServiceError], 3),
    ([ZeroDivisionError, None, None], 3),
    ([None, None, None], 0),
]


@pytest.mark.parametrize(("errors", "code"), TURNS)
def test_the_exit_code_is_that_of_the_worst_turn(
    errors: list, code: int, checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = iter(errors)

    def played(task: Task, **_options: object) -> Measured:
        error = next(turns)
        if error is ZeroDivisionError:
            raise error
        if error:
            raise error(where="here", message="it broke", fix="mend it")
        return measured(task)

    monkeypatch.setattr("apcore.suite_run.benchmark", played)
    assert run(checkpoints) == code
    out, err = capsys.readouterr()
    good = errors.count(None)
    assert out.count("Model key: ") == good
    out_folder = checkpoints.parent / "run"
    assert len(list((out_folder / "results").glob("*.json"))) == good
    expected = (
        f"not complete: {3 - good} of 3 checkpoints were not measured"
        if code
        else "done: 3 of 3 checkpoints are measured"
    )
    assert err.splitlines()[-1] == expected
    assert (f"next: apcore submission {out_folder} --taxonomy FILE" in err) is (code == 0)
    if good == 2:
        assert "; 1 to go, about 0 s at this pace" in err


def test_a_file_named_after_its_key_needs_no_key(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apcore.suite_run.benchmark", lambda task, **_options: measured(task))
    assert run(checkpoints / f"{KEY}90.pth.tar") == 0
    assert (checkpoints / "run" / "results" / f"{KEY}90.json").is_file()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("", ["--model-key", KEY + "90"], "--model-key is for one file"),
        ("best.pt", [], "best.pt is not named after its model key, so --model-key is needed"),
        ("empty", [], "holds no checkpoint whose name begins with its model key"),
    ],
)
def test_wrong_use_is_told_before_torch_is_loaded(
    name: str, options: list[str], message: str, checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkpoints / "empty").mkdir()
    (checkpoints / "best.pt").write_bytes(b"")
    assert run(checkpoints / name, *options) == 2
    assert message in capsys.readouterr().err


def test_a_slip_in_keys_json_is_told_with_its_place(checkpoints: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkpoints / "keys.json").write_text('{"a.pt": "b",}', encoding="utf-8")
    assert run(checkpoints) == 2
    assert "keys.json, line 1, column 13: nothing follows the last comma" in capsys.readouterr().err


CIFAR = ((0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616))
LINE = "mean=0.4914,0.4822,0.4465; std=0.2471,0.2435,0.2616"


def test_the_stated_input_reaches_the_measurement_and_the_block(
    checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def played(task: Task, **_options: object) -> Measured:
        found = measured(task)
        network = replace(found.result.network, normalization=task.normalization)
        return replace(found, result=replace(found.result, network=network))

    monkeypatch.setattr("apcore.suite_run.benchmark", played)
    assert run(checkpoints / f"{KEY}90.pth.tar", "--normalization", LINE) == 0
    block = capsys.readouterr().out
    assert f"Normalization (optional; mean=..., std=...): {LINE}" in block
    kept = read_result((checkpoints / "run" / "results" / f"{KEY}90.json").read_bytes())
    assert kept.network.normalization == CIFAR


def test_a_normalization_that_cannot_be_read_is_wrong_use(
    checkpoints: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(checkpoints / f"{KEY}90.pth.tar", "--normalization", "mean=125,123,114; std=1,1,1")
    assert ended.value.code == 2
    assert "a mean is outside -10 to 10; pixels are in 0 to 1" in capsys.readouterr().err
