"""Check an issue body: read it, hold it against all rules, word the answer. Needs neither torch nor a network."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from apcore.errors import ContributorError, MachineError
from apcore.protocol import Protocol
from apcore.published_files import published_files
from bot.reply.check_comment import MAX_LENGTH, check_comment
from bot.rules.correction import corrected_body
from bot.rules.facts import Facts, KnownMethod
from bot.rules.requirements import Ruled
from bot.rules.requirements import check as check_rules
from bot.submission.model import Finding, Severity, Submission
from bot.submission.reading import Reading, read_submission

CHECK_SCHEMA: Final = "urn:apbot:schema:check:1"
_DONE: Final = 0
_NOTHING_RULED: Final = Ruled(findings=(), mends=(), failures=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the bot has to say about an issue body.

    Args:
        submission: what a maintainer may approve, None if any finding is an error or the check failed.
        findings: in the order of the body, errors first where several share a place.
        corrected: the whole body with every error mended, None where there is none or one cannot be mended.
        failures: what went wrong on our side; the check does not count then, whatever else it found.
        comment: what is posted, byte for byte.
        exit_code: 0 nothing to object, 1 the contributor must mend something, 3 the check failed.
    """

    submission: Submission | None
    findings: tuple[Finding, ...]
    corrected: str | None
    failures: tuple[MachineError, ...]
    comment: str
    exit_code: int


def check(
    body: str,
    protocol: Protocol,
    methods: Sequence[KnownMethod] = (),
    *,
    room: int = MAX_LENGTH,
    author: str | None = None,
) -> Check:
    """Check an issue body by `protocol`; `methods` are those on the board. Never raises, whatever the text is.

    The comment has at most `room` characters. `author` is the GitHub login of whoever opened the issue; without one, the answer
    names the owner of a known method and leaves open who asks.
    """
    facts = Facts(protocol=protocol, methods=tuple(methods), published=published_files(), author=author)
    reading = read_submission(body, protocol)
    ruled = check_rules(reading.draft, facts, reading.positions) if reading.draft else _NOTHING_RULED
    return decide(reading, ruled, facts, room=room)


def decide(reading: Reading, ruled: Ruled, facts: Facts, *, room: int = MAX_LENGTH) -> Check:
    """The answer to what was read, with what the rules told about it."""
    findings = tuple(sorted((*reading.findings, *ruled.findings), key=_in_reading_order))
    refused = any(finding.severity is Severity.ERROR for finding in findings)
    failures = ruled.failures
    if not refused and not failures and reading.submission is None:
        failures = (_no_submission(),)
    submission = None if refused or failures else reading.submission
    corrected = corrected_body(reading, ruled, facts) if refused and not failures else None
    return Check(
        submission=submission,
        findings=findings,
        corrected=corrected,
        failures=failures,
        comment=check_comment(reading.draft, findings, submission, facts.protocol, corrected, failures, room),
        exit_code=MachineError.exit_code if failures else ContributorError.exit_code if refused else _DONE,
    )


def check_json(answer: Check) -> dict[str, Any]:
    """The JSON shape of `schemas/check.schema.json`; what is not there is left out."""
    document = {
        "$schema": CHECK_SCHEMA,
        "submission": answer.submission and answer.submission.to_json(),
        "findings": [_finding_json(finding) for finding in answer.findings],
    }
    return document | ({"corrected": answer.corrected} if answer.corrected else {})


def _no_submission() -> MachineError:
    return MachineError(
        where="check",
        message="no rule objected, yet the issue could not be read as a submission",
        fix="nothing to do for the author; report the issue body to the maintainers of the bot",
    )


def _finding_json(finding: Finding) -> dict[str, Any]:
    optional = ("excerpt", "mended")
    return {name: value for name, value in asdict(finding).items() if name not in optional or value is not None}


def _in_reading_order(finding: Finding) -> tuple[int, int, int]:
    return finding.line or 0, finding.column or 0, list(Severity).index(finding.severity)
