"""Time, handed in, so that an hour's wait takes a test no time."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What the client knows of time.

    Args:
        now: seconds since 1970.
        sleep: wait so many seconds.
        chance: a number in [0, 1); many runs that were refused together do not come back together.
    """

    now: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]


SYSTEM_CLOCK: Final = Clock(now=time.time, sleep=time.sleep, chance=random.random)
