"""A method's taxonomy: read from either shape that authors write, into the canonical one of `schemas/taxonomy.schema.json`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apcore.canonical_taxonomy import read_canonical
from apcore.legacy_taxonomy import is_legacy, name_of, read_legacy
from apcore.taxonomy_remark import TaxonomyRemark, fault
from apcore.taxonomy_schema import field_names, schema_remarks

# Caps that come before the schema: checking that a long list is unique takes time quadratic in its length.
_MAX_KEYS: Final = 40
_MAX_KEY: Final = 60
MAX_TEXT: Final = 500
_MAX_ITEMS: Final = 8


class TaxonomyError(ValueError):
    """The entry is not a taxonomy; the message joins the remarks that say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxonomyReading:
    """What became of a taxonomy that somebody wrote.

    Args:
        taxonomy: the canonical object, None if any remark is an error.
        fields: whatever fields could be read, valid or not; for checks that look at one of them.
        remarks: all that there is to say.
        keys: under which key of the author's each canonical field stands.
    """

    taxonomy: dict[str, Any] | None
    fields: dict[str, Any]
    remarks: tuple[TaxonomyRemark, ...]
    keys: dict[str, str]


def read_taxonomy(entry: Any) -> TaxonomyReading:
    """Read parsed JSON of the canonical or the older shape; never raises, whatever the entry is."""
    faults = tuple(_misshapen(entry))
    if faults:
        return TaxonomyReading(taxonomy=None, fields={}, remarks=faults, keys={})
    legacy = is_legacy(entry)
    fields, remarks, keys = _read_fields(entry, legacy=legacy)
    named = {"name": name_of(str(fields.get("ap_key", ""))), **fields}
    # One fault a field: what was told about its words need not be told again as a breach of the schema, nor what is wrong
    # with the key again as a fault of the name that was taken from it.
    told = {remark.field for remark in remarks if remark.weight == "error"}
    breaches = tuple(schema_remarks(named, keys, remarks[:], legacy=legacy))
    if "name" not in fields and "ap_key" in told | {breach.field for breach in breaches}:
        told.add("name")
    for remark in breaches:
        if remark.field not in told:
            remarks.append(remark)
            told |= {remark.field} - {""}
    usable = all(remark.weight != "error" for remark in remarks)
    return TaxonomyReading(taxonomy=named if usable else None, fields=fields, remarks=tuple(remarks), keys=keys)


def from_legacy(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical taxonomy of an entry of the older shape.

    Raises:
        TaxonomyError: something in it cannot be read; the message names every such place.
    """
    reading = read_taxonomy(dict(entry))
    if reading.taxonomy is None:
        raise TaxonomyError(
            "; ".join(f"{r.key or r.field}: {r.message}" for r in reading.remarks if r.weight == "error")
        )
    return reading.taxonomy


def _read_fields(entry: dict[str, Any], *, legacy: bool) -> tuple[dict[str, Any], list[TaxonomyRemark], dict[str, str]]:
    if legacy:
        reading = read_legacy(entry)
        return reading.fields, reading.remarks, reading.keys
    read = read_canonical(entry, field_names())
    return read.fields, read.remarks, read.keys


def _misshapen(entry: Any) -> Iterator[TaxonomyRemark]:
    """What neither shape allows: nesting, numbers, very long texts and lists, characters that cannot be shown."""
    if not isinstance(entry, dict):
        yield fault("", "the taxonomy is not a JSON object", "write it as `{ … }` with one key per line")
    elif len(entry) > _MAX_KEYS:
        yield fault("", f"the taxonomy has {len(entry)} keys", f"keep the keys of the form, at most {_MAX_KEYS}")
    else:
        legacy = is_legacy(entry)
        for key, value in entry.items():
            if problem := _problem(key, value, legacy=legacy):
                yield fault("", *problem, key=key, seen=key)


def _problem(key: str, value: Any, *, legacy: bool) -> tuple[str, str] | None:
    values = value if isinstance(value, list) else [value]
    texts = [text for text in values if isinstance(text, str)]
    if len(key) > _MAX_KEY or not key.isprintable():
        return "this is not a key of the taxonomy", "keep the keys of the form"
    if legacy and not isinstance(value, str):
        return "the value of this key is not a text", "write the value as a text in quotation marks"
    if (len(texts) < len(values) and value is not None) or len(values) > _MAX_ITEMS:
        return (
            "the value of this key is neither a text, nor a short list of texts, nor null",
            "write it as the form has it",
        )
    if any(len(text) > MAX_TEXT for text in texts):
        return (
            f"the value of this key is longer than {MAX_TEXT} characters",
            "shorten it, the notes have room for more",
        )
    if not all(text.isprintable() for text in texts):
        return "the value of this key holds a character that cannot be shown", "type it anew, without line breaks"
    return None
