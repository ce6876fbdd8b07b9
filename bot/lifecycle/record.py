"""What the bot remembers of a submission: a hidden line at the end of its living comment, for there is no other database.

Anyone can paste such a line; the shell reads it from comments of the bot's own account alone. Reading trusts nothing
nonetheless: one line of bounded length, strict JSON of `schemas/record.schema.json`, of this issue. A line that is none of
that counts as absent, and the submission begins anew: what is lost is an approval and a reuse, never a guard.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from apcore import json_shape
from apcore.failure import Turn
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey, ModelKeyError
from apcore.verdict import Verdict
from bot.lifecycle import moments
from bot.lifecycle.state import State

RECORD_SCHEMA: Final = "urn:apbot:schema:record:1"
# The hidden first line by which the bot finds its living comment, among those of its own account, names this.
LIVING: Final = "living"
_BEGIN: Final = "<!-- apbot:record "
MAX_LENGTH: Final = 30_000  # 64 checkpoints of the longest names, all measured, take 27,200
_END: Final = " -->"
_MAX_TOLD: Final = 20


class Appeal(StrEnum):
    """Whether measured checkpoints are to be measured again with fresh seeds; `asked` waits for a maintainer."""

    NONE = "none"
    ASKED = "asked"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved what: the SHA-256 of `submission.json`, and nothing that is edited later."""

    sha256: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRef:
    """Where an accepted result is: run, artifact, the SHA-256 of its bytes; and what it said, to tell when that changes."""

    run: int
    artifact: int
    sha256: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRef:
    """Where the words of a failure are: run and artifact."""

    run: int
    artifact: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What is known of one checkpoint since the first attempt to measure it.

    Args:
        key: the checkpoint.
        asked: what was to be measured, as `bot.lifecycle.plan.asked` says it; another value makes this one worthless.
        result: the accepted measurement, None without one.
        fingerprint: of its effective weights, None before they were read.
        turn: who can mend the failure that the last attempt ended with, None if it did not fail.
        attempts: how often it failed on our side or on Drive's, in a row.
        failure: where the words of that failure are, None where nothing was handed over.
    """

    key: ModelKey
    asked: str
    result: ResultRef | None = None
    fingerprint: str | None = None
    turn: Turn | None = None
    attempts: int = 0
    failure: FailureRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A workflow run at work, and the submission that it measures."""

    id: int
    submission: str
    started: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that is remembered of one issue.

    Args:
        issue: its number; a record of another issue is none.
        state: where the submission is.
        submission: SHA-256 of the present submission, None while there is none.
        shown_at: since when the living comment shows it.
        approved: None as long as nobody approved, and after an edit that changes the submission.
        checkpoints: those that were tried, in the submission's order.
        run: at work, also where it was told to stop: what it measured until then is still to be handed over; None when it
            has ended.
        attempts: how often a run ended without what it was to bring, in a row.
        not_before: when the next attempt may begin, None for at once.
        appeals: how many were granted.
        appeal: whether one waits for a maintainer, or for its run.
        pull_request: its number, None as long as there is none.
        told: keys of comments that were posted for someone to act, the latest last.
    """

    issue: int
    state: State
    submission: str | None = None
    shown_at: datetime | None = None
    approved: Approval | None = None
    checkpoints: tuple[Tried, ...] = ()
    run: Run | None = None
    attempts: int = 0
    not_before: datetime | None = None
    appeals: int = 0
    appeal: Appeal = Appeal.NONE
    pull_request: int | None = None
    told: tuple[str, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Whether what the issue says now is what was approved."""
        return self.approved is not None and self.approved.sha256 == self.submission

    def tried(self, key: ModelKey) -> Tried | None:
        """What is known of a checkpoint."""
        return next((tried for tried in self.checkpoints if tried.key == key), None)

    def with_told(self, keys: tuple[str, ...]) -> "Record":
        """The record with further keys told, the oldest forgotten."""
        return replace(self, told=(*self.told, *keys)[-_MAX_TOLD:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What a comment remembers; `complaint` says for the log why it remembers nothing, None if it should not."""

    record: Record | None
    complaint: str | None = None


def record_line(record: Record) -> str:
    """The hidden line. Nothing in it can end the comment that it is.

    Raises:
        ValueError: it is longer than what is read again.
    """
    text = json.dumps(_to_json(record), separators=(",", ":"), ensure_ascii=True)
    # Both occur inside of strings alone, where JSON has another way to write them.
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("--", "-\\u002d")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the record has {len(text)} characters, at most {MAX_LENGTH} are read again")
    return f"{_BEGIN}{text}{_END}"


def recall(comment: str, issue: int) -> Recalled:
    """What a comment of the bot's remembers of `issue`."""
    lines = [line for line in comment.splitlines() if line.startswith(_BEGIN)]
    if not lines:
        return Recalled(record=None)
    if len(lines) > 1 or not lines[0].endswith(_END):
        return Recalled(record=None, complaint="the record is not one whole line")
    text = lines[0][len(_BEGIN) : -len(_END)]
    if len(text) > MAX_LENGTH:
        return Recalled(record=None, complaint=f"the record has {len(text)} characters")
    try:
        record = _from_json(json_shape.parse(text.encode()))
    except (ShapeError, ModelKeyError, ValueError) as exc:
        return Recalled(record=None, complaint=f"the record cannot be read: {exc}")
    if record.issue != issue:
        return Recalled(record=None, complaint=f"the record is of issue {record.issue}, not of {issue}")
    return Recalled(record=record)


def body_of(comment: str) -> str:
    """What people read of a living comment: all but the hidden record, and the hidden first line if it is there."""
    hidden = (_BEGIN, f"<!-- apbot:{LIVING} -->")
    return "\n".join(line for line in comment.splitlines() if not line.startswith(hidden)).strip()


def _to_json(record: Record) -> dict[str, Any]:
    approved, run = record.approved, record.run
    return {
        "$schema": RECORD_SCHEMA,
        "issue": record.issue,
        "state": record.state,
        "submission": record.submission,
        "shown_at": _moment(record.shown_at),
        "approved": approved and {"sha256": approved.sha256, "by": approved.by, "at": moments.written(approved.at)},
        "checkpoints": [_tried_json(tried) for tried in record.checkpoints],
        "run": run and {"id": run.id, "submission": run.submission, "started": moments.written(run.started)},
        "attempts": record.attempts,
        "not_before": _moment(record.not_before),
        "appeals": record.appeals,
        "appeal": record.appeal,
        "pull_request": record.pull_request,
        "told": list(record.told),
    }


def _tried_json(tried: Tried) -> dict[str, Any]:
    result, failure = tried.result, tried.failure
    return {
        "key": str(tried.key),
        "asked": tried.asked,
        "result": result and [result.run, result.artifact, result.sha256, result.verdict],
        "fingerprint": tried.fingerprint,
        "turn": tried.turn,
        "attempts": tried.attempts,
        "failure": failure and [failure.run, failure.artifact],
    }


def _from_json(document: Any) -> Record:
    json_shape.check(document, "record")
    approved, run = document["approved"], document["run"]
    record = Record(
        issue=document["issue"],
        state=State(document["state"]),
        submission=document["submission"],
        shown_at=_read(document["shown_at"]),
        approved=approved and Approval(sha256=approved["sha256"], by=approved["by"], at=moments.read(approved["at"])),
        checkpoints=tuple(map(_tried, document["checkpoints"])),
        run=run and Run(id=run["id"], submission=run["submission"], started=moments.read(run["started"])),
        attempts=document["attempts"],
        not_before=_read(document["not_before"]),
        appeals=document["appeals"],
        appeal=Appeal(document["appeal"]),
        pull_request=document["pull_request"],
        told=tuple(document["told"]),
    )
    if len({tried.key for tried in record.checkpoints}) != len(record.checkpoints):
        raise ShapeError("checkpoints: one stands there twice")
    return record


def _tried(found: dict[str, Any]) -> Tried:
    result = found["result"]
    return Tried(
        key=ModelKey.parse(found["key"]),
        asked=found["asked"],
        result=result and ResultRef(run=result[0], artifact=result[1], sha256=result[2], verdict=Verdict(result[3])),
        fingerprint=found["fingerprint"],
        turn=found["turn"] and Turn(found["turn"]),
        attempts=found["attempts"],
        failure=found["failure"] and FailureRef(run=found["failure"][0], artifact=found["failure"][1]),
    )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moments.written(moment)


def _read(text: str | None) -> datetime | None:
    return moments.read(text) if text else None
