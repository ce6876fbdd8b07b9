"""What a measurement says about a claim. `docs/verdicts.md` gives the reasons; the numbers are the protocol's.

A broken sample is a certificate, a surviving one only the absence of an attack. So a measured robust accuracy is an
upper bound of the true one, the lower of claim and measurement binds, and the measured value is shown in every case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from apcore.accuracy import Accuracy, Measure
from apcore.claim_gap import Gap, count, fell_to_hofmn, percent, points, survivors_kept
from apcore.early_refutation import Prefix, radius_tried, refuted_words, refutes
from apcore.protocol import Protocol, Radius, Tolerance
from apcore.upper_bound import UpperBound, bound_words


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

    Something refuted outweighs all else. A claim that fits another radius (`other_radius`) needs a correction for certain,
    and so outweighs doubt (`inconsistent`), which outweighs ignorance (`not_measured`), which outweighs agreement. The word
    for a partial run (`consistent`) stands before every word for a full one, so that a whole of which any part is partial
    is never called confirmed. `higher` stands behind `confirmed_lower`, for the lower binds.
    """

    REFUTED = "refuted"
    OTHER_RADIUS = "other_radius"
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
    at_other_radius: Mapping[Measure, Accuracy] | None = None,
    prefix: Prefix | None = None,
    bound: UpperBound | None = None,
) -> tuple[Judgement, ...]:
    """Judge every claim of one checkpoint, in the order of `Metric`.

    A partial run (see `is_partial`) confirms nothing: in it, a metric on too few samples is held against its 95 %
    interval, a complete one against the tolerance, and what agrees is `consistent`.

    Args:
        claimed: claimed shares in [0, 1]; may name some of the metrics only.
        measured: what was measured under `protocol`.
        protocol: tolerances and sample counts.
        seed: the seed that was used, None for the protocol's.
        at_other_radius: robust accuracies at the protocol's other radius, where they were measured.
        prefix: what was seen before the whole run; where AutoAttack's accuracy was measured, that decides.
        bound: what its first attacks left of all samples, if it ended there; the same holds.
    """
    run = _Run(
        measured=measured,
        protocol=protocol,
        partial=is_partial(measured, protocol, seed=seed),
        elsewhere=at_other_radius or {},
        prefix=prefix,
        bound=bound,
    )
    judgements: list[Judgement] = []
    for metric in Metric:
        if metric in claimed:
            found = measured.get(metric.measure)
            verdict, reason = (
                _without_measurement(claimed[metric], metric, run, judgements)
                if found is None
                else _compare(Gap(claimed[metric], found), metric, run)
            )
            judgements.append(
                Judgement(metric=metric, claimed=claimed[metric], measured=found, verdict=verdict, reason=reason)
            )
    return tuple(judgements)


def asks_for_other_radius(judgement: Judgement, protocol: Protocol) -> bool:
    """Whether a claim can only be refuted once AutoAttack was run at the protocol's other radius.

    Accuracy falls as the radius grows, so a smaller one can explain a claim above the measurement and a larger one cannot.
    """
    return (
        judgement.metric is Metric.AUTOATTACK
        and judgement.measured is not None
        and _smaller(protocol.autoattack.other, protocol.autoattack.eps)
        and _autoattack(Gap(judgement.claimed, judgement.measured), protocol.tolerance)[0] is Verdict.REFUTED
        and judgement.measured.samples >= planned_samples(judgement.metric, protocol)
    )


def bound_refutes(bound: UpperBound, claimed: float, protocol: Protocol) -> bool:
    """Whether a bound refutes a claimed share in [0, 1]: the whole run would, for it can only measure less."""
    attack = protocol.autoattack
    return (
        (bound.eps, bound.robust.samples) == (radius_tried(attack).eps_text, attack.samples.count)
        and claimed > bound.robust.value
        and _autoattack(Gap(claimed, bound.robust), protocol.tolerance)[0] is Verdict.REFUTED
    )


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


def may_attack(judgement: Judgement) -> bool:
    """Whether attacking makes sense: a refuted clean accuracy means another network, input or data than the claim's."""
    return not (judgement.metric is Metric.CLEAN and judgement.verdict is Verdict.REFUTED)


