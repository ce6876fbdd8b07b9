import numpy as np
import pytest

from apcore.errors import ContributorError
from apcore.layouts.registry import registry
from apcore.layouts.stored_names import stored_tensors
from apcore.layouts.unwrapping import WRAPPERS, unwrap

ONE = np.ones(1, np.float32)
MEAN, STD = np.array([0.4914, 0.4822, 0.4465], np.float32), np.array([0.247, 0.2435, 0.2616], np.float32)


def names(*names: str) -> dict[str, np.ndarray]:
    return dict.fromkeys(names, ONE)


@pytest.mark.parametrize(
    "prefix",
    [*WRAPPERS, "module.basic_model.", "module.model.", "module.module.", "_orig_mod.module.", "module.net.model."],
)
def test_prefixes_that_all_names_carry_are_taken_off(prefix: str) -> None:
    found = unwrap(names(f"{prefix}conv.weight", f"{prefix}fc.bias"))
    assert list(found.tensors) == ["conv.weight", "fc.bias"]
    assert found.prefix == prefix


def test_a_prefix_that_only_some_names_carry_stays() -> None:
    assert list(unwrap(names("conv.weight", "module.fc.bias")).tensors) == ["conv.weight", "module.fc.bias"]


def test_any_other_prefix_stays() -> None:
    assert unwrap(names("encoder.conv.weight", "encoder.fc.bias")).prefix == ""


def test_wrappers_are_taken_off_a_bounded_number_of_times() -> None:
    assert unwrap(names("module." * 20 + "conv.weight")).prefix == "module." * 8


def test_the_published_prefixes_are_taken_off() -> None:
    for method in registry().methods.values():
        for prefix in method.prefixes:
            assert unwrap(names(f"{prefix}conv1.weight", f"{prefix}fc.bias")).prefix == prefix


@pytest.mark.parametrize("layout", registry().layouts.values(), ids=lambda layout: layout.name)
def test_no_layout_has_names_that_look_like_a_wrappers(layout) -> None:
    assert unwrap(dict.fromkeys(stored_tensors(layout), ONE)).prefix == ""


def test_batch_counters_are_counted_and_left_out() -> None:
    found = unwrap(names("bn.weight", "bn.num_batches_tracked"))
    assert (list(found.tensors), found.ignored) == (["bn.weight"], 1)


@pytest.mark.parametrize(
    ("outer", "inner"), [("", ""), ("module.", "module."), ("", "model."), ("module.", "module.model.")]
)
@pytest.mark.parametrize("shape", [(3,), (1, 3, 1, 1)])
def test_a_normalising_layer_beside_the_network_or_within_its_wrapper_is_read(
    outer: str, inner: str, shape: tuple[int, ...]
) -> None:
    stored = {
        f"{inner}conv.weight": ONE,
        f"{outer}normalize.mean": MEAN.reshape(shape),
        f"{outer}normalize.std": STD.reshape(shape),
    }
    found = unwrap(stored)
    assert list(found.tensors) == ["conv.weight"]
    assert found.buffers == ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616))


def test_half_a_normalising_layer_is_left_for_the_layout_to_object_to() -> None:
    assert list(unwrap({"normalize.mean": MEAN, "w": ONE}).tensors) == ["normalize.mean", "w"]


def test_a_second_normalising_layer_is_left_for_the_layout_to_object_to() -> None:
    twice = {f"{prefix}normalize.{part}": MEAN for prefix in ("", "module.") for part in ("mean", "std")}
    found = unwrap(twice | {"module.conv.weight": ONE})
    assert list(found.tensors) == ["normalize.mean", "normalize.std", "conv.weight"]


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        (MEAN, np.zeros(3, np.float32)),
        (MEAN, -STD),
        (MEAN, 255 * STD),
        (255 * MEAN, STD),
        (MEAN, np.ones(2, np.float32)),
        (MEAN, np.ones(3, np.int64)),
    ],
    ids=["zero", "negative", "pixels to 255", "means to 255", "two", "integers"],
)
def test_a_normalising_layer_that_cannot_be_one_is_refused(mean: np.ndarray, std: np.ndarray) -> None:
    with pytest.raises(ContributorError, match="are not three means from -10 to 10 and three deviations above 0"):
        unwrap({"w": ONE, "normalize.mean": mean, "normalize.std": std})


def test_an_empty_state_dict_stays_empty() -> None:
    assert unwrap({}).tensors == {}
