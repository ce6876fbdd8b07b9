"""Files that nobody may read to the end: every way of PyTorch's loader, of pickles, archives and arrays that was found to run
code, hang, swell or lie. Each is built here, none is somebody else's.

`checkpoints(canary)` and `distances(canary)` give name and bytes. Whatever executes one of them creates the canary.
"""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from doubles.hostile_files import (
    Touch,
    bytearray_bomb,
    hash_bomb,
    legacy,
    old_pickle,
    records,
    reduce_pickle,
    saved,
    state_dict,
    torch_zip,
)

_STOP_BEFORE = 0x1950A86A20F9469CFC6C  # torch.serialization.MAGIC_NUMBER


def checkpoints(canary: Path) -> dict[str, bytes]:
    """Checkpoints by name."""
    return {
        **_containers(),
        **_archives(),
        **_bombs(),
        **_lies(),
        **_programs(canary),
        **_shapes(),
    }


def distances(canary: Path) -> dict[str, bytes]:
    """Distances files by name."""
    touch = Touch(canary)
    inner = pickle.dumps(touch, protocol=2)
    nested = b"\x80\x04ctorch.storage\n_load_from_bytes\nC" + bytes([len(inner)]) + inner + b"\x85R"
    return {
        **{f"program in protocol {protocol}": pickle.dumps([touch], protocol) for protocol in range(6)},
        "program among tensors": pickle.dumps([torch.tensor(1.0), touch], 4),
        "program inside of a storage": b"\x80\x04]ctorch._utils\n_rebuild_tensor_v2\n("
        + nested[2:]
        + b"K\x00))\x89NtRa.",
        "program in a second pickle": old_pickle([0.5], 4) + pickle.dumps(touch, 4),
        "state set on an allowed function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}"
        b"X\x0c\x00\x00\x00__defaults__K\x01s\x86b.",
        "call of torch's own loader": reduce_pickle("torch.storage", "_load_from_bytes"),
        "tensor beyond its storage": pickle.dumps([torch.tensor([1.0, 2.0])], 4).replace(b"K\x02\x85", b"K\x09\x85"),
        "text where a number belongs": pickle.dumps(["0.5"]),
        "endless marks": b"\x80\x02" + b"(" * 2_000_000 + b".",
        "more numbers than are read": np_bytes(np.ones(10_001)),
        "negative distance": np_bytes(np.array([-1.0])),
        "distance that is no number": np_bytes(np.array([np.nan])),
        "array of pickled objects": np_bytes(np.array([touch], dtype=object), allow_pickle=True),
        "header that claims terabytes": np_bytes(np.ones(1))
        .replace(b"(1,)", b"(1" + b"0" * 12 + b",)")
        .replace(b" " * 12, b"", 1),
        "archive that swells": _zipped({"distances.npy": np_bytes(np.zeros(1 << 22))}, zipfile.ZIP_DEFLATED),
        "archive with a path out": _zipped({"../../distances.npy": b"\x93NUMPY"}, zipfile.ZIP_STORED),
        "JSON nested without end": b"[" * 200_000,
        "JSON with a number of thousands of digits": b"[1" + b"0" * 100_000 + b"]",
        "JSON with objects": b'[{"__reduce__": "os.system"}]',
        "web page": b"<!doctype html><title>Google Drive - Quota exceeded</title>",
    }


def np_bytes(array: np.ndarray[Any, np.dtype[Any]], **options: Any) -> bytes:
    """What `numpy.save` writes."""
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def _containers() -> dict[str, bytes]:
    """What is no checkpoint of today's or yesterday's `torch.save`."""
    good = saved(state_dict())
    header = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    safetensors = json.dumps(header).encode()
    return {
        "empty": b"",
        "web page": b"<!doctype html><title>Google Drive - Virus scan warning</title>",
        "web page behind a byte order mark": b"\xef\xbb\xbf \n<html>",
        "tar of torch before 0.4": _tar(),
        "gzip": gzip.compress(good),
        "bzip2": bz2.compress(good),
        "xz": lzma.compress(good),
        "zstandard": b"\x28\xb5\x2f\xfd" + good,
        "7z": b"7z\xbc\xaf\x27\x1c" + good,
        "rar": b"Rar!\x1a\x07\x01\x00" + good,
        "safetensors": struct.pack("<Q", len(safetensors)) + safetensors + bytes(4),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(100),
        "text": b"net = ResNet18()\n",
        "zeros": bytes(4096),
    }


