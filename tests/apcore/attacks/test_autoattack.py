"""AutoAttack's driver, held against the library's own loop."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from doubles.library_run import robust_by_the_library
from pyautoattack import AutoAttack
from torch import nn

from apcore.attacks.autoattack import MISCLASSIFIED, SURVIVED, run_autoattack
from apcore.attacks.library import ATTACKS, STANDARD, expected_calls
from apcore.attacks.resumable import AttackState, StateFile
from apcore.errors import ContributorError, MachineError


def robust_after_each_attack(outcomes):
    return np.stack(
        [(outcomes.broken_by == SURVIVED) | (outcomes.broken_by > number) for number, _ in enumerate(ATTACKS, 1)]
    )


@pytest.mark.parametrize(("samples", "batch_size"), [(5, 1), (24, 7), (24, 8), (24, 24), (20, 100)])
def test_outcomes_equal_the_librarys_sample_by_sample(network, images, labels, settings, small, samples, batch_size):
    protocol, images, labels = settings(batch_size=batch_size), images[:samples], labels[:samples]
    ours = run_autoattack(network, images, labels, protocol, budget=small)
    theirs = robust_by_the_library(network, images, labels, protocol, small)
    np.testing.assert_array_equal(robust_after_each_attack(ours), theirs)


def test_every_outcome_occurs_in_these_tests(whole):
    assert set(whole.broken_by) == {MISCLASSIFIED, SURVIVED, 1, 2, 3, 4}
    assert np.flatnonzero(whole.broken_by == MISCLASSIFIED).tolist() == [2, 9, 17]


def test_the_full_budget_equals_the_library_as_it_comes(make_layers, images, settings):
    network, some = make_layers(seed=6).eval(), images[:4]
    labels = network(some).argmax(1)
    ours = run_autoattack(network, some, labels, settings(eps=0.06, batch_size=4))
    library = AutoAttack(network, norm="Linf", eps=0.06, seed=3, version="standard")
    with torch.random.fork_rng(devices=[]):
        _, found = library.run_standard_evaluation(some, labels, batch_size=4)
    np.testing.assert_array_equal(ours.broken_by == SURVIVED, (found == labels).numpy())
    assert 0 < (ours.broken_by == SURVIVED).sum() < 4


def test_examples_are_what_broke_the_samples_and_nothing_where_none_was_broken(
    network, images, labels, settings, small
):
    examples = torch.full_like(images, torch.nan)
    outcomes = run_autoattack(network, images, labels, settings(), budget=small, examples=examples)
    broken = torch.from_numpy(outcomes.broken_by > SURVIVED)
    assert (network.eval()(examples[broken]).argmax(1) != labels[broken]).all()
    assert (examples[broken] - images[broken]).abs().max() <= 0.03 + 1e-6
    assert examples[~broken].isnan().all()


@pytest.fixture(scope="module")
def whole(make_case, settings, small):
    """The outcomes of an undisturbed run."""
    return run_autoattack(*make_case(), settings(), budget=small)


def saves_of(outcomes):
    """How often the state is saved on the way: after the clean pass, and after each batch of 10."""
    queues = [(outcomes.broken_by == SURVIVED) | (outcomes.broken_by >= number) for number in (1, 2, 3, 4)]
    return 1 + sum(math.ceil(queue.sum() / 10) for queue in queues)


def test_interrupted_after_every_batch_it_comes_to_the_same_outcomes(
    network, images, labels, settings, small, whole, tmp_path, monkeypatch
):
    state, save = AttackState(folder=tmp_path, fingerprint="this checkpoint"), StateFile.save

    def save_and_stop(file, arrays):
        save(file, arrays)
        raise KeyboardInterrupt

    steps = saves_of(whole)
    with monkeypatch.context() as patch:
        patch.setattr(StateFile, "save", save_and_stop)
        for _ in range(steps):
            with pytest.raises(KeyboardInterrupt):
                run_autoattack(network, images, labels, settings(), state=state, budget=small)
        again = run_autoattack(network, images, labels, settings(), state=state, budget=small)
    np.testing.assert_array_equal(again.broken_by, whole.broken_by)
    np.testing.assert_array_equal(again.clean_prediction, whole.clean_prediction)


@pytest.mark.parametrize("batch", [2, 5, 7, 9])
def test_interrupted_inside_a_batch_it_repeats_that_batch(
    network, images, labels, settings, small, whole, tmp_path, unthrottled, batch
):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    seen = set()

    def interrupt(progress):
        seen.add((progress.attack, progress.batch))
        if len(seen) == batch and progress.share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_autoattack(network, images, labels, settings(), state=state, progress=interrupt, budget=small)
    again = run_autoattack(network, images, labels, settings(), state=state, budget=small)
    np.testing.assert_array_equal(again.broken_by, whole.broken_by)


def test_a_finished_run_is_read_back_without_any_forward_pass_over_the_samples(
    network, images, labels, settings, small, tmp_path
):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    whole = run_autoattack(network, images, labels, settings(), state=state, budget=small)
    batches = []
    network.register_forward_hook(lambda _module, inputs, _output: batches.append(len(inputs[0])))
    again = run_autoattack(network, images, labels, settings(), state=state, budget=small)
    np.testing.assert_array_equal(again.broken_by, whole.broken_by)
    assert again.seconds == whole.seconds
    assert batches == [1]  # one image, to learn the number of classes


@pytest.mark.parametrize("change", ["fingerprint", "eps", "seed", "batch size", "images", "labels", "budget"])
def test_a_state_of_something_else_is_not_used(network, images, labels, settings, small, tmp_path, caplog, change):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    run_autoattack(network, images, labels, settings(), state=state, budget=small)
    other = {
        "state": AttackState(
            folder=tmp_path, fingerprint="that checkpoint" if change == "fingerprint" else "this checkpoint"
        ),
        "budget": STANDARD if change == "budget" else small,
    }
    protocol = settings(
        eps=0.02 if change == "eps" else 0.03,
        seed=4 if change == "seed" else 3,
        batch_size=9 if change == "batch size" else 10,
    )
    images = images.flip(0) if change == "images" else images
    labels = labels.roll(1) if change == "labels" else labels

    class StartedAgainError(Exception):
        pass

    def stop(progress):
        assert (progress.attack, progress.batch) == ("clean", 1)
        raise StartedAgainError

    with pytest.raises(StartedAgainError):
        run_autoattack(network, images, labels, protocol, progress=stop, **other)
    assert "they are kept and not used, autoattack starts from the beginning" in caplog.text
    assert len(list(tmp_path.iterdir())) == 1


def test_the_callers_random_numbers_and_network_are_left_as_they_were(network, images, labels, settings, small):
    network.train()
    network.layers[0].bias.requires_grad_(False)
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    run_autoattack(network, images, labels, settings(), budget=small)
    assert torch.equal(torch.rand(3), expected)
    assert network.training
    assert network.layers[1].training
    assert network.layers[0].weight.requires_grad
    assert not network.layers[0].bias.requires_grad
    assert all(parameter.grad is None for parameter in network.parameters())


def test_samples_that_are_all_misclassified_need_no_attack(network, images, labels, settings, small):
    outcomes = run_autoattack(network, images, (labels + 1) % 10, settings(), budget=small)
    assert Counter(outcomes.broken_by.tolist())[MISCLASSIFIED] >= 21
    outcomes = run_autoattack(network, images[:2], (labels[:2] + 1) % 10, settings(), budget=small)
    assert outcomes.broken_by.tolist() == [MISCLASSIFIED, MISCLASSIFIED]
    assert outcomes.seconds["square"] == 0


def test_the_first_attack_may_break_all(make_layers, images, settings, small):
    network = make_layers().eval()
    outcomes = run_autoattack(network, images, network(images).argmax(1), settings(eps=0.5), budget=small)
    assert set(outcomes.broken_by) == {1}


@pytest.mark.parametrize("sample", range(4))
def test_a_single_sample_is_attacked_as_the_library_does(network, images, labels, settings, small, sample):
    one = slice(sample, sample + 1)
    ours = run_autoattack(network, images[one], labels[one], settings(), budget=small)
    theirs = robust_by_the_library(network, images[one], labels[one], settings(), small)
    np.testing.assert_array_equal(robust_after_each_attack(ours), theirs)


class Constant(nn.Module):
    """Says the same of every image, with all logits tied: Square's margins are 0 from the start."""

    def forward(self, images):
        return images.view(len(images), -1).sum(1, keepdim=True).expand(-1, 10) * 0 + torch.ones(10)


