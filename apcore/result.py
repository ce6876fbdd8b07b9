"""What was measured on one checkpoint, beside what was claimed of it; shares are fractions. Its file is `apcore.result_json`'s."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from apcore.accuracy import Accuracy, Measure
from apcore.distances_compared import DistancesCompared
from apcore.early_refutation import Prefix
from apcore.layouts.declaration import Normalization
from apcore.model_key import ModelKey
from apcore.outcomes_file import OutcomesFile
from apcore.upper_bound import UpperBound
from apcore.verdict import Judgement, Metric, Verdict, worst


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolUsed:
    """Which protocol was run, by name and by the hash of its file, with what decides its random numbers."""

    name: str
    sha256: str
    aa_eps: str
    hofmn_eps: str
    seed: int
    randomness: Literal["reference", "sharded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFile:
    """The bytes that were evaluated: their hash, and the container and layout they turned out to have.

    `fingerprint` is that of the effective weights (`apcore.fingerprint`), by which one network is known in any file; None in
    results of earlier versions.
    """

    sha256: str
    size_bytes: int
    container: str
    layout: str
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerZeros:
    """Counts for one layer: how many weights, filters and input channels it has, and how many of them are zero."""

    name: str
    weights: int
    zero_weights: int
    filters: int
    zero_filters: int
    channels: int
    zero_channels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SparsityMeasured:
    """Sparsity of the effective weights, as fractions in [0, 1].

    Args:
        claimed: what the model key says.
        weights: zero weights of convolution and linear layers.
        filters: filters that are zero.
        channels: input channels that are zero.
        parameters_left: parameters left once all that is dead is gone.
        agrees: whether the measure that the structure is judged by reaches the claim, within the protocol's slack.
        layers_counted: which layers count, in words.
        layers: the counts behind it.
    """

    claimed: float
    weights: float
    filters: float
    channels: float
    parameters_left: float
    agrees: bool
    layers_counted: str
    layers: tuple[LayerZeros, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkEvaluated:
    """Whether the stored network was attacked or its compact twin, why, and the multiply-accumulates of both.

    `normalization` is (mean, std) of its input, None if it takes pixels in [0, 1].
    """

    evaluated: Literal["original", "compact"]
    reason: str
    macs_stored: int
    macs_evaluated: int
    normalization: Normalization | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoFmnTuned:
    """What HO-FMN's tuning chose, and what it brought.

    Args:
        loss: name of the loss, as in the protocol.
        optimizer: name of the optimiser.
        schedule: name of the learning rate's schedule.
        hyperparameters: what was chosen for the two, by name.
        objective: the median distance that it reached on the tuning samples; None: infinite.
        trials: how many configurations were tried.
        counted: which distances count, those of the tuned attack or the nearest of tuned and untuned.
        tuned_robust: robust accuracy under the tuned attack alone.
        untuned_robust: the same under the untuned attack alone.
        untuned_nearer: samples for which the untuned attack came nearer than the tuned one, by more than 1 %.
    """

    loss: str
    optimizer: str
    schedule: str
    hyperparameters: Mapping[str, float]
    objective: float | None
    trials: int
    counted: Literal["tuned", "nearest"]
    tuned_robust: Accuracy
    untuned_robust: Accuracy
    untuned_nearer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRadius:
    """A robust accuracy at the other radius of the protocol, where claims may have been made; `eps` as it writes it."""

    eps: str
    accuracy: Accuracy


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that deserves a second look, with its number (None where none can be given)."""

    name: str
    value: float | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One checkpoint's measurement beside its claims.

    Args:
        model_key: the checkpoint.
        submission_sha256: hash of the submission it belongs to; None if it was measured without one.
        protocol: what was run.
        partial: whether anything was measured on fewer samples than the protocol asks for.
        limit: the run's `--limit`, None without one.
        checkpoint: the file.
        sparsity: measured beside claimed.
        network: what was attacked.
        accuracies: all that was measured.
        ho_fmn: the tuned hyperparameters, None if HO-FMN did not run.
        claims: the judgements, in the order of `Metric`; empty if nothing was claimed.
        distances_file: the submitted distances beside ours, None if there are none.
        flags: what deserves a second look.
        environment: every version and setting that can move a number, by name.
        seconds: wall time per stage.
        other_radius: robust accuracies at the protocol's other radius, where they were measured.
        prefix: what was seen on the first samples of a random order before the whole run, None where nobody looked.
        bound: what AutoAttack's first attacks left of all samples, where that refuted the claim and ended the run; else None.
        outcomes_file: the submitted outcomes beside ours, None if there are none.
    """

    model_key: ModelKey
    submission_sha256: str | None
    protocol: ProtocolUsed
    partial: bool
    limit: int | None
    checkpoint: CheckpointFile
    sparsity: SparsityMeasured
    network: NetworkEvaluated
    accuracies: Mapping[Measure, Accuracy]
    ho_fmn: HoFmnTuned | None
    claims: tuple[Judgement, ...]
    distances_file: DistancesCompared | None
    flags: tuple[Flag, ...]
    environment: Mapping[str, str | int]
    seconds: Mapping[str, float]
    other_radius: Mapping[Measure, OtherRadius] = field(default_factory=dict)
    prefix: Prefix | None = None
    bound: UpperBound | None = None
    outcomes_file: OutcomesFile | None = None

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict of the claims, None if nothing was claimed."""
        return worst(judgement.verdict for judgement in self.claims)

    @property
    def stopped_early(self) -> bool:
        """Whether the rest of the run was spared, because the first samples or the first attacks refuted the claim."""
        seen = self.prefix is not None or self.bound is not None
        return seen and Measure.AA_ROBUST not in self.accuracies

    def claim(self, metric: Metric) -> Judgement | None:
        """The judgement of one claim, None if that was not claimed."""
        return next((judgement for judgement in self.claims if judgement.metric is metric), None)
