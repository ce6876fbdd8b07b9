"""Rules about the claimed accuracies, as far as arithmetic can tell."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import sqrt
from typing import Final, TypeGuard

from bot.rules.facts import Facts
from bot.rules.objection import Objection
from bot.submission.draft import Draft, DraftModel
from bot.submission.model import Severity

_ROBUST: Final = (
    ("aa_robust_accuracy", "AutoAttack"),
    ("hofmn_robust_accuracy", "HO-FMN"),
)
# Of the share among HO-FMN's samples. Chance alone exceeds four in one of 16,000 cases.
STANDARD_ERRORS: Final = 4
# On fewer, two models have the same counts by chance often enough.
FEW_SAMPLES: Final = 1000


def claims_are_percentages(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """A claimed accuracy is a percentage from 0 to 100."""
    for index, model in enumerate(draft.models):
        for name in ("clean_accuracy", "aa_robust_accuracy", "hofmn_robust_accuracy"):
            value = getattr(model, name)
            if value is not None and not 0 <= value <= 100:
                yield Objection(
                    where=f"models.{index}.claimed.{name}",
                    message=f"{value:.10g} is not a percentage from 0 to 100",
                    fix="write the accuracy in percent, for example `80.54`",
                )


def robust_is_not_above_clean(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """No robust accuracy is above the clean one: a sample that is misclassified as it is needs no attack."""
    for index, model in enumerate(draft.models):
        for name, attack in _ROBUST:
            if _above_clean(model, name):
                yield Objection(
                    where=f"models.{index}.claimed.{name}",
                    message=f"the robust accuracy under {attack}, {getattr(model, name):.10g} %, "
                    f"is above the clean accuracy, {model.clean_accuracy:.10g} %",
                    fix="correct one of the two; they may have changed places",
                )


def hofmn_and_autoattack_agree(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """HO-FMN and AutoAttack, which ask the same question, differ by no more than the number of samples explains."""
    count = facts.protocol.ho_fmn.samples.count
    for index, model in enumerate(draft.models):
        autoattack, hofmn = model.aa_robust_accuracy, model.hofmn_robust_accuracy
        if not (_is_percentage(autoattack) and _is_percentage(hofmn)) or any(
            _above_clean(model, name) for name, _ in _ROBUST
        ):
            continue
        margin = _margin(autoattack, count)
        if abs(hofmn - autoattack) > margin:
            yield Objection(
                where=f"models.{index}.claimed.hofmn_robust_accuracy",
                severity=Severity.WARNING,
                message=f"HO-FMN leaves {hofmn:.10g} % robust and AutoAttack {autoattack:.10g} %, and on {count:,} samples "
                f"chance explains a difference of {margin:.1f} points",
                fix="see whether both were measured on this model, at the same radius, and are in percent",
            )


def hofmn_claims_are_whole_samples(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A robust accuracy under HO-FMN is a whole number of the protocol's samples, unless it was measured on others."""
    count = facts.protocol.ho_fmn.samples.count
    claims = ((index, model.hofmn_robust_accuracy) for index, model in enumerate(draft.models))
    others = [(index, claim) for index, claim in claims if _is_percentage(claim) and not _is_share(claim, count)]
    if not others:
        return
    first, claim = others[0]
    below = int(claim * count / 100)
    yield Objection(
        where=f"models.{first}.claimed.hofmn_robust_accuracy",
        severity=Severity.NOTICE,
        message=f"{claim:.10g} % of {count:,} samples is no whole number of them: {below} are {100 * below / count:.2f} %, "
        f"{below + 1} are {100 * (below + 1) / count:.2f} %{_so_are([index for index, _ in others[1:]])}",
        fix="nothing to do if other samples were attacked than the protocol's; it is measured again on these",
    )


def claims_differ_between_models(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """No two models claim the same clean and the same AutoAttack accuracy; if they do, one may have been copied."""
    if facts.protocol.autoattack.samples.count < FEW_SAMPLES:
        return
    first: dict[tuple[float, float], int] = {}
    for index, model in enumerate(draft.models):
        if model.clean_accuracy is None or model.aa_robust_accuracy is None:
            continue
        claimed = (model.clean_accuracy, model.aa_robust_accuracy)
        if first.setdefault(claimed, index) != index:
            yield Objection(
                where=f"models.{index}",
                at=f"models.{index}.claimed.clean_accuracy",
                severity=Severity.WARNING,
                message=f"clean and AutoAttack accuracy are exactly those of model {first[claimed] + 1}, "
                f"{claimed[0]:.10g} % and {claimed[1]:.10g} %",
                fix="see whether one was copied from the other; if not, nothing to do, the measurement decides",
            )


def _above_clean(model: DraftModel, name: str) -> bool:
    robust, clean = getattr(model, name), model.clean_accuracy
    return _is_percentage(robust) and _is_percentage(clean) and robust > clean


def _is_percentage(value: float | None) -> TypeGuard[float]:
    return value is not None and 0 <= value <= 100


def _margin(percentage: float, count: int) -> float:
    """What chance explains of a difference, in percentage points; a share of 0 or 1 counts as one sample away from it."""
    share = min(max(percentage / 100, 1 / count), 1 - 1 / count)
    return 100 * STANDARD_ERRORS * sqrt(share * (1 - share) / count)


def _is_share(percentage: float, count: int) -> bool:
    """Whether `percentage` is k / `count` for a whole k, rounded or cut off to the digits that it has."""
    nearest = 100 * round(percentage * count / 100) / count
    digits = Decimal(repr(percentage)).normalize().as_tuple().exponent
    return abs(percentage - nearest) < 10.0 ** min(int(digits), 0)


def _so_are(indices: Sequence[int]) -> str:
    if not indices:
        return ""
    return (
        f"; the same goes for model{'s' if len(indices) > 1 else ''} {', '.join(str(index + 1) for index in indices)}"
    )
