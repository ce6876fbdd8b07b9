"""Rules about the claimed accuracies, as far as arithmetic can tell."""

from collections.abc import Iterator
from typing import Final

from bot.rules.facts import Facts
from bot.rules.objection import Objection
from bot.submission.draft import Draft, DraftModel

_ROBUST: Final = (
    ("aa_robust_accuracy", "AutoAttack"),
    ("hofmn_robust_accuracy", "HO-FMN"),
)


def claims_are_percentages(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """A claimed accuracy is a percentage from 0 to 100."""
    for index, model in enumerate(draft.models):
        for name in ("clean_accuracy", "aa_robust_accuracy", "hofmn_robust_accuracy"):
            value = getattr(model, name)
            if value is not None and not 0 <= value <= 100:
                yield Objection(
                    where=f"models.{index}.claimed.{name}",
                    message=f"{value:g} is not a percentage from 0 to 100",
                    fix="write the accuracy in percent, for example `80.54`",
                )


def robust_is_not_above_clean(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """No robust accuracy is above the clean one: a sample that is misclassified as it is needs no attack."""
    for index, model in enumerate(draft.models):
        for name, attack in _ROBUST:
            if _above_clean(model, name):
                yield Objection(
                    where=f"models.{index}.claimed.{name}",
                    message=f"the robust accuracy under {attack}, {getattr(model, name):g} %, "
                    f"is above the clean accuracy, {model.clean_accuracy:g} %",
                    fix="correct one of the two; they may have changed places",
                )


def _above_clean(model: DraftModel, name: str) -> bool:
    robust = getattr(model, name)
    return robust is not None and model.clean_accuracy is not None and robust > model.clean_accuracy
