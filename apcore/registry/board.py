"""The leaderboard's entries as data: each method with its taxonomy and its results. They are the truth; nothing is kept twice.

Accuracies are percent in the files and fractions here.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from apcore import json_shape, project_files
from apcore.errors import MachineError
from apcore.model_key import ModelKey, Structure
from apcore.protocol import load_protocol
from apcore.registry.taxonomies import Taxonomy


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardResult:
    """Accuracies of one model on the board, fractions in [0, 1]; None where they were not published or not measured.

    Numbers of different protocols are never compared: their radii and samples differ.

    Args:
        key: the model.
        protocol: under which it was measured.
        provenance: `published` in the paper and not re-run, or `verified` by re-running it.
        clean_accuracy: without an attack.
        aa_robust_accuracy: under AutoAttack.
        hofmn_robust_accuracy: under HO-FMN.
        partial: AutoAttack attacked fewer samples than the protocol has; the tables leave such a result out.
        verdict: what became of the claim; None where nothing was re-run.
        checkpoint: Drive id and SHA-256 of the bytes that were measured; None where nothing was re-run.
    """

    key: ModelKey
    protocol: str
    provenance: Literal["published", "verified"]
    clean_accuracy: float
    aa_robust_accuracy: float | None
    hofmn_robust_accuracy: float | None
    partial: bool = False
    verdict: str | None = None
    checkpoint: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardMethod:
    """A method on the board."""

    taxonomy: Taxonomy
    results: tuple[BoardResult, ...]


@cache
def board_methods() -> tuple[BoardMethod, ...]:
    """The methods of the leaderboard that came with this installation, in the order of their names.

    Raises:
        MachineError: an entry cannot be used.
        FileNotFoundError: the installation is incomplete.
    """
    return read_methods(project_files.project_folder(project_files.__file__, "leaderboard") / "entries")


def read_methods(entries: Path) -> tuple[BoardMethod, ...]:
    """The methods of a folder of entries, in the order of their names.

    Raises:
        MachineError: an entry cannot be used.
    """
    methods = (_method(path) for path in sorted(entries.glob("*.json")))
    return tuple(sorted(methods, key=lambda m: (m.taxonomy.name.casefold(), m.taxonomy.ap_key)))


def method_of(ap_key: str) -> BoardMethod | None:
    """The method with that key or alias, whatever its case and accents are composed of; None if the board has none."""
    wanted = _folded(ap_key)
    return next((m for m in board_methods() if wanted in map(_folded, m.taxonomy.keys)), None)


def _folded(key: str) -> str:
    return unicodedata.normalize("NFKC", key).casefold()


def _method(path: Path) -> BoardMethod:
    try:
        entry = json_shape.parse(path.read_bytes())
        taxonomy = Taxonomy.of_entry(entry)
        results = tuple(sorted((_result(taxonomy.ap_key, raw) for raw in entry["results"]), key=lambda r: r.key))
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise MachineError(
            where=f"leaderboard/entries/{path.name}",
            message=f"this entry cannot be used: {type(exc).__name__}: {exc}",
            fix="restore the file, or install the project again",
        ) from exc
    return BoardMethod(taxonomy=taxonomy, results=results)


def _result(ap_key: str, raw: Mapping[str, Any]) -> BoardResult:
    published = raw["provenance"] == "published"
    protocol = raw["protocol"] if published else raw["protocol"]["name"]
    short = {architecture.name: architecture.short for architecture in load_protocol(protocol).architectures}
    key = ModelKey(
        ap_key=ap_key,
        architecture=short[raw["architecture"]],
        dataset=raw["dataset"],
        structure=Structure(raw["structure"]),
        sparsity=raw["sparsity"],
    )
    if published:
        return BoardResult(
            key=key,
            protocol=protocol,
            provenance="published",
            clean_accuracy=_fraction(raw["clean_accuracy"]),
            aa_robust_accuracy=_fraction(raw["aa_robust_accuracy"]),
            hofmn_robust_accuracy=_fraction_or_none(raw["hofmn_robust_accuracy"]),
        )
    measured = {name: accuracy and accuracy["value"] for name, accuracy in raw["measured"].items()}
    return BoardResult(
        key=key,
        protocol=protocol,
        provenance="verified",
        clean_accuracy=_fraction(measured["clean"]),
        aa_robust_accuracy=_fraction_or_none(measured["aa_robust"]),
        hofmn_robust_accuracy=_fraction_or_none(measured["hofmn_robust"]),
        partial=raw["partial"],
        verdict=raw["verdict"],
        checkpoint=(raw["checkpoint"]["id"], raw["checkpoint"]["sha256"]),
    )


def _fraction(percent: float) -> float:
    # 42.45 / 100 is 0.42450000000000004: the files' percentages have six decimals at most
    return round(percent / 100, 8)


def _fraction_or_none(percent: float | None) -> float | None:
    return None if percent is None else _fraction(percent)
