"""The formats of a distances file, told apart by their first bytes. Runs in the child; needs no torch."""

import json
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from apcore.checkpoint.container import looks_like_html
from apcore.checkpoint.data_pickle import DataPickleError
from apcore.checkpoint.pickled_distances import unpickled_numbers
from apcore.errors import ContributorError
from apcore.npz import NPY_MAGIC, ArrayFileError, read_npy, read_npz

MAX_DISTANCES: Final = 10_000
_FIX: Final = "write them with `numpy.save(path, distances)`: one array, one number per sample"


def parse_distances(data: bytes) -> npt.NDArray[np.float64]:
    """The distances in a file's bytes.

    Raises:
        ContributorError: the format is none of those read, or the contents are not 1 to 10,000 numbers >= 0.
    """
    try:
        numbers = np.asarray(_numbers(data), dtype=np.float64)
    except (ArrayFileError, DataPickleError) as exc:
        raise _refusal(f"the file cannot be read as distances: {exc}") from exc
    if numbers.ndim != 1 or not 1 <= numbers.size <= MAX_DISTANCES:
        raise _refusal(
            f"the file holds an array of shape {numbers.shape}, expected 1 to {MAX_DISTANCES:,} numbers in a row"
        )
    for wrong, what in ((np.isnan(numbers), "NaN"), (numbers < 0, "negative")):
        if wrong.any():
            raise _refusal(
                f"{wrong.sum():,} of {numbers.size:,} distances are {what}, the first one at index {wrong.argmax()}",
                "a distance is at least 0, and inf where no adversarial example was found",
            )
    return numbers


def _numbers(data: bytes) -> Any:
    if not data:
        raise _refusal("the file is empty", "upload it again, and compare its size with the one on your disk")
    if looks_like_html(data[:512]):
        raise _refusal("the file is a web page (HTML), not a list of distances", "upload the file itself")
    if data.startswith(NPY_MAGIC):
        return read_npy(data)
    if data.startswith(b"PK\x03\x04"):
        return _only_array(data)
    if data.lstrip()[:1] in (b"[", b"{"):
        return _json_numbers(data)
    return unpickled_numbers(data, at_most=MAX_DISTANCES)


def _only_array(data: bytes) -> Any:
    arrays = read_npz(data, max_bytes=MAX_DISTANCES * 16)
    if len(arrays) != 1 and "distances" not in arrays:
        raise _refusal(f"the archive holds {len(arrays)} arrays, and none of them is called `distances`")
    return arrays["distances"] if "distances" in arrays else next(iter(arrays.values()))


def _json_numbers(data: bytes) -> Any:
    try:
        found = json.loads(data)
    except RecursionError as exc:
        raise _refusal("the JSON is nested too deeply; one list of numbers is read") from exc
    except ValueError as exc:
        is_json = not isinstance(exc, json.JSONDecodeError | UnicodeDecodeError)  # then a number is what cannot be read
        words = "a number in the JSON has thousands of digits" if is_json else "the file begins like JSON, but is none"
        raise _refusal(words) from exc
    numbers = found.get("distances") if isinstance(found, dict) else found
    if not isinstance(numbers, list) or not all(type(item) in (int, float) for item in numbers):
        raise _refusal("the JSON holds something else than one list of numbers")
    if any(abs(item) > 1e300 for item in numbers if type(item) is int):
        raise _refusal("a whole number in the JSON is too large to be a distance")
    return numbers


def _refusal(message: str, fix: str = _FIX) -> ContributorError:
    return ContributorError(where="", message=message, fix=fix)
