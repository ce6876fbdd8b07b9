"""The flags of real networks: one that collapsed under one-step training raises those of the order of attacks, and honestly
trained ones raise none."""

import json

import numpy as np
import pytest
import torch
from doubles.demo import IDS, ROOT, checkpoint

from apcore.attacks.model_checks import check_model
from apcore.attacks.probes import Probes, run_probes
from apcore.datasets import load_test_set
from apcore.networks.network import network_from_arrays
from apcore.networks.resnet import RESNET6, residual_network
from apcore.outcomes import Outcomes
from apcore.probe_flags import probe_flags
from apcore.protocol import Samples
from apcore.red_flags import model_flags

COLLAPSED = ROOT / "tests" / "fixtures" / "collapsed_network.npz"
COLLAPSED_EPS = 0.4  # the step that it was trained on


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def digits():
    return load_test_set("DIGITS", None).samples(Samples(first=0, count=128))


@pytest.fixture(scope="module")
def collapsed():
    return network_from_arrays(RESNET6, dict(np.load(COLLAPSED)))


def flags_of(network, images, labels, *, eps):
    """The flags of the network, whatever AutoAttack finds: every sample counts as broken by it."""
    count = len(images)
    outcomes = Outcomes(
        index=np.arange(count),
        label=labels.numpy(),
        clean_prediction=labels.numpy(),
        aa_outcome=np.ones(count, np.int8),
        hofmn_index=np.empty(0, np.int64),
        hofmn_distance=np.empty(0, np.float32),
    )
    probes = run_probes(network, images, labels, eps=eps, seed=0)
    assert probes.correct > count / 4
    return [*model_flags(check_model(network, images, labels)), *probe_flags(probes, outcomes)]


def test_the_artefact_is_small_and_still_shows_the_collapse(collapsed, digits):
    found: Probes = run_probes(collapsed, *digits, eps=COLLAPSED_EPS, seed=0)
    assert COLLAPSED.stat().st_size < 300_000
    # Counts of 128: clean, half the step it was trained on, that step, many steps. Versions of torch may move a few.
    assert found.correct == pytest.approx(89, abs=4)
    assert found.half_step.harder == pytest.approx(67, abs=4)
    assert found.full_step.harder == pytest.approx(112, abs=4)
    assert found.pgd == 0


def test_a_network_that_collapsed_under_one_step_training_raises_the_flags_of_the_order_of_attacks(collapsed, digits):
    found = {flag.name: flag.value for flag in flags_of(collapsed, *digits, eps=COLLAPSED_EPS)}
    assert set(found) == {
        "noise-beats-clean",
        "steps-out-of-order",
        "pgd-far-below-fgsm",
        "unstable-predictions",
        "gradients-disagree",
    }
    assert found["noise-beats-clean"] == pytest.approx(11.7, abs=4)  # points
    assert found["steps-out-of-order"] == pytest.approx(35.2, abs=4)  # points
    assert found["pgd-far-below-fgsm"] > 1  # more than all that is right when clean
    assert found["gradients-disagree"] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("sparsity", IDS)
def test_the_demonstrations_adversarially_trained_networks_raise_none(digits, sparsity):
    arrays = {name: tensor.numpy() for name, tensor in checkpoint(sparsity).items()}
    network = network_from_arrays(RESNET6, arrays)
    assert flags_of(network, *digits, eps=0.1) == []


@pytest.mark.shared
@pytest.mark.parametrize("sparsity", [50, 75, 90])
def test_the_real_submissions_networks_raise_none(shared, sparsity):
    folder, samples = shared / "data" / "submission", 8
    entries = json.loads((folder / "networks.json").read_text(encoding="utf-8"))["networks"]
    entry = next(entry for entry in entries if entry["sparsity"] == sparsity)
    arrays = dict(np.load(folder / entry["weights"]))
    widths = [len(arrays[f"layer{stage}.0.conv2.weight"]) for stage in range(1, 5)]
    graph = residual_network(name="narrow", input_shape=(3, 32, 32), widths=widths, blocks=2, classes=10)
    arrays = {name: array for name, array in arrays.items() if not name.endswith("num_batches_tracked")}
    network = network_from_arrays(graph, arrays)
    stored = np.load(shared / "data" / "CIFAR10.npz")
    images = torch.from_numpy(stored["x"][:samples]).permute(0, 3, 1, 2).contiguous().float() / 255
    labels = torch.from_numpy(stored["y"][:samples])
    assert flags_of(network, images, labels, eps=8 / 255) == []
