"""What can be said of a checkpoint without data: safe load, layout, input, weights, sparsity, cost. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from apcore.checkpoint.reading import StoredTensors, read_checkpoint
from apcore.errors import ContributorError
from apcore.layouts.declaration import Layout, Normalization
from apcore.layouts.effective import effective_tensors
from apcore.layouts.input_normalization import input_normalization
from apcore.layouts.resolution import Resolved, resolve
from apcore.model_key import ModelKey
from apcore.networks.declared import GRAPHS
from apcore.networks.graph import Graph
from apcore.protocol import Protocol
from apcore.sparsity import Sparsity, measure_sparsity


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A checkpoint that fits its architecture.

    Args:
        key: what it claims to be.
        stored: the file as read.
        resolved: its layout, and what was in the file beside the network.
        normalization: (mean, std) of the network's input, None if it takes pixels in [0, 1].
        weights: every tensor of the graph by state-dict name, effective values.
        sparsity: measured on convolution and linear weights.
        agrees: whether the sparsity is what the key says, within the protocol's slack.
    """

    key: ModelKey
    stored: StoredTensors
    resolved: Resolved
    normalization: Normalization | None
    weights: Mapping[str, np.ndarray]
    sparsity: Sparsity
    agrees: bool

    @property
    def layout(self) -> Layout:
        """How the file stores the network."""
        return self.resolved.layout

    @property
    def graph(self) -> Graph:
        """The declared network."""
        return GRAPHS[self.layout.graph]

    @property
    def kept(self) -> float:
        """Fraction of weights that the network keeps, as its key says."""
        return kept_fraction(self.key)

    def without_tensors(self) -> "Inspection":
        """All that can be told of it, while what it was told from may be freed."""
        unwrapped = replace(self.resolved.unwrapped, tensors={})
        return replace(
            self,
            stored=replace(self.stored, tensors={}),
            resolved=replace(self.resolved, unwrapped=unwrapped),
            weights={},
        )


def kept_fraction(key: ModelKey) -> float:
    """1 minus the sparsity, as the decimal fraction that one would type: 0.1 for 90 %."""
    return (100 - key.sparsity) / 100


def inspect_checkpoint(
    path: Path, key: ModelKey, protocol: Protocol, *, normalization: Normalization | None = None
) -> Inspection:
    """Read a checkpoint in a confined child process and hold it against the architecture that its key names.

    Args:
        path: the file, of unknown origin.
        key: what it claims to be.
        protocol: what is admitted.
        normalization: (mean, std) as the submission states it, None if it states nothing.

    Raises:
        ContributorError: the file is refused, fills no declared layout exactly, or contradicts its key; says how.
        MachineError: it could not be read here.
    """
    architecture = protocol.architecture(key.architecture)
    if architecture is None:
        admitted = ", ".join(a.short for a in protocol.architectures)
        raise ContributorError(
            where="model_key",
            message=f"protocol {protocol.name} does not admit the architecture `{key.architecture}`",
            fix=f"use one of {admitted}, or another protocol",
        )
    if not protocol.admits(key):
        sparsities = ", ".join(map(str, protocol.sparsities_of(key.structure))) or "none"
        raise ContributorError(
            where="model_key",
            message=f"protocol {protocol.name} does not admit {key.structure} {key.sparsity} % on {key.dataset}",
            fix=f"it admits {', '.join(protocol.datasets)}, and {key.structure} at {sparsities} %",
        )
    stored = read_checkpoint(path)
    resolved = resolve(stored.tensors, ap_key=key.ap_key, architecture=architecture.graph)
    agreed = input_normalization(
        method=resolved.method, dataset=key.dataset, stated=normalization, buffers=resolved.unwrapped.buffers
    )
    weights = effective_tensors(resolved.layout, resolved.unwrapped.tensors, kept=kept_fraction(key))
    sparsity = measure_sparsity(weights)
    return Inspection(
        key=key,
        stored=stored,
        resolved=resolved,
        normalization=agreed,
        weights=weights,
        sparsity=sparsity,
        agrees=sparsity.agrees(key.sparsity / 100, key.structure, protocol.sparsity_slack / 100),
    )


def require_sparsity(inspection: Inspection, slack: float) -> None:
    """Refuse a checkpoint that is denser than its key says, before anything is spent on it.

    Args:
        inspection: the checkpoint.
        slack: the protocol's, in percentage points.

    Raises:
        ContributorError: says what was measured.
    """
    if inspection.agrees:
        return
    found, key = inspection.sparsity, inspection.key
    raise ContributorError(
        where="checkpoint.sparsity",
        message=f"the key says {key.structure} {key.sparsity} %, measured are {100 * found.weights:.2f} % zero weights, "
        f"{100 * found.filters:.2f} % zero filters and {100 * found.channels:.2f} % zero input channels "
        f"(convolution and linear layers, slack {slack} points)",
        fix="upload the pruned network itself with its masks multiplied into the weights, or correct the sparsity in the key",
    )
