"""What a measurement says about a claim. `docs/verdicts.md` gives the reasons; the numbers are the protocol's.

A broken sample is a certificate, a surviving one only the absence of an attack. So a measured robust accuracy is an
upper bound of the true one, the lower of claim and measurement binds, and the measured value is shown in every case.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apcore.accuracy import Accuracy, Measure
from apcore.protocol import Protocol, Tolerance


class Metric(StrEnum):
    """What a contributor claims for a checkpoint."""

    CLEAN = "clean_accuracy"
    AUTOATTACK = "aa_robust_accuracy"
    HO_FMN = "hofmn_robust_accuracy"

    @property
    def measure(self) -> Measure:
        """The measured accuracy that answers the claim."""
        return _MEASURE[self]


_MEASURE: Final = {
    Metric.CLEAN: Measure.CLEAN,
    Metric.AUTOATTACK: Measure.AA_ROBUST,
    Metric.HO_FMN: Measure.HOFMN_ROBUST,
}


class Verdict(StrEnum):
    """From worst to best: what decides first stands first.

    Something refuted outweighs all else. Doubt (`inconsistent`) outweighs ignorance (`not_measured`), which outweighs
    agreement. The word for a partial run (`consistent`) stands before every word for a full one, so that a whole of
    which any part is partial is never called confirmed. `higher` stands behind `confirmed_lower`, for the lower binds.
    """

    REFUTED = "refuted"
    INCONSISTENT = "inconsistent"
    NOT_MEASURED = "not_measured"
    CONSISTENT = "consistent"
    CONFIRMED_LOWER = "confirmed_lower"
    HIGHER = "higher"
    CONFIRMED = "confirmed"


_WORST_FIRST: Final = tuple(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A claim, what was measured, and what that means.

    Args:
        metric: what was claimed.
        claimed: the claimed share, in [0, 1].
        measured: the measured share with its counts, None if it was not measured.
        verdict: what the measurement says about the claim.
        reason: one sentence with the numbers, plain text.
    """

    metric: Metric
    claimed: float
    measured: Accuracy | None
    verdict: Verdict
    reason: str


def judge(
    claimed: Mapping[Metric, float],
    measured: Mapping[Measure, Accuracy],
    protocol: Protocol,
    *,
    seed: int | None = None,
) -> tuple[Judgement, ...]:
    """Judge every claim of one checkpoint, in the order of `Metric`.

    A partial run (see `is_partial`) confirms nothing: in it, a metric on too few samples is held against its 95 %
    interval, a complete one against the tolerance, and what agrees is `consistent`.

    Args:
        claimed: claimed shares in [0, 1]; may name some of the metrics only.
        measured: what was measured under `protocol`.
        protocol: tolerances and sample counts.
        seed: the seed that was used, None for the protocol's.
    """
    partial = is_partial(measured, protocol, seed=seed)
    judgements: list[Judgement] = []
    for metric in Metric:
        if metric in claimed:
            found = measured.get(metric.measure)
            verdict, reason = (
                (Verdict.NOT_MEASURED, _why_not_measured(judgements))
                if found is None
                else _compare(_Gap(claimed[metric], found), metric, protocol, partial=partial)
            )
            judgements.append(
                Judgement(metric=metric, claimed=claimed[metric], measured=found, verdict=verdict, reason=reason)
            )
    return tuple(judgements)


def is_partial(measured: Mapping[Measure, Accuracy], protocol: Protocol, *, seed: int | None = None) -> bool:
    """Whether the run is not all that the protocol asks for: fewer samples, or another seed than the protocol's.

    With a seed of one's own one could draw until the number pleases; so such a run is a look, not a verdict.
    """
    if seed is not None and seed != protocol.autoattack.seed:
        return True
    return any(
        measured[metric.measure].samples < planned_samples(metric, protocol)
        for metric in Metric
        if metric.measure in measured
    )


def planned_samples(metric: Metric, protocol: Protocol) -> int:
    """On how many samples the protocol measures `metric`; clean accuracy on those that AutoAttack gets."""
    return (protocol.ho_fmn if metric is Metric.HO_FMN else protocol.autoattack).samples.count


def may_attack(clean: Judgement) -> bool:
    """Whether attacking makes sense: a refuted clean accuracy means another network, input or data than the claim's."""
    return clean.verdict is not Verdict.REFUTED


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """One verdict for a checkpoint from those of its metrics, or for a submission from those of its checkpoints.

    The worst decides, in the order of `Verdict`; None if there is nothing to decide.
    """
    return min(verdicts, key=_WORST_FIRST.index, default=None)


