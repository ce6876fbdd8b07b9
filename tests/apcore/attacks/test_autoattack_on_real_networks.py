"""Both modes of randomness on the adversarially trained networks of ../shared, with a small budget.

`benchmarks/compare_with_pyautoattack.py` does the same with the full one, in minutes.
"""

import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from doubles.library_run import robust_by_the_library

from apcore.attacks.autoattack import MISCLASSIFIED, SURVIVED, run_autoattack
from apcore.attacks.library import ATTACKS, Budget
from apcore.execution import execution_for
from apcore.networks.network import network_from_arrays
from apcore.networks.resnet import residual_network
from apcore.protocol import AutoAttackSettings, Samples

BUDGET = Budget(apgd_steps=2, fab_steps=1, square_queries=20)
SAMPLES = 12
SPARSITIES = (50, 75, 90)


@pytest.fixture
def real(request, shared):
    """One network, and the first images, some of which it gets wrong."""
    folder = shared / "data" / "submission"
    entries = json.loads((folder / "networks.json").read_text(encoding="utf-8"))["networks"]
    entry = next(entry for entry in entries if entry["sparsity"] == request.param)
    arrays = dict(np.load(folder / entry["weights"]))
    widths = [len(arrays[f"layer{stage}.0.conv2.weight"]) for stage in range(1, 5)]
    graph = residual_network(name="narrow", input_shape=(3, 32, 32), widths=widths, blocks=2, classes=10)
    stored = np.load(shared / "data" / "CIFAR10.npz")
    images = torch.from_numpy(stored["x"][:SAMPLES]).permute(0, 3, 1, 2).contiguous().float() / 255
    arrays = {name: array for name, array in arrays.items() if not name.endswith("num_batches_tracked")}
    return network_from_arrays(graph, arrays), images, torch.from_numpy(stored["y"][:SAMPLES])


def settings(*, randomness, batch_size, first=0):
    return AutoAttackSettings(
        eps=0.031,
        eps_text="0.031",
        samples=Samples(first=first, count=SAMPLES),
        batch_size=batch_size,
        seed=0,
        randomness=randomness,
    )


@pytest.mark.shared
@pytest.mark.parametrize("real", SPARSITIES, ids="S {}".format, indirect=True)
def test_reference_outcomes_equal_the_librarys_sample_by_sample(real):
    network, images, labels = real
    protocol = settings(randomness="reference", batch_size=5)
    chosen = execution_for(network.graph.macs(), samples=5, device="cpu", available=1)
    assert chosen.filling.images > 5
    ours = run_autoattack(
        chosen.prepared(network), images, labels, protocol, budget=BUDGET, filling=chosen.filling
    ).broken_by
    robust = np.stack([(ours == SURVIVED) | (ours > number) for number, _ in enumerate(ATTACKS, 1)])
    np.testing.assert_array_equal(robust, robust_by_the_library(network, images, labels, protocol, BUDGET))
    assert 0 < robust[-1].sum() < (ours != MISCLASSIFIED).sum() < SAMPLES


@pytest.mark.shared
@pytest.mark.parametrize("real", SPARSITIES[-1:], ids="S {}".format, indirect=True)
def test_sharded_outcomes_are_the_same_in_other_batches_and_shards(real):
    network, images, labels = real

    def attack(first, last, batch_size):
        protocol = settings(randomness="sharded", batch_size=batch_size, first=first)
        return run_autoattack(network, images[first:last], labels[first:last], protocol, budget=BUDGET).broken_by

    whole = attack(0, SAMPLES, batch_size=SAMPLES)
    assert SURVIVED in whole
    parts = [attack(first, last, batch_size=3) for first, last in pairwise((0, 5, 7, SAMPLES))]
    assert np.concatenate(parts).tolist() == whole.tolist()
