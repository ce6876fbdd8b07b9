"""What the jobs of a run are given: the plan, and the approved submission whose hash it names; held against each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from apcore.errors import MachineError
from apcore.json_shape import ShapeError
from apcore.protocol import Protocol, ProtocolError, load_protocol
from bot.lifecycle.fetched import FETCHED_FILE, Fetched, read_fetched
from bot.lifecycle.plan import Job, Plan, asked, plan_bytes, read_plan
from bot.submission.model import Submission, SubmittedModel
from bot.submission.stored import stored_submission

PLAN_FILE: Final = "plan.json"
SUBMISSION_FILE: Final = "submission.json"
# The largest that each may be; 64 checkpoints of the longest words take less than half of it.
SIZES: Final = {PLAN_FILE: 400_000, SUBMISSION_FILE: 400_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrder:
    """A plan, its submission and its protocol, which belong together."""

    plan: Plan
    submission: Submission
    protocol: Protocol

    def job(self, name: str) -> Job:
        """The job of that name.

        Raises:
            MachineError: the plan has none.
        """
        for job in self.plan.jobs:
            if job.name == name:
                return job
        raise MachineError(
            where="--job",
            message=f"the plan has no job {name!r}",
            fix=f"name one of its {len(self.plan.jobs)} jobs, as `plan.json` lists them",
        )

    def place(self, job: Job) -> int:
        """Where the job's checkpoint stands in the submission, from 0."""
        return next(place for place, model in enumerate(self.submission.models) if model.key == job.key)

    def model(self, job: Job) -> SubmittedModel:
        """The job's checkpoint."""
        return self.submission.models[self.place(job)]


def order_files(plan: Plan, submission: Submission) -> dict[str, bytes]:
    """The two files by name."""
    return {PLAN_FILE: plan_bytes(plan), SUBMISSION_FILE: submission.to_bytes()}


def parse_order(plan: bytes, submission: bytes) -> RunOrder:
    """The order that the bytes of both files say.

    Raises:
        ShapeError: one is not what it should be, or they do not belong together.
    """
    found = read_plan(plan)
    approved = stored_submission(submission, found.submission_sha256)
    try:
        protocol = load_protocol(found.protocol)
    except ProtocolError as exc:
        raise ShapeError("protocol: there is none of that name here") from exc
    if protocol.sha256 != found.protocol_sha256:
        raise ShapeError("protocol: is another file of the same name here")
    wanted = {(model.key, asked(model, protocol)) for model in approved.models}
    if not {(job.key, job.asked) for job in found.jobs} <= wanted:
        raise ShapeError("jobs: one measures what the submission does not ask for")
    return RunOrder(plan=found, submission=approved, protocol=protocol)


def read_order(folder: Path) -> RunOrder:
    """The order in `folder`.

    Raises:
        MachineError: there is none, or it cannot be followed.
    """
    try:
        return parse_order((folder / PLAN_FILE).read_bytes(), (folder / SUBMISSION_FILE).read_bytes())
    except (OSError, ShapeError) as exc:
        raise _unusable(folder, exc, "download the artifact `plan` of the run into this folder") from exc


def read_files(folder: Path, order: RunOrder) -> Fetched:
    """What was fetched into `folder` for an order.

    Raises:
        MachineError: nothing was, or for another submission.
    """
    try:
        return read_fetched((folder / FETCHED_FILE).read_bytes(), order.submission.sha256)
    except (OSError, ShapeError) as exc:
        raise _unusable(folder, exc, "run `apbot fetch` into this folder, with the same plan") from exc


def _unusable(folder: Path, exc: Exception, fix: str) -> MachineError:
    words = exc.strerror if isinstance(exc, OSError) else str(exc)
    name = Path(str(exc.filename)).name if isinstance(exc, OSError) else folder.name
    return MachineError(where=name, message=f"this run cannot go on with it: {words}", fix=fix)
