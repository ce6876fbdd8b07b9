"""The pull request that proposes a change of the board: what to look at, what was measured, and what it changes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from apcore.accuracy import Measure
from apcore.protocol import Protocol
from apcore.result import Result
from bot.certificate.place import EVIDENCE
from bot.leaderboard.change import Change
from bot.leaderboard.headings import STRUCTURE_WORDS, architecture_name, counted
from bot.leaderboard.links import method_name
from bot.leaderboard.merge import track_of
from bot.leaderboard.ranks import rank_changes
from bot.reply.markdown import code, code_block, table
from bot.reply.pull_request_checks import things_to_look_at
from bot.reply.result_headline import sparsity_note, tally
from bot.reply.result_rows import Row, results_table, short_name

MAX_LENGTH: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """Title, one line of plain text, and body, at most 60,000 characters of Markdown."""

    title: str
    body: str


def pull_request(change: Change) -> PullRequest:
    """Title and body of the pull request for one submission. Everything that an author wrote is quoted or escaped."""
    rows = _rows(change)
    parts = [
        _opening(change, rows),
        _partial_warning(change.results, change.protocol),
        "## What to look at",
        _bullets(f"[ ] {thing}" for thing in things_to_look_at(change)),
        "## Claimed and measured",
        results_table(rows, change.protocol),
        "## What changes",
        _bullets(_changes(change)),
        f"## Ranks under {code(change.protocol.name)}",
        _bullets(_ranks(change)),
        "## Run it again",
        _repeat(change),
        _hashes(change),
    ]
    return PullRequest(title=_title(change), body=_fitted([part for part in parts if part]))


def _title(change: Change) -> str:
    keys = [model.key for model in change.submission.models]
    architectures = _either(architecture_name(model.architecture) for model in change.submission.models)
    datasets = _either(key.dataset for key in keys)
    structures = _either(STRUCTURE_WORDS[key.structure] for key in keys)
    verb = "Update" if change.old_entry else "Add"
    partial = " (partial run)" if any(result.partial for result in change.results) else ""
    return f"{verb} {change.entry.name}: {architectures}, {datasets}, {structures}{partial}"


def _opening(change: Change, rows: Sequence[Row]) -> str:
    verdict = f"**Verdict: {tally(row for row in rows if row.result is not None)}.**"
    sparsity = f" {note}" if (note := sparsity_note(rows)) else ""
    verb, onto = ("updates", "on") if change.old_entry else ("adds", "to")
    measured = counted(len(change.results), "checkpoint")
    closes = f" Closes #{change.issue}." if change.issue is not None else ""
    run = f" [Log of the run]({change.run_url})." if change.run_url else ""
    return (
        f"{verdict}{sparsity} This {verb} {method_name(change.entry.name)} ({code(change.entry.ap_key)}) {onto} the board: "
        f"{measured}, measured by apbot under protocol {code(change.protocol.name)}.{closes}{run}"
    )


def _partial_warning(results: Sequence[Result], protocol: Protocol) -> str:
    if not any(result.partial for result in results):
        return ""
    samples = min(result.accuracies[Measure.CLEAN].samples for result in results)
    return (
        "> [!WARNING]\n"
        f"> This run was partial: AutoAttack took {samples:,} of the {protocol.autoattack.samples.count:,} samples of the "
        "protocol. The tables leave partial results out."
    )


def _rows(change: Change) -> list[Row]:
    measured = {result.model_key: result for result in change.results}
    return [
        Row(
            model=model,
            result=measured.get(model.key),
            failure=None,
            judgements=measured[model.key].claims if model.key in measured else (),
        )
        for model in change.submission.models
    ]


def _changes(change: Change) -> Iterator[str]:
    path = code(f"leaderboard/entries/{change.entry.ap_key}.json")
    if change.old_entry is None:
        yield f"{path} is new: taxonomy from the submission, {counted(len(change.entry.results), 'result')}."
    elif change.old_entry == change.entry:
        yield f"{path} stays as it is: nothing measured here replaces what it holds."
    else:
        before, after = set(change.old_entry.results), set(change.entry.results)
        new, replaced = len(after - before), len(before - after)
        older = f", {counted(replaced, 'older one')} replaced" if replaced else ""
        yield f"{path}: {counted(new, 'verified result')} added{older}. Its taxonomy, owner and published results stay."
    measured = {result.model_key for result in change.results}
    for model in change.submission.models:
        kept = change.entry.verified(track_of(model), change.protocol.name)
        if model.key in measured and kept is not None and kept.submission_sha256 != change.submission.sha256:
            yield (
                f"{short_name(model.key)}: the verified result of {kept.date.isoformat()} stays, because the tables "
                "would leave the new one out."
            )
    yield "Tables, JSON and CSV are rebuilt from the entries with `apbot leaderboard build`."
    if change.certified is not None:
        yield (
            f"Result files and certificates are in {code(EVIDENCE)}, a folder for each run; `apbot certificate check` "
            "holds one against the other."
        )


def _ranks(change: Change) -> Iterator[str]:
    changes = rank_changes(change.before, change.after, change.entry.ap_key)
    yield from map(str, changes)
    if not changes:
        yield "No rank changes."


def _repeat(change: Change) -> str:
    result = change.results[0]
    limit = "" if result.limit is None else f" --limit {result.limit}"
    command = f"apbot verify issue.md --out out --data DATA --protocol {change.protocol.name}{limit}"
    return f"With the issue's text in `issue.md` and the test images in `DATA`:\n\n{code_block(command, 'sh')}"


def _hashes(change: Change) -> str:
    protocol, first = change.protocol, change.results[0]
    attacks = f"AutoAttack eps {protocol.autoattack.eps_text}, HO-FMN eps {protocol.ho_fmn.eps_text}"
    versions = ", ".join(f"{name} {code(str(value))}" for name, value in sorted(first.environment.items()))
    rows = [
        [
            "protocol",
            f"{code(protocol.name)}: {attacks}, seed {first.protocol.seed}, {first.protocol.randomness} randomness",
        ],
        ["protocol file", code(protocol.sha256)],
        ["submission", code(change.submission.sha256)],
        *([f"checkpoint {short_name(r.model_key)}", code(r.checkpoint.sha256)] for r in change.results),
        ["measured with", versions],
    ]
    return table(["What", "SHA-256 or setting"], rows)


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _either(names: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(names))


def _fitted(parts: Sequence[str]) -> str:
    """What fits into a pull request; the cut, if any, is said."""
    body = "\n\n".join(parts) + "\n"
    if len(body) <= MAX_LENGTH:
        return body
    note = "\n\nThe rest does not fit here; the entry and the result files hold it.\n"
    return body[: body.rindex("\n", 0, MAX_LENGTH - len(note))] + note
