"""The search over FMN's hyperparameters."""

import math

import pytest
import torch

from apcore.attacks.tuner import RANDOM_TRIALS, Trial, Tuner, best_of
from apcore.fmn_configuration import Choice, FmnVariant, Range

SGD = FmnVariant(loss="DLR", optimizer="SGD", schedule="cosine")
SEARCH = {
    "lr": Range(low=0.03, high=10.0, log=True),
    "momentum": Range(low=0.0, high=0.9),
    "weight_decay": Range(low=0.01, high=1.0),
    "dampening": Range(low=0.0, high=0.2),
}
TRIALS = 10


def bowl(tried):
    """Smallest at learning rate 1, momentum 0.5 and weight decay 0.01."""
    chosen = tried.optimizer
    return 0.01 + math.log10(chosen.lr) ** 2 + (chosen.momentum - 0.5) ** 2 + (chosen.weight_decay - 0.01)


def search(measure, *, trials=TRIALS, seed=0):
    tuner = Tuner(SGD, SEARCH, seed=seed)
    return [tuner.try_next(measure) for _ in range(trials)]


def test_proposals_stay_in_their_ranges():
    for trial in search(bowl, trials=8):
        tried = trial.configuration.optimizer
        assert 0.03 <= tried.lr <= 10
        assert 0 <= tried.momentum <= 0.9
        assert 0.01 <= tried.weight_decay <= 1
        assert 0 <= tried.dampening <= 0.2


def test_the_same_seed_searches_the_same_way():
    assert search(bowl) == search(bowl)
    assert search(bowl, trials=1, seed=1) != search(bowl, trials=1, seed=0)


def test_it_learns_from_what_it_tried():
    trials = search(bowl, trials=14)
    assert best_of(trials).objective < best_of(trials[:RANDOM_TRIALS]).objective
    assert best_of(trials).objective < 0.1


@pytest.mark.parametrize("done", [0, 1, RANDOM_TRIALS, 7])
def test_a_search_taken_up_from_its_record_goes_on_as_if_never_left(done):
    whole = search(bowl)
    tuner = Tuner(SGD, SEARCH, seed=0)
    assert tuner.replay(whole[:done])
    assert [tuner.try_next(bowl) for _ in range(TRIALS - done)] == whole[done:]


def test_a_record_of_another_search_is_noticed():
    assert not Tuner(SGD, SEARCH, seed=1).replay(search(bowl, trials=2))


def test_trials_that_find_nothing_do_not_stop_the_search():
    trials = search(lambda _tried: math.inf, trials=7)
    assert [trial.objective for trial in trials] == [math.inf] * 7
    assert best_of(trials) == trials[0]


def test_the_best_trial_is_the_first_of_the_smallest():
    trials = [
        Trial(configuration=SGD.configured({"lr": lr}), objective=objective)
        for lr, objective in ((1, math.inf), (2, 0.3), (3, 0.2), (4, 0.2))
    ]
    assert best_of(trials) is trials[2]


def test_it_prints_nothing_and_draws_nothing_from_torchs_generator(capfd):
    torch.manual_seed(2)
    expected = torch.rand(2)
    torch.manual_seed(2)
    search(bowl, trials=6)
    assert torch.equal(torch.rand(2), expected)
    assert capfd.readouterr() == ("", "")


def test_adam_under_a_plateau_has_its_own_hyperparameters():
    adam = FmnVariant(loss="LL", optimizer="Adam", schedule="plateau")
    search_space = {
        "lr": SEARCH["lr"],
        "beta1": Range(low=0.0, high=0.999),
        "beta2": Range(low=0.0, high=0.999),
        "weight_decay": SEARCH["weight_decay"],
        "factor": Range(low=0.1, high=0.5),
        "patience": Choice(choices=(2, 5, 10)),
    }
    tuner = Tuner(adam, search_space, seed=0)
    trials = [tuner.try_next(lambda tried: tried.optimizer.beta1 + tried.schedule.patience / 10) for _ in range(9)]
    for trial in trials:
        tried = trial.configuration
        assert tried.loss == "LL"
        assert 0 <= tried.optimizer.beta1 <= 0.999
        assert 0 <= tried.optimizer.beta2 <= 0.999
        assert 0.1 <= tried.schedule.factor <= 0.5
        assert tried.schedule.patience in (2, 5, 10)
    assert best_of(trials).configuration.schedule.patience == 2
    assert Tuner(adam, search_space, seed=0).replay(trials)
