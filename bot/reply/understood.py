"""What was understood of an issue: the method and a table of its models, each marked with how it stands."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from apcore.taxonomy_schema import in_order
from bot.reply.markdown import code, code_block, table
from bot.reply.places import model_index
from bot.submission.draft import Draft, DraftModel
from bot.submission.model import Finding, Severity

_MAX_ROWS: Final = 64
_NOTHING: Final = "?"
_MARKS: Final = {Severity.ERROR: "❌", Severity.WARNING: "⚠️"}
_FINE: Final = "✅"


def understood(draft: Draft | None, findings: Sequence[Finding]) -> Iterator[str]:
    """Paragraphs of Markdown, none where nothing was read.

    Args:
        draft: what could be read.
        findings: each model is marked with the heaviest of its own.
    """
    if draft is None or not (draft.models or draft.ap_key):
        return
    yield "### What was understood"
    if draft.ap_key:
        yield _method(draft)
    if draft.models:
        yield _models(draft.models[:_MAX_ROWS], findings)
    if draft.taxonomy and draft.taxonomy.taxonomy:
        fields = draft.taxonomy.taxonomy
        words = json.dumps({name: fields[name] for name in in_order(fields)}, indent=2, ensure_ascii=False)
        yield f"<details><summary>The taxonomy</summary>\n\n{code_block(words, 'json')}\n\n</details>"


def _method(draft: Draft) -> str:
    paper = draft.taxonomy.fields.get("paper_url") if draft.taxonomy else None
    return (
        f"Method {code(draft.ap_key or '', 60)}"
        + (f", paper {code(paper, 200)}" if isinstance(paper, str) else "")
        + "."
    )


def _models(models: Sequence[DraftModel], findings: Sequence[Finding]) -> str:
    normalized = any(model.normalization for model in models)
    header = (
        "",
        "model",
        "clean %",
        "AutoAttack %",
        "HO-FMN %",
        *(("input normalization",) if normalized else ()),
        "files",
    )
    rows = [
        (
            f"{_mark([finding.severity for finding in findings if model_index(finding.where) == index])} {index + 1}",
            *_row(model, normalized),
        )
        for index, model in enumerate(models)
    ]
    unread = any("normalization" in model.refused for model in models)
    inputs = (
        "" if normalized or unread else " The networks see pixels in [0, 1] as they are; none normalizes its input."
    )
    return f"{table(header, rows, numeric=(2, 3, 4))}\n\nThe accuracies are claims.{inputs}"


def _mark(severities: Collection[Severity]) -> str:
    return next((mark for severity, mark in _MARKS.items() if severity in severities), _FINE)


def _row(model: DraftModel, normalized: bool) -> tuple[str, ...]:  # noqa: FBT001 one row of one table
    return (
        code(model.key_text) if model.key_text else _NOTHING,
        *(_NOTHING if claim is None else f"{claim:.2f}" for claim in model.claims),
        *((_normalization(model),) if normalized else ()),
        _files(model),
    )


def _files(model: DraftModel) -> str:
    files = (("checkpoint", model.checkpoint), ("distances", model.distances), ("outcomes", model.outcomes))
    return "<br>".join(f"{name} {code(file.id)} {code(file.extension)}" for name, file in files if file) or _NOTHING


def _normalization(model: DraftModel) -> str:
    found = model.normalization
    if found is None:
        return _NOTHING if "normalization" in model.refused else "none"
    mean, std = (", ".join(f"{value:g}" for value in part) for part in (found.mean, found.std))
    return f"mean {mean}<br>std {std}"