def test_a_network_whose_logits_are_all_tied_is_attacked_to_the_end(images, settings, small):
    outcomes = run_autoattack(Constant(), images, torch.zeros(24, dtype=torch.int64), settings(), budget=small)
    assert set(outcomes.broken_by) == {SURVIVED}


def test_with_fewer_classes_than_targets_all_other_classes_are_tried(make_layers, images, settings, small):
    network = make_layers(classes=4).eval()
    labels = network(images).argmax(1)
    outcomes = run_autoattack(network, images, labels, settings(), budget=small)
    assert SURVIVED in outcomes.broken_by
    with pytest.raises(IndexError):  # what the library does
        robust_by_the_library(network, images, labels, settings(), small)


def test_fewer_than_four_classes_are_refused(make_layers, images, settings):
    with pytest.raises(MachineError) as refused:
        run_autoattack(make_layers(classes=3), images, torch.zeros(24, dtype=torch.int64), settings())
    assert refused.value.message == ("AutoAttack needs at least 4 classes for its targeted DLR loss; the network has 3")


def test_logits_that_are_not_a_number_are_the_contributors_to_mend(make_layers, images, labels, settings):
    network = make_layers()
    with torch.no_grad():
        network[6].bias[4] = torch.nan
    with pytest.raises(ContributorError, match="logits of 1 of 1 unperturbed images are infinite or not a number"):
        run_autoattack(network, images, labels, settings())


