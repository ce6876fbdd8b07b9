"""Rules about what was filled in, before anything is said about its content."""

from collections.abc import Iterator
from typing import Final

from bot.reply.markdown import code
from bot.rules.facts import Facts
from bot.rules.objection import Objection
from bot.submission.draft import Draft
from bot.submission.mends import left_to_the_author, with_taxonomy
from bot.submission.model import Severity

MAX_MODELS: Final = 64
MAX_NOTES: Final = 20_000
_NEEDED: Final = (
    ("model_key", "key_text", "the model key"),
    ("checkpoint", "checkpoint", "the checkpoint"),
    ("claimed.clean_accuracy", "clean_accuracy", "the clean accuracy"),
    ("claimed.aa_robust_accuracy", "aa_robust_accuracy", "the robust accuracy under AutoAttack"),
    ("claimed.hofmn_robust_accuracy", "hofmn_robust_accuracy", "the robust accuracy under HO-FMN"),
)


def the_taxonomy_is_given(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """A submission describes its method by a taxonomy: one JSON object in the field Taxonomy."""
    if draft.taxonomy is None and not draft.taxonomy_refused:
        yield Objection(
            where="taxonomy",
            message="there is no taxonomy",
            fix="write the taxonomy as one JSON object, `{ … }`, under the form's heading for it",
        )


def the_taxonomy_is_valid(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """The taxonomy has the keys and terms of `schemas/taxonomy.schema.json`; those of the older form are read as well."""
    for remark in draft.taxonomy.remarks if draft.taxonomy else ():
        seen = "" if remark.seen is None else f": {code(remark.seen)}"
        where = f"taxonomy.{remark.field}" if remark.field else "taxonomy"
        at = where if remark.key is None else f"taxonomy[{remark.key}]"
        yield Objection(
            where=where,
            at=at,
            severity=Severity(remark.weight),
            message=f"{remark.message}{seen}",
            fix=remark.fix,
            mend=with_taxonomy(remark.repair) if remark.repair else None,
        )


def every_model_is_complete(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """Every model has its key, its checkpoint on Google Drive, and three accuracies: clean, AutoAttack, HO-FMN."""
    for index, model in enumerate(draft.models):
        for path, field, words in _NEEDED:
            if getattr(model, field) is None and path not in model.refused:
                yield Objection(where=f"models.{index}.{path}", message=f"{words} is missing", fix="fill it in")


def there_are_not_too_many_models(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """A submission has at most 64 models."""
    if len(draft.models) > MAX_MODELS:
        yield Objection(
            where="models",
            at=f"models.{MAX_MODELS}",
            message=f"the issue has more than {MAX_MODELS} models",
            fix="move some of them to a second issue, in complete sets",
        )


def the_notes_are_not_too_long(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """The notes have at most 20,000 characters."""
    if len(draft.notes) > MAX_NOTES:
        yield Objection(
            where="notes",
            message=f"the notes have {len(draft.notes):,} characters, at most {MAX_NOTES:,} are kept",
            fix="shorten them, or link to a longer text",
        )


def the_confirmation_is_ticked(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """Whoever uses the form ticks that the checkpoints may be downloaded, measured and named."""
    if draft.confirmed is False:
        yield Objection(
            where="",
            at="confirmed",
            message="the confirmation is not ticked",
            fix="tick the box in the issue",
            mend=left_to_the_author,
        )
