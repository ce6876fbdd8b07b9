"""What an appeal brought: how far chance reaches, beside the measurement that counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apcore.accuracy import Measure
from apcore.model_key import ModelKey
from bot.reply.markdown import table
from bot.reply.result_rows import short_name

if TYPE_CHECKING:
    from apcore.spread import Spread  # counts samples with numpy; a reply loads without it

_NAMES: Final = {Measure.AA_ROBUST: "AutoAttack", Measure.HOFMN_ROBUST: "HO-FMN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealed:
    """One checkpoint: the seeds of all runs, the protocol's first, and what they spread over."""

    key: ModelKey
    seeds: tuple[int, ...]
    spreads: "tuple[Spread, ...]"


def spread_section(appealed: Sequence[Appealed]) -> str:
    """The section below the result, as Markdown; empty without an appeal."""
    if not appealed:
        return ""
    rows = [_cells(one, spread) for one in appealed for spread in one.spreads]
    header = ("Checkpoint", "Attack", "runs", "lowest (%)", "highest (%)", "images that flip", "robust in all (%)")
    seeds = "; ".join(f"{short_name(one.key)}: {', '.join(map(str, one.seeds))}" for one in appealed)
    return (
        "### The appeal: the same images, fresh seeds\n\n"
        f"{table(header, rows, numeric=range(2, 7))}\n\n"
        "<sub>The measurement by the protocol's own seed counts, here as everywhere on the board. An image that any run broke "
        "is broken, so what is robust in all runs bounds the accuracy more tightly than any run alone. "
        f"Seeds, which follow from the approved hash: {seeds}.</sub>"
    )


def _cells(one: Appealed, spread: "Spread") -> list[str]:
    return [
        short_name(one.key),
        _NAMES[spread.measure],
        f"{len(one.seeds)}",
        f"{100 * spread.lowest.value:.2f}",
        f"{100 * spread.highest.value:.2f}",
        f"{spread.flips:,} of {spread.lowest.samples:,}",
        f"{100 * spread.robust_in_all.value:.2f}",
    ]
