"""From stored tensors to those of a declared network: every one, and none left over, or an error that says what differs.

A network whose weights were taken in part stays random in part, and its accuracy is then a number about nothing. The
released benchmark accepted such files in silence; here there is no `strict=False`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apcore.checkpoint.quoting import listed, quoted
from apcore.errors import ContributorError

PREFIXES: Final = ("module.basic_model.", "module.model.", "module.", "basic_model.", "model.")
"""What DataParallel and wrapper classes put before every name; the longest that fits all names is taken off."""

_UNREAD: Final = "num_batches_tracked"  # BatchNorm counts training batches in it; evaluation never reads it

_OTHER_FORMS: Final = (
    (("weight_orig", "weight_mask"), "make pruning permanent with `torch.nn.utils.prune.remove(layer, 'weight')`"),
    (("popup_scores",), "export the dense network: multiply each weight by the mask that its scores stand for"),
    (("mask_weight", "mask_bias"), "export the dense network: multiply each weight by its mask"),
    (("normalize.mean", "normalize.std", "mean", "std"), "leave normalisation out of the file; state it in the form"),
)
"""Last parts of names that belong to known pruning code, and how to make a plain state dict of such a network."""

_EXAMPLES: Final = 4

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]


def assign(
    stored: Mapping[str, Array], expected: Mapping[str, Shape], *, layout: str, where: str = "checkpoint"
) -> dict[str, npt.NDArray[np.float32]]:
    """The tensors that a network needs, in the order in which it names them.

    Args:
        stored: what the checkpoint holds, with or without one of `PREFIXES` before every name.
        expected: shape of each tensor by name; all of them are floating point, `num_batches_tracked` is not among them.
        layout: name of the network as messages show it, ours and never read from a file.
        where: the path that errors carry.

    Returns:
        One float32 array for each expected name; half precision is exact in it, double precision is rounded.

    Raises:
        ContributorError: names are missing or left over, or a shape or a type differs.
    """
    found = {
        name: array
        for name, array in without_prefix(stored, expected).items()
        if name.rpartition(".")[2] != _UNREAD or name in expected
    }
    missing = [name for name in expected if name not in found]
    left_over = [name for name in found if name not in expected]
    shapes = [name for name, shape in expected.items() if name in found and found[name].shape != shape]
    if missing or left_over or shapes:
        raise ContributorError(
            where=where,
            message=f"the checkpoint does not fit {layout}: "
            + "; ".join(_differences(found, expected, missing, left_over, shapes)),
            fix=_fix(layout, left_over),
        )
    return {name: _float32(name, found[name], where) for name in expected}


def without_prefix(stored: Mapping[str, Array], expected: Mapping[str, Shape]) -> dict[str, Array]:
    """`stored` without the prefix that all its names carry, unless the expected names carry it as well."""
    for prefix in PREFIXES:
        if stored and all(name.startswith(prefix) for name in stored):
            if all(name.startswith(prefix) for name in expected):
                break
            return {name.removeprefix(prefix): array for name, array in stored.items()}
    return dict(stored)


def _differences(
    found: Mapping[str, Array],
    expected: Mapping[str, Shape],
    missing: Sequence[str],
    left_over: Sequence[str],
    shapes: Sequence[str],
) -> list[str]:
    said = []
    if missing:
        said.append(f"{len(missing)} of {len(expected)} tensors are missing ({_examples(missing)})")
    if left_over:
        said.append(f"{len(left_over)} of the file's {len(found)} tensors belong nowhere ({_examples(left_over)})")
    if shapes:
        examples = ", ".join(
            f"{quoted(name)} is {_shape(found[name].shape)} instead of {_shape(expected[name])}"
            for name in shapes[:_EXAMPLES]
        )
        more = f" and {len(shapes) - _EXAMPLES} more" if len(shapes) > _EXAMPLES else ""
        said.append(f"{len(shapes)} of {len(expected)} shapes differ ({examples}{more})")
    return said


def _fix(layout: str, left_over: Sequence[str]) -> str:
    parts = {".".join(name.split(".")[-count:]) for name in left_over for count in (1, 2)}
    for endings, advice in _OTHER_FORMS:
        if parts & set(endings):
            return advice
    return f"upload the state dict of {layout}, or name the architecture that this file holds"


def _float32(name: str, array: Array, where: str) -> npt.NDArray[np.float32]:
    if array.dtype.kind != "f":
        raise ContributorError(
            where=where,
            message=f"{quoted(name)} holds {array.dtype} numbers where floating-point weights belong",
            fix="save the weights as they are used in the forward pass: `tensor.float()`",
        )
    with np.errstate(over="ignore"):
        single = array.astype(np.float32)
    if not np.isfinite(single).all():
        raise ContributorError(
            where=where,
            message=f"{quoted(name)} holds values beyond the range of single precision",
            fix="upload the checkpoint of an epoch before training diverged",
        )
    return single


def _examples(names: Sequence[str]) -> str:
    return listed(names, total=len(names), limit=_EXAMPLES)


def _shape(shape: Shape) -> str:
    return f"[{', '.join(str(side) for side in shape)}]"
