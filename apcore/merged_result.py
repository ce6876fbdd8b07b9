"""The results of shards put together again: what a run that was never divided would have said of the same samples.

Accuracies are counted anew from the outcomes, and claims judged by them. HO-FMN and what was held against the author's distances
belong to the shard that ran it. What was held against the author's outcomes belongs to no shard, so it is left out.
"""

from collections.abc import Sequence
from dataclasses import replace

from apcore.accuracy import Accuracy, Measure
from apcore.errors import MachineError
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol
from apcore.result import OtherRadius, Result
from apcore.robust_accuracy import accuracies, robust_accuracy
from apcore.shards import Part, merge_outcomes
from apcore.verdict import is_partial, judge


def counted(outcomes: Outcomes, protocol: Protocol) -> dict[Measure, Accuracy]:
    """The accuracies that outcomes say; empty if nothing was attacked."""
    if not len(outcomes.index):
        return {}
    return accuracies(
        label=outcomes.label,
        clean_prediction=outcomes.clean_prediction,
        index=outcomes.index,
        aa_outcome=outcomes.aa_outcome,
        aa_eps=protocol.autoattack.eps,
        hofmn_index=outcomes.hofmn_index,
        hofmn_distance=outcomes.hofmn_distance,
        hofmn_eps=protocol.ho_fmn.eps,
    )


def merge_parts(parts: Sequence[Part], protocol: Protocol) -> Part:
    """The whole of all shards, in any order.

    Raises:
        ValueError: there are no parts.
        MachineError: as `apcore.shards.merge_outcomes`, or the parts were not judged by the same claims.
    """
    outcomes = merge_outcomes(parts, protocol)
    ordered = sorted(parts, key=lambda part: int(part.outcomes.index[0]))
    results = [part.result for part in ordered]
    claimed = {claim.metric: claim.claimed for claim in results[0].claims}
    if any({claim.metric: claim.claimed for claim in result.claims} != claimed for result in results):
        raise MachineError(where="shards", message="the parts judge different claims", fix="run all of them anew")
    whole = next((part.result for part in ordered if len(part.outcomes.hofmn_index)), results[0])
    measured, seed = counted(outcomes, protocol), whole.protocol.seed
    elsewhere = _at_other_radius(outcomes, protocol)
    flags = {flag.name: flag for result in reversed(results) for flag in result.flags}
    merged = replace(
        whole,
        accuracies=measured,
        partial=is_partial(measured, protocol, seed=seed),
        claims=judge(
            claimed,
            measured,
            protocol,
            seed=seed,
            at_other_radius={measure: found.accuracy for measure, found in elsewhere.items()},
        ),
        other_radius=elsewhere,
        flags=tuple(flags.values()),
        prefix=None,
        seconds=_together(results),
        outcomes_file=None,
    )
    return Part(result=merged, outcomes=outcomes)


def _at_other_radius(outcomes: Outcomes, protocol: Protocol) -> dict[Measure, OtherRadius]:
    other = protocol.ho_fmn.other
    if other is None or not len(outcomes.hofmn_distance):
        return {}
    found = OtherRadius(eps=other.eps_text, accuracy=robust_accuracy(outcomes.hofmn_distance, other.eps))
    return {Measure.HOFMN_ROBUST: found}


def _together(results: Sequence[Result]) -> dict[str, float]:
    """Seconds of all machines, stage by stage."""
    stages = dict.fromkeys(stage for result in results for stage in result.seconds)
    return {stage: round(sum(result.seconds.get(stage, 0.0) for result in results), 3) for stage in stages}
