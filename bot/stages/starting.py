"""Starting a run: one workflow, told the issue and the hash that it measures, and how its runs are known again.

Who begins the next run is decided twice, and both times from labels and runs on GitHub alone. The gate starts a submission at
once if nothing else waits: then there is no turn that it could take from anybody. All else is the sweep's, which sees everything.
A run that was started and has not begun yet counts as at work, so nobody starts a second one.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.github.ports import Repository
from bot.github.workflow_run import Dispatch, WorkflowRun
from bot.lifecycle.people import is_same_login
from bot.lifecycle.queue import RUNNING_PER_AUTHOR
from bot.lifecycle.state import STATE_LABELS, State
from bot.stages.issue_case import Desk

VERIFY: Final = "verify.yml"
BRANCH: Final = "main"
_TITLE: Final = re.compile(r"Verify #([1-9][0-9]{0,17}) \(([0-9a-f]{64})\)")
# Longer than any job waits for a runner: GitHub drops one that none has taken for a day.
_MAY_STILL_BEGIN: Final = timedelta(days=2)


def verification(issue: int, sha256: str) -> Dispatch:
    """The run that measures what was approved; `run-name` in the workflow builds the same title from the inputs."""
    return Dispatch(
        workflow=VERIFY,
        branch=BRANCH,
        title=f"Verify #{issue} ({sha256})",
        inputs={"issue": str(issue), "sha256": sha256},
    )


def runs_under_way(repository: Repository, now: datetime) -> Mapping[int, WorkflowRun]:
    """The runs that are not over, by issue: at work, or started and waiting for a machine. One request."""
    found: dict[int, WorkflowRun] = {}
    for run in repository.runs.of_workflow(VERIFY, since=now - _MAY_STILL_BEGIN):
        match = _TITLE.fullmatch(run.title)
        if match and not run.is_over:
            found[int(match[1])] = run
    return found


def is_free(desk: Desk, number: int, author: str) -> bool:
    """Whether issue `number`, labelled as queued already, may start without taking anybody's turn. Two requests.

    Two gates at once each label first and look then, so that at least one sees the other and leaves both to the sweep.
    """
    issues = desk.repository.issues
    if any(issue.number != number for issue in issues.with_label(STATE_LABELS[State.QUEUED].name)):
        return False
    running = [issue for issue in issues.with_label(STATE_LABELS[State.RUNNING].name) if issue.number != number]
    own = sum(is_same_login(issue.author.login, author) for issue in running)
    return len(running) < desk.slots and own < RUNNING_PER_AUTHOR
