"""The living comment of a submission between approval and result, from what is remembered and what the jobs left."""

from dataclasses import dataclass
from typing import Final

from apcore.failure import Failure
from apcore.progress_report import ProgressReport
from apcore.protocol import Protocol
from bot.lifecycle.appeal import SEEDS
from bot.lifecycle.decision import room_for_body
from bot.lifecycle.phase import cost, heartbeat, phases
from bot.lifecycle.plan import results_that_hold
from bot.lifecycle.record import Appeal, Record
from bot.reply.living_comment import QueuePlace, View, living_comment
from bot.submission.model import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the shell saw of a run and of the queue.

    Args:
        reports: of the jobs that have begun.
        failures: of the checkpoints that failed in it.
        place: in the queue.
        run_url: https address of the run.
    """

    reports: tuple[ProgressReport, ...] = ()
    failures: tuple[Failure, ...] = ()
    place: QueuePlace | None = None
    run_url: str | None = None


NOTHING_SEEN: Final = Seen()


def living_body(record: Record, submission: Submission, protocol: Protocol, seen: Seen = NOTHING_SEEN) -> str:
    """What people read in the living comment of a record, with room for the record beside it."""
    hold = results_that_hold(submission, protocol, record)
    this_run = record.run.id if record.run else None
    view = View(
        submission=submission,
        protocol=protocol,
        state=record.state,
        phases=phases(
            submission,
            reports=seen.reports,
            failures=seen.failures,
            verdicts={key: ref.verdict for key, ref in hold.items()},
            kept=[key for key, ref in hold.items() if ref.run != this_run],
        ),
        approved_by=record.approved.by if record.approved else None,
        place=seen.place,
        run_url=seen.run_url,
        heard_at=heartbeat(seen.reports),
        not_before=record.not_before,
        spent=cost(seen.reports) if seen.reports else None,
        fresh_seeds=SEEDS if record.appeal is Appeal.GRANTED else 0,
    )
    return living_comment(view, room_for_body(record))
