"""AutoAttack with a random number for each sample: equal to itself in any batch, in any shard, and after any stop."""

from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from apcore.attacks import sharded
from apcore.attacks.autoattack import MISCLASSIFIED, SURVIVED, run_autoattack
from apcore.attacks.library import ATTACKS
from apcore.attacks.resumable import AttackState, StateFile


class InDouble(nn.Module):
    """Computes in float64, so that the last bits of float32 do not depend on how many samples share a batch."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.double()

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network(images.double()).float()
        return logits


@pytest.fixture(scope="module")
def attack(make_case, settings, small):
    """Attack the samples `first` to `last`, and give their outcomes."""
    network, images, labels = make_case()
    network = InDouble(network)

    def run(first=0, last=24, *, index=None, **options):
        chosen = np.arange(first, last) if index is None else index
        batch_size, seed = options.pop("batch_size", 10), options.pop("seed", 2)
        protocol = settings(randomness="sharded", first=first, batch_size=batch_size, seed=seed)
        return run_autoattack(
            network, images[chosen], labels[chosen], protocol, budget=small, index=index, **options
        ).broken_by

    return run


@pytest.fixture(scope="module")
def whole(attack):
    return attack()


def test_every_outcome_occurs_in_these_tests(whole):
    assert set(whole) == {MISCLASSIFIED, SURVIVED, 1, 2, 3, 4}


@pytest.mark.parametrize("batch_size", [3, 7, 24])
def test_outcomes_do_not_depend_on_the_batch(attack, whole, batch_size):
    assert attack(batch_size=batch_size).tolist() == whole.tolist()


@pytest.mark.parametrize("shards", [2, 3, 7])
def test_outcomes_do_not_depend_on_the_shard(attack, whole, shards):
    edges = [24 * number // shards for number in range(shards + 1)]
    parts = [attack(first, last) for first, last in pairwise(edges)]
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_outcomes_do_not_depend_on_the_order(attack, whole):
    order = np.random.default_rng(0).permutation(24)
    assert attack(index=order).tolist() == whole[order].tolist()


def test_outcomes_follow_the_dataset_index_and_the_seed(attack, make_case, settings, small, whole):
    network, images, labels = make_case()
    elsewhere = run_autoattack(
        InDouble(network), images, labels, settings(randomness="sharded", first=1000, seed=2), budget=small
    ).broken_by
    assert (elsewhere != whole).any()
    assert (attack(seed=4) != whole).any()


def test_killed_at_any_batch_it_comes_to_the_same_outcomes(attack, whole, tmp_path, monkeypatch):
    state, save = AttackState(folder=tmp_path, fingerprint="this checkpoint"), StateFile.save

    def save_and_die(file, arrays):
        save(file, arrays)
        raise KeyboardInterrupt

    queues = [((whole == SURVIVED) | (whole >= number)).sum() for number in range(1, 5)]
    batches = sum(-(-queue // 10) for queue in queues)
    with monkeypatch.context() as patch:
        patch.setattr(StateFile, "save", save_and_die)
        for _ in range(1 + batches):  # the clean pass, and each batch
            with pytest.raises(KeyboardInterrupt):
                attack(state=state)
        assert attack(state=state).tolist() == whole.tolist()


@pytest.mark.parametrize("batch", [2, 4, 6, 8])
def test_killed_inside_a_batch_it_repeats_that_batch(attack, whole, tmp_path, unthrottled, batch):
    state, seen = AttackState(folder=tmp_path, fingerprint="this checkpoint"), set()

    def interrupt(progress):
        seen.add((progress.attack, progress.batch))
        if len(seen) == batch and progress.share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attack(state=state, progress=interrupt)
    assert attack(state=state).tolist() == whole.tolist()


def test_a_state_of_other_dataset_indices_is_not_used(attack, tmp_path):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    attack(index=np.arange(4), state=state)
    attack(index=np.array([0, 1, 2, 4]), state=state)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_state_of_reference_randomness_is_not_used(network, images, labels, settings, small, tmp_path):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    for randomness in ("reference", "sharded"):
        run_autoattack(network, images[:4], labels[:4], settings(randomness=randomness), state=state, budget=small)
    assert len(list(tmp_path.iterdir())) == 2


@contextmanager
def library_draws(address, _index):
    """Lets torch draw, from the seed that the library would set; the first run of an attack seeds."""
    if address.target in {0, 2}:
        torch.manual_seed(address.seed)
    yield


@pytest.mark.parametrize("batch_size", [1, 7, 24])
def test_with_the_librarys_draws_the_loop_is_the_librarys(
    network, images, labels, settings, small, monkeypatch, batch_size
):
    """All that is written anew is the loop over targets; given the same numbers, it comes to the library's outcomes."""
    expected = run_autoattack(network, images, labels, settings(batch_size=batch_size), budget=small)
    monkeypatch.setattr(sharded, "addressed_draws", library_draws)
    found = run_autoattack(network, images, labels, settings(randomness="sharded", batch_size=batch_size), budget=small)
    assert found.broken_by.tolist() == expected.broken_by.tolist()


def test_both_modes_make_the_same_calls(images, settings, small, unthrottled):
    """Progress is measured against the library's number of forward passes."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    with torch.no_grad():
        network[1].bias[7] = 1000  # nothing breaks it
    labels, calls = torch.full((24,), 7), []
    for randomness in ("reference", "sharded"):
        seen = []
        run_autoattack(network, images, labels, settings(randomness=randomness), progress=seen.append, budget=small)
        calls.append([sum(p.attack == attack and p.share < 1 for p in seen) for attack in ATTACKS])
    assert calls[0] == calls[1]


@pytest.mark.parametrize("index", [[0, 1], [0, 1, 1], [-1, 0, 1]], ids=["short", "twice", "negative"])
def test_indices_of_another_form_are_refused(network, images, labels, settings, small, index):
    with pytest.raises(ValueError, match="expected 3 dataset indices, none negative and each once"):
        run_autoattack(
            network, images[:3], labels[:3], settings(randomness="sharded"), budget=small, index=np.array(index)
        )
