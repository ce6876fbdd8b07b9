"""The device that attacks run on, and what it means when it fails in the midst of them.

Whatever a device does, finished batches are in the state of the attacks (`apcore.attacks.resumable`), so that the same command
goes on after them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from apcore.errors import MachineError

_GOES_ON: Final = "then run the same command again; finished batches are kept, and the attack goes on after them"
# torch has no type of its own for most of these: libraries below it report in words, and begin with their name.
_LOST: Final = re.compile(
    r"\b(CUDA|HIP|cuDNN|CUBLAS|CUSOLVER|CUSPARSE|CUFFT|NCCL|MPS)[ _-]?(driver |internal )?(error|STATUS)", re.IGNORECASE
)
_NO_MEMORY: Final = re.compile(r"out of memory|can't allocate memory|CUBLAS_STATUS_ALLOC_FAILED")


class OutOfMemoryError(MachineError):
    """The device has no room now; whoever shares it may give some back."""

    passes_soon = True


def usable_device(name: str) -> torch.device:
    """The device of that name, once it has held a number.

    Raises:
        MachineError: torch knows no such device, or it is not there.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as exc:
        raise MachineError(
            where="device",
            message=f"torch cannot use the device `{name}` here: {str(exc).splitlines()[0]}",
            fix="choose `--device cpu`, or mend the driver",
        ) from exc
    return device


@contextmanager
def device_errors(name: str) -> Iterator[None]:
    """Turn a failure of the device `name` in the block into an error that says what its operator does.

    Raises:
        OutOfMemoryError: device or machine have no memory left.
        MachineError: the device failed, or is gone.
    """
    try:
        yield
    except MemoryError as exc:
        raise _without_memory("this machine", exc) from exc
    except RuntimeError as exc:
        if isinstance(exc, torch.OutOfMemoryError) or _NO_MEMORY.search(str(exc)):
            raise _without_memory(f"the device `{name}`", exc) from exc
        if isinstance(exc, torch.AcceleratorError) or _LOST.search(str(exc)):
            raise _lost(name, exc) from exc
        raise


def _without_memory(what: str, exc: Exception) -> OutOfMemoryError:
    return OutOfMemoryError(
        where="device",
        message=f"{what} ran out of memory{_words(exc)}",
        fix=f"free memory or choose a device that has more, {_GOES_ON}",
    )


def _lost(name: str, exc: Exception) -> MachineError:
    return MachineError(
        where="device",
        message=f"the device `{name}` failed while it was at work{_words(exc)}",
        fix=f"see what its driver says (`nvidia-smi`, `dmesg`), restart the machine if it is gone, {_GOES_ON}",
    )


def _words(exc: Exception) -> str:
    line = (str(exc).strip().splitlines() or [""])[0].strip()
    return f": {line}" if line else ""
