"""Distances files: the formats that are asked for, and the pickles that authors have."""

import collections
import io
import json
import math
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from doubles.hostile_files import Touch, old_pickle, reduce_pickle, saved
from hypothesis import given, settings
from hypothesis import strategies as st

from apcore.checkpoint.data_pickle import Budget, DataPickleError, load_data
from apcore.checkpoint.distance_formats import parse_distances
from apcore.checkpoint.distances import DISTANCES_LIMITS, read_distances
from apcore.errors import ContributorError
from apcore.npz import npz_bytes

pytestmark = pytest.mark.started_reader

VALUES = [0.0, 0.03125, 1.0, math.inf]


def npy(array: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.asarray(array))
    return out.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(ContributorError) as caught:
        parse_distances(data)
    return caught.value.message


@pytest.mark.parametrize(
    "data",
    [
        npy(VALUES),
        npy(np.array(VALUES, np.float32)),
        npz_bytes({"distances": np.array(VALUES), "other": np.ones(2)}),
        npz_bytes({"d": np.array(VALUES)}),
        json.dumps(VALUES).encode(),
        json.dumps({"distances": VALUES}).encode(),
        pickle.dumps(torch.tensor(VALUES)),
        pickle.dumps(VALUES),
        *(old_pickle(VALUES, protocol) for protocol in range(6)),
        pickle.dumps([torch.tensor(value, dtype=torch.float64) for value in VALUES]),
        pickle.dumps([torch.tensor(value, requires_grad=True) for value in VALUES]),
    ],
    ids=["npy", "npy32", "npz", "npz1", "json", "json-dict", "tensor", "floats"]
    + [f"protocol-{protocol}" for protocol in range(6)]
    + ["double", "grad"],
)
def test_every_format_gives_the_same_numbers(data: bytes) -> None:
    found = parse_distances(data)
    assert found.dtype == np.float64
    assert found.tolist() == VALUES


def test_the_file_is_read_in_a_child(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(old_pickle(VALUES, 4))
    assert read_distances(tmp_path / "file").tolist() == VALUES


def test_a_refusal_in_the_child_carries_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ContributorError, match=r"models\.0\.distances: the file is empty"):
        read_distances(tmp_path / "file", where="models.0.distances")


@pytest.mark.shared
@pytest.mark.parametrize("sparsity", [50, 75, 90])
def test_the_real_distances_are_read(submission: Path, shared: Path, sparsity: int) -> None:
    found = read_distances(submission / f"1narrow-d-resnet18-cifar10-s{sparsity}-00")
    with np.load(shared / "data" / "submission" / "distances.npz") as measured:
        assert np.array_equal(found, measured[f"s{sparsity}"])
    assert found.shape == (128,)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"<html>", "the file is a web page (HTML), not a list of distances"),
        (npy([-0.5, 1]), "1 of 2 distances are negative, the first one at index 0"),
        (npy([1, math.nan]), "1 of 2 distances are NaN, the first one at index 1"),
        (npy([]), "the file holds an array of shape (0,), expected 1 to 10,000 numbers in a row"),
        (npy(np.ones((2, 2))), "the file holds an array of shape (2, 2)"),
        (npy(np.ones(10_001)), "the file holds an array of shape (10001,)"),
        (npy(["a"]), "it holds objects or text instead of numbers"),
        (npy([1j]), "it holds objects or text instead of numbers"),
        (npz_bytes({"a": np.ones(1), "b": np.ones(1)}), "the archive holds 2 arrays"),
        (saved([torch.tensor(1.0)]), "cannot be read"),
        (b'{"a": 1}', "the JSON holds something else than one list of numbers"),
        (b"[true]", "the JSON holds something else than one list of numbers"),
        (b"[-1, -2, NaN]", "1 of 3 distances are NaN, the first one at index 2"),
        (b"[1, 2", "the file begins like JSON, but is none"),
        (b'["\xff"]', "the file begins like JSON, but is none"),
        (b"[" * 100_000, "the JSON is nested too deeply; one list of numbers is read"),
        (b"[1" + b"0" * 400 + b"]", "too large to be a distance"),
        (b"[1" + b"0" * 5000 + b"]", "a number in the JSON has thousands of digits"),
        (b"hello", "it is a damaged pickle, or none"),
        (old_pickle(VALUES, 4) + b"N.", "it goes on after the end of the pickle"),
        (old_pickle(VALUES, 4)[:-40], "it is a"),
        (pickle.dumps([torch.ones(2, 2)]), "a tensor with more than one dimension"),
        (pickle.dumps([torch.tensor(3)]), "not of type float, double or half"),
        (pickle.dumps(["a"]), "it holds a text where a number belongs"),
        (pickle.dumps({"a": 1}), "it holds a dictionary or a set where a number belongs"),
        (pickle.dumps(collections.deque([1.0])), "it appends to something that is no list"),
    ],
)
def test_what_is_no_list_of_distances_is_described(data: bytes, message: str) -> None:
    assert message in refusal(data)


