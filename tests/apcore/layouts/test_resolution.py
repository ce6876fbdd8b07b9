"""Which layout a file is of, and what is said where it is of none."""

import numpy as np
import pytest
from torch import nn
from torch.nn.utils import prune

from apcore.errors import ContributorError
from apcore.layouts.effective import effective_tensors
from apcore.layouts.registry import registry
from apcore.layouts.resolution import Resolved, resolve
from apcore.layouts.stored_names import stored_tensors

OWN_KEY = "Own_Doe2026Network"
LAYOUTS = registry().layouts
VALUE = np.float32(0.5)
METHOD_LAYOUTS = [
    (method.ap_key, architecture, name)
    for method in registry().methods.values()
    for architecture in ("resnet18", "vgg16")
    for name in method.layouts_of(architecture)
]


def stored(name: str, prefix: str = "") -> dict[str, np.ndarray]:
    return {prefix + tensor: np.broadcast_to(VALUE, shape) for tensor, shape in stored_tensors(LAYOUTS[name]).items()}


def found(tensors: dict[str, np.ndarray], ap_key: str = OWN_KEY, architecture: str = "resnet18") -> Resolved:
    return resolve(tensors, ap_key=ap_key, architecture=architecture)


def refusal(tensors: dict[str, np.ndarray], ap_key: str = OWN_KEY, architecture: str = "resnet18") -> ContributorError:
    with pytest.raises(ContributorError) as caught:
        found(tensors, ap_key, architecture)
    assert caught.value.where == "checkpoint"
    return caught.value


@pytest.mark.parametrize(("ap_key", "architecture", "name"), METHOD_LAYOUTS)
def test_a_methods_key_admits_each_of_its_layouts(ap_key: str, architecture: str, name: str) -> None:
    given = found(stored(name, "module."), ap_key, architecture)
    assert (given.layout.name, given.unwrapped.prefix) == (name, "module.")
    assert given.method is not None
    assert given.method.ap_key == ap_key


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_key_of_its_own_admits_every_layout_of_its_architecture(name: str) -> None:
    given = found(stored(name), architecture=LAYOUTS[name].architecture)
    same = [n for n in LAYOUTS if stored_tensors(LAYOUTS[n]) == stored_tensors(LAYOUTS[name])]
    assert given.layout.name == same[0]
    assert given.method is None
    assert given.layout.graph == LAYOUTS[name].graph


def test_the_key_decides_between_layouts_of_equal_names() -> None:
    assert found(stored("R18"), "Li20_Li2020Towards").layout.rule.name == "stored_in_place"
    assert found(stored("R18")).layout.rule.name == "plain"


def test_the_batch_counter_is_neither_needed_nor_in_the_way() -> None:
    counted = stored("R18") | {"bn1.num_batches_tracked": np.array(7)}
    assert found(counted).unwrapped.ignored == 1
    assert found(stored("R18")).unwrapped.ignored == 0


def test_a_network_as_torch_prunes_it_is_read_with_its_masks() -> None:
    layers = {"conv": nn.Conv2d(3, 64, 3, bias=False), "linear": nn.Linear(512, 10)}
    for layer in layers.values():
        prune.l1_unstructured(layer, "weight", amount=0.9)
    pruned = {f"conv1.{name}": t.numpy() for name, t in layers["conv"].state_dict().items()}
    pruned |= {f"linear.{name}": t.numpy() for name, t in layers["linear"].state_dict().items()}
    given = found(stored("R18-orig-mask") | pruned)
    assert given.layout.name == "R18-orig-mask"
    weights = effective_tensors(given.layout, given.unwrapped.tensors, kept=0.1)
    for name, layer in (("conv1", layers["conv"]), ("linear", layers["linear"])):
        assert np.array_equal(weights[f"{name}.weight"], layer.weight.detach().numpy())


def test_a_vgg_under_the_key_of_a_resnet_is_named() -> None:
    error = refusal(stored("V16-linear"))
    assert error.message == "the checkpoint holds VGG-16 (layout V16-linear), the model key says ResNet-18"
    assert error.fix == "correct the architecture in the key, or upload the file that belongs to it"


