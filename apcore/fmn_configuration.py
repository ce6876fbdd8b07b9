"""How FMN descends: loss, optimiser and schedule by name, their hyperparameters, and the ranges in which those are searched.

The names are HO-FMN's. A protocol names one of each under `[ho_fmn]` and gives a range for each hyperparameter that the two
have, under `[ho_fmn.tuning.search]`. What the released code holds fixed (Adam's epsilon, the plateau's threshold) is fixed in
`apcore.attacks.optimizers` and `apcore.attacks.schedules`.

Source: Mura et al. 2024, arXiv:2407.08806, section 3; pralab/HO-FMN at b239c35, `src/ho_fmn/search_space.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal, TypeAlias, get_args

LossName: TypeAlias = Literal["DLR", "LL", "CE"]
OptimizerName: TypeAlias = Literal["SGD", "Adam", "Adamax"]
ScheduleName: TypeAlias = Literal["cosine", "plateau"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sgd:
    """Hyperparameters of stochastic gradient descent; `weight_decay` pulls the perturbation to 0."""

    lr: float
    momentum: float = 0.0
    weight_decay: float = 0.0
    dampening: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """Hyperparameters of Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), with decay as in `Sgd`."""

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adamax:
    """Hyperparameters of Adamax (the same paper, algorithm 2), with decay as in `Sgd`."""

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    weight_decay: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosine:
    """The learning rate falls to 0 along half a cosine; nothing to tune."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plateau:
    """A sample's learning rate is multiplied by `factor` after `patience` steps that did not better its loss."""

    factor: float = 0.5
    patience: int = 10


Optimizer: TypeAlias = Sgd | Adam | Adamax
Schedule: TypeAlias = Cosine | Plateau
OPTIMIZERS: Final[Mapping[OptimizerName, type[Optimizer]]] = {"SGD": Sgd, "Adam": Adam, "Adamax": Adamax}
SCHEDULES: Final[Mapping[ScheduleName, type[Schedule]]] = {"cosine": Cosine, "plateau": Plateau}


@dataclass(frozen=True, slots=True, kw_only=True)
class FmnConfiguration:
    """One complete way to run FMN: the loss, and optimiser and schedule with their hyperparameters."""

    loss: LossName
    optimizer: Optimizer
    schedule: Schedule

    @property
    def hyperparameters(self) -> dict[str, float]:
        """Those of the optimiser, then those of the schedule, by name."""
        return asdict(self.optimizer) | asdict(self.schedule)


@dataclass(frozen=True, slots=True, kw_only=True)
class FmnVariant:
    """Which loss, optimiser and schedule FMN runs with, by name; their hyperparameters are still open.

    Raises:
        ValueError: there is no loss, optimiser or schedule of that name.
    """

    loss: LossName
    optimizer: OptimizerName
    schedule: ScheduleName

    def __post_init__(self) -> None:
        for name, known in (("loss", LossName), ("optimizer", OptimizerName), ("schedule", ScheduleName)):
            if getattr(self, name) not in get_args(known):
                raise ValueError(f"ho_fmn.{name} = {getattr(self, name)!r} is none of {', '.join(get_args(known))}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all hyperparameters, in the order of `FmnConfiguration.hyperparameters`."""
        return _names(OPTIMIZERS[self.optimizer]) + _names(SCHEDULES[self.schedule])

    def configured(self, hyperparameters: Mapping[str, float]) -> FmnConfiguration:
        """This variant with `hyperparameters`; those left out have the values that HO-FMN's library gives them."""
        optimizer, schedule = OPTIMIZERS[self.optimizer], SCHEDULES[self.schedule]
        return FmnConfiguration(
            loss=self.loss,
            optimizer=optimizer(**_of(optimizer, hyperparameters)),
            schedule=schedule(**_of(schedule, hyperparameters)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Search range of one hyperparameter; sampled log-uniformly if `log`."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The values of which a hyperparameter takes one."""

    choices: tuple[int, ...]


Dimension: TypeAlias = Range | Choice
SearchSpace: TypeAlias = Mapping[str, Dimension]
_WHERE: Final = "ho_fmn.tuning.search"
# Where the update rules mean something: below the second number, above the first, or at it where the third says so.
_DOMAINS: Final[Mapping[str, tuple[float, float, bool]]] = {
    "lr": (0, float("inf"), False),
    "momentum": (0, 1, True),
    "weight_decay": (0, float("inf"), True),
    "dampening": (0, 1, True),
    "beta1": (0, 1, True),
    "beta2": (0, 1, True),
    "factor": (0, 1, False),
    "patience": (0, float("inf"), True),
}
_WHOLE: Final = frozenset({"patience"})


def check_search(variant: FmnVariant, search: SearchSpace) -> None:
    """Pass if `search` gives each hyperparameter of `variant` a usable range, and nothing else one.

    Raises:
        ValueError: it does not; the message names the key in the protocol's file.
    """
    of = f"{variant.optimizer} under {variant.schedule} schedule"
    for name in variant.names:
        if name not in search:
            raise ValueError(f"{_WHERE} lacks {name}, which {of} has; it has {', '.join(variant.names)}")
    for name, dimension in search.items():
        if name not in variant.names:
            raise ValueError(f"{_WHERE}.{name} is no hyperparameter of {of}; it has {', '.join(variant.names)}")
        _check_dimension(name, dimension)


def read_search(table: Mapping[str, Any]) -> dict[str, Dimension]:
    """The search space of a protocol's file, in its order.

    Raises:
        ValueError: an entry is neither a range (`low`, `high`, perhaps `log`) nor a list of `choices`.
    """
    return {name: _dimension(name, entry) for name, entry in table.items()}


def _dimension(name: str, entry: Any) -> Dimension:
    match entry:
        case {"choices": [*choices], **rest} if not rest and all(map(_is_number, choices)):
            return Choice(choices=tuple(choices))
        case {"low": low, "high": high, **rest} if _is_number(low) and _is_number(high) and not rest.keys() - {"log"}:
            return Range(low=low, high=high, log=rest.get("log", False) is True)
        case _:
            raise ValueError(f"{_WHERE}.{name} needs `low` and `high`, perhaps `log`, or `choices` alone")


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


def _check_dimension(name: str, dimension: Dimension) -> None:
    if isinstance(dimension, Choice):
        values: Iterable[float] = dimension.choices
        if not dimension.choices:
            raise ValueError(f"{_WHERE}.{name} has no choices")
    else:
        values = (dimension.low, dimension.high)
        if not dimension.low < dimension.high:
            raise ValueError(f"{_WHERE}.{name}: low = {dimension.low} is not below high = {dimension.high}")
        if dimension.log and dimension.low <= 0:
            raise ValueError(f"{_WHERE}.{name}: low = {dimension.low} has no logarithm")
        if name in _WHOLE:
            raise ValueError(f"{_WHERE}.{name} needs `choices`: it is a whole number")
    low, high, with_low = _DOMAINS[name]
    for value in values:
        if name in _WHOLE and type(value) is not int:
            raise ValueError(f"{_WHERE}.{name}: {value} is no whole number")
        if not (low < value < high or (with_low and value == low)):
            raise ValueError(f"{_WHERE}.{name}: {value} lies outside {'[' if with_low else '('}{low:g}, {high:g})")


def _names(kind: type[Optimizer] | type[Schedule]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _of(kind: type[Optimizer] | type[Schedule], hyperparameters: Mapping[str, float]) -> dict[str, Any]:
    given = {name: hyperparameters[name] for name in _names(kind) if name in hyperparameters}
    return {name: int(value) if name in _WHOLE else value for name, value in given.items()}
