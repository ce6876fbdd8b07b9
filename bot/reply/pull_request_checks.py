"""What the maintainer who reads a pull request should look at: each line says why, none asks for what was checked."""

from collections.abc import Iterator, Sequence
from typing import Final

from apcore.result import Result
from apcore.verdict import Metric, Verdict
from bot.leaderboard.board import Board
from bot.leaderboard.change import Change
from bot.leaderboard.entry import Entry
from bot.leaderboard.headings import counted
from bot.leaderboard.links import link, method_name
from bot.leaderboard.records import VerifiedRecord
from bot.reply.flag_lines import flag_items
from bot.reply.markdown import code, sentence
from bot.reply.result_rows import WORDS, short_name
from bot.submission.model import Submission

_MAX_FLAGS: Final = 20
_CLAIMS: Final = {
    Metric.CLEAN: "clean accuracy",
    Metric.AUTOATTACK: "AutoAttack robust accuracy",
    Metric.HO_FMN: "HO-FMN robust accuracy",
}
_DOUBTS: Final = (Verdict.REFUTED, Verdict.OTHER_RADIUS, Verdict.INCONSISTENT, Verdict.NOT_MEASURED)


def things_to_look_at(change: Change) -> Iterator[str]:
    """One line of Markdown for each thing, the gravest first."""
    yield from _partial(change.results)
    yield from _verdicts(change.results)
    yield from _sparsities(change.results)
    yield from _flags(change.results)
    yield from _twins(change)
    yield from _unmeasured(change.submission, change.results)
    yield from _uncertified(change)
    if change.old_entry is None:
        yield from _identity(change.entry, change.before)
    else:
        yield from _same_method(change.old_entry, change.submission)


def _partial(results: Sequence[Result]) -> Iterator[str]:
    if any(result.partial for result in results):
        yield "The run is partial: merge it only if the entry should keep its numbers. A full run decides."


def _verdicts(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        doubtful = [judgement for judgement in result.claims if judgement.verdict in _DOUBTS]
        # Where something is refuted, what was not measured was not attacked because of it.
        refuted = [judgement for judgement in doubtful if judgement.verdict is Verdict.REFUTED]
        for judgement in refuted or doubtful:
            about = f"{short_name(result.model_key)}, {_CLAIMS[judgement.metric]}"
            yield f"{about}, {WORDS[judgement.verdict]}: {sentence(judgement.reason)}."


def _sparsities(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        sparsity = result.sparsity
        if not sparsity.agrees:
            yield (
                f"{short_name(result.model_key)}: the key claims {100 * sparsity.claimed:g} % sparsity, measured are "
                f"{100 * sparsity.weights:.2f} % of the weights and {100 * sparsity.filters:.2f} % of the filters. "
                "The tables leave it out."
            )


def _flags(results: Sequence[Result]) -> Iterator[str]:
    items, more = flag_items(results, most=_MAX_FLAGS)
    yield from items
    if more:
        yield f"{counted(more, 'more flag')} in the result files."


def _twins(change: Change) -> Iterator[str]:
    """Weights that the board after this change has in another place too."""
    known: dict[str, list[str]] = {}
    for entry in change.after.entries:
        for record in entry.results:
            if isinstance(record, VerifiedRecord) and record.checkpoint.fingerprint:
                places = known.setdefault(record.checkpoint.fingerprint, [])
                places += [place for place in [f"{code(entry.ap_key)} {record.track}"] if place not in places]
    for fingerprint in sorted({result.checkpoint.fingerprint or "" for result in change.results}):
        if len(places := known.get(fingerprint, [])) > 1:
            yield f"The very same weights stand under {' and '.join(places)}. Which of these are they?"


def _unmeasured(submission: Submission, results: Sequence[Result]) -> Iterator[str]:
    measured = {result.model_key for result in results}
    missing = [short_name(model.key) for model in submission.models if model.key not in measured]
    if missing:
        yield f"Not measured, hence not part of this change: {', '.join(missing)}."


def _uncertified(change: Change) -> Iterator[str]:
    missing = [short_name(one.model_key) for one in change.results if one.model_key not in (change.certified or ())]
    if change.certified is not None and missing:
        yield (
            f"Without a certificate: {', '.join(missing)}. Running the failed jobs of the run again makes it good, as long as "
            "its artifacts are kept."
        )


def _identity(new: Entry, before: Board) -> Iterator[str]:
    twins = [entry for entry in before.entries if entry.name.casefold() == new.name.casefold()]
    for twin in twins:
        yield f"The board already has a method called {method_name(twin.name)} ({code(twin.ap_key)}). Is this another one?"
    yield f"The method is new. Do its name and taxonomy fit {link('the paper', new.taxonomy['paper_url'])}?"


def _same_method(old: Entry, submission: Submission) -> Iterator[str]:
    owner = "has no owner on the board" if old.owner is None else f"belongs to {code(old.owner)}"
    yield f"The method {owner}. May the submitter speak for it?"
    if submission.ap_key != old.ap_key:
        yield f"The submission calls the method {code(submission.ap_key)}. Is it the same as {code(old.ap_key)}?"
    for field, theirs in sorted(submission.taxonomy.items()):
        if field != "ap_key" and theirs != old.taxonomy.get(field):
            yield (
                f"Taxonomy, {field.replace('_', ' ')}: the board has {_value(old.taxonomy.get(field))}, the submission "
                f"{_value(theirs)}. The board's stays."
            )


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    return code(", ".join(map(str, value)) if isinstance(value, list) else str(value))
