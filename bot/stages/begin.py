"""The first job of a run: what was approved is looked up once more, and what is to be measured of it is written down."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from apcore.command_line import DONE
from apcore.durable import write_whole
from apcore.errors import MachineError
from apcore.protocol import Protocol
from bot.github.ports import Repository
from bot.lifecycle.plan import Plan, matrix
from bot.lifecycle.runs import Begun, Situation, begin
from bot.lifecycle.telling import Seen
from bot.rules.facts import KnownMethod
from bot.stages.issue_at_hand import carry_out, look_at
from bot.stages.outputs import flag, write_outputs
from bot.stages.run_order import order_files

PERMISSIONS: Final = {"issues": "write"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginOrder:
    """One run of `begin`.

    Args:
        issue: its number.
        sha256: of the submission that the run was started for.
        out: where the plan and the submission are left.
        protocol: under which it is measured.
        methods: those on the board.
        run: id of the workflow run.
        run_url: https address of the run.
    """

    issue: int
    sha256: str
    out: Path
    protocol: Protocol
    methods: Sequence[KnownMethod]
    run: int | None
    run_url: str | None


def begin_run(
    order: BeginOrder,
    github: Repository,
    stream: TextIO,
    environment: Mapping[str, str],
    now: datetime | None = None,
) -> int:
    """Begin a run, or find that it has nothing to do.

    Tells the workflow `measure`, `publish` and `matrix`: whether there are jobs, whether all is measured already, and the
    jobs' names.

    Args:
        order: which run of what.
        github: the repository.
        stream: gets what an operator wants to read.
        environment: names the file for the workflow.
        now: the time; None for the clock's.

    Raises:
        MachineError: the run has no id.
    """
    if order.run is None:
        raise MachineError(where="GITHUB_RUN_ID", message="this is no run of a workflow", fix="run it in a workflow")
    at_hand = look_at(github, order.issue, order.protocol, order.methods, now or datetime.now(UTC), stream)
    refusal = _refusal(order, at_hand.situation)
    if refusal or at_hand.situation is None:
        print(f"this run measures nothing: {refusal}", file=stream, flush=True)
        return _tell(None, environment, publish=False)
    begun = begin(at_hand.situation, order.run, Seen(run_url=order.run_url))
    if begun.plan is not None:
        _write(order.out, begun, at_hand.situation)
        print(f"{len(begun.plan.jobs)} jobs, {len(begun.plan.kept)} results kept", file=stream, flush=True)
    carry_out(github, at_hand, begun.decision, stream)
    return _tell(begun.plan, environment, publish=begun.decision.publish)


def _refusal(order: BeginOrder, situation: Situation | None) -> str | None:
    """Why the named hash is not measured; whether it may run now is `bot.lifecycle.runs.begin`'s to decide."""
    if situation is None:
        return "nothing is known of this issue"
    record = situation.record
    if record.approved is None or record.approved.sha256 != order.sha256:
        return "the submission that it was started for is not the one that is approved"
    if situation.submission is None or situation.submission.sha256 != order.sha256:
        return "the issue has changed since it was approved"
    return None


def _write(out: Path, begun: Begun, situation: Situation) -> None:
    assert begun.plan is not None and situation.submission is not None  # noqa: S101, PT018 - the caller's own
    out.mkdir(parents=True, exist_ok=True)
    for name, content in order_files(begun.plan, situation.submission).items():
        write_whole(out / name, content)


def _tell(plan: Plan | None, environment: Mapping[str, str], *, publish: bool) -> int:
    # Empty without jobs: a matrix of nothing is an error to GitHub, so the jobs that measure are skipped.
    jobs = json.dumps(matrix(plan)) if plan else ""
    outputs = {"measure": flag(value=plan is not None), "publish": flag(value=publish), "matrix": jobs}
    write_outputs(environment, outputs)
    return DONE
