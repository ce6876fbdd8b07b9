"""A pull request that main has overtaken, made anew on the present one: the same results, tables and ranks as they are now.

It needs neither numpy nor matplotlib: the numbers are in the artifacts that the record names, pictures, details and certificates
on the branch itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from apcore.errors import MachineError
from apcore.protocol import Protocol
from bot.github.change import own_branch
from bot.github.ports import Repository
from bot.github.surroundings import Surroundings
from bot.lifecycle.runs import judged_for
from bot.lifecycle.state import State
from bot.rules.facts import KnownMethod
from bot.stages.certified import evidence_of, proposed_at
from bot.stages.handed_over import Handovers
from bot.stages.issue_at_hand import look_at
from bot.stages.kept_results import kept_results, measured_at, result_files
from bot.stages.proposal import Proposing, curves_at, propose_change


def rebuild(
    github: Repository,
    number: int,
    *,
    protocol: Protocol,
    methods: Sequence[KnownMethod],
    place: Surroundings,
    now: datetime,
    stream: TextIO,
) -> bool:
    """Make the pull request of an issue anew, if it has one that follows from what is approved.

    Args:
        github: the repository.
        number: of the issue.
        protocol: under which it was measured.
        methods: those on the board.
        place: of the job.
        now: the time.
        stream: told what an operator wants to read.

    Returns:
        Whether there was something to make anew.

    Raises:
        MachineError: the artifacts of the measurements are gone, or people have pushed to the bot's branch.
        TurnError: GitHub failed.
    """
    at_hand = look_at(github, number, protocol, methods, now, stream)
    situation = at_hand.situation
    branch = own_branch(number)
    head = github.contents.head(branch)
    if situation is None or situation.submission is None or head is None:
        return False
    record, submission = situation.record, situation.submission
    if not record.is_approved or record.submission != submission.sha256:
        return False
    if record.state not in (State.VERIFIED, State.REFUTED):
        return False
    handovers = Handovers(github.runs)
    kept = kept_results(handovers, submission, protocol, record)
    if len(kept.results) != len(submission.models):
        raise MachineError(
            where=branch,
            message="the pull request cannot be made anew: the files of its measurements are no longer kept",
            fix="take its entry over by hand, or approve the issue once more, which measures it again",
        )
    results = tuple(judged_for(files.result, submission, protocol) for files in kept.results.values())
    proposed = propose_change(
        github,
        Proposing(
            submission=submission,
            results=results,
            issue=number,
            author=at_hand.author,
            approved_by=record.approved.by if record.approved else None,
            run_url=place.run_url(max(one.result.run for one in record.checkpoints if one.result)),
            measured_at=measured_at(kept, record, place),
            today=now.date(),
            curves=curves_at(github.contents, head, submission),
            evidence=evidence_of(result_files(kept).values(), proposed_at(github.contents, head)),
            details=None,
        ),
    )
    print(f"pull request #{proposed.pull_request.number} is on the present main", file=stream, flush=True)
    return True
