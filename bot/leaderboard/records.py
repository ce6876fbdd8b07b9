"""What the board records of one checkpoint: a number carried over from a paper, or one that the bot measured.

Both may stand side by side for the same checkpoint. A table shows the measured one.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from apcore.accuracy import Accuracy
from apcore.flag_meanings import is_red
from apcore.model_key import Structure
from apcore.result import Flag
from apcore.verdict import Verdict
from bot.submission.model import Claim


class Provenance(StrEnum):
    """Where a number comes from: published and not re-run, or re-run by the bot."""

    PUBLISHED = "published"
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Track:
    """What checkpoints must share to stand in one column: dataset, structure, architecture (`resnet18`), sparsity in %."""

    dataset: str
    structure: Structure
    architecture: str
    sparsity: int

    def __str__(self) -> str:
        return f"{self.dataset} {self.structure} {self.architecture} {self.sparsity} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where published facts were read: paper, repository, its revision, and the document in it."""

    paper: str
    repository: str
    revision: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRecord:
    """Accuracies as published, fractions in [0, 1]; None where the paper's tables show none."""

    track: Track
    protocol_name: str
    clean: float
    aa_robust: float
    hofmn_robust: float | None
    source: Source

    @property
    def provenance(self) -> Provenance:
        """Always `published`."""
        return Provenance.PUBLISHED

    @property
    def left_out(self) -> None:
        """Published results always enter the tables."""
        return

    @property
    def red_flags(self) -> tuple[str, ...]:
        """None: nobody looked."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolStamp:
    """Which protocol measured: its name, the hash of its file, its radii as written there."""

    name: str
    sha256: str
    aa_eps: str
    hofmn_eps: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointStamp:
    """Which bytes were measured, the Drive id under which they were found that day, and the fingerprint of their weights."""

    sha256: str
    source: str
    id: str
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSparsity:
    """Shares of zero weights, filters and channels, and of parameters left, as fractions; `agrees` with the key or not."""

    weights: float
    filters: float
    channels: float
    parameters_left: float
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Accuracies that the bot measured; None where the attack did not run."""

    clean: Accuracy
    aa_robust: Accuracy | None
    hofmn_robust: Accuracy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRecord:
    """One checkpoint as measured by the bot, with all that names the measurement.

    `flags` are what deserves a second look, and `details` the hash of the file with all else (`bot.leaderboard.details`); both are
    None in what was recorded before they were.
    """

    track: Track
    protocol: ProtocolStamp
    date: date
    submission_sha256: str
    checkpoint: CheckpointStamp
    claimed: Claim
    measured: Measured
    verdict: Verdict
    partial: bool
    sparsity: MeasuredSparsity
    run_url: str | None
    issue: int | None
    flags: tuple[Flag, ...] | None = None
    details: str | None = None

    @property
    def provenance(self) -> Provenance:
        """Always `verified`."""
        return Provenance.VERIFIED

    @property
    def protocol_name(self) -> str:
        """Name of the protocol that measured."""
        return self.protocol.name

    @property
    def clean(self) -> float:
        """Measured clean accuracy, a fraction."""
        return self.measured.clean.value

    @property
    def aa_robust(self) -> float | None:
        """Measured AutoAttack robust accuracy, a fraction; None if it did not run."""
        return _value(self.measured.aa_robust)

    @property
    def hofmn_robust(self) -> float | None:
        """Measured HO-FMN robust accuracy, a fraction; None if it did not run."""
        return _value(self.measured.hofmn_robust)

    @property
    def red_flags(self) -> tuple[str, ...]:
        """Names of the flags that say that robustness may be overstated."""
        return tuple(flag.name for flag in self.flags or () if is_red(flag.name))

    @property
    def left_out(self) -> str | None:
        """Why the tables leave this result out, in words; None if they show it."""
        if self.measured.aa_robust is None:
            return "AutoAttack did not run"
        if self.partial:
            return f"the run was partial, AutoAttack attacked {self.measured.aa_robust.samples:,} samples only"
        if not self.sparsity.agrees:
            return f"its measured sparsity does not agree with {self.track.sparsity} %"
        return None


Record = PublishedRecord | VerifiedRecord


def sort_key(record: Record) -> tuple[Track, str, str]:
    """The order of records in an entry; unique within it, since a verified one replaces the one before it."""
    return record.track, record.protocol_name, record.provenance


def _value(accuracy: Accuracy | None) -> float | None:
    return None if accuracy is None else accuracy.value
