"""`apbot gate`, `apbot sweep` and `apbot status` as a job of GitHub Actions runs them: its environment becomes values here alone.

Each asks an App's token for no more than it needs; what `GITHUB_TOKEN` may do stands in the workflow.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

from apcore.command_line import DONE
from apcore.errors import MachineError
from apcore.files.drive import GOOGLE_DRIVE
from apcore.files.limits import DownloadLimits
from apcore.protocol import Protocol
from bot.github.actions import api_in, event_in, repository_in
from bot.github.authentication import credentials
from bot.github.client import GitHub
from bot.github.clock import Clock
from bot.github.surroundings import surroundings
from bot.leaderboard.board import read_board
from bot.leaderboard.checkpoint_files import board_files
from bot.leaderboard.facts import board_facts
from bot.lifecycle.status import status_bytes
from bot.stages import status, sweep
from bot.stages.gate import Answer, answer, carry_out
from bot.stages.issue_case import Desk, check_with
from bot.stages.rebuild import rebuild

GATE: Final = {"actions": "write", "issues": "write", "pull_requests": "read"}
SWEEP: Final = {
    "actions": "write",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "statuses": "write",
}
_PROBE: Final = DownloadLimits(connect_timeout_s=5.0, read_timeout_s=10.0)
_MAX_SLOTS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What the command line hands over.

    Args:
        env: of the job: `GITHUB_…`, `APBOT_…`.
        clock: how time passes.
        protocol: under which everything is measured.
        board: folder of the leaderboard.
        dry_run: whether to print instead of to write.
    """

    env: Mapping[str, str]
    clock: Clock
    protocol: Protocol
    board: Path
    dry_run: bool


def answer_event(job: Job, out: TextIO, log: TextIO) -> int:
    """Answer the event that started this job.

    Raises:
        TurnError: GitHub, or this machine, failed; the next event or the sweep goes on from there.
    """
    event = event_in(job.env)
    desk = _desk(job, GATE)
    found = answer(desk, event)
    if job.dry_run:
        _print({"issue": None} if found is None else answer_json(found), out)
        return DONE
    if found is None:
        print("nothing to do: this is no submission, or it is answered already", file=log)
        return DONE
    started = carry_out(desk, found)
    _tell(found, log)
    if started:
        print(f"started: {started.title}", file=log)
    for failure in found.failures:
        raise failure
    return DONE


def sweep_all(job: Job, out: TextIO, log: TextIO) -> int:
    """One sweep.

    Raises:
        TurnError: as `bot.stages.sweep.act`.
    """
    desk = _desk(job, SWEEP)
    anew = partial(
        rebuild,
        desk.repository,
        protocol=job.protocol,
        methods=board_facts(job.board),
        place=surroundings(job.env),
        now=desk.now(),
        stream=log,
    )
    means = sweep.Means(ask=partial(GOOGLE_DRIVE.sharing, limits=_PROBE), sleep=job.clock.sleep, rebuild=anew)
    decided = sweep.look(desk, means)
    if job.dry_run:
        _print(pass_json(decided), out)
        return DONE
    sweep.act(desk, means, decided)
    for found in decided.answers.values():
        _tell(found, log)
    for dispatch in decided.start:
        print(f"started: {dispatch.title}", file=log)
    for number in decided.rebuild if means.rebuild is None else ():
        print(f"issue {number}: its pull request is not on the present main", file=log)
    if decided.left:
        print(f"left to the next sweep, for GitHub's hourly budget: {len(decided.left)} issues", file=log)
    return DONE


def tell_status(job: Job, log: TextIO, *, ask_files: bool) -> bytes:
    """Where every submission is, as a document of `schemas/status.schema.json`.

    Args:
        job: what the command line hands over.
        log: gets what an operator wants to read.
        ask_files: whether Google Drive is asked about every file, which takes some minutes.

    Raises:
        TurnError: as `bot.stages.status.take_status`.
    """
    desk = _desk(job, status.PERMISSIONS)
    files = board_files(read_board(job.board / "entries")) if ask_files else {}
    questions = status.FileQuestions(
        ask=partial(GOOGLE_DRIVE.sharing, limits=_PROBE), sleep=job.clock.sleep, of_board=files
    )
    found = status.take_status(desk, questions if ask_files else None)
    print(f"open submissions: {len(found.submissions)}; files asked for: {len(found.files or ())}", file=log)
    return status_bytes(found)


def answer_json(found: Answer) -> dict[str, Any]:
    """A decision as JSON, for people who look before something is done."""
    decision = found.decision
    record = decision.record
    return {
        "issue": found.case.seen.number,
        "state": record and record.state,
        "approved": record and record.approved and record.approved.sha256,
        "comment": decision.comment,
        "notices": [{"key": notice.key, "text": notice.text} for notice in decision.notices],
        "add_labels": sorted(decision.add_labels),
        "remove_labels": sorted(decision.remove_labels),
        "cancel_run": decision.cancel_run,
        "publish": decision.publish,
        "close": decision.close,
        "log": [*found.case.log, *decision.log],
    }


def pass_json(decided: sweep.Pass) -> dict[str, Any]:
    """A whole sweep as JSON."""
    return {
        "decisions": [answer_json(found) for found in decided.answers.values()],
        "queue": list(decided.order),
        "held": list(decided.held),
        "start": [dispatch.title for dispatch in decided.start],
        "rebuild": list(decided.rebuild),
        "left": list(decided.left),
    }


def _desk(job: Job, permissions: Mapping[str, str]) -> Desk:
    github = GitHub(
        repository_in(job.env), credentials(job.env, permissions), base_url=api_in(job.env), clock=job.clock
    )
    return Desk(
        repository=github,
        protocol=job.protocol,
        check=check_with(job.protocol, board_facts(job.board)),
        now=lambda: datetime.fromtimestamp(int(job.clock.now()), UTC),
        slots=_slots(job.env),
    )


def _slots(env: Mapping[str, str]) -> int:
    text = env.get("APBOT_SLOTS", "").strip() or "1"
    if text.isdecimal() and 1 <= int(text) <= _MAX_SLOTS:
        return int(text)
    raise MachineError(
        where="APBOT_SLOTS",
        message=f"this is to say how many submissions may run at once, from 1 to {_MAX_SLOTS:,}",
        fix="set it to the number of submissions that the runners can measure side by side, or leave it unset for one",
    )


def _tell(found: Answer, log: TextIO) -> None:
    record = found.decision.record
    print(f"issue {found.case.seen.number}: {record.state if record else 'not remembered'}", file=log)
    for line in (*found.case.log, *found.decision.log):
        # On one line each: the runner takes a line that begins with `::` for a command.
        print(f"  {' '.join(line.split())}", file=log)


def _print(document: dict[str, Any], out: TextIO) -> None:
    out.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
