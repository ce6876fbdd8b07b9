import io
import zipfile

import numpy as np
import pytest

from apcore.npz import ArrayFileError, npz_bytes, read_npy, read_npz


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(3),
        np.array(1.5),
        np.ones((2, 3), np.float32).T,
        np.array([True, False]),
        np.arange(4, dtype=">i2"),
        np.empty((0, 3)),
    ],
    ids=["vector", "scalar", "fortran", "bool", "big-endian", "empty"],
)
def test_numbers_come_back_as_numpy_reads_them(array: np.ndarray) -> None:
    found = read_npy(npy(array))
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)
    assert found.shape == array.shape


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"hello", "its .npy header cannot be read"),
        (npy(np.arange(3))[:40], "its .npy header cannot be read"),
        (npy(np.array(["a"])), "objects or text"),
        (npy(np.array([{}], dtype=object)), "objects or text"),
        (npy(np.arange(3))[:-1], "its header claims 3 numbers, its 23 bytes hold another count"),
        (npy(np.arange(3)) + b"x", "its header claims 3 numbers, its 25 bytes hold another count"),
        (npy(np.arange(3)).replace(b"(3,)", b"(-3,"), "its .npy header cannot be read"),
    ],
)
def test_a_header_is_not_believed(data: bytes, message: str) -> None:
    with pytest.raises(ArrayFileError, match=message):
        read_npy(data)


def test_an_archive_has_the_same_bytes_every_time_and_numpy_reads_it(tmp_path) -> None:
    arrays = {"index": np.arange(3), "distance": np.array([0.5, np.inf], np.float32)}
    data = npz_bytes(arrays)
    assert data == npz_bytes(arrays)
    (tmp_path / "a.npz").write_bytes(data)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as loaded:
        assert {name: loaded[name].tolist() for name in loaded.files} == {n: a.tolist() for n, a in arrays.items()}
    found = read_npz(data, max_bytes=10_000)
    assert {name: array.tolist() for name, array in found.items()} == {n: a.tolist() for n, a in arrays.items()}


def test_compressed_archives_are_read() -> None:
    out = io.BytesIO()
    np.savez_compressed(out, a=np.zeros(100))
    assert read_npz(out.getvalue(), max_bytes=10_000)["a"].shape == (100,)


def test_a_small_archive_that_swells_is_refused_before_it_does() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(1 << 24))
    with pytest.raises(ArrayFileError, match="more than the 1,000,000 bytes"):
        read_npz(out.getvalue(), max_bytes=1_000_000)


def test_an_entry_that_swells_beyond_what_it_announces_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", bytes(1 << 20))
    data = bytearray(out.getvalue())
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (100).to_bytes(4, "little")
    with pytest.raises(ArrayFileError):
        read_npz(bytes(data), max_bytes=1000)


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_an_archive_that_was_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(ArrayFileError, match=r"not a complete \.npz archive"):
        read_npz(npz_bytes({"a": np.arange(100)})[:-cut], max_bytes=10_000)


def test_one_name_twice_is_refused() -> None:
    twice = npz_bytes({"a": np.arange(1), "b": np.arange(2)}).replace(b"b.npy", b"a.npy")
    with pytest.raises(ArrayFileError, match="one name twice"):
        read_npz(twice, max_bytes=10_000)
