"""What happened on GitHub, as a workflow is told it: the file at `$GITHUB_EVENT_PATH`, decided at the door.

The workflow interpolates nothing of an event into a shell; this reader is the one place where its texts come in. They stay
hostile: a title, a body, a label may say anything. Names, numbers and times have been checked.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from apcore.errors import MachineError
from apcore.json_shape import ShapeError, parse
from bot.github.change import PullRequest
from bot.github.issue import Comment, Issue
from bot.github.json_fields import Fields
from bot.github.people import User
from bot.github.reading import comment_of, issue_of, pull_request_of, user_in

REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}/[A-Za-z0-9._-]{1,100}")
_WORKFLOW: Final = re.compile(r"\.github/workflows/([A-Za-z0-9_.-]{1,100})")


class EventError(MachineError):
    """The event is none that the bot handles, or not in GitHub's form. Nobody who opened an issue can mend that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events have.

    Args:
        repository: `owner/name`.
        sender: who caused it; what they may do is asked at run time.
    """

    repository: str
    sender: User


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueOpened(Event):
    """Someone opened an issue, or opened it again."""

    issue: Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueEdited(Event):
    """Someone changed an issue's title or body."""

    issue: Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLabeled(Event):
    """Someone put `label` on an issue, or an issue form did in the author's name."""

    issue: Issue
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueClosed(Event):
    """Someone closed an issue, or the merge of a pull request did."""

    issue: Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentCreated(Event):
    """Someone commented on an issue or pull request."""

    issue: Issue
    comment: Comment


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestClosed(Event):
    """Someone merged a pull request, or closed it without; it may be anybody's, and come from a fork."""

    pull: PullRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowDispatched(Event):
    """Someone with write access, or the bot itself, started a workflow by hand.

    Args:
        workflow: name of its file.
        inputs: as they were typed; absent ones are missing, not empty.
    """

    workflow: str
    inputs: Mapping[str, str]


def read_event(name: str, raw: bytes) -> Event:
    """The event that GitHub calls `name` (`$GITHUB_EVENT_NAME`), from the bytes of its payload.

    Raises:
        EventError: the bot does not handle it, or the bytes are not such a payload.
        JsonFieldError: a field is missing or of another type.
    """
    fields = Fields.of(_parsed(raw), "event")
    kind = f"{name}.{fields.text('action')}" if fields.has("action") else name
    if kind not in _READERS:
        raise EventError(
            where="event",
            message=f"the bot does not handle the event `{kind if kind.isprintable() else name}`"[:200],
            fix="take it out of the workflow's `on:`",
        )
    return _READERS[kind](fields)


def _parsed(raw: bytes) -> object:
    # Its cap of 4 MB holds issue and comment at GitHub's longest, 262,144 bytes each, with every character escaped.
    try:
        parsed: object = parse(raw)
    except ShapeError as exc:
        raise EventError(
            where="event", message=str(exc), fix="run the command with `$GITHUB_EVENT_PATH` as GitHub wrote it"
        ) from exc
    return parsed


def _repository(fields: Fields) -> str:
    return fields.part("repository").matching("full_name", REPOSITORY, "a repository's name")


def _about_issue(kind: type[IssueOpened | IssueEdited | IssueClosed]) -> Callable[[Fields], Event]:
    return lambda fields: kind(
        repository=_repository(fields), sender=user_in(fields, "sender"), issue=issue_of(fields.part("issue"))
    )


def _labeled(fields: Fields) -> Event:
    return IssueLabeled(
        repository=_repository(fields),
        sender=user_in(fields, "sender"),
        issue=issue_of(fields.part("issue")),
        label=fields.part("label").text("name"),
    )


def _commented(fields: Fields) -> Event:
    return CommentCreated(
        repository=_repository(fields),
        sender=user_in(fields, "sender"),
        issue=issue_of(fields.part("issue")),
        comment=comment_of(fields.part("comment")),
    )


def _pull_closed(fields: Fields) -> Event:
    return PullRequestClosed(
        repository=_repository(fields),
        sender=user_in(fields, "sender"),
        pull=pull_request_of(fields.part("pull_request")),
    )


def _dispatched(fields: Fields) -> Event:
    inputs = fields.part("inputs") if fields.has("inputs") else Fields({}, "event.inputs")
    return WorkflowDispatched(
        repository=_repository(fields),
        sender=user_in(fields, "sender"),
        workflow=fields.matching("workflow", _WORKFLOW, "a workflow's file").rpartition("/")[2],
        inputs={name: inputs.text(name) for name in inputs.content if inputs.has(name)},
    )


_READERS: Final[Mapping[str, Callable[[Fields], Event]]] = {
    "issues.opened": _about_issue(IssueOpened),
    "issues.reopened": _about_issue(IssueOpened),
    "issues.edited": _about_issue(IssueEdited),
    "issues.labeled": _labeled,
    "issues.closed": _about_issue(IssueClosed),
    "issue_comment.created": _commented,
    "pull_request.closed": _pull_closed,
    "workflow_dispatch": _dispatched,
}
