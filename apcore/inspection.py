"""What can be said of a checkpoint without data: safe load, layout, weight coverage, sparsity, cost. No torch here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apcore.checkpoint.assignment import assign
from apcore.checkpoint.reading import StoredTensors, read_checkpoint
from apcore.errors import ContributorError
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
        graph: the declared network of the key's architecture.
        stored: the file as read.
        weights: every tensor of the graph by state-dict name, effective values.
        sparsity: measured on convolution and linear weights.
        agrees: whether the sparsity is what the key says, within the protocol's slack.
    """

    key: ModelKey
    graph: Graph
    stored: StoredTensors
    weights: Mapping[str, np.ndarray]
    sparsity: Sparsity
    agrees: bool


def inspect_checkpoint(path: Path, key: ModelKey, protocol: Protocol) -> Inspection:
    """Read a checkpoint in a confined child process and hold it against the architecture that its key names.

    Raises:
        ContributorError: the file is refused, or it does not fill the network's tensors exactly; says which.
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
    graph = GRAPHS[architecture.graph]
    stored = read_checkpoint(path)
    weights = assign(stored.tensors, graph.tensors(), layout=graph.name)
    sparsity = measure_sparsity(weights)
    agrees = sparsity.agrees(key.sparsity / 100, key.structure, protocol.sparsity_slack / 100)
    return Inspection(key=key, graph=graph, stored=stored, weights=weights, sparsity=sparsity, agrees=agrees)


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
