"""The comment that answers an issue before anything is downloaded: what was understood, what to mend, what happens next."""

from collections.abc import Sequence
from typing import Final

from apcore.errors import MachineError
from apcore.protocol import Protocol
from bot.reply.findings import counted, folded, told
from bot.reply.markdown import code_block, sentence
from bot.reply.understood import understood
from bot.submission.draft import Draft
from bot.submission.model import Finding, Severity, Submission

CHECK_MARKER: Final = "<!-- apbot:check -->"
# GitHub refuses comments above 65,536 characters.
MAX_LENGTH: Final = 60_000
# For the line that counts what found no room.
_COUNT_LENGTH: Final = 200
_CORRECTED: Final = "### The corrected submission"
_NO_ROOM: Final = f"{_CORRECTED}\n\nIt is too long for this comment; `apbot check --json` prints it as `corrected`."


def check_comment(
    draft: Draft | None,
    findings: Sequence[Finding],
    submission: Submission | None,
    protocol: Protocol,
    corrected: str | None = None,
    failures: Sequence[MachineError] = (),
    room: int = MAX_LENGTH,
) -> str:
    """The whole comment, at most `room` characters, safe to post whatever the author wrote.

    Args:
        draft: what could be read, None where there was nothing.
        findings: of the reader and of the rules.
        submission: None if any finding is an error, or there are failures.
        protocol: by which the submission was checked.
        corrected: the whole body with every error mended, None where that cannot be told.
        failures: what went wrong on our side.
        room: less than GitHub allows where something else stands in the same comment.
    """
    fixed = [
        _verdict(findings, submission, failures),
        *_ours(failures),
        *understood(draft, findings),
        _next(findings, submission, protocol, failures),
        CHECK_MARKER,
    ]
    room -= sum(len(part) + 2 for part in fixed) + _COUNT_LENGTH
    objections = told([finding for finding in findings if finding.severity is not Severity.NOTICE], draft, room)
    room -= objections.length
    correction = _correction(corrected, room, unticked=draft is not None and draft.confirmed is False)
    room -= sum(len(part) + 2 for part in correction)
    notices = folded([finding for finding in findings if finding.severity is Severity.NOTICE], room)
    left = counted(objections.left_out | notices.left_out)
    parts = (*fixed[:-2], *objections.paragraphs, *correction, *notices.paragraphs, left, *fixed[-2:])
    return "\n\n".join(filter(None, parts)) + "\n"


def _verdict(findings: Sequence[Finding], submission: Submission | None, failures: Sequence[MachineError]) -> str:
    errors = _count(Severity.ERROR, findings)
    if submission is not None:
        if _count(Severity.WARNING, findings):
            return (
                "⚠️ **This submission is complete; a maintainer should look at the points below before approving it.**"
            )
        return "✅ **This submission is complete and ready for approval.**"
    if errors:
        things = "one thing" if errors == 1 else f"{errors} things"
        return f"❌ **This submission cannot be evaluated yet: {things} to mend.**"
    return "⚙️ **This submission could not be checked: a fault of the bot, and ours to mend.**" if failures else ""


def _ours(failures: Sequence[MachineError]) -> tuple[str, ...]:
    """What went wrong on our side, in words that leave the author nothing to do about it."""
    if not failures:
        return ()
    items = "\n".join(f"- {sentence(failure.message)}" for failure in failures)
    paragraph = (
        "A part of the check failed. That says nothing about the submission, and there is nothing to do for its author; "
        "the maintainers of the bot see this too, and the issue is checked again once it is mended."
    )
    return "### Ours to mend", f"{paragraph}\n\n{items}"


def _correction(corrected: str | None, room: int, *, unticked: bool) -> tuple[str, ...]:
    if corrected is None:
        return ()
    block = code_block(corrected.rstrip("\n"), "markdown")
    everything, and_tick = ("Everything else", " and tick its confirmation") if unticked else ("Everything", "")
    paragraph = (
        f"{everything} that is wrong can be mended in one way that is most likely meant. Read it, and if it is right, replace the "
        f"text of this issue by it{and_tick}.\n\n<details><summary>The whole text to paste</summary>\n\n{block}\n\n</details>"
    )
    parts = (_CORRECTED, paragraph)
    return parts if sum(len(part) + 2 for part in parts) <= room else (_NO_ROOM,) if len(_NO_ROOM) + 2 <= room else ()


def _next(
    findings: Sequence[Finding], submission: Submission | None, protocol: Protocol, failures: Sequence[MachineError]
) -> str:
    if submission is not None:
        return (
            "### What happens next\n\n"
            f"A maintainer looks at this and approves exactly what is listed above, by its hash:\n\n"
            f"`{submission.sha256}`\n\n"
            f"Then the files are downloaded, and every claim is measured by protocol `{protocol.name}`. "
            "The result comes as a comment here. Editing the issue before that withdraws the approval."
        )
    if failures and not _count(Severity.ERROR, findings):
        return (
            "### What happens next\n\nNothing for you to do. This comment is brought up to date once the bot is mended."
        )
    return (
        "### What happens next\n\n"
        "Edit the text of this issue, where lines are counted from its first one. It is checked again as soon as you save it, "
        "and this comment is brought up to date. There is no need for a new issue."
    )


def _count(severity: Severity, findings: Sequence[Finding]) -> int:
    return sum(finding.severity is severity for finding in findings)
