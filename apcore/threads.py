"""How many threads torch gets: on small networks a second one costs more than it brings.

Every operation of a pass ends with the threads waiting for each other. On the arithmetic of a tiny network that wait is most of
the time, and where another program takes one of the cores meanwhile, nearly all of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

SMALL_MACS: Final = 1_000_000_000


def threads_for(macs_per_batch: int, available: int) -> int:
    """Threads for forward passes of that many multiply-accumulates; `available` is what torch would use."""
    return 1 if macs_per_batch < SMALL_MACS else available


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads, and give back what it had."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
