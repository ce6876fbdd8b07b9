"""How long the largest issue bodies, comments and payloads take: each under a second of one processor, or the exit code is 1.

    python benchmarks/largest_bodies.py

Run it on an idle machine; the best of three is shown.
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from doubles.bodies import METHODS
from doubles.largest_bodies import LARGEST, LARGEST_COMMENTS, LARGEST_PAYLOADS

from apcore.errors import MachineError
from apcore.protocol import load_protocol
from bot.github.events import read_event
from bot.lifecycle.commands import MAX_LENGTH, command_in
from bot.stages.check import check
from bot.submission.reading import MAX_BODY_BYTES

LIMIT_S = 1.0


def seconds(read: Callable[[], object]) -> float:
    """Processor time of one answer."""
    start = time.process_time()
    with suppress(MachineError):  # a payload that is refused
        read()
    return time.process_time() - start


def main() -> int:
    """Print a line for each text."""
    protocol, worst = load_protocol("apb-2024"), 0.0
    readers: list[tuple[str | bytes, Callable[[], object]]] = [
        *((text, partial(check, text[:MAX_BODY_BYTES], protocol, METHODS)) for text in LARGEST),
        *((text, partial(command_in, text[:MAX_LENGTH], by_a_bot=False)) for text in LARGEST_COMMENTS),
        *((raw, partial(read_event, "issues", raw)) for raw in LARGEST_PAYLOADS),
    ]
    for text, read in readers:
        best = min(seconds(read) for _ in range(3))
        worst = max(worst, best)
        print(f"{best:6.3f} s  {str(text[:60])!r}")
    print(f"{worst:6.3f} s  the slowest of {len(readers)}")
    return int(worst >= LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
