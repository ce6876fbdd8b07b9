"""A result table as a page in Markdown, its protocol and radius above the numbers."""

from collections.abc import Iterator
from typing import Final

from apcore.protocol import Samples
from bot.leaderboard.headings import STRUCTURE_WORDS, architecture_name, counted
from bot.leaderboard.links import link
from bot.leaderboard.records import Provenance
from bot.leaderboard.tables import BEST_RANKS, Cell, Column, ResultTable, Row
from bot.reply.markdown import table
from bot.reply.result_rows import FLAG_MARK

BUILT: Final = "<!-- Built from leaderboard/entries/ by `apbot leaderboard build`: change an entry, not this page. -->"
VERIFIED_MARK: Final = "✓"
_NUMBER_WORDS: Final = {1: "highest", 2: "two highest", 3: "three highest"}


def page_name(results: ResultTable) -> str:
    """Name of the table's file, e.g. `apb-2024-cifar10-unstructured.md`."""
    return f"{results.protocol.name}-{results.dataset.lower()}-{STRUCTURE_WORDS[results.structure]}.md"


def page_title(results: ResultTable) -> str:
    """e.g. `CIFAR10, unstructured pruning`."""
    return f"{results.dataset}, {STRUCTURE_WORDS[results.structure]} pruning"


def column_name(column: Column) -> str:
    """e.g. `ResNet-18<br>90 %`: two lines, so that a phone breaks the heading nowhere else."""
    return f"{architecture_name(column.architecture)}<br>{column.sparsity}\N{NO-BREAK SPACE}%"


def result_page(results: ResultTable) -> str:
    """The whole page."""
    return "\n\n".join([BUILT, f"# {page_title(results)}", *_above(results), _pipe_table(results), _legend(results)])


def sample_words(samples: Samples) -> str:
    """Which test images an attack takes, in words."""
    if samples.first == 0:
        return f"the first {counted(samples.count, 'test image')}"
    return f"test images {samples.first:,} to {samples.first + samples.count - 1:,}"


def _above(results: ResultTable) -> Iterator[str]:
    attack = results.protocol.autoattack
    yield (
        f"Protocol **{results.protocol.name}** ({results.protocol.title}): AutoAttack standard, L-inf, "
        f"**eps {attack.eps_text}**, {sample_words(attack.samples)}. "
        "Do not compare these numbers with those of another protocol."
    )
    yield (
        "A cell reads *clean accuracy / robust accuracy under AutoAttack*, in percent. "
        "A column is an architecture at a sparsity."
    )


def _pipe_table(results: ResultTable) -> str:
    return table(
        ["Method", *map(column_name, results.columns), "Entry"],
        [
            [_method(row), *map(_cell, row.cells), f"[entry](../entries/{row.entry.ap_key}.json)"]
            for row in results.rows
        ],
        numeric=range(1, 1 + len(results.columns)),
    )


def _method(row: Row) -> str:
    return link(row.entry.name, row.entry.taxonomy["paper_url"])


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    numbers = f"{cell.clean:.2f}/{cell.aa_robust:.2f}"
    shown = f"**{numbers}**" if cell.best else numbers
    marks = [VERIFIED_MARK] * (cell.provenance is Provenance.VERIFIED) + [FLAG_MARK] * bool(cell.red_flags)
    return " ".join([shown, *marks])


def _flag_legend(results: ResultTable) -> Iterator[str]:
    if any(cell.red_flags for row in results.rows for cell in row.cells if cell):
        yield f"- {FLAG_MARK}: robustness may be overstated; the entry names the [red flags](../../docs/red_flags.md)."


def _legend(results: ResultTable) -> str:
    best = _NUMBER_WORDS[BEST_RANKS[results.structure]]
    plural = "y" if BEST_RANKS[results.structure] == 1 else "ies"
    return "\n".join(
        [
            f"- **Bold**: the {best} robust accurac{plural} of the column, computed from the numbers; equal numbers share a place.",
            (
                f"- {VERIFIED_MARK}: re-run by apbot under this protocol. No mark: as published, not re-run. "
                "The entry names the source, the date and the hashes."
            ),
            *_flag_legend(results),
            "- `-`: no result. Partial runs are kept in the entry and left out here.",
            "",
            "[All tables](../README.md)\n",
        ]
    )
