"""What stands below the table of a result comment, each section only where there is something to say."""

from collections.abc import Sequence
from typing import Final

from apcore.failure import Failure, Turn
from apcore.protocol import Protocol
from apcore.verdict import Metric, Verdict
from bot.leaderboard.headings import counted
from bot.reply.flag_lines import flag_items
from bot.reply.markdown import ended, sentence
from bot.reply.places import place
from bot.reply.result_rows import FLAG_MARK, MARKS, METRICS, Row, short_name

_MAX_LINES: Final = 16  # in one section: a submission may bring 64 checkpoints, and a comment holds 60,000 characters
_AGREEING: Final = frozenset({Verdict.CONFIRMED, Verdict.CONSISTENT, Verdict.NOT_MEASURED})
_HEADINGS: Final = {
    Turn.CONTRIBUTOR: "### Yours to mend",
    Turn.MACHINE: "### Ours to mend\n\nNothing here is your doing, and nothing is lost.",
    Turn.SERVICE: "### To be tried again\n\nAn outside service failed. Nothing is lost.",
}
_ACTIONS: Final = {Turn.CONTRIBUTOR: "How to mend it", Turn.MACHINE: "What we do", Turn.SERVICE: "What is done"}


def differences(rows: Sequence[Row], protocol: Protocol) -> str:
    """Each claim that the measurement does not bear out, with the numbers that decide."""
    lines = [
        f"- {MARKS[claim.verdict]} {short_name(row.model.key)}, {METRICS[claim.metric]}: {claim.reason}."
        for row in rows
        for claim in row.judgements
        if claim.verdict not in _AGREEING
    ]
    lines += [
        f"- ≠ {short_name(row.model.key)}, sparsity: claimed {100 * row.result.sparsity.claimed:g} %, but "
        f"{100 * row.result.sparsity.weights:.2f} % of the weights and {100 * row.result.sparsity.filters:.2f} % of "
        f"the filters are zero ({sentence(row.result.sparsity.layers_counted)}). A maintainer decides."
        for row in rows
        if row.result is not None and row.sparsity_differs
    ]
    return section("### Where claim and measurement differ", lines, after=_radius_hint(rows, protocol))


def failures_of(turn: Turn, rows: Sequence[Row]) -> str:
    """Checkpoints that could not be measured and are mended by `turn`; one line for all that failed alike."""
    alike: dict[tuple[str, str], list[Failure]] = {}
    for failure in (row.failure for row in rows):
        if failure is not None and failure.turn is turn:
            alike.setdefault((failure.message, failure.fix), []).append(failure)
    lines = [
        f"- **{', '.join(short_name(failure.model_key) for failure in failures)}** "
        f"({'; '.join(place(failure.where) for failure in failures)}): {ended(sentence(message))}"
        f"<br>{_ACTIONS[turn]}: {ended(sentence(fix))}"
        for (message, fix), failures in alike.items()
    ]
    return section(_HEADINGS[turn], lines)


def flags(rows: Sequence[Row]) -> str:
    """Red flags, each with its number, its meaning and what can be done."""
    items, more = flag_items([row.result for row in rows if row.result is not None], most=_MAX_LINES)
    if more:
        items.append(f"and {counted(more, 'more flag')}, in the result files")
    return section(
        "### Worth a second look\n\nA flag changes no verdict; it tells where to look. The measured cell is marked "
        f"with {FLAG_MARK} where robustness may be overstated.",
        [f"- {item}" for item in items],
    )


def section(heading: str, lines: Sequence[str], *, after: str = "") -> str:
    """A heading and its lines, shortened where there are many; empty without lines."""
    if not lines:
        return ""
    shown = list(lines[:_MAX_LINES])
    if len(lines) > _MAX_LINES:
        shown.append(f"- and {len(lines) - _MAX_LINES} more, in the result files")
    return "\n\n".join(part for part in (heading, "\n".join(shown), after) if part)


def _radius_hint(rows: Sequence[Row], protocol: Protocol) -> str:
    """What to do about a claim at another radius; where the verdict does not know of one, where to look first."""
    verdicts = {claim.verdict for row in rows for claim in row.judgements if claim.metric is not Metric.CLEAN}
    if Verdict.OTHER_RADIUS in verdicts:
        return (
            f"A claim for this board is one at AutoAttack's eps {protocol.autoattack.eps_text} and HO-FMN's eps "
            f"{protocol.ho_fmn.eps_text}. Where yours fits another eps, nothing is wrong with the checkpoint: edit this issue "
            "and claim what was measured here."
        )
    doubtful = {Verdict.INCONSISTENT} | ({Verdict.REFUTED, Verdict.HIGHER} if not protocol.autoattack.other else set())
    if not verdicts & doubtful:
        return ""
    return (
        f"Check the radius first: AutoAttack ran at eps {protocol.autoattack.eps_text}, HO-FMN is counted at eps "
        f"{protocol.ho_fmn.eps_text}, and an accuracy at another radius is another number."
    )
