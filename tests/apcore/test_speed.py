"""Both paths on the same samples: equal outcomes, or an exit code that says they are not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from doubles.demo import ASSETS, IDS
from torch import Tensor

from apcore import speed
from apcore.attacks.clean import margins
from apcore.cli import main
from apcore.datasets import load_test_set
from apcore.inspection import inspect_checkpoint
from apcore.model_key import ModelKey
from apcore.networks.network import Network
from apcore.protocol import Samples, load_protocol
from apcore.speed import Difference, Seconds, Speed, compare_speed
from apcore.speed_command import speed_json, speed_words

KEY = ModelKey.parse("FilterPruning_Demo2026Digits_R6_DIGITS_S_90")
CHECKPOINT = ASSETS / "files" / IDS[90]
DEMO = load_protocol("demo")
# At this radius the first attack breaks every sample, so that the full budget costs a second.
SETTINGS = replace(DEMO.autoattack, eps=0.9, eps_text="0.9", samples=Samples(first=0, count=4), batch_size=3)
FOUND = Speed(
    samples=16,
    eps="0.031",
    batch_size=500,
    threads=2,
    reference=Seconds(wall=610.0, processor=1200.0),
    fast=Seconds(wall=38.0, processor=37.0),
    compaction=Seconds(wall=2.0, processor=3.0),
    evaluated="compact",
    macs_stored=555_000_000,
    macs_evaluated=5_600_000,
    robust=7,
    differing=(),
)


def test_both_paths_come_to_the_same_outcomes() -> None:
    samples = load_test_set(KEY.dataset, None).samples(SETTINGS.samples)
    told: list[str] = []
    found = compare_speed(inspect_checkpoint(CHECKPOINT, KEY, DEMO), samples, SETTINGS, tell=told.append)
    assert (found.samples, found.robust, found.differing, found.evaluated) == (4, 0, (), "compact")
    assert found.macs_evaluated < found.macs_stored / 50
    assert min(found.reference.processor, found.fast.processor, found.compaction.wall) > 0
    assert len(told) == 2


def test_ratios_count_what_compacting_takes() -> None:
    assert (found := FOUND).ratio == 30.0
    assert found.wall_ratio == pytest.approx(15.25)
    assert found.mac_ratio == pytest.approx(99.107, abs=1e-3)


def test_the_last_line_is_about_the_outcomes() -> None:
    lines = speed_words(FOUND).splitlines()
    assert lines[-1] == "outcomes are equal for all 16 samples"
    assert lines[-2] == (
        "  30.0 times less processor time, 15.2 times less wall time; 99.1 times fewer multiply-accumulates"
    )
    differing = (Difference(sample=3, margin=-2e-6), Difference(sample=7, margin=-0.02))
    assert speed_words(replace(FOUND, differing=differing)).splitlines()[-3:] == [
        "  sample 3    broken by one path, with a margin of -2.0e-06: within rounding",
        "  sample 7    broken by one path, with a margin of -2.0e-02: more than rounding explains",
        "outcomes differ for 2 of 16 samples",
    ]


def test_the_document_holds_everything() -> None:
    document = json.loads(json.dumps(speed_json(replace(FOUND, differing=(Difference(sample=3, margin=-2e-6),)))))
    assert document["reference"] == {"wall": 610.0, "processor": 1200.0}
    assert (document["ratio"], document["wall_ratio"], document["differing"]) == (
        30.0,
        15.25,
        [{"sample": 3, "margin": -2e-6}],
    )


@pytest.mark.parametrize("broken_here", [True, False])
@pytest.mark.parametrize(("farther", "code"), [(0.0, 0), (0.5, 3)])
def test_outcomes_that_differ_by_more_than_rounding_are_our_fault(
    broken_here: bool, farther: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The margin is that of the example which broke the sample, by whichever path."""
    images, labels = load_test_set(KEY.dataset, None).samples(Samples(first=0, count=2))
    inspection = inspect_checkpoint(CHECKPOINT, KEY, DEMO)
    network = speed.network_from_arrays(inspection.graph, inspection.weights)
    example, towards = on_the_boundary(network, images[1])
    example = (example + farther * (towards - example)).clamp(0, 1)
    margin = margins(network(example[None]), labels[1:]).item()
    both, untouched = (np.array([True, False]), torch.stack([images[0], example])), (np.array([True, True]), images)
    monkeypatch.setattr(speed, "_here", lambda *_arguments: both if broken_here else untouched)
    monkeypatch.setattr(speed, "_by_the_library", lambda *_arguments: untouched if broken_here else both)
    arguments = ["--model-key", str(KEY), "--protocol", "demo", "--limit", "2"]
    assert main(["speed", str(CHECKPOINT), *arguments]) == code
    *_, told, last = capsys.readouterr().out.splitlines()
    assert last == "outcomes differ for 1 of 2 samples"
    assert told.startswith(f"  sample 1    broken by one path, with a margin of {margin:.1e}: ")


def on_the_boundary(network: Network, image: Tensor) -> tuple[Tensor, Tensor]:
    """A point where the network's decision changes between `image` and grey, and grey."""
    inside, outside = image, torch.full_like(image, 0.5)
    kept = network(inside[None]).argmax()
    assert network(outside[None]).argmax() != kept
    for _ in range(40):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if network(middle[None]).argmax() == kept else (inside, middle)
    return outside, torch.full_like(image, 0.5)


def test_equal_outcomes_end_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("_here", "_by_the_library"):
        monkeypatch.setattr(speed, path, lambda *_arguments: (np.zeros(2, bool), torch.zeros(2, 1, 8, 8)))
    assert main(["speed", str(CHECKPOINT), "--model-key", str(KEY), "--protocol", "demo", "--limit", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "outcomes are equal for all 2 samples"


def test_the_reference_has_weights_that_ask_for_gradients() -> None:
    inspection = inspect_checkpoint(CHECKPOINT, KEY, DEMO)
    network = speed.network_from_arrays(inspection.graph, inspection.weights)
    speed.with_trainable_weights(network)
    asking = {name for name, tensor in network.tensors().items() if tensor.requires_grad}
    assert asking == {name for name in network.tensors() if not name.endswith(("running_mean", "running_var"))}
