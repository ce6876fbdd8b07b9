"""Where everything is at one moment: each submission, the queue, how long things take, whether files can still be read.

A status is taken on GitHub (`bot.stages.status`), kept as a file of `schemas/status.schema.json`, and shown by the site, which is
built without a network. Nothing in it is a text that an author wrote: a method appears by its key, which the check has read.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from apcore import json_shape
from apcore.files.drive_errors import Sharing
from bot.lifecycle import moments
from bot.lifecycle.state import State

STATUS_SCHEMA: Final = "urn:apbot:schema:status:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionStatus:
    """One open submission.

    Args:
        issue: its number.
        url: of the issue.
        method: key of its method, None where the text names none.
        state: where it is.
        opened: when the issue was opened.
        since: since when it is at this: shown for approval, approved, or run; None where nothing says so.
        place: in the queue, from 1; None outside of it.
        held: whether it is approved and has no place, because its author has as many as one may have.
    """

    issue: int
    url: str
    method: str | None
    state: State
    opened: datetime
    since: datetime | None = None
    place: int | None = None
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanTime:
    """A mean of so many durations."""

    mean: timedelta
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatus:
    """A file on Google Drive: its id, for which model keys it stands, and whether everyone can read it."""

    id: str
    keys: tuple[str, ...]
    sharing: Sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """All of it.

    Args:
        repository: `owner/name`.
        at: when it was taken.
        slots: how many submissions may run at once.
        submissions: the open ones, by number.
        left: open ones that are not among them, since the hour's requests had no room for them.
        ended: how many are over, by state.
        to_merge: from opening to merge, of those merged last; None if none was.
        files: those that the board and the open submissions name, by id; None where they were not asked for.
    """

    repository: str
    at: datetime
    slots: int
    submissions: tuple[SubmissionStatus, ...]
    left: int
    ended: Mapping[State, int]
    to_merge: MeanTime | None
    files: tuple[FileStatus, ...] | None


def mean_time(durations: Sequence[timedelta]) -> MeanTime | None:
    """Their mean; None of none."""
    return MeanTime(mean=sum(durations, timedelta()) / len(durations), count=len(durations)) if durations else None


def status_bytes(status: Status) -> bytes:
    """The status as a file; the same bytes for the same status."""
    return (json.dumps(status_json(status), indent=2, ensure_ascii=False) + "\n").encode()


def status_json(status: Status) -> dict[str, Any]:
    """The status in the shape of its schema."""
    return {
        "$schema": STATUS_SCHEMA,
        "repository": status.repository,
        "at": moments.written(status.at),
        "slots": status.slots,
        "submissions": [_submission_json(one) for one in status.submissions],
        "left": status.left,
        "ended": {str(state): count for state, count in sorted(status.ended.items())},
        "to_merge": status.to_merge
        and {"mean_s": round(status.to_merge.mean.total_seconds()), "count": status.to_merge.count},
        "files": None
        if status.files is None
        else [{"id": one.id, "model_keys": list(one.keys), "sharing": one.sharing.value} for one in status.files],
    }


def read_status(raw: bytes) -> Status:
    """Read a status file.

    Raises:
        ValueError: it is none; the message says where.
    """
    document = json_shape.parse(raw)
    json_shape.check(document, "status")
    to_merge, files = document["to_merge"], document["files"]
    return Status(
        repository=document["repository"],
        at=moments.read(document["at"]),
        slots=document["slots"],
        submissions=tuple(map(_submission, document["submissions"])),
        left=document["left"],
        ended={State(state): count for state, count in document["ended"].items()},
        to_merge=to_merge and MeanTime(mean=timedelta(seconds=to_merge["mean_s"]), count=to_merge["count"]),
        files=None
        if files is None
        else tuple(
            FileStatus(id=one["id"], keys=tuple(one["model_keys"]), sharing=Sharing(one["sharing"])) for one in files
        ),
    )


def _submission_json(one: SubmissionStatus) -> dict[str, Any]:
    return {
        "issue": one.issue,
        "url": one.url,
        "method": one.method,
        "state": str(one.state),
        "opened": moments.written(one.opened),
        "since": one.since and moments.written(one.since),
        "place": one.place,
        "held": one.held,
    }


def _submission(raw: Mapping[str, Any]) -> SubmissionStatus:
    return SubmissionStatus(
        issue=raw["issue"],
        url=raw["url"],
        method=raw["method"],
        state=State(raw["state"]),
        opened=moments.read(raw["opened"]),
        since=raw["since"] and moments.read(raw["since"]),
        place=raw["place"],
        held=raw["held"],
    )
