"""An earlier result holds for a task only if it is what running the task would give."""

from dataclasses import replace
from pathlib import Path

import pytest

from apcore import earlier_result
from apcore.assumptions import INPUT_NOT_STATED
from apcore.earlier_result import still_valid
from apcore.environment import environment
from apcore.layouts.declaration import Normalization
from apcore.protocol import load_protocol
from apcore.result import Flag, Result
from apcore.result_json import read_result
from apcore.sample_sets import load_sample_sets
from apcore.task import Task

GOLDEN = Path(__file__).parents[1] / "golden" / "result" / "demo.json"
CIFAR = ((0.4914, 0.4822, 0.4465), (0.2471, 0.2435, 0.2616))
NONE = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
UNSTATED = Flag(name=INPUT_NOT_STATED, value=None, message="the form states no input normalisation")


@pytest.fixture(scope="module")
def task() -> Task:
    return Task(
        key=read_result(GOLDEN.read_bytes()).model_key,
        checkpoint=Path("absent"),
        checkpoint_sha256="c" * 64,
        protocol=load_protocol("demo"),
        work=Path("absent"),
    )


@pytest.fixture(scope="module")
def result(task: Task) -> Result:
    """What that task would give."""
    found = read_result(GOLDEN.read_bytes())
    return replace(
        found,
        submission_sha256=None,
        checkpoint=replace(found.checkpoint, sha256=task.checkpoint_sha256),
        protocol=replace(found.protocol, sha256=task.protocol.sha256, seed=task.protocol.autoattack.seed),
        limit=None,
        distances_file=None,
        flags=(),
        environment=environment("cpu") | {"data": load_sample_sets(task).sha256},
    )


def with_input(result: Result, normalization: Normalization | None, *flags: Flag) -> Result:
    return replace(result, network=replace(result.network, normalization=normalization), flags=flags)


def test_the_same_holds(task: Task, result: Result) -> None:
    assert still_valid(result, task)


def test_how_many_threads_ran_moves_no_number(task: Task, result: Result) -> None:
    assert still_valid(replace(result, environment={**result.environment, "threads": 77}), task)


@pytest.mark.parametrize(
    "change",
    [
        {"checkpoint_sha256": "d" * 64},
        {"submission_sha256": "d" * 64},
        {"protocol": load_protocol("apb-2024")},
        {"limit": 3},
        {"seed": 3},
        {"distances_sha256": "d" * 64},
        {"outcomes_sha256": "d" * 64},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anything_else_is_measured_anew(
    task: Task, result: Result, change: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = load_sample_sets(task)
    monkeypatch.setattr(earlier_result, "load_sample_sets", lambda _task: samples)
    assert not still_valid(result, replace(task, **change))


def test_other_versions_are_measured_anew(task: Task, result: Result) -> None:
    assert not still_valid(replace(result, environment={**result.environment, "torch": "1.0"}), task)


@pytest.mark.parametrize(
    ("measured", "flags", "stated", "holds"),
    [
        (CIFAR, (), CIFAR, True),
        (CIFAR, (), None, False),
        (CIFAR, (UNSTATED,), None, True),
        (CIFAR, (UNSTATED,), CIFAR, False),
        (CIFAR, (), NONE, False),
        (None, (), CIFAR, False),
        (None, (), NONE, True),
        (None, (), None, True),
    ],
)
def test_the_input_must_be_the_one_that_is_stated(
    task: Task, result: Result, measured: Normalization | None, flags: tuple, stated: Normalization | None, holds: bool
) -> None:
    assert still_valid(with_input(result, measured, *flags), replace(task, normalization=stated)) is holds
