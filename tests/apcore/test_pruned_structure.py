"""Zeros are told apart by where they lie, and held against the structure that a key claims."""

from collections.abc import Callable

import numpy as np
import pytest

from apcore.model_key import Structure
from apcore.pruned_structure import Found, PrunedStructure, structure_remarks
from apcore.sparsity import measure_sparsity

US, S = Structure.UNSTRUCTURED, Structure.STRUCTURED
Weight = np.ndarray


def structure(prune: Callable[[Weight], None]) -> PrunedStructure:
    weight = np.ones((40, 20, 3, 3), np.float32)
    prune(weight)
    return PrunedStructure.of(measure_sparsity({"conv.weight": weight}))


def nothing(_weight: Weight) -> None:
    """A dense network."""


def scattered(weight: Weight) -> None:
    weight[np.random.default_rng(0).random(weight.shape) < 0.9] = 0


def filters(weight: Weight) -> None:
    weight[:20] = 0


def channels(weight: Weight) -> None:
    weight[:, :10] = 0


def both(weight: Weight) -> None:
    filters(weight)
    channels(weight)


def mixed(weight: Weight) -> None:
    filters(weight)
    weight[20:, :, 0] = 0


CASES = [
    (nothing, Found.DENSE),
    (scattered, Found.SCATTERED),
    (filters, Found.FILTERS),
    (channels, Found.CHANNELS),
    (both, Found.BOTH),
    (mixed, Found.MIXED),
]


@pytest.mark.parametrize(("prune", "expected"), CASES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_what_the_zeros_form_is_told(prune: Callable[[Weight], None], expected: Found) -> None:
    assert structure(prune).found is expected


def test_every_zero_is_counted_once_or_in_both() -> None:
    found = structure(both)
    assert (found.weights, found.zeros) == (7200, 5400)
    assert (found.in_filters, found.in_channels, found.structured, found.scattered) == (3600, 3600, 5400, 0)
    assert structure(mixed).scattered == 20 * 20 * 3


@pytest.mark.parametrize(
    ("prune", "claimed", "words"),
    [
        (filters, S, ""),
        (both, S, ""),
        (scattered, US, ""),
        (mixed, US, ""),
        (filters, US, "the key says US, but 100.0 % of the zeros form whole filters"),
        (both, US, "the key says US, but 100.0 % of the zeros form whole filters and input channels"),
        (scattered, S, "the key says S, but 100.0 % of the zeros are scattered"),
        (mixed, S, "the key says S, and 25.0 % of the zeros are scattered outside whole filters and channels"),
        (nothing, S, "0 of 7,200 weights are zero: this network is not pruned"),
        (nothing, US, "0 of 7,200 weights are zero: this network is not pruned"),
    ],
)
def test_what_contradicts_the_key_is_remarked_upon(
    prune: Callable[[Weight], None], claimed: Structure, words: str
) -> None:
    assert "\n".join(structure_remarks(structure(prune), claimed)).startswith(words)
    assert bool(list(structure_remarks(structure(prune), claimed))) is bool(words)
