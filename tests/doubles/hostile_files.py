"""Checkpoints and pickles that an author, or an attacker, might upload; built here byte by byte."""

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch


class Touch:
    """Unpickling this the ordinary way creates a file: the canary that must never appear."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.canary}'",)


def saved(value: object, **options: Any) -> bytes:
    """What `torch.save` writes."""
    out = io.BytesIO()
    torch.save(value, out, **options)
    return out.getvalue()


def legacy(value: object) -> bytes:
    """What `torch.save` wrote before 1.6."""
    return saved(value, _use_new_zipfile_serialization=False)


def torch_zip(data_pkl: bytes, *, compression: int = zipfile.ZIP_STORED, **records: bytes) -> bytes:
    """An archive in the form of `torch.save` around a pickle of one's own."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in {"data.pkl": data_pkl, "byteorder": b"little", "version": b"3\n", **records}.items():
            archive.writestr(f"archive/{name}", content)
    return out.getvalue()


def records(archive: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The pickle in what `saved` returns, and the records with the numbers of its tensors."""
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        all_of_them = {name.removeprefix("archive/"): found.read(name) for name in found.namelist()}
    return all_of_them["data.pkl"], {name: raw for name, raw in all_of_them.items() if name.startswith("data/")}


def hash_bomb(levels: int) -> bytes:
    """A dict with one key: pairs of pairs of pairs ..., each of one shared object. Hashing it takes 2**levels steps."""
    return torch_zip(b"\x80\x02}K\x00" + levels * b"q\x00h\x00\x86" + b"Ns.")


def bytearray_bomb(size: int) -> bytes:
    """A call of `bytearray(size)`, which the safe loader allows."""
    number = size.to_bytes(8, "little", signed=True)
    return torch_zip(b"\x80\x02c__builtin__\nbytearray\n\x8a\x08" + number + b"\x85R.")


def reduce_pickle(module: str, name: str, argument: bytes = b"") -> bytes:
    """A protocol-2 pickle that calls `module.name(argument)`."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"U" + bytes([len(argument)]) + argument + b"\x85R."


def state_dict(**more: Any) -> dict[str, Any]:
    """A small state dict, with `more` entries."""
    return {"conv.weight": torch.arange(8.0).reshape(2, 1, 2, 2), "fc.bias": torch.ones(3)} | more


def old_pickle(values: list[float], protocol: int) -> bytes:
    """Distances as the released benchmark writes them."""
    return pickle.dumps(list(torch.tensor(values)), protocol=protocol)
