"""What the stages ask of GitHub, so that a dry run and a test can stand in its place.

`bot.github.client.GitHub` is the real one; its parts say in full what each method does and raises.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, Protocol

from bot.github.change import Commit, CommitStatus, Committed, PullRequest
from bot.github.issue import Comment, Issue, Labelling, Marker
from bot.github.workflow_run import Dispatch, RateLimit, RunArtifact, WorkflowJob, WorkflowRun
from bot.lifecycle.label import Label
from bot.lifecycle.people import Role


class Issues(Protocol):
    """See `RepositoryIssues`."""

    def issue(self, number: int) -> Issue:
        """The issue as it is now."""

    def comments(self, number: int) -> tuple[Comment, ...]:
        """All its comments, oldest first."""

    def own_comment(self, number: int, marker: Marker, seen: Iterable[Comment] | None = None) -> Comment | None:
        """The bot's comment with that marker."""

    def write_comment(self, number: int, marker: Marker, text: str, seen: Iterable[Comment] | None = None) -> Comment:
        """The bot's one comment with that marker says so."""

    def label(self, issue: Issue, *, add: Iterable[Label] = (), remove: Iterable[str] = ()) -> None:
        """Put labels on and take labels off."""

    def create_labels(self, labels: Iterable[Label]) -> None:
        """See to it that the repository has them."""

    def with_label(self, name: str, state: Literal["open", "closed", "all"] = "open") -> tuple[Issue, ...]:
        """The issues with a label, oldest first."""

    def open_ones(self) -> tuple[Issue, ...]:
        """All open issues, oldest first."""

    def last_labelling(self, number: int, label: str) -> Labelling | None:
        """Who last put a label on."""

    def role(self, login: str) -> Role:
        """What someone may do now."""

    def close(self, number: int, *, done: bool) -> None:
        """Close it."""


class Contents(Protocol):
    """See `RepositoryContents`."""

    def head(self, branch: str) -> str | None:
        """Where a branch stands."""

    def parents(self, commit: str) -> tuple[str, ...]:
        """On which commits one is made."""

    def list_files(self, commit: str, folder: str = "") -> tuple[str, ...]:
        """Paths below a folder."""

    def read_files(self, commit: str, folder: str) -> dict[str, bytes]:
        """Files below a folder."""

    def read_file(self, commit: str, path: str) -> bytes | None:
        """One file."""

    def commit(self, commit: Commit) -> Committed:
        """Bring the bot's branch to this one commit."""


class Pulls(Protocol):
    """See `RepositoryPulls`."""

    def pull_request(self, number: int) -> PullRequest:
        """One of them, with whether it can be merged."""

    def of_branch(self, branch: str) -> tuple[PullRequest, ...]:
        """All that ever proposed a branch, newest first."""

    def open_ones(self) -> tuple[PullRequest, ...]:
        """The bot's open ones."""

    def propose(self, branch: str, *, title: str, body: str, base: str = "main") -> PullRequest:
        """The open pull request for a branch says this."""

    def set_status(self, commit: str, status: CommitStatus) -> None:
        """Put a verdict beside a commit."""


class Runs(Protocol):
    """See `RepositoryRuns`."""

    def start(self, dispatch: Dispatch) -> None:
        """Start a workflow, once."""

    def run(self, number: int) -> WorkflowRun | None:
        """One run."""

    def of_workflow(
        self, workflow: str, *, status: str | None = None, since: datetime | None = None
    ) -> tuple[WorkflowRun, ...]:
        """The runs of a workflow, newest first."""

    def jobs(self, number: int) -> tuple[WorkflowJob, ...]:
        """The jobs of a run's latest attempt."""

    def artifacts(self, number: int) -> tuple[RunArtifact, ...]:
        """What a run has uploaded so far, newest first."""

    def read_artifact(self, artifact: RunArtifact, sizes: Mapping[str, int]) -> dict[str, bytes]:
        """Files of an artifact, capped."""

    def cancel(self, number: int) -> bool:
        """Cancel a run."""


class Repository(Protocol):
    """See `GitHub`."""

    @property
    def repository(self) -> str:
        """`owner/name`."""

    @property
    def login(self) -> str:
        """As whom the bot writes."""

    @property
    def issues(self) -> Issues:
        """Issues."""

    @property
    def contents(self) -> Contents:
        """Files and branches."""

    @property
    def pulls(self) -> Pulls:
        """Pull requests."""

    @property
    def runs(self) -> Runs:
        """Workflow runs."""

    def rate_limit(self) -> RateLimit:
        """How much may still be asked this hour."""
