"""Test sets as tensors, in their own order: torchvision's folders, an `.npz`, or the digits that ship with scikit-learn."""

import gzip
import importlib.util
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import torch
from torch import Tensor

from apcore.errors import MachineError
from apcore.protocol import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSet:
    """A test set in the dataset's own order.

    Args:
        name: the dataset's short name, e.g. `CIFAR10`.
        pixels: (n, height, width, channels) uint8, or float32 in [0, 1].
        labels: (n,) int64.
    """

    __test__ = False  # not a test class, whatever its name says to pytest

    name: str
    pixels: np.ndarray
    labels: np.ndarray

    def samples(self, wanted: Samples) -> tuple[Tensor, Tensor]:
        """Images (n, channels, height, width) float32 in [0, 1] and labels (n,) int64 of consecutive samples.

        Raises:
            MachineError: the data at hand has fewer samples than that.
        """
        end = wanted.first + wanted.count
        if end > len(self.labels):
            raise MachineError(
                where="data",
                message=f"the protocol needs samples {wanted.first} to {end - 1} of {self.name}, "
                f"the data at hand has {len(self.labels)}",
                fix="give the complete test set with `--data`, or cap AutoAttack with `--limit`",
            )
        chosen = slice(wanted.first, end)
        pixels = torch.from_numpy(self.pixels[chosen].copy()).permute(0, 3, 1, 2).contiguous()
        images = pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels.float()
        return images, torch.from_numpy(self.labels[chosen].astype(np.int64))


def load_test_set(name: str, folder: Path | None) -> TestSet:
    """The test set `name` from `folder`: `<name>.npz`, else torchvision's own layout.

    Args:
        name: `CIFAR10`, `SVHN` or `DIGITS`.
        folder: where the data is; None for a dataset that ships with a package.

    Raises:
        MachineError: the data is not there, or not readable; the message says what was looked for.
    """
    if folder is not None and (folder / f"{name}.npz").is_file():
        return _from_npz(name, folder / f"{name}.npz")
    if name in _PACKAGED:
        return _PACKAGED[name]()
    if folder is None:
        raise MachineError(
            where="data",
            message=f"the test images of {name} are needed, and no folder was named",
            fix=f"name with `--data` a folder with `{name}.npz` or torchvision's download of {name}",
        )
    return _from_torchvision(name, folder)


def _from_npz(name: str, path: Path) -> TestSet:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            pixels, labels = stored["x"], stored["y"]
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile) as exc:
        raise MachineError(
            where="data",
            message=f"`{path.name}` cannot be read: {exc}",
            fix="store `x` uint8 [n, height, width, channels] and `y` int64 [n] with `numpy.savez`",
        ) from exc
    fits = pixels.dtype == np.uint8 and pixels.ndim == 4 and labels.shape == pixels.shape[:1]
    if not fits or labels.dtype.kind not in "iu" or (labels < 0).any():
        raise MachineError(
            where="data",
            message=f"`{path.name}` holds x {pixels.dtype} {list(pixels.shape)} and y {labels.dtype} {list(labels.shape)}",
            fix="store `x` uint8 [n, height, width, channels] and `y` int64 [n]",
        )
    return TestSet(name=name, pixels=pixels, labels=labels)


def _from_torchvision(name: str, folder: Path) -> TestSet:
    from torchvision import datasets  # noqa: PLC0415 - seconds to import, and needed for the original downloads alone

    try:
        if name == "CIFAR10":
            cifar = datasets.CIFAR10(str(folder), train=False)
            return TestSet(name=name, pixels=cifar.data, labels=np.asarray(cifar.targets))
        if name == "SVHN":
            svhn = datasets.SVHN(str(folder), split="test")
            return TestSet(name=name, pixels=svhn.data.transpose(0, 2, 3, 1), labels=svhn.labels)
    except (OSError, RuntimeError) as exc:
        raise MachineError(
            where="data",
            message=f"no test images of {name}: neither `{name}.npz` nor torchvision's files are in the data folder",
            fix=f"download them once with `torchvision.datasets.{name}(folder, download=True)` and name the folder with `--data`",
        ) from exc
    raise MachineError(
        where="data",
        message=f"no loader is known for the dataset {name}",
        fix=f"put its test images into `{name}.npz`: `x` uint8 [n, height, width, channels], `y` int64 [n]",
    )


def _digits() -> TestSet:
    """The first 400 of scikit-learn's 1,797 digits (UCI optical recognition of handwritten digits), 8x8 grey; the rest train.

    Read from its file, of which `sklearn.datasets.load_digits` makes the same: scikit-learn with what it imports takes 2 to 3 s, as
    much as torch, and an evaluation of the demonstration needs nothing else of it.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise MachineError(
            where="data",
            message="the images of DIGITS come with scikit-learn, which is not installed",
            fix="install the project with its `evaluate` extra",
        )
    with gzip.open(Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz", "rt", encoding="ascii") as file:
        digits = np.loadtxt(file, delimiter=",", max_rows=DIGITS_TEST_SAMPLES)
    pixels = (digits[:, :-1].reshape(-1, 8, 8, 1) / 16).astype(np.float32)
    return TestSet(name="DIGITS", pixels=pixels, labels=digits[:, -1].astype(np.int64))


DIGITS_TEST_SAMPLES: Final = 400
_PACKAGED: Final[Mapping[str, Callable[[], TestSet]]] = MappingProxyType({"DIGITS": _digits})
