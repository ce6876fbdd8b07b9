"""`apcore inspect --data`: a network's own answers tell which input it was trained on."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from doubles.demo import checkpoint, saved

from apcore.cli import main
from apcore.datasets import load_test_set
from apcore.input_probe import InputVerdict
from apcore.inspection import inspect_checkpoint
from apcore.model_key import ModelKey
from apcore.network_probe import Probe, probe
from apcore.probe_report import probe_objections
from apcore.protocol import load_protocol

KEY = "FilterPruning_Demo2026Digits_R6_DIGITS_S_50"
CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))
DENSE = Path(find_spec("pyautoattack").origin).parent / "examples" / "model_test.pt"  # type: ignore[union-attr, arg-type]


def inspect(folder: Path, state: dict[str, torch.Tensor], *options: str) -> int:
    (folder / "net.pt").write_bytes(saved(state))
    command = ["inspect", str(folder / "net.pt"), "--model-key", KEY, "--protocol", "demo", "--data", str(folder)]
    return main([*command, *options])


def after_the_layers(words: str) -> str:
    return words[words.index("on the first ") :]


def test_a_network_that_sees_the_pixels_it_was_trained_on_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect(tmp_path, checkpoint(50)) == 0
    told = after_the_layers(capsys.readouterr().out).splitlines()
    assert told[:2] == ["on the first 256 test images", "  repeated passes: the same logits"]
    assert "  the input fits: pixels in [0, 1], not normalised; leave the form's field Normalization empty" in told
    assert told[-1] == "the key says S 50 %: the weights agree"


def test_a_network_that_was_trained_on_other_pixels_is_recognised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = checkpoint(50)
    state["conv1.weight"] = state["conv1.weight"] / 255  # as if trained on whole numbers from 0 to 255
    assert inspect(tmp_path, state, "--samples", "128") == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("the input does not fit: as read, pixels in [0, 1], not normalised, the clean accuracy is ")
    assert last.endswith("write `mean=0; std=0.00392156863` into the form's field Normalization")


def test_the_report_for_programs_holds_the_probe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect(tmp_path, checkpoint(50), "--samples", "64", "--json") == 0
    found = json.loads(capsys.readouterr().out)["probe"]
    assert (found["samples"], found["deterministic"], found["batch_independent"]) == (64, True, True)
    assert (found["input"]["verdict"], found["input"]["fits"], found["input"]["form_field"]) == ("fits", None, "")
    assert len(found["input"]["tried"]) == 3


def test_without_data_nothing_is_probed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(saved(checkpoint(50)))
    assert main(["inspect", str(tmp_path / "net.pt"), "--model-key", KEY, "--protocol", "demo", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["probe"] is None


def test_a_network_that_answers_otherwise_each_time_is_objected_to(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(saved(checkpoint(50)))
    inspection = inspect_checkpoint(tmp_path / "net.pt", ModelKey.parse(KEY), load_protocol("demo"))
    found = probe(inspection, load_test_set("DIGITS", None), 16)
    unsteady = Probe(samples=16, repeated=0.1, alone=0.1, input=found.input)
    assert list(probe_objections(unsteady)) == [
        "the network answers otherwise each time: attacks on it measure nothing",
        "an image's logits depend on what else is in the batch",
    ]


@pytest.mark.shared
@pytest.mark.parametrize(("stated", "verdict"), [(None, InputVerdict.FITS), (CIFAR10, InputVerdict.OTHER)])
def test_a_real_network_is_recognised_whatever_the_form_states(stated, verdict: InputVerdict, shared: Path) -> None:
    key = ModelKey.parse("Dense_Doe2026Dense_R18_CIFAR10_US_90")
    inspection = inspect_checkpoint(DENSE, key, load_protocol("apb-2024"), normalization=stated)
    found = probe(inspection, load_test_set("CIFAR10", shared / "data"), 32)
    assert found.input.verdict is verdict
    assert found.input.best.values is None
    assert found.deterministic
    assert found.independent
