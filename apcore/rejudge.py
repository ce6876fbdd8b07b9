"""Whether a result's words follow from its numbers: a file may come from a job that a stranger's bytes have run in."""

from apcore.json_shape import ShapeError
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.verdict import Judgement, is_partial, judge


def rejudge(result: Result, protocol: Protocol) -> tuple[Judgement, ...]:
    """Judge the claims of a result again; what comes out is ours, whoever wrote the file.

    Raises:
        ShapeError: the result belongs to another protocol, or its verdicts or `partial` are not what its numbers say.
    """
    if (result.protocol.name, result.protocol.sha256) != (protocol.name, protocol.sha256):
        raise ShapeError(f"protocol: the result was not measured under {protocol.name} as it is here")
    if result.partial != is_partial(result.accuracies, protocol, seed=result.protocol.seed):
        raise ShapeError("partial: contradicts the number of samples and the seed")
    claimed = {claim.metric: claim.claimed for claim in result.claims}
    judgements = judge(claimed, result.accuracies, protocol, seed=result.protocol.seed)
    for ours, theirs in zip(judgements, result.claims, strict=True):
        if ours.verdict is not theirs.verdict:
            raise ShapeError(f"claims.{ours.metric}.verdict: is not what the numbers say, which is {ours.verdict}")
    return judgements
