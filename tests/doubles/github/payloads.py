"""What GitHub writes into `$GITHUB_EVENT_PATH`, held against its own description of the webhooks."""

import json

from doubles.github import answers, description
from doubles.github.world import World


def _event(world: World, model: str, sender: str, **content) -> bytes:
    payload = content | {"repository": answers.repository(world), "sender": answers.user(world, sender)}
    description.check(model, payload)
    return json.dumps(payload).encode()


def _issue(world: World, number: int) -> dict:
    return answers.issue(world, world.issues[number])


def issue_opened(world: World, number: int, sender: str = "author") -> bytes:
    return _event(world, "WebhookIssuesOpened", sender, action="opened", issue=_issue(world, number))


def issue_edited(world: World, number: int, old_body: str, sender: str = "author") -> bytes:
    changes = {"body": {"from": old_body}}
    return _event(world, "WebhookIssuesEdited", sender, action="edited", issue=_issue(world, number), changes=changes)


def issue_labeled(world: World, number: int, label: str, sender: str) -> bytes:
    row = answers.label(world, world.labels[label.casefold()])
    return _event(world, "WebhookIssuesLabeled", sender, action="labeled", issue=_issue(world, number), label=row)


def issue_closed(world: World, number: int, sender: str) -> bytes:
    return _event(world, "WebhookIssuesClosed", sender, action="closed", issue=_issue(world, number))


def comment_created(world: World, comment: int) -> bytes:
    row = world.comments[comment]
    return _event(
        world,
        "WebhookIssueCommentCreated",
        row.author,
        action="created",
        issue=_issue(world, row.issue),
        comment=answers.comment(world, row),
    )


def issue_reopened(world: World, number: int, sender: str = "author") -> bytes:
    return _event(world, "WebhookIssuesReopened", sender, action="reopened", issue=_issue(world, number))


def pull_request_closed(world: World, number: int, sender: str = "maintainer") -> bytes:
    pull = answers.pull(world, world.issues[number], whole=True)
    return _event(world, "WebhookPullRequestClosed", sender, action="closed", number=number, pull_request=pull)


def workflow_dispatched(world: World, workflow: str, inputs: dict[str, str] | None, sender: str) -> bytes:
    path = f".github/workflows/{workflow}"
    return _event(world, "WebhookWorkflowDispatch", sender, inputs=inputs, ref="refs/heads/main", workflow=path)
