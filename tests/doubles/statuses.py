"""A status with submissions in several states, a queue, and files that Google Drive hands out or not."""

from datetime import UTC, datetime, timedelta

from apcore.files.drive_errors import Sharing
from bot.lifecycle.state import State
from bot.lifecycle.status import FileStatus, MeanTime, Status, SubmissionStatus

AT = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
KEY = "NarrowNet_Project2026Narrow"


def submission(issue: int, state: State, age: timedelta, **changes: object) -> SubmissionStatus:
    fields = {
        "issue": issue,
        "url": f"https://github.com/a/b/issues/{issue}",
        "method": KEY,
        "state": state,
        "opened": AT - age,
    }
    return SubmissionStatus(**fields | changes)


STATUS = Status(
    repository="a/b",
    at=AT,
    slots=1,
    submissions=(
        submission(3, State.NEEDS_AUTHOR, timedelta(days=9), method=None),
        submission(5, State.QUEUED, timedelta(hours=30), place=2, since=AT - timedelta(minutes=5)),
        submission(7, State.QUEUED, timedelta(hours=50), place=1),
        submission(8, State.QUEUED, timedelta(minutes=3), held=True),
    ),
    left=0,
    ended={State.MERGED: 2, State.CANCELLED: 1},
    to_merge=MeanTime(mean=timedelta(days=6), count=2),
    files=(
        FileStatus(id="a" * 30, keys=("K1",), sharing=Sharing.OPEN),
        FileStatus(id="b" * 30, keys=("K2",), sharing=Sharing.UNKNOWN),
        FileStatus(id="c" * 30, keys=("K3", "K4"), sharing=Sharing.CLOSED),
    ),
)
