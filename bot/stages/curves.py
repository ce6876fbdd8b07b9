"""Security evaluation curves of a submission: one picture for the checkpoints that differ in sparsity alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from apcore.accuracy import Measure
from apcore.distance_comparison import with_none_found
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.security_curve import Curve, save_curves


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """What is known of one checkpoint once it is measured; `submitted` are the author's own distances, if they are at hand."""

    result: Result
    outcomes: Outcomes
    submitted: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One picture in two formats, and what it shows."""

    title: str
    png: Path
    svg: Path


def draw_curves(measurements: Iterable[Measurement], folder: Path, protocol: Protocol) -> list[Drawn]:
    """Draw all pictures into `folder`, called after the part of the keys that their checkpoints share.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_draw(group, folder, protocol) for group in _triples(measurements)]


def _triples(measurements: Iterable[Measurement]) -> Iterator[list[Measurement]]:
    """Attacked checkpoints that differ in sparsity alone, together."""
    attacked = [measurement for measurement in measurements if len(measurement.outcomes.hofmn_distance)]
    for _, group in groupby(
        sorted(attacked, key=lambda m: m.result.model_key), key=lambda m: _triple(m.result.model_key)
    ):
        yield list(group)


def _triple(key: ModelKey) -> str:
    return str(key).rsplit("_", 1)[0]


def _draw(group: Sequence[Measurement], folder: Path, protocol: Protocol) -> Drawn:
    key = group[0].result.model_key
    png, svg = (folder / f"{_triple(key)}.{suffix}" for suffix in ("png", "svg"))
    save_curves(
        [
            Curve(
                label=f"{m.result.model_key.structure} {m.result.model_key.sparsity} %",
                distances=m.outcomes.hofmn_distance,
                submitted=None if m.submitted is None else with_none_found(m.submitted, m.outcomes.hofmn_distance),
                autoattack=m.result.accuracies.get(Measure.AA_ROBUST),
            )
            for m in group
        ],
        png=png,
        svg=svg,
        protocol=protocol,
        dataset=key.dataset,
        title=f"{key.ap_key}, {key.architecture} on {key.dataset}",
    )
    return Drawn(title=f"Security evaluation curves of {_triple(key)}", png=png, svg=svg)
