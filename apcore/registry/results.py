"""The board's results as values and as a pandas table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, Unpack

from apcore.errors import ContributorError, MachineError
from apcore.registry.board import BoardMethod, BoardResult, board_methods, method_of
from apcore.registry.filters import FilterError, Filters, matches, read_filters
from apcore.registry.nearest import nearest_texts
from apcore.registry.taxonomies import Taxonomy

if TYPE_CHECKING:
    import pandas as pd

_PROVENANCES: Final = ("published", "verified")
_TAXONOMY_COLUMNS: Final = ("pipeline", "schedule", "locality", "criterion")


def load_taxonomy(ap_key_or_name: str) -> Taxonomy:
    """The taxonomy of a method, by its key (also an older one) or its name in tables, e.g. `HARP_Zhao2023Holistic` or `HARP`.

    Raises:
        ContributorError: the board has no such method; names the nearest.
    """
    by_name = (method for method in board_methods() if method.taxonomy.name.casefold() == ap_key_or_name.casefold())
    if found := method_of(ap_key_or_name) or next(by_name, None):
        return found.taxonomy
    known = [text for method in board_methods() for text in (method.taxonomy.name, method.taxonomy.ap_key)]
    near = ", ".join(f"`{text}`" for text in nearest_texts(ap_key_or_name, known))
    raise ContributorError(
        where="ap_key_or_name", message=f"the board has no method `{ap_key_or_name}`", fix=f"the nearest are {near}"
    )


def load_results(
    *,
    protocol: str | None = None,
    provenance: Literal["published", "verified"] | None = None,
    **filters: Unpack[Filters],
) -> tuple[BoardResult, ...]:
    """The board's results, in the order of their keys; light, without torch and network.

    Args:
        protocol: only those measured under it. Numbers of different protocols are never compared.
        provenance: only those carried over from the paper, or only those that were re-run.
        **filters: as for `available_models`; models without published files have results too, those on SVHN for instance.

    Raises:
        FilterError: no such filter, or no result can have the value; names the nearest.
    """
    return tuple(result for _, result in _chosen(protocol, provenance, filters))


def results_frame(
    *,
    protocol: str | None = None,
    provenance: Literal["published", "verified"] | None = None,
    **filters: Unpack[Filters],
) -> "pd.DataFrame":
    """The board's results as a table, one row each; needs pandas, which the package does not install.

    Args:
        protocol: see `load_results`.
        provenance: see `load_results`.
        **filters: see `load_results`.

    Returns:
        Columns: `model_key` and its parts (`ap_key`, `architecture`, `dataset`, `structure`, `sparsity` in percent), the
        method's `name`, `protocol`, `provenance`, `clean_accuracy`, `aa_robust_accuracy`, `hofmn_robust_accuracy` (fractions in
        [0, 1], NaN where not known), `partial`, `verdict`, and of the taxonomy `pipeline`, `schedule`, `locality`,
        `criterion` (several terms joined by a comma). The same columns where no result is chosen.

    Raises:
        FilterError: see `load_results`.
        MachineError: pandas is not installed.
    """
    rows = [_row(method.taxonomy, result) for method, result in _chosen(protocol, provenance, filters)]
    try:
        import pandas as pd  # noqa: PLC0415 - no dependency
    except ModuleNotFoundError as exc:
        raise MachineError(
            where="results_frame",
            message="pandas is not installed here",
            fix="pip install pandas, or use load_results, which gives the same as plain values",
        ) from exc
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    accuracies = [name for name in _COLUMNS if name.endswith("_accuracy")]
    return frame.astype(dict.fromkeys(accuracies, "float64"))


def _chosen(
    protocol: str | None, provenance: str | None, filters: Mapping[str, Any]
) -> list[tuple[BoardMethod, BoardResult]]:
    everything = [(method, result) for method in board_methods() for result in method.results]
    _check("protocol", protocol, {result.protocol for _, result in everything})
    _check("provenance", provenance, set(_PROVENANCES))
    wanted = read_filters(filters)
    chosen = [
        (method, result)
        for method, result in everything
        if protocol in (None, result.protocol)
        and provenance in (None, result.provenance)
        and matches(wanted, result.key, method.taxonomy)
    ]
    return sorted(chosen, key=lambda pair: (pair[1].key, pair[1].protocol, pair[1].provenance))


def _check(name: str, value: str | None, known: set[str]) -> None:
    if value is not None and value not in known:
        near, *_ = nearest_texts(value, known)
        raise FilterError(where=name, message=f"no result has the {name} `{value}`", fix=f"the nearest is `{near}`")


_COLUMNS: Final = (
    "model_key", "name", "ap_key", "architecture", "dataset", "structure", "sparsity", "protocol", "provenance",
    "clean_accuracy", "aa_robust_accuracy", "hofmn_robust_accuracy", "partial", "verdict", *_TAXONOMY_COLUMNS,
)  # fmt: skip


def _row(taxonomy: Taxonomy, result: BoardResult) -> dict[str, Any]:
    key = result.key
    return {
        "model_key": str(key),
        "name": taxonomy.name,
        "ap_key": key.ap_key,
        "architecture": key.architecture,
        "dataset": key.dataset,
        "structure": str(key.structure),
        "sparsity": key.sparsity,
        "protocol": result.protocol,
        "provenance": result.provenance,
        "clean_accuracy": result.clean_accuracy,
        "aa_robust_accuracy": result.aa_robust_accuracy,
        "hofmn_robust_accuracy": result.hofmn_robust_accuracy,
        "partial": result.partial,
        "verdict": result.verdict,
        **{field: _joined(getattr(taxonomy, field)) for field in _TAXONOMY_COLUMNS},
    }


def _joined(value: str | tuple[str, ...] | None) -> str | None:
    return ", ".join(value) if isinstance(value, tuple) else value
