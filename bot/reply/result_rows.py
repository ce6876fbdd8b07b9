"""The table of a result comment: one row per checkpoint, whether it was measured, failed or is still to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apcore.failure import Failure, Turn
from apcore.flag_meanings import is_red
from apcore.model_key import ModelKey, Structure
from apcore.protocol import Protocol
from apcore.result import Result, SparsityMeasured
from apcore.verdict import Judgement, Metric, Verdict, may_attack, worst
from bot.reply.markdown import table
from bot.submission.model import SubmittedModel

MARKS: Final = {
    Verdict.REFUTED: "✗",
    Verdict.OTHER_RADIUS: "ε",
    Verdict.INCONSISTENT: "≠",
    Verdict.NOT_MEASURED: "○",
    Verdict.CONSISTENT: "≈",
    Verdict.CONFIRMED_LOWER: "↓",
    Verdict.HIGHER: "↑",
    Verdict.CONFIRMED: "✓",
}
WORDS: Final = {
    Verdict.REFUTED: "refuted",
    Verdict.OTHER_RADIUS: "claimed at another radius",
    Verdict.INCONSISTENT: "inconsistent",
    Verdict.NOT_MEASURED: "not measured",
    Verdict.CONSISTENT: "consistent so far",
    Verdict.CONFIRMED_LOWER: "confirmed, lower",
    Verdict.HIGHER: "higher than claimed",
    Verdict.CONFIRMED: "confirmed",
}
FLAG_MARK: Final = "⚑"
METRICS: Final = {Metric.CLEAN: "clean", Metric.AUTOATTACK: "AutoAttack", Metric.HO_FMN: "HO-FMN"}
WHOSE: Final = {Turn.CONTRIBUTOR: "yours to mend", Turn.MACHINE: "ours to mend", Turn.SERVICE: "to be tried again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One checkpoint of the submission: measured and judged, or failed, or neither yet."""

    model: SubmittedModel
    result: Result | None
    failure: Failure | None
    judgements: tuple[Judgement, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its claims; not measured without a result."""
        return worst(judgement.verdict for judgement in self.judgements) or Verdict.NOT_MEASURED

    @property
    def sparsity_differs(self) -> bool:
        """Whether the measured sparsity is not the one in the key."""
        return self.result is not None and not self.result.sparsity.agrees

    @property
    def flagged(self) -> bool:
        """Whether a red flag says that its robustness may be overstated."""
        return self.result is not None and any(is_red(flag.name) for flag in self.result.flags)

    @property
    def not_attacked(self) -> bool:
        """Whether the clean accuracy refuted the claim, which ends a run before any attack."""
        return any(not may_attack(claim) for claim in self.judgements)

    @property
    def stopped_early(self) -> bool:
        """Whether the first samples or attacks refuted the claim about AutoAttack, so that the rest was not attacked."""
        return self.result is not None and self.result.stopped_early


def short_name(key: ModelKey) -> str:
    """A key without its method, which all checkpoints of a submission share."""
    return f"{key.architecture} {key.dataset} {key.structure} {key.sparsity}"


def results_table(rows: Sequence[Row], protocol: Protocol) -> str:
    """A row per checkpoint, and below it how to read a cell."""
    header = (
        "Checkpoint",
        "Verdict",
        "Clean",
        f"AutoAttack<br><sub>eps {protocol.autoattack.eps_text}</sub>",
        f"HO-FMN<br><sub>eps {protocol.ho_fmn.eps_text}</sub>",
        "Sparsity",
    )
    legend = (
        "<sub>All numbers in percent: measured in bold, then the claim; below an accuracy, its 95 % interval"
        " for new images. Marks: "
        + ", ".join(f"{MARKS[verdict]} {WORDS[verdict]}" for verdict in _marks_used(rows))
        + (f", {FLAG_MARK} flagged: robustness may be overstated" if any(row.flagged for row in rows) else "")
        + ".</sub>"
    )
    return f"{table(header, map(_cells, rows), numeric=(2, 3, 4, 5))}\n\n{legend}"


def _marks_used(rows: Sequence[Row]) -> list[Verdict]:
    used = {judgement.verdict for row in rows for judgement in row.judgements} | {row.verdict for row in rows}
    return [verdict for verdict in reversed(Verdict) if verdict in used]


def _cells(row: Row) -> list[str]:
    name = short_name(row.model.key)
    if row.result is None:
        claimed = row.model.claimed
        shares = (claimed.clean_accuracy, claimed.aa_robust_accuracy, claimed.hofmn_robust_accuracy)
        return [
            name,
            f"○ not measured:<br>{_missing(row)}",
            *map(_unmeasured, shares),
            _unbroken(f"claimed {row.model.key.sparsity}"),
        ]
    verdict = f"{MARKS[row.verdict]} {WORDS[row.verdict]}"
    if row.sparsity_differs:
        verdict += "<br>≠ sparsity"
    found = {judgement.metric: judgement for judgement in row.judgements}
    return [
        name,
        verdict,
        *(
            _judged(found[metric], flagged=row.flagged and metric is not Metric.CLEAN) if metric in found else "-"
            for metric in Metric
        ),
        _sparsity(row.model.key.structure, row.result.sparsity),
    ]


def _missing(row: Row) -> str:
    return "still to come" if row.failure is None else WHOSE[row.failure.turn]


def _unmeasured(claimed: float, mark: str = MARKS[Verdict.NOT_MEASURED]) -> str:
    return _unbroken(f"{mark}<br>claimed {100 * claimed:.2f}")


def _judged(judgement: Judgement, *, flagged: bool) -> str:
    measured = judgement.measured
    if measured is None:
        return _unmeasured(judgement.claimed, MARKS[judgement.verdict])
    mark = f" {FLAG_MARK}" if flagged else ""
    low, high = 100 * measured.interval.low, 100 * measured.interval.high
    return _unbroken(
        f"{MARKS[judgement.verdict]} **{100 * measured.value:.2f}**{mark}<br>claimed {100 * judgement.claimed:.2f}"
        f"<br><sub>{low:.2f} to {high:.2f}</sub>"
    )


def _sparsity(structure: Structure, sparsity: SparsityMeasured) -> str:
    shares = [(sparsity.weights, "weights")]
    if structure is Structure.STRUCTURED:
        # Papers count either, so both are shown; the first of them is the one that names the track.
        shares.insert(0, (sparsity.filters, "filters"))
    measured = "<br>".join(f"**{100 * share:.2f}** {name}" for share, name in shares)
    return _unbroken(f"{'✓' if sparsity.agrees else '≠'} {measured}<br>claimed {100 * sparsity.claimed:g}")


def _unbroken(cell: str) -> str:
    """`cell` as it is on a phone too: broken only where it says so, so that no mark leaves its number."""
    return cell.replace(" ", "\N{NO-BREAK SPACE}")
