"""`apcore curve`: from whatever holds distances to a picture and its numbers, and no unlike things in one plot."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from apcore.cli import main
from apcore.outcomes import Outcomes, write_outcomes
from apcore.protocol import load_protocol
from apcore.result import ProtocolUsed
from apcore.result_json import read_result, result_bytes

ROOT = Path(__file__).parents[2]
RESULT = read_result((ROOT / "tests" / "golden" / "result" / "demo.json").read_bytes())
DEMO = load_protocol("demo")
KEY = f"{RESULT.model_key.ap_key}_R6_DIGITS_S_"
DISTANCES = [0.0, 0.01, 0.02, 0.02, 0.5, float("inf")]


def outcomes(path: Path, *, first: int = 0) -> Path:
    row = np.arange(first, first + 4)
    write_outcomes(
        path,
        Outcomes(
            index=row,
            label=np.zeros(4, np.int64),
            clean_prediction=np.zeros(4, np.int64),
            aa_outcome=np.array([0, 0, 0, 1], np.int8),
            hofmn_index=np.arange(first, first + 6),
            hofmn_distance=np.array(DISTANCES, np.float32),
        ),
    )
    return path


def used(name: str, **changes: str) -> ProtocolUsed:
    sha256 = load_protocol(name).sha256
    return replace(RESULT.protocol, **{"name": name, "sha256": sha256, **changes})


def run(folder: Path, *sparsities: int, protocol: str = "demo", **changes: str) -> Path:
    """What `apcore benchmark` leaves."""
    (folder / "results").mkdir(parents=True)
    for sparsity in sparsities:
        key = replace(RESULT.model_key, sparsity=sparsity)
        outcomes(folder / "results" / f"{key}.outcomes.npz")
        result = replace(RESULT, model_key=key, protocol=used(protocol, **changes))
        (folder / "results" / f"{key}.json").write_bytes(result_bytes(result))
    return folder


def test_a_run_is_drawn_under_its_protocol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "curves.png"
    assert main(["curve", str(run(tmp_path / "run", 90, 50)), "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == (
        "S 50 %: 6 samples, 1 at distance 0, 1 never broken; robust at 0.1: 33.33 % [9.68, 70.00]\n"
        "S 90 %: 6 samples, 1 at distance 0, 1 never broken; robust at 0.1: 33.33 % [9.68, 70.00]\n"
    )


def test_the_same_curves_are_the_same_bytes_and_name_the_radius(tmp_path: Path) -> None:
    folder = run(tmp_path / "run", 50)
    first, again = tmp_path / "a.svg", tmp_path / "b.SVG"
    assert main(["curve", str(folder), "--out", str(first)]) == 0
    assert main(["curve", str(folder), "--out", str(again), "--title", RESULT.model_key.ap_key + ", R6, DIGITS"]) == 0
    assert first.read_bytes() == again.read_bytes()


def test_the_numbers_are_every_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(tmp_path / "run", 50)
    assert main(["curve", str(folder), "--csv"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "label,eps,robust_accuracy,low,high"
    assert [row.split(",")[:3] for row in rows[1:]] == [
        ["S 50 %", "0.0", "83.333333"],
        ["S 50 %", "0.01", "66.666667"],
        ["S 50 %", "0.02", "33.333333"],
        ["S 50 %", "0.5", "16.666667"],
    ]
    assert main(["curve", str(folder), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["eps"], document["protocol"]) == ("0.1", "demo")
    (curve,) = document["curves"]
    assert curve["model_key"] == KEY + "50"
    assert (curve["samples"], curve["at_distance_0"], curve["not_found"]) == (6, 1, 1)
    assert curve["robust_at_eps"]["value"] == pytest.approx(100 / 3)
    assert [(step["eps"], step["robust_accuracy"]) for step in curve["steps"]] == [
        (float(row.split(",")[1]), float(row.split(",")[2])) for row in rows[1:]
    ]


def test_distances_of_every_format_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "a.npy", DISTANCES)
    np.savez(tmp_path / "b.npz", distances=DISTANCES)
    (tmp_path / "c.json").write_text("[0, 0.01, 0.02, 0.02, 0.5]")
    (tmp_path / "d.pickle").write_bytes(pickle.dumps([torch.tensor(d) for d in DISTANCES]))
    files = [str(tmp_path / name) for name in ("a.npy", "b.npz", "c.json", "d.pickle")]
    assert main(["curve", *files, "--eps", "4/255", "--out", str(tmp_path / "curves.png")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told] == ["a.npy", "b.npz", "c.json", "d.pickle"]
    assert told[3].endswith("robust at 4/255: 66.67 % [30.00, 90.32]")


def test_a_result_stands_for_its_outcomes_and_none_is_read_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(tmp_path / "run", 50)
    everything = [str(path) for path in (folder / "results").iterdir()]
    assert main(["curve", str(folder), *everything, "--csv"]) == 0
    assert capsys.readouterr().out.count("S 50 %,0.0,") == 1


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Hostile:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "touched",))

    (tmp_path / "d.pickle").write_bytes(pickle.dumps(Hostile()))
    assert main(["curve", str(tmp_path / "d.pickle"), "--csv"]) == 1
    assert not (tmp_path / "touched").exists()
    assert "d.pickle: the file cannot be read as distances" in capsys.readouterr().err


def test_curves_of_unlike_runs_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = run(tmp_path / "one", 50)
    other = run(tmp_path / "other", 75, protocol="apb-2024")
    assert main(["curve", str(one), str(other), "--csv"]) == 1
    assert "were measured by different protocols (demo and apb-2024)" in capsys.readouterr().err
    samples = outcomes(tmp_path / f"{KEY}75.outcomes.npz", first=100)
    assert main(["curve", str(one), str(samples), "--csv"]) == 1
    assert "are about different samples" in capsys.readouterr().err
    np.save(tmp_path / "HARP_Zhao2023Holistic_R18_CIFAR10_US_90.npy", DISTANCES)
    np.save(tmp_path / "HARP_Zhao2023Holistic_R18_SVHN_US_90.npy", DISTANCES)
    files = [str(tmp_path / f"HARP_Zhao2023Holistic_R18_{name}_US_90.npy") for name in ("CIFAR10", "SVHN")]
    assert main(["curve", *files, "--csv"]) == 1
    assert "are of different datasets (CIFAR10 and SVHN)" in capsys.readouterr().err


def test_a_protocol_that_has_changed_since_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["curve", str(run(tmp_path / "run", 50, sha256="0" * 64)), "--csv"]) == 1
    assert "this was measured by another `demo` than the one here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "there is nothing to do without --out, --json or --csv"),
        (["--out", "a.pdf"], 2, "--out: a picture ends in .png or .svg, not in .pdf"),
        (["--csv", "--eps", "2"], 2, "eps = 2 is outside (0, 1]"),
        (["--csv", "--eps", "x"], 2, "a radius is written like 8/255 or 0.031, not 'x'"),
        (["--csv"], 1, "there are no outcomes in this folder"),
    ],
)
def test_what_cannot_work_is_told(
    options: list[str], code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        ended = main(["curve", str(tmp_path), *options])
    except SystemExit as exc:
        ended = exc.code
    assert ended == code
    assert message in capsys.readouterr().err


def test_more_curves_than_can_be_told_apart_are_still_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in range(7):
        np.save(tmp_path / f"{place}.npy", DISTANCES)
    files = [str(tmp_path / f"{place}.npy") for place in range(7)]
    assert main(["curve", *files, "--out", str(tmp_path / "a.png")]) == 2
    assert "7 curves cannot be told apart in one plot; choose at most 6 files" in capsys.readouterr().err
    assert main(["curve", *files, "--csv"]) == 0
