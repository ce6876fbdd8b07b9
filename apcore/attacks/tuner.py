"""The search over FMN's hyperparameters: a Gaussian process that proposes, and learns what came of it.

optuna's GP sampler replaces Ax, which the released benchmark uses: a sixth of the weight and of the time, and no worse
medians for the same number of trials. It is seeded, and learns from its record alone, so that a search may be taken up again.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.exceptions import ExperimentalWarning

from apcore.attacks.randomness import undisturbed_rng
from apcore.fmn_configuration import Choice, Dimension, FmnConfiguration, FmnVariant, SearchSpace

# One in eight trials is drawn at random before the process takes over: of optuna's settings that were compared, the best.
RANDOM_TRIALS: Final = 4
# The process needs finite numbers. No L-inf distance between images exceeds 1, so "none found" stays the worst of all.
LARGEST_DISTANCE: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A configuration that was tried; `objective` is the median distance it reached, inf if none was found."""

    configuration: FmnConfiguration
    objective: float


def best_of(trials: Iterable[Trial]) -> Trial:
    """The trial with the smallest objective, the first of several.

    Raises:
        ValueError: there are none.
    """
    return min(trials, key=lambda trial: trial.objective)


class Tuner:
    """Proposes configurations of `variant` within the ranges of `search`, the same ones for the same seed and record."""

    def __init__(self, variant: FmnVariant, search: SearchSpace, *, seed: int) -> None:
        self._variant = variant
        self._space = {name: _distribution(search[name]) for name in variant.names}
        with _quiet():
            sampler = optuna.samplers.GPSampler(seed=seed, n_startup_trials=RANDOM_TRIALS, deterministic_objective=True)
            self._study = optuna.create_study(sampler=sampler, direction="minimize")

    def try_next(self, measure: Callable[[FmnConfiguration], float]) -> Trial:
        """Propose a configuration, have its objective measured, and learn it.

        Args:
            measure: gives the median distance that it reaches, inf if none is found.
        """
        asked, configuration = self._ask()
        objective = measure(configuration)
        self._tell(asked, objective)
        return Trial(configuration=configuration, objective=objective)

    def replay(self, trials: Iterable[Trial]) -> bool:
        """Take up the record of an earlier search; False if this search would have gone another way.

        That happens when optuna, scipy or the machine's arithmetic differ; the tuner is then of no more use.
        """
        for trial in trials:
            asked, configuration = self._ask()
            if configuration != trial.configuration:
                return False
            self._tell(asked, trial.objective)
        return True

    def _ask(self) -> tuple[optuna.Trial, FmnConfiguration]:
        with _quiet():
            asked = self._study.ask(self._space)
        return asked, self._variant.configured(asked.params)

    def _tell(self, asked: optuna.Trial, objective: float) -> None:
        with _quiet():
            self._study.tell(asked, min(objective, LARGEST_DISTANCE))


def _distribution(wanted: Dimension) -> BaseDistribution:
    if isinstance(wanted, Choice):
        return CategoricalDistribution(wanted.choices)
    return FloatDistribution(wanted.low, wanted.high, log=wanted.log)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep optuna from announcing studies and experimental settings, and from drawing of torch's global generators."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings(), undisturbed_rng():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