def test_a_vgg_under_the_key_of_a_methods_resnet_is_named() -> None:
    error = refusal(stored("V16-linear"), "HARP_Zhao2023Holistic")
    assert error.message == "the checkpoint holds VGG-16 (layout V16-linear), the model key says ResNet-18"


def test_a_layout_that_contradicts_the_methods_key_is_refused() -> None:
    error = refusal(stored("R18"), "RobustBird_Chen2021Sparsity")
    assert error.message == (
        "the checkpoint holds ResNet-18 (layout R18), but `RobustBird_Chen2021Sparsity` is published as ResNet-18 "
        "in layout R18-preact or R18-preact-orig-mask: how this network normalises its input is then unknown"
    )
    assert error.fix == (
        "upload the network as the method's code saves it, or submit it under a key of its own, "
        "with its normalisation stated in the form"
    )


def test_the_nearest_layout_is_named_with_all_that_differs() -> None:
    tensors = stored("R18-softplus-mask") | {"extra": np.ones(1, np.float32), "linear.bias": np.ones(9, np.float32)}
    del tensors["conv1.mask_weight"]
    error = refusal(tensors)
    assert error.message == (
        "the checkpoint does not fit ResNet-18 (layout R18-softplus-mask), the nearest of 12 declared layouts: "
        "1 of 124 tensors are missing (`conv1.mask_weight`); "
        "1 of the file's 124 tensors belong nowhere (`extra`); "
        "1 of 124 shapes differ (`linear.bias` is [9] instead of [10])"
    )


def test_an_architecture_with_one_layout_has_no_nearest() -> None:
    error = refusal({}, architecture="resnet6")
    assert error.message == (
        "the checkpoint does not fit ResNet-6 (layout R6): 32 of 32 tensors are missing "
        "(`conv1.weight`, `bn1.weight`, `bn1.bias`, `bn1.running_mean` and 28 more)"
    )
    assert error.fix == "upload the state dict of ResNet-6 (layout R6), or name the architecture that this file holds"


def test_few_of_many_differences_are_shown() -> None:
    tensors = {name: np.broadcast_to(VALUE, (1,)) for name in stored("R18")}
    assert refusal(tensors).message.endswith(
        "102 of 102 shapes differ (`conv1.weight` is [1] instead of [64, 3, 3, 3], `bn1.weight` is [1] instead of [64], "
        "`bn1.bias` is [1] instead of [64], `bn1.running_mean` is [1] instead of [64] and 98 more)"
    )


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("conv9.weight_orig", "torch.nn.utils.prune.remove"),
        ("conv9.scores", "export the dense network"),
        ("conv9.mask", "multiply each weight by its mask"),
        ("normalize.mean", "leave normalisation out of the file"),
    ],
)
def test_known_pruning_code_gets_its_own_advice(name: str, advice: str) -> None:
    assert advice in refusal(stored("R18") | {name: np.ones(1, np.float32)}).fix


def test_the_dense_export_of_harps_code_is_told_from_a_network() -> None:
    exported = {name: array for name, array in stored("R18-scores-rate").items() if "popup_scores" not in name}
    error = refusal(exported, "HARP_Zhao2023Holistic")
    assert "21 of 144 tensors are missing (`conv1.popup_scores`" in error.message
    assert "keeps the same share in every layer, which is not the network that was trained" in error.fix


def test_scores_of_harps_pruning_phase_are_not_taken_for_final_ones() -> None:
    tensors = stored("R18-channel-scores-rate")
    early = {
        name: np.broadcast_to(VALUE, (len(tensors[f"{name.removesuffix('popup_scores')}weight"]), 1, 1, 1))
        for name in tensors
        if name.endswith("popup_scores")
    }
    assert "21 of 144 shapes differ" in refusal(tensors | early, "HARP_Zhao2023Holistic").message


def test_a_hostile_name_is_not_quoted() -> None:
    assert "@everyone" not in refusal(stored("R18") | {"`@everyone` [x](http://y)": np.ones(1, np.float32)}).message
