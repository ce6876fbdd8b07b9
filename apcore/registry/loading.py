"""Loading published models and distances by their keys. torch is imported when a network is made, numpy when a file is read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from apcore.command_line import EVALUATE
from apcore.errors import ContributorError, MachineError
from apcore.files.drive import GOOGLE_DRIVE, Drive
from apcore.files.stored_file import StoredFile
from apcore.model_key import ModelKey
from apcore.protocol import DEFAULT_PROTOCOL, load_protocol
from apcore.published_files import PublishedFile
from apcore.registry.choice import Candidate, choose
from apcore.registry.models import ListedModel, available_models, find_model, parse_key, warned
from apcore.registry.nearest import nearest_keys
from apcore.registry.obtaining import obtain
from apcore.registry.places import Place, cache_folder, mirror_folder
from apcore.registry.remark import About, Kind, tell

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch
    from torch import nn

    from apcore.inspection import Inspection
    from apcore.layouts.declaration import Normalization


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where files come from: cache, local mirror (None without one), and Drive (None if the network is off)."""

    cache: Path
    mirror: Path | None
    drive: Drive | None

    def obtain(self, file: PublishedFile) -> StoredFile:
        """See `apcore.registry.obtaining.obtain`."""
        return obtain(file, cache=self.cache, mirror=self.mirror, drive=self.drive)


def load_model(
    key: str | ModelKey,
    *,
    checkpoint: Place | None = None,
    device: str = "cpu",
    protocol: str = DEFAULT_PROTOCOL,
    normalization: "Normalization | None" = None,
    compact: bool = False,
    cache: Place | None = None,
    files: Place | None = None,
    drive: Drive | None = GOOGLE_DRIVE,
) -> "nn.Module":
    """A published model, or one of your own, ready to be tested.

    The published file is downloaded once, kept in the cache under its SHA-256, and refused if other bytes ever arrive under
    its id. It is read in a confined child process that runs nothing in it, and must fill every tensor of a declared layout
    of its method. Its weights are the effective ones, masks and scores applied.

    Args:
        key: `<ap_key>_<R18|V16>_<CIFAR10|SVHN>_<US|S>_<sparsity>`; `available_models` lists those with a published file.
        checkpoint: a file of your own under this key, instead of the published one.
        device: torch's name of the device.
        protocol: the benchmark that admits the key's architecture, dataset and sparsity.
        normalization: (mean, std) of the network's input per channel, for a file of your own; None if it takes pixels in
            [0, 1] or the key is that of a published method.
        compact: remove what pruning zeroed, exactly: a smaller network with the same logits and input gradients within 1e-9 in
            float64. Where that cannot be shown, the network as stored.
        cache: folder for downloads; None for `APCORE_CACHE`, else `$XDG_CACHE_HOME/apcore`, else `~/.cache/apcore`.
        files: folder with one file per Drive id, looked at before cache and network; None for `APCORE_FILES`, else none.
        drive: where to download from; None keeps the network out.

    Returns:
        A module in evaluation mode: float32 images (n, 3, 32, 32) with pixels in [0, 1], on `device`, to logits (n, 10). What
        the method does to its input is inside. Its tensors are frozen; gradients flow to the input.

    Warns:
        RegistryWarning: what the key does not tell: a file that the list is not sure of, a sparsity that is not the key's,
            an input that the released benchmark treated otherwise.

    Raises:
        ContributorError: nothing is published under the key, the file does not fit it, or was replaced.
        ServiceError: Drive or the network failed, or the file is no longer there.
        MachineError: this machine could not do it.
        ProtocolError: there is no such protocol.
    """
    with _packages_of_evaluate():
        from apcore.device import usable_device  # noqa: PLC0415 - torch, which the list does not need

    on = usable_device(device)
    if checkpoint is None:
        listed = find_model(key)
        sources = Sources(cache=cache_folder(cache, os.environ), mirror=mirror_folder(files, os.environ), drive=drive)
        inspection, told = _published(listed, sources, protocol, normalization)
        remarks = [*_alias_words(key, listed), *(r.message for r in warned(listed, About.CHECKPOINT)), *told]
    else:
        inspection = _inspected(Path(checkpoint).expanduser(), parse_key(key), protocol, normalization)
        remarks = []
    for words in (*remarks, *_sparsity_words(inspection)):
        tell(f"{inspection.key}: {words}", stacklevel=2)
    return _network(inspection, device=on, smaller=compact)


