"""Check an issue body: read it, hold it against all rules, word the answer. Needs neither torch nor a network."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from apcore.errors import ContributorError, MachineError
from apcore.protocol import Protocol
from bot.reply.check_comment import check_comment
from bot.rules.facts import Facts, KnownMethod
from bot.rules.requirements import check as check_rules
from bot.submission.model import Finding, Severity, Submission
from bot.submission.reading import Reading, read_submission

CHECK_SCHEMA: Final = "urn:apbot:schema:check:1"
_DONE: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the bot has to say about an issue body.

    Args:
        submission: what a maintainer may approve, None if any finding is an error.
        findings: in the order of the body, errors first where several share a place.
        comment: what is posted, byte for byte.
        exit_code: 0 nothing to object, 1 the contributor must mend something.
    """

    submission: Submission | None
    findings: tuple[Finding, ...]
    comment: str
    exit_code: int


def check(body: str, protocol: Protocol, methods: Sequence[KnownMethod] = ()) -> Check:
    """Check an issue body by `protocol`; `methods` are those on the board.

    Raises:
        MachineError: a rule crashed, or nothing was objected to and yet there is no submission: our bug, never a pass.
    """
    reading = read_submission(body, protocol)
    facts = Facts(protocol=protocol, methods=tuple(methods))
    told = check_rules(reading.draft, facts, reading.positions) if reading.draft else ()
    return decide(reading, told, protocol)


def decide(reading: Reading, told: Sequence[Finding], protocol: Protocol) -> Check:
    """The answer to what was read, with what the rules told about it.

    Raises:
        MachineError: no finding is an error, and yet there is no submission.
    """
    findings = tuple(sorted((*reading.findings, *told), key=_in_reading_order))
    refused = any(finding.severity is Severity.ERROR for finding in findings)
    if not refused and reading.submission is None:
        raise MachineError(
            where="check",
            message="no rule objected, yet the issue could not be read as a submission",
            fix="nothing to do for the author; report the issue body to the maintainers of the bot",
        )
    submission = None if refused else reading.submission
    return Check(
        submission=submission,
        findings=findings,
        comment=check_comment(reading.draft, findings, submission, protocol),
        exit_code=ContributorError.exit_code if refused else _DONE,
    )


def check_json(answer: Check) -> dict[str, Any]:
    """The JSON shape of `schemas/check.schema.json`."""
    return {
        "$schema": CHECK_SCHEMA,
        "submission": answer.submission and answer.submission.to_json(),
        "findings": [asdict(finding) for finding in answer.findings],
    }


def _in_reading_order(finding: Finding) -> tuple[int, int, int]:
    return finding.line or 0, finding.column or 0, list(Severity).index(finding.severity)
