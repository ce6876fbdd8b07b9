"""Two paths to the same outcomes, timed in one run: AutoAttack as an author would run it, and as it is run here.

The reference is pyautoattack called as the released benchmark calls it: on the network as the file stores it, with parameters
that require gradients, in batches of the protocol's size. The fast path is this program's: the network is compacted, parameters
are frozen, and threads, memory layout and the images of a pass follow the size of what is left (`apcore.execution`). Both get
the same samples, seed and radius, so that the outcomes must be equal sample by sample; a speed without that says nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from pyautoattack import AutoAttack
from torch import Tensor

from apcore.attacks.autoattack import SURVIVED, run_autoattack
from apcore.attacks.clean import margins
from apcore.attacks.progress import Listener, ignore
from apcore.compaction.compact import Compacted, compact
from apcore.device import usable_device
from apcore.execution import execution_for, torch_threads
from apcore.inspection import Inspection
from apcore.networks.network import Network, network_from_arrays
from apcore.protocol import AutoAttackSettings

_COMPARED_IMAGES: Final = 2
ROUNDING: Final = 1e-4
"""Logits of the two paths differ in their sixth digit; an example whose margin is smaller than this may fool one path alone."""
Robust = NDArray[np.bool_]
Tell = Callable[[str], None]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """What a path took: wall time, and processor time of all threads of this process."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A sample that one path alone broke.

    Args:
        sample: its position among those attacked.
        margin: by how much the network as stored gives its class the larger logit at the example that broke it.
    """

    sample: int
    margin: float

    @property
    def within_rounding(self) -> bool:
        """Whether last bits explain it."""
        return abs(self.margin) <= ROUNDING


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Speed:
    """Both paths on the same samples.

    Args:
        samples: how many.
        eps: AutoAttack's radius, as the protocol writes it.
        batch_size: of both.
        threads: of the reference; the fast path may take fewer.
        reference: what the library took on the network as stored.
        fast: what this program took, without `compaction`.
        compaction: what compacting took, with its proof in float64.
        evaluated: whether the compact network was attacked, or the one as stored.
        macs_stored: multiply-accumulates an image, as stored.
        macs_evaluated: the same of what was attacked.
        robust: how many samples survive the fast path.
        differing: the samples whose outcomes differ, in their order.
    """

    samples: int
    eps: str
    batch_size: int
    threads: int
    reference: Seconds
    fast: Seconds
    compaction: Seconds
    evaluated: str
    macs_stored: int
    macs_evaluated: int
    robust: int
    differing: tuple[Difference, ...]

    @property
    def ratio(self) -> float:
        """How many times less processor time the fast path takes, compaction included."""
        return self.reference.processor / (self.fast.processor + self.compaction.processor)

    @property
    def wall_ratio(self) -> float:
        """The same in wall time."""
        return self.reference.wall / (self.fast.wall + self.compaction.wall)

    @property
    def mac_ratio(self) -> float:
        """How many times fewer multiply-accumulates are left: what exact compaction alone could bring at most."""
        return self.macs_stored / self.macs_evaluated


def compare_speed(
    inspection: Inspection,
    samples: tuple[Tensor, Tensor],
    settings: AutoAttackSettings,
    *,
    device: str = "cpu",
    tell: Tell = lambda _words: None,
    progress: Listener = ignore,
) -> Speed:
    """Attack the same samples on both paths, the fast one first, since it says how long the other will take at least.

    Args:
        inspection: the checkpoint.
        samples: images (n, channels, height, width) float32 in [0, 1], and labels (n,) int64.
        settings: radius, seed and batch size; its randomness is not read, for only `reference` outcomes can be equal.
        device: torch's name of the device.
        tell: told in a line of words what comes next.
        progress: told how far the fast path is; the library says nothing of itself.

    Raises:
        MachineError: the device is not there.
    """
    target = usable_device(device)
    images, labels = (part.to(target) for part in samples)
    compacted, compaction = _timed(lambda: compact(_stored(inspection), samples[0][:_COMPARED_IMAGES]))
    tell(
        f"the fast path: {compacted.macs_evaluated / 1e6:.2f} million multiply-accumulates an image, {compacted.evaluated}"
    )
    (ours, our_examples), fast = _timed(lambda: _here(compacted, images, labels, settings, progress))
    tell(f"the fast path took {fast.wall:.1f} s; now the library, on the network as stored")
    (theirs, their_examples), reference = _timed(
        lambda: _by_the_library(_stored(inspection).to(target), images, labels, settings, device)
    )
    places = np.flatnonzero(ours != theirs).tolist()
    broken = [(their_examples if ours[place] else our_examples)[place] for place in places]
    with torch.no_grad():
        found = margins(_stored(inspection).to(target)(torch.stack(broken)), labels[places]).tolist() if places else []
    return Speed(
        samples=len(labels),
        eps=settings.eps_text,
        batch_size=settings.batch_size,
        threads=torch.get_num_threads(),
        reference=reference,
        fast=fast,
        compaction=compaction,
        evaluated=compacted.evaluated,
        macs_stored=compacted.macs_stored,
        macs_evaluated=compacted.macs_evaluated,
        robust=int(ours.sum()),
        differing=tuple(Difference(sample=place, margin=it) for place, it in zip(places, found, strict=True)),
    )


def _stored(inspection: Inspection) -> Network:
    return network_from_arrays(inspection.graph, inspection.weights, normalization=inspection.normalization)


def _here(
    compacted: Compacted, images: Tensor, labels: Tensor, settings: AutoAttackSettings, progress: Listener
) -> tuple[Robust, Tensor]:
    """Which samples are robust, and for the others what broke them."""
    execution = execution_for(
        compacted.macs_evaluated,
        samples=min(settings.batch_size, len(images)),
        device=images.device.type,
        available=torch.get_num_threads(),
    )
    network, examples = execution.prepared(compacted.network).to(images.device), images.clone()
    with torch_threads(execution.threads):
        found = run_autoattack(
            network, images, labels, settings, progress=progress, filling=execution.filling, examples=examples
        )
    return found.broken_by == SURVIVED, examples


def _by_the_library(
    network: Network, images: Tensor, labels: Tensor, settings: AutoAttackSettings, device: str
) -> tuple[Robust, Tensor]:
    """The same by the library.

    Source: pralab/AdversarialPruningBenchmark at 0ae46e7, utils/test.py, which leaves the seed to the clock.
    """
    with_trainable_weights(network)
    library: Any = AutoAttack(
        network.eval(), norm="Linf", eps=settings.eps, seed=settings.seed, version="standard", device=device
    )
    examples, predicted = library.run_standard_evaluation(images, labels, batch_size=settings.batch_size)
    return (predicted == labels).cpu().numpy(), examples


def with_trainable_weights(network: Network) -> None:
    """Have weights, biases and BatchNorm's scales ask for gradients, as the parameters of an author's module do."""
    for name, tensor in network.tensors().items():
        tensor.requires_grad_(not name.endswith(("running_mean", "running_var")))


def _timed(run: Callable[[], Found]) -> tuple[Found, Seconds]:
    wall, processor = time.perf_counter(), time.process_time()
    found = run()
    return found, Seconds(wall=time.perf_counter() - wall, processor=time.process_time() - processor)
