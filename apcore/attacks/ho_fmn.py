"""HO-FMN: FMN with hyperparameters tuned on some samples, then run on others; and untuned on the same.

What tuning finds is best for the median of its own samples. On a single other sample the untuned attack may come nearer, so
both are kept, and the protocol says which distances count (`HoFmnSettings.counted`).

Where the released benchmark scores a trial by the median over all samples, with misclassified ones counted as "none found",
a network below 50 % clean accuracy gives the search no signal. Protocols choose (`tuning.objective`): `all` repeats that,
`correct` takes the median over correctly classified samples.

Source: Mura et al. 2024, arXiv:2407.08806; Piras et al. 2024, arXiv:2409.01249 (the benchmark).
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from apcore.attacks.fmn import fmn
from apcore.attacks.progress import Listener, Progress, Throttle, ignore
from apcore.attacks.resumable import AttackState, StateFile, tensor_digest
from apcore.attacks.tuner import Trial, Tuner, best_of
from apcore.fmn_configuration import FmnConfiguration, FmnVariant
from apcore.protocol import HoFmnSettings, Objective

TUNING: Final = "tuning"
TUNED: Final = "ho-fmn"
UNTUNED: Final = "fmn-untuned"
_log: Final = logging.getLogger(__name__)

Samples = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HoFmnOutcomes:
    """What HO-FMN found.

    Args:
        distances: (n,) float32, what the protocol counts: the minimum L-inf distance of each attacked sample, 0 where it is
            misclassified clean, inf where nothing was found.
        tuned_distances: the same by the tuned attack alone.
        untuned_distances: the same by the untuned attack alone (see `untuned`); it tells whether tuning mattered.
        configuration: the best of the search.
        objective: the median distance that it reached on the tuning samples, inf if none was found.
        trials: the whole search, in order.
        seconds: wall time of the finished trials (`tuning`) and batches (`ho-fmn`, `fmn-untuned`), over all runs.
    """

    distances: NDArray[np.float32]
    tuned_distances: NDArray[np.float32]
    untuned_distances: NDArray[np.float32]
    configuration: FmnConfiguration
    objective: float
    trials: tuple[Trial, ...]
    seconds: Mapping[str, float]


def run_ho_fmn(
    model: nn.Module,
    tuning: Samples,
    attack: Samples,
    settings: HoFmnSettings,
    *,
    state: AttackState | None = None,
    progress: Listener = ignore,
) -> HoFmnOutcomes:
    """Tune FMN on the samples `tuning`, then attack the samples `attack`.

    The samples are the caller's to choose; the ranges in `settings` are not read. torch's global generators are not
    disturbed. With a `state`, each finished trial and each finished batch is kept, and a later call with the same
    arguments goes on after it, to the outcomes of an undisturbed run.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits, on the device of the samples.
        tuning: images (n, channels, height, width) float32 in [0, 1], and labels (n,) int64, n >= 1.
        attack: the same; other samples than those of `tuning`, or the tuning is part of the attack.
        settings: steps, batch size, seed, and the search; `eps` only serves as the untuned learning rate.
        state: where to keep what is measured.
        progress: told a few times a second.

    Raises:
        ValueError: images or labels are not of that form.
        ContributorError: logits of clean samples are not finite, or not (n, classes).
        MachineError: a state that cannot be kept.
    """
    device = attack[0].device.type
    file = state.file("ho-fmn", settings, device, tensor_digest(*tuning, *attack)) if state else None
    return _Run(model, tuning, attack, settings, file=file, progress=Throttle(progress)).outcomes()


def objective_of(distances: Tensor, kind: Objective) -> float:
    """What a trial is judged by: the lower median of its distances, inf if at least every second is.

    Args:
        distances: (n,) as `fmn` returns them.
        kind: `correct` leaves out misclassified samples (distance 0), and is inf if all are; `all` counts them as inf.
    """
    counted = distances[distances > 0] if kind == "correct" else torch.where(distances > 0, distances, torch.inf)
    return counted.median().item() if len(counted) else float("inf")


def untuned(settings: HoFmnSettings) -> FmnConfiguration:
    """FMN without a search: the learning rate is the radius, and what else there is to tune has its usual value.

    SGD then has neither momentum nor decay, Adam and Adamax have torch's betas and no decay.
    """
    return settings.variant.configured({"lr": settings.eps})


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """All that is known so far; its arrays are the state. `distances` are those of the finished batches.

    A row of the array `trials` holds the hyperparameters in the order of `FmnVariant.names`, then the objective.
    """

    variant: FmnVariant
    trials: list[Trial] = field(default_factory=list)
    distances: dict[str, NDArray[np.float32]] = field(
        default_factory=lambda: {attack: np.empty(0, np.float32) for attack in (TUNED, UNTUNED)}
    )
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys((TUNING, TUNED, UNTUNED), 0.0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        rows = [(*trial.configuration.hyperparameters.values(), trial.objective) for trial in self.trials]
        seconds = {f"seconds {stage}": np.array(value) for stage, value in self.seconds.items()}
        width = len(self.variant.names) + 1
        return {"trials": np.array(rows, np.float64).reshape(-1, width), **self.distances, **seconds}

    @classmethod
    def of(cls, variant: FmnVariant, arrays: Mapping[str, NDArray[Any]]) -> Self:
        return cls(
            variant=variant,
            trials=[
                Trial(configuration=variant.configured(dict(zip(variant.names, row, strict=True))), objective=objective)
                for *row, objective in arrays["trials"].tolist()
            ],
            distances={attack: arrays[attack] for attack in (TUNED, UNTUNED)},
            seconds={stage: float(arrays[f"seconds {stage}"]) for stage in (TUNING, TUNED, UNTUNED)},
        )


class _Run:
    """One evaluation from its start, or from its state, to its outcomes."""

    def __init__(
        self,
        model: nn.Module,
        tuning: Samples,
        attack: Samples,
        settings: HoFmnSettings,
        *,
        file: StateFile | None,
        progress: Listener,
    ) -> None:
        self._model, self._settings = model, settings
        self._tuning, self._samples = tuning, attack
        self._file, self._progress = file, progress

    def outcomes(self) -> HoFmnOutcomes:
        stored = self._file.load() if self._file else None
        variant = self._settings.variant
        ledger = self._tune(_Ledger.of(variant, stored) if stored else _Ledger(variant=variant))
        best = best_of(ledger.trials)
        self._attack(TUNED, best.configuration, ledger)
        self._attack(UNTUNED, untuned(self._settings), ledger)
        by_tuned, by_untuned = ledger.distances[TUNED], ledger.distances[UNTUNED]
        return HoFmnOutcomes(
            distances=by_tuned if self._settings.counted == "tuned" else np.minimum(by_tuned, by_untuned),
            tuned_distances=by_tuned,
            untuned_distances=by_untuned,
            configuration=best.configuration,
            objective=best.objective,
            trials=tuple(ledger.trials),
            seconds=ledger.seconds,
        )

    def _tune(self, ledger: _Ledger) -> _Ledger:
        """The ledger with all its trials; a new one if its trials cannot be taken up here."""
        wanted = self._settings.tuning
        if len(ledger.trials) == wanted.trials:
            return ledger
        tuner = self._tuner()
        if not tuner.replay(ledger.trials):
            _log.warning("the search of an earlier run cannot be taken up here, with other arithmetic; it starts again")
            tuner, ledger = self._tuner(), _Ledger(variant=ledger.variant)
        while len(ledger.trials) < wanted.trials:
            started = time.perf_counter()
            ledger.trials.append(tuner.try_next(partial(self._objective, trial=len(ledger.trials))))
            self._keep(ledger, TUNING, started)
        return ledger

    def _tuner(self) -> Tuner:
        return Tuner(self._settings.variant, self._settings.tuning.search, seed=self._settings.seed)

    def _objective(self, configuration: FmnConfiguration, *, trial: int) -> float:
        wanted = self._settings.tuning
        distances = self._fmn(TUNING, self._tuning, wanted.steps, configuration, batch=trial, batches=wanted.trials)
        return objective_of(distances, wanted.objective)

    def _attack(self, attack: str, configuration: FmnConfiguration, ledger: _Ledger) -> None:
        size = self._settings.batch_size
        x, y = (torch.split(tensor, size) for tensor in self._samples)
        for batch in range(-(-len(ledger.distances[attack]) // size), len(x)):
            started = time.perf_counter()
            found = self._fmn(
                attack, (x[batch], y[batch]), self._settings.steps, configuration, batch=batch, batches=len(x)
            )
            ledger.distances[attack] = np.concatenate((ledger.distances[attack], found.cpu().numpy()))
            self._keep(ledger, attack, started)

    def _fmn(
        self,
        attack: str,
        samples: Samples,
        steps: int,
        configuration: FmnConfiguration,
        *,
        batch: int,
        batches: int,
    ) -> Tensor:
        """FMN on one batch; `batch` counts from 0."""

        def report(done: int) -> None:
            self._progress(
                Progress(
                    attack=attack,
                    batch=batch + 1,
                    batches=batches,
                    samples=len(self._tuning[0] if attack == TUNING else self._samples[0]),
                    robust=None,
                    share=done / (steps + 1),  # the last forward pass judges the last step
                )
            )

        distances = fmn(self._model, *samples, steps=steps, configuration=configuration, on_step=report)
        report(steps + 1)
        return distances

    def _keep(self, ledger: _Ledger, stage: str, started: float) -> None:
        ledger.seconds[stage] += time.perf_counter() - started
        if self._file:
            self._file.save(ledger.arrays())
