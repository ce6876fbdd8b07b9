"""Minimum distances that an author submitted, read safely from whatever format they came in."""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from apcore.checkpoint.limits import ReadLimits
from apcore.checkpoint.reading import run_child
from apcore.checkpoint.regular_file import check_size, open_regular
from apcore.errors import TurnError

DISTANCES_LIMITS: Final = ReadLimits(
    max_bytes=16 << 20, memory_factor=16, memory_extra_bytes=1 << 29, cpu_s=6, wall_s=120.0
)


def read_distances(
    path: Path, *, limits: ReadLimits = DISTANCES_LIMITS, where: str = "distances"
) -> npt.NDArray[np.float64]:
    """HO-FMN distances from .npy, .npz, JSON, or a pickled list of tensors as the released benchmark writes it.

    Args:
        path: the file; its name does not matter.
        limits: what reading it may cost.
        where: the path that errors carry.

    Returns:
        (n,) with 1 <= n <= 10,000, L-inf distances >= 0 with pixels in [0, 1]; inf where no adversarial example was
        found. The released code writes 0 both for a misclassified sample and for one that was never fooled.

    Raises:
        ContributorError: the file is refused; says what to change in it.
        MachineError: it could not be read here, through no fault of its author.
    """
    try:
        with open_regular(path) as file:
            check_size(file, limits.max_bytes)
            _, arrays = run_child("distances", file, limits)
    except TurnError as exc:
        raise exc.below(where) from exc
    distances: npt.NDArray[np.float64] = arrays[0]
    return distances
