"""The comment that answers an issue before anything is downloaded: what was understood, what to mend, what happens next."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from apcore.protocol import Protocol
from bot.reply.markdown import code, code_block, table
from bot.reply.places import place
from bot.submission.draft import Draft, DraftModel
from bot.submission.model import Finding, Severity, Submission

CHECK_MARKER: Final = "<!-- apbot:check -->"
# GitHub refuses comments above 65,536 characters.
MAX_LENGTH: Final = 60_000
# What the headings of the findings take at most, and the line under each that counts what was left out.
_HEADINGS_LENGTH: Final = 500
_MAX_ROWS: Final = 64
_NOTHING: Final = "?"

_HEADINGS: Final = (
    (Severity.ERROR, "To mend"),
    (Severity.WARNING, "To look at"),
    (Severity.NOTICE, "For your information"),
)


def check_comment(
    draft: Draft | None, findings: Sequence[Finding], submission: Submission | None, protocol: Protocol
) -> str:
    """The whole comment, at most 60,000 characters, safe to post whatever the author wrote.

    Args:
        draft: what could be read, None where there was nothing.
        findings: of the reader and of the rules.
        submission: None if any finding is an error.
        protocol: by which the submission was checked.
    """
    opening, closing = _verdict(findings, submission), (_next(submission, protocol), CHECK_MARKER)
    understood = list(_understood(draft))
    room = MAX_LENGTH - sum(len(part) + 2 for part in (opening, *understood, *closing)) - _HEADINGS_LENGTH
    told = list(_findings(findings, room))
    # Whoever has something to mend wants to read that first.
    middle = told + understood if submission is None else understood + told
    return "\n\n".join((opening, *middle, *closing)) + "\n"


def _verdict(findings: Sequence[Finding], submission: Submission | None) -> str:
    errors = _of(Severity.ERROR, findings)
    if submission is None:
        things = "one thing" if len(errors) == 1 else f"{len(errors)} things"
        return f"❌ **This submission cannot be evaluated yet: {things} to mend.**"
    warnings = _of(Severity.WARNING, findings)
    if warnings:
        return "⚠️ **This submission is complete; a maintainer should look at the points below before approving it.**"
    return "✅ **This submission is complete and ready for approval.**"


def _understood(draft: Draft | None) -> Iterator[str]:
    if draft is None or not (draft.models or draft.ap_key):
        return
    yield "### What was understood"
    if draft.ap_key:
        yield _method(draft)
    if draft.models:
        yield _models(draft.models[:_MAX_ROWS])
    if draft.taxonomy and draft.taxonomy.taxonomy:
        words = json.dumps(draft.taxonomy.taxonomy, indent=2, ensure_ascii=False, sort_keys=True)
        yield f"<details><summary>The taxonomy</summary>\n\n{code_block(words, 'json')}\n\n</details>"


def _method(draft: Draft) -> str:
    paper = draft.taxonomy.fields.get("paper_url") if draft.taxonomy else None
    return (
        f"Method {code(draft.ap_key or '', 60)}"
        + (f", paper {code(paper, 200)}" if isinstance(paper, str) else "")
        + "."
    )


def _models(models: Sequence[DraftModel]) -> str:
    normalized = any(model.normalization for model in models)
    header = (
        "model",
        "clean %",
        "AutoAttack %",
        "HO-FMN %",
        *(("input normalization",) if normalized else ()),
        "files",
    )
    rows = table(header, [_row(model, normalized=normalized) for model in models], numeric=(1, 2, 3))
    unread = any("normalization" in model.refused for model in models)
    inputs = (
        "" if normalized or unread else " The networks see pixels in [0, 1] as they are; none normalizes its input."
    )
    return f"{rows}\n\nThe accuracies are claims.{inputs}"


def _row(model: DraftModel, *, normalized: bool) -> tuple[str, ...]:
    return (
        code(model.key_text) if model.key_text else _NOTHING,
        *(_NOTHING if claim is None else f"{claim:.2f}" for claim in model.claims),
        *((_normalization(model),) if normalized else ()),
        _files(model),
    )


def _files(model: DraftModel) -> str:
    files = (("checkpoint", model.checkpoint), ("distances", model.distances), ("outcomes", model.outcomes))
    return "<br>".join(f"{name} {code(file.id)} {code(file.extension)}" for name, file in files if file) or _NOTHING


def _normalization(model: DraftModel) -> str:
    found = model.normalization
    if found is None:
        return _NOTHING if "normalization" in model.refused else "none"
    mean, std = (", ".join(f"{value:g}" for value in part) for part in (found.mean, found.std))
    return f"mean {mean}<br>std {std}"


def _findings(findings: Sequence[Finding], room: int) -> Iterator[str]:
    """The findings under their headings, in at most `room` characters; what does not fit is counted."""
    for severity, heading in _HEADINGS:
        chosen = _of(severity, findings)
        if not chosen:
            continue
        items: list[str] = []
        for finding in chosen:
            item = _item(finding)
            if len(item) > room:
                break
            room -= len(item) + 1
            items.append(item)
        left = len(chosen) - len(items)
        if left:
            items.append(f"- … and {left} more, which `apbot check` lists in full")
        yield f"### {heading}"
        yield "\n".join(items)


def _item(finding: Finding) -> str:
    position = "" if finding.line is None else f" (line {finding.line}, column {finding.column})"
    message, fix = _sentence(finding.message), _sentence(finding.fix)
    return f"- **{place(finding.where)}**{position}: {message}\n  *{fix}* `{finding.rule}`"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


def _next(submission: Submission | None, protocol: Protocol) -> str:
    if submission is None:
        return (
            "### What happens next\n\n"
            "Edit the text of this issue, where lines are counted from its first one. It is checked again as soon as you save it, "
            "and this comment is brought up to date. There is no need for a new issue."
        )
    return (
        "### What happens next\n\n"
        f"A maintainer looks at this and approves exactly what is listed above, by its hash:\n\n"
        f"`{submission.sha256}`\n\n"
        f"Then the files are downloaded, and every claim is measured by protocol `{protocol.name}`. "
        "The result comes as a comment here. Editing the issue before that withdraws the approval."
    )


def _of(severity: Severity, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is severity]
