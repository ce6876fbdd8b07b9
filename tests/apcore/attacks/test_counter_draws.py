"""Numbers by address: which they are, and what is refused one."""

import numpy as np
import pytest
import torch
from numpy.random import Philox
from pyautoattack import autopgd_base, fab_base, square

from apcore.attacks.counter_draws import RunAddress, addressed_draws
from apcore.errors import MachineError

ADDRESS = RunAddress(seed=5, attack=2, target=3)
INDEX = np.array([7, 4, 9000])


def test_the_generator_is_philox_4x64_10():
    """The known answer for a counter and a key of 0, from Random123's kat_vectors; numpy counts up before it answers."""
    answer = [0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B]
    assert Philox(counter=2**256 - 1, key=0).random_raw(4).tolist() == answer


def test_a_sample_has_these_numbers_for_ever():
    """Written down once: outcomes that were published could not be repeated if they ever changed."""
    words = Philox(counter=[0, 1, 7, 0], key=[5, 2 << 32 | 3 << 16]).random_raw(2)
    halves = [int(words[0]) & 0xFFFFFFFF, int(words[0]) >> 32, int(words[1]) & 0xFFFFFFFF]
    assert ADDRESS.of_sample(7, ordinal=1, count=3).tolist() == [(half >> 8) / 2**24 for half in halves]
    assert ADDRESS.of_sample(7, ordinal=0, count=3).tolist() == [
        0.6706482172012329,
        0.3890315890312195,
        0.8977200984954834,
    ]


def test_the_numbers_are_uniform():
    drawn = ADDRESS.of_sample(0, ordinal=0, count=100_000)
    assert drawn.dtype == np.float32
    assert 0 <= drawn.min() < 1e-4
    assert 1 - 1e-4 < drawn.max() < 1
    histogram = np.histogram(drawn, bins=10, range=(0, 1))[0]
    assert np.abs(histogram - 10_000).max() < 500  # five standard deviations of a count


@pytest.mark.parametrize(
    "other",
    [
        RunAddress(seed=6, attack=2, target=3),
        RunAddress(seed=5, attack=3, target=3),
        RunAddress(seed=5, attack=2, target=4),
        RunAddress(seed=5, attack=2, target=3, restart=1),
    ],
    ids=["seed", "attack", "target", "restart"],
)
def test_each_part_of_the_address_matters(other):
    ours = (ADDRESS.of_sample(7, 0, 64), ADDRESS.of_batch()(64))
    theirs = (other.of_sample(7, 0, 64), other.of_batch()(64))
    for mine, yours in zip(ours, theirs, strict=True):
        assert not np.isin(mine, yours).any()


def test_samples_draws_and_the_whole_batch_have_numbers_of_their_own():
    several = [ADDRESS.of_sample(7, 0, 999), ADDRESS.of_sample(8, 0, 999), ADDRESS.of_sample(7, 1, 999)]
    alike = [np.isin(one, other).mean() for one in several for other in (ADDRESS.of_batch()(999),)]
    alike += [np.isin(several[0], several[1]).mean(), np.isin(several[0], several[2]).mean()]
    assert max(alike) < 0.01  # 999 of 16.8 million values: hardly two are ever the same


def test_numbers_shared_by_the_batch_go_on_where_they_were():
    give, whole = ADDRESS.of_batch(), ADDRESS.of_batch()(6)
    assert [*give(2), *give(4)] == whole.tolist()


@pytest.mark.parametrize("rows", [[0], [2, 0], [0, 1, 2]], ids=str)
def test_a_row_is_its_samples_whatever_stands_around_it(rows):
    with addressed_draws(ADDRESS, INDEX[rows]):
        first, second = square.torch.rand([len(rows), 3, 2, 5]), square.torch.rand(torch.Size([len(rows), 1, 1, 4]))
    for row, index in enumerate(INDEX[rows].tolist()):
        assert first[row].flatten().tolist() == ADDRESS.of_sample(index, 0, 30).tolist()
        assert second[row].flatten().tolist() == ADDRESS.of_sample(index, 1, 4).tolist()


@pytest.mark.parametrize("samples", [1, 3])
def test_other_shapes_are_shared_and_do_not_know_how_many_samples_there_are(samples):
    with addressed_draws(ADDRESS, INDEX[:samples]):
        square.torch.rand([samples, 1, 1, 8])
        drawn = [square.torch.rand([1]), square.torch.rand([3, 1, 1]), square.torch.rand(1)]
    expected = ADDRESS.of_batch()
    assert [part.tolist() for part in drawn] == [
        expected(1).tolist(),
        expected(3).reshape(3, 1, 1).tolist(),
        expected(1).tolist(),
    ]


def test_torchs_own_generator_and_name_are_left_as_they_were():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    with pytest.raises(ZeroDivisionError), addressed_draws(ADDRESS, INDEX):
        square.torch.rand([3, 1, 1, 1])[0] / (1 // 0)
    assert torch.equal(torch.rand(4), expected)
    assert {module.torch for module in (autopgd_base, fab_base, square)} == {torch}


@pytest.mark.parametrize("module", [autopgd_base, fab_base, square], ids=lambda module: module.__name__)
def test_each_attack_of_the_library_is_reached(module):
    with addressed_draws(ADDRESS, INDEX):
        assert module.torch.rand([3, 1, 1, 1])[0].item() == ADDRESS.of_sample(7, 0, 1).item()
        assert module.torch.zeros is torch.zeros


@pytest.mark.parametrize(
    ("draw", "what"),
    [
        (lambda torch: torch.rand([2, 1, 4, 4]), "2 rows of random numbers for 3 samples"),
        (lambda torch: torch.rand([3, 1, 4, 4], dtype=torch.float64), r"with shape \(3, 1, 4, 4\) and dtype"),
        (lambda torch: torch.rand([]), r"with shape \(\) and no keyword"),
        (lambda torch: torch.randn(3), "from torch's own generators"),
        (lambda torch: torch.zeros(3).uniform_(), "from torch's own generators"),
        (lambda torch: torch.nn.functional.dropout(torch.ones(3)), "from torch's own generators"),
    ],
    ids=["rows", "dtype", "scalar", "randn", "uniform_", "dropout"],
)
def test_a_draw_without_an_address_is_refused(draw, what):
    with pytest.raises(MachineError, match=f"an attack drew {what}; `sharded`"), addressed_draws(ADDRESS, INDEX):
        draw(square.torch)


def test_seeding_alone_is_no_draw():
    """FAB does so at each call."""
    with addressed_draws(ADDRESS, INDEX):
        torch.manual_seed(ADDRESS.seed)
