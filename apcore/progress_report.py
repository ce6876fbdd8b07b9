"""How far an evaluation job is, as a small file: `progress.json`, shaped by `schemas/progress.schema.json`.

The job that measures holds no token and tells nobody anything; it only keeps this file up to date, and a step of its workflow
hands the file out as an artifact (docs/lifecycle.md). Who reads it trusts nothing in it: a stranger's bytes were at work where
it was written. Percent and remaining time are the attack's own, measured from its forward passes.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

from apcore import json_shape
from apcore.attacks.progress import Progress
from apcore.durable import write_whole
from apcore.json_shape import ShapeError
from apcore.model_key import ModelKey, ModelKeyError
from apcore.shard import Shard

PROGRESS_SCHEMA: Final = "urn:apbot:schema:progress:1"
MAX_BYTES: Final = 4096
# Sooner than that an estimate says more about the first batch than about the rest.
ESTIMATE_AFTER_S: Final = 5.0
WRITE_INTERVAL_S: Final = 20.0
_FORMAT: Final = "%Y-%m-%dT%H:%M:%SZ"


class Stage(StrEnum):
    """What a job does at this moment."""

    FETCHING = "fetching"
    INSPECTING = "inspecting"
    ATTACKING = "attacking"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackProgress:
    """An attack at work.

    Args:
        name: as in `apcore.attacks.progress.Progress`.
        done: share of it that is done, 0 to 1.
        samples: how many samples the evaluation covers.
        robust: how many are still classified right, None where nothing is judged yet.
        remaining_s: what it will still take at its pace so far, None while that cannot be told.
    """

    name: str
    done: float
    samples: int
    robust: int | None
    remaining_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressReport:
    """One moment of a job: its checkpoint and shard, what it does, when that was written, its wall time so far."""

    key: ModelKey
    shard: Shard | None
    stage: Stage
    at: datetime
    seconds: float
    device: Literal["cpu", "cuda"]
    attack: AttackProgress | None = None


class ProgressFile:
    """Keeps a job's `progress.json` up to date; listens to the attacks as `apcore.benchmark.benchmark` wants it.

    Args:
        path: the file; it is replaced whole, so that whoever reads it finds a whole one.
        key: the checkpoint.
        shard: the job's part of the samples, None for all.
        device: on which it runs.
        spent_s: wall time of the job before this process, if it runs in several.
        now: the time, with a time zone; nothing but the file's `at` depends on it.
        clock: seconds that never go back, for all that takes time: the time of day may be set meanwhile.
    """

    def __init__(
        self,
        path: Path,
        key: ModelKey,
        *,
        shard: Shard | None = None,
        device: Literal["cpu", "cuda"] = "cpu",
        spent_s: float = 0.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._key, self._shard, self._device = path, key, shard, device
        self._now, self._clock = now, clock
        self._began, self._spent_s = clock(), spent_s
        self._written_at: float | None = None
        self._attack = ""
        self._attack_began, self._done_before = self._began, 0.0

    def __call__(self, progress: Progress) -> None:
        """Write one moment of an attack, unless the file is fresh."""
        now = self._clock()
        if progress.attack != self._attack:
            self._attack, self._attack_began, self._done_before = progress.attack, now, progress.done
        elif self._written_at and now - self._written_at < WRITE_INTERVAL_S and not progress.is_last:
            return
        attack = AttackProgress(
            name=progress.attack,
            done=progress.done,
            samples=progress.samples,
            robust=progress.robust,
            remaining_s=self._remaining_s(progress, now),
        )
        self._write(Stage.ATTACKING, now, attack)

    def stage(self, stage: Stage) -> None:
        """Write that the job is at `stage`."""
        self._write(stage, self._clock(), None)

    def _remaining_s(self, progress: Progress, now: float) -> float | None:
        """What the attack will take from here at the pace since it began or was taken up again."""
        spent_s = now - self._attack_began
        done_since = progress.done - self._done_before
        if progress.is_last:
            return 0.0
        if spent_s < ESTIMATE_AFTER_S or done_since <= 0:
            return None
        return spent_s * (1 - progress.done) / done_since

    def _write(self, stage: Stage, now: float, attack: AttackProgress | None) -> None:
        report = ProgressReport(
            key=self._key,
            shard=self._shard,
            stage=stage,
            at=self._now(),
            seconds=self._spent_s + now - self._began,
            device=self._device,
            attack=attack,
        )
        write_whole(self._path, progress_bytes(report))
        self._written_at = now


def progress_bytes(report: ProgressReport) -> bytes:
    """`progress.json`: UTF-8, two-space indent, the same bytes for the same report."""
    attack = report.attack
    document = {
        "$schema": PROGRESS_SCHEMA,
        "model_key": str(report.key),
        "shard": str(report.shard) if report.shard else None,
        "stage": report.stage,
        "at": report.at.astimezone(UTC).strftime(_FORMAT),
        "seconds": round(report.seconds, 1),
        "device": report.device,
        "attack": attack
        and {
            "name": attack.name,
            "done": round(100 * attack.done, 3),
            "samples": attack.samples,
            "robust": attack.robust,
            "remaining_s": None if attack.remaining_s is None else round(attack.remaining_s, 1),
        },
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def read_progress(raw: bytes) -> ProgressReport:
    """Read the bytes of `progress.json`.

    Raises:
        ShapeError: they are no such file, or contradict themselves.
    """
    if len(raw) > MAX_BYTES:
        raise ShapeError(f"the file has {len(raw):,} bytes, at most {MAX_BYTES:,} are read")
    document = json_shape.parse(raw)
    json_shape.check(document, "progress")
    try:
        return _report(document)
    except (ModelKeyError, ValueError) as exc:
        raise ShapeError(f"the document: {exc}") from exc


def _report(document: dict[str, Any]) -> ProgressReport:
    stage, attack = Stage(document["stage"]), document["attack"]
    if (attack is not None) != (stage is Stage.ATTACKING):
        raise ShapeError("attack: there is one while attacking, and at no other time")
    if attack and attack["robust"] is not None and attack["robust"] > attack["samples"]:
        raise ShapeError("attack.robust: is more than there are samples")
    return ProgressReport(
        key=ModelKey.parse(document["model_key"]),
        shard=document["shard"] and Shard.parse(document["shard"]),
        stage=stage,
        at=datetime.strptime(document["at"], _FORMAT).replace(tzinfo=UTC),
        seconds=document["seconds"],
        device=document["device"],
        attack=attack and AttackProgress(**attack | {"done": attack["done"] / 100}),
    )
