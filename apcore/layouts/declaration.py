"""Layouts and methods as declared in `layouts.toml` and `methods/*.toml`: how published networks stand in their files.

A layout says how the tensors of a declared graph are stored: names, extra tensors, and what they mean for the weights. A
method says, by its key, in which layouts its networks are published and how their inputs are normalised, which no state
dict tells. The files hold facts with their source; no numpy and no torch here.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Values = tuple[float, ...]
Normalization = tuple[Values, Values]
"""(mean, std), one number per channel; the first layer sees (x - mean) / std of pixels in [0, 1]."""


class Rule(StrEnum):
    """What stored tensors mean for a layer's weight; what each computes is in `weight_rules`."""

    PLAIN = "plain"
    STORED_IN_PLACE = "stored_in_place"
    SOFTPLUS_MASK = "softplus_mask"
    TOPK_SCORE = "topk_score"
    HARP_WEIGHT = "harp_weight"
    HARP_CHANNEL = "harp_channel"
    TWIN_PRODUCT = "twin_product"
    TWIN_CHANNEL = "twin_channel"
    ORIG_MASK = "orig_mask"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightRule:
    """How a layer's weight follows from what is stored.

    Args:
        name: the rule.
        words: the rule as people read it.
        score: last name of the tensor of scores, where the rule has one.
        rate: last name of the scalar from which a layer's kept fraction follows, where the rule has one.
        alpha: that fraction's lower bound, as a share of what the whole network keeps.
    """

    name: Rule
    words: str
    score: str = ""
    rate: str = ""
    alpha: float = 0.0

    @property
    def needs_fraction(self) -> bool:
        """Whether the weights depend on the network's kept fraction, which no file of these methods holds."""
        return bool(self.score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the tensors of a declared graph are stored.

    Args:
        name: as in `layouts.toml`.
        architecture: the name under which protocols admit the network.
        title: of the architecture, for people.
        graph: name of the declared graph.
        rule: what stored tensors mean for weights.
        prefix: what the published form writes before every name; taken off like that of any wrapper.
        convolution_bias: convolutions carry a bias, which is folded into the running mean of the BatchNorm after them.
        batch_norm_affine: BatchNorm has scale and shift; without them they are 1 and 0.
        convolution_head: the linear layer is stored as a 1x1 convolution without bias.
        renames: pairs of a name in the graph and the one in the file; a name covers all names below it.
        copies: pairs of a name in the file and one under which the same tensors are stored again.
    """

    name: str
    architecture: str
    title: str
    graph: str
    rule: WeightRule
    prefix: str = ""
    convolution_bias: bool = False
    batch_norm_affine: bool = True
    convolution_head: bool = False
    renames: tuple[tuple[str, str], ...] = ()
    copies: tuple[tuple[str, str], ...] = ()

    @property
    def full_name(self) -> str:
        """As results and messages show it, e.g. `ResNet-18 (layout R18)`."""
        return f"{self.title} (layout {self.name})"


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodNormalization:
    """What a method's networks do to their input on one dataset.

    Args:
        values: (mean, std).
        when: `always`, or only where it is `stated` in the form, since the method's code leaves it off by default.
        source: where the values come from.
    """

    values: Normalization
    when: Literal["always", "stated"]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A published method: under its key, its layouts and its normalisation hold.

    Args:
        name: for people.
        ap_key: the method's part of its model keys.
        source: citations.
        saved_under: key of the file's dictionary that holds the state dict, "" if the file is the state dict.
        prefixes: what its training code writes before every name, at most.
        layouts: names of layouts by architecture, the published ones first.
        normalizations: by dataset; where there is none, the networks take pixels in [0, 1].
    """

    name: str
    ap_key: str
    source: str
    saved_under: str
    prefixes: tuple[str, ...]
    layouts: tuple[tuple[str, tuple[str, ...]], ...]
    normalizations: tuple[tuple[str, MethodNormalization], ...] = ()

    def layouts_of(self, architecture: str) -> tuple[str, ...]:
        """Names of the layouts in which the method's networks of that architecture are known; may be empty."""
        return dict(self.layouts).get(architecture, ())

    def normalization_on(self, dataset: str) -> MethodNormalization | None:
        """What its networks do to their input on `dataset`, None if they take it as it is."""
        return dict(self.normalizations).get(dataset)
