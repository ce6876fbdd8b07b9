"""What is tried again, how often, and what never is."""

import pytest

from apcore.device import OutOfMemoryError
from apcore.errors import BriefServiceError, ContributorError, MachineError, ServiceError, TurnError
from apcore.retry import PAUSES_S, retried


class Attempts:
    """Fails with each of the errors in turn, then succeeds; time passes by being counted."""

    def __init__(self, *errors: TurnError) -> None:
        self.errors, self.made, self.paused, self.told = list(errors), 0, list[float](), list[str]()

    def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def run(self) -> str:
        return retried(self, pause=self.paused.append, tell=self.told.append)


def failure(kind: type[TurnError]) -> TurnError:
    return kind(where="device", message="it failed", fix="wait")


@pytest.mark.parametrize("kind", [BriefServiceError, OutOfMemoryError])
def test_what_passes_soon_is_tried_again_with_longer_and_longer_pauses(kind: type[TurnError]) -> None:
    attempts = Attempts(failure(kind), failure(kind))
    assert attempts.run() == "done"
    assert attempts.paused == [15, 60]
    assert attempts.told == ["it failed; tried again in 15 s", "it failed; tried again in 60 s"]


@pytest.mark.parametrize("kind", [ContributorError, MachineError, ServiceError])
def test_what_does_not_pass_soon_is_tried_once(kind: type[TurnError]) -> None:
    attempts = Attempts(failure(kind))
    with pytest.raises(kind):
        attempts.run()
    assert (attempts.made, attempts.paused) == (1, [])


def test_the_attempts_are_bounded_and_the_last_error_is_told() -> None:
    attempts = Attempts(*[failure(BriefServiceError)] * 100)
    with pytest.raises(BriefServiceError):
        attempts.run()
    assert attempts.made == 1 + len(PAUSES_S)
    assert sum(attempts.paused) < 600


def test_an_error_that_turns_into_another_one_ends_the_attempts() -> None:
    attempts = Attempts(failure(BriefServiceError), failure(ContributorError))
    with pytest.raises(ContributorError):
        attempts.run()
    assert attempts.made == 2


def test_a_path_that_is_extended_does_not_cost_the_kind() -> None:
    assert failure(OutOfMemoryError).below("models.1").passes_soon
