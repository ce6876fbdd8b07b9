"""Random numbers of the attacks, kept apart from those of the program around them."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def undisturbed_rng() -> Iterator[None]:
    """Give torch's global generators back as they were found.

    pyautoattack seeds the global generators anew for every batch. Without this, whatever the caller draws afterwards
    would depend on the attack.
    """
    # Asking for the state of a CUDA generator would start CUDA; where it has not started, there is no state to keep.
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    with torch.random.fork_rng(devices=list(devices)):
        yield
