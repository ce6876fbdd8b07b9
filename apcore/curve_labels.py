"""What a legend calls each curve: the part of its key in which it differs from the others; what all share is the title."""

from collections.abc import Sequence
from typing import Final

from apcore.model_key import ModelKey

LONGEST: Final = 44


def curve_labels(keys: Sequence[ModelKey | None], names: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """A label for each curve, and the title.

    Args:
        keys: None where a file does not say its key.
        names: of the files, which stand for the key where there is none, and beside it where two curves have one key.

    Returns:
        Labels, and the parts that all keys share; an empty title if a key is missing.
    """
    known = [key for key in keys if key is not None]
    parts = [_parts(key) for key in known]
    differ = [len(set(column)) > 1 for column in zip(*parts, strict=True)]
    if differ:
        differ[-1] = True  # structure and sparsity always stand in the label
    labels = [_label(key, name, differ) for key, name in zip(keys, names, strict=True)]
    twice = {label for label in labels if labels.count(label) > 1}
    labels = [
        f"{label}, {name}" if label in twice and key else label
        for label, key, name in zip(labels, keys, names, strict=True)
    ]
    if len(known) < len(keys) or not known:
        return tuple(labels), ""
    method, architecture, dataset, _ = parts[0]
    shared = [part for part, differs in zip((method, architecture, dataset), differ, strict=False) if not differs]
    return tuple(labels), ", ".join(shared)


def _parts(key: ModelKey) -> tuple[str, ...]:
    return key.ap_key, key.architecture, key.dataset, f"{key.structure} {key.sparsity} %"


def _label(key: ModelKey | None, name: str, differ: Sequence[bool]) -> str:
    if key is None:
        return name if len(name) <= LONGEST else f"{name[: LONGEST // 2 - 1]}…{name[-LONGEST // 2 :]}"
    return " ".join(part for part, differs in zip(_parts(key), differ, strict=True) if differs)
