"""What deserves a second look in a measurement: each flag with its number, never only yes or no.

Source: Croce & Hein 2020, arXiv:2003.01690 and the checks of its code (`flags_doc.md`: randomised and dynamic networks,
probabilities, zero gradients, Square after the white-box attacks); Carlini et al. 2019, arXiv:1902.06705 (a weaker attack
that wins points at a masked gradient).
"""

from collections.abc import Iterator, Mapping

import numpy as np

from apcore.accuracy import Accuracy, Measure
from apcore.attacks.model_checks import ModelChecks
from apcore.flag_meanings import BATCH_VARIATION, SEED_FLIPS, SQUARE_POINTS, VARIATION
from apcore.outcomes import Outcomes
from apcore.result import Flag
from apcore.robust_accuracy import broken_by_hofmn_alone


def red_flags(accuracies: Mapping[Measure, Accuracy], outcomes: Outcomes, *, aa_eps: float) -> Iterator[Flag]:
    """The flags of one measured checkpoint.

    Args:
        accuracies: what was measured.
        outcomes: per sample.
        aa_eps: AutoAttack's radius.
    """
    if Measure.SQUARE in accuracies:
        yield from _square_after_white_box(accuracies)
    yield from _broken_by_hofmn_alone(outcomes, eps=aa_eps)


def model_flags(checks: ModelChecks) -> Iterator[Flag]:
    """The flags of a network, whatever was measured on it."""
    if checks.variation > VARIATION:
        yield Flag(
            name="randomised-network",
            value=round(checks.variation, 6),
            message=f"the logits of one image differ by up to {checks.variation:.2g} of their length from pass to pass; "
            "AutoAttack standard says little about a network that draws random numbers",
        )
    if (
        checks.batch_variation > BATCH_VARIATION and checks.variation <= VARIATION
    ):  # a random network differs everywhere
        yield Flag(
            name="depends-on-the-batch",
            value=round(checks.batch_variation, 6),
            message=f"the logits of one image differ by up to {checks.batch_variation:.2g} of their length when it stands in "
            "another batch; no outcome of a single image can be repeated",
        )
    if checks.probabilities:
        yield Flag(
            name="probabilities-for-logits",
            value=None,
            message="the network returns probabilities instead of logits; gradients through them vanish where it is sure",
        )
    if checks.gradient_calls:
        yield Flag(
            name="gradients-in-forward-pass",
            value=float(checks.gradient_calls),
            message=f"a forward pass of the network calls gradient functions {checks.gradient_calls} time(s); "
            "AutoAttack standard says little about a network that adapts to its input",
        )
    yield from _zero_gradients(checks)


def seed_flips(first: Outcomes, second: Outcomes) -> Iterator[Flag]:
    """The flag of two AutoAttack runs of one network under one protocol, with other seeds; samples of both runs count.

    Args:
        first: per sample.
        second: per sample, in any order.
    """
    common, ours, theirs = np.intersect1d(first.index, second.index, assume_unique=True, return_indices=True)
    flips = int(((first.aa_outcome[ours] == 0) != (second.aa_outcome[theirs] == 0)).sum())
    if flips > 1 and flips > SEED_FLIPS * len(common):
        yield Flag(
            name="seed-flips",
            value=round(flips / len(common), 6),
            message=f"{flips} of {len(common):,} samples survive AutoAttack with one seed and not with the other",
        )


def transfer_flags(broken: np.ndarray, outcomes: Outcomes, *, source: str) -> Iterator[Flag]:
    """The flag of examples that were made on another network (`apcore.attacks.transfer`).

    Args:
        broken: (k,) int64, dataset index of each sample that they broke at AutoAttack's radius.
        outcomes: per sample.
        source: the other network, as the message names it.
    """
    alone = np.intersect1d(outcomes.index[outcomes.aa_outcome == 0], broken)
    if len(alone):
        yield Flag(
            name="broken-by-transfer",
            value=float(len(alone)),
            message=f"examples made on {source} broke {len(alone)} of the samples that survived AutoAttack at the same radius",
        )


def _zero_gradients(checks: ModelChecks) -> Iterator[Flag]:
    ce, dlr = checks.zero_gradients_ce, checks.zero_gradients_dlr
    if ce or dlr:
        yield Flag(
            name="zero-gradients",
            value=round(max(ce, dlr) / checks.correct, 4),
            message=f"of {checks.correct} images that the network gets right, {ce} have no gradient of the cross-entropy and "
            f"{dlr} none of the DLR loss; attacks that follow gradients may be blind there",
        )


def _square_after_white_box(accuracies: Mapping[Measure, Accuracy]) -> Iterator[Flag]:
    gained = 100 * (accuracies[Measure.FAB_T].value - accuracies[Measure.SQUARE].value)
    if gained > SQUARE_POINTS and accuracies[Measure.FAB_T].correct - accuracies[Measure.SQUARE].correct > 1:
        yield Flag(
            name="square-after-white-box",
            value=round(gained, 4),
            message=f"Square, which sees no gradients, lowered the accuracy by {gained:.2f} points after the white-box attacks; "
            "gradients may be masked",
        )


def _broken_by_hofmn_alone(outcomes: Outcomes, *, eps: float) -> Iterator[Flag]:
    alone = broken_by_hofmn_alone(
        index=outcomes.index,
        aa_outcome=outcomes.aa_outcome,
        hofmn_index=outcomes.hofmn_index,
        hofmn_distance=outcomes.hofmn_distance,
        eps=eps,
    )
    if len(alone):
        yield Flag(
            name="broken-by-hofmn-alone",
            value=float(len(alone)),
            message=f"HO-FMN broke {len(alone)} of the samples that survived AutoAttack, within AutoAttack's radius; they count "
            "as broken, and AutoAttack was too weak on them",
        )
