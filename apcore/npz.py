"""Arrays of numbers in .npy and .npz files, read from strangers and written with deterministic bytes.

`numpy.load` believes a header: an archive of a few kB may claim terabytes, and gets them allocated. Here a size is
believed only after it was compared with the bytes that are there.
"""

import io
import zipfile
from collections.abc import Mapping
from math import prod
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy_format

from apcore.arrays import Array

NPY_MAGIC: Final = npy_format.MAGIC_PREFIX
_MAX_ENTRIES: Final = 64
_HEADER_READERS: Final = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class ArrayFileError(ValueError):
    """The bytes are not a plain .npy or .npz file of numbers; the message says why, in words fit for its author."""


def read_npy(data: bytes) -> Array:
    """The array of a .npy file: bool, integer or floating, in C order.

    Raises:
        ArrayFileError: the header is malformed, asks for objects or text, or claims another size than the data has.
    """
    shape, fortran_order, dtype, begin = _npy_header(data)
    if dtype.kind not in "biuf" or dtype.hasobject:
        raise ArrayFileError("it holds objects or text instead of numbers")
    body = memoryview(data)[begin:]
    if any(side < 0 for side in shape) or prod(shape) * dtype.itemsize != len(body):
        raise ArrayFileError(f"its header claims {prod(shape):,} numbers, its {len(body):,} bytes hold another count")
    flat = np.frombuffer(body, dtype=dtype)
    return flat.reshape(shape, order="F" if fortran_order else "C")


def read_npz(data: bytes, *, max_bytes: int) -> dict[str, Array]:
    """The arrays of a .npz file by name, compressed or not.

    Args:
        data: the whole file.
        max_bytes: the most that all arrays together may take once decompressed.

    Raises:
        ArrayFileError: it is no such archive, an entry is malformed, or the entries together exceed `max_bytes`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _entries(archive, max_bytes)
    except ArrayFileError:
        raise
    except Exception as exc:  # BadZipFile, zlib.error, LZMAError and a dozen others share no narrower base
        raise ArrayFileError("it is not a complete .npz archive") from exc


def _entries(archive: zipfile.ZipFile, max_bytes: int) -> dict[str, Array]:
    entries = archive.infolist()
    if len(entries) > _MAX_ENTRIES or len({entry.filename for entry in entries}) != len(entries):
        raise ArrayFileError(f"the archive has more than {_MAX_ENTRIES} entries, or one name twice")
    # zipfile never hands out more of an entry than the size its directory announces.
    if sum(entry.file_size for entry in entries) > max_bytes:
        raise ArrayFileError(f"its arrays take more than the {max_bytes:,} bytes allowed here")
    return {entry.filename.removesuffix(".npy"): read_npy(archive.read(entry)) for entry in entries}


def _npy_header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether in Fortran order, type, and where the numbers begin."""
    stream = io.BytesIO(data)
    try:
        version = npy_format.read_magic(stream)
        read = _HEADER_READERS[version]
        shape, fortran_order, dtype = read(stream)
    except Exception as exc:  # the header is a Python literal: a damaged one raises whatever `ast` raises
        raise ArrayFileError("its .npy header cannot be read") from exc
    return shape, fortran_order, dtype, stream.tell()


def npz_bytes(arrays: Mapping[str, Array]) -> bytes:
    """A .npz archive of `arrays`, uncompressed; the same bytes for the same arrays, on any day."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            npy_format.write_array(entry, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH), entry.getvalue())
    return packed.getvalue()
