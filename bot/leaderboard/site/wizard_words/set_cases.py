"""Cases about which models come together: too few, sets complete or not."""

from dataclasses import replace

from apcore import model_block
from apcore.model_key import ModelKey
from apcore.protocol import Protocol
from bot.leaderboard.site.wizard_words.case import Case
from bot.leaderboard.site.wizard_words.made_up_issue import MadeUpIssue


def about_sets(issue: MadeUpIssue, protocol: Protocol) -> dict[str, Case]:
    """What is missing, and what is complete."""
    first = ModelKey.parse(issue.models[0][model_block.MODEL_KEY])
    track = f"{first.architecture} {first.dataset} {first.structure}"
    other = next(a.short for a in protocol.architectures if a.short != first.architecture)
    elsewhere = replace(first, architecture=other)
    sparsities = protocol.sparsities_of(first.structure)
    further = {**issue.models[0], model_block.MODEL_KEY: str(elsewhere), model_block.CHECKPOINT: "1" * 30}
    enough = "there-are-enough-checkpoints"
    unadmitted = [{**issue.models[0], model_block.MODEL_KEY: str(replace(first, dataset="X9"))}]
    counted = "complete-sets-are-counted"
    room = [f"{a.short} {d} {first.structure}" for a in protocol.architectures for d in protocol.datasets]
    everything = [
        {**issue.models[0], model_block.MODEL_KEY: str(replace(first, architecture=a.short, dataset=d, sparsity=s))}
        for a in protocol.architectures
        for d in protocol.datasets
        for s in sparsities
    ]
    last_incomplete = everything[:-1]
    return {
        "too_few": Case(
            rule=enough,
            issue=replace(issue, models=issue.models[:2]),
            holes={"found": "2 models", "needed": "3", "track": track, "sparsities": f"sparsity {sparsities[-1]}"},
        ),
        "too_few_of_any": Case(
            rule=enough, issue=replace(issue, models=unadmitted), holes={"found": "1 model", "needed": "3"}
        ),
        "incomplete": Case(
            rule="one-set-is-complete",
            issue=replace(issue, models=[*issue.models[:2], further]),
            holes={"track": track, "sparsities": f"sparsity {sparsities[-1]}"},
        ),
        "further": Case(
            rule="further-sets-may-be-incomplete",
            issue=replace(issue, models=[*issue.models, further]),
            holes={
                "track": f"{other} {first.dataset} {first.structure}",
                "sparsities": f"sparsity {sparsities[1]} and {sparsities[2]}",
            },
        ),
        "complete": Case(
            rule=counted,
            issue=issue,
            holes={
                "complete": f"1 of {len(room)} sets is complete",
                "tracks": track,
                "room": f"{', '.join(room[1:-1])} and {room[-1]}",
            },
        ),
        "complete_all": Case(
            rule=counted,
            issue=replace(issue, models=everything),
            holes={
                "complete": f"{len(room)} of {len(room)} sets are complete",
                "tracks": f"{', '.join(room[:-1])} and {room[-1]}",
            },
        ),
        "complete_rest": Case(
            rule=counted,
            issue=replace(issue, models=last_incomplete),
            holes={
                "complete": f"{len(room) - 1} of {len(room)} sets are complete",
                "tracks": f"{', '.join(room[:-2])} and {room[-2]}",
            },
        ),
    }
