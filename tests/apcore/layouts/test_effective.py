import numpy as np
import pytest

from apcore.errors import ContributorError
from apcore.layouts.declaration import Layout
from apcore.layouts.effective import effective_tensors
from apcore.layouts.registry import registry
from apcore.layouts.stored_names import stored_tensors
from apcore.networks.declared import GRAPHS

R6 = registry().layouts["R6"]


def stored(layout: Layout = R6, **changes: np.ndarray) -> dict[str, np.ndarray]:
    tensors = {name: np.full(shape, 0.5, np.float32) for name, shape in stored_tensors(layout).items()}
    return tensors | changes


def refusal(layout: Layout, tensors: dict[str, np.ndarray]) -> ContributorError:
    with pytest.raises(ContributorError) as caught:
        effective_tensors(layout, tensors, kept=0.1)
    return caught.value


@pytest.mark.parametrize("name", registry().layouts)
def test_every_layout_yields_the_tensors_of_its_graph(name: str) -> None:
    layout = registry().layouts[name]
    tensors = {n: np.broadcast_to(np.float32(0.5), shape) for n, shape in stored_tensors(layout).items()}
    found = effective_tensors(layout, tensors, kept=0.1)
    expected = GRAPHS[layout.graph].tensors()
    assert list(found) == list(expected)
    assert {n: array.shape for n, array in found.items()} == expected
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_tensor_becomes_float32(dtype: type) -> None:
    found = effective_tensors(R6, stored(**{"linear.bias": np.arange(10, dtype=dtype) / 4}), kept=0.1)
    assert found["linear.bias"].dtype == np.float32
    assert found["linear.bias"].tolist() == [n / 4 for n in range(10)]


def test_a_double_beyond_single_precision_is_refused() -> None:
    error = refusal(R6, stored(**{"linear.bias": np.full(10, 1e300)}))
    assert "`linear.bias` holds values beyond the range of single precision" in error.message


@pytest.mark.parametrize("value", [1e30, 1e300])
def test_a_product_beyond_single_precision_is_refused(value: float) -> None:
    layout = registry().layouts["R18-twin"]
    tensors = {name: np.broadcast_to(np.float32(0.5), shape) for name, shape in stored_tensors(layout).items()}
    for part in ("weight", "aux_weight"):
        tensors[f"conv1.{part}"] = np.full((64, 3, 3, 3), value)
    assert "`conv1.weight` holds values beyond the range" in refusal(layout, tensors).message


def test_integers_are_no_weights() -> None:
    assert "`linear.bias` holds int64 numbers" in refusal(R6, stored(**{"linear.bias": np.ones(10, np.int64)})).message


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int64, np.float32])
def test_masks_may_be_of_any_type(dtype: type) -> None:
    layout = registry().layouts["R18-preact-orig-mask"]
    tensors = {name: np.broadcast_to(np.float32(0.5), shape) for name, shape in stored_tensors(layout).items()}
    tensors["conv1.weight_mask"] = np.zeros((64, 3, 3, 3), dtype)
    assert not effective_tensors(layout, tensors, kept=0.1)["conv1.weight"].any()


def test_two_names_of_one_tensor_must_agree() -> None:
    layout = registry().layouts["V16-double-names"]
    tensors = {name: np.broadcast_to(np.float32(0.5), shape) for name, shape in stored_tensors(layout).items()}
    tensors["model.3.3.bias"] = np.ones(10, np.float32)
    error = refusal(layout, tensors)
    assert error.message == (
        "`classifier.3.bias` and `model.3.3.bias` are one tensor in VGG-16 (layout V16-double-names), here they differ"
    )
