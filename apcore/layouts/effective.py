"""From stored tensors to those of the declared graph: the weights that the forward pass uses. No torch here.

Sparsity is counted on these, they are compacted, and the network is made of them.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from apcore.arrays import Array
from apcore.checkpoint.quoting import quoted
from apcore.errors import ContributorError
from apcore.layouts import weight_rules as rules
from apcore.layouts.declaration import Layout, Rule, WeightRule
from apcore.layouts.stored_names import copies, layer_parts, stored_name, stored_tensors
from apcore.networks.declared import GRAPHS
from apcore.networks.graph import BatchNorm, Conv, Graph, Linear, Node

Single = npt.NDArray[np.float32]

_MASKS: Final = ("mask", "weight_mask")  # of twin and orig_mask; written as booleans or integers by some


def effective_tensors(
    layout: Layout, stored: Mapping[str, Array], *, kept: float, where: str = "checkpoint"
) -> dict[str, Single]:
    """The tensors of the layout's graph, in the graph's order.

    Args:
        layout: of the file.
        stored: exactly the tensors of `stored_tensors(layout)`, with those shapes.
        kept: fraction of weights that the network keeps, in (0, 1]; used by rules with scores alone.
        where: the path that errors carry.

    Returns:
        One float32 array for each name of `Graph.tensors()`; half precision is exact in it, double precision is rounded.

    Raises:
        ContributorError: weights are stored as integers, leave single precision, or differ under their two names.
    """
    for name, copy in copies(layout, stored_tensors(layout)).items():
        if stored[name] is not stored[copy] and not np.array_equal(stored[name], stored[copy]):
            raise ContributorError(
                where=where,
                message=f"{quoted(name)} and {quoted(copy)} are one tensor in {layout.full_name}, here they differ",
                fix="upload the state dict of the network as it is evaluated",
            )
    graph = GRAPHS[layout.graph]
    shapes = graph.shapes()
    found: dict[str, Single] = {}
    for node in graph.nodes:
        plain = Graph.tensors_of(node, shapes)
        parts = {
            part: _floating(f"{stored_name(layout, node.name)}.{part}", stored, where)
            for part in layer_parts(layout, node, plain)
        }
        with np.errstate(over="ignore", invalid="ignore"):  # what leaves the range is refused below
            values = dict(_layer(layout, node, parts, kept))
        for part, value in values.items():
            found[f"{node.name}.{part}"] = _single(f"{node.name}.{part}", value, where).reshape(plain[part])
    for norm, bias in _convolution_biases(layout, graph, stored, where):
        name = f"{norm}.running_mean"
        found[name] = _single(name, rules.folded_mean(found[name], bias), where)
    return found


def _layer(layout: Layout, node: Node, parts: Mapping[str, Array], kept: float) -> Iterator[tuple[str, Array]]:
    """The layer's tensors by their last names in the graph."""
    match node:
        case Conv():
            yield "weight", _weight(layout.rule, parts, kept)
        case Linear():
            weight = _weight(layout.rule, parts, kept)
            yield "weight", weight
            if "mask_bias" in parts:
                yield "bias", rules.masked_by_softplus(parts["bias"], parts["mask_bias"])
            else:
                yield "bias", parts.get("bias", np.zeros(len(weight), np.float32))
        case BatchNorm():
            features = len(parts["running_mean"])
            yield "weight", parts.get("weight", np.ones(features, np.float32))
            yield "bias", parts.get("bias", np.zeros(features, np.float32))
            yield "running_mean", parts["running_mean"]
            yield "running_var", parts["running_var"]


def _weight(rule: WeightRule, parts: Mapping[str, Array], kept: float) -> Array:  # noqa: PLR0911 - one return per rule reads best
    match rule.name:
        case Rule.SOFTPLUS_MASK:
            return rules.masked_by_softplus(parts["weight"], parts["mask_weight"])
        case Rule.TOPK_SCORE:
            return rules.masked(parts["weight"], rules.largest_scores(parts[rule.score], kept))
        case Rule.HARP_WEIGHT:
            share = rules.learned_fraction(parts[rule.rate], kept, rule.alpha)
            return rules.masked(parts["weight"], rules.largest_scores(parts[rule.score], share))
        case Rule.HARP_CHANNEL:
            share = rules.learned_fraction(parts[rule.rate], kept, rule.alpha)
            return rules.masked(parts["weight"], rules.largest_channels(parts[rule.score], share))
        case Rule.TWIN_PRODUCT:
            return rules.twin_product(parts["weight"], parts["aux_weight"], parts["mask"])
        case Rule.TWIN_CHANNEL:
            return rules.twin_channels(parts["weight"], parts["aux_weight"], parts["mask"])
        case Rule.ORIG_MASK:
            return rules.masked(parts["weight_orig"], parts["weight_mask"])
        case Rule.PLAIN | Rule.STORED_IN_PLACE:
            return parts["weight"]


def _convolution_biases(
    layout: Layout, graph: Graph, stored: Mapping[str, Array], where: str
) -> Iterator[tuple[str, Array]]:
    """For each convolution that carries a bias in the file, the BatchNorm that reads it, and that bias."""
    if layout.convolution_bias:
        convolutions = {node.name for node in graph.nodes if isinstance(node, Conv)}
        for node in graph.nodes:
            if isinstance(node, BatchNorm) and node.source in convolutions:
                yield node.name, _floating(f"{stored_name(layout, node.source)}.bias", stored, where)


def _floating(name: str, stored: Mapping[str, Array], where: str) -> Array:
    array = stored[name]
    if array.dtype.kind == "f" or (name.rpartition(".")[2] in _MASKS and array.dtype.kind in "biu"):
        return array
    raise ContributorError(
        where=where,
        message=f"{quoted(name)} holds {array.dtype} numbers where floating-point weights belong",
        fix="save the weights as they are used in the forward pass: `tensor.float()`",
    )


def _single(name: str, values: Array, where: str) -> Single:
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    if not np.isfinite(single).all():
        raise ContributorError(
            where=where,
            message=f"{quoted(name)} holds values beyond the range of single precision",
            fix="upload the checkpoint of an epoch before training diverged",
        )
    return single
