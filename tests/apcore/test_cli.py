"""`apcore` from the outside; and a run killed at any moment goes on to the same outcomes."""

import json
import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from doubles.demo import ASSETS, IDS, checkpoint, saved
from doubles.forked_commands import start

from apcore.cli import main
from apcore.outcomes import read_outcomes
from apcore.protocol import load_protocol, protocol_names
from apcore.registry.anomalies import registry_remarks
from apcore.result_json import read_result

KEY = "FilterPruning_Demo2026Digits_R6_DIGITS_S_90"
CHECKPOINT = ASSETS / "files" / IDS[90]


@pytest.mark.parametrize("command", ["inspect", "benchmark", "models", "curve"])
def test_help_fits_a_screen_and_ends_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0
    assert lines[-1].startswith(f"example: apcore {command}")
    assert len(lines) <= 40


@pytest.mark.parametrize("seed", ["-1", "4294967296", "x"])
def test_a_seed_that_no_generator_takes_is_wrong_use(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", str(CHECKPOINT), "--model-key", KEY, "--out", "out", "--seed", seed])
    assert ended.value.code == 2
    assert "--seed" in capsys.readouterr().err


def test_a_sparsity_that_the_protocol_lacks_is_the_contributors_turn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(CHECKPOINT), "--model-key", KEY.replace("90", "80"), "--protocol", "demo"]) == 1
    assert "demo does not admit S 80 % on DIGITS" in capsys.readouterr().err


def test_inspect_reports_coverage_sparsity_and_cost(capsys: pytest.CaptureFixture[str], golden) -> None:
    assert main(["inspect", str(CHECKPOINT), "--model-key", KEY, "--protocol", "demo"]) == 0
    golden("inspect/demo_s90.txt", capsys.readouterr().out)


def test_inspect_as_json_prints_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(CHECKPOINT), "--model-key", KEY, "--protocol", "demo", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["tensors"], document["macs"], document["sparsity"]["filters"]) == (32, 831120, 90.0)


def test_inspect_of_a_denser_checkpoint_says_so_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.pt").write_bytes(saved(checkpoint(50)))
    assert main(["inspect", str(tmp_path / "net.pt"), "--model-key", KEY, "--protocol", "demo"]) == 1
    assert capsys.readouterr().out.endswith("the key says S 90 %: the weights do not agree\n")


def test_a_wrong_model_key_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(CHECKPOINT), "--model-key", "net"]) == 2
    assert "--model-key: a model key has five parts" in capsys.readouterr().err


def test_an_architecture_that_the_protocol_does_not_admit_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(CHECKPOINT), "--model-key", KEY]) == 1
    assert "protocol apb-2024 does not admit the architecture `R6`" in capsys.readouterr().err


def test_models_lists_every_protocol_with_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--protocols"]) == 0
    printed = capsys.readouterr().out
    for name in protocol_names():
        assert f"{name}: " in printed
        assert load_protocol(name).sha256 in printed


def test_models_lists_what_fits_the_filters_with_all_that_is_to_be_known(
    capsys: pytest.CaptureFixture[str], golden
) -> None:
    asked = ["--architecture", "V16", "--sparsity", "99", "--structure", "US", "--pipeline", "after_training"]
    assert main(["models", *asked]) == 0
    golden("models/v16_us_99_after_training.txt", capsys.readouterr().out)


def test_models_without_a_filter_tells_every_remark(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("84 models have published files")
    assert all(remark.message in printed for remark in registry_remarks())


def test_models_as_json_prints_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["models", "--name", "HARP", "--name", "RST", "--sparsity", "90", "--architecture", "R18", "--json"]) == 0
    )
    document = json.loads(capsys.readouterr().out)
    found = {model["model_key"]: model for model in document["models"]}
    assert sorted(found) == [
        "HARP_Zhao2023Holistic_R18_CIFAR10_S_90",
        "HARP_Zhao2023Holistic_R18_CIFAR10_US_90",
        "RST_Fu2021Drawing_R18_CIFAR10_US_90",
    ]
    harp, rst = found["HARP_Zhao2023Holistic_R18_CIFAR10_US_90"], found["RST_Fu2021Drawing_R18_CIFAR10_US_90"]
    assert harp["checkpoints"][0]["id"] == "1lo_iw6q-hNi3X-o-mFZFL9labiudr2ka"
    assert harp["published"]["clean_accuracy"] == 83.38
    assert harp["taxonomy"]["pipeline"] == "after_training"
    assert rst["distances"] is None
    assert "input_normalized" in rst["remarks"]
    assert {"input_normalized", "published_result_without_model"} <= {remark["kind"] for remark in document["remarks"]}


def test_models_of_which_only_results_are_published_are_said_to_have_no_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "--dataset", "SVHN"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("no model like that has published files\n")
    assert "it has no file of any SVHN model" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sparsity", "91"], "apcore: --sparsity: no model has the sparsity `91`; the nearest is `90`"),
        (
            ["--ap-key", "HARP"],
            "apcore: --ap-key: no model has the ap_key `HARP`; the nearest is `HARP_Zhao2023Holistic`",
        ),
        (["--protocols", "--json"], "apcore: --protocols goes with no other option"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_models_called_wrongly_is_wrong_use(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *arguments]) == 2
    assert words in capsys.readouterr().err


def benchmark(out: Path, **options: Any) -> BaseProcess:
    command = [
        "benchmark",
        str(CHECKPOINT),
        "--model-key",
        KEY,
        "--protocol",
        "demo",
        "--limit",
        "4",
        "--out",
        str(out),
    ]
    return start(*command, told=out, **options)


def test_a_run_that_was_killed_goes_on_to_the_same_outcomes(tmp_path: Path) -> None:
    """Killed in the midst of AutoAttack, then in the midst of HO-FMN's trials; what it had not kept is done again."""
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    benchmark(undisturbed, small=True).join()
    for state, dies_at_save in (("autoattack", 3), ("ho-fmn", 6)):
        process = benchmark(killed, small=True, dies_at_save=dies_at_save)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert list((killed / "work").glob(f"*/{state}-*.npz"))
        assert not list((killed / "results").glob("*"))
    benchmark(killed, small=True).join()
    assert (killed / "out.txt").read_text() == (undisturbed / "out.txt").read_text() != ""
    one, other = (read_outcomes(out / "results" / f"{KEY}.outcomes.npz") for out in (undisturbed, killed))
    assert one.to_bytes() == other.to_bytes()
    assert read_result((undisturbed / "results" / f"{KEY}.json").read_bytes()).partial


def test_a_run_that_is_interrupted_says_that_nothing_is_lost(tmp_path: Path) -> None:
    process = benchmark(tmp_path)
    while process.is_alive() and not list((tmp_path / "work").glob("*/autoattack-*.npz")):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode == 3
    told = (tmp_path / "err.txt").read_text()
    assert told.splitlines()[-1] == "apcore: stopped. What was measured is kept; the same command goes on from there."
