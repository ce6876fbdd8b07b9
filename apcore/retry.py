"""Trying again what fails and passes by itself: a busy service, a device that somebody else fills just now.

What the contributor must mend, and what will not pass within minutes, is never tried again.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from apcore.errors import TurnError

PAUSES_S: Final = (15.0, 60.0, 240.0)
_Result = TypeVar("_Result")


def retried(
    attempt: Callable[[], _Result],
    *,
    pause: Callable[[float], None],
    tell: Callable[[str], None],
) -> _Result:
    """What `attempt` returns, after one further attempt for each of `PAUSES_S` at most.

    Args:
        attempt: what to do; it goes on where its last failure left it.
        pause: waits so many seconds.
        tell: told before each pause why there is one.

    Raises:
        TurnError: it failed in a way that does not pass soon, or once too often.
    """
    for seconds in PAUSES_S:
        try:
            return attempt()
        except TurnError as exc:
            if not exc.passes_soon:
                raise
            tell(f"{exc.message}; tried again in {seconds:g} s")
        # Outside of the handler: until the error is let go of, its frames keep what they hold on the device.
        pause(seconds)
    return attempt()
