"""AutoAttack `standard` in L-inf, attack by attack and batch by batch: outcomes per sample, progress, and a state.

With `reference` randomness outcomes equal pyautoattack's `run_standard_evaluation` for the same samples, seed, batch size and
device, sample by sample. As there, an attack forms its batches from the samples that were robust when it began, and seeds
the generators anew for each batch; so a batch depends on nothing but its samples, and a run may stop after any of them.

With `sharded` randomness a sample's outcome depends on that sample and its dataset index alone (`apcore.attacks.sharded`), so
that any batch size, and any division of the samples among machines, comes to the same outcomes.

Source: Croce & Hein 2020, arXiv:2003.01690.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from apcore.attacks.clean import check_logits, check_samples, predicted
from apcore.attacks.library import (
    ATTACKS,
    NO_FILLING,
    STANDARD,
    Budget,
    Filling,
    Perturb,
    expected_calls,
    library_attacks,
    reference_attacks,
    targets_of,
)
from apcore.attacks.model_calls import CountedModel, frozen
from apcore.attacks.perturbation import check_perturbation
from apcore.attacks.progress import Listener, Progress, Throttle, ignore
from apcore.attacks.randomness import undisturbed_rng
from apcore.attacks.resumable import AttackState, StateFile, tensor_digest
from apcore.attacks.sharded import sharded_attacks
from apcore.protocol import AutoAttackSettings

MISCLASSIFIED: Final = -1
SURVIVED: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AutoAttackOutcomes:
    """What became of each sample.

    Args:
        clean_prediction: (n,) int64, the predicted class of the unperturbed sample.
        broken_by: (n,) int8: `MISCLASSIFIED` (-1) without any attack, `SURVIVED` (0), or the number of the attack in
            `ATTACKS` that broke the sample first, from 1.
        seconds: wall time of `clean` and of the finished batches of each attack, over all runs.
    """

    clean_prediction: NDArray[np.int64]
    broken_by: NDArray[np.int8]
    seconds: Mapping[str, float]


def run_autoattack(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    settings: AutoAttackSettings,
    *,
    state: AttackState | None = None,
    progress: Listener = ignore,
    budget: Budget = STANDARD,
    index: NDArray[np.int64] | None = None,
    attacks: int = len(ATTACKS),
    filling: Filling = NO_FILLING,
    examples: Tensor | None = None,
) -> AutoAttackOutcomes:
    """Attack `model` on the given samples; `settings.samples` is the caller's to apply.

    `model` is held in evaluation mode with frozen parameters meanwhile, and torch's global generators are given back as
    they were. With a `state`, each finished batch is kept, and a later call with the same arguments goes on after it.

    Args:
        model: (n, channels, height, width) images to (n, classes) logits, on the device of `x`; at least 4 classes.
        x: (n, channels, height, width) float32, pixels in [0, 1], n >= 1.
        y: (n,) int64.
        settings: radius, batch size, seed and randomness.
        state: where to keep what is measured.
        progress: told a few times a second.
        budget: for tests.
        index: (n,) position of each sample in the dataset, >= 0, each once; by default they follow each other from
            `settings.samples.first`. Only `sharded` randomness depends on it.
        attacks: how many of the attacks, from the first on; fewer than all leave only an upper bound of the robust accuracy.
        filling: what a forward pass is worth on this network; it moves last bits alone.
        examples: (n, channels, height, width), gets what broke a sample in that sample's place, as far as this run breaks any.

    Raises:
        ValueError: `x`, `y` or `index` are not of that form.
        ContributorError: logits of clean samples are not finite, or not (n, classes).
        MachineError: fewer than 4 classes, an example outside the threat model, or a state that cannot be kept.
    """
    check_samples(x, y)
    places = _places(len(x), settings.samples.first, index)
    with frozen(model), undisturbed_rng(), torch.no_grad():
        samples = (x, y, torch.from_numpy(places)) if settings.randomness == "sharded" else (x, y)
        file = state.file("autoattack", settings, budget, x.device.type, tensor_digest(*samples)) if state else None
        run = _Run(
            model,
            x,
            y,
            settings,
            index=places,
            file=file,
            progress=Throttle(progress),
            budget=budget,
            filling=filling,
            examples=examples,
        )
        return run.outcomes(attacks)


def _places(samples: int, first: int, index: NDArray[np.int64] | None) -> NDArray[np.int64]:
    if index is None:
        return np.arange(first, first + samples, dtype=np.int64)
    if index.shape != (samples,) or len(np.unique(index)) != samples or index.min() < 0:
        raise ValueError(f"expected {samples} dataset indices, none negative and each once; got {index.shape}")
    return index.astype(np.int64)


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """All that is known so far; its arrays are the state.

    `attack` is the number of the attack at work and `batches_done` counts its finished batches.
    """

    clean_prediction: NDArray[np.int64]
    broken_by: NDArray[np.int8]
    seconds: NDArray[np.float64]
    attack: int = 1
    batches_done: int = 0

    def queue(self) -> NDArray[np.intp]:
        """The samples that were robust when the present attack began."""
        return np.flatnonzero((self.broken_by == SURVIVED) | (self.broken_by == self.attack))

    def robust(self) -> int:
        return int((self.broken_by == SURVIVED).sum())

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "clean_prediction": self.clean_prediction,
            "broken_by": self.broken_by,
            "seconds": self.seconds,
            "place": np.array([self.attack, self.batches_done]),
        }

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        attack, batches_done = (int(number) for number in arrays["place"])
        return cls(
            clean_prediction=arrays["clean_prediction"],
            broken_by=arrays["broken_by"],
            seconds=arrays["seconds"],
            attack=attack,
            batches_done=batches_done,
        )


class _Run:
    """One evaluation from its clean pass, or from its state, to its outcomes."""

    def __init__(
        self,
        model: nn.Module,
        x: Tensor,
        y: Tensor,
        settings: AutoAttackSettings,
        *,
        index: NDArray[np.int64],
        file: StateFile | None,
        progress: Listener,
        budget: Budget,
        filling: Filling,
        examples: Tensor | None,
    ) -> None:
        self._x, self._y, self._index, self._settings = x, y, index, settings
        self._examples = examples
        self._file, self._progress = file, progress
        classes = self._classes(model)
        targets = targets_of(classes)
        self._model = CountedModel(model, classes=classes)
        self._expected_calls = expected_calls(budget, targets=targets)
        library = library_attacks(
            self._model,
            eps=settings.eps,
            seed=settings.seed,
            device=x.device,
            targets=targets,
            budget=budget,
            filling=filling,
        )
        sharded = settings.randomness == "sharded"
        self._attacks = sharded_attacks(library, seed=settings.seed) if sharded else reference_attacks(library)

    def outcomes(self, attacks: int) -> AutoAttackOutcomes:
        """Whatever the first `attacks` attacks left; a state goes on where it was, with as many attacks as are asked for."""
        stored = self._file.load() if self._file else None
        ledger = _Ledger.of(stored) if stored else self._clean()
        for number, (name, perturb) in enumerate(islice(self._attacks.items(), attacks), 1):
            if number > ledger.attack:
                ledger.attack, ledger.batches_done = number, 0
            if number == ledger.attack:
                self._attack(name, perturb, ledger)
        return AutoAttackOutcomes(
            clean_prediction=ledger.clean_prediction,
            broken_by=ledger.broken_by,
            seconds=dict(zip(("clean", *ATTACKS), ledger.seconds.tolist(), strict=True)),
        )

    def _classes(self, model: nn.Module) -> int:
        logits = model(self._x[:1])
        check_logits(logits, 1)
        return int(logits.shape[1])

    def _clean(self) -> _Ledger:
        started = time.perf_counter()
        predictions: list[Tensor] = []
        batches = torch.split(self._x, self._settings.batch_size)
        for done, batch in enumerate(batches, 1):
            logits = self._model(batch)
            check_logits(logits, len(batch))
            predictions.append(predicted(logits).cpu())
            self._report("clean", batch=done, batches=len(batches), robust=None, share=1.0)
        clean = torch.cat(predictions)
        broken_by = torch.where(clean == self._y.cpu(), SURVIVED, MISCLASSIFIED).to(torch.int8)
        seconds = np.zeros(1 + len(ATTACKS))
        seconds[0] = time.perf_counter() - started
        return self._saved(_Ledger(clean_prediction=clean.numpy(), broken_by=broken_by.numpy(), seconds=seconds))

    def _attack(self, name: str, perturb: Perturb, ledger: _Ledger) -> None:
        queue, size = ledger.queue(), self._settings.batch_size
        batches = [queue[start : start + size] for start in range(0, len(queue), size)]
        for place in range(ledger.batches_done, len(batches)):
            started = time.perf_counter()
            self._follow(name, place + 1, len(batches), ledger.robust())
            broken = self._broken(name, perturb, batches[place])
            ledger.broken_by[broken] = ledger.attack
            ledger.batches_done = place + 1
            ledger.seconds[ledger.attack] += time.perf_counter() - started
            self._saved(ledger)
            self._report(name, batch=place + 1, batches=len(batches), robust=ledger.robust(), share=1.0)

    def _broken(self, name: str, perturb: Perturb, indices: NDArray[np.intp]) -> NDArray[np.intp]:
        """Those of `indices` for which `perturb` finds an adversarial example, inside the threat model."""
        where = torch.from_numpy(indices).to(self._x.device)
        x, y = self._x[where], self._y[where]
        adversarial = perturb(x, y, self._index[indices])
        self._model.on_call = None
        fooled = predicted(self._model(adversarial)) != y
        check_perturbation(x[fooled], adversarial[fooled], self._settings.eps, attack=name)
        if self._examples is not None:
            self._examples[where[fooled]] = adversarial[fooled]
        broken: NDArray[np.intp] = indices[fooled.cpu().numpy()]
        return broken

    def _follow(self, name: str, batch: int, batches: int, robust: int) -> None:
        """Report the share of the batch at each forward pass of the attack."""
        calls, expected = 0, self._expected_calls[name]

        def report(counts_as: int) -> None:
            nonlocal calls
            self._report(name, batch=batch, batches=batches, robust=robust, share=min(calls / expected, 1.0))
            calls += counts_as

        self._model.on_call = report

    def _report(self, attack: str, *, batch: int, batches: int, robust: int | None, share: float) -> None:
        self._progress(
            Progress(attack=attack, batch=batch, batches=batches, samples=len(self._x), robust=robust, share=share)
        )

    def _saved(self, ledger: _Ledger) -> _Ledger:
        if self._file:
            self._file.save(ledger.arrays())
        return ledger
