"""The device that attacks run on."""

import torch

from apcore.errors import MachineError


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
