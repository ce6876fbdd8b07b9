"""Both paths on the same samples: equal outcomes, or an exit code that says they are not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles.demo import ASSETS, IDS

from apcore import speed
from apcore.cli import main
from apcore.datasets import load_test_set
from apcore.inspection import inspect_checkpoint
from apcore.model_key import ModelKey
from apcore.protocol import Samples, load_protocol
from apcore.speed import Seconds, Speed, compare_speed
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
    assert speed_words(replace(FOUND, differing=(3, 7))).splitlines()[-1] == "outcomes differ for 2 of 16 samples: 3, 7"


def test_the_document_holds_everything() -> None:
    document = json.loads(json.dumps(speed_json(replace(FOUND, differing=(3,)))))
    assert document["reference"] == {"wall": 610.0, "processor": 1200.0}
    assert (document["ratio"], document["wall_ratio"], document["differing"]) == (30.0, 15.25, [3])


@pytest.mark.parametrize(("differ", "code"), [(False, 0), (True, 3)])
def test_outcomes_that_differ_are_our_fault(
    differ: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed, "_here", lambda *_arguments: np.zeros(2, bool))
    monkeypatch.setattr(speed, "_by_the_library", lambda *_arguments: np.array([False, differ]))
    arguments = ["--model-key", str(KEY), "--protocol", "demo", "--limit", "2"]
    assert main(["speed", str(Path(CHECKPOINT)), *arguments]) == code
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == ("outcomes differ for 1 of 2 samples: 1" if differ else "outcomes are equal for all 2 samples")


def test_the_reference_has_weights_that_ask_for_gradients() -> None:
    inspection = inspect_checkpoint(CHECKPOINT, KEY, DEMO)
    network = speed.network_from_arrays(inspection.graph, inspection.weights)
    speed.with_trainable_weights(network)
    asking = {name for name, tensor in network.tensors().items() if tensor.requires_grad}
    assert asking == {name for name in network.tensors() if not name.endswith(("running_mean", "running_var"))}
