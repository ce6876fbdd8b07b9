"""Where a curve comes from: a run's folder, an outcomes file, or distances in whatever format they were saved."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from apcore.accuracy import Accuracy
from apcore.checkpoint.distances import read_distances
from apcore.errors import ContributorError
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey, ModelKeyError
from apcore.outcomes import read_outcomes
from apcore.protocol import Protocol, load_protocol, protocol_names
from apcore.result import Result
from apcore.result_json import RESULT_SCHEMA, read_result
from apcore.robust_accuracy import SURVIVED, Floats

_OUTCOMES: Final = ".outcomes.npz"
_HEAD: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveSource:
    """One file's distances, and what is known of them.

    Args:
        path: of the file.
        key: the checkpoint's, None if the name of the file does not say it.
        distances: (n,) minimum L-inf distances, pixels in [0, 1]; 0 if misclassified clean, inf if none was found.
        index: (n,) places of the samples in the test set, None if the file does not say them.
        autoattack: AutoAttack's robust accuracy, None if the file does not hold it.
        protocol: what was run, None if no result lies beside the file.
    """

    path: Path
    key: ModelKey | None
    distances: Floats
    index: npt.NDArray[np.int64] | None = None
    autoattack: Accuracy | None = None
    protocol: Protocol | None = None


def read_curve_sources(paths: Iterable[Path]) -> tuple[CurveSource, ...]:
    """Read every file, and of every folder the outcomes in it, in its `results` and in folders directly below.

    Raises:
        ContributorError: a file is refused, a folder holds no outcomes, or they do not belong into one plot.
        MachineError: a file could not be read here.
    """
    files: dict[Path, None] = {}
    for path in paths:
        files |= dict.fromkeys(_files(path))
    found = tuple(_read(path) for path in files)
    refuse_unlike(found)
    return found


def refuse_unlike(sources: Sequence[CurveSource]) -> None:
    """Pass if all curves may stand in one plot: one dataset, one protocol, the same samples where they are told.

    Raises:
        ContributorError: they may not; names two files and what differs.
    """
    for words, facts, fix in (
        (
            "are of different datasets",
            [(s.path, s.key.dataset) for s in sources if s.key],
            "draw each dataset by itself",
        ),
        (
            "were measured by different protocols",
            [(s.path, s.protocol.name) for s in sources if s.protocol],
            "draw each protocol by itself; their numbers are never compared",
        ),
        (
            "are about different samples",
            [(s.path, tuple(sorted(s.index.tolist()))) for s in sources if s.index is not None],
            "measure all on the same samples",
        ),
    ):
        for path, fact in facts[1:]:
            if fact != facts[0][1]:
                told = f" ({facts[0][1]} and {fact})" if isinstance(fact, str) else ""
                raise ContributorError(where=path.name, message=f"`{facts[0][0].name}` and this {words}{told}", fix=fix)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        patterns = (f"*{_OUTCOMES}", f"results/*{_OUTCOMES}", f"*/results/*{_OUTCOMES}")
        found = sorted({file for pattern in patterns for file in path.glob(pattern)}, key=_by_key)
        if not found:
            raise ContributorError(
                where=str(path),
                message="there are no outcomes in this folder",
                fix="name the folder that `apcore benchmark --out` filled, or the files themselves",
            )
        yield from found
    elif _is_result(path):
        yield path.with_name(path.name.removesuffix(".json") + _OUTCOMES)
    else:
        yield path


def _by_key(path: Path) -> tuple[bool, ModelKey | str, str]:
    key = _key_of(path)
    return key is None, key or path.name, str(path)


def _read(path: Path) -> CurveSource:
    if not path.is_file():
        raise ContributorError(where=str(path), message="there is no such file", fix="correct the path")
    if not path.name.endswith(_OUTCOMES):
        return CurveSource(path=path, key=_key_of(path), distances=read_distances(path, where=path.name))
    outcomes = read_outcomes(path, where=path.name)
    if not outcomes.hofmn_distance.size:
        raise ContributorError(
            where=path.name, message="HO-FMN did not run, so there are no distances", fix="measure the checkpoint again"
        )
    result = _result_beside(path)
    attacked = len(outcomes.aa_outcome)
    return CurveSource(
        path=path,
        key=result.model_key if result else _key_of(path),
        distances=outcomes.hofmn_distance,
        index=outcomes.hofmn_index,
        autoattack=Accuracy(correct=int((outcomes.aa_outcome == SURVIVED).sum()), samples=attacked)
        if attacked
        else None,
        protocol=_protocol_of(result, path) if result else None,
    )


def _result_beside(path: Path) -> Result | None:
    beside = path.with_name(path.name.removesuffix(_OUTCOMES) + ".json")
    if not beside.is_file():
        return None
    try:
        return read_result(beside.read_bytes())
    except ShapeError as exc:
        raise ContributorError(
            where=beside.name, message=f"this is no result of `apcore benchmark`: {exc}", fix="move it away"
        ) from exc


def _protocol_of(result: Result, path: Path) -> Protocol:
    used = result.protocol
    if used.name not in protocol_names() or load_protocol(used.name).sha256 != used.sha256:
        raise ContributorError(
            where=path.name,
            message=f"this was measured by another `{used.name}` than the one here",
            fix="measure it again, or give `--eps` with the outcomes file alone",
        )
    return load_protocol(used.name)


def _key_of(path: Path) -> ModelKey | None:
    try:
        return ModelKey.parse(path.name.split(".")[0])
    except ModelKeyError:
        return None


def _is_result(path: Path) -> bool:
    if path.suffix != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return RESULT_SCHEMA.encode() in file.read(_HEAD)
