"""Attacks that fill their forward passes come to the library's points, with fewer passes."""

import numpy as np
import pytest
import torch
from doubles.library_run import robust_by_the_library
from pyautoattack import AutoAttack
from pyautoattack.fab_projections import projection_linf

from apcore.attacks.autoattack import SURVIVED, run_autoattack
from apcore.attacks.fab import to_hyperplanes
from apcore.attacks.library import ATTACKS, Budget, Filling, library_attacks
from apcore.attacks.model_calls import CountedModel, frozen

BUDGET = Budget(apgd_steps=6, fab_steps=6, square_queries=150)
FILLING = Filling(images=40, overhead=4.0)
EPS = 0.06
ROUNDING = 1e-6


def by_the_library(network, eps=EPS):
    library = AutoAttack(CountedModel(network, classes=10), norm="Linf", eps=eps, seed=3)
    library.fab.targeted = True
    library.apgd_targeted.n_iter, library.fab.n_iter = BUDGET.apgd_steps, BUDGET.fab_steps
    library.square.n_queries = BUDGET.square_queries
    return dict(zip(ATTACKS, (library.apgd, library.apgd_targeted, library.fab, library.square), strict=True))


@pytest.mark.parametrize("attack", ATTACKS[1:])
@pytest.mark.parametrize("samples", [1, 5, 24])
def test_points_are_the_librarys(network, images, labels, attack, samples):
    images, labels, calls = images[:samples], labels[:samples], []
    with frozen(network), torch.no_grad(), torch.random.fork_rng(devices=[]):
        expected = by_the_library(network)[attack].perturb(images, labels)
        model = CountedModel(network, classes=10)
        model.on_call = calls.append
        ours = library_attacks(model, eps=EPS, seed=3, device=images.device, targets=9, budget=BUDGET, filling=FILLING)
        found = ours[attack].perturb(images, labels)
        broken = network(found).argmax(1) != labels
        assert torch.equal(broken, network(expected).argmax(1) != labels)
    assert (found - expected).abs().max() < ROUNDING
    if samples < 24:
        assert len(calls) < sum(calls)  # passes were filled


@pytest.mark.parametrize(
    ("samples", "overhead", "first"), [(1, 4.0, 9), (1, 0.5, 1), (2, 4.0, 1), (2, 9.0, 9), (5, 9.0, 1)]
)
def test_all_targets_run_at_once_where_a_pass_costs_more_than_what_may_be_thrown_away(
    network, images, labels, samples, overhead, first
):
    model, filling, groups = CountedModel(network, classes=10), Filling(images=100, overhead=overhead), []
    library = library_attacks(model, eps=0.001, seed=3, device=images.device, targets=9, budget=BUDGET, filling=filling)
    attack = library["apgd-t"]

    def run(*arguments, whole=attack._run):
        broken, points = whole(*arguments)
        groups.append(len(broken))
        return broken, points

    attack._run = run
    with frozen(network), torch.random.fork_rng(devices=[]):
        attack.perturb(images[:samples], labels[:samples])
    assert groups == ([9] if first == 9 else [1, 8])


def test_starts_of_targets_that_are_thrown_away_are_drawn_again(network, images, labels):
    images, labels, eps, groups = images[:20], labels[:20], 0.05, []
    with frozen(network), torch.no_grad(), torch.random.fork_rng(devices=[]):
        model, filling = CountedModel(network, classes=10), Filling(images=200)
        expected = by_the_library(network, eps)["apgd-t"].perturb(images, labels)
        ours = library_attacks(model, eps=eps, seed=3, device=images.device, targets=9, budget=BUDGET, filling=filling)
        attack = ours["apgd-t"]

        def run(*arguments, whole=attack._run):
            broken, points = whole(*arguments)
            groups.append([bool(rows.any()) for rows in broken])
            return broken, points

        attack._run = run
        found = attack.perturb(images, labels)
    assert (found - expected).abs().max() < ROUNDING
    # Of several targets one that was not the last broke something, and later targets broke something from the starts after it.
    cut = next(place for place, group in enumerate(groups) if any(group[:-1]))
    assert any(any(group) for group in groups[cut + 1 :])


@pytest.mark.parametrize(("samples", "batch_size"), [(5, 1), (24, 7), (24, 24)])
def test_filled_outcomes_equal_the_librarys_after_each_attack(
    network, images, labels, settings, small, samples, batch_size
):
    protocol, images, labels = settings(batch_size=batch_size), images[:samples], labels[:samples]
    ours = run_autoattack(network, images, labels, protocol, budget=small, filling=FILLING).broken_by
    robust = np.stack([(ours == SURVIVED) | (ours > number) for number, _ in enumerate(ATTACKS, 1)])
    np.testing.assert_array_equal(robust, robust_by_the_library(network, images, labels, protocol, small))


@pytest.mark.parametrize("kind", ["within reach", "beyond reach", "on the plane", "on the border", "no weights"])
def test_steps_to_hyperplanes_are_the_librarys(kind):
    generator = torch.Generator().manual_seed(0)
    points, normals = torch.rand(12, 50, generator=generator), torch.randn(6, 50, generator=generator)
    normals[:, ::7] = 0
    if kind == "on the border":
        points = points.round()
    if kind == "no weights":
        normals = torch.zeros_like(normals)
    gap = {"beyond reach": 1e4, "on the plane": 0.0}.get(kind, 1.0)
    offsets = (normals * points[:6]).sum(1) + gap * torch.randn(6, generator=generator)
    expected = projection_linf(points, torch.cat((normals, normals)), torch.cat((offsets, offsets)))
    torch.testing.assert_close(to_hyperplanes(points, normals, offsets), expected, rtol=1e-4, atol=2e-6)


def test_a_step_to_a_hyperplane_reaches_it_by_the_smallest_change():
    points, normals = torch.tensor([[0.5, 0.9, 0.2]]), torch.tensor([[2.0, 1.0, 0.0]])
    step = to_hyperplanes(points, normals, torch.tensor([2.4]))  # 1.9 now: 0.1 by the second pixel, 0.2 by the first
    torch.testing.assert_close(step, torch.tensor([[0.2, 0.1, 0.0]]))
