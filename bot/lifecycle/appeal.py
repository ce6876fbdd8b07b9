"""Appeals: claims that were not borne out, measured again with fresh seeds, so that everyone sees how far chance reaches.

The seeds follow from the approved hash and the number of the appeal, so nobody chooses them. What is shown on the board stays
the measurement by the protocol's own seed; the spread is published beside it.
"""

import hashlib
from typing import Final

from apcore.model_key import ModelKey
from apcore.verdict import Verdict
from bot.lifecycle.record import Record

SEEDS: Final = 3
_NOT_BORNE_OUT: Final = frozenset({Verdict.REFUTED, Verdict.INCONSISTENT})


def appealed(record: Record) -> tuple[ModelKey, ...]:
    """The measured checkpoints of a record whose claims are not borne out."""
    return tuple(tried.key for tried in record.checkpoints if tried.result and tried.result.verdict in _NOT_BORNE_OUT)


def fresh_seeds(submission_sha256: str, appeal: int, count: int = SEEDS) -> tuple[int, ...]:
    """Seeds in [1, 2**31) that nobody chose, all different; `appeal` counts from 1."""
    found: list[int] = []
    number = 0
    while len(found) < count:
        digest = hashlib.sha256(f"{submission_sha256}:{appeal}:{number}".encode()).digest()
        seed = int.from_bytes(digest[:4]) % (2**31 - 1) + 1
        found += [] if seed in found else [seed]
        number += 1
    return tuple(found)
