"""Test sets from a folder: what is not one is refused before anything is attacked."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from apcore.datasets import load_test_set
from apcore.errors import MachineError
from apcore.protocol import Samples

PIXELS = np.zeros((4, 8, 8, 1), np.uint8)
LABELS = np.arange(4)


def stored(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "CIFAR10.npz", **arrays)
    return folder


def test_samples_are_pixels_in_0_to_1_with_their_labels(tmp_path: Path) -> None:
    images, labels = load_test_set("CIFAR10", stored(tmp_path, x=PIXELS + np.uint8(255), y=LABELS)).samples(
        _samples(first=1, count=2)
    )
    assert (images.shape, images.max().item()) == ((2, 1, 8, 8), 1.0)
    assert labels.tolist() == [1, 2]


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": PIXELS, "y": LABELS - 1},
        {"x": PIXELS, "y": LABELS.astype(np.float64)},
        {"x": PIXELS, "y": LABELS[:3]},
        {"x": PIXELS.astype(np.float32), "y": LABELS},
        {"x": PIXELS},
    ],
    ids=["negative labels", "fractional labels", "too few labels", "fractional pixels", "no labels"],
)
def test_what_is_no_test_set_is_our_turn(tmp_path: Path, arrays: dict[str, np.ndarray]) -> None:
    with pytest.raises(MachineError, match="CIFAR10"):
        load_test_set("CIFAR10", stored(tmp_path, **arrays))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"text"])
def test_a_damaged_file_is_our_turn(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "CIFAR10.npz").write_bytes(content)
    with pytest.raises(MachineError, match="cannot be read"):
        load_test_set("CIFAR10", tmp_path)


def test_the_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    theirs, ours = load_digits(), load_test_set("DIGITS", None)
    assert ours.labels.tolist() == theirs.target[:400].tolist()
    assert (ours.pixels.dtype, ours.pixels.shape) == (np.float32, (400, 8, 8, 1))
    assert np.array_equal(ours.pixels[..., 0], theirs.images[:400].astype(np.float32) / 16)


def test_the_digits_need_no_import_of_scikit_learn() -> None:
    loaded = "from apcore.datasets import load_test_set; load_test_set('DIGITS', None)"
    probe = f"import sys; {loaded}; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_without_scikit_learn_the_digits_are_our_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MachineError, match="scikit-learn, which is not installed"):
        load_test_set("DIGITS", None)


def _samples(*, first: int, count: int) -> Samples:
    return Samples(first=first, count=count)
