"""From measurements to what people read: curves, the entry, the pull request with the rebuilt tables, the comment."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import numpy as np

from apcore.accuracy import Measure
from apcore.distance_comparison import with_none_found
from apcore.failure import Failure
from apcore.model_key import ModelKey
from apcore.outcomes import Outcomes
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.security_curve import Curve, save_curves
from bot.leaderboard.board import read_board
from bot.leaderboard.change import Change
from bot.leaderboard.merge import record
from bot.leaderboard.repository import Proposal, propose, withdraw
from bot.reply.pull_request import pull_request
from bot.reply.result_comment import CurveImage, result_comment
from bot.stages.workspace import Workspace
from bot.submission.model import Submission


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurement:
    """What is known of one checkpoint once it is measured; `submitted` are the author's own distances, if they sent any."""

    result: Result
    outcomes: Outcomes
    submitted: np.ndarray | None


def publish(
    submission: Submission,
    measurements: Sequence[Measurement],
    failures: Sequence[Failure],
    *,
    protocol: Protocol,
    board: Path,
    issue: int,
    workspace: Workspace,
    when: datetime,
) -> Proposal | None:
    """Draw the curves, propose the change, write the comment.

    A change is proposed once every checkpoint is measured and attacked; until then the comment says what is missing.

    Args:
        submission: what was approved.
        measurements: of the checkpoints that could be measured.
        failures: why the others could not.
        protocol: what all were measured under.
        board: folder of the leaderboard as it is.
        issue: number of the issue.
        workspace: the run's folder.
        when: date of the change, with a time zone.

    Raises:
        MachineError: the board or the disk does not allow it.
    """
    images = [_draw(group, workspace, protocol) for group in _triples(measurements)]
    results = tuple(measurement.result for measurement in measurements)
    complete = not failures and all(Measure.AA_ROBUST in result.accuracies for result in results)
    withdraw(workspace.root)
    proposal = (
        _propose(submission, results, board=board, issue=issue, workspace=workspace, when=when) if complete else None
    )
    comment = result_comment(
        submission,
        results,
        failures,
        protocol,
        curves=images,
        pull_request=f"branch `{proposal.branch}`" if proposal else None,
    )
    workspace.write(workspace.root / "comment.md", comment.encode())
    return proposal


def _triples(measurements: Iterable[Measurement]) -> Iterator[list[Measurement]]:
    """Attacked checkpoints that differ in sparsity alone, together."""
    attacked = [measurement for measurement in measurements if len(measurement.outcomes.hofmn_distance)]
    for _, group in groupby(
        sorted(attacked, key=lambda m: m.result.model_key), key=lambda m: _triple(m.result.model_key)
    ):
        yield list(group)


def _triple(key: ModelKey) -> str:
    return str(key).rsplit("_", 1)[0]


def _draw(group: Sequence[Measurement], workspace: Workspace, protocol: Protocol) -> CurveImage:
    key = group[0].result.model_key
    workspace.curves.mkdir(parents=True, exist_ok=True)
    png, svg = (workspace.curves / f"{_triple(key)}.{suffix}" for suffix in ("png", "svg"))
    save_curves(
        [
            Curve(
                label=f"{m.result.model_key.structure} {m.result.model_key.sparsity} %",
                distances=m.outcomes.hofmn_distance,
                submitted=None if m.submitted is None else with_none_found(m.submitted, m.outcomes.hofmn_distance),
                autoattack=m.result.accuracies.get(Measure.AA_ROBUST),
            )
            for m in group
        ],
        png=png,
        svg=svg,
        protocol=protocol,
        dataset=key.dataset,
        title=f"{key.ap_key}, {key.architecture} on {key.dataset}",
    )
    return CurveImage(
        title=f"Security evaluation curves of {_triple(key)}", png=f"curves/{png.name}", svg=f"curves/{svg.name}"
    )


def _propose(
    submission: Submission,
    results: tuple[Result, ...],
    *,
    board: Path,
    issue: int,
    workspace: Workspace,
    when: datetime,
) -> Proposal:
    before = read_board(board / "entries")
    entry = record(
        before.find(submission.ap_key), submission, results, date=when.date(), issue=issue or None, run_url=None
    )
    after = before.with_entry(entry)
    request = pull_request(
        Change(before=before, after=after, submission=submission, results=results, issue=issue or None)
    )
    return propose(
        workspace.root,
        base_leaderboard=board,
        entry=entry,
        issue=issue,
        title=request.title,
        body=request.body,
        when=when,
    )
