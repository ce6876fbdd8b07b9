"""What one check says: fine, wrong, or not to be tried here; why; and what mends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What is looked at."""

    RUNNER = "runner"
    HOSTED = "hosted"
    REPOSITORY = "repository"


class Outcome(StrEnum):
    """What a check found."""

    OK = "ok"
    FAILS = "fails"
    UNTRIED = "cannot be tried here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The answer of one check.

    Args:
        name: what was checked, in a word or two.
        outcome: of the check.
        why: what was seen.
        mend: what to do; empty if and only if all is well.
        is_service: whether an outside service failed, so that a later try may succeed.
    """

    name: str
    outcome: Outcome
    why: str
    mend: str = ""
    is_service: bool = False

    def __post_init__(self) -> None:
        if bool(self.mend) == (self.outcome is Outcome.OK):
            raise ValueError(f"{self.name}: says how to mend it if and only if something is to be mended")


def ok(name: str, why: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(name=name, outcome=Outcome.OK, why=why)


def fails(name: str, why: str, mend: str, *, is_service: bool = False) -> Diagnosis:
    """Something is wrong."""
    return Diagnosis(name=name, outcome=Outcome.FAILS, why=why, mend=mend, is_service=is_service)


def untried(name: str, why: str, mend: str) -> Diagnosis:
    """Nobody knows yet, which is never the same as well."""
    return Diagnosis(name=name, outcome=Outcome.UNTRIED, why=why, mend=mend)


def exit_code(found: Sequence[Diagnosis]) -> int:
    """0 if everything was tried and is well, 4 if outside services alone failed, else 3."""
    wrong = [one for one in found if one.outcome is not Outcome.OK]
    if not wrong and found:
        return 0
    return 4 if wrong and all(one.is_service for one in wrong) else 3