def load_distances(
    key: str | ModelKey,
    *,
    cache: Place | None = None,
    files: Place | None = None,
    drive: Drive | None = GOOGLE_DRIVE,
) -> "npt.NDArray[np.float32]":
    """The published HO-FMN distances of a model, one for each attacked sample.

    A distance of 0 means two things in these files: the sample is misclassified without an attack, or no adversarial example
    was found for it. They cannot be told apart without the model, and counting zeros as broken, as the released code does,
    understates a robust model. Distances that this package measures write inf for the second.

    Args:
        key: see `load_model`.
        cache: see `load_model`.
        files: see `load_model`.
        drive: see `load_model`.

    Returns:
        (n,) float32, n >= 1: L-inf distances >= 0, with pixels in [0, 1].

    Warns:
        RegistryWarning: how many distances are 0, and what else the list does not tell.

    Raises:
        ContributorError: no distances are published under the key, or they cannot be read, or were replaced.
        ServiceError: Drive or the network failed, or the file is no longer there.
        MachineError: this machine could not do it.

    Source: Cinà et al. 2024, arXiv:2407.08806 (HO-FMN); Piras et al. 2024, arXiv:2409.01249 (the released distances).
    """
    listed = find_model(key)
    if listed.distances is None:
        raise _no_distances(listed)
    with _packages_of_evaluate():
        import numpy as np  # noqa: PLC0415 - the list can be looked at without it

        from apcore.checkpoint.distances import read_distances  # noqa: PLC0415

    sources = Sources(cache=cache_folder(cache, os.environ), mirror=mirror_folder(files, os.environ), drive=drive)
    stored = sources.obtain(listed.distances)
    found: npt.NDArray[np.float32] = read_distances(stored.path).astype(np.float32)
    zeros = int((found == 0).sum())
    for words in _alias_words(key, listed):
        tell(f"{listed.key}: {words}", stacklevel=2)
    for remark in warned(listed, About.DISTANCES):
        if remark.kind is not Kind.AMBIGUOUS_ZERO:
            tell(f"{listed.key}: {remark.message}", stacklevel=2)
        elif zeros:
            tell(f"{listed.key}: {zeros} of {len(found)} distances are 0: {remark.message}", stacklevel=2)
    return found


@contextmanager
def _packages_of_evaluate() -> Iterator[None]:
    """Say how to get what the light install lacks.

    Raises:
        MachineError: a package of the extra `evaluate` is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        if exc.name not in EVALUATE:
            raise
        raise MachineError(
            where=exc.name, message=f"{exc.name} is not installed here", fix="pip install 'apbot[evaluate]'"
        ) from exc


def _published(
    listed: ListedModel, sources: Sources, protocol: str, normalization: "Normalization | None"
) -> "tuple[Inspection, list[str]]":
    """The published checkpoint of a model; of several candidates the one that fits its key, and words about the choice."""
    found: dict[str, Inspection] = {}
    candidates: list[Candidate] = []
    for file in listed.checkpoints:
        stored = sources.obtain(file)
        try:
            inspection = _inspected(stored.path, listed.key, protocol, normalization)
        except ContributorError as exc:
            if len(listed.checkpoints) == 1:
                raise _not_what_the_list_says(exc, file, listed.key) from exc
            candidates.append(Candidate(file=file, refusal=exc.message))
        else:
            found[file.id] = inspection
            holds, zero_weights = inspection.layout.full_name, inspection.sparsity.weights
            candidates.append(Candidate(file=file, holds=holds, zero_weights=zero_weights))
    if len(candidates) == 1:
        return found[candidates[0].file.id], []
    taken, words = choose(listed.key, candidates)
    return found[taken.file.id], [words]


def _inspected(path: Path, key: ModelKey, protocol: str, normalization: "Normalization | None") -> "Inspection":
    from apcore.inspection import inspect_checkpoint  # noqa: PLC0415 - numpy, which the list does not need

    return inspect_checkpoint(path, key, load_protocol(protocol), normalization=normalization)


def _alias_words(key: str | ModelKey, listed: ListedModel) -> Iterator[str]:
    if str(key) != str(listed.key):
        yield f"this is what `{key}` was read as"


def _sparsity_words(inspection: "Inspection") -> Iterator[str]:
    if not inspection.agrees:
        found = inspection.sparsity
        yield (
            f"the key says {inspection.key.structure} {inspection.key.sparsity} %, measured are {100 * found.weights:.2f} % "
            f"zero weights, {100 * found.filters:.2f} % zero filters and {100 * found.channels:.2f} % zero input channels"
        )


def _network(inspection: "Inspection", *, device: "torch.device", smaller: bool) -> "nn.Module":
    import torch  # noqa: PLC0415

    from apcore.compaction.compact import compact  # noqa: PLC0415
    from apcore.networks.network import network_from_arrays  # noqa: PLC0415

    network = network_from_arrays(inspection.graph, inspection.weights, normalization=inspection.normalization)
    if smaller:
        images = torch.rand(2, *inspection.graph.input_shape, generator=torch.Generator().manual_seed(1))
        network = compact(network, images).network
    return network.to(device)


def _not_what_the_list_says(exc: ContributorError, file: PublishedFile, key: ModelKey) -> ContributorError:
    if exc.where.startswith(("model_key", "normalization")):
        return exc  # the call's own arguments
    return ContributorError(
        where=exc.where,
        message=exc.message,
        fix=f"nothing that you did: the published file `{file.id}` is not what `{key}` says; tell the maintainers of the "
        "benchmark; a copy of your own loads with `checkpoint=PATH`",
    )


def _no_distances(listed: ListedModel) -> ContributorError:
    having = [model.key for model in available_models() if model.distances]
    near = ", ".join(f"`{key}`" for key in nearest_keys(listed.key, having))
    return ContributorError(
        where="key",
        message=f"no distances of `{listed.key}` are published, only its checkpoint",
        fix=f"it is the turn of the method's authors ({listed.taxonomy.paper_url}) to publish them; "
        f"the nearest with distances are {near}; `load_model` loads the checkpoint, to measure them yourself",
    )
