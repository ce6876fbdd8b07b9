"""Choosing models by any part of their key and of their method's taxonomy; what is misspelt is an error, never an empty list."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, Final, TypedDict

from apcore.canonical_taxonomy import TERMS
from apcore.errors import ContributorError
from apcore.model_key import ModelKey
from apcore.protocol import load_protocol, protocol_names
from apcore.registry.board import board_methods
from apcore.registry.nearest import nearest_texts
from apcore.registry.taxonomies import Taxonomy

Choice = str | Collection[str]
_TAXONOMY_FIELDS: Final = (
    "pipeline",
    "pretraining",
    "finetuning",
    "pruning_step",
    "training_step",
    "schedule",
    "granularity",
    "locality",
    "criterion",
)


class Filters(TypedDict, total=False):
    """One value or several for each filter; a model must have one of the values of every filter that is given.

    `ap_key` takes aliases too, `architecture` the short name (`R18`) or the long one (`resnet18`), `structure` is that of the
    key (`US`, `S`), `sparsity` is in percent. The others are fields of the taxonomy, with its abbreviations as values.
    """

    ap_key: Choice | None
    name: Choice | None
    architecture: Choice | None
    dataset: Choice | None
    structure: Choice | None
    sparsity: int | Collection[int] | None
    pipeline: Choice | None
    pretraining: Choice | None
    finetuning: Choice | None
    pruning_step: Choice | None
    training_step: Choice | None
    schedule: Choice | None
    granularity: Choice | None
    locality: Choice | None
    criterion: Choice | None


class FilterError(ContributorError):
    """There is no such filter, or no model can have that value; the nearest one is named."""


Wanted = Mapping[str, frozenset[str]]


def read_filters(filters: Mapping[str, Any]) -> Wanted:
    """The values wanted, as texts, of each filter that was given.

    Raises:
        FilterError: a filter or a value does not exist.
    """
    wanted = {}
    for name, choice in filters.items():
        if name not in Filters.__annotations__:
            raise _unknown(name, name, Filters.__annotations__, what="there is no filter")
        if choice is None:
            continue
        values = {str(value) for value in _several(choice)}
        for value in sorted(values - known_values()[name]):
            raise _unknown(name, value, known_values()[name], what=f"no model has the {name}")
        wanted[name] = frozenset(values)
    return wanted


def matches(wanted: Wanted, key: ModelKey, taxonomy: Taxonomy) -> bool:
    """Whether the model has one of the values of each filter."""
    found = _values(key, taxonomy)
    return all(values & found[name] for name, values in wanted.items())


@cache
def known_values() -> Mapping[str, frozenset[str]]:
    """All that a filter takes: what occurs on the board and what protocols admit, and the taxonomy's terms."""
    protocols = [load_protocol(name) for name in {r.protocol for m in board_methods() for r in m.results}]
    taxonomies = [method.taxonomy for method in board_methods()]
    return {
        "ap_key": frozenset(key for taxonomy in taxonomies for key in taxonomy.keys),
        "name": frozenset(taxonomy.name for taxonomy in taxonomies),
        "architecture": frozenset(name for p in protocols for a in p.architectures for name in (a.short, a.name)),
        "dataset": frozenset(dataset for p in protocols for dataset in p.datasets),
        "structure": frozenset(str(structure) for p in protocols for structure, _ in p.sparsities),
        "sparsity": frozenset(str(s) for p in protocols for _, sparsities in p.sparsities for s in sparsities),
        **{field: frozenset(TERMS[field]) for field in _TAXONOMY_FIELDS},
    }


def _values(key: ModelKey, taxonomy: Taxonomy) -> dict[str, frozenset[str]]:
    return {
        "ap_key": frozenset(taxonomy.keys),
        "name": frozenset({taxonomy.name}),
        "architecture": frozenset({key.architecture, *_long_names().get(key.architecture, ())}),
        "dataset": frozenset({key.dataset}),
        "structure": frozenset({str(key.structure)}),
        "sparsity": frozenset({str(key.sparsity)}),
        **{field: _terms(getattr(taxonomy, field)) for field in _TAXONOMY_FIELDS},
    }


@cache
def _long_names() -> Mapping[str, frozenset[str]]:
    pairs = {(a.short, a.name) for name in protocol_names() for a in load_protocol(name).architectures}
    return {short: frozenset(long for other, long in pairs if other == short) for short, _ in pairs}


def _terms(value: str | tuple[str, ...] | None) -> frozenset[str]:
    return frozenset(() if value is None else (value,) if isinstance(value, str) else value)


def _several(choice: Any) -> Iterable[Any]:
    return (choice,) if isinstance(choice, str | int) else choice


def _unknown(where: str, seen: str, known: Iterable[str], *, what: str) -> FilterError:
    known = sorted(known, key=lambda text: (len(text), text) if text.isdigit() else (0, text))
    near, *_ = nearest_texts(seen, known)
    every = f"; there are {', '.join(known)}" if len(known) <= 16 else ""
    return FilterError(where=where, message=f"{what} `{seen}`", fix=f"the nearest is `{near}`{every}")
