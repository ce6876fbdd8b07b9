"""A run as the sweep finds it: whether it is over, since when, and how far its jobs say that they are.

What the jobs say comes from where strangers' bytes are at work. Names are matched, sizes capped, one file of each artifact is read,
and it can say nothing but attacks, numbers and times (docs/lifecycle.md).
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apcore.json_shape import ShapeError
from apcore.progress_report import MAX_BYTES, ProgressReport, read_progress
from bot.github.artifact_files import ArtifactError
from bot.github.failures import MissingError
from bot.github.ports import Repository
from bot.github.workflow_run import RunArtifact
from bot.lifecycle.telling import NOTHING_SEEN, Seen

PROGRESS_FILE: Final = "progress.json"
MAX_REPORTS: Final = 64
"""Artifacts that are read of one run: one per job, and a submission has at most as many checkpoints."""

_NAME: Final = re.compile(r"progress-([A-Za-z0-9-]{1,100})-[0-9]{1,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A run: whether GitHub knows it, when it ended (None while it is at work), and what its jobs have said."""

    is_unknown: bool
    over_since: datetime | None
    seen: Seen


def follow_run(repository: Repository, number: int, now: datetime) -> Followed:
    """Look at run `number`: two requests, and two more for each job at work."""
    run = repository.runs.run(number)
    if run is None:
        return Followed(is_unknown=True, over_since=None, seen=NOTHING_SEEN)
    if run.is_over:
        ends = [job.completed_at for job in repository.runs.jobs(number) if job.completed_at]
        # One that was cancelled before any job began has none.
        over_since = max(ends, default=min(run.created_at, now))
        return Followed(is_unknown=False, over_since=over_since, seen=Seen(run_url=run.url))
    reports = tuple(_reports(repository, repository.runs.artifacts(number)))
    return Followed(is_unknown=False, over_since=None, seen=Seen(reports=reports, run_url=run.url))


def _reports(repository: Repository, artifacts: tuple[RunArtifact, ...]) -> Iterator[ProgressReport]:
    """The newest report of each job; one that cannot be read says nothing."""
    newest: dict[str, RunArtifact] = {}
    for artifact in artifacts:  # newest first
        match = _NAME.fullmatch(artifact.name)
        if match and not artifact.is_expired:
            newest.setdefault(match[1], artifact)
    for artifact in list(newest.values())[:MAX_REPORTS]:
        try:
            files = repository.runs.read_artifact(artifact, {PROGRESS_FILE: MAX_BYTES})
            if PROGRESS_FILE in files:
                yield read_progress(files[PROGRESS_FILE])
        except (ArtifactError, MissingError, ShapeError) as exc:
            logging.getLogger(__name__).warning("artifact %d: %s", artifact.id, exc)