def test_progress_leads_through_all_attacks_and_never_backwards(network, images, labels, settings, small, unthrottled):
    seen = []
    outcomes = run_autoattack(network, images, labels, settings(), progress=seen.append, budget=small)
    assert list(dict.fromkeys(progress.attack for progress in seen)) == ["clean", *ATTACKS]
    for attack in ("clean", *ATTACKS):
        of_attack = [progress for progress in seen if progress.attack == attack]
        done = [progress.batch - 1 + progress.share for progress in of_attack]
        assert done == sorted(done)
        assert of_attack[-1].is_last
        assert all(0 <= progress.share <= 1 for progress in of_attack)
    robust = [progress.robust for progress in seen if progress.robust is not None]
    assert robust == sorted(robust, reverse=True)
    assert robust[-1] == (outcomes.broken_by == SURVIVED).sum()


def test_a_surviving_batch_takes_as_many_calls_as_expected(images, settings, small, unthrottled):
    """The share within a batch is measured against this number; 102, 910, 1810 and 5003 in full."""
    assert tuple(expected_calls(STANDARD, targets=9).values()) == (102, 910, 1810, 5003)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    with torch.no_grad():
        network[1].bias[7] = 1000  # nothing breaks it
    seen = []
    run_autoattack(network, images, torch.full((24,), 7), settings(batch_size=24), progress=seen.append, budget=small)
    calls = Counter(progress.attack for progress in seen if progress.share < 1)
    assert calls == expected_calls(small, targets=9)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda x, y: (x[0], y), "expected images"),
        (lambda x, y: (x, y[:-1]), "expected images"),
        (lambda x, y: (x[:0], y[:0]), "expected images"),
        (lambda x, y: (x.double(), y), "expected float32 and int64"),
        (lambda x, y: (x * 255, y), "expected pixels in"),
        (lambda x, y: (x.where(x < 0.9, torch.nan), y), "expected pixels in"),
    ],
    ids=["one image", "labels short", "empty", "float64", "0 to 255", "not a number"],
)
def test_samples_of_another_form_are_refused(network, images, labels, settings, spoil, complaint):
    with pytest.raises(ValueError, match=complaint):
        run_autoattack(network, *spoil(images, labels), settings())
