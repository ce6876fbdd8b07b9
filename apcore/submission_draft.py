"""Results of `apcore benchmark` gathered into the issue that hands them in."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from apcore import model_block
from apcore.claim_block import claims_of
from apcore.errors import ContributorError
from apcore.json_shape import ShapeError
from apcore.result import Result
from apcore.result_json import RESULT_SCHEMA, read_result
from apcore.verdict import Metric

_MAX_BYTES: Final = 4_000_000
_HEAD: Final = 300
_FILES: Final = {
    model_block.CHECKPOINT: "checkpoint",
    model_block.DISTANCES: "distances",
    model_block.OUTCOMES: "outcomes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A link that the author still has to fill in: for which model, and under which label."""

    model_key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """One block for each model, in the order of their keys, and what they still lack.

    Args:
        blocks: the lines of each model.
        missing: the links without which the submission is refused.
        without_outcomes: how many models come without their outcomes, which are optional and worth having.
    """

    blocks: tuple[str, ...]
    missing: tuple[Missing, ...]
    without_outcomes: int


def read_results(folder: Path) -> tuple[Result, ...]:
    """The results in `folder`, in its `results`, and in folders directly below, in the order of their keys.

    Raises:
        ContributorError: there is none, one cannot be read, or two are of the same model.
    """
    paths = sorted(
        {path for pattern in ("*.json", "results/*.json", "*/results/*.json") for path in folder.glob(pattern)}
    )
    results = [_read(path) for path in paths if _is_result(path)]
    if not results:
        raise ContributorError(
            where=str(folder),
            message="there is no result in this folder",
            fix="run `apcore benchmark CKPT --model-key KEY --out` with this folder first",
        )
    results.sort(key=lambda result: result.model_key)
    for one, other in itertools.pairwise(results):
        if one.model_key == other.model_key:
            raise ContributorError(
                where=str(folder), message=f"there are two results of `{one.model_key}`", fix="remove one of the two"
            )
    return tuple(results)


def draft(results: Sequence[Result], taxonomy: Mapping[str, Any], links: Mapping[str, Mapping[str, str]]) -> Drafted:
    """The blocks of `results` under the method of `taxonomy`.

    Args:
        results: one for each checkpoint.
        taxonomy: the canonical object.
        links: by model key, the Google Drive link of each of `checkpoint`, `distances`, `outcomes`.

    Raises:
        ContributorError: the results do not belong together, or not to this taxonomy, or one is no claim.
    """
    _refuse_strangers(results, str(taxonomy["ap_key"]))
    _refuse_unlike(results)
    missing: list[Missing] = []
    blocks, without_outcomes = [], 0
    for result in results:
        key = str(result.model_key)
        given = links.get(key, {})
        values = {label: given[name] for label, name in _FILES.items() if given.get(name)}
        if model_block.CHECKPOINT not in values:
            missing.append(Missing(model_key=key, label=model_block.CHECKPOINT))
        without_outcomes += model_block.OUTCOMES not in values
        blocks.append(model_block.model_block({model_block.MODEL_KEY: key, **values, **claims_of(result)}))
    return Drafted(blocks=tuple(blocks), missing=tuple(missing), without_outcomes=without_outcomes)


def _is_result(path: Path) -> bool:
    """Whether a file says that it is a result; others may lie beside them, a taxonomy for one."""
    try:
        with path.open("rb") as file:
            return RESULT_SCHEMA.encode() in file.read(_HEAD)
    except OSError:
        return True


def _read(path: Path) -> Result:
    try:
        with path.open("rb") as file:
            return read_result(file.read(_MAX_BYTES))
    except (OSError, ShapeError) as exc:
        raise ContributorError(
            where=str(path),
            message=f"this is no result of `apcore benchmark`: {exc}",
            fix="measure it again, or move the file away",
        ) from exc


def _refuse_strangers(results: Sequence[Result], ap_key: str) -> None:
    others = [str(result.model_key) for result in results if result.model_key.ap_key != ap_key]
    if others:
        raise ContributorError(
            where="taxonomy.ap_key",
            message=f"the taxonomy is of `{ap_key}`, but there is a result of `{others[0]}`"
            + (f" and of {len(others) - 1} more" if len(others) > 1 else ""),
            fix="use the same `ap_key` in both; another method goes into another issue",
        )


def _refuse_unlike(results: Sequence[Result]) -> None:
    first = results[0]
    for result in results:
        if result.partial:
            raise ContributorError(
                where=str(result.model_key),
                message="this was measured on fewer samples than the protocol asks for, or with another seed",
                fix="measure it without `--limit` and `--seed`",
            )
        if any(metric.measure not in result.accuracies for metric in Metric):
            raise ContributorError(
                where=str(result.model_key),
                message="not all that a claim needs was measured here",
                fix="measure it with `apcore benchmark`, which attacks whatever is claimed",
            )
        if result.protocol != first.protocol:
            raise ContributorError(
                where=str(result.model_key),
                message=f"this was measured by `{result.protocol.name}`, `{first.model_key}` by `{first.protocol.name}`, "
                "or by another version of it",
                fix="measure all checkpoints by one protocol",
            )


def links_from(entries: Any) -> dict[str, dict[str, str]]:
    """The links of a file that names them by model key: one link, or one for each of checkpoint, distances, outcomes.

    Raises:
        ContributorError: it is something else.
    """
    if not isinstance(entries, dict):
        raise _no_links("links")
    links: dict[str, dict[str, str]] = {}
    for key, value in entries.items():
        files = {"checkpoint": value} if isinstance(value, str) else value
        if not isinstance(files, dict) or files.keys() - set(_FILES.values()):
            raise _no_links(key)
        if not all(isinstance(link, str) and "\n" not in link for link in files.values()):
            raise _no_links(key)
        links[key] = files
    return links


def _no_links(where: str) -> ContributorError:
    return ContributorError(
        where=where,
        message="this does not say which links belong to which model",
        fix='write `{"<model key>": {"checkpoint": "<link>", "outcomes": "<link>"}}`, one line a link',
    )
