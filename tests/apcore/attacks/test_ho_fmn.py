"""HO-FMN: search, attack, and what a second start finds."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from apcore.attacks.fmn import fmn
from apcore.attacks.ho_fmn import objective_of, run_ho_fmn, untuned
from apcore.attacks.resumable import AttackState
from apcore.protocol import HoFmnSettings, Range, Samples, TuningSettings

SETTINGS = HoFmnSettings(
    eps=0.03,
    eps_text="0.03",
    steps=30,
    samples=Samples(first=0, count=16),
    batch_size=6,
    seed=0,
    tuning=TuningSettings(
        trials=5,
        steps=30,
        samples=Samples(first=16, count=8),
        objective="correct",
        lr=Range(low=0.03, high=10.0, log=True),
        momentum=Range(low=0.0, high=0.9),
        weight_decay=Range(low=0.01, high=1.0),
        dampening=Range(low=0.0, high=0.2),
    ),
)


@pytest.fixture
def run(network, images, labels):
    def run(settings=SETTINGS, **options):
        tuning, attack = (images[16:], labels[16:]), (images[:16], labels[:16])
        return run_ho_fmn(network, tuning, attack, settings, **options)

    return run


@pytest.fixture(scope="module")
def whole(make_case):
    """The outcomes of an undisturbed run."""
    network, images, labels = make_case()
    return run_ho_fmn(network, (images[16:], labels[16:]), (images[:16], labels[:16]), SETTINGS)


def assert_same(one, other):
    np.testing.assert_array_equal(one.distances, other.distances)
    np.testing.assert_array_equal(one.untuned_distances, other.untuned_distances)
    assert one.trials == other.trials
    assert one.hyperparameters == other.hyperparameters
    assert one.objective == other.objective


def test_the_attack_runs_with_the_best_trials_hyperparameters(whole, network, images, labels):
    outcomes = whole
    best = min(outcomes.trials, key=lambda trial: trial.objective)
    assert len(outcomes.trials) == 5
    assert (outcomes.hyperparameters, outcomes.objective) == (best.hyperparameters, best.objective)
    by_hand = [
        fmn(network, images[first:last], labels[first:last], steps=30, hyperparameters=best.hyperparameters)
        for first, last in ((0, 6), (6, 12), (12, 16))
    ]
    np.testing.assert_array_equal(outcomes.distances, torch.cat(by_hand).numpy())
    assert outcomes.distances.dtype == np.float32


def test_trials_are_scored_on_the_tuning_samples(whole, network, images, labels):
    trial = whole.trials[0]
    distances = fmn(network, images[16:], labels[16:], steps=30, hyperparameters=trial.hyperparameters)
    assert trial.objective == distances[distances > 0].median().item()


def test_untuned_fmn_is_reported_beside_it(whole, network, images, labels):
    assert (untuned(SETTINGS).lr, untuned(SETTINGS).momentum) == (0.03, 0)
    by_hand = fmn(network, images[:6], labels[:6], steps=30, hyperparameters=untuned(SETTINGS))
    np.testing.assert_array_equal(whole.untuned_distances[:6], by_hand.numpy())


@pytest.mark.parametrize(
    ("distances", "correct", "every"),
    [
        ([0.1, 0.2, 0.3], 0.2, 0.2),
        ([0.1, 0.2, 0.3, 0.4], 0.2, 0.2),
        ([0, 0, 0.1, 0.2, 0.3], 0.2, 0.3),
        ([0, 0, 0, 0.2, 0.3], 0.2, math.inf),
        ([0.1, 0.2, math.inf], 0.2, 0.2),
        ([0.1, math.inf, math.inf], math.inf, math.inf),
        ([0, 0], math.inf, math.inf),
    ],
    ids=["odd", "even: the lower", "two wrong", "mostly wrong", "one not found", "mostly not found", "all wrong"],
)
def test_a_trial_is_judged_by_the_median_distance(distances, correct, every):
    found = torch.tensor(distances)
    assert objective_of(found, "correct") == pytest.approx(correct)
    assert objective_of(found, "all") == pytest.approx(every)


def test_a_network_that_nothing_breaks_is_at_infinite_distance(unbreakable, images):
    labels = torch.full((24,), 7)
    outcomes = run_ho_fmn(unbreakable, (images[:8], labels[:8]), (images[8:], labels[8:]), SETTINGS)
    assert np.isinf(outcomes.distances).all()
    assert outcomes.objective == math.inf


def test_a_network_that_is_always_wrong_is_at_distance_zero(unbreakable, images):
    labels = torch.full((24,), 3)
    seen = []
    outcomes = run_ho_fmn(
        unbreakable, (images[:8], labels[:8]), (images[8:], labels[8:]), SETTINGS, progress=seen.append
    )
    assert not outcomes.distances.any()
    assert seen[-1].is_last


def test_interrupted_after_every_trial_and_batch_it_comes_to_the_same_outcomes(run, whole, tmp_path, monkeypatch):
    from apcore.attacks.resumable import StateFile

    save = StateFile.save
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")

    def save_and_stop(file, arrays):
        save(file, arrays)
        raise KeyboardInterrupt

    steps = 5 + 3 + 3
    with monkeypatch.context() as patch:
        patch.setattr(StateFile, "save", save_and_stop)
        for _ in range(steps):
            with pytest.raises(KeyboardInterrupt):
                run(state=state)
        again = run(state=state)
    assert_same(again, whole)


def test_interrupted_inside_a_trial_it_repeats_that_trial(run, whole, tmp_path, unthrottled):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")

    def stop_in_trial_5(progress):
        if progress.batch == 5 and progress.share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(state=state, progress=stop_in_trial_5)
    assert_same(run(state=state), whole)


def test_a_damaged_state_is_set_aside_and_the_outcomes_are_the_same(run, whole, tmp_path, caplog):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    run(state=state)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    assert_same(run(state=state), whole)
    assert "is damaged" in caplog.text
    assert file.with_suffix(".damaged").exists()


def test_a_record_that_this_machine_would_not_have_made_is_searched_again(run, whole, tmp_path, caplog, monkeypatch):
    """As after an update of scipy: a search of two halves that do not belong together would be nobody's."""
    from apcore.attacks import ho_fmn

    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    with monkeypatch.context() as patch:
        seeded = ho_fmn.Tuner
        patch.setattr(ho_fmn, "Tuner", lambda settings, *, seed: seeded(settings, seed=seed + 1))
        with pytest.raises(KeyboardInterrupt):
            run(state=state, progress=interrupt_at_trial(3))
    assert_same(run(state=state), whole)
    assert "the search of an earlier run cannot be taken up here" in caplog.text


def interrupt_at_trial(trial):
    def interrupt(progress):
        if progress.attack == "tuning" and progress.batch >= trial:
            raise KeyboardInterrupt

    return interrupt


def test_other_settings_do_not_use_the_state(run, whole, tmp_path):
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    run(state=state)
    other = run(replace(SETTINGS, steps=3), state=state)
    assert not np.array_equal(other.distances, whole.distances)
    assert_same(run(state=state), whole)


def test_progress_leads_through_the_search_and_both_attacks(run, unthrottled):
    seen = []
    run(progress=seen.append)
    assert list(dict.fromkeys(progress.attack for progress in seen)) == ["tuning", "ho-fmn", "fmn-untuned"]
    for attack, batches, samples in (("tuning", 5, 8), ("ho-fmn", 3, 16), ("fmn-untuned", 3, 16)):
        of_attack = [progress for progress in seen if progress.attack == attack]
        assert {(progress.batches, progress.samples) for progress in of_attack} == {(batches, samples)}
        done = [progress.batch - 1 + progress.share for progress in of_attack]
        assert done == sorted(done)
        assert [progress.is_last for progress in of_attack].count(True) == 1
