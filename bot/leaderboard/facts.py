"""Which methods the board knows: all that the rules ask of it, read without the cost of checking every record."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from apcore import json_shape
from apcore.errors import MachineError
from apcore.model_key import Structure
from bot.rules.facts import Cell, KnownMethod


def board_facts(board: Path) -> tuple[KnownMethod, ...]:
    """The methods of `board`, a folder with `entries/`, in the order of their keys.

    Raises:
        MachineError: the folder is missing, or an entry does not say its key, aliases, name and paper.
    """
    entries = board / "entries"
    if not entries.is_dir():
        raise MachineError(
            where=str(entries),
            message="the folder with the leaderboard's entries is missing",
            fix="run the command in a clone of the project, or install the project again",
        )
    return tuple(_known_method(path) for path in sorted(entries.glob("*.json")))


def _cells(results: Iterable[Mapping[str, Any]]) -> dict[Cell, tuple[float, float]]:
    """The published results; those that were measured here are recorded by name, and bound to their own checkpoints."""
    return {
        Cell(
            architecture=result["architecture"],
            dataset=result["dataset"],
            structure=Structure(result["structure"]),
            sparsity=result["sparsity"],
        ): (result["clean_accuracy"], result["aa_robust_accuracy"])
        for result in results
        if result["provenance"] == "published"
    }


def _known_method(path: Path) -> KnownMethod:
    try:
        entry = json_shape.parse(path.read_bytes())
        return KnownMethod(
            ap_key=entry["ap_key"],
            aliases=tuple(entry["aliases"]),
            name=entry["name"],
            paper_url=entry["taxonomy"]["paper_url"],
            taxonomy=entry["taxonomy"],
            notes=tuple(entry["taxonomy_source"]["notes"]),
            cells=_cells(entry["results"]),
            owner=entry["owner"],
        )
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise MachineError(
            where=f"leaderboard/entries/{path.name}",
            message=f"this entry cannot be used: {type(exc).__name__}: {exc}",
            fix="mend or restore the file, then run `apbot leaderboard check`",
        ) from exc
