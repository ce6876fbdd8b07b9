"""The published models: what the list has of each, and how to find one by its key."""

from dataclasses import dataclass
from functools import cache
from typing import Unpack

from apcore.errors import ContributorError
from apcore.model_key import ModelKey, ModelKeyError
from apcore.published_files import Holds, PublishedFile, published_files
from apcore.registry.anomalies import PROTOCOL_OF_THE_LIST, files_of, registry_remarks
from apcore.registry.board import BoardResult, board_methods, method_of
from apcore.registry.filters import Filters, matches, read_filters
from apcore.registry.nearest import nearest_keys, nearest_texts
from apcore.registry.remark import About, Remark, tell
from apcore.registry.taxonomies import Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A model that has published files.

    Args:
        key: its key; `load_model` and `load_distances` take it.
        files: its checkpoints, then its distances. Two checkpoints where the list cannot tell which of them it is.
        taxonomy: of its method.
        published: its published accuracies, None if there are none.
        remarks: what to know before trusting its files.
    """

    key: ModelKey
    files: tuple[PublishedFile, ...]
    taxonomy: Taxonomy
    published: BoardResult | None
    remarks: tuple[Remark, ...]

    @property
    def checkpoints(self) -> tuple[PublishedFile, ...]:
        """The files that may hold its weights; empty if none is published."""
        return tuple(file for file in self.files if file.holds is Holds.CHECKPOINT)

    @property
    def distances(self) -> PublishedFile | None:
        """The file with its HO-FMN distances, None if none is published."""
        return next((file for file in self.files if file.holds is Holds.DISTANCES), None)


def available_models(**filters: Unpack[Filters]) -> tuple[ListedModel, ...]:
    """The models with published files, in the order of their keys; light, without torch and network.

    Args:
        **filters: any part of the key (`ap_key`, `name`, `architecture`, `dataset`, `structure`, `sparsity`) or of the
            taxonomy (`pipeline`, `pretraining`, `finetuning`, `pruning_step`, `training_step`, `schedule`, `granularity`,
            `locality`, `criterion`): one value, or several of which a model must have one.

    Warns:
        RegistryWarning: results are published for what was asked for, but no files.

    Raises:
        FilterError: no such filter, or no model can have the value; names the nearest.

    Example:
        >>> [str(model.key) for model in available_models(name="HARP", architecture="R18", structure="US", sparsity=90)]
        ['HARP_Zhao2023Holistic_R18_CIFAR10_US_90']
    """
    found = listed_models(filters)
    if not found and (told := results_without_files(filters)):
        tell(told, stacklevel=2)
    return found


def listed_models(filters: Filters) -> tuple[ListedModel, ...]:
    """What `available_models` returns, without a warning."""
    wanted = read_filters(filters)
    return tuple(model for model in _listed() if matches(wanted, model.key, model.taxonomy))


def published_keys(filters: Filters) -> frozenset[ModelKey]:
    """The models asked for of which results are published, with files or without."""
    wanted = read_filters(filters)
    return frozenset(
        result.key
        for method in board_methods()
        for result in method.results
        if result.provenance == "published" and matches(wanted, result.key, method.taxonomy)
    )


def results_without_files(filters: Filters) -> str:
    """What to say where results are published of the models asked for and none has a file; empty if there are none."""
    count = len(published_keys(filters))
    return f"no file of such a model is published, only {count} results (apcore.load_results has them)" if count else ""


def find_model(key: str | ModelKey) -> ListedModel:
    """The listed model of that key; older keys are read as those that replaced them.

    Raises:
        ContributorError: the key is malformed, or nothing is published under it; names the nearest there are.
    """
    parsed = parse_key(key)
    found = next((model for model in _listed() if model.key == parsed), None)
    if found is None:
        raise _nothing_published(parsed)
    return found


def parse_key(key: str | ModelKey) -> ModelKey:
    """Read a key, aliases of its method included.

    Raises:
        ContributorError: it is malformed; names the nearest there are.
    """
    ap_key, *rest = str(key).rsplit("_", 4)
    method = method_of(ap_key)
    try:
        return ModelKey.parse("_".join([method.taxonomy.ap_key if method else ap_key, *rest]))
    except ModelKeyError as exc:
        near = nearest_texts(str(key), (str(model.key) for model in _listed()))
        raise ContributorError(where="key", message=f"{exc}", fix=f"the nearest keys are {_quoted(near)}") from exc


@cache
def _listed() -> tuple[ListedModel, ...]:
    methods = {method.taxonomy.ap_key: method for method in board_methods()}
    models = []
    for key in sorted({file.model_key for file in published_files()}):
        method = methods[key.ap_key]
        cells = (r for r in method.results if (r.key, r.protocol) == (key, PROTOCOL_OF_THE_LIST))
        models.append(
            ListedModel(
                key=key,
                files=files_of(key),
                taxonomy=method.taxonomy,
                published=next((result for result in cells if result.provenance == "published"), None),
                remarks=tuple(remark for remark in registry_remarks() if key in remark.keys),
            )
        )
    return tuple(models)


def warned(model: ListedModel, about: About) -> tuple[Remark, ...]:
    """The remarks that whoever loads this kind of file is told."""
    return tuple(remark for remark in model.remarks if remark.about is about)


def _nothing_published(key: ModelKey) -> ContributorError:
    method = method_of(key.ap_key)
    if method is None:
        known = [m.taxonomy.ap_key for m in board_methods()]
        return ContributorError(
            where="key",
            message=f"the board has no method `{key.ap_key}`",
            fix=f"the nearest are {_quoted(nearest_texts(key.ap_key, known))}; "
            "a checkpoint of your own loads with `checkpoint=PATH`",
        )
    near = nearest_keys(key, (model.key for model in _listed()))
    published = any(result.key == key for result in method.results)
    why = (
        "results are published for it, but no file" if published else "neither a file nor a result is published for it"
    )
    return ContributorError(
        where="key",
        message=f"no file of `{key}` can be loaded: {why}",
        fix=f"it is the turn of the method's authors ({method.taxonomy.paper_url}) to publish one; "
        f"the nearest with files are {_quoted(map(str, near))}; a checkpoint of your own loads with `checkpoint=PATH`",
    )


def _quoted(texts: "map[str] | tuple[str, ...]") -> str:
    return ", ".join(f"`{text}`" for text in texts)
