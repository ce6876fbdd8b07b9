import numpy as np
import pytest

from apcore.model_key import Structure
from apcore.sparsity import LayerSparsity, Reading, measure_sparsity

US, S = Structure.UNSTRUCTURED, Structure.STRUCTURED


def pruned_filters(kept: int, width: int = 64, layers: int = 3) -> dict[str, np.ndarray]:
    """A chain of convolutions that keeps the first `kept` filters of each layer and the channels that they feed."""
    rng = np.random.default_rng(0)
    weights = {}
    channels, alive = 3, 3
    for layer in range(layers):
        weight = np.zeros((width, channels, 3, 3), np.float32)
        weight[:kept, :alive] = rng.uniform(0.1, 1, (kept, alive, 3, 3))
        weights[f"conv{layer}.weight"] = weight
        channels, alive = width, kept
    return weights


def scattered_zeros(share: float) -> dict[str, np.ndarray]:
    weight = np.ones(64 * 64 * 9, np.float32)
    weight[: round(share * weight.size)] = 0
    return {"conv.weight": np.random.default_rng(0).permutation(weight).reshape(64, 64, 3, 3)}


def test_a_layer_is_counted_by_hand() -> None:
    weight = np.ones((4, 2, 3, 3), np.float32)
    weight[1] = 0  # one filter
    weight[:, 0] = 0  # one channel
    weight[2, 1, 0, 0] = 0  # one weight
    (layer,) = measure_sparsity({"layer1.conv.weight": weight}).layers
    assert layer == LayerSparsity(
        name="layer1.conv",
        convolution=True,
        weights=72,
        zero_weights=18 + 27 + 1,
        filters=4,
        zero_filters=1,
        channels=2,
        zero_channels=1,
    )
    assert layer.weights_left == 3 * 1 * 9


def test_weights_that_sum_to_zero_are_not_zero() -> None:
    weight = np.array([1, -1, -1, 1], np.float32).reshape(1, 1, 2, 2)
    assert measure_sparsity({"conv.weight": weight}).filters == 0


def test_negative_zero_is_zero() -> None:
    assert measure_sparsity({"fc.weight": np.array([[-0.0, 1.0]])}).weights == 0.5


def test_biases_and_batch_normalisation_do_not_count() -> None:
    measured = measure_sparsity({"fc.weight": np.ones((2, 2)), "fc.bias": np.zeros(2), "bn.weight": np.zeros(9)})
    assert measured.weights == 0
    assert len(measured.layers) == 1


def test_linear_layers_count_as_weights_and_not_as_filters() -> None:
    measured = measure_sparsity({"conv.weight": np.ones((2, 1, 1, 1)), "fc.weight": np.zeros((2, 3))})
    assert measured.weights == 6 / 8
    assert measured.filters == measured.channels == 0
    assert measured.parameters_left == 2 / 8


def test_half_of_the_filters_are_three_quarters_of_the_weights() -> None:
    measured = measure_sparsity({"conv.weight": pruned_filters(32)["conv1.weight"]})
    assert measured.filters == measured.channels == 0.5
    assert measured.weights == 0.75
    assert measured.parameters_left == 0.25


def test_a_network_without_weights_has_no_sparsity() -> None:
    with pytest.raises(ValueError, match="has no sparsity"):
        measure_sparsity({"bn.weight": np.ones(3)})


@pytest.mark.parametrize(
    ("share", "claimed", "agrees"),
    [(0.9, 0.9, True), (0.8951, 0.9, True), (0.894, 0.9, False), (0.95, 0.9, True), (0.9, 0.95, False)],
)
def test_an_unstructured_claim_is_about_zero_weights(share: float, claimed: float, *, agrees: bool) -> None:
    measured = measure_sparsity(scattered_zeros(share))
    assert measured.agrees(claimed, US, slack=0.005) is agrees
    assert measured.agreeing_reading(claimed, US, slack=0.005) is (Reading.WEIGHTS if agrees else None)


@pytest.mark.parametrize(
    ("kept", "claimed", "reading"),
    [
        (32, 0.5, Reading.FILTERS),
        (16, 0.75, Reading.FILTERS),
        (6, 0.9, Reading.FILTERS),  # 6.4 of 64 filters is no whole number
        (32, 0.75, Reading.REMOVED),
        (45, 0.5, Reading.REMOVED),  # 45/64 of the width are half of the weights
        (7, 0.9, Reading.REMOVED),  # 89.1 % of the filters
        (45, 0.75, None),
        (64, 0.5, None),
    ],
)
def test_a_structured_claim_may_mean_filters_or_weights(kept: int, claimed: float, reading: Reading | None) -> None:
    measured = measure_sparsity(pruned_filters(kept, layers=12))
    assert measured.agreeing_reading(claimed, S, slack=0.005) is reading


def test_channel_pruning_is_read_as_channels() -> None:
    weights = {"conv.weight": np.ones((4, 8, 3, 3))}
    weights["conv.weight"][:, ::2] = 0
    assert measure_sparsity(weights).agreeing_reading(0.5, S, slack=0) is Reading.CHANNELS


def test_scattered_zeros_are_no_structured_sparsity() -> None:
    measured = measure_sparsity(scattered_zeros(0.9))
    assert measured.agrees(0.9, US, slack=0)
    assert not measured.agrees(0.5, S, slack=0.005)


def test_a_share_at_the_slack_agrees() -> None:
    weights = {"conv.weight": np.ones((200, 1, 1, 1))}
    weights["conv.weight"][:179] = 0
    assert measure_sparsity(weights).agrees(0.9, US, slack=0.005)