@dataclass(frozen=True, slots=True)
class _Gap:
    """How far a measurement lies below its claim (negative: above it), in percentage points and in samples."""

    claimed: float
    measured: Accuracy

    @property
    def points(self) -> float:
        """Rounded, so that a gap of 0.15 points is 0.15 and not a hair more."""
        return round(100 * (self.claimed - self.measured.value), 6)

    @property
    def samples(self) -> int:
        """A claim stands for whole samples: 53.13 % of 64 is 34 of them, for claims are rounded when written down."""
        return math.floor(self.claimed * self.measured.samples + 0.5) - self.measured.correct

    def within(self, points: float, samples: int) -> bool:
        """Whether claim and measurement agree, by either unit."""
        return abs(self.points) <= points or abs(self.samples) <= samples

    def __str__(self) -> str:
        found = f"{_percent(self.measured.value)} of {_count(self.measured.samples)}"
        if self.samples == 0:
            return f"{found}, not a sample away from the claimed {_percent(self.claimed)}"
        side = "below" if self.samples > 0 else "above"
        size = f"{abs(self.points):.2f} points ({_count(abs(self.samples))})"
        return f"{found}, {size} {side} the claimed {_percent(self.claimed)}"


def _compare(gap: _Gap, metric: Metric, protocol: Protocol, *, partial: bool) -> tuple[Verdict, str]:
    planned = planned_samples(metric, protocol)
    if gap.measured.samples < planned:
        return _against_interval(gap, planned)
    verdict, reason = _against_tolerance(gap, metric, protocol.tolerance)
    if not partial:
        return verdict, reason
    softened = Verdict.CONSISTENT if verdict in (Verdict.CONFIRMED, Verdict.HIGHER) else Verdict.INCONSISTENT
    return softened, f"{reason}; the run is partial, so nothing is confirmed or refuted"


def _against_interval(gap: _Gap, planned: int) -> tuple[Verdict, str]:
    measured, interval = gap.measured, gap.measured.interval
    inside = gap.claimed in interval
    return Verdict.CONSISTENT if inside else Verdict.INCONSISTENT, (
        f"{_percent(measured.value)} of {_count(measured.samples)} where the protocol asks for {planned:,}; "
        f"the claimed {_percent(gap.claimed)} lies {'inside' if inside else 'outside'} the 95 % interval "
        f"({100 * interval.low:.2f} to {100 * interval.high:.2f} %), and a full run decides"
    )


def _against_tolerance(gap: _Gap, metric: Metric, tolerance: Tolerance) -> tuple[Verdict, str]:
    match metric:
        case Metric.CLEAN:
            return _clean(gap, tolerance)
        case Metric.AUTOATTACK:
            return _autoattack(gap, tolerance)
        case Metric.HO_FMN:
            return _ho_fmn(gap, tolerance)


def _clean(gap: _Gap, tolerance: Tolerance) -> tuple[Verdict, str]:
    if gap.within(tolerance.clean, tolerance.samples):
        return Verdict.CONFIRMED, f"{gap}: they agree"
    differs = "so the file, its normalisation or the data are not those of the claim"
    return Verdict.REFUTED, f"{gap}: more than {_points(tolerance.clean)}, {differs}"


def _autoattack(gap: _Gap, tolerance: Tolerance) -> tuple[Verdict, str]:
    if gap.within(tolerance.aa_confirmed, tolerance.samples):
        return Verdict.CONFIRMED, f"{gap}: they agree"
    if gap.points < 0:
        return Verdict.HIGHER, f"{gap}: more than {_points(tolerance.aa_confirmed)}, so the measured value is shown"
    if gap.points <= tolerance.aa_refuted:
        return Verdict.CONFIRMED_LOWER, f"{gap}: at most {_points(tolerance.aa_refuted)}, so the lower value is shown"
    return Verdict.REFUTED, f"{gap}: more than {_points(tolerance.aa_refuted)}, so the claim is refuted"


def _ho_fmn(gap: _Gap, tolerance: Tolerance) -> tuple[Verdict, str]:
    if abs(gap.samples) <= tolerance.hofmn_samples:
        return Verdict.CONFIRMED, f"{gap}: they agree"
    limit = _count(tolerance.hofmn_samples)
    if gap.samples < 0:
        return Verdict.HIGHER, f"{gap}: more than {limit}, so the measured value is shown"
    return Verdict.REFUTED, f"{gap}: more than {limit}, so the claim is refuted"


def _why_not_measured(before: list[Judgement]) -> str:
    if any(not may_attack(judgement) for judgement in before):
        return "not attacked, because the clean accuracy is not the claimed one"
    return "not measured in this run"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _points(points: float) -> str:
    return f"{points:g} points"


def _count(samples: int) -> str:
    return f"{samples:,} sample{'' if samples == 1 else 's'}"
