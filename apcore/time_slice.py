"""An evaluation in slices: it stops after the batch at hand once its time is over, and the next slice goes on from there.

Attacks keep what they have measured after each batch, or after each trial of a search. So a slice ends where one of these has
just been kept and the next one begins; the outcomes are those of a run that was never stopped. However short the time is, a
slice finishes what it begins with, for otherwise none would come to an end.
"""

import time
from collections.abc import Callable
from typing import Final

from apcore.attacks.progress import Listener, Progress

# Its batches are kept together, once all are done.
_KEPT_AS_ONE: Final = "clean"


class TimeIsUpError(Exception):
    """The slice is over; what was measured is kept."""


class TimeSlice:
    """Listens to attacks, and stops them when the time is over.

    Args:
        listener: told of everything, as if nothing stood between.
        ends_at: when the time is over, by `clock`.
        clock: seconds that only grow.
    """

    def __init__(self, listener: Listener, *, ends_at: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._listener, self._ends_at, self._clock = listener, ends_at, clock
        self._at_hand: tuple[str, int] | None = None

    def __call__(self, progress: Progress) -> None:
        """Pass `progress` on.

        Raises:
            TimeIsUpError: the time is over, and what was at hand is done and kept.
        """
        piece = (progress.attack, 0 if progress.attack == _KEPT_AS_ONE else progress.batch)
        # What ends without having begun in this slice was kept by an earlier one.
        is_work = progress.share < 1 or progress.attack == _KEPT_AS_ONE
        if is_work and self._at_hand not in (None, piece) and self._clock() >= self._ends_at:
            raise TimeIsUpError
        if is_work:
            self._at_hand = piece
        self._listener(progress)