def test_nothing_of_a_hostile_pickle_is_executed(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for protocol in range(6):
        for value in (Touch(canary), [Touch(canary)], [torch.tensor(1.0), Touch(canary)]):
            assert "it asks for `posix.system`, which was not executed" in refusal(pickle.dumps(value, protocol))
    assert not canary.exists()


def test_a_pickle_inside_of_a_storage_is_not_executed(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    inner = pickle.dumps(Touch(canary), protocol=2)
    call = b"\x80\x04ctorch.storage\n_load_from_bytes\nC" + bytes([len(inner)]) + inner + b"\x85R"
    outer = b"\x80\x04]ctorch._utils\n_rebuild_tensor_v2\n(" + call[2:] + b"K\x00))\x89NtRa."
    assert "not in the format of `torch.save`" in refusal(outer)
    assert not canary.exists()


def test_build_on_a_function_changes_nothing() -> None:
    before = torch._utils._rebuild_tensor_v2.__defaults__
    attack = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nN}X\x0c\x00\x00\x00__defaults__K\x01s\x86b."
    assert "it holds the name of an object where a number belongs" in refusal(attack)
    assert torch._utils._rebuild_tensor_v2.__defaults__ is before


@pytest.mark.parametrize("name", [("builtins", "eval"), ("torch.storage", "_load_from_bytes"), ("os", "system")])
def test_a_bare_call_is_named_and_refused(name: tuple[str, str]) -> None:
    assert f"it asks for `{'.'.join(name)}`" in refusal(reduce_pickle(*name))


def test_an_endless_pickle_is_stopped() -> None:
    with pytest.raises(DataPickleError, match="it takes more steps to read"):
        load_data(io.BytesIO(b"\x80\x02" + b"(" * 1001), Budget(1000))


def test_a_deflated_archive_that_swells_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("distances.npy", npy(np.zeros(1 << 21)))
    assert len(out.getvalue()) < 50_000
    assert "its arrays take more than the 160,000 bytes allowed here" in refusal(out.getvalue())


def test_a_header_that_claims_terabytes_is_refused() -> None:
    data = npy([1.0]).replace(b"(1,)", b"(1" + b"0" * 12 + b",)").replace(b" " * 12, b"", 1)
    assert "its header claims 1,000,000,000,000 numbers" in refusal(data)


def test_a_tensor_that_reaches_beyond_its_storage_is_refused() -> None:
    good = pickle.dumps([torch.tensor([1.0, 2.0])], protocol=4)
    claimed = good.replace(b"K\x02\x85", b"K\x09\x85")
    assert claimed != good
    assert "a tensor that reaches beyond its data" in refusal(claimed)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200), protocol=st.integers(0, 5), place=st.integers(0, 2000))
def test_a_damaged_pickle_is_refused_or_read_and_never_crashes(data: bytes, protocol: int, place: int) -> None:
    good = old_pickle([0.5, 0.25], protocol)
    place %= len(good)
    try:
        found = parse_distances(good[:place] + data + good[place + len(data) :])
    except ContributorError:
        return
    assert (found >= 0).all()


def test_the_limits_admit_what_the_released_benchmark_writes() -> None:
    # Views of one tensor: each of 1,000 carries the whole storage of 4 kB.
    assert len(old_pickle([0.5] * 1000, 4)) < DISTANCES_LIMITS.max_bytes
