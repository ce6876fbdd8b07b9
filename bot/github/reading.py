"""From GitHub's JSON to the values of this room."""

import re
from typing import Final

from bot.github.change import COMMIT_HASH, PullRequest
from bot.github.issue import Comment, Issue, Labelling
from bot.github.json_fields import Fields
from bot.github.people import GHOST, User
from bot.github.workflow_run import RunArtifact, WorkflowJob, WorkflowRun
from bot.lifecycle.people import LOGIN

_URL: Final = re.compile(r"https?://[!-~]{1,2000}")


def user_in(fields: Fields, name: str = "user") -> User:
    """The account in field `name`; the ghost for a deleted one."""
    if not fields.has(name):
        return GHOST
    found = fields.part(name)
    return User(
        login=found.matching("login", LOGIN, "a login"),
        id=found.whole("id"),
        is_bot=found.text_or_none("type") == "Bot",
    )


def issue_of(fields: Fields) -> Issue:
    """An issue."""
    return Issue(
        number=fields.whole("number"),
        title=fields.text("title"),
        body=fields.text_or_none("body") or "",
        author=user_in(fields),
        labels=frozenset(label.text("name") for label in fields.parts("labels"))
        if fields.has("labels")
        else frozenset(),
        is_open=fields.text("state") == "open",
        is_pull_request=fields.has("pull_request"),
        comments=fields.whole("comments"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
        closed_at=fields.moment("closed_at") if fields.has("closed_at") else None,
        url=_url(fields),
    )


def comment_of(fields: Fields) -> Comment:
    """A comment on an issue."""
    return Comment(
        id=fields.whole("id"),
        author=user_in(fields),
        body=fields.text_or_none("body") or "",
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
        url=_url(fields),
    )


def labelling_of(fields: Fields) -> Labelling:
    """An event `labeled` of an issue's history."""
    return Labelling(
        label=fields.part("label").text("name"), by=user_in(fields, "actor"), at=fields.moment("created_at")
    )


def pull_request_of(fields: Fields) -> PullRequest:
    """A pull request, listed or whole."""
    head, base = fields.part("head"), fields.part("base")
    return PullRequest(
        number=fields.whole("number"),
        title=fields.text("title"),
        body=fields.text_or_none("body") or "",
        author=user_in(fields),
        branch=head.text("ref"),
        head=commit_hash(head),
        base_branch=base.text("ref"),
        is_open=fields.text("state") == "open",
        is_merged=fields.has("merged_at"),
        mergeable=fields.flag("mergeable") if fields.has("mergeable") else None,
        url=_url(fields),
    )


def run_of(fields: Fields) -> WorkflowRun:
    """A run of a workflow."""
    return WorkflowRun(
        id=fields.whole("id"),
        # `.github/workflows/evaluate.yml`, with `@refs/heads/main` behind it in some answers.
        workflow=fields.text("path").partition("@")[0].rpartition("/")[2],
        title=fields.text("display_title"),
        status=fields.text_or_none("status") or "queued",
        conclusion=fields.text_or_none("conclusion"),
        event=fields.text("event"),
        attempt=fields.whole("run_attempt") if fields.has("run_attempt") else 1,
        head=commit_hash(fields, "head_sha"),
        created_at=fields.moment("created_at"),
        url=_url(fields),
    )


def job_of(fields: Fields) -> WorkflowJob:
    """A job of a run."""
    return WorkflowJob(
        id=fields.whole("id"),
        name=fields.text("name"),
        status=fields.text("status"),
        conclusion=fields.text_or_none("conclusion"),
        started_at=fields.moment("started_at"),
        completed_at=fields.moment("completed_at") if fields.has("completed_at") else None,
        runner=fields.text_or_none("runner_name") or None,
    )


def artifact_of(fields: Fields) -> RunArtifact:
    """An artifact of a run."""
    return RunArtifact(
        id=fields.whole("id"),
        name=fields.text("name"),
        size=fields.whole("size_in_bytes"),
        created_at=fields.moment("created_at"),
        is_expired=fields.flag("expired"),
    )


def commit_hash(fields: Fields, name: str = "sha") -> str:
    """The hash in field `name`."""
    return fields.matching(name, COMMIT_HASH, "a commit's hash")


def _url(fields: Fields) -> str:
    return fields.matching("html_url", _URL, "an address")
