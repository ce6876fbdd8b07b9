"""What would most likely mend a draft: small functions from a draft to the draft as its author may have meant it.

A mend is a proposal. It ends in the corrected submission that the answer shows, and nowhere else.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from apcore.model_key import ModelKey, Structure
from apcore.taxonomy import read_taxonomy
from apcore.taxonomy_remark import TaxonomyRepair
from bot.submission.draft import Draft

Mend: TypeAlias = Callable[[Draft], Draft]


def with_key(index: int, key: ModelKey) -> Mend:
    """The model at `index` under `key`."""

    def mend(draft: Draft) -> Draft:
        models = list(draft.models)
        models[index] = replace(models[index], key=key, key_text=str(key), distances_key=None)
        return replace(draft, models=tuple(models))

    return mend


def one_method(ap_key: str) -> Mend:
    """The taxonomy and every model under `ap_key`."""

    def mend(draft: Draft) -> Draft:
        mended = with_taxonomy(TaxonomyRepair(put={"ap_key": ap_key}))(draft)
        for index, model in enumerate(mended.models):
            if model.key is not None:
                mended = with_key(index, replace(model.key, ap_key=ap_key))(mended)
        return mended

    return mend


def with_structure(structure: Structure) -> Mend:
    """The taxonomy with `structure` among those that it names."""

    def mend(draft: Draft) -> Draft:
        named = draft.taxonomy.fields.get("structure") if draft.taxonomy else None
        wanted = [str(each) for each in Structure if each is structure or each in (named or ())]
        return with_taxonomy(TaxonomyRepair(put={"structure": wanted}))(draft)

    return mend


def left_to_the_author(draft: Draft) -> Draft:
    """What only the author may do, and what the corrected submission is therefore shown without."""
    return draft


def with_taxonomy(repair: TaxonomyRepair) -> Mend:
    """The taxonomy with `repair` made."""

    def mend(draft: Draft) -> Draft:
        if draft.taxonomy is None:
            return draft
        return replace(draft, taxonomy=read_taxonomy(repair.applied(draft.taxonomy.fields)))

    return mend
