"""The text and the JSON of `apbot doctor`."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bot.doctor.diagnosis import Diagnosis, Outcome, Role

_MARKS: Final = {Outcome.OK: "ok", Outcome.FAILS: "FAILS", Outcome.UNTRIED: "?"}
_READY: Final = {
    Role.RUNNER: "this machine is ready to measure",
    Role.HOSTED: "this machine is ready to answer",
    Role.REPOSITORY: "the repository is set up",
}
_NOT_READY: Final = {
    Role.RUNNER: "this machine is not ready to measure",
    Role.HOSTED: "this machine is not ready to answer",
    Role.REPOSITORY: "the repository is not set up",
}
_NOT_KNOWN: Final = {
    Role.RUNNER: "whether this machine is ready is not known",
    Role.HOSTED: "whether this machine is ready is not known",
    Role.REPOSITORY: "whether the repository is set up is not known",
}
_COLUMN: Final = 26
_WIDTH: Final = 120


def text(role: Role, found: Sequence[Diagnosis]) -> str:
    """One paragraph a check, and a last line that says `ready` only if everything was tried and is well."""
    lines = [line for one in found for line in _lines(one)]
    return "\n".join((*lines, "", last_line(role, found), ""))


def last_line(role: Role, found: Sequence[Diagnosis]) -> str:
    """What it comes to."""
    counts = {outcome: sum(one.outcome is outcome for one in found) for outcome in Outcome}
    parts = [f"{counts[Outcome.OK]} ok"]
    if counts[Outcome.FAILS]:
        parts.append(f"{counts[Outcome.FAILS]} to mend")
    if counts[Outcome.UNTRIED]:
        parts.append(f"{counts[Outcome.UNTRIED]} that cannot be tried here")
    if counts[Outcome.FAILS]:
        verdict = _NOT_READY[role]
    else:
        verdict = _READY[role] if found and not counts[Outcome.UNTRIED] else _NOT_KNOWN[role]
    return f"{', '.join(parts)}: {verdict}"


def document(role: Role, found: Sequence[Diagnosis]) -> dict[str, Any]:
    """The same for programs."""
    checks = [
        {"name": one.name, "outcome": one.outcome.name.lower(), "why": one.why, "mend": one.mend or None}
        for one in found
    ]
    return {"role": role, "ready": bool(found) and all(one.outcome is Outcome.OK for one in found), "checks": checks}


def _lines(one: Diagnosis) -> Iterator[str]:
    head = f"{_MARKS[one.outcome]:<6}{one.name}"
    said = textwrap.wrap(one.why, _WIDTH - _COLUMN) or [""]
    yield f"{head:<{_COLUMN}}{said[0]}".rstrip()
    yield from (" " * _COLUMN + line for line in said[1:])
    if one.mend:
        yield from textwrap.wrap(
            f"to do: {one.mend}", _WIDTH, initial_indent=" " * _COLUMN, subsequent_indent=" " * _COLUMN
        )
