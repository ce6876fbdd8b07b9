"""How long the answer to the largest issue bodies takes: each under a second of one processor, or the exit code is 1.

    python benchmarks/largest_bodies.py

Run it on an idle machine; the best of three is shown.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from doubles.bodies import METHODS
from doubles.largest_bodies import LARGEST

from apcore.protocol import load_protocol
from bot.stages.check import check
from bot.submission.reading import MAX_BODY_BYTES

LIMIT_S = 1.0


def seconds(text: str) -> float:
    """Processor time of one answer."""
    start = time.process_time()
    check(text[:MAX_BODY_BYTES], load_protocol("apb-2024"), METHODS)
    return time.process_time() - start


def main() -> int:
    """Print a line for each body."""
    worst = 0.0
    for text in LARGEST:
        best = min(seconds(text) for _ in range(3))
        worst = max(worst, best)
        print(f"{best:6.3f} s  {text[:60]!r}")
    print(f"{worst:6.3f} s  the slowest of {len(LARGEST)}")
    return int(worst >= LIMIT_S)


if __name__ == "__main__":
    sys.exit(main())
