"""Finding the state dict in what the safe loader returned, and making plain arrays of it. Runs in the child.

Whatever is not a tensor is neither printed, compared nor walked: a few hundred bytes can describe an object whose `repr`
or `==` never ends.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

import numpy as np
import torch
from torch import Tensor

from apcore.checkpoint.container import HEAD_BYTES, Container, check_zip, goes_on, sniff
from apcore.checkpoint.quoting import listed, quoted
from apcore.checkpoint.refusals import explain
from apcore.checkpoint.stand_ins import STAND_INS
from apcore.errors import ContributorError, TurnError

PLACES: Final = (
    "state_dict",
    "net",
    "model",
    "model_state_dict",
    "model_state",
    "network",
    "weights",
    "params",
)
"""Keys under which training scripts put the state dict."""

MAX_TENSORS: Final = 10_000
_MAX_NAME: Final = 300
_DTYPES: Final = {
    torch.float16: torch.float16,
    torch.float32: torch.float32,
    torch.float64: torch.float64,
    torch.bfloat16: torch.float32,  # numpy has no bfloat16; every value of it is a float32
    torch.bool: torch.bool,
    torch.uint8: torch.uint8,
    torch.int8: torch.int8,
    torch.int16: torch.int16,
    torch.int32: torch.int32,
    torch.int64: torch.int64,
}
_WHAT_TO_SAVE: Final = "upload `torch.save(model.state_dict(), path)`, or a `dict` that has it under `state_dict`"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStateDict:
    """Tensors by name, and the key of the checkpoint under which they stood ("" if the file is the state dict)."""

    tensors: Mapping[str, Tensor]
    found_under: str


def load_state_dict(file: BinaryIO, size_bytes: int) -> FoundStateDict:
    """Read a checkpoint with PyTorch's safe loader, once, and find its state dict.

    Args:
        file: the checkpoint, at its beginning.
        size_bytes: its size.

    Raises:
        ContributorError: the file is no checkpoint, cannot be read safely, or holds no state dict that can be trusted.
    """
    container = sniff(file.read(HEAD_BYTES))
    if container is Container.ZIP:
        check_zip(file, size_bytes)
    file.seek(0)
    try:
        with torch.serialization.safe_globals(list(STAND_INS)), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about formats that are refused below, or read all the same
            # Never mmap (storages then reach beyond their record), never a second attempt without weights_only.
            loaded = torch.load(file, map_location="cpu", weights_only=True, mmap=False)
    except (TurnError, OSError):
        raise
    except Exception as exc:
        raise explain(exc) from exc
    if container is Container.LEGACY and (behind := size_bytes - file.tell()):
        raise goes_on(behind)
    found = find_state_dict(loaded)
    check_tensors(found.tensors, size_bytes)
    return found


def find_state_dict(loaded: object) -> FoundStateDict:
    """The state dict in `loaded`: what one of `PLACES` holds, or else the object itself.

    The places come first, since a checkpoint may well hold its best accuracy as a tensor beside them.

    Raises:
        ContributorError: there is none, there are several, or what looks like one holds more than named tensors.
    """
    if not isinstance(loaded, dict):
        raise _refusal(f"the file holds a {_kind(loaded)}, not a state dict", _WHAT_TO_SAVE)
    places = [place for place in PLACES if _holds_tensors(loaded.get(place))]
    if len(places) > 1:
        raise _refusal(
            f"the file holds {len(places)} state dicts, under {listed(places, total=len(places))}",
            "keep the one to be evaluated, under `state_dict`",
        )
    if places:
        return FoundStateDict(tensors=_named_tensors(loaded[places[0]], f"`{places[0]}`"), found_under=places[0])
    if not _holds_tensors(loaded):
        raise _refusal(
            f"the file holds no state dict: its keys are {listed(loaded, total=len(loaded), limit=8)}"
            if loaded
            else "the file holds an empty dictionary",
            _WHAT_TO_SAVE,
        )
    return FoundStateDict(tensors=_named_tensors(loaded, "the state dict"), found_under="")


def check_tensors(tensors: Mapping[str, Tensor], size_bytes: int) -> None:
    """Refuse tensors that are not plain numbers present in the file: views that repeat one number, NaN, exotic layouts.

    Args:
        tensors: the state dict.
        size_bytes: size of the file; the tensors together cannot hold more.

    Raises:
        ContributorError: names the tensor.
    """
    claimed = 0
    seen: set[tuple[Any, ...]] = set()
    for name, tensor in tensors.items():
        _check_form(name, tensor)
        size = tensor.numel() * tensor.element_size()
        identity = (tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride())
        claimed += 0 if identity in seen else size  # one tensor under two names is stored once
        seen.add(identity)
        if size > tensor.untyped_storage().nbytes() or claimed > size_bytes:
            raise _refusal(
                f"{quoted(name)} claims {tensor.numel():,} numbers, more than the file holds: it is an expanded view",
                "save contiguous tensors: `{name: t.contiguous() for name, t in model.state_dict().items()}`",
            )
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            counted = {"NaN": int(tensor.isnan().sum()), "infinite": int(tensor.isinf().sum())}
            bad = " and ".join(f"{what} in {count:,}" for what, count in counted.items() if count)
            raise _refusal(
                f"{quoted(name)} is {bad} of {tensor.numel():,} values",
                "upload the checkpoint of an epoch before training diverged",
            )


def arrays_of(found: FoundStateDict) -> tuple[list[np.ndarray[Any, np.dtype[Any]]], dict[str, int]]:
    """The tensors as arrays in C order, each once, and for each name which of them it is."""
    arrays: list[np.ndarray[Any, np.dtype[Any]]] = []
    names: dict[str, int] = {}
    places: dict[tuple[Any, ...], int] = {}
    for name, tensor in found.tensors.items():
        identity = (tensor.data_ptr(), tensor.dtype, tensor.shape, tensor.stride(), tensor.numel() > 0 or name)
        if identity not in places:
            places[identity] = len(arrays)
            arrays.append(np.asarray(tensor.detach().to(_DTYPES[tensor.dtype]).numpy(), order="C"))
        names[name] = places[identity]
    return arrays, names


def _holds_tensors(value: object) -> bool:
    return isinstance(value, dict) and any(isinstance(item, Tensor) for item in value.values())


def _named_tensors(found: dict[Any, Any], where: str) -> dict[str, Tensor]:
    if len(found) > MAX_TENSORS:
        raise _refusal(f"{where} has {len(found):,} entries, at most {MAX_TENSORS:,} are read", _WHAT_TO_SAVE)
    for name, value in found.items():
        if type(value) not in (Tensor, torch.nn.Parameter):
            raise _refusal(f"{quoted(name)} in {where} is a {_kind(value)}, not a tensor", _WHAT_TO_SAVE)
        if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not name.isprintable():
            raise _refusal(f"{where} has {quoted(name)} where the name of a tensor belongs", _WHAT_TO_SAVE)
    return found


def _check_form(name: str, tensor: Tensor) -> None:
    for is_so, what, fix in (
        (tensor.is_nested, "nested", "save each of the tensors in it under a name of its own"),
        (tensor.is_quantized, "quantized", "save `tensor.dequantize()`"),
        (tensor.layout != torch.strided, "sparse", "save `tensor.to_dense()`"),
        (tensor.device.type != "cpu", "a tensor without data", "load the weights before you save them"),
    ):
        if is_so:
            raise _refusal(f"{quoted(name)} is {what}; dense tensors with their numbers are read", fix)
    if tensor.dtype not in _DTYPES:
        raise _refusal(
            f"{quoted(name)} is of type `{tensor.dtype}`, which is not read", "save real tensors in single precision"
        )


def _kind(value: object) -> str:
    """What `value` is, in a word, without looking inside."""
    plain = {list: "list", tuple: "tuple", str: "text", bytes: "byte string", type(None): "`None`", set: "set"}
    if isinstance(value, Tensor):
        return "single tensor" if type(value) in (Tensor, torch.nn.Parameter) else "tensor of a special class"
    if isinstance(value, bool | int | float | complex):
        return "number"
    if isinstance(value, dict):
        return "dictionary"
    return plain.get(type(value), "Python object")


def _refusal(message: str, fix: str) -> ContributorError:
    return ContributorError(where="", message=message, fix=fix)
