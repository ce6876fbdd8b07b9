"""What is to be measured: one checkpoint under one protocol, with everything that belongs to the run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from apcore.model_key import ModelKey
from apcore.protocol import Protocol, Samples
from apcore.shard import Shard
from apcore.verdict import Metric

NormalizationValues: TypeAlias = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be measured.

    Args:
        key: the checkpoint's.
        checkpoint: its file, of unknown origin.
        checkpoint_sha256: hash of the bytes that are to be measured.
        protocol: what to run.
        work: folder for the state of the attacks.
        data: folder with the test sets, None for a packaged one.
        claimed: claimed shares in [0, 1], to be judged; empty if nothing is claimed.
        normalization: (mean, std) of the network's input, None if it takes pixels in [0, 1].
        distances: file with the submission's own HO-FMN distances, None if there is none.
        distances_sha256: hash of that file's bytes.
        outcomes_sha256: hash of the submission's own outcomes file, None without one.
        submission_sha256: the submission this belongs to, None without one.
        limit: cap on AutoAttack's samples.
        device: torch's name of the device.
        seed: another seed than the protocol's, None for that one.
        shard: which part of AutoAttack's samples to attack, None for all; HO-FMN is run in the first alone.
        in_full: attack all samples, with all attacks, even where the first refute the claim.

    Raises:
        ValueError: a shard of a protocol whose randomness depends on the batch, or more shards than samples.
    """

    key: ModelKey
    checkpoint: Path
    checkpoint_sha256: str
    protocol: Protocol
    work: Path
    data: Path | None = None
    claimed: Mapping[Metric, float] = field(default_factory=dict)
    normalization: NormalizationValues | None = None
    distances: Path | None = None
    distances_sha256: str | None = None
    outcomes_sha256: str | None = None
    submission_sha256: str | None = None
    limit: int | None = None
    device: str = "cpu"
    seed: int | None = None
    shard: Shard | None = None
    in_full: bool = False

    def __post_init__(self) -> None:
        if self.shard is None:
            return
        if self.protocol.autoattack.randomness != "sharded":
            raise ValueError(
                f"the samples of {self.protocol.name} cannot be divided: its randomness depends on the batch"
            )
        self.shard.part_of(self._limited())

    @property
    def runs_ho_fmn(self) -> bool:
        """Whether HO-FMN is part of this task."""
        return self.shard is None or self.shard.number == 1

    @property
    def is_whole(self) -> bool:
        """Whether AutoAttack gets all of the protocol's samples, under the protocol's seed: only then may it refute."""
        attack, planned = self.settings.autoattack, self.protocol.autoattack
        return attack.samples == planned.samples and attack.seed == planned.seed

    @property
    def settings(self) -> Protocol:
        """The protocol with `limit`, `seed` and `shard` applied; its name and hash still say what it comes from."""
        attack, ho_fmn = self.protocol.autoattack, self.protocol.ho_fmn
        seed = attack.seed if self.seed is None else self.seed
        samples = self._limited() if self.shard is None else self.shard.part_of(self._limited())
        return replace(
            self.protocol,
            autoattack=replace(attack, samples=samples, seed=seed),
            ho_fmn=replace(ho_fmn, seed=ho_fmn.seed if self.seed is None else self.seed),
        )

    def _limited(self) -> Samples:
        samples = self.protocol.autoattack.samples
        return samples if self.limit is None else replace(samples, count=min(self.limit, samples.count))
