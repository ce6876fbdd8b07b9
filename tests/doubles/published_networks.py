"""Synthetic checkpoints of the published network forms, and what they compute: facts and plain torch, nothing of apcore.

A form is built from the facts' lists of names and shapes, filled with random numbers, and evaluated from its stored tensors
by the facts' formulas and description of its graph.
"""

import argparse
import io
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

State = dict[str, Tensor]
ALPHA = 0.1
BLOCKS = (2, 2, 3, 3, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A published form: `entries` are the facts' lists, `normalization` is (mean, std) on CIFAR-10 or None."""

    name: str
    method: str
    ap_key: str | None
    architecture: str
    graph: str
    layout: str
    rule: str
    entries: tuple[tuple[str, tuple[int, ...]], ...]
    normalization: tuple[tuple[float, ...], tuple[float, ...]] | None


def form(facts: dict[str, Any], name: str) -> Form:
    """A model or a variant of the facts, by its name."""
    if name in facts["models"]:
        model = facts["models"][name]
        entries, rule, layout = facts["layouts"][model["layout"]], model["effective_weight"][0], model["layout"]
    else:
        variant = next(v for v in facts["variants"] if v["id"] == name)
        layout, rule, model = variant["base_layout"], variant["rule"], variant
        entries = changed(facts["layouts"][layout], variant)
    return Form(
        name=name,
        method=model["method"],
        ap_key=model["ap_key"],
        architecture=model["architecture"],
        graph=next(m["graph"] for m in facts["models"].values() if m["layout"] == layout),
        layout=layout,
        rule=rule,
        entries=tuple((entry[0], tuple(entry[2])) for entry in entries),
        normalization=normalization(facts, model["method"], model["architecture"], "CIFAR-10"),
    )


def changed(entries: list[Any], variant: dict[str, Any]) -> list[Any]:
    """The entries of a layout with the differences of a variant."""
    other = {entry[0]: entry for entry in variant["added"] + variant["reshaped"]}
    kept = [entry for entry in entries if entry[0] not in variant["removed"] and entry[0] not in other]
    return kept + list(other.values())


def normalization(facts: dict[str, Any], method: str, architecture: str, dataset: str) -> Any:
    """What a method's network does to its input: in the facts of its model, or in words about its code."""
    models = [m for m in facts["models"].values() if (m["method"], m["architecture"]) == (method, architecture)]
    said = models[0]["normalisation"] if models else {"inside_model": True, "mean": None, "how": None}
    if not said["inside_model"] or not said.get("active", True):
        return None
    if said["mean"]:
        return tuple(said["mean"]), tuple(said["std"])
    words = said["how"] or facts["normalisation_and_radius_in_method_code"][method]
    return said_in(words, dataset)


def said_in(words: str, dataset: str) -> tuple[tuple[float, ...], ...]:
    """Mean and std of a dataset out of a sentence of the facts; "SVHN 0.5 and 0.5" is short for three of each."""
    number = r"[0-9.]+[0-9]"
    three = rf"({number}(?:, {number}){{2}})"
    if found := re.search(rf"{dataset} mean {three}(?: and|,) std {three}", words):
        return tuple(tuple(map(float, group.split(", "))) for group in found.groups())
    half = re.search(rf"{dataset} ({number}) and ({number})", words)
    assert half is not None
    return tuple((float(group),) * 3 for group in half.groups())


@cache
def _pool() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(4_000_000, dtype=np.float32)


def random_state(made: Form, *, kept: float) -> State:
    """Random tensors for every entry of a form, in sizes that keep activations alive through all layers."""
    rng = np.random.default_rng(sum(map(ord, made.name)))
    state: State = {}
    for name, shape in made.entries:
        count = math.prod(shape)
        start = int(rng.integers(0, len(_pool()) - count))
        values = torch.from_numpy(_pool()[start : start + count].copy()).reshape(shape)
        state[name] = _scaled(name, values)
    scores = {name.rpartition(".")[0]: tensor for name, tensor in state.items() if name.endswith("popup_scores")}
    for name in [name for name in state if name.endswith("k_score")]:
        state[name] = _rate(scores[name.removesuffix(".k_score")], rng, kept)
    for copy in [name for name in state if made.layout == "V16-double-names" and name.startswith("model.")]:
        own = copy.replace("model.0.", "feature.").replace("model.3.", "classifier.")
        state[copy] = state[own]
    return state


def _scaled(name: str, values: Tensor) -> Tensor:  # noqa: PLR0911 - one return per kind of tensor reads best
    fan_in = math.prod(values.shape[1:])
    match name.rpartition(".")[2]:
        case "num_batches_tracked":
            return torch.tensor(7)
        case "running_var":
            return values.abs() * 0.3 + 0.5
        case "weight" | "weight_orig" if values.dim() > 1:
            return values * math.sqrt(2 / fan_in)
        case "weight":
            return values.abs() * 0.3 + 0.7
        case "bias" | "running_mean" | "mask_bias":
            return values * 0.1
        case "mask" | "weight_mask":
            return (values > -0.3).float()
        case "aux_weight" if values.dim() == 2 and values.shape[0] == values.shape[1]:
            return values / math.sqrt(len(values))
        case "mean":
            return torch.tensor([0.4914, 0.4822, 0.4465])
        case "std":
            return torch.tensor([0.2470, 0.2435, 0.2616])
        case _:
            return values


def _rate(scores: Tensor, rng: np.random.Generator, kept: float) -> Tensor:
    """A rate at which the count of kept scores does not hang on the last bit of anyone's sigmoid."""
    while True:
        rate = torch.tensor(float(rng.normal(-1.0, 0.5)))
        share = float(torch.sigmoid(rate)) * (1 - kept * ALPHA) + kept * ALPHA
        # weights are counted by truncation, channels by rounding: stay away from whole and from half numbers
        if all(0.2 < (2 * count) % 1 < 0.8 for count in (share * scores.numel(), (1 - share) * scores.numel())):
            return rate


def saved(facts: dict[str, Any], made: Form, state: State, *, legacy: bool = False) -> bytes:
    """The form's checkpoint as its method's code writes it: container, prefix and all that lies beside the state dict."""
    container = facts["containers"]["per_method"].get(made.method, {"published_format": "bare", "prefix": ""})
    # a sentence, such as "module. when trained on several devices"; none if it does not begin with a prefix
    prefix = re.match(r"(?:module\.(?:[a-z_]+\.)?)?", container["prefix"])
    assert prefix is not None
    named = {prefix[0] + name: tensor for name, tensor in state.items()}
    kind, _, keys = container["published_format"].partition(": ")
    content = {key: _beside(key, named) for key in keys.split(", ")} if kind == "dict" else named
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=not legacy)
    return file.getvalue()


