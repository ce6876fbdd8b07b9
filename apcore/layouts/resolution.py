"""Which layout a file is of. The key decides where it names a published method, else names and shapes do.

Names and shapes do not identify a network: three published VGG-16 are stored alike and normalise their input differently.
Under the key of a published method its layouts hold, and another one is a contradiction. Under any other key the first
declared layout counts that the file fills exactly.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from apcore.arrays import Array
from apcore.errors import ContributorError
from apcore.layouts.coverage import Differences, differences
from apcore.layouts.declaration import Layout, Method
from apcore.layouts.registry import Registry, registry
from apcore.layouts.stored_names import stored_tensors
from apcore.layouts.unwrapping import Unwrapped, unwrap

_ADVICE: Final = (
    (
        ("popup_scores", "scores"),
        "export the dense network: multiply each weight by the mask that its scores stand for",
    ),
    (("weight_orig", "weight_mask"), "make pruning permanent with `torch.nn.utils.prune.remove(layer, 'weight')`"),
    (("mask_weight", "mask_bias", "mask"), "export the dense network: multiply each weight by its mask"),
    (("mean", "std"), "leave normalisation out of the file; state it in the form"),
)
"""Last parts of names that belong to known pruning code, and how to make a plain state dict of such a network."""

_HARP_EXPORT: Final = (
    "upload the checkpoint with its final `popup_scores`, or multiply each weight by its own layer's mask; "
    "the dense export of HARP's code keeps the same share in every layer, which is not the network that was trained"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A file whose layout is known.

    Args:
        layout: which one; the file's tensors are exactly those of it.
        method: the published method that the key names, None if it names none.
        unwrapped: the tensors by the layout's names, and what surrounded them.
    """

    layout: Layout
    method: Method | None
    unwrapped: Unwrapped


def resolve(
    stored: Mapping[str, Array],
    *,
    ap_key: str,
    architecture: str,
    declared: Registry | None = None,
    where: str = "checkpoint",
) -> Resolved:
    """Find the layout of a file.

    Args:
        stored: what the checkpoint holds.
        ap_key: the method's part of the model key.
        architecture: name of the architecture that the key names, as layouts have it.
        declared: layouts and methods, None for those of this package.
        where: the path that errors carry.

    Raises:
        ContributorError: the file is of no declared layout, or of one that contradicts the key; names the nearest layout,
            what is missing and what is left over.
    """
    declared = declared or registry()
    unwrapped = unwrap(stored, where=where)
    method = declared.methods.get(ap_key)
    own = tuple(declared.layouts[name] for name in method.layouts_of(architecture)) if method else ()
    candidates = own or declared.layouts_of(architecture)
    for layout in candidates:
        if _differences(unwrapped, layout).count == 0:
            return Resolved(layout=layout, method=method, unwrapped=unwrapped)
    others = (layout for layout in declared.layouts.values() if layout not in candidates)
    elsewhere = next((layout for layout in others if _differences(unwrapped, layout).count == 0), None)
    if elsewhere is not None:
        raise _contradiction(elsewhere, candidates, method if own else None, where)
    raise _unknown(unwrapped, candidates, where)


def _differences(unwrapped: Unwrapped, layout: Layout) -> Differences:
    return differences(unwrapped.tensors, stored_tensors(layout))


def _contradiction(
    found: Layout, candidates: tuple[Layout, ...], method: Method | None, where: str
) -> ContributorError:
    expected = candidates[0].title
    if method is None or found.title != expected:
        return ContributorError(
            where=where,
            message=f"the checkpoint holds {found.full_name}, the model key says {expected}",
            fix="correct the architecture in the key, or upload the file that belongs to it",
        )
    names = _named(layout.name for layout in candidates)
    return ContributorError(
        where=where,
        message=f"the checkpoint holds {found.full_name}, but `{method.ap_key}` is published as {expected} in {names}: "
        "how this network normalises its input is then unknown",
        fix="upload the network as the method's code saves it, or submit it under a key of its own, "
        "with its normalisation stated in the form",
    )


def _unknown(unwrapped: Unwrapped, candidates: tuple[Layout, ...], where: str) -> ContributorError:
    compared = [(_differences(unwrapped, layout), layout) for layout in candidates]
    found, nearest = min(compared, key=lambda pair: pair[0].count)
    which = f", the nearest of {len(candidates)} declared layouts" if len(candidates) > 1 else ""
    return ContributorError(
        where=where,
        message=f"the checkpoint does not fit {nearest.full_name}{which}: {found.words}",
        fix=_fix(nearest, found),
    )


def _fix(nearest: Layout, found: Differences) -> str:
    if nearest.rule.rate and not found.left_over:
        return _HARP_EXPORT
    ends = {name.rpartition(".")[2] for name in found.left_over}
    for endings, advice in _ADVICE:
        if ends & set(endings):
            return advice
    return f"upload the state dict of {nearest.full_name}, or name the architecture that this file holds"


def _named(names: Iterable[str]) -> str:
    *most, last = names
    return f"layout {', '.join(most)} or {last}" if most else f"layout {last}"
