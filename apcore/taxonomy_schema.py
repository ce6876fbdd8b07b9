"""A taxonomy held against `schemas/taxonomy.schema.json`, with every breach in our own words.

The words of the library would repeat a whole value, which a stranger wrote.
"""

import difflib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from apcore.canonical_taxonomy import SINGLE, TERMS
from apcore.legacy_taxonomy import example_of, legacy_key
from apcore.project_files import project_folder
from apcore.taxonomy_phrases import nearest
from apcore.taxonomy_remark import TaxonomyRemark, TaxonomyRepair, fault
from apcore.taxonomy_terms import PIPELINES

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

# What each pipeline says about its steps; the schema demands the same.
PIPELINE_FIELDS: Final = {
    "after_training": frozenset({"pretraining", "finetuning", "schedule"}),
    "before_training": frozenset({"pruning_step", "training_step", "schedule"}),
    "during_training": frozenset({"training_step"}),
}
_STEP_FIELDS: Final = frozenset().union(*PIPELINE_FIELDS.values())
REMOVE_KEY: Final = "remove it, or write its content into the notes"


def schema_remarks(
    fields: dict[str, Any], keys: Mapping[str, str], told: Collection[TaxonomyRemark] = (), *, legacy: bool
) -> Iterator[TaxonomyRemark]:
    """Every breach of the schema.

    Args:
        fields: texts, nulls and short lists of texts; checked before, since the schema alone does not bound its own cost.
        keys: under which key its author wrote each field.
        told: what was remarked before; a field that one of these would put in is not missed again.
        legacy: whether to answer in the older form's keys and terms.
    """
    unknown = [_unknown(key, fields) for key in fields if key not in field_names()]
    # A misspelt key is one fault, not also the lack of the key that it means.
    meant = {name for remark in (*told, *unknown) if remark.repair for name in remark.repair.put}
    mistaken = _mistaken_pipeline(fields, keys, legacy=legacy)
    if mistaken:
        yield mistaken
        meant |= _STEP_FIELDS
    yield from unknown
    for breach in _validator().iter_errors(fields):
        match breach.validator:
            case "additionalProperties":
                pass
            case "required":
                yield from (
                    remark for remark in _missing(breach, fields, keys, legacy=legacy) if remark.field not in meant
                )
            case "not" if mistaken:
                pass
            case "contains":
                message = "`granularity` is for structured pruning"
                yield fault("granularity", message, "add `S` to `structure`, or remove it", key=keys.get("granularity"))
            case "not":
                name = str(breach.absolute_path[0])
                message = f"`{name}` is for another pipeline than `{fields['pipeline']}`"
                repair = TaxonomyRepair(drop=(name,)) if fields[name] in (None, ["none"]) else None
                yield fault(name, message, "remove it, or correct the pipeline", key=keys.get(name), repair=repair)
            case _:
                yield _invalid(str(breach.absolute_path[0]), fields, keys, legacy=legacy)


def _mistaken_pipeline(fields: Mapping[str, Any], keys: Mapping[str, str], *, legacy: bool) -> TaxonomyRemark | None:
    """The one fault where all that is said about steps is said in the fields of one other pipeline, and completely."""
    pipeline, given = fields.get("pipeline"), _STEP_FIELDS & fields.keys()
    whose = [name for name, own in PIPELINE_FIELDS.items() if given == own]
    if pipeline not in PIPELINE_FIELDS or len(whose) != 1 or whose == [pipeline]:
        return None
    meant = whose[0]
    # The older form's keys tell the pipelines apart even where they stand for the same field.
    strange = given if legacy else given - PIPELINE_FIELDS[pipeline]
    lacking = PIPELINE_FIELDS[pipeline] if legacy else PIPELINE_FIELDS[pipeline] - given
    if not strange or not lacking:
        return None
    names, wanted = (
        " and ".join(f"`{legacy_key(name, of) if legacy else name}`" for name in in_order(some))
        for some, of in ((strange, meant), (lacking, pipeline))
    )
    words = {name: PIPELINES[name][1] if legacy else name for name in (meant, pipeline)}
    several = len(strange) > 1
    belongs, place = ("are the fields", "these fields") if several else ("is the field", "this field")
    return fault(
        "pipeline",
        f"the pipeline is `{words[pipeline]}`, but {names} {belongs} of `{words[meant]}`",
        f"write `{words[meant]}` if that is meant, else {wanted} in place of {place}",
        key=keys.get("pipeline"),
        repair=TaxonomyRepair(put={"pipeline": meant}),
    )


