"""When something that failed on our side or an outside service's is tried again, and when that ends."""

from datetime import datetime, timedelta
from typing import Final

MAX_ATTEMPTS: Final = 5
_FIRST: Final = timedelta(minutes=30)
_LONGEST: Final = timedelta(hours=24)  # Drive's own quota takes as long to come back


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failures in a row, the wait doubling each time; None where it ends.

    Args:
        attempts: at least 1.
        now: the time of the last one.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    return now + min(_FIRST * int(2 ** (attempts - 1)), _LONGEST)
