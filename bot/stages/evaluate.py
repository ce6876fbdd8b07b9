"""Measure one job of a plan for some minutes, behind walls; the same command goes on where it stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TextIO

from apcore.command_line import DONE
from apcore.errors import MachineError
from apcore.failure import Failure, failure_bytes
from apcore.run_folder import RunFolder
from apcore.sandbox.evaluation import run_confined
from bot.lifecycle.handover import FAILURE_FILE, RESULT_FILE
from bot.stages.evaluation_order import NOT_FINISHED, EvaluationOrder
from bot.stages.outputs import flag, write_outputs
from bot.stages.run_order import read_order

_MODULE: Final = "bot.stages.evaluation"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateOrder:
    """One run of `evaluate`; see `EvaluationOrder`, whose paths may be relative here."""

    plan: Path
    job: str
    files: Path
    out: Path
    data: Path | None
    device: Literal["cpu", "cuda"]
    minutes: float


def evaluate(order: EvaluateOrder, stream: TextIO, environment: Mapping[str, str]) -> int:
    """Run one slice and tell the workflow whether the job has its outcome: `finished=true` or `finished=false`.

    Args:
        order: what to measure, and for how long.
        stream: gets what a person wants to follow.
        environment: names the file for the workflow; nothing else of it is used, and the evaluation sees none of it.

    Raises:
        MachineError: the plan cannot be followed, or this machine lets nobody confine a process.
    """
    run = read_order(order.plan)
    job = run.job(order.job)
    order.out.mkdir(parents=True, exist_ok=True)
    inner = _absolute(order)
    readable = [inner.plan, inner.files, *([inner.data] if inner.data else [])]
    try:
        code = run_confined(
            _MODULE, [inner.to_json()], writable=inner.out, readable=readable, gpu=order.device == "cuda"
        )
        _leave_plain_files(inner.out)
        if code not in (DONE, NOT_FINISHED):
            raise _died(code)
        finished = code == DONE
        if finished and not any((order.out / name).is_file() for name in (RESULT_FILE, FAILURE_FILE)):
            raise _died(code)
    except MachineError as exc:
        failure = Failure.of(job.key, exc.below(f"models.{run.place(job)}"))
        RunFolder(order.out).write(order.out / FAILURE_FILE, failure_bytes(failure))
        print(f"{job.name}: not measured: {failure.message}", file=stream, flush=True)
        write_outputs(environment, {"finished": flag(value=True)})
        raise
    write_outputs(environment, {"finished": flag(value=finished)})
    print(f"{job.name}: {'finished' if finished else 'to be continued'}", file=stream, flush=True)
    return DONE


def _absolute(order: EvaluateOrder) -> EvaluationOrder:
    data = order.data.resolve() if order.data else None
    return EvaluationOrder(
        plan=order.plan.resolve(),
        job=order.job,
        files=order.files.resolve(),
        out=order.out.resolve(),
        data=data,
        device=order.device,
        seconds=60 * order.minutes,
    )


def _leave_plain_files(out: Path) -> None:
    """Whoever broke out of the reader could have left a link to a file of this machine, for the upload to follow."""
    for path in out.iterdir():
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink()


def _died(code: int) -> MachineError:
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return MachineError(
        where="evaluation",
        message=f"the evaluation ended with {how}, and left no outcome",
        fix="the log of the job says more; signal 9 mostly means that the machine had too little memory",
    )
