"""How far an attack is: a value for whoever draws a moving line, and not more often than an eye can follow."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

REPORT_INTERVAL_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A moment of an evaluation.

    Args:
        attack: what runs: `prefix`, `clean`, `apgd-ce`, `apgd-t`, `fab-t`, `square`, `tuning`, `ho-fmn` or `fmn-untuned`.
        batch: the batch at work (the trial, while tuning), from 1; equal to `batches` at the end.
        batches: how many there are.
        samples: how many samples the evaluation covers.
        robust: how many of them are still classified right; None where nothing is judged yet, as while tuning.
        share: share of the batch that is done, 0 to 1.
    """

    attack: str
    batch: int
    batches: int
    samples: int
    robust: int | None
    share: float

    @property
    def done(self) -> float:
        """Share of the attack that is done, 0 to 1."""
        return (self.batch - 1 + self.share) / self.batches

    @property
    def is_last(self) -> bool:
        """Whether the attack has nothing more to do."""
        return self.batch == self.batches and self.share >= 1


Listener = Callable[[Progress], None]


def ignore(_progress: Progress) -> None:
    """Listens to nothing."""


class Throttle:
    """Passes progress on at most once in `interval_s`, and always the end of an attack."""

    def __init__(
        self,
        listener: Listener,
        *,
        interval_s: float = REPORT_INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._interval_s = interval_s
        self._clock = clock
        self._next_at = -float("inf")

    def __call__(self, progress: Progress) -> None:
        """Pass `progress` on, or drop it."""
        now = self._clock()
        if now >= self._next_at or progress.is_last:
            self._next_at = now + self._interval_s
            self._listener(progress)
