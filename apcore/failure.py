"""A checkpoint that could not be measured: what was wrong, where, how to mend it, and whose turn it is."""

import json
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self, TextIO

from apcore import json_shape
from apcore.errors import ContributorError, MachineError, ServiceError, TurnError
from apcore.model_key import ModelKey

FAILURE_SCHEMA: Final = "urn:apbot:schema:failure:1"


class Turn(StrEnum):
    """Who acts next; the three families of `apcore.errors`."""

    CONTRIBUTOR = "contributor"
    MACHINE = "machine"
    SERVICE = "service"


_FAMILIES: Final = {ContributorError: Turn.CONTRIBUTOR, MachineError: Turn.MACHINE, ServiceError: Turn.SERVICE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why one checkpoint has no result; the other checkpoints keep theirs.

    Args:
        model_key: the checkpoint.
        turn: who can mend it.
        where: dotted path to what is wrong, e.g. `models.1.checkpoint`.
        message: what is wrong, with the value seen and the value expected.
        fix: what the one whose turn it is does next.
    """

    model_key: ModelKey
    turn: Turn
    where: str
    message: str
    fix: str

    @classmethod
    def of(cls, model_key: ModelKey, error: TurnError) -> Self:
        """The failure that an error of one of the three families means for a checkpoint; its text on one line."""
        return cls(
            model_key=model_key,
            turn=next(turn for family, turn in _FAMILIES.items() if isinstance(error, family)),
            where=_line(error.where, 300),
            message=_line(error.message, 2000),
            fix=_line(error.fix, 2000),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON shape of `schemas/failure.schema.json`."""
        return {"$schema": FAILURE_SCHEMA, **asdict(self), "model_key": str(self.model_key)}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        """Read the JSON shape of `schemas/failure.schema.json`.

        Raises:
            ShapeError: the document does not fit the schema.
        """
        json_shape.check(document, "failure")
        return cls(
            model_key=ModelKey.parse(document["model_key"]),
            turn=Turn(document["turn"]),
            where=document["where"],
            message=document["message"],
            fix=document["fix"],
        )


def some_turn(exc: Exception, where: str, stream: TextIO) -> TurnError:
    """`exc`, or where nobody expected it, an error of ours; its traceback goes to `stream`."""
    if isinstance(exc, TurnError):
        return exc
    traceback.print_exception(exc, file=stream)
    return MachineError(
        where=where,
        message=f"the evaluation failed in a way that we did not foresee ({type(exc).__name__})",
        fix="nothing to do for the contributor; report it with the lines that the command printed",
    )


def exit_code(failures: Iterable[Failure]) -> int:
    """Ours before a service's before the contributor's: while something did not run, nobody else is to blame; 0 for none."""
    turns = {failure.turn for failure in failures}
    order = (MachineError, ServiceError, ContributorError)
    return next((family.exit_code for family in order if _FAMILIES[family] in turns), 0)


def _line(text: str, limit: int) -> str:
    """`text` as the schema wants it: an error may quote what a system or a file said, over many lines."""
    line = "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def failure_bytes(failure: Failure) -> bytes:
    """The file of a failure: UTF-8, two-space indent, the same bytes for the same failure."""
    return (json.dumps(failure.to_json(), indent=2, ensure_ascii=False) + "\n").encode()
