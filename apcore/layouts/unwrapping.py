"""The network inside its wrappers: prefixes taken off, a normalisation's buffers and batch counters set apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from apcore.arrays import Array
from apcore.checkpoint.quoting import quoted
from apcore.errors import ContributorError
from apcore.layouts.declaration import Normalization

WRAPPERS: Final = ("module.", "_orig_mod.", "basic_model.", "model.", "net.", "network.")
"""What DataParallel, torch.compile and wrapper classes write before every name; `module.basic_model.` is two of them."""

BUFFERS: Final = ("normalize.mean", "normalize.std")
"""A normalising first layer, as Robust Bird and Flying Bird register it."""

_UNREAD: Final = "num_batches_tracked"  # BatchNorm counts training batches in it; evaluation never reads it
_MAX_WRAPPERS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A state dict without what surrounds the network.

    Args:
        tensors: by name, without `prefix`; those of the network alone.
        prefix: what stood before every name, "" if nothing.
        buffers: (mean, std) of a normalising first layer in the file, None if there is none.
        ignored: number of batch counters, which evaluation never reads.
    """

    tensors: Mapping[str, Array]
    prefix: str
    buffers: Normalization | None
    ignored: int


def unwrap(stored: Mapping[str, Array], *, where: str = "checkpoint") -> Unwrapped:
    """Take off wrapper after wrapper, as long as all names carry the same one.

    The normalising layer may stand beside the network or inside its wrappers.

    Raises:
        ContributorError: the file's normalisation is not three means from -10 to 10 and three deviations above 0 up to 10.
    """
    rest, prefix, buffers = dict(stored), "", None
    for _ in range(_MAX_WRAPPERS):
        if buffers is None and all(name in rest for name in BUFFERS):
            buffers = _normalization(*(rest.pop(name) for name in BUFFERS), where=where)
        wrapper = next((w for w in WRAPPERS if rest and all(name.startswith(w) for name in rest)), None)
        if wrapper is None:
            break
        prefix += wrapper
        rest = {name.removeprefix(wrapper): array for name, array in rest.items()}
    tensors = {name: array for name, array in rest.items() if name.rpartition(".")[2] != _UNREAD}
    return Unwrapped(tensors=tensors, prefix=prefix, buffers=buffers, ignored=len(rest) - len(tensors))


def _normalization(mean: Array, std: Array, *, where: str) -> Normalization:
    floats = all(values.dtype.kind == "f" and values.size == 3 for values in (mean, std))
    if not floats or not ((abs(mean) <= 10).all() and (std > 0).all() and (std <= 10).all()):
        raise ContributorError(
            where=where,
            message=f"{quoted(BUFFERS[0])} and {quoted(BUFFERS[1])} are not three means from -10 to 10 "
            "and three deviations above 0 up to 10, for pixels in [0, 1]",
            fix="leave them out of the file and state the normalisation in the form",
        )
    one, other = (tuple(float(str(value)) for value in values.ravel()) for values in (mean, std))
    return one, other
