"""Rules about what is published already: files of the released benchmark, and results that stand in the tables."""

from collections.abc import Iterator
from typing import Final

from apcore.files.remote_file import RemoteFile
from apcore.published_files import EXAMPLE_OF_THE_OLDER_FORM, Holds, PublishedFile
from bot.reply.markdown import code
from bot.rules.facts import Facts
from bot.rules.objection import Objection
from bot.submission.draft import Draft, DraftModel
from bot.submission.model import Severity

_WORDS: Final = {Holds.CHECKPOINT: "checkpoint", Holds.DISTANCES: "distances"}


def published_files_keep_their_model(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A file that is published already is handed in for the same model and the same purpose, never under a new name."""
    published = {file.id: file for file in facts.published}
    for index, model in enumerate(draft.models):
        for purpose, file in _files(model):
            if found := published.get(file.id):
                yield _objection(f"models.{index}.{purpose}", purpose, model, found, draft.ap_key)


def claims_are_compared_with_published_results(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """Where the tables have a published result of the same model, a claim that differs from it is pointed out."""
    for index, model in enumerate(draft.models):
        known = facts.method(model.key.ap_key) if model.key else None
        cell = facts.cell(model.key) if model.key else None
        published = known.cells.get(cell) if known and cell else None
        clean, autoattack = model.clean_accuracy, model.aa_robust_accuracy
        if published and clean is not None and autoattack is not None and (clean, autoattack) != published:
            yield Objection(
                where=f"models.{index}",
                at=f"models.{index}.claimed.clean_accuracy",
                severity=Severity.NOTICE,
                message=f"the published result of this model is {published[0]:.10g} % clean and {published[1]:.10g} % under "
                f"AutoAttack, claimed are {clean:.10g} % and {autoattack:.10g} %",
                fix="nothing to do; the tables keep both, marked as published and as verified",
            )


def claims_are_the_authors_own(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """Clean and AutoAttack accuracy are not both those that another method has in the same column of the tables."""
    for index, model in enumerate(draft.models):
        cell = facts.cell(model.key) if model.key else None
        if model.key is None or cell is None:
            continue
        for method in facts.methods:
            published = method.cells.get(cell)
            if method.ap_key != model.key.ap_key and published == (model.clean_accuracy, model.aa_robust_accuracy):
                yield Objection(
                    where=f"models.{index}",
                    at=f"models.{index}.claimed.clean_accuracy",
                    severity=Severity.WARNING,
                    message=f"{code(method.ap_key)} has exactly this clean and AutoAttack accuracy for the same "
                    "architecture, dataset and sparsity",
                    fix="see whether the numbers were taken from another row; if not, nothing to do, the measurement decides",
                )


def _files(model: DraftModel) -> Iterator[tuple[str, RemoteFile]]:
    for purpose, file in (
        ("checkpoint", model.checkpoint),
        ("distances", model.distances),
        ("outcomes", model.outcomes),
    ):
        if file:
            yield purpose, file


def _objection(where: str, purpose: str, model: DraftModel, found: PublishedFile, ap_key: str | None) -> Objection:
    holds = _WORDS[found.holds]
    whose = f"the published {holds} of {code(str(found.model_key))}"
    same_model = found.is_of(model.key) if model.key else found.model_key.ap_key == ap_key
    if same_model and purpose == holds:
        return Objection(
            where=where,
            severity=Severity.NOTICE,
            message=f"this is {whose}; it is measured again and shown as verified beside the published result",
            fix="nothing to do",
        )
    if same_model:
        return Objection(
            where=where, message=f"this is {whose}", fix=f"paste it as {holds}, and the link of the {purpose} here"
        )
    if found.id == EXAMPLE_OF_THE_OLDER_FORM:
        return Objection(
            where=where,
            message=f"this is the example that the older form shows, {whose}",
            fix="paste the link of your own file in its place",
        )
    return Objection(
        where=where,
        message=f"this is {whose}",
        fix=f"paste the link of your own file; to have that model verified, use its key {code(str(found.model_key))}",
    )
