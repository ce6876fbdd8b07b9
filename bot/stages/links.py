"""Whether files that were readable still are: a few are asked for in each sweep, and none is downloaded."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from apcore.files.drive_errors import Sharing

PER_SWEEP: Final = 12
_TURN: Final = timedelta(minutes=30)
AGAIN_AFTER_S: Final = 60.0
"""Between the two answers that a file must give before its author is asked to mend it."""


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
