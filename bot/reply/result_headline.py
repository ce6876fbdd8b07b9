"""The first line of a result comment: the verdict on the whole submission, in words and counts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from apcore.failure import Turn
from apcore.protocol import Protocol
from apcore.result import Result
from apcore.verdict import Metric, Verdict, planned_samples, worst
from bot.reply.markdown import code
from bot.reply.result_rows import WORDS, Row
from bot.submission.model import Submission

_LEADS: Final = {
    Verdict.REFUTED: ("Refuted", "Measured values are below the claim by more than the protocol allows."),
    Verdict.OTHER_RADIUS: (
        "Claimed at another radius",
        "A claim fits another eps than the one that this protocol measures at. It is your turn: correct the claim.",
    ),
    Verdict.INCONSISTENT: ("Partial run, inconsistent", "Only a full run confirms or refutes."),
    Verdict.NOT_MEASURED: ("Measured in part only", "A claim without a measurement is not confirmed."),
    Verdict.CONSISTENT: (
        "Partial run, consistent so far",
        "Nothing is confirmed yet: so few samples can contradict a claim, but not confirm it.",
    ),
    Verdict.CONFIRMED_LOWER: ("Confirmed, with lower values", "The lower value binds, and it is the one shown."),
    Verdict.HIGHER: ("Confirmed, and higher than claimed", "The measured values are shown."),
    Verdict.CONFIRMED: ("Confirmed", "Every claim agrees with what was measured."),
}
_TURNS: Final = {
    Turn.CONTRIBUTOR: "It is your turn.",
    Turn.MACHINE: "It is our turn, and nothing is asked of you.",
    Turn.SERVICE: "An outside service failed; it is asked again, and nothing is asked of you.",
}


def headline(submission: Submission, rows: Sequence[Row], protocol: Protocol) -> str:
    """The verdict in bold, how many checkpoints it concerns, whose turn it is, and how the others fared."""
    of = f"for {code(submission.ap_key)} under {code(protocol.name)}"
    measured = [row for row in rows if row.result is not None]
    if len(measured) < len(rows):
        return _sentences(
            f"**Not complete: {_count(len(measured), rows)} measured** {of}.",
            *(_TURNS[turn] for turn in Turn if any(row.failure and row.failure.turn is turn for row in rows)),
            f"So far: {tally(measured)}." if measured else "",
            sparsity_note(rows),
        )
    verdict = worst(row.verdict for row in rows) or Verdict.NOT_MEASURED
    deciding = [row for row in rows if row.verdict is verdict]
    lead, meaning = _LEADS[verdict]
    if any(row.not_attacked for row in deciding):
        meaning = "Where the clean accuracy is not the claimed one, nothing was attacked. It is your turn."
    elif any(row.stopped_early for row in deciding):
        meaning = _stopped_early(deciding)
    others = [row for row in rows if row.verdict is not verdict]
    return _sentences(
        f"**{lead}: {_count(len(deciding), rows)}** {of}.",
        meaning,
        f"The others: {tally(others)}." if others else "",
        sparsity_note(rows),
    )


def partial_note(rows: Sequence[Row], protocol: Protocol) -> str:
    """Says what a partial run lacks; empty for a full one."""
    partial = [row.result for row in rows if row.result is not None and row.result.partial]
    if not partial:
        return ""
    cause = f" (`--limit {partial[0].limit}`)" if partial[0].limit is not None else ""
    return (
        f"> [!NOTE]\n> **This is a partial run**{cause}: {' and '.join(_lacks(partial, protocol))}. "
        "It neither confirms nor refutes, and the leaderboard's tables leave it out."
    )


def _lacks(partial: Sequence[Result], protocol: Protocol) -> Iterator[str]:
    for attack, metric in (("AutoAttack", Metric.CLEAN), ("HO-FMN", Metric.HO_FMN)):
        planned = planned_samples(metric, protocol)
        found = [result.accuracies[metric.measure] for result in partial if metric.measure in result.accuracies]
        fewest = min((accuracy.samples for accuracy in found), default=planned)
        if fewest < planned:
            yield f"{attack} had {fewest:,} of the {planned:,} samples that {code(protocol.name)} asks for"
    for seed in sorted({result.protocol.seed for result in partial} - {protocol.autoattack.seed}):
        yield f"the seed was {seed}, not the protocol's {protocol.autoattack.seed}"


def _stopped_early(rows: Sequence[Row]) -> str:
    """What ended the run of those whose claim was refuted before its end."""
    bounded = [row for row in rows if row.result is not None and row.result.bound is not None]
    if not bounded:
        what = "The first samples of a random order refute a claim"
    elif len(bounded) == sum(row.stopped_early for row in rows):
        what = "The first attacks break so many samples that no later one can bear out the claim"
    else:
        what = "The first samples, or the first attacks on all of them, refute a claim"
    return f"{what}, so the rest was not attacked. It is your turn."


def _count(count: int, rows: Sequence[Row]) -> str:
    return f"{count} of {len(rows)} checkpoint{'' if len(rows) == 1 else 's'}"


def tally(rows: Iterable[Row]) -> str:
    """How many checkpoints got which verdict, the gravest first."""
    counts = Counter(row.verdict for row in rows)
    return ", ".join(f"{counts[verdict]} {WORDS[verdict]}" for verdict in Verdict if counts[verdict])


def sparsity_note(rows: Sequence[Row]) -> str:
    """Says how many checkpoints are not as sparse as claimed; empty if all are."""
    differing = sum(row.sparsity_differs for row in rows)
    return f"The sparsity of {_count(differing, rows)} is not the claimed one." if differing else ""


def _sentences(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
