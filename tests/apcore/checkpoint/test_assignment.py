import numpy as np
import pytest

from apcore.checkpoint.assignment import PREFIXES, assign
from apcore.errors import ContributorError
from apcore.networks.resnet import RESNET18
from apcore.networks.vgg import VGG16

EXPECTED = {"conv.weight": (2, 1, 3, 3), "bn.weight": (2,), "fc.bias": (4,)}


def stored(**changes: np.ndarray) -> dict[str, np.ndarray]:
    tensors = {name: np.full(shape, 0.5, np.float32) for name, shape in EXPECTED.items()}
    return tensors | changes


def refusal(tensors: dict[str, np.ndarray]) -> ContributorError:
    with pytest.raises(ContributorError) as caught:
        assign(tensors, EXPECTED, layout="tiny")
    return caught.value


@pytest.mark.parametrize("prefix", ["", *PREFIXES])
def test_a_prefix_that_all_names_carry_is_taken_off(prefix: str) -> None:
    found = assign({prefix + name: array for name, array in stored().items()}, EXPECTED, layout="tiny")
    assert list(found) == list(EXPECTED)


def test_a_prefix_that_only_some_names_carry_stays() -> None:
    tensors = stored()
    tensors["module.fc.bias"] = tensors.pop("fc.bias")
    assert "`module.fc.bias`" in refusal(tensors).message


def test_a_prefix_that_the_network_itself_has_stays() -> None:
    expected = {"model.weight": (2,)}
    assert list(assign({"model.weight": np.ones(2)}, expected, layout="tiny")) == ["model.weight"]


def test_the_batch_counter_is_neither_needed_nor_in_the_way() -> None:
    with_counter = stored(**{"bn.num_batches_tracked": np.array(7)})
    assert list(assign(with_counter, EXPECTED, layout="tiny")) == list(assign(stored(), EXPECTED, layout="tiny"))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_tensor_becomes_float32(dtype: type) -> None:
    found = assign(stored(**{"fc.bias": np.array([0.25, -1, 2, 3], dtype)}), EXPECTED, layout="tiny")
    assert found["fc.bias"].dtype == np.float32
    assert found["fc.bias"].tolist() == [0.25, -1, 2, 3]


def test_a_double_beyond_single_precision_is_refused() -> None:
    assert (
        "`fc.bias` holds values beyond the range of single precision"
        in refusal(stored(**{"fc.bias": np.full(4, 1e300)})).message
    )


def test_integers_are_no_weights() -> None:
    assert "`fc.bias` holds int64 numbers" in refusal(stored(**{"fc.bias": np.ones(4, np.int64)})).message


def test_all_differences_are_said_at_once() -> None:
    tensors = stored(**{"bn.weight": np.ones(3, np.float32), "extra": np.ones(1, np.float32)})
    del tensors["fc.bias"]
    error = refusal(tensors)
    assert error.where == "checkpoint"
    assert error.message == (
        "the checkpoint does not fit tiny: 1 of 3 tensors are missing (`fc.bias`); "
        "1 of the file's 3 tensors belong nowhere (`extra`); "
        "1 of 3 shapes differ (`bn.weight` is [3] instead of [2])"
    )
    assert error.fix == "upload the state dict of tiny, or name the architecture that this file holds"


def test_one_missing_tensor_is_enough_to_refuse() -> None:
    tensors = stored()
    del tensors["bn.weight"]
    assert "1 of 3 tensors are missing (`bn.weight`)" in refusal(tensors).message


def test_an_empty_state_dict_fits_nothing() -> None:
    assert "3 of 3 tensors are missing" in refusal({}).message


def test_a_vgg_is_not_taken_for_a_resnet() -> None:
    vgg = {name: np.zeros(shape, np.float32) for name, shape in VGG16.tensors().items()}
    with pytest.raises(ContributorError) as caught:
        assign(vgg, RESNET18.tensors(), layout="resnet18")
    assert caught.value.message.startswith("the checkpoint does not fit resnet18: 102 of 102 tensors are missing")
    assert "`features.0.weight`" in caught.value.message
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("conv.weight_orig", "torch.nn.utils.prune.remove"),
        ("conv.popup_scores", "export the dense network"),
        ("normalize.mean", "leave normalisation out of the file"),
    ],
)
def test_known_pruning_code_gets_its_own_advice(name: str, advice: str) -> None:
    assert advice in refusal(stored(**{name: np.ones(1, np.float32)})).fix


def test_a_hostile_name_is_not_quoted() -> None:
    assert "@everyone" not in refusal(stored(**{"`@everyone` [x](http://y)": np.ones(1, np.float32)})).message
