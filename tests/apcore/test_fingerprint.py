"""The same network under another name, and another network under the same."""

import numpy as np
import pytest

from apcore.fingerprint import weights_fingerprint

CONV = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2)
BIAS = np.array([0.0, -1.5], dtype=np.float32)
NETWORK = {"conv.weight": CONV, "conv.bias": BIAS}


def test_it_is_the_same_on_every_machine() -> None:
    assert weights_fingerprint(NETWORK) == "1fd06603e0f6b8b2a7fbd7f1cf8b2348b5f59453302cfd0168e4bcdbb81add4f"


@pytest.mark.parametrize(
    "same",
    [
        dict(reversed(NETWORK.items())),
        NETWORK | {"conv.weight": CONV.astype(">f4")},
        NETWORK | {"conv.weight": np.asfortranarray(CONV)},
        NETWORK | {"conv.weight": np.repeat(CONV, 2, axis=0)[::2]},
        NETWORK | {"conv.weight": CONV.astype(np.float64)},
        NETWORK | {"conv.bias": np.array([-0.0, -1.5], dtype=np.float32)},
    ],
    ids=["order", "byte order", "columns first", "strides", "double", "negative zero"],
)
def test_how_it_is_stored_does_not_matter(same) -> None:
    assert weights_fingerprint(same) == weights_fingerprint(NETWORK)


@pytest.mark.parametrize(
    "other",
    [
        NETWORK | {"conv.bias": np.array([0.0, np.nextafter(np.float32(-1.5), np.float32(0))])},
        NETWORK | {"conv.weight": CONV.reshape(3, 2, 2, 2)},
        {"conv.weight": CONV},
        {"conv.weight": CONV, "conv.bia": BIAS},
        {"conv.weight": BIAS, "conv.bias": CONV},
    ],
    ids=["one bit", "shape", "missing", "name", "swapped"],
)
def test_another_network_has_another(other) -> None:
    assert weights_fingerprint(other) != weights_fingerprint(NETWORK)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_what_is_no_number_has_none(value: float) -> None:
    with pytest.raises(ValueError, match=r"conv\.bias holds a value that is not finite"):
        weights_fingerprint(NETWORK | {"conv.bias": np.array([0.0, value])})


def test_nothing_has_none() -> None:
    with pytest.raises(ValueError, match="no tensors"):
        weights_fingerprint({})
