"""Protocols: what is attacked, how, and when a claim counts as confirmed. Data files, versioned and hashed.

Everything that could move a number stands in `protocols/<name>.toml`: the radius, the samples, the seed, the budgets, and
the architectures, datasets and sparsities that the benchmark admits. A number is never compared with one of another
protocol, so a change to a file whose name is in use is a new file.
"""

import hashlib
import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

from apcore.fmn_configuration import FmnVariant, SearchSpace, check_search, read_search
from apcore.model_key import ModelKey, Structure

Randomness: TypeAlias = Literal["reference", "sharded"]
Objective: TypeAlias = Literal["correct", "all"]
Counted: TypeAlias = Literal["tuned", "nearest"]
DEFAULT_PROTOCOL: Final = "apb-2024"
_FOLDER: Final = Path(__file__).parent / "protocols"


class ProtocolError(ValueError):
    """No such protocol, or its file is wrong; the message names the file and the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """An admitted architecture: its name (`resnet18`), its short name in keys (`R18`), and the declared graph."""

    name: str
    short: str
    graph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """`count` consecutive test samples from index `first`, in the dataset's own order."""

    first: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Radius:
    """An L-inf radius with pixels in [0, 1], and how its protocol writes it."""

    eps: float
    eps_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoAttackSettings:
    """AutoAttack `standard` in L-inf (Croce & Hein 2020, arXiv:2003.01690). `eps` with pixels in [0, 1].

    `other` is the radius at which claims may have been made instead; it is tried before one is refuted.

    `randomness` is `reference`, where numbers are drawn as pyautoattack draws them, batch by batch, or `sharded`, where each
    sample has its own, whatever batch or shard it is in (`apcore.attacks.counter_draws`). `shards` is among how many machines
    the samples are divided where there are so many; it moves no number.

    Raises:
        ValueError: there is no such randomness, or it does not allow to divide the samples.
    """

    eps: float
    eps_text: str
    samples: Samples
    batch_size: int
    seed: int
    randomness: Randomness = "reference"
    other: Radius | None = None
    shards: int = 1

    def __post_init__(self) -> None:
        if self.randomness not in get_args(Randomness):
            raise ValueError(f"randomness = {self.randomness!r} is none of {', '.join(get_args(Randomness))}")
        if self.shards < 1 or (self.shards > 1 and self.randomness != "sharded"):
            raise ValueError(f"shards = {self.shards} needs at least one shard, and `sharded` randomness for more")


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningSettings:
    """The search over FMN's hyperparameters (arXiv:2407.08806): `trials` runs of `steps` steps on the same samples.

    `objective` is the median distance over `correct` samples (clean misclassified ones left out), or over `all` of them
    with a distance of 0 replaced by inf, as the released benchmark does. `search` gives each hyperparameter its range.

    Raises:
        ValueError: there is no such objective, or no trial.
    """

    trials: int
    steps: int
    samples: Samples
    objective: Objective
    search: SearchSpace = field(hash=False)  # a mapping has none; equality sees it

    def __post_init__(self) -> None:
        if self.objective not in get_args(Objective):
            raise ValueError(
                f"ho_fmn.tuning.objective = {self.objective!r} is none of {', '.join(get_args(Objective))}"
            )
        if min(self.trials, self.steps) < 1:
            raise ValueError(
                f"ho_fmn.tuning: {self.trials} trials of {self.steps} steps; at least one of each is needed"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class HoFmnSettings:
    """HO-FMN in L-inf: FMN (arXiv:2102.12827) with the loss, optimiser and schedule of `variant`, tuned by `tuning`.

    A sample is robust if its distance is greater than `eps` (strictly: an example at exactly eps was found). The distances
    that count are those of the `tuned` attack, as papers report them, or the `nearest` of tuned and untuned FMN, sample by
    sample: an example that either finds is one, and tuning on other samples cannot promise to win on each. `other` is the
    radius at which claims may have been counted instead.

    Raises:
        ValueError: there are no such distances to count, or the search space does not fit the variant.
    """

    eps: float
    eps_text: str
    steps: int
    samples: Samples
    batch_size: int
    seed: int
    variant: FmnVariant
    counted: Counted
    tuning: TuningSettings
    other: Radius | None = None

    def __post_init__(self) -> None:
        if self.counted not in get_args(Counted):
            raise ValueError(f"ho_fmn.counted = {self.counted!r} is none of {', '.join(get_args(Counted))}")
        check_search(self.variant, self.tuning.search)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """When a measured accuracy agrees with a claim, in percentage points; HO-FMN in samples.

    A difference of at most `samples` samples always counts as agreement: attacks draw random numbers, and on a small set
    one sample is more than any number of points that one would write here.
    """

    clean: float
    aa_confirmed: float
    aa_refuted: float
    hofmn_samples: int
    samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyRefutation:
    """When a claim is refuted on the first samples of a random order (`apcore.early_refutation`).

    Args:
        alpha: largest probability to refute a claim that holds, in (0, 1).
        beta: how unlikely a gap worth finding must be for the test to end, in (0, 1).
        null_points: a claim at most that many percentage points too high holds.
        null_flips: percent of the samples that come out otherwise in another run of the same attack.
        gaps: how far too high a claim may be instead, in percentage points.
        gaps_with_outcomes: the same where the claim comes with an outcome for each sample, which tells smaller gaps.
        max_samples: how many samples are attacked at most, which bounds what an honest claim costs.
        step: so many samples are attacked before the numbers are looked at again.

    Raises:
        ValueError: a number is out of its range, or there is no gap.
    """

    alpha: float
    beta: float
    null_points: float
    null_flips: float
    gaps: tuple[float, ...]
    gaps_with_outcomes: tuple[float, ...]
    max_samples: int
    step: int

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 1 and 0 < self.beta < 1 and self.null_points >= 0 and self.null_flips >= 0):
            raise ValueError("early_refutation: alpha and beta must lie between 0 and 1, and no null may be negative")
        if not (self.gaps and self.gaps_with_outcomes and 1 <= self.step <= self.max_samples):
            raise ValueError("early_refutation: gaps must be named, and 1 <= step <= max_samples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One benchmark: what it admits and how it measures. `sha256` is that of the file's bytes.

    Without `early_refutation` every claim is attacked on all samples.
    """

    name: str
    title: str
    description: str
    sha256: str
    architectures: tuple[Architecture, ...]
    datasets: tuple[str, ...]
    sparsities: tuple[tuple[Structure, tuple[int, ...]], ...]
    sparsity_slack: float
    autoattack: AutoAttackSettings
    ho_fmn: HoFmnSettings
    tolerance: Tolerance
    early_refutation: EarlyRefutation | None = None

    def sparsities_of(self, structure: Structure) -> tuple[int, ...]:
        """Admitted sparsities in percent; empty if the protocol does not admit `structure`."""
        return dict(self.sparsities).get(structure, ())

    def architecture(self, short: str) -> Architecture | None:
        """The architecture with that short name, or None if the protocol does not admit it."""
        return next((a for a in self.architectures if a.short == short), None)

    def admits(self, key: ModelKey) -> bool:
        """Whether architecture, dataset and sparsity of `key` are among those of this protocol."""
        return (
            self.architecture(key.architecture) is not None
            and key.dataset in self.datasets
            and key.sparsity in self.sparsities_of(key.structure)
        )


def protocol_names() -> tuple[str, ...]:
    """Names of all protocols, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def load_protocol(name: str) -> Protocol:
    """Read a protocol by name.

    Raises:
        ProtocolError: there is no such protocol.
    """
    if name not in protocol_names():
        raise ProtocolError(f"there is no protocol {name!r}; there are {', '.join(protocol_names())}")
    return read_protocol(_FOLDER / f"{name}.toml")


def read_protocol(path: Path) -> Protocol:
    """Read a protocol file; its stem is its name.

    Raises:
        ProtocolError: a key is missing, unknown or out of range; the message names the file.
    """
    raw = path.read_bytes()
    try:
        return _protocol(path.stem, hashlib.sha256(raw).hexdigest(), tomllib.loads(raw.decode()))
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as exc:
        raise ProtocolError(f"{path.name}: {type(exc).__name__}: {exc}") from exc


def _protocol(name: str, sha256: str, table: dict[str, Any]) -> Protocol:
    attack, ho_fmn = dict(table.pop("autoattack")), dict(table.pop("ho_fmn"))
    tuning, early = dict(ho_fmn.pop("tuning")), table.pop("early_refutation", None)
    return Protocol(
        name=name,
        sha256=sha256,
        architectures=tuple(Architecture(**a) for a in table.pop("architectures")),
        datasets=tuple(table.pop("datasets")),
        sparsities=tuple((Structure(s), tuple(values)) for s, values in table.pop("sparsities").items()),
        tolerance=Tolerance(**table.pop("tolerance")),
        autoattack=AutoAttackSettings(**_eps(attack), samples=Samples(**attack.pop("samples")), **attack),
        ho_fmn=HoFmnSettings(
            **_eps(ho_fmn),
            samples=Samples(**ho_fmn.pop("samples")),
            variant=_variant(ho_fmn),
            tuning=_tuning(tuning),
            **ho_fmn,
        ),
        early_refutation=early and _early_refutation(dict(early)),
        **table,
    )


def _variant(table: dict[str, Any]) -> FmnVariant:
    for name in ("loss", "optimizer", "schedule"):
        if name not in table:
            raise ValueError(f"ho_fmn lacks `{name}`")
    return FmnVariant(loss=table.pop("loss"), optimizer=table.pop("optimizer"), schedule=table.pop("schedule"))


def _tuning(table: dict[str, Any]) -> TuningSettings:
    return TuningSettings(
        samples=Samples(**table.pop("samples")),
        search=read_search(table.pop("search")),
        **table,
    )


def eps_value(text: str) -> float:
    """A radius as it is written, `8/255` or `0.031`, as a number in (0, 1].

    Raises:
        ValueError: it is no such number.
    """
    try:
        eps = float(Fraction(text))
    except (ValueError, ZeroDivisionError) as exc:
        raise ValueError(f"a radius is written like 8/255 or 0.031, not {text!r}") from exc
    if not 0 < eps <= 1:
        raise ValueError(f"eps = {text} is outside (0, 1]")
    return eps


def _eps(table: dict[str, Any]) -> dict[str, Any]:
    """`eps` is written as text ("8/255" or "0.031"), so that no radius is ever rounded by whoever types it."""
    own = _radius(table.pop("eps"))
    other = _radius(table.pop("other_eps")) if "other_eps" in table else None
    if other and other.eps == own.eps:
        raise ValueError(f"other_eps = {other.eps_text} is eps itself")
    return {"eps": own.eps, "eps_text": own.eps_text, "other": other}


def _radius(text: str) -> Radius:
    return Radius(eps=eps_value(text), eps_text=text)


def _early_refutation(table: dict[str, Any]) -> EarlyRefutation:
    return EarlyRefutation(
        gaps=tuple(table.pop("gaps")), gaps_with_outcomes=tuple(table.pop("gaps_with_outcomes")), **table
    )
