"""HO-FMN beside untuned FMN on the adversarially trained networks of ../shared, with a small budget."""

import json

import numpy as np
import pytest
import torch

from apcore.attacks.ho_fmn import run_ho_fmn
from apcore.fmn_configuration import FmnVariant, Range
from apcore.networks.network import network_from_arrays
from apcore.networks.resnet import residual_network
from apcore.protocol import HoFmnSettings, Samples, TuningSettings

EPS = 8 / 255
ATTACKED, TUNED = 12, 8
SETTINGS = HoFmnSettings(
    eps=EPS,
    eps_text="8/255",
    steps=60,
    samples=Samples(first=2048, count=ATTACKED),
    batch_size=ATTACKED,
    seed=0,
    variant=FmnVariant(loss="DLR", optimizer="SGD", schedule="cosine"),
    counted="nearest",
    tuning=TuningSettings(
        trials=3,
        steps=60,
        samples=Samples(first=0, count=TUNED),
        objective="correct",
        search={
            "lr": Range(low=EPS, high=10.0, log=True),
            "momentum": Range(low=0.0, high=0.9),
            "weight_decay": Range(low=0.01, high=1.0),
            "dampening": Range(low=0.0, high=0.2),
        },
    ),
)


@pytest.fixture
def real(request, shared):
    """One network, the first images to tune on, and those that the protocols attack."""
    folder = shared / "data" / "submission"
    entries = json.loads((folder / "networks.json").read_text(encoding="utf-8"))["networks"]
    entry = next(entry for entry in entries if entry["sparsity"] == request.param)
    arrays = dict(np.load(folder / entry["weights"]))
    widths = [len(arrays[f"layer{stage}.0.conv2.weight"]) for stage in range(1, 5)]
    graph = residual_network(name="narrow", input_shape=(3, 32, 32), widths=widths, blocks=2, classes=10)
    arrays = {name: array for name, array in arrays.items() if not name.endswith("num_batches_tracked")}
    stored = np.load(shared / "data" / "CIFAR10.npz")

    def samples(chosen):
        images = torch.from_numpy(stored["x"][chosen.first : chosen.first + chosen.count])
        labels = torch.from_numpy(stored["y"][chosen.first : chosen.first + chosen.count])
        return images.permute(0, 3, 1, 2).contiguous().float() / 255, labels

    return network_from_arrays(graph, arrays), samples(SETTINGS.tuning.samples), samples(SETTINGS.samples)


@pytest.mark.shared
@pytest.mark.parametrize("real", [75, 90], ids="S {}".format, indirect=True)
def test_it_is_never_worse_than_untuned_fmn(real):
    """Where the nearest counts, on every sample: with few steps the tuned attack alone is far from it."""
    network, tuning, attack = real
    found = run_ho_fmn(network, tuning, attack, SETTINGS)
    correct = found.distances > 0
    assert ATTACKED // 4 <= correct.sum() < ATTACKED
    assert (found.distances <= found.untuned_distances).all()
    assert (found.distances <= found.tuned_distances).all()
    np.testing.assert_array_equal(found.untuned_distances > 0, correct)
    assert np.isfinite(found.distances[correct]).all()
    assert (found.tuned_distances > 1.01 * found.untuned_distances).any()
