"""From measurements to what people read: curves, the entry, the pull request with the rebuilt tables, the comment."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from apcore.failure import Failure
from apcore.protocol import Protocol
from bot.leaderboard.board import read_board
from bot.leaderboard.change import Change
from bot.leaderboard.details import details_of
from bot.leaderboard.merge import record
from bot.leaderboard.repository import Proposal, propose, withdraw
from bot.reply.pull_request import pull_request
from bot.reply.result_comment import CurveImage, result_comment
from bot.stages.curves import Measurement, draw_curves
from bot.stages.proposal import is_attacked
from bot.stages.workspace import Workspace
from bot.submission.model import Submission


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
    images = [
        CurveImage(title=drawn.title, png=f"curves/{drawn.png.name}", svg=f"curves/{drawn.svg.name}")
        for drawn in draw_curves(measurements, workspace.curves, protocol)
    ]
    results = tuple(measurement.result for measurement in measurements)
    complete = not failures and is_attacked(results)
    withdraw(workspace.root)
    proposal = (
        _propose(submission, measurements, board=board, issue=issue, workspace=workspace, when=when)
        if complete
        else None
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


def _propose(
    submission: Submission,
    measurements: Sequence[Measurement],
    *,
    board: Path,
    issue: int,
    workspace: Workspace,
    when: datetime,
) -> Proposal:
    before = read_board(board / "entries")
    results = tuple(measurement.result for measurement in measurements)
    details = {one.result.model_key: details_of(one.result, one.outcomes.hofmn_distance) for one in measurements}
    entry = record(
        before.find(submission.ap_key),
        submission,
        results,
        date=when.date(),
        issue=issue or None,
        run_url=None,
        details=details,
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
        details=details.values(),
    )
