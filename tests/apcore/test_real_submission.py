"""Three real submission networks as their author uploads them, and the dense one of pyautoattack: load, audit, evaluate."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from apcore.attacks.autoattack import run_autoattack
from apcore.attacks.library import Budget
from apcore.audit import Audit, audit
from apcore.compaction.compact import compact
from apcore.datasets import load_test_set
from apcore.input_probe import InputVerdict
from apcore.inspection import inspect_checkpoint
from apcore.model_key import ModelKey
from apcore.network_probe import probe
from apcore.networks.network import network_from_arrays
from apcore.networks.resnet import residual_network
from apcore.protocol import AutoAttackSettings, Samples, load_protocol
from apcore.pruned_structure import Found

pytestmark = pytest.mark.shared
APB = load_protocol("apb-2024")
CLAIMED_ON = 64
DENSE = Path(find_spec("pyautoattack").origin).parent / "examples" / "model_test.pt"  # type: ignore[union-attr, arg-type]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The submission in full size, as ../shared/tools writes it."""
    shared = Path(__file__).parents[3] / "shared"
    if not shared.is_dir():
        pytest.skip("../shared is absent: the real submission is not part of the project")
    out: Path = tmp_path_factory.mktemp("submission")
    subprocess.run(
        [sys.executable, str(shared / "tools" / "expand_submission.py"), str(out)], check=True, capture_output=True
    )
    return out


def audited(path: Path, key: str) -> Audit:
    return audit(inspect_checkpoint(path, ModelKey.parse(key), APB), APB)


def entry_of(shared: Path, sparsity: int) -> dict:
    entries = json.loads((shared / "data" / "submission" / "networks.json").read_text(encoding="utf-8"))["networks"]
    return next(entry for entry in entries if entry["sparsity"] == sparsity)


def narrow_macs(shared: Path, entry: dict) -> int:
    """What the narrow network costs that was trained and then widened with zeros."""
    arrays = np.load(shared / "data" / "submission" / entry["weights"])
    widths = [len(arrays[f"layer{stage}.0.conv2.weight"]) for stage in range(1, 5)]
    return residual_network(name="narrow", input_shape=(3, 32, 32), widths=widths, blocks=2, classes=10).macs()


@pytest.mark.parametrize("sparsity", [50, 75, 90])
def test_a_submitted_network_loads_is_audited_and_evaluated(sparsity: int, folder: Path, shared: Path) -> None:
    entry = entry_of(shared, sparsity)
    found = audited(next(folder.glob(f"*-m-*s{sparsity}-*")), f"NarrowNet_Project2026Narrow_R18_CIFAR10_S_{sparsity}")
    assert found.inspection.agrees
    assert found.structure.found is Found.BOTH
    assert found.structure.scattered == 0
    assert found.remarks == ()
    assert found.cost.macs_left == narrow_macs(shared, entry)
    images, labels = load_test_set("CIFAR10", shared / "data").samples(Samples(first=0, count=CLAIMED_ON))
    network = compact(
        network_from_arrays(
            found.inspection.graph, found.inspection.weights, normalization=found.inspection.normalization
        ),
        images[:2],
    )
    assert network.evaluated == "compact"
    assert network.macs_evaluated == found.cost.macs_left
    right = network.network(images).argmax(1) == labels
    assert 100 * float(right.float().mean()) == entry["claimed"]["clean_accuracy"]


def test_the_dense_network_loads_is_audited_and_evaluated(shared: Path) -> None:
    found = audited(DENSE, "Dense_Doe2026Dense_R18_CIFAR10_US_90")
    assert found.inspection.stored.container == "legacy"
    assert found.structure.found is Found.DENSE
    assert found.cost.macs_left == found.cost.macs_nonzero == found.cost.macs
    test_set = load_test_set("CIFAR10", shared / "data")
    assert probe(found.inspection, test_set, 32).input.verdict is InputVerdict.FITS
    images, labels = test_set.samples(Samples(first=0, count=4))
    network = network_from_arrays(found.inspection.graph, found.inspection.weights)
    settings = AutoAttackSettings(
        eps=8 / 255, eps_text="8/255", samples=Samples(first=0, count=4), batch_size=4, seed=0
    )
    budget = Budget(apgd_steps=5, fab_steps=1, square_queries=2)
    broken_by = run_autoattack(network, images, labels, settings, budget=budget).broken_by
    assert (broken_by != 0).all()  # not robust at 8/255, and broken within five steps
