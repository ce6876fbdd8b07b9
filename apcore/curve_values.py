"""A curve as numbers: every eps at which it steps, and the robust accuracy from there on."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np

from apcore.accuracy import Accuracy
from apcore.intervals import wilson_interval
from apcore.robust_accuracy import Floats, checked_distances, robust_accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveValues:
    """One curve.

    Args:
        label: as in the legend.
        model_key: the checkpoint's, None if it is not known.
        samples: how many distances there are.
        at_zero: distances of 0: misclassified as it is, and in files of the released code also never broken.
        not_found: distances of inf.
        robust: the robust accuracy at the radius, None without one.
        steps: every eps from 0 at which the curve steps, pixels in [0, 1], and how many samples are robust there.
    """

    label: str
    model_key: str | None
    samples: int
    at_zero: int
    not_found: int
    robust: Accuracy | None
    steps: tuple[tuple[float, int], ...]


def curve_values(distances: Floats, *, label: str, model_key: str | None, eps: float | None) -> CurveValues:
    """The numbers behind one curve.

    Args:
        distances: (n,) minimum L-inf distances, n >= 1; 0 if misclassified clean, inf if none was found.
        label: as in the legend.
        model_key: the checkpoint's, None if it is not known.
        eps: the radius, None without one.
    """
    single = np.sort(checked_distances(distances))
    places = np.unique(np.concatenate((np.zeros(1, np.float32), single[np.isfinite(single)])))
    left = single.size - np.searchsorted(single, places, side="right")
    return CurveValues(
        label=label,
        model_key=model_key,
        samples=single.size,
        at_zero=int((single == 0).sum()),
        not_found=int(np.isinf(single).sum()),
        robust=None if eps is None else robust_accuracy(single, eps),
        # as the shortest decimal that is this float32, so that reading it back gives the same comparison
        steps=tuple((float(str(place)), int(count)) for place, count in zip(places, left, strict=True)),
    )


def curves_json(curves: Sequence[CurveValues], *, eps: str | None, protocol: str | None) -> dict[str, Any]:
    """All curves as one JSON document; accuracies in percent."""
    return {
        "eps": eps,
        "protocol": protocol,
        "curves": [
            {
                "label": curve.label,
                "model_key": curve.model_key,
                "samples": curve.samples,
                "at_distance_0": curve.at_zero,
                "not_found": curve.not_found,
                "robust_at_eps": curve.robust and _accuracy(curve.robust),
                "steps": [dict(zip(_COLUMNS[1:], row[1:], strict=True)) for row in _rows([curve])],
            }
            for curve in curves
        ],
    }


def curves_csv(curves: Iterable[CurveValues]) -> str:
    """All curves as a table, one row a step; accuracies in percent."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(curves))
    return out.getvalue()


_COLUMNS = ("label", "eps", "robust_accuracy", "low", "high")


def _rows(curves: Iterable[CurveValues]) -> Iterator[tuple[str | float, ...]]:
    for curve in curves:
        for eps, count in curve.steps:
            band = wilson_interval(count, curve.samples)
            yield (curve.label, eps, *(round(100 * share, 6) for share in (count / curve.samples, band.low, band.high)))


def _accuracy(found: Accuracy) -> dict[str, Any]:
    return {
        "value": round(100 * found.value, 6),
        "samples": found.samples,
        "interval": [round(100 * found.interval.low, 6), round(100 * found.interval.high, 6)],
    }
