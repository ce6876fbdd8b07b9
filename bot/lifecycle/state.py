"""The states of a submission, the one label that shows each, and which state may follow which.

Labels show, they never grant: anyone with the triage role, and every issue template, can set them. What was approved stands
in the bot's own record (`bot.lifecycle.record`). So the record decides, and labels that say otherwise are mended.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from bot.lifecycle.label import Label


class State(StrEnum):
    """Where a submission is, from its first reading to its end."""

    NEEDS_AUTHOR = "needs-author"
    AWAITING_APPROVAL = "awaiting-approval"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    VERIFIED = "verified"
    REFUTED = "refuted"
    MERGED = "merged"
    CANCELLED = "cancelled"


STATE_LABELS: Final = {
    State.NEEDS_AUTHOR: Label(
        name="apbot: needs author", colour="d93f0b", description="Something is to mend; the author edits the issue"
    ),
    State.AWAITING_APPROVAL: Label(
        name="apbot: awaiting approval", colour="fbca04", description="Complete; a maintainer decides whether it is run"
    ),
    State.QUEUED: Label(name="apbot: queued", colour="c5def5", description="Approved; waits for a runner"),
    State.RUNNING: Label(name="apbot: running", colour="1d76db", description="The claims are being measured"),
    State.WAITING: Label(
        name="apbot: waiting", colour="d4c5f9", description="We or an outside service failed; tried again by itself"
    ),
    State.VERIFIED: Label(
        name="apbot: verified",
        colour="0e8a16",
        description="Measured, no claim refuted; a maintainer reviews the numbers",
    ),
    State.REFUTED: Label(
        name="apbot: refuted", colour="b60205", description="Measured; at least one claim is not borne out"
    ),
    State.MERGED: Label(name="apbot: merged", colour="5319e7", description="On the leaderboard"),
    State.CANCELLED: Label(
        name="apbot: cancelled", colour="cccccc", description="Withdrawn or closed; nothing more is run"
    ),
}
# A maintainer sets it; the bot takes it away again, whatever it answers.
APPROVE: Final = Label(
    name="apbot: approve", colour="0e8a16", description="For maintainers: run what the bot's comment shows"
)
LABELS: Final = (*STATE_LABELS.values(), APPROVE)

# Without a record, the state that grants least is assumed.
_LEAST_FIRST: Final = (
    State.NEEDS_AUTHOR,
    State.AWAITING_APPROVAL,
    State.CANCELLED,
    State.WAITING,
    State.QUEUED,
    State.RUNNING,
    State.REFUTED,
    State.VERIFIED,
    State.MERGED,
)
_READ_ANEW: Final = frozenset({State.NEEDS_AUTHOR, State.AWAITING_APPROVAL, State.WAITING})
_ENDED: Final = frozenset({State.CANCELLED, State.MERGED})
_MEASURED: Final = frozenset({State.VERIFIED, State.REFUTED})
_FOLLOWING: Final = {
    None: _READ_ANEW,
    State.NEEDS_AUTHOR: _READ_ANEW | _ENDED,
    State.AWAITING_APPROVAL: _READ_ANEW | _ENDED | {State.QUEUED},
    State.QUEUED: _READ_ANEW | _ENDED | _MEASURED | {State.RUNNING},
    State.RUNNING: _READ_ANEW | _ENDED | _MEASURED | {State.QUEUED},
    State.WAITING: _READ_ANEW | _ENDED | {State.QUEUED, State.RUNNING},
    # What is measured may be edited, appealed against, or published anew.
    State.VERIFIED: _READ_ANEW | _ENDED | _MEASURED | {State.QUEUED},
    State.REFUTED: _READ_ANEW | _ENDED | _MEASURED | {State.QUEUED},
    State.MERGED: _READ_ANEW,
    State.CANCELLED: _READ_ANEW | {State.MERGED},
}


def may_follow(before: State | None, after: State) -> bool:
    """Whether a submission may pass from `before` (None: never seen) to `after`; to stay is always allowed."""
    return before is after or after in _FOLLOWING[before]


def states_shown(labels: Iterable[str]) -> tuple[State, ...]:
    """The states that `labels` show, the one that grants least first; names count in any case, as on GitHub."""
    names = {label.casefold() for label in labels}
    return tuple(state for state in _LEAST_FIRST if STATE_LABELS[state].name.casefold() in names)


def state_of(labels: Iterable[str], recorded: State | None) -> State | None:
    """The state of an issue: the recorded one, else of those that its labels show the one that grants least."""
    return recorded or next(iter(states_shown(labels)), None)


def is_approve(label: str) -> bool:
    """Whether a label is the one by which a maintainer approves."""
    return label.casefold() == APPROVE.name.casefold()


def label_changes(labels: Iterable[str], state: State) -> tuple[frozenset[str], frozenset[str]]:
    """What to add to and to remove from `labels`, so that they show `state` alone and no approval still to be answered."""
    labels = tuple(labels)
    wanted = STATE_LABELS[state].name
    ours = {label.name.casefold() for label in LABELS}
    removed = {name for name in labels if name.casefold() in ours and name.casefold() != wanted.casefold()}
    shown = any(name.casefold() == wanted.casefold() for name in labels)
    return frozenset(() if shown else (wanted,)), frozenset(removed)
