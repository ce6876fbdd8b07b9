"""Which network a checkpoint holds, whatever file it came in: a hash of its effective weights.

Two files with the same fingerprint compute the same function on the same input, whether saved with masks or without, as zip
or as safetensors, in this order of tensors or that. Two with different fingerprints may still be one network with its
channels permuted or its scales moved; that is not looked for.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

_VERSION: Final = b"apbot weights 1\n"


def weights_fingerprint(weights: Mapping[str, np.ndarray[Any, np.dtype[Any]]]) -> str:
    """SHA-256 over name, shape and float32 values of each tensor, in the order of their names.

    Args:
        weights: effective tensors by state-dict name, as `apcore.layouts.effective.effective_tensors` gives them; any order,
            byte order and memory layout. -0.0 counts as 0.0, for a mask leaves either.

    Raises:
        ValueError: there are no tensors, or one holds a value that is not finite in float32.
    """
    if not weights:
        raise ValueError("there are no tensors")
    digest = hashlib.sha256(_VERSION)
    for name in sorted(weights):
        with np.errstate(over="ignore"):  # told below
            values = np.ascontiguousarray(weights[name], dtype="<f4")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} holds a value that is not finite in float32")
        # Lengths first, so that no two lists of tensors read as the same bytes.
        digest.update(f"{len(name.encode())} {name} {'x'.join(map(str, values.shape))}\n".encode())
        digest.update((values + np.float32(0.0)).astype("<f4").tobytes())
    return digest.hexdigest()
