"""Whether a result that an earlier run left needs no measuring again."""

from collections.abc import Mapping

from apcore.assumptions import INPUT_NOT_STATED
from apcore.environment import CHOSEN, environment
from apcore.layouts.input_normalization import effective
from apcore.result import Result
from apcore.sample_sets import load_sample_sets
from apcore.task import Task


def still_valid(result: Result, task: Task) -> bool:
    """Whether an earlier result is what running `task` would give: same files, claims, data, versions and settings."""
    surroundings = environment(task.device) | {"data": load_sample_sets(task).sha256}
    distances = result.distances_file.sha256 if result.distances_file else None
    outcomes = result.outcomes_file.sha256 if result.outcomes_file else None
    return (
        result.submission_sha256 == task.submission_sha256
        and result.checkpoint.sha256 == task.checkpoint_sha256
        and result.protocol.sha256 == task.protocol.sha256
        and result.protocol.seed == task.settings.autoattack.seed
        and result.limit == task.limit
        and _same_input(result, task)
        and distances == task.distances_sha256
        and outcomes == task.outcomes_sha256
        and not (task.in_full and result.stopped_early)
        and _not_chosen(result.environment) == _not_chosen(surroundings)
    )


def _not_chosen(surroundings: Mapping[str, str | int]) -> dict[str, str | int]:
    return {name: value for name, value in surroundings.items() if name not in CHOSEN}


def _same_input(result: Result, task: Task) -> bool:
    """Whether the network was measured with the input that the task states, or that follows where it states none."""
    stated = not any(flag.name == INPUT_NOT_STATED for flag in result.flags)
    measured = result.network.normalization
    if task.normalization is None:
        return measured is None or not stated
    return measured == effective(task.normalization) and (measured is None or stated)
