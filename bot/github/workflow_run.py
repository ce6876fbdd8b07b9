"""Runs of workflows: what is asked for, and what became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

_WORKFLOW: Final = re.compile(r"[a-z0-9][a-z0-9_-]*\.yml")
MAX_INPUTS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A workflow to start.

    Args:
        workflow: name of its file in `.github/workflows`.
        branch: whose version of the file runs.
        title: the run's title; the file must build the same one as its `run-name` from the inputs. It tells a run that was
            started from one that was not, so no two dispatches may share it.
        inputs: at most 25, by name.
    """

    workflow: str
    branch: str
    title: str
    inputs: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _WORKFLOW.fullmatch(self.workflow) or len(self.inputs) > MAX_INPUTS:
            raise ValueError(f"GitHub cannot start {self!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowRun:
    """One run.

    Args:
        id: unique on GitHub.
        workflow: name of its file.
        title: what its `run-name` says.
        status: `queued`, `in_progress`, `completed`, `waiting`, `requested` or `pending`.
        conclusion: `success`, `failure`, `cancelled`, `timed_out`, …; None until it is completed.
        event: what started it.
        attempt: 1, or more after re-runs.
        head: hash of the commit whose files it runs.
        created_at: with time zone.
        url: where people watch it.
    """

    id: int
    workflow: str
    title: str
    status: str
    conclusion: str | None
    event: str
    attempt: int
    head: str
    created_at: datetime
    url: str

    @property
    def is_over(self) -> bool:
        """Whether no job of it can still run."""
        return self.status == "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowJob:
    """One job of a run's latest attempt.

    Args:
        id: unique on GitHub.
        name: as the workflow gives it, its matrix values behind it.
        status: as a run's.
        conclusion: as a run's; a runner that died shows as `failure` or `cancelled`.
        started_at: with time zone; GitHub gives one to jobs that wait, too.
        completed_at: with time zone; None until it is completed.
        runner: name of the machine; None until one takes it.
    """

    id: int
    name: str
    status: str
    conclusion: str | None
    started_at: datetime
    completed_at: datetime | None
    runner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunArtifact:
    """What a run has uploaded; a stranger's job may have written all of it but `id`, `size` and `created_at`.

    Args:
        id: unique on GitHub.
        name: unique within an attempt of the run; hostile.
        size: bytes of its zip.
        created_at: with time zone.
        is_expired: whether GitHub has deleted it.
    """

    id: int
    name: str
    size: int
    created_at: datetime
    is_expired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """How much may still be asked.

    Args:
        limit: requests an hour.
        remaining: those left.
        resets_at: when all are back, with time zone.
    """

    limit: int
    remaining: int
    resets_at: datetime
