"""What the probes' counts amount to: the flags of the order of attacks and of attack failure. Pure; thresholds stand in
`apcore.flag_meanings`.

Source: Carlini et al. 2019, arXiv:1902.06705; Pintor et al. 2022, arXiv:2106.09947.
"""

from collections.abc import Iterator

import numpy as np

from apcore.attacks.probes import Probes, Succession
from apcore.flag_meanings import CHANCE, COSINE, FGSM_ABOVE_PGD, INSTABILITY, SILENT, UNBOUNDED_LEFT, UNFINISHED
from apcore.outcomes import Outcomes
from apcore.result import Flag
from apcore.sign_test import sign_test


def probe_flags(probes: Probes, outcomes: Outcomes) -> Iterator[Flag]:
    """The flags of one probed network.

    Args:
        probes: of the first samples of `outcomes`.
        outcomes: per sample; empty where the attacks were not run in full.
    """
    yield from _order(probes)
    yield from _failure(probes)
    if len(outcomes.index):
        yield from _broken_by_pgd_alone(probes, outcomes)


def _order(probes: Probes) -> Iterator[Flag]:
    samples = probes.samples
    yield from _gain("noise-beats-clean", probes.noise, samples, "clean", f"under uniform noise of {probes.eps:.4g}")
    half, full = f"under an FGSM step of {probes.eps / 2:.4g}", f"under one of {probes.eps:.4g}"
    yield from _gain("steps-out-of-order", probes.half_step, samples, "clean", half)
    yield from _gain("steps-out-of-order", probes.full_step, samples, half, full)
    gap = probes.full_step.harder - probes.pgd
    if gap > 1 and gap > FGSM_ABOVE_PGD * probes.correct:
        yield Flag(
            name="pgd-far-below-fgsm",
            value=round(gap / max(probes.correct, 1), 4),
            message=f"of {samples} samples {probes.full_step.harder} are right under one FGSM step of {probes.eps:.4g} and "
            f"{probes.pgd} under PGD of many; {probes.correct} are right when clean",
        )
    before = probes.eps
    for radius, succession in probes.larger:
        radii = f"under PGD at {before:.4g}", f"under PGD at {radius:.4g}"
        yield from _gain("larger-radius-breaks-less", succession, samples, *radii)
        before = radius
    left = probes.larger[-1][1].harder
    if left > 1 and left > UNBOUNDED_LEFT * probes.correct:
        yield Flag(
            name="unbounded-attack-fails",
            value=round(left / probes.correct, 4),
            message=f"PGD leaves {left} of {probes.correct} correctly classified samples at radius {before:g}, where all images "
            "can become the same grey",
        )


def _gain(name: str, succession: Succession, samples: int, easier: str, harder: str) -> Iterator[Flag]:
    """A flag if more samples are right under what should be harder, beyond chance."""
    if succession.harder <= succession.easier or sign_test(succession.regained, succession.lost) >= CHANCE:
        return
    yield Flag(
        name=name,
        value=round(100 * (succession.harder - succession.easier) / samples, 4),
        message=f"of {samples} samples {succession.easier} are right {easier}, but {succession.harder} {harder}: "
        f"{succession.regained} regained, {succession.lost} lost",
    )


def _failure(probes: Probes) -> Iterator[Flag]:
    correct = probes.correct
    if probes.not_finite:
        yield Flag(
            name="not-finite",
            value=round(probes.not_finite / correct, 4),
            message=f"near {probes.not_finite} of {correct} correctly classified samples the network answers with numbers that "
            "are infinite or none, or has such a gradient",
        )
    if probes.instability is not None and probes.instability > INSTABILITY:
        yield Flag(
            name="unstable-predictions",
            value=round(probes.instability, 4),
            message=f"at random points within {probes.eps / 2:.4g} the margin to the next class changes by "
            f"{100 * probes.instability:.0f} % of itself on average",
        )
    if probes.silent > 1 and probes.silent > SILENT * correct:
        yield Flag(
            name="silent-success",
            value=round(probes.silent / correct, 4),
            message=f"PGD passes adversarial examples of {probes.silent} of {correct} correctly classified samples, and ends "
            "where they are classified right",
        )
    if probes.unfinished > 1 and probes.unfinished > UNFINISHED * probes.pgd:
        yield Flag(
            name="incomplete-optimisation",
            value=round(probes.unfinished / probes.pgd, 4),
            message=f"on {probes.unfinished} of the {probes.pgd} samples that PGD leaves, its loss was still rising",
        )
    if probes.cosine is not None and probes.cosine < COSINE:
        yield Flag(
            name="gradients-disagree",
            value=round(probes.cosine, 4),
            message=f"the gradient at a sample and that at a random point within {probes.eps:.4g} have a mean cosine of "
            f"{probes.cosine:.2f}",
        )


def _broken_by_pgd_alone(probes: Probes, outcomes: Outcomes) -> Iterator[Flag]:
    broken = np.array(probes.broken, np.int64)
    alone = outcomes.index[broken[outcomes.aa_outcome[broken] == 0]]
    if len(alone):
        yield Flag(
            name="broken-by-pgd-alone",
            value=float(len(alone)),
            message=f"PGD of a few steps broke {len(alone)} of the samples that survived AutoAttack at the same radius, "
            f"dataset index {_listed(alone)}",
        )


def _listed(indices: np.ndarray) -> str:
    shown = ", ".join(map(str, indices[:10].tolist()))
    return shown if len(indices) <= 10 else f"{shown} and {len(indices) - 10} more"
