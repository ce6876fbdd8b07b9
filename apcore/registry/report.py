"""The list of published models as people and programs read it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from apcore.published_files import PublishedFile
from apcore.registry.anomalies import PROTOCOL_OF_THE_LIST, registry_remarks
from apcore.registry.board import BoardResult
from apcore.registry.filters import Filters
from apcore.registry.models import ListedModel, listed_models, published_keys
from apcore.registry.remark import About, Kind, Remark


def models_json(filters: Filters) -> dict[str, Any]:
    """Everything that is known of the models asked for, accuracies in percent, with every remark that concerns one of them."""
    return {
        "models": [_model(model) for model in listed_models(filters)],
        "remarks": [
            {"kind": r.kind, "about": r.about, "message": r.message, "model_keys": [str(key) for key in r.keys]}
            for r in _concerning(filters)
        ],
    }


def models_words(filters: Filters) -> str:
    """The same for people: a line for each model, then what to know."""
    models, remarks = listed_models(filters), _concerning(filters)
    numbered = [
        remark for remark in remarks if remark.about is not About.LIST and remark.kind is not Kind.AMBIGUOUS_ZERO
    ]
    width = max((len(str(model.key)) for model in models), default=0)
    lines = [
        *_table(models, width, numbered),
        *(f"[{place}] {remark.message}" for place, remark in enumerate(numbered, 1)),
        *(f" -  {remark.message}" for remark in remarks if remark not in numbered),
    ]
    return "\n".join(lines)


def _table(models: Sequence[ListedModel], width: int, numbered: Sequence[Remark]) -> Iterator[str]:
    if not models:
        yield "no model like that has published files"
        return
    count = "1 model has" if len(models) == 1 else f"{len(models)} models have"
    yield f"{count} published files; clean and AutoAttack accuracy as published under {PROTOCOL_OF_THE_LIST}, in %"
    yield ""
    yield f"{'model key':{width}}  clean     AA  files"
    for model in models:
        yield _line(model, width, numbered)
    yield ""


def _concerning(filters: Filters) -> list[Remark]:
    """The remarks on the models asked for, and where nothing in particular was asked for, all."""
    asked = published_keys(filters) | {model.key for model in listed_models(filters)}
    return [remark for remark in registry_remarks() if not filters or asked & set(remark.keys)]


def _line(model: ListedModel, width: int, numbered: Sequence[Remark]) -> str:
    published = model.published
    accuracies = [published.clean_accuracy, published.aa_robust_accuracy] if published else [None, None]
    shown = "  ".join(f"{'':5}" if value is None else f"{100 * value:5.2f}" for value in accuracies)
    places = "".join(f" [{place}]" for place, remark in enumerate(numbered, 1) if model.key in remark.keys)
    return f"{model.key!s:{width}}  {shown}  {', '.join(_files(model))}{places}"


def _files(model: ListedModel) -> Iterator[str]:
    if model.checkpoints:
        count = len(model.checkpoints)
        yield "checkpoint" if count == 1 else f"one of {count} checkpoints"
    if model.distances:
        yield "distances"


def _model(model: ListedModel) -> dict[str, Any]:
    key, published = model.key, model.published
    return {
        "model_key": str(key),
        "architecture": key.architecture,
        "dataset": key.dataset,
        "structure": key.structure,
        "sparsity": key.sparsity,
        "checkpoints": [_file(file) for file in model.checkpoints],
        "distances": model.distances and _file(model.distances),
        "published": published and _result(published),
        "taxonomy": asdict(model.taxonomy) | {"details": dict(model.taxonomy.details)},
        "remarks": [remark.kind for remark in model.remarks],
    }


def _file(file: PublishedFile) -> dict[str, Any]:
    return {
        "source": "gdrive",
        "id": file.id,
        "extension": file.extension,
        "registered_as": file.registered_as or str(file.model_key),
    }


def _result(result: BoardResult) -> dict[str, Any]:
    return {
        "protocol": result.protocol,
        "clean_accuracy": _percent(result.clean_accuracy),
        "aa_robust_accuracy": _percent(result.aa_robust_accuracy),
        "hofmn_robust_accuracy": _percent(result.hofmn_robust_accuracy),
    }


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else round(100 * fraction, 6)
