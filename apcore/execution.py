"""How a network runs on this machine: threads, memory layout, and how many images a forward pass should take.

Outcomes do not depend on any of it but for last bits. What is decided here was measured on CPUs with AVX2 and torch 2.14
(docs/speed.md); on CUDA nothing could be tried, so everything there is as torch has it.

*Threads.* Every operation of a pass ends with the threads waiting for each other. On the arithmetic of a tiny network that wait is
most of the time, and where another program takes one of the cores meanwhile, nearly all of it.

*Layout.* With channels last oneDNN needs no copy before and after each convolution.

*Images.* A pass through a narrow network costs more for its operations than for its arithmetic, until it takes some dozens of
images.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch

from apcore.attacks.library import NO_FILLING, Filling
from apcore.compaction.freed_memory import give_back_freed_memory
from apcore.networks.network import Network

SMALL_MACS: Final = 1_000_000_000
PASS_MACS: Final = 2_200_000_000
"""Arithmetic of a pass beyond which more images make it no cheaper for each."""
PASS_IMAGES: Final = 64
OVERHEAD_MACS: Final = 50_000_000
"""What the operations of a pass cost besides their arithmetic, as arithmetic that takes as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What is chosen for one network and batch.

    Args:
        threads: of torch.
        channels_last: whether images and weights lie with their channels last.
        filling: how attacks on few samples fill a pass.
    """

    threads: int
    channels_last: bool
    filling: Filling

    def prepared(self, network: Network) -> Network:
        """`network`, laid in memory as was chosen; what was freed since it was read is given back before attacks ask for more."""
        prepared = network.lay_channels_last() if self.channels_last else network
        give_back_freed_memory()
        return prepared

    def facts(self) -> dict[str, str | int]:
        """What a result records."""
        layout = "channels last" if self.channels_last else "channels first"
        return {"threads": self.threads, "layout": layout, "images_per_pass": self.filling.images}


def execution_for(macs: int, *, samples: int, device: str, available: int) -> Execution:
    """What to choose.

    Args:
        macs: multiply-accumulates of the network, per image.
        samples: how many are attacked at once.
        device: torch's name of its type.
        available: threads that torch would use.
    """
    if device != "cpu":
        return Execution(threads=available, channels_last=False, filling=NO_FILLING)
    images = max(1, min(PASS_IMAGES, PASS_MACS // macs))
    threads = 1 if macs * max(samples, images) < SMALL_MACS else available
    filling = Filling(images=images, overhead=OVERHEAD_MACS / macs)
    return Execution(threads=threads, channels_last=True, filling=filling)


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads, and give back what it had."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