def worst(verdicts: Iterable[Verdict]) -> Verdict | None:
    """One verdict for a checkpoint from those of its metrics, or for a submission from those of its checkpoints.

    The worst decides, in the order of `Verdict`; None if there is nothing to decide.
    """
    return min(verdicts, key=_WORST_FIRST.index, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """All that one checkpoint's claims are judged by."""

    measured: Mapping[Measure, Accuracy]
    protocol: Protocol
    partial: bool
    elsewhere: Mapping[Measure, Accuracy]
    prefix: Prefix | None
    bound: UpperBound | None


def _compare(gap: Gap, metric: Metric, run: _Run) -> tuple[Verdict, str]:
    planned = planned_samples(metric, run.protocol)
    if gap.measured.samples < planned:
        return _against_interval(gap, planned)
    verdict, reason = _against_tolerance(gap, metric, run.protocol.tolerance)
    if metric is Metric.AUTOATTACK:
        reason += fell_to_hofmn(run.measured)
    if run.partial:
        softened = Verdict.CONSISTENT if verdict in (Verdict.CONFIRMED, Verdict.HIGHER) else Verdict.INCONSISTENT
        return softened, f"{reason}; the run is partial, so nothing is confirmed or refuted"
    if metric is Metric.CLEAN:
        return verdict, reason
    return _at_both_radii(verdict, reason, gap, metric, run)


def _against_interval(gap: Gap, planned: int) -> tuple[Verdict, str]:
    measured, interval = gap.measured, gap.measured.interval
    inside = gap.claimed in interval
    return Verdict.CONSISTENT if inside else Verdict.INCONSISTENT, (
        f"{percent(measured.value)} of {count(measured.samples)} where the protocol asks for {planned:,}; "
        f"the claimed {percent(gap.claimed)} lies {'inside' if inside else 'outside'} the 95 % interval "
        f"({100 * interval.low:.2f} to {100 * interval.high:.2f} %), and a full run decides"
    )


def _against_tolerance(gap: Gap, metric: Metric, tolerance: Tolerance) -> tuple[Verdict, str]:
    match metric:
        case Metric.CLEAN:
            return _clean(gap, tolerance)
        case Metric.AUTOATTACK:
            return _autoattack(gap, tolerance)
        case Metric.HO_FMN:
            return _ho_fmn(gap, tolerance)


def _clean(gap: Gap, tolerance: Tolerance) -> tuple[Verdict, str]:
    if gap.within(tolerance.clean, tolerance.samples):
        return Verdict.CONFIRMED, f"{gap}: they agree"
    differs = "so the file, its normalisation or the data are not those of the claim"
    return Verdict.REFUTED, f"{gap}: more than {points(tolerance.clean)}, {differs}"


def _autoattack(gap: Gap, tolerance: Tolerance) -> tuple[Verdict, str]:
    if gap.within(tolerance.aa_confirmed, tolerance.samples):
        return Verdict.CONFIRMED, f"{gap}: they agree"
    if gap.points < 0:
        return Verdict.HIGHER, f"{gap}: more than {points(tolerance.aa_confirmed)}, so the measured value is shown"
    if gap.points <= tolerance.aa_refuted:
        return Verdict.CONFIRMED_LOWER, f"{gap}: at most {points(tolerance.aa_refuted)}, so the lower value is shown"
    return Verdict.REFUTED, f"{gap}: more than {points(tolerance.aa_refuted)}"


def _ho_fmn(gap: Gap, tolerance: Tolerance) -> tuple[Verdict, str]:
    if abs(gap.samples) <= tolerance.hofmn_samples:
        return Verdict.CONFIRMED, f"{gap}: they agree"
    limit = count(tolerance.hofmn_samples)
    if gap.samples < 0:
        return Verdict.HIGHER, f"{gap}: more than {limit}, so the measured value is shown"
    return Verdict.REFUTED, f"{gap}: more than {limit}"


def _at_both_radii(verdict: Verdict, reason: str, gap: Gap, metric: Metric, run: _Run) -> tuple[Verdict, str]:
    """The verdict once a claim made at the protocol's other radius is thought of."""
    settings = run.protocol.ho_fmn if metric is Metric.HO_FMN else run.protocol.autoattack
    other = settings.other
    if verdict is Verdict.HIGHER and other is not None and not _smaller(other, settings.eps):
        return (
            verdict,
            f"{reason}; a claim made at the larger eps {other.eps_text} would be lower, which may explain it",
        )
    if verdict is not Verdict.REFUTED:
        return verdict, reason
    if other is None:
        return verdict, f"{reason}, so the claim is refuted"
    if not _smaller(other, settings.eps):
        return (
            verdict,
            f"{reason}, and at the larger eps {other.eps_text} it can only be lower, so the claim is refuted",
        )
    return _at_smaller_radius(reason, gap, metric, run, eps_text=settings.eps_text, other=other)


def _at_smaller_radius(
    reason: str, gap: Gap, metric: Metric, run: _Run, *, eps_text: str, other: Radius
) -> tuple[Verdict, str]:
    """The verdict on a claim that does not hold at `eps_text`, once the accuracy at the smaller radius is known."""
    found = run.elsewhere.get(metric.measure)
    if found is None:
        return Verdict.INCONSISTENT, f"{reason}; nothing is refuted before eps {other.eps_text} is tried too"
    there = Gap(gap.claimed, found)
    kept = survivors_kept(run.measured, eps_text) if metric is Metric.AUTOATTACK else ""
    at_other = f"at eps {other.eps_text} it is {percent(found.value)}{kept}"
    if _against_tolerance(there, metric, run.protocol.tolerance)[0] is Verdict.REFUTED:
        return Verdict.REFUTED, f"{reason}, and {at_other}, {there.beside} the claim too, so the claim is refuted"
    return Verdict.OTHER_RADIUS, (
        f"{reason}, but {at_other}: the claim fits eps {other.eps_text}, and this protocol measures at {eps_text}"
    )


def _smaller(other: Radius | None, eps: float) -> bool:
    return other is not None and other.eps < eps


def _without_measurement(claimed: float, metric: Metric, run: _Run, before: list[Judgement]) -> tuple[Verdict, str]:
    """The verdict where the whole run did not take place."""
    if metric is Metric.AUTOATTACK and run.prefix and refutes(run.prefix, claimed, run.protocol):
        return Verdict.REFUTED, refuted_words(run.prefix, claimed, run.protocol)
    if metric is Metric.AUTOATTACK and run.bound and bound_refutes(run.bound, claimed, run.protocol):
        return Verdict.REFUTED, bound_words(run.bound, claimed)
    if any(not may_attack(judgement) for judgement in before):
        return Verdict.NOT_MEASURED, "not attacked, because the clean accuracy is not the claimed one"
    if any(judgement.verdict is Verdict.REFUTED for judgement in before):
        return Verdict.NOT_MEASURED, "not attacked, because the claim about AutoAttack is refuted already"
    return Verdict.NOT_MEASURED, "not measured in this run"