def _archives() -> dict[str, bytes]:
    """Zip archives that `torch.save` does not write."""
    good = saved(state_dict())
    pickled, storages = records(good)
    return {
        "archive of something else": _zipped({"notes.txt": b"hello"}, zipfile.ZIP_STORED),
        "archive without its end": good[: len(good) // 2],
        "archive with a deflated record": torch_zip(pickled, compression=zipfile.ZIP_DEFLATED, **storages),
        "archive with a bzip2 record": torch_zip(pickled, compression=zipfile.ZIP_BZIP2, **storages),
        "archive of TorchScript": torch_zip(
            pickled, **{"constants.pkl": b"\x80\x02).", "code/__torch__.py": b"import os"}
        ),
        "archive whose record is missing": torch_zip(pickled),
        "archive whose key leads out": torch_zip(
            pickled.replace(b"X\x01\x00\x00\x000", b"X\x10\x00\x00\x00../../etc/passwd", 1)
        ),
        "archive that announces more than it has": _announcing(good, 1 << 40),
        "archive that is encrypted": _flagged(good),
        "archive with bytes behind its end": good + b"#!/bin/sh\n",
        "archive behind an archive": good + saved(state_dict()),
        "archive with 30,000 records": torch_zip(pickled, **{f"data/{n}": b"" for n in range(30_000)}),
    }


def _bombs() -> dict[str, bytes]:
    """Small files that ask for hours or for gigabytes."""
    pairs = b"K\x00" + 39 * b"q\x00h\x00\x86"
    return {
        "key that takes years to hash": hash_bomb(60),
        "call for eight gigabytes": bytearray_bomb(8 * 10**9),
        "tensor of eight gigabytes from nothing": torch_zip(
            b"\x80\x02ctorch\nTensor\n\x8a\x08" + (2 * 10**9).to_bytes(8, "little") + b"\x85R."
        ),
        "tuples that print for ever": torch_zip(b"\x80\x02" + pairs + b"."),
        "list in itself": torch_zip(b"\x80\x02]q\x00h\x00a."),
        "list 200,000 deep": torch_zip(b"\x80\x02" + b"]" * 200_000 + b"a" * 199_999 + b"."),
        "dictionary with 300,000 entries": torch_zip(
            b"\x80\x02}(" + b"".join(b"J" + n.to_bytes(4, "little") + b"N" for n in range(300_000)) + b"u."
        ),
    }


def _lies() -> dict[str, bytes]:
    """Tensors that are not what they say."""
    small = saved({"w": torch.arange(16.0)})
    base = torch.ones(4000)
    nan = torch.ones(10)
    nan[3] = torch.nan
    infinite = torch.ones(10)
    infinite[7] = -torch.inf
    return {
        "view of a trillion numbers": saved({"w": torch.ones(1).expand(10**12)}),
        "views that add up to more than the file": saved({f"w{i}": base[i : i + 3000] for i in range(100)}),
        "storage that claims more than its record": small.replace(b"K\x10tq", b"K\xfftq"),
        "old file whose storage claims more": legacy({"w": torch.arange(16.0)}).replace(b"K\x10Ntq", b"K\xffNtq"),
        "old file without its end": legacy(state_dict())[:-20],
        "old file with bytes behind its end": legacy(state_dict()) + b"#!/bin/sh\n",
        "weight that is no number": saved({"w": nan}),
        "weight that is infinite": saved({"w": infinite}),
    }


def _programs(canary: Path) -> dict[str, bytes]:
    """Files that run something when they are unpickled the ordinary way."""
    touch = Touch(canary)
    bare = {f"program in a bare pickle of protocol {p}": pickle.dumps(touch, p) for p in range(6)}
    within = {f"program in an archive, protocol {p}": torch_zip(pickle.dumps(touch, p)) for p in range(6)}
    head = b"".join(pickle.dumps(value, protocol=2) for value in (_STOP_BEFORE, 1001, {"little_endian": True}))
    names = (
        *(("builtins", "eval"), ("os", "system"), ("subprocess", "Popen"), ("pkgutil", "resolve_name")),
        *(("torch.hub", "load"), ("torch", "load"), ("numpy.f2py", "compile")),
    )
    return {
        **bare,
        **within,
        "program beside the tensors": saved({"net": state_dict(), "args": touch}),
        "program beside the tensors, old file": legacy({"net": state_dict(), "args": touch}),
        "program behind an old file's header": head + pickle.dumps(touch, protocol=2) + struct.pack("<q", 0),
        **{f"call of {module}.{name}": torch_zip(reduce_pickle(module, name, b"x")) for module, name in names},
    }


def _shapes() -> dict[str, bytes]:
    """Honest objects that are no state dict."""
    return {
        "whole model": saved(torch.nn.Linear(1, 1)),
        "whole model, old file": legacy(torch.nn.Linear(1, 1)),
        "single tensor": saved(torch.ones(2)),
        "two state dicts": saved({"net": {"a": torch.ones(2)}, "model": {"a": torch.ones(2)}}),
        "name that writes to the log": saved({"::set-output name=x::y\n": torch.ones(1)}),
        "name of 100,000 letters": saved({"w" * 100_000: torch.ones(1)}),
        "sparse tensor": saved({"a": torch.eye(2).to_sparse()}),
        "tensor without data": saved({"a": torch.ones(2, device="meta")}),
        "20,000 tensors": saved({f"w{n}": torch.ones(1) for n in range(20_000)}),
    }


def _zipped(records: dict[str, bytes], compression: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in records.items():
            archive.writestr(name, content)
    return out.getvalue()


def _announcing(archive: bytes, size: int) -> bytes:
    """The same archive, whose directory gives its last record `size` bytes (as far as 32 bits hold)."""
    place = archive.rindex(b"PK\x01\x02")
    sizes = struct.pack("<II", min(size, 0xFFFFFFF0), min(size, 0xFFFFFFF0))
    return archive[: place + 20] + sizes + archive[place + 28 :]


def _flagged(archive: bytes) -> bytes:
    """The same archive, whose directory says of its last record that it is encrypted."""
    place = archive.rindex(b"PK\x01\x02") + 8
    return archive[:place] + struct.pack("<H", 1) + archive[place + 2 :]


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("storages"))
    return out.getvalue()