def _beside(key: str, named: State) -> object:
    tensor = next(iter(named.values()))
    others: dict[str, object] = {
        "state_dict": named,
        "net": named,
        "optimizer": {"state": {0: {"momentum_buffer": tensor}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
        "args": argparse.Namespace(lr=0.1),
        "arch": "net",
        "mask_info": {"masks": {"conv1.weight_0": tensor}},
        "result": {"sa": [50.0]},
    }
    return others.get(key, 1.0)


class Reference:
    """The forward pass of a form on its stored tensors.

    Args:
        made: the form.
        state: its tensors.
        kept: fraction of weights that the network keeps.
        weight: how a layer's weight follows from the stored tensors, None for the facts' formula.
    """

    def __init__(
        self, made: Form, state: Mapping[str, Tensor], *, kept: float, weight: Callable[[str], Tensor] | None = None
    ) -> None:
        self.made, self.state, self.kept = made, state, kept
        self.weight = weight or self.effective

    def __call__(self, images: Tensor) -> Tensor:
        """(n, 3, 32, 32) in [0, 1] to (n, 10)."""
        x = images
        if self.made.normalization:
            mean, std = (torch.tensor(values).view(3, 1, 1) for values in self.made.normalization)
            x = (x - mean) / std
        return {"R18": self._resnet, "R18-preact": self._preact}.get(self.made.graph, self._vgg)(x)

    def effective(self, layer: str) -> Tensor:  # noqa: PLR0911 - one return per rule reads best
        """The layer's weight by the rule of its form."""
        of = {name.rpartition(".")[2]: t for name, t in self.state.items() if name.rpartition(".")[0] == layer}
        match self.made.rule:
            case "plain" | "stored_in_place":
                return of["weight"]
            case "softplus_mask":
                return of["weight"] * functional.softplus(of["mask_weight"])
            case "topk_score":
                return of["weight"] * top(of["scores"] if "scores" in of else of["popup_scores"], self.kept)
            case "harp_weight":
                return of["weight"] * top(of["popup_scores"], self.rate(of["k_score"]))
            case "harp_channel":
                scores = of["popup_scores"].abs().flatten()
                count = round(self.rate(of["k_score"]) * len(scores))
                mask = torch.zeros_like(scores)
                mask[scores.topk(count).indices] = 1
                return of["weight"] * mask.reshape(of["popup_scores"].shape)
            case "twin_product":
                return of["weight"] * of["aux_weight"] * of["mask"]
            case "twin_channel":
                return torch.einsum("pq,q...->p...", of["aux_weight"], of["weight"]) * of["mask"]
            case "orig_mask":
                return of["weight_orig"] * of["weight_mask"]
        raise AssertionError(self.made.rule)

    def rate(self, k_score: Tensor) -> float:
        """The fraction that a layer keeps."""
        least = self.kept * ALPHA
        return float(torch.sigmoid(k_score)) * (1 - least) + least

    def _conv(self, x: Tensor, layer: str, *, stride: int = 1, padding: int = 1) -> Tensor:
        return functional.conv2d(x, self.weight(layer), self.state.get(f"{layer}.bias"), stride=stride, padding=padding)

    def _norm(self, x: Tensor, layer: str) -> Tensor:
        mean, var = self.state[f"{layer}.running_mean"], self.state[f"{layer}.running_var"]
        return functional.batch_norm(x, mean, var, self.state.get(f"{layer}.weight"), self.state.get(f"{layer}.bias"))

    def _linear(self, x: Tensor, layer: str) -> Tensor:
        weight = self.weight(layer)
        if weight.dim() == 4:
            return functional.conv2d(x[:, :, None, None], weight).flatten(1)
        bias = self.state[f"{layer}.bias"]
        if f"{layer}.mask_bias" in self.state:
            bias = bias * functional.softplus(self.state[f"{layer}.mask_bias"])
        return functional.linear(x, weight, bias)

    def _resnet(self, x: Tensor) -> Tensor:
        root = "model." if "model.conv1.weight" in self.state else ""
        x = functional.relu(self._norm(self._conv(x, f"{root}conv1"), f"{root}bn1"))
        for stage in range(1, 5):
            for index in range(2):
                block, halve = f"{root}layer{stage}.{index}", stage > 1 and index == 0
                out = functional.relu(self._norm(self._conv(x, f"{block}.conv1", stride=1 + halve), f"{block}.bn1"))
                out = self._norm(self._conv(out, f"{block}.conv2"), f"{block}.bn2")
                if halve:
                    x = self._conv(x, f"{block}.shortcut.0", stride=2, padding=0)
                    x = self._norm(x, f"{block}.shortcut.1")
                x = functional.relu(out + x)
        x = functional.avg_pool2d(x, 4).flatten(1)
        return self._linear(x, "fc" if "fc.weight" in self.state else f"{root}linear")

    def _preact(self, x: Tensor) -> Tensor:
        x = self._conv(x, "conv1")
        for stage in range(1, 5):
            for index in range(2):
                block, halve = f"layer{stage}.{index}", stage > 1 and index == 0
                active = functional.relu(self._norm(x, f"{block}.bn1"))
                out = self._conv(active, f"{block}.conv1", stride=1 + halve)
                out = self._conv(functional.relu(self._norm(out, f"{block}.bn2")), f"{block}.conv2")
                x = out + (self._conv(active, f"{block}.shortcut.0", stride=2, padding=0) if halve else x)
        x = functional.relu(self._norm(x, "bn"))
        return self._linear(functional.adaptive_avg_pool2d(x, 1).flatten(1), "linear")

    def _vgg(self, x: Tensor) -> Tensor:
        index = 0
        root = "features" if "features.1.running_mean" in self.state else "feature"
        blocks = "layer1.0.0.weight" in self.state
        for block, count in enumerate(BLOCKS):
            for place in range(count):
                conv, norm = (
                    (f"layer{block + 1}.{place}.0", f"layer{block + 1}.{place}.1")
                    if blocks
                    else (f"{root}.{index}", f"{root}.{index + 1}")
                )
                x = functional.relu(self._norm(self._conv(x, conv), norm))
                index += 3
            if block < 4:
                x, index = functional.max_pool2d(x, 2), index + 1
        return self._head(x, blocks=blocks)

    def _head(self, x: Tensor, *, blocks: bool) -> Tensor:
        match self.made.graph:
            case "V16-max-linear":
                return self._linear(functional.max_pool2d(x, 2).flatten(1), "classifier")
            case "V16-avg-linear":
                return self._linear(functional.avg_pool2d(x, 2).flatten(1), "classifier")
            case "V16-avg-bnmlp":
                x = self._linear(functional.avg_pool2d(x, 2).flatten(1), "classifier.0")
                return self._linear(functional.relu(self._norm(x, "classifier.1")), "classifier.3")
        first, second, third = ("layer6.0", "layer7.0", "layer8") if blocks else (f"classifier.{i}" for i in (0, 2, 4))
        x = functional.relu(self._linear(x.flatten(1), first))
        return self._linear(functional.relu(self._linear(x, second)), third)


def top(scores: Tensor, kept: float) -> Tensor:
    """1 for all but the int((1 - kept) * n) smallest absolute scores, of equal ones the first, else 0."""
    order = scores.abs().flatten().argsort(stable=True)
    mask = torch.ones(scores.numel())
    mask[order[: int((1 - kept) * scores.numel())]] = 0
    return mask.reshape(scores.shape)
