"""Whether files that were readable still are: a few are asked for in each sweep, all for a status, and none is downloaded."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from apcore.files.drive_errors import Sharing

PER_SWEEP: Final = 12
_TURN: Final = timedelta(minutes=30)
AGAIN_AFTER_S: Final = 60.0
"""Between the two answers that a file must give before its author is asked to mend it."""

_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_GIVEN_UP_AFTER: Final = 8
"""So many answers in a row that say nothing are an outage, and the rest is not asked for."""


def to_ask(ids: Collection[str], now: datetime, count: int = PER_SWEEP) -> tuple[str, ...]:
    """The ids whose turn it is: all come round, whatever the sweep before has asked, without a memory of it."""
    ordered = sorted(ids)
    if len(ordered) <= count:
        return tuple(ordered)
    begin = int(now.timestamp() / _TURN.total_seconds()) * count % len(ordered)
    return tuple((ordered + ordered)[begin : begin + count])


def broken(ids: Sequence[str], ask: Callable[[str], Sharing], sleep: Callable[[float], None]) -> frozenset[str]:
    """Those that twice, a minute apart, are not handed out to everyone; an outage says nothing about a file."""
    suspects = [file_id for file_id in ids if ask(file_id) is Sharing.CLOSED]
    if not suspects:
        return frozenset()
    sleep(AGAIN_AFTER_S)
    return frozenset(file_id for file_id in suspects if ask(file_id) is Sharing.CLOSED)


def health(ids: Sequence[str], ask: Callable[[str], Sharing], sleep: Callable[[float], None]) -> dict[str, Sharing]:
    """Whether each file is handed out to everyone, all of them asked for, one after the other.

    After an answer that says nothing the pauses double; after eight of them in a row the rest stays unknown. Closed is a file
    that says so twice, a minute apart.
    """
    found = dict.fromkeys(ids, Sharing.UNKNOWN)
    silent = 0
    for file_id in ids:
        if silent == _GIVEN_UP_AFTER:
            break
        found[file_id] = ask(file_id)
        silent = silent + 1 if found[file_id] is Sharing.UNKNOWN else 0
        sleep(min(_PAUSE_S * 2**silent, _LONGEST_PAUSE_S))
    closed = [file_id for file_id in ids if found[file_id] is Sharing.CLOSED]
    if closed:
        sleep(AGAIN_AFTER_S)
    return found | {file_id: ask(file_id) for file_id in closed}
