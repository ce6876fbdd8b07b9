"""The inside of `apbot evaluate`: `python -m bot.stages.evaluation ORDER`, one job measured behind walls, for some minutes.

There is no token in here and no network. It leaves `result.json` with `outcomes.npz`, or `failure.json`, as
`bot.lifecycle.handover` takes them; until then the state of the attacks, and how far they are.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from apcore.attacks.progress import Progress
from apcore.benchmark import benchmark
from apcore.checkpoint.distances import read_distances
from apcore.command_line import DONE
from apcore.earlier_result import still_valid
from apcore.errors import ContributorError, MachineError, TurnError
from apcore.failure import Failure, failure_bytes, some_turn
from apcore.files.remote_file import RemoteFile
from apcore.files.stored_file import Source, StoredFile
from apcore.json_shape import ShapeError
from apcore.outcomes import Outcomes, read_outcomes
from apcore.progress_line import ProgressLine
from apcore.progress_report import ProgressFile, Stage, read_progress
from apcore.result import Result
from apcore.result_json import read_result, result_bytes
from apcore.run_folder import RunFolder
from apcore.submitted_outcomes import SubmittedOutcomes
from apcore.task import Task
from apcore.time_slice import TimeIsUpError, TimeSlice
from apcore.verdict import Metric
from bot.lifecycle.fetched import Fetched, Got
from bot.lifecycle.handover import FAILURE_FILE, OUTCOMES_FILE, RESULT_FILE
from bot.lifecycle.plan import Job
from bot.stages.author_outcomes import author_outcomes
from bot.stages.evaluation_order import NOT_FINISHED, PROGRESS_FILE, EvaluationOrder
from bot.stages.run_order import RunOrder, read_files, read_order


def main(order: EvaluationOrder, stream: TextIO) -> int:
    """Measure for as long as the order says; `stream` gets what a person wants to follow.

    Returns:
        0 if the job has its outcome, which may be a failure; `NOT_FINISHED` if another slice is to go on.

    Raises:
        MachineError: the plan cannot be followed, or another slice is at work in the folder.
    """
    ends_at = time.monotonic() + order.seconds
    run = read_order(order.plan)
    job = run.job(order.job)
    folder = RunFolder(order.out)
    with folder.locked():
        for name in (FAILURE_FILE, ".failure.json.part"):
            (order.out / name).unlink(missing_ok=True)
        progress = ProgressFile(
            order.out / PROGRESS_FILE, job.key, shard=job.shard, device=order.device, spent_s=_spent_s(order.out)
        )
        try:
            _measure(order, run, job, progress, ends_at, stream)
        except TimeIsUpError:
            _say(stream, f"{job.name}: not finished; the same command goes on from here")
            return NOT_FINISHED
        except Exception as exc:  # whatever happens to one checkpoint is for its author or for us to read, not lost
            error = some_turn(exc, "", stream).below(f"models.{run.place(job)}")
            failure = Failure.of(job.key, error)
            (order.out / RESULT_FILE).unlink(missing_ok=True)
            folder.write(order.out / FAILURE_FILE, failure_bytes(failure))
            _say(stream, f"{job.name}: not measured ({failure.turn}): {failure.message}")
        progress.stage(Stage.DONE)
    return DONE


def _measure(
    order: EvaluationOrder, run: RunOrder, job: Job, progress: ProgressFile, ends_at: float, stream: TextIO
) -> None:
    progress.stage(Stage.INSPECTING)
    files = read_files(order.files, run)
    task = _task(order, run, job, files)
    submitted = read_distances(task.distances) if task.distances else None
    outcomes = _outcomes(order, run, job, files)
    task = replace(task, outcomes_sha256=outcomes.sha256 if outcomes else None)
    earlier = _finished(order.out)
    if earlier and still_valid(earlier[0], task):
        _say(stream, f"{job.name}: measured by an earlier slice")
        return
    shown = ProgressLine(stream, job.name)

    def tell(progressed: Progress) -> None:
        shown(progressed)
        progress(progressed)

    found = benchmark(
        task,
        submitted_distances=submitted,
        submitted_outcomes=outcomes,
        progress=TimeSlice(tell, ends_at=ends_at),
        tell=lambda words: _say(stream, f"  {words}"),
    )
    folder = RunFolder(order.out)
    (order.out / RESULT_FILE).unlink(missing_ok=True)  # a result never stands beside outcomes that are not its own
    folder.write(order.out / OUTCOMES_FILE, found.outcomes.to_bytes())
    folder.write(order.out / RESULT_FILE, result_bytes(found.result))
    _say(stream, f"{job.name}: {found.result.verdict}")


def _task(order: EvaluationOrder, run: RunOrder, job: Job, files: Fetched) -> Task:
    model = run.model(job)
    checkpoint = _stored(model.checkpoint, "checkpoint", order.files, files)
    distances = _stored(model.distances, "distances", order.files, files) if model.distances else None
    normalization = model.normalization
    return Task(
        key=job.key,
        checkpoint=checkpoint.path,
        checkpoint_sha256=checkpoint.sha256,
        protocol=run.protocol,
        work=order.out / "work",
        data=order.data,
        claimed={metric: getattr(model.claimed, metric) for metric in Metric},
        normalization=(normalization.mean, normalization.std) if normalization else None,
        distances=distances.path if distances else None,
        distances_sha256=distances.sha256 if distances else None,
        submission_sha256=run.submission.sha256,
        device=order.device,
        seed=job.seed,
        shard=job.shard,
    )


def _outcomes(order: EvaluationOrder, run: RunOrder, job: Job, files: Fetched) -> SubmittedOutcomes | None:
    file = run.model(job).outcomes
    return author_outcomes(lambda: _stored(file, "outcomes", order.files, files)) if file else None


def _stored(file: RemoteFile, where: str, folder: Path, files: Fetched) -> StoredFile:
    found = files.files.get(file.id)
    if isinstance(found, Got):
        path = folder / found.sha256
        return StoredFile(path=path, sha256=found.sha256, size_bytes=found.size_bytes, source=Source.STORE)
    if found is not None:
        raise found.error(where)
    raise MachineError(where=where, message="the file was not fetched", fix="run `apbot fetch` with the same plan")


def _finished(out: Path) -> tuple[Result, Outcomes] | None:
    try:
        return read_result((out / RESULT_FILE).read_bytes()), read_outcomes(out / OUTCOMES_FILE)
    except (OSError, ShapeError, ContributorError):
        return None


def _spent_s(out: Path) -> float:
    try:
        return read_progress((out / PROGRESS_FILE).read_bytes()).seconds
    except (OSError, ShapeError):
        return 0.0


def _say(stream: TextIO, words: str) -> None:
    print(words, file=stream, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(EvaluationOrder.of(sys.argv[1]), sys.stderr))
    except TurnError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