def _missing(
    breach: "ValidationError", fields: Mapping[str, Any], keys: Mapping[str, str], *, legacy: bool
) -> Iterator[TaxonomyRemark]:
    required: Any = breach.validator_value
    for name in required:
        if name not in fields:
            key = legacy_key(name, fields.get("pipeline")) if legacy else name
            problem, task = ("lacks", "add the key") if name not in keys else ("says nothing under", "fill in")
            yield fault(
                name,
                f"the taxonomy {problem} `{key}`",
                f"{task} `{key}`. {wanted(name, legacy=legacy)}",
                key=keys.get(name),
            )


def _unknown(key: str, fields: Mapping[str, Any]) -> TaxonomyRemark:
    near = difflib.get_close_matches(key, sorted(field_names()), n=1)
    fix = f"write `{near[0]}` if that is meant, else {REMOVE_KEY}" if near else REMOVE_KEY
    free = bool(near) and near[0] not in fields
    repair = TaxonomyRepair(put={near[0]: fields[key]}, drop=(key,)) if free else None
    return fault("", "this key does not belong to the taxonomy", fix, key=key, seen=key, repair=repair)


def _invalid(name: str, fields: Mapping[str, Any], keys: Mapping[str, str], *, legacy: bool) -> TaxonomyRemark:
    value = fields[name]
    seen = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    message = f"`{keys.get(name, name) if legacy else name}` has no valid value"
    meant = None if legacy else _meant(name, value)
    if meant is None:
        return fault(name, message, wanted(name, legacy=legacy), key=keys.get(name), seen=seen)
    fix = f"Write `{json.dumps(meant)}` if that is meant. {wanted(name, legacy=legacy)}"
    return fault(name, message, fix, key=keys.get(name), seen=seen, repair=TaxonomyRepair(put={name: meant}))


def _meant(name: str, value: Any) -> Any:
    """The terms that the texts of `value` most likely misspell; None where one of them is near to none."""
    texts = value if isinstance(value, list) else [value]
    if name not in TERMS or not texts or not all(isinstance(text, str) for text in texts):
        return None
    terms = [nearest(text, TERMS[name]) for text in texts]
    meant = list(dict.fromkeys(terms))
    # Terms that are right one by one, such as none beside another, are no misspelling.
    if None in terms or meant == texts or (name in SINGLE and len(meant) > 1):
        return None
    return meant[0] if name in SINGLE else meant


def wanted(name: str, *, legacy: bool = False) -> str:
    """What to write for a field: an example of the older form, or the schema's own description and choices."""
    if legacy and (example := example_of(name)):
        return f"Write, for example, `{example}`."
    definition: dict[str, Any] = _properties()[name]
    choices = ", ".join(f"`{choice}`" for choice in _choices(definition))
    return str(definition["description"]) + (f" Choices: {choices}." if choices else "")


def _choices(schema: Mapping[str, Any]) -> list[str]:
    alternatives = [schema, schema.get("items", {})]
    alternatives += [part for option in schema.get("oneOf", ()) for part in (option, option.get("items", {}))]
    return [choice for alternative in alternatives for choice in alternative.get("enum", ())]


def field_names() -> frozenset[str]:
    """The fields of the canonical shape."""
    return frozenset(_properties())


def in_order(names: Iterable[str]) -> list[str]:
    """Names of fields in the order of the schema, which is the one in which people read them; others last."""
    order = list(_properties())
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def valid_field(name: str, value: Any) -> bool:
    """Whether the schema admits `value` for the field `name`, whatever the other fields hold."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - see `_validator`

    return bool(Draft202012Validator(_properties()[name]).is_valid(value))


def _properties() -> dict[str, Any]:
    properties: dict[str, Any] = schema()["properties"]
    return properties


@cache
def schema() -> dict[str, Any]:
    """The schema itself."""
    path = project_folder(__file__, "schemas") / "taxonomy.schema.json"
    parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed


@cache
def _validator() -> "Draft202012Validator":
    # Imported here: it takes longer than everything else that reading an issue does.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(schema())
