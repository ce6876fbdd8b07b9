"""Progress for people: one moving line on a terminal, a line now and then where the output is kept."""

import time
from collections.abc import Callable
from typing import Final, TextIO

from apcore.attacks.progress import Progress

LOG_INTERVAL_S: Final = 15.0
# Sooner than that an estimate says more about the first batch than about the rest.
ESTIMATE_AFTER_S: Final = 5.0
_NAMES: Final = {
    "prefix": "first samples",
    "clean": "clean accuracy",
    "apgd-ce": "APGD-CE",
    "apgd-t": "APGD-T",
    "fab-t": "FAB-T",
    "square": "Square",
    "tuning": "HO-FMN tuning",
    "ho-fmn": "HO-FMN",
    "fmn-untuned": "FMN untuned",
}


class ProgressLine:
    """Draws the progress of one checkpoint's attacks.

    Args:
        stream: where to draw, usually standard error.
        label: what is being evaluated, written by us.
        clock: seconds that only grow.
    """

    def __init__(self, stream: TextIO, label: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._label = label
        self._clock = clock
        self._attack = ""
        self._since = clock()
        self._done_before = 0.0
        self._printed_at = -LOG_INTERVAL_S

    def __call__(self, progress: Progress) -> None:
        """Draw one moment; the end of each attack stays on the screen."""
        now = self._clock()
        if progress.attack != self._attack:
            self._attack, self._since, self._done_before = progress.attack, now, progress.done
        line = f"  {self._label}  {describe(progress)}  {self._times(progress, now - self._since)}"
        if progress.is_last:
            self._write(line + "\n", now)
        elif self._stream.isatty():
            self._write(line, now)
        elif now - self._printed_at >= LOG_INTERVAL_S:
            self._write(line + "\n", now)

    def _times(self, progress: Progress, spent_s: float) -> str:
        """Time since this attack began or was taken up again, and what it will take from here at the pace since then."""
        done_since = progress.done - self._done_before
        if progress.is_last or spent_s < ESTIMATE_AFTER_S or done_since <= 0:
            return duration(spent_s)
        return f"{duration(spent_s)}, {duration(spent_s * (1 - progress.done) / done_since)} left"

    def _write(self, line: str, now: float) -> None:
        self._stream.write(f"\r\x1b[K{line}" if self._stream.isatty() else line)
        self._stream.flush()
        self._printed_at = now


def describe(progress: Progress) -> str:
    """One moment in words, e.g. `FAB-T          batch 2 of 20   35 %   robust 4,512 of 10,000`."""
    unit = "trial" if progress.attack == "tuning" else "batch"
    words = f"{_NAMES[progress.attack]:<14} {unit} {progress.batch} of {progress.batches}  {progress.share:4.0%}"
    if progress.robust is None:
        return words
    return f"{words}  robust {progress.robust:,} of {progress.samples:,}"


def duration(seconds: float) -> str:
    """Seconds in words, as exact as one wants to know: `48 s`, `12 min`, `3 h 05 min`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
