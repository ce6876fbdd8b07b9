"""A change of the board: what it was, what it would be, and the submission that makes the difference."""

from dataclasses import dataclass

from apcore.model_key import ModelKey
from apcore.protocol import Protocol, load_protocol
from apcore.result import Result
from bot.leaderboard.board import Board
from bot.leaderboard.entry import Entry
from bot.submission.model import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a pull request proposes.

    Args:
        before: the board as it is.
        after: the board with the submission's results recorded.
        submission: what was approved.
        results: what was measured for it under one protocol, at least one.
        issue: number of the issue; None for a run by hand.
        run_url: https address of the workflow run; None for a run by hand.
        certified: the results that a certificate speaks of; None where there is nobody to certify any, as in a run by hand.
    """

    before: Board
    after: Board
    submission: Submission
    results: tuple[Result, ...]
    issue: int | None = None
    run_url: str | None = None
    certified: frozenset[ModelKey] | None = None

    @property
    def protocol(self) -> Protocol:
        """The protocol of all results."""
        return load_protocol(self.results[0].protocol.name)

    @property
    def entry(self) -> Entry:
        """The method's entry after the change."""
        found = self.after.find(self.submission.ap_key)
        assert found is not None, "the board after the change holds the method"  # noqa: S101 - our own invariant
        return found

    @property
    def old_entry(self) -> Entry | None:
        """The method's entry before the change; None if the method is new."""
        return self.before.find(self.submission.ap_key)
