"""Everything about this machine, its packages and the declared layouts that can move a measured number."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from apcore.layouts.registry import registry

CHOSEN: Final = frozenset({"threads", "layout", "images_per_pass"})
"""What `apcore.execution` chooses and a result records beside all this; it decides no outcome, but for last bits."""

_PACKAGES: Final = ("torch", "torchvision", "pyautoattack", "numpy", "scipy", "optuna", "apbot")


def environment(device: str) -> dict[str, str | int]:
    """Versions, device and numeric settings of an evaluation on `device` (`cpu`, `cuda`, `cuda:1`).

    `layouts` is the beginning of the declarations' SHA-256: with them, effective weights may change.

    Raises:
        ValueError: torch knows no such device, or it is not there.
    """
    import torch  # noqa: PLC0415 - seconds to import, and needed by those alone who evaluate

    chosen = torch.device(device)
    found: dict[str, str | int] = {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "device": chosen.type,
        "device_name": torch.cuda.get_device_name(chosen) if chosen.type == "cuda" else platform.machine(),
        "dtype": "float32",
        "threads": torch.get_num_threads(),
        "layouts": registry().sha256[:16],
    }
    if chosen.type == "cuda":
        cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call] # torch leaves it untyped
        found |= {"cuda": torch.version.cuda or "unknown", "cudnn": str(cudnn)}
    return found | {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
