"""The status page as values: a status in words, its durations as of the moment at which it was taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from apcore.files.drive_errors import Sharing
from bot.leaderboard.headings import counted
from bot.lifecycle.state import STATE_LABELS, State
from bot.lifecycle.status import FileStatus, Status, SubmissionStatus, mean_time

_OPEN: Final = tuple(state for state in State if state not in (State.MERGED, State.CANCELLED))
_UNITS: Final = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
_FROM_TWO: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLine:
    """One state: its name, what it means, how many submissions are in it, their mean age and the oldest; in words."""

    name: str
    meaning: str
    count: int
    mean_age: str
    oldest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionLine:
    """One open submission; `place` in the queue, `held` or empty."""

    issue: int
    url: str
    method: str
    state: str
    age: str
    since: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The page.

    Args:
        at: when the status was taken, as people read it.
        submissions: those in the queue first, by their places; the others by age.
        files: how many files were asked for; None if none were.
        troubled: those that are not handed out, then those of which Drive did not say.
    """

    repository: str
    at: str
    states: tuple[StateLine, ...]
    submissions: tuple[SubmissionLine, ...]
    left: int
    to_merge: str
    files: int | None
    troubled: tuple[FileStatus, ...]


def status_view(status: Status) -> StatusView:
    """The page of a status."""
    files = status.files
    return StatusView(
        repository=status.repository,
        at=f"{status.at:%Y-%m-%d %H:%M} UTC",
        states=tuple(
            [_state(state, [s for s in status.submissions if s.state is state], status.at) for state in _OPEN]
            + [_ended(state, count) for state, count in sorted(status.ended.items(), reverse=True)]
        ),
        submissions=tuple(_line(one, status.at) for one in sorted(status.submissions, key=_order)),
        left=status.left,
        to_merge=_to_merge(status),
        files=None if files is None else len(files),
        troubled=tuple(
            one for sharing in (Sharing.CLOSED, Sharing.UNKNOWN) for one in files or () if one.sharing is sharing
        ),
    )


def duration_words(duration: timedelta) -> str:
    """In the largest unit of which there are two: `36 hours`, `3 days`; below two minutes `a minute`."""
    for unit, noun in _UNITS:
        if duration >= _FROM_TWO * unit:
            return counted(duration // unit, noun)
    return "a minute"


def _state(state: State, found: Sequence[SubmissionStatus], at: datetime) -> StateLine:
    ages = [at - one.opened for one in found]
    mean = mean_time(ages)
    return StateLine(
        name=_name(state),
        meaning=STATE_LABELS[state].description,
        count=len(found),
        mean_age=duration_words(mean.mean) if mean else "",
        oldest=duration_words(max(ages)) if ages else "",
    )


def _ended(state: State, count: int) -> StateLine:
    return StateLine(name=_name(state), meaning=STATE_LABELS[state].description, count=count, mean_age="", oldest="")


def _line(one: SubmissionStatus, at: datetime) -> SubmissionLine:
    return SubmissionLine(
        issue=one.issue,
        url=one.url,
        method=one.method or "",
        state=_name(one.state),
        age=duration_words(at - one.opened),
        since=duration_words(at - one.since) if one.since else "",
        place="held" if one.held else str(one.place or ""),
    )


def _order(one: SubmissionStatus) -> tuple[bool, int, datetime, int]:
    return one.place is None, one.place or 0, one.opened, one.issue


def _to_merge(status: Status) -> str:
    found = status.to_merge
    if found is None:
        return "No submission has been merged yet."
    merges = "the one merge so far" if found.count == 1 else f"the latest {found.count} merges"
    return f"From the opening of an issue to its merge: {duration_words(found.mean)}, the mean of {merges}."


def _name(state: State) -> str:
    return state.replace("-", " ").capitalize()
