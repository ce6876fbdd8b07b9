import json
from dataclasses import replace

import pytest

from apcore.errors import ContributorError, MachineError, ServiceError, TurnError
from apcore.failure import Failure, Turn, failure_bytes
from apcore.json_shape import ShapeError, parse
from apcore.model_key import ModelKey

FAILURE = Failure(
    model_key=ModelKey.parse("PlainNet_Doe2026Plain_R18_CIFAR10_S_90"),
    turn=Turn.CONTRIBUTOR,
    where="models.2.checkpoint",
    message="`conv1.weight` holds values that are not finite",
    fix="upload a checkpoint with finite weights",
)


@pytest.mark.parametrize(
    ("family", "turn"),
    [(ContributorError, Turn.CONTRIBUTOR), (MachineError, Turn.MACHINE), (ServiceError, Turn.SERVICE)],
)
def test_the_family_of_an_error_says_whose_turn_it_is(family: type[TurnError], turn: Turn) -> None:
    error = family(where="checkpoint", message="what is wrong", fix="how to mend it").below("models.2")
    assert Failure.of(FAILURE.model_key, error) == Failure(
        model_key=FAILURE.model_key,
        turn=turn,
        where="models.2.checkpoint",
        message="what is wrong",
        fix="how to mend it",
    )


def test_a_failure_survives_its_file() -> None:
    assert Failure.from_json(parse(failure_bytes(FAILURE))) == FAILURE


def test_what_a_system_said_over_many_lines_fits_into_the_file() -> None:
    error = MachineError(where="w" * 999, message="line\n" * 999, fix="press\tany\x1b key")
    failure = Failure.of(FAILURE.model_key, error)
    assert Failure.from_json(parse(failure_bytes(failure))) == failure
    assert failure.message.startswith("line line line")
    assert failure.message.endswith("…")
    assert failure.fix == "press any? key"


@pytest.mark.parametrize("change", [{"turn": "nobody"}, {"message": ""}, {"model_key": "x"}, {"more": 1}])
def test_a_document_that_does_not_fit_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ShapeError):
        Failure.from_json(json.loads(failure_bytes(FAILURE)) | change)


def test_the_bytes_are_the_same_for_the_same_failure() -> None:
    assert failure_bytes(replace(FAILURE)) == failure_bytes(FAILURE)
    assert failure_bytes(FAILURE).endswith(b"}\n")
