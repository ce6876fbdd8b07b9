"""Whether a result's words follow from its numbers: a file may come from a job that a stranger's bytes have run in."""

from collections.abc import Mapping
from dataclasses import replace

from apcore.accuracy import Measure
from apcore.early_refutation import order_digest, radius_tried, sample_order
from apcore.json_shape import ShapeError
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.verdict import Judgement, Metric, is_partial, judge


def rejudge(result: Result, protocol: Protocol) -> tuple[Judgement, ...]:
    """Judge the claims of a result again; what comes out is ours, whoever wrote the file.

    Raises:
        ShapeError: the result belongs to another protocol, or its verdicts or `partial` are not what its numbers say.
    """
    if (result.protocol.name, result.protocol.sha256) != (protocol.name, protocol.sha256):
        raise ShapeError(f"protocol: the result was not measured under {protocol.name} as it is here")
    if result.partial != is_partial(result.accuracies, protocol, seed=result.protocol.seed):
        raise ShapeError("partial: contradicts the number of samples and the seed")
    _check_other_radius(result, protocol)
    _check_prefix(result, protocol)
    _check_bound(result, protocol)
    judgements = _judged({claim.metric: claim.claimed for claim in result.claims}, result, protocol)
    for ours, theirs in zip(judgements, result.claims, strict=True):
        if ours.verdict is not theirs.verdict:
            raise ShapeError(f"claims.{ours.metric}.verdict: is not what the numbers say, which is {ours.verdict}")
    return judgements


def _check_other_radius(result: Result, protocol: Protocol) -> None:
    """Pass if what was measured at the other radius can stand beside what was measured at the protocol's own."""
    for measure, settings in ((Measure.AA_ROBUST, protocol.autoattack), (Measure.HOFMN_ROBUST, protocol.ho_fmn)):
        found = result.other_radius.get(measure)
        if found is None:
            continue
        other, here = settings.other, result.accuracies[measure]
        if other is None or found.eps != other.eps_text:
            raise ShapeError(f"other_radius.{measure}.eps: is not the other radius of {protocol.name}")
        gained = found.accuracy.correct - here.correct
        if gained * (settings.eps - other.eps) < 0:
            raise ShapeError(f"other_radius.{measure}: grows with the radius")


def _check_prefix(result: Result, protocol: Protocol) -> None:
    """Pass if the samples that were attacked first are those of the order that nobody could choose."""
    prefix, attack = result.prefix, protocol.autoattack
    if prefix is None:
        return
    if result.partial or prefix.eps != radius_tried(attack).eps_text:
        raise ShapeError("prefix: a partial run has none, and it is attacked at the smaller radius of the protocol")
    order = sample_order(attack.samples, seed=attack.seed, checkpoint_sha256=result.checkpoint.sha256)
    if prefix.order_sha256 != order_digest(order) or not set(prefix.broken.first) <= set(order):
        raise ShapeError("prefix.order_sha256: is not the order that seed and checkpoint give")


def _check_bound(result: Result, protocol: Protocol) -> None:
    """Pass if a bound stands where the run ended with it: on all samples, without a number for AutoAttack."""
    bound, attack = result.bound, protocol.autoattack
    if bound is None:
        return
    if result.partial or Measure.AA_ROBUST in result.accuracies:
        raise ShapeError("bound: stands in whole runs alone that ended with it")
    if (bound.eps, bound.robust.samples) != (radius_tried(attack).eps_text, attack.samples.count):
        raise ShapeError("bound: is on all samples, at the smaller radius of the protocol")
    clean = result.accuracies.get(Measure.CLEAN)
    if clean is None or bound.robust.correct > clean.correct:
        raise ShapeError("bound: more samples survive than are right without any attack")


def with_claims(
    result: Result, claimed: Mapping[Metric, float], protocol: Protocol, *, submission_sha256: str
) -> Result:
    """A result as it reads for a submission that claims something else: the numbers stay, the verdicts are judged anew.

    Args:
        result: that `rejudge` let pass.
        claimed: claimed shares in [0, 1].
        protocol: under which it was measured.
        submission_sha256: the submission that claims this.
    """
    return replace(result, claims=_judged(claimed, result, protocol), submission_sha256=submission_sha256)


def _judged(claimed: Mapping[Metric, float], result: Result, protocol: Protocol) -> tuple[Judgement, ...]:
    return judge(
        claimed,
        result.accuracies,
        protocol,
        seed=result.protocol.seed,
        at_other_radius={measure: found.accuracy for measure, found in result.other_radius.items()},
        prefix=result.prefix,
        bound=result.bound,
    )
