"""Rules about model keys: their form, their agreement with each other and with the taxonomy."""

from collections.abc import Iterator
from dataclasses import replace

from apcore.model_key import ModelKey, ModelKeyError
from bot.reply.markdown import code
from bot.rules.facts import Facts
from bot.rules.objection import Objection
from bot.submission.draft import Draft
from bot.submission.key_repair import rebuilt_key
from bot.submission.look_alikes import skeleton
from bot.submission.mends import Mend, one_method, with_key


def keys_are_model_keys(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """A model key reads `<ap_key>_<architecture>_<dataset>_<US or S>_<sparsity>`, as `HARP_Zhao2023Holistic_R18_CIFAR10_US_90`."""
    for index, model in enumerate(draft.models):
        if model.key_text is None or model.key is not None:
            continue
        try:
            ModelKey.parse(model.key_text)
        except ModelKeyError as error:
            meant = rebuilt_key(model.key_text, facts.protocol, draft.ap_key)
            yield Objection(
                where=f"models.{index}.model_key",
                message=f"{code(model.key_text)} is not a model key: {error}",
                fix=meant_key(meant) if meant else "write it like `HARP_Zhao2023Holistic_R18_CIFAR10_US_90`",
                mend=with_key(index, meant) if meant else None,
            )


def meant_key(key: ModelKey) -> str:
    """The fix of a key that most likely means `key`."""
    return f"write {code(str(key))}, if that is what it means"


def keys_are_of_the_taxonomys_method(draft: Draft, facts: Facts) -> Iterator[Objection]:
    """Every model key begins with the `ap_key` of the taxonomy."""
    keys = {index: model.key for index, model in enumerate(draft.models) if model.key is not None}
    if draft.ap_key is None or "ap_key" in _faulty_fields(draft):
        return
    methods = {key.ap_key for key in keys.values()}
    if len(keys) > 1 and len(methods) == 1 and draft.ap_key not in methods:
        # All keys agree with each other, so the one place to mend is more likely the taxonomy.
        [method] = methods
        yield _other_method(
            "taxonomy.ap_key", "all model keys are", method, draft.ap_key, _agreed(draft.ap_key, method, facts)
        )
        return
    for index, key in keys.items():
        if key.ap_key != draft.ap_key:
            alike = skeleton(key.ap_key) == skeleton(draft.ap_key)
            mend = with_key(index, replace(key, ap_key=draft.ap_key)) if alike else None
            yield _other_method(f"models.{index}.model_key", "this key is", key.ap_key, draft.ap_key, mend)


def _faulty_fields(draft: Draft) -> set[str]:
    return {remark.field for remark in draft.taxonomy.remarks if remark.weight == "error"} if draft.taxonomy else set()


def _agreed(taxonomys: str, models: str, facts: Facts) -> Mend | None:
    """The spelling of the board, or else that of the models, where both mean one method."""
    if skeleton(taxonomys) != skeleton(models):
        return None
    method = taxonomys if facts.method(taxonomys) else models
    return one_method(method)


def _other_method(where: str, subject: str, method: str, wanted: str, mend: Mend | None) -> Objection:
    differs = "; capital and small letters differ" if method.casefold() == wanted.casefold() else ""
    return Objection(
        where=where,
        message=f"{subject} of the method {code(method)}, the taxonomy is of {code(wanted)}{differs}",
        fix="use the same `ap_key` in both; results of another method belong in another issue",
        mend=mend,
    )


def files_of_a_section_have_its_key(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """Where the older form repeats the model key beside the distances file, it is the key of that section."""
    for index, model in enumerate(draft.models):
        if model.distances_key and model.key_text and model.distances_key != model.key_text:
            yield Objection(
                where=f"models.{index}.distances",
                message=f"the distances are those of {code(model.distances_key)}, but this section is about {code(model.key_text)}",
                fix="correct the key, or move the file to its own section",
            )


def no_key_comes_twice(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """No model key comes twice."""
    first: dict[ModelKey, int] = {}
    for index, model in enumerate(draft.models):
        if model.key is not None and first.setdefault(model.key, index) != index:
            yield Objection(
                where=f"models.{index}.model_key",
                message=f"{code(str(model.key))} is the key of model {first[model.key] + 1} already",
                fix="correct the key, or remove one of the two models",
            )


def no_file_comes_twice(draft: Draft, _facts: Facts) -> Iterator[Objection]:
    """No file on Google Drive is given twice, neither for two models nor for two purposes."""
    first: dict[str, str] = {}
    for index, model in enumerate(draft.models):
        for purpose, file in (
            ("checkpoint", model.checkpoint),
            ("distances", model.distances),
            ("outcomes", model.outcomes),
        ):
            if file is None:
                continue
            use = f"{purpose} of model {index + 1}"
            if file.id in first:
                yield Objection(
                    where=f"models.{index}.{purpose}",
                    message=f"the file {code(file.id)} is given already as {first[file.id]}",
                    fix="paste the link of the right file; identical results need one file each as well",
                )
            first.setdefault(file.id, use)
