"""A canonical taxonomy written as the older form would have mailed it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apcore.legacy_taxonomy import LEGACY_KEYS, name_of
from apcore.taxonomy_terms import (
    CRITERIA,
    GRANULARITIES,
    LOCALITIES,
    NO_SUCH_STEP,
    NOT_SPECIFIED,
    PIPELINES,
    STRUCTURES,
    TRAINING_TYPES,
)
from apcore.taxonomy_values import STEPS

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "pipeline": {pipeline: text for pipeline, (_, text) in PIPELINES.items()},
    "locality": {term: f"{words} ({term})" for term, words in LOCALITIES.items()},
}


def to_legacy(taxonomy: Mapping[str, Any]) -> dict[str, str]:
    """The entry of the older form that says the same as a canonical one; `name` and `code_url` keep their keys."""
    letter, _ = PIPELINES[taxonomy["pipeline"]]
    entry = {
        key: _written(name, taxonomy) for key, only, name in LEGACY_KEYS if name in taxonomy and only in ("", letter)
    }
    if taxonomy["name"] != name_of(taxonomy["ap_key"]):
        entry["name"] = taxonomy["name"]
    if "code_url" in taxonomy:
        entry["code_url"] = taxonomy["code_url"]
    return entry


def _written(name: str, taxonomy: Mapping[str, Any]) -> str:
    value = taxonomy[name]
    if name in STEPS:
        return _written_training(value, taxonomy.get(f"{name}_detail"))
    if name == "criterion":
        return str(taxonomy.get("criterion_detail") or _written_criterion(value))
    if name == "structure":
        return _written_structure(value, taxonomy.get("granularity", ()))
    if value is None:
        return NOT_SPECIFIED
    words = _WORDS.get(name, {})
    return ", ".join(words.get(term, term) for term in (value if isinstance(value, list) else [value]))


def _written_structure(terms: Sequence[str], granularity: Sequence[str]) -> str:
    kinds = "".join(f" {GRANULARITIES[kind]}" for kind in granularity)
    return ", ".join(f"{STRUCTURES[term]} ({term})" + (kinds if term == "S" else "") for term in terms)


def _written_training(terms: list[str] | None, detail: str | None) -> str:
    if terms is None:
        return detail or NOT_SPECIFIED
    if terms == ["none"]:
        return detail or NO_SUCH_STEP
    words = " + ".join(f"{TRAINING_TYPES[term]} ({term})" for term in terms)
    return f"{words} {detail}" if detail else words


def _written_criterion(abbreviation: str) -> str:
    words = CRITERIA[abbreviation]
    # The older form never brackets this one.
    return f"{words} {abbreviation}" if abbreviation == "LWM" else f"{words} ({abbreviation})"
