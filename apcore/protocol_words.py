"""A protocol's settings as a person reads them: one block of lines for each attack."""

from collections.abc import Mapping
from typing import Final

from apcore.protocol import (
    AutoAttackSettings,
    Counted,
    EarlyRefutation,
    HoFmnSettings,
    Objective,
    Protocol,
    Radius,
    Samples,
)

_OBJECTIVES: Final[Mapping[Objective, str]] = {
    "all": "the median over all samples, misclassified ones as none found",
    "correct": "the median over correctly classified samples",
}
_COUNTED: Final[Mapping[Counted, str]] = {
    "tuned": "the tuned attack counts",
    "nearest": "the nearest example of the tuned and the untuned attack counts",
}


def settings_words(protocol: Protocol) -> str:
    """Radii, samples, budgets and seeds, indented by two spaces; no newline at the end."""
    lines = [_autoattack(protocol.autoattack), _ho_fmn(protocol.ho_fmn)]
    if protocol.early_refutation:
        lines.append(_early(protocol.early_refutation))
    return "\n".join(lines)


def _autoattack(attack: AutoAttackSettings) -> str:
    return (
        f"  AutoAttack: eps {attack.eps_text}, {_samples(attack.samples)}, seed {attack.seed}, "
        f"{attack.randomness} randomness{_other(attack.other)}"
    )


def _ho_fmn(ho_fmn: HoFmnSettings) -> str:
    variant, tuning = ho_fmn.variant, ho_fmn.tuning
    return (
        f"  HO-FMN: eps {ho_fmn.eps_text}, {ho_fmn.steps} steps on {_samples(ho_fmn.samples)}; {_COUNTED[ho_fmn.counted]}"
        f"{_other(ho_fmn.other)}\n"
        f"    {variant.loss} loss, {variant.optimizer}, {variant.schedule} schedule; to tune: {', '.join(variant.names)}\n"
        f"    tuned in {tuning.trials} trials of {tuning.steps} steps on {_samples(tuning.samples)}, seed {ho_fmn.seed}, "
        f"by {_OBJECTIVES[tuning.objective]}"
    )


def _other(radius: Radius | None) -> str:
    return f"; claims may be made at eps {radius.eps_text} too" if radius else ""


def _early(test: EarlyRefutation) -> str:
    return (
        f"  Before a full run: at most {test.max_samples:,} samples in a random order, to refute a claim that is far too high; "
        f"one that holds is refuted in {100 * test.alpha:g} % of runs at most"
    )


def _samples(samples: Samples) -> str:
    return f"{samples.count} samples from {samples.first}"
