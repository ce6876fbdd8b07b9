"""What a machine must have: room on its disk, a GPU that answers, walls that hold, test images, a way to Google Drive."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.doctor.diagnosis import Diagnosis, Role, fails, ok, untried

# Packages with CUDA take 6.5 GB installed and about as much while they are unpacked; a submission of twelve checkpoints up to 6 GB.
NEEDED_BYTES: Final = {Role.RUNNER: 25 * 10**9, Role.HOSTED: 10**9}

_SECRET: Final = re.compile(r"TOKEN|SECRET|PASSWORD|CREDENTIAL|_KEY(?:_|$)|^APBOT_APP", re.IGNORECASE)


def disk(free_bytes: int, folder: str, role: Role) -> Diagnosis:
    """There is room for packages, a submission's files and a run's state."""
    needed = NEEDED_BYTES[role]
    said = f"{free_bytes / 1e9:,.0f} GB free in {folder}"
    if free_bytes >= needed:
        return ok("disk", said)
    return fails(
        "disk", f"{said}, {needed / 1e9:,.0f} GB are needed", "make room, or put the runner's folder elsewhere"
    )


def credentials(names: Collection[str]) -> Diagnosis:
    """The environment in which strangers' files are read holds nothing worth stealing; `names` are those of its variables."""
    found = sorted(name for name in names if _SECRET.search(name))
    if not found:
        return ok("credentials", "none in the environment")
    return fails(
        "credentials",
        f"in the environment: {', '.join(found)}",
        "take them out of the runner's account; a machine that reads strangers' files needs none",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """What torch says of the GPU.

    Args:
        torch: its version, None where it is not installed.
        built_for: the CUDA version that torch was built with; None for a build without.
        devices: names of those it sees.
        error: why it sees none, if it says so.
    """

    torch: str | None
    built_for: str | None = None
    devices: tuple[str, ...] = ()
    error: str = ""


def gpu(found: Gpu) -> Diagnosis:
    """Torch has held a number on a GPU."""
    if found.torch is None:
        return untried("gpu", "torch is not installed", "install requirements/evaluate.txt, then run this again")
    if found.built_for is None:
        return fails("gpu", f"torch {found.torch} is built without CUDA", "install it from requirements/evaluate.txt")
    if not found.devices:
        reason = f": {found.error}" if found.error else ""
        return fails(
            "gpu",
            f"torch {found.torch} for CUDA {found.built_for} sees no GPU{reason}",
            "install NVIDIA's driver (`nvidia-smi` must list the card), restart, and give the runner's account /dev/nvidia*",
        )
    return ok("gpu", f"{', '.join(found.devices)}; torch {found.torch} for CUDA {found.built_for}")


def gpu_behind_walls(devices: Sequence[str], code: int | None, error: str) -> Diagnosis:
    """The driver starts inside the sandbox, where alone it will be used.

    Args:
        devices: the device files of the GPU.
        code: what `cuInit(0)` returned in there; None if it could not be called.
        error: why not.
    """
    name = "gpu in the sandbox"
    if not devices:
        return untried(
            name, "there is no /dev/nvidia* to show to the sandbox", "mend the GPU first, then run this again"
        )
    if code is None:
        return fails(
            name,
            f"cuInit could not be called: {error}",
            "mend the sandbox first; else see that libcuda.so.1 is in /usr",
        )
    if code:
        return fails(
            name,
            f"cuInit says {code} in the sandbox",
            "look the number up among CUDA's CUresult; 304 means that the sandbox may not open a device, 100 that none is there",
        )
    return ok(name, "cuInit works in there")


def walls(name: str, attempts: Mapping[str, bool] | None, error: str = "") -> Diagnosis:
    """Nothing that a hostile file might try gets through.

    Args:
        name: what stands around the process.
        attempts: what was tried in there, and whether it got through; None if it could not be run.
        error: why not.
    """
    if attempts is None:
        return fails("sandbox", f"nothing can be confined here: {error}", _OPEN_WALLS)
    through = [what for what, worked in attempts.items() if worked]
    if through:
        return fails("sandbox", f"behind {name}, a process could {', '.join(through)}", _LEAKING)
    return ok("sandbox", f"{name}; tried in vain: {', '.join(attempts)}")


def data_set(name: str, found: tuple[int, str] | None, needed: int, error: str = "") -> Diagnosis:
    """The test images are here, and all of them.

    Args:
        name: of the dataset.
        found: number of images, and the SHA-256 of pixels and labels; None if there are none.
        needed: how many the protocol reads.
        error: why there are none.
    """
    check = f"test images {name}"
    if found is None:
        return fails(check, error, f"put torchvision's download of {name} or `{name}.npz` into the folder of --data")
    count, sha256 = found
    if count < needed:
        return fails(check, f"{count:,} images, the protocol reads {needed:,}", "put the complete test set there")
    return ok(
        check, f"{count:,} images, SHA-256 of pixels and labels {sha256[:16]}; compare it with your other machines"
    )


def drive(status: int | None, error: str = "") -> Diagnosis:
    """Google Drive answers."""
    if status is not None and status < 500:
        return ok("google drive", f"answers (HTTP status {status})")
    said = f"HTTP status {status}" if status is not None else error
    return fails(
        "google drive", f"does not answer: {said}", "let this machine reach https://drive.google.com", is_service=True
    )


_OPEN_WALLS: Final = (
    "allow unprivileged user namespaces (on Ubuntu by an AppArmor profile for bwrap), or use a kernel from 5.13 with Landlock; "
    "libseccomp2 must be installed. Until then the bot reads no file here"
)
_LEAKING: Final = "let this machine measure nothing, and report this: a wall does not do what it promises"
