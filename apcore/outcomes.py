"""What happened to each sample, in memory and in `results/<model_key>.outcomes.npz`.

An author's file has the same shape: with it a claim is checked on thirty to ninety times fewer samples. So it is read
as a stranger's: no pickles, no size believed before it was checked, every number in its range.
"""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from apcore.accuracy import AUTOATTACK_ORDER
from apcore.durable import write_whole
from apcore.errors import ContributorError
from apcore.npz import ArrayFileError, npz_bytes, read_npz
from apcore.robust_accuracy import MISCLASSIFIED

MAX_SAMPLES: Final = 100_000
_MAX_BYTES: Final = MAX_SAMPLES * 48
_DTYPES: Final = {
    "index": np.dtype(np.int64),
    "label": np.dtype(np.int64),
    "clean_prediction": np.dtype(np.int64),
    "aa_outcome": np.dtype(np.int8),
    "hofmn_index": np.dtype(np.int64),
    "hofmn_distance": np.dtype(np.float32),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """Per-sample results of a benchmark run; either attack may have no samples.

    Args:
        index: (n,) int64, position of each AutoAttack sample in the test set, >= 0, each once.
        label: (n,) int64, its class, >= 0.
        clean_prediction: (n,) int64, the class predicted for the clean image, >= 0.
        aa_outcome: (n,) int8: -1 misclassified clean, 0 survived, 1 to 4 broken by apgd-ce, apgd-t, fab-t, square.
        hofmn_index: (m,) int64, position of each HO-FMN sample in the test set, >= 0, each once.
        hofmn_distance: (m,) float32, minimum L-inf distance, pixels in [0, 1]: 0 misclassified clean, inf none found.

    Raises:
        ValueError: an array has another shape, type or range, or `aa_outcome` contradicts prediction and label.
    """

    index: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]
    clean_prediction: npt.NDArray[np.int64]
    aa_outcome: npt.NDArray[np.int8]
    hofmn_index: npt.NDArray[np.int64]
    hofmn_distance: npt.NDArray[np.float32]

    @classmethod
    def none(cls) -> Self:
        """Where nothing was attacked."""
        return cls(**{name: np.empty(0, dtype) for name, dtype in _DTYPES.items()})

    @classmethod
    def of_autoattack(
        cls,
        *,
        first: int,
        label: npt.NDArray[np.int64],
        clean_prediction: npt.NDArray[np.int64],
        aa_outcome: npt.NDArray[np.int8],
    ) -> Self:
        """What AutoAttack left of the (n,) samples from `first` on; HO-FMN has none."""
        return replace(
            cls.none(),
            index=np.arange(first, first + len(label), dtype=np.int64),
            label=label,
            clean_prediction=clean_prediction,
            aa_outcome=aa_outcome,
        )

    def __post_init__(self) -> None:
        for name, dtype in _DTYPES.items():
            array = getattr(self, name)
            if array.dtype != dtype or array.ndim != 1:
                raise ValueError(f"`{name}` is {array.dtype} of shape {array.shape}, expected {dtype} in one row")
            if array.size > MAX_SAMPLES:
                raise ValueError(f"`{name}` has {array.size:,} entries, at most {MAX_SAMPLES:,} are read")
        self._same_length("index", "label", "clean_prediction", "aa_outcome")
        self._same_length("hofmn_index", "hofmn_distance")
        for name in ("index", "label", "clean_prediction", "hofmn_index", "hofmn_distance"):
            if not (getattr(self, name) >= 0).all():  # NaN fails too
                raise ValueError(f"`{name}` holds a negative number or NaN")
        for name in ("index", "hofmn_index"):
            if np.unique(getattr(self, name)).size != getattr(self, name).size:
                raise ValueError(f"`{name}` names a sample twice")
        if not ((self.aa_outcome >= MISCLASSIFIED) & (self.aa_outcome <= len(AUTOATTACK_ORDER))).all():
            raise ValueError(f"`aa_outcome` holds a number outside {MISCLASSIFIED} to {len(AUTOATTACK_ORDER)}")
        wrong = self.clean_prediction != self.label
        if (wrong != (self.aa_outcome == MISCLASSIFIED)).any():
            raise ValueError("`aa_outcome` must be -1 exactly where `clean_prediction` differs from `label`")

    def _same_length(self, *names: str) -> None:
        if len({getattr(self, name).size for name in names}) != 1:
            raise ValueError(f"{', '.join(f'`{name}`' for name in names)} are not of one length")

    def to_bytes(self) -> bytes:
        """The .npz file; the same bytes for the same outcomes."""
        return npz_bytes({name: getattr(self, name) for name in _DTYPES})


def write_outcomes(path: Path, outcomes: Outcomes) -> None:
    """Write the .npz file; see `Outcomes.to_bytes`."""
    write_whole(path, outcomes.to_bytes())


def read_outcomes(path: Path, *, where: str = "outcomes") -> Outcomes:
    """Read outcomes of unknown origin.

    Args:
        path: the file; its name does not matter.
        where: the path that errors carry.

    Raises:
        ContributorError: it is no .npz of numbers, lacks an array or has another one, or a number is out of range.
        OSError: it cannot be read here.
    """
    with path.open("rb") as file:
        return parse_outcomes(file.read(_MAX_BYTES + 1), where=where)


def parse_outcomes(data: bytes, *, where: str = "outcomes") -> Outcomes:
    """Outcomes of unknown origin, from the bytes of their file.

    Raises:
        ContributorError: as `read_outcomes`.
    """
    fix = "upload the `.outcomes.npz` that `apcore benchmark` wrote for this checkpoint, unchanged"
    try:
        if len(data) > _MAX_BYTES:
            raise ArrayFileError(f"it has more than {_MAX_BYTES:,} bytes")
        arrays = read_npz(data, max_bytes=_MAX_BYTES)
        if set(arrays) != {field.name for field in fields(Outcomes)}:
            raise ArrayFileError(f"its arrays are not {', '.join(_DTYPES)}")
        return Outcomes(**arrays)
    except ValueError as exc:
        raise ContributorError(where=where, message=f"the outcomes file is not used: {exc}", fix=fix) from exc
