"""Runs of one repository's workflows: start, look, cancel."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.github.artifact_files import ArtifactError, named_files
from bot.github.connection import Connection
from bot.github.failures import MissingError, RefusedError
from bot.github.json_fields import Fields
from bot.github.reading import artifact_of, job_of, run_of
from bot.github.workflow_run import Dispatch, RunArtifact, WorkflowJob, WorkflowRun

MAX_ARTIFACT: Final = 16_000_000
"""Bytes of an artifact's zip; the outcomes of 10,000 samples have a few hundred thousand."""

_CONFLICT: Final = 409
_CLOCKS_DIFFER: Final = timedelta(minutes=10)


class RepositoryRuns:
    """The workflow runs of `repository`, `owner/name`."""

    def __init__(self, connection: Connection, repository: str) -> None:
        self._connection = connection
        self._path = f"/repos/{repository}/actions"

    def start(self, dispatch: Dispatch) -> None:
        """Start a workflow, once: after a failure that may hide a success, its run is looked for by title."""
        since = self._connection.now() - _CLOCKS_DIFFER
        self._connection.create(
            f"{self._path}/workflows/{dispatch.workflow}/dispatches",
            {"ref": dispatch.branch, "inputs": dict(dispatch.inputs)},
            read=lambda _: True,
            find=lambda: True if self._titled(dispatch, since) else None,
        )

    def run(self, number: int) -> WorkflowRun | None:
        """Run with id `number`; None if it was deleted."""
        try:
            return run_of(Fields.of(self._connection.get(f"{self._path}/runs/{number}"), "run"))
        except MissingError:
            return None

    def of_workflow(
        self, workflow: str, *, status: str | None = None, since: datetime | None = None
    ) -> tuple[WorkflowRun, ...]:
        """The runs of a workflow's file, newest first.

        Args:
            workflow: name of the file.
            status: `queued`, `in_progress`, `completed`, …; None for any.
            since: those created from then on, with time zone; None for all that are kept.
        """
        asked = {"status": status} if status else {}
        if since is not None:
            asked["created"] = f">={since.isoformat(timespec='seconds')}"
        listed = self._connection.pages(f"{self._path}/workflows/{workflow}/runs", "workflow_runs", **asked)
        return tuple(run_of(found) for found in listed)

    def jobs(self, number: int) -> tuple[WorkflowJob, ...]:
        """The jobs of run `number`, of its latest attempt.

        Raises:
            MissingError: it was deleted.
        """
        listed = self._connection.pages(f"{self._path}/runs/{number}/jobs", "jobs", filter="latest")
        return tuple(job_of(found) for found in listed)

    def artifacts(self, number: int) -> tuple[RunArtifact, ...]:
        """What run `number` has uploaded so far, newest first; those of jobs at work too."""
        listed = self._connection.pages(f"{self._path}/runs/{number}/artifacts", "artifacts")
        return tuple(sorted(map(artifact_of, listed), key=lambda one: (one.created_at, one.id), reverse=True))

    def read_artifact(self, artifact: RunArtifact, sizes: Mapping[str, int]) -> dict[str, bytes]:
        """Files of an artifact, by name; those that it lacks are missing.

        Args:
            artifact: as it was listed.
            sizes: the most bytes that are read of each, by name; of a larger one a byte more, so that it shows.

        Raises:
            ArtifactError: it is larger than `MAX_ARTIFACT`, or no sound zip.
            MissingError: it is deleted.
        """
        where = f"artifact {artifact.id}"
        raw = self._connection.download(f"{self._path}/artifacts/{artifact.id}/zip", MAX_ARTIFACT)
        if raw is None:
            raise ArtifactError(
                where=where,
                message=f"the artifact is not read: it has more than {MAX_ARTIFACT:,} bytes",
                fix="look at the run that uploaded it, then run it again",
            )
        return named_files(raw, sizes, where)

    def cancel(self, number: int) -> bool:
        """Cancel run `number`; False if it was over, or gone, already.

        GitHub takes the wish and stops the jobs within minutes: `run` says when it is over.
        """
        try:
            self._connection.change("POST", f"{self._path}/runs/{number}/cancel")
        except MissingError:
            return False
        except RefusedError as exc:
            if exc.status != _CONFLICT:
                raise
            return False
        return True

    def _titled(self, dispatch: Dispatch, since: datetime) -> bool:
        return any(run.title == dispatch.title for run in self.of_workflow(dispatch.workflow, since=since))
