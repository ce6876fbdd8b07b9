"""Which tensors a file of some layout holds: their names and shapes, from the declared graph. No numpy here."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from apcore.layouts.declaration import Layout, Rule, WeightRule
from apcore.networks.declared import GRAPHS
from apcore.networks.graph import BatchNorm, Conv, Graph, Linear, Node

Shape = tuple[int, ...]
_AFFINE: Final = ("weight", "bias")


@cache
def stored_tensors(layout: Layout) -> Mapping[str, Shape]:
    """Shape of every tensor that a file of `layout` holds, copies included, by its name without `layout.prefix`.

    BatchNorm's `num_batches_tracked` is left out, since evaluation never reads it. A file is held against one layout after the
    other, so each is worked out once.
    """
    graph = GRAPHS[layout.graph]
    shapes = graph.shapes()
    found = {
        f"{stored_name(layout, node.name)}.{part}": shape
        for node in graph.nodes
        for part, shape in layer_parts(layout, node, Graph.tensors_of(node, shapes)).items()
    }
    return MappingProxyType(found | {copy: found[name] for name, copy in copies(layout, found).items()})


def copies(layout: Layout, stored: Mapping[str, Shape]) -> dict[str, str]:
    """The second name of every name in `stored` that is declared to have one."""
    return {
        name: other + name.removeprefix(one) for one, other in layout.copies for name in stored if _is_below(name, one)
    }


def stored_name(layout: Layout, name: str) -> str:
    """What a layer of the graph is called in the file."""
    for graph_name, file_name in layout.renames:
        if _is_below(name, graph_name):
            return file_name + name.removeprefix(graph_name)
    return name


def layer_parts(layout: Layout, node: Node, plain: Mapping[str, Shape]) -> dict[str, Shape]:
    """Shapes of what a file holds for one layer, by last name.

    Args:
        layout: of the file.
        node: of the layout's graph.
        plain: shapes of the layer's tensors in a plain state dict, as `Graph.tensors_of` tells them.
    """
    match node:
        case Conv():
            bias = {"bias": plain["weight"][:1]} if layout.convolution_bias else {}
            return _weight_parts(layout.rule, plain["weight"]) | bias
        case Linear():
            return _linear_parts(layout, plain)
        case BatchNorm():
            return {part: shape for part, shape in plain.items() if layout.batch_norm_affine or part not in _AFFINE}
        case _:
            return {}


def _linear_parts(layout: Layout, plain: Mapping[str, Shape]) -> dict[str, Shape]:
    if layout.convolution_head:
        return _weight_parts(layout.rule, (*plain["weight"], 1, 1))
    parts = _weight_parts(layout.rule, plain["weight"]) | {"bias": plain["bias"]}
    return parts | ({"mask_bias": plain["bias"]} if layout.rule.name == Rule.SOFTPLUS_MASK else {})


def _weight_parts(rule: WeightRule, shape: Shape) -> dict[str, Shape]:  # noqa: PLR0911 - one return per rule reads best
    out, channels = shape[:2]
    match rule.name:
        case Rule.PLAIN | Rule.STORED_IN_PLACE:
            return {"weight": shape}
        case Rule.SOFTPLUS_MASK:
            return {"weight": shape, "mask_weight": shape}
        case Rule.TOPK_SCORE:
            return {"weight": shape, rule.score: shape}
        case Rule.HARP_WEIGHT:
            return {"weight": shape, rule.score: shape, rule.rate: ()}
        case Rule.HARP_CHANNEL:
            return {"weight": shape, rule.score: (1, channels, *[1] * (len(shape) - 2)), rule.rate: ()}
        case Rule.TWIN_PRODUCT:
            return {"weight": shape, "aux_weight": shape, "mask": shape}
        case Rule.TWIN_CHANNEL:
            return {"weight": shape, "aux_weight": (out, out), "mask": shape}
        case Rule.ORIG_MASK:
            return {"weight_orig": shape, "weight_mask": shape}


def _is_below(name: str, ancestor: str) -> bool:
    return name == ancestor or name.startswith(f"{ancestor}.")
