"""An issue read anew, as every decision about its run needs it; and such a decision carried out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from apcore.protocol import Protocol
from bot.github.ports import Repository
from bot.lifecycle.decision import Decision
from bot.lifecycle.runs import Situation
from bot.rules.facts import KnownMethod
from bot.stages.applying import apply
from bot.stages.issue_case import Case, Desk, check_with, checked, read_case


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueAtHand:
    """An issue as it was read just now; `situation` is None where nothing is remembered of it."""

    case: Case
    situation: Situation | None

    @property
    def author(self) -> str:
        """Login of whoever opened it."""
        return self.case.seen.author.login


def look_at(
    github: Repository,
    number: int,
    protocol: Protocol,
    methods: Sequence[KnownMethod],
    now: datetime,
    stream: TextIO,
) -> IssueAtHand:
    """Read an issue, its comments and what is remembered of it; `stream` is told why a record counts as absent."""
    desk = Desk(repository=github, protocol=protocol, check=check_with(protocol, tuple(methods)), now=lambda: now)
    case = read_case(desk, number)
    _tell(case.log, stream)
    if case.record is None:
        return IssueAtHand(case=case, situation=None)
    situation = Situation(
        issue=case.issue,
        record=case.record,
        submission=checked(desk, case).submission,
        protocol=protocol,
        living=case.living,
        now=now,
    )
    return IssueAtHand(case=case, situation=situation)


def carry_out(github: Repository, at_hand: IssueAtHand, decision: Decision, stream: TextIO) -> None:
    """Bring an issue to what was decided; `stream` is told what an operator should know."""
    apply(github, at_hand.case, decision)
    _tell(decision.log, stream)


def _tell(lines: Sequence[str], stream: TextIO) -> None:
    for line in lines:
        # On one line each: the runner takes a line that begins with `::` for a command.
        print(f"  {' '.join(line.split())}", file=stream, flush=True)
