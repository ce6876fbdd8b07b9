"""The same zeros over all layers, without 1x1 convolutions, and over the pruned layers."""

import numpy as np

from apcore.sparsity import measure_sparsity
from apcore.sparsity_scopes import Scope, scopes


def dense_shortcut() -> dict[str, np.ndarray]:
    """9 of 10 weights of a 3x3 convolution are zero, a 1x1 convolution and a linear layer are dense."""
    conv = np.ones((10, 10, 3, 3), np.float32)
    conv[:9] = 0
    return {"conv.weight": conv, "shortcut.weight": np.ones((10, 10, 1, 1)), "linear.weight": np.ones((10, 10))}


def test_each_scope_counts_its_layers() -> None:
    found = scopes(measure_sparsity(dense_shortcut()))
    assert {scope: (len(shares.layers), round(shares.weights, 4)) for scope, shares in found.items()} == {
        Scope.ALL: (3, round(810 / 1100, 4)),
        Scope.WITHOUT_1X1: (2, round(810 / 1000, 4)),
        Scope.PRUNED: (1, 0.9),
    }


def test_a_linear_layer_is_no_1x1_convolution() -> None:
    found = scopes(measure_sparsity({"linear.weight": np.ones((10, 10))}))
    assert [layer.name for layer in found[Scope.WITHOUT_1X1].layers] == ["linear"]


def test_a_zero_by_accident_makes_no_layer_a_pruned_one() -> None:
    weights = dense_shortcut()
    weights["linear.weight"] = np.ones((100, 100))
    weights["linear.weight"][0, :99] = 0
    assert [layer.name for layer in scopes(measure_sparsity(weights))[Scope.PRUNED].layers] == ["conv"]
    weights["linear.weight"][0, 99] = 0
    assert len(scopes(measure_sparsity(weights))[Scope.PRUNED].layers) == 2


def test_a_dense_network_has_no_pruned_layers() -> None:
    assert Scope.PRUNED not in scopes(measure_sparsity({"conv.weight": np.ones((2, 2, 3, 3))}))
