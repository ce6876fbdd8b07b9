"""Benchmark core of adversarially robust pruned networks; it has not heard of GitHub, and imports torch only on use.

What a reader needs is here by name, and loaded when it is first asked for, so that `import apcore` costs nothing:

>>> import apcore
>>> apcore.load_taxonomy("HARP").words("pipeline")
'A-Methods Pruning After Training'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apcore.errors import ContributorError, MachineError, ServiceError, TurnError
    from apcore.model_key import ModelKey, Structure
    from apcore.registry.anomalies import registry_remarks
    from apcore.registry.board import BoardResult
    from apcore.registry.filters import FilterError
    from apcore.registry.loading import load_distances, load_model
    from apcore.registry.models import ListedModel, available_models
    from apcore.registry.remark import RegistryWarning, Remark
    from apcore.registry.results import load_results, load_taxonomy, results_frame
    from apcore.registry.taxonomies import Taxonomy

__all__ = [
    "BoardResult",
    "ContributorError",
    "FilterError",
    "ListedModel",
    "MachineError",
    "ModelKey",
    "RegistryWarning",
    "Remark",
    "ServiceError",
    "Structure",
    "Taxonomy",
    "TurnError",
    "available_models",
    "load_distances",
    "load_model",
    "load_results",
    "load_taxonomy",
    "registry_remarks",
    "results_frame",
]

_PLACES = {
    "BoardResult": "registry.board",
    "ContributorError": "errors",
    "FilterError": "registry.filters",
    "ListedModel": "registry.models",
    "MachineError": "errors",
    "ModelKey": "model_key",
    "RegistryWarning": "registry.remark",
    "Remark": "registry.remark",
    "ServiceError": "errors",
    "Structure": "model_key",
    "Taxonomy": "registry.taxonomies",
    "TurnError": "errors",
    "available_models": "registry.models",
    "load_distances": "registry.loading",
    "load_model": "registry.loading",
    "load_results": "registry.results",
    "load_taxonomy": "registry.results",
    "registry_remarks": "registry.anomalies",
    "results_frame": "registry.results",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """The public names too, so that completion offers them before their first use."""
    return sorted({*globals(), *__all__})
