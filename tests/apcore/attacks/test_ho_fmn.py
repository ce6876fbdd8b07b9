"""HO-FMN: search, attack, and what a second start finds."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from apcore.attacks.fmn import fmn
from apcore.attacks.fmn_losses import LOSSES
from apcore.attacks.ho_fmn import objective_of, run_ho_fmn, untuned
from apcore.attacks.resumable import AttackState
from apcore.fmn_configuration import OPTIMIZERS, SCHEDULES, Choice, FmnVariant, Range
from apcore.outcomes import Outcomes, read_outcomes, write_outcomes
from apcore.protocol import HoFmnSettings, Samples, TuningSettings
from apcore.robust_accuracy import robust_accuracy

LR, DECAY = Range(low=0.03, high=10.0, log=True), Range(low=0.01, high=1.0)
SGD = {"lr": LR, "momentum": Range(low=0.0, high=0.9), "weight_decay": DECAY, "dampening": Range(low=0.0, high=0.2)}
SETTINGS = HoFmnSettings(
    eps=0.03,
    eps_text="0.03",
    steps=30,
    samples=Samples(first=0, count=16),
    batch_size=6,
    seed=0,
    variant=FmnVariant(loss="DLR", optimizer="SGD", schedule="cosine"),
    counted="tuned",
    tuning=TuningSettings(
        trials=5,
        steps=30,
        samples=Samples(first=16, count=8),
        objective="correct",
        search=SGD,
    ),
)


ADAM = {"lr": LR, "beta1": Range(low=0.0, high=0.999), "beta2": Range(low=0.0, high=0.999), "weight_decay": DECAY}
SEARCHES = {"SGD": SGD, "Adam": ADAM, "Adamax": ADAM}
PLATEAU = {"factor": Range(low=0.1, high=0.5), "patience": Choice(choices=(2, 5, 10))}


def settings_of(loss, optimizer, schedule, *, trials=5, steps=200, batch_size=16):
    """Those of another variant, tuned with the attack's own number of steps."""
    search = SEARCHES[optimizer] | (PLATEAU if schedule == "plateau" else {})
    return replace(
        SETTINGS,
        steps=steps,
        batch_size=batch_size,
        variant=FmnVariant(loss=loss, optimizer=optimizer, schedule=schedule),
        tuning=replace(SETTINGS.tuning, trials=trials, steps=steps, search=search),
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
    np.testing.assert_array_equal(one.tuned_distances, other.tuned_distances)
    np.testing.assert_array_equal(one.untuned_distances, other.untuned_distances)
    assert one.trials == other.trials
    assert one.configuration == other.configuration
    assert one.objective == other.objective


def test_the_attack_runs_with_the_best_trials_hyperparameters(whole, network, images, labels):
    outcomes = whole
    best = min(outcomes.trials, key=lambda trial: trial.objective)
    assert len(outcomes.trials) == 5
    assert (outcomes.configuration, outcomes.objective) == (best.configuration, best.objective)
    by_hand = [
        fmn(network, images[first:last], labels[first:last], steps=30, configuration=best.configuration)
        for first, last in ((0, 6), (6, 12), (12, 16))
    ]
    np.testing.assert_array_equal(outcomes.distances, torch.cat(by_hand).numpy())
    assert outcomes.distances.dtype == np.float32


def test_trials_are_scored_on_the_tuning_samples(whole, network, images, labels):
    trial = whole.trials[0]
    distances = fmn(network, images[16:], labels[16:], steps=30, configuration=trial.configuration)
    assert trial.objective == distances[distances > 0].median().item()


def test_untuned_fmn_is_reported_beside_it(whole, network, images, labels):
    assert untuned(SETTINGS).hyperparameters == {"lr": 0.03, "momentum": 0, "weight_decay": 0, "dampening": 0}
    by_hand = fmn(network, images[:6], labels[:6], steps=30, configuration=untuned(SETTINGS))
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
        patch.setattr(ho_fmn, "Tuner", lambda *space, seed: seeded(*space, seed=seed + 1))
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


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_tuned_it_comes_within_one_per_cent_of_the_exact_distance(two_sides, grey_images, loss, optimizer, schedule):
    """On a linear model, other samples than those it was tuned on, for every variant that a protocol may name."""
    labels = two_sides(grey_images).argmax(1)
    found = run_ho_fmn(
        two_sides,
        (grey_images[:16], labels[:16]),
        (grey_images[16:], labels[16:]),
        settings_of(loss, optimizer, schedule, trials=3),
    ).tuned_distances
    exact = two_sides.exact_distances(grey_images[16:]).numpy()
    assert (found >= exact - 1e-6).all()
    assert (found <= exact * 1.01 + 1e-6).all()


def test_a_search_under_adam_and_plateau_resumes_to_the_same_outcomes(run, tmp_path, unthrottled):
    settings = settings_of("LL", "Adam", "plateau", trials=6, steps=20, batch_size=6)
    state = AttackState(folder=tmp_path, fingerprint="this checkpoint")
    undisturbed = run(settings)
    for trial in (3, 6):
        with pytest.raises(KeyboardInterrupt):
            run(settings, state=state, progress=interrupt_at_trial(trial))
    assert_same(run(settings, state=state), undisturbed)
    assert_same(run(settings, state=state), undisturbed)
    assert len({trial.configuration for trial in undisturbed.trials}) == 6


def test_where_the_nearest_counts_it_is_that_of_tuned_and_untuned_sample_by_sample(run):
    tuned = run(settings_of("DLR", "SGD", "cosine", trials=1, steps=100))
    nearest = run(replace(settings_of("DLR", "SGD", "cosine", trials=1, steps=100), counted="nearest"))
    assert (tuned.untuned_distances < tuned.tuned_distances).any()
    assert (tuned.untuned_distances > tuned.tuned_distances).any()
    np.testing.assert_array_equal(tuned.distances, tuned.tuned_distances)
    np.testing.assert_array_equal(nearest.tuned_distances, tuned.tuned_distances)
    np.testing.assert_array_equal(nearest.untuned_distances, tuned.untuned_distances)
    np.testing.assert_array_equal(nearest.distances, np.minimum(tuned.tuned_distances, tuned.untuned_distances))


class DarkIsSafe(torch.nn.Module):
    """Says class 1 of dark images, with no way out of it; above a brightness of 0.6, class 0."""

    def forward(self, images):
        brightness = images.flatten(1).mean(1)
        side = torch.where(images[:, 0, 0, 0] > 0.5, brightness - 0.6, -10 + 0 * brightness)
        return torch.stack((side, -side, torch.full_like(side, -50)), dim=1)


def test_zero_and_infinity_keep_their_meanings_as_far_as_the_file(tmp_path):
    """Misclassified, never fooled, and fooled at a known distance: through attack, file and accuracy."""
    dark, bright = torch.full((3, 1, 8, 8), 0.05), torch.full((3, 1, 8, 8), 0.7)
    images, labels = torch.cat((dark, bright)), torch.tensor([0, 1, 1, 0, 0, 1])  # samples 0 and 5 are wrong
    settings = replace(SETTINGS, steps=200, counted="nearest")
    found = run_ho_fmn(DarkIsSafe(), (bright[:2], labels[3:5]), (images, labels), settings)
    for distances in (found.distances, found.tuned_distances, found.untuned_distances):
        assert distances[[0, 5]].tolist() == [0, 0]
        assert distances[[1, 2]].tolist() == [math.inf, math.inf]
        np.testing.assert_allclose(distances[[3, 4]], 0.1, rtol=0.01)
    none = np.empty(0, np.int64)
    outcomes = Outcomes(
        index=none,
        label=none,
        clean_prediction=none,
        aa_outcome=none.astype(np.int8),
        hofmn_index=np.arange(6),
        hofmn_distance=found.distances,
    )
    write_outcomes(tmp_path / "a.outcomes.npz", outcomes)
    read = read_outcomes(tmp_path / "a.outcomes.npz").hofmn_distance
    np.testing.assert_array_equal(read, found.distances)
    assert [robust_accuracy(read, eps).correct for eps in (0.0, 0.09, 0.11, 1.0)] == [4, 4, 2, 2]
