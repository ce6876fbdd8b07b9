"""Every published form loads as its method saves it, and computes what its stored tensors mean.

Checkpoints and expected logits come from the facts and plain torch (doubles.published_networks), nothing of the loader.
"""

import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles.published_networks import Form, Reference, State, form, random_state, saved, top
from torch import Tensor

from apcore.checkpoint.state_dict import arrays_of, load_state_dict
from apcore.errors import ContributorError
from apcore.layouts.effective import effective_tensors
from apcore.layouts.input_normalization import input_normalization
from apcore.layouts.resolution import Resolved, resolve
from apcore.networks.declared import GRAPHS
from apcore.networks.network import network_from_arrays

KEPT = 0.1  # of a key that ends in _90
OWN_KEY = "Own_Doe2026Network"
MODELS = [f"{method}_{network}" for method in ("base", "radmm", "twinrep", "robustbird", "flyingbird", "mad", "li20",
          "pwoa", "harp", "hydra") for network in ("resnet18", "vgg16")]  # fmt: skip
VARIANTS = [f"{method}_{network}_{kind}".removesuffix("_") for method, kinds in (
    ("harp", ("channel",)), ("hydra", ("scores",)), ("twinrep", ("twin", "channel")), ("flyingbird", ("buffers",)),
    ("robustbird", ("pruned",)), ("rst", ("",))) for network in ("resnet18", "vgg16") for kind in kinds]  # fmt: skip


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(3))


@pytest.fixture
def facts(shared: Path) -> dict[str, Any]:
    return _facts(shared / "facts" / "checkpoint_layouts.json")


@cache
def _facts(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def read(content: bytes) -> dict[str, np.ndarray]:
    """What the reading child makes of a file."""
    arrays, names = arrays_of(load_state_dict(io.BytesIO(content), len(content)))
    return {name: arrays[place] for name, place in names.items()}


def resolved(made: Form, stored: dict[str, np.ndarray], *, ap_key: str | None = None) -> Resolved:
    return resolve(stored, ap_key=ap_key or made.ap_key or OWN_KEY, architecture=made.architecture)


def logits(found: Resolved, images: Tensor, *, stated: Any = None) -> Tensor:
    normalization = input_normalization(
        method=found.method, dataset="CIFAR10", stated=stated, buffers=found.unwrapped.buffers
    )
    weights = effective_tensors(found.layout, found.unwrapped.tensors, kept=KEPT)
    return network_from_arrays(GRAPHS[found.layout.graph], weights, normalization=normalization)(images)


def difference(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max() / other.abs().max())


def numpy_of(state: State) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in state.items()}


def test_the_facts_hold_no_other_form(facts: dict[str, Any]) -> None:
    assert set(MODELS) == set(facts["models"])
    assert set(VARIANTS) == {variant["id"] for variant in facts["variants"]}


@pytest.mark.parametrize("name", MODELS + VARIANTS)
def test_a_published_form_computes_the_logits_of_its_formulas(name: str, facts: dict[str, Any], images: Tensor) -> None:
    made = form(facts, name)
    state = random_state(made, kept=KEPT)
    found = resolved(made, read(saved(facts, made, state, legacy=name.endswith("vgg16"))))
    assert difference(logits(found, images), Reference(made, state, kept=KEPT)(images)) < 1e-5


@pytest.mark.parametrize("name", MODELS + VARIANTS)
def test_a_published_form_fits_only_if_nothing_is_missing_left_over_or_misshapen(
    name: str, facts: dict[str, Any]
) -> None:
    made = form(facts, name)
    counted = [entry for entry in made.entries if not entry[0].endswith("num_batches_tracked")]
    stored = {entry: np.broadcast_to(np.float32(0.5), shape) for entry, shape in made.entries}
    assert resolved(made, stored).layout.architecture == made.architecture
    for entry, shape in counted[:: max(1, len(counted) // 12)]:
        if entry.startswith("normalize."):
            continue
        missing = {other: array for other, array in stored.items() if other != entry}
        misshapen = stored | {entry: np.broadcast_to(np.float32(0.5), (*shape, 2))}
        for wrong in (missing, misshapen, stored | {f"{entry}_extra": stored[entry]}):
            with pytest.raises(ContributorError, match="does not fit"):
                resolved(made, wrong)


def test_wrong_one_kept_share_for_every_layer_of_harp(facts: dict[str, Any], images: Tensor) -> None:
    made = form(facts, "harp_resnet18")
    state = random_state(made, kept=KEPT)

    def one_share(layer: str) -> Tensor:
        return state[f"{layer}.weight"] * top(state[f"{layer}.popup_scores"], KEPT)

    wrong = Reference(made, state, kept=KEPT, weight=one_share)(images)
    assert difference(wrong, logits(resolved(made, numpy_of(state)), images)) > 0.1


def test_wrong_masks_of_mad_ignored(facts: dict[str, Any], images: Tensor) -> None:
    made = form(facts, "mad_resnet18")
    state = random_state(made, kept=KEPT)
    wrong = Reference(made, state, kept=KEPT, weight=lambda layer: state[f"{layer}.weight"])(images)
    assert difference(wrong, logits(resolved(made, numpy_of(state)), images)) > 0.1


def test_wrong_input_of_mad_not_normalised(facts: dict[str, Any], images: Tensor) -> None:
    made = form(facts, "mad_resnet18")
    state = random_state(made, kept=KEPT)
    wrong = Reference(replace(made, normalization=None), state, kept=KEPT)(images)
    assert difference(wrong, logits(resolved(made, numpy_of(state)), images)) > 0.1


def test_wrong_robustbird_read_under_the_key_of_radmm(facts: dict[str, Any], images: Tensor) -> None:
    made, other = form(facts, "robustbird_vgg16"), form(facts, "radmm_vgg16")
    state = random_state(made, kept=KEPT)
    wrong, right = (resolved(made, numpy_of(state), ap_key=key) for key in (other.ap_key, made.ap_key))
    assert wrong.layout == right.layout
    assert difference(logits(wrong, images), logits(right, images)) > 0.1


def test_wrong_convolution_biases_of_pwoa_dropped(facts: dict[str, Any], images: Tensor) -> None:
    made = form(facts, "pwoa_vgg16")
    state = random_state(made, kept=KEPT)
    found = logits(resolved(made, numpy_of(state)), images)
    head = ("layer6", "layer7", "layer8")
    without = {
        name: tensor for name, tensor in state.items() if not (name.endswith(".0.bias") and not name.startswith(head))
    }
    assert len(without) == len(state) - 13
    assert difference(Reference(made, without, kept=KEPT)(images), found) > 0.01


@pytest.mark.parametrize("name", ["radmm_vgg16", "robustbird_vgg16", "flyingbird_vgg16"])
def test_a_shared_layout_under_a_key_of_its_own_is_normalised_as_the_form_states(
    name: str, facts: dict[str, Any], images: Tensor
) -> None:
    made = form(facts, name)
    state = random_state(made, kept=KEPT)
    found = resolved(made, numpy_of(state), ap_key=OWN_KEY)
    expected = Reference(made, state, kept=KEPT)(images)
    assert difference(logits(found, images, stated=made.normalization), expected) < 1e-5
