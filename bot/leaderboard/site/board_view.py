"""A result board as its page shows it: the cells of its table, each with its model key, its place and the change from the
published value. The table in Markdown, this one and the data file hold the same cells.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bot.leaderboard.board import model_key
from bot.leaderboard.entry import Entry
from bot.leaderboard.headings import architecture_name
from bot.leaderboard.records import Provenance, PublishedRecord, Record, Track
from bot.leaderboard.result_page import page_name, page_title
from bot.leaderboard.tables import Cell, Column, ResultTable, printed, shown_record

_DECIMALS: Final = 2


class Measure(StrEnum):
    """What a board can show of one checkpoint."""

    CLEAN = "clean"
    AUTOATTACK = "aa"
    HO_FMN = "hofmn"
    CHANGE = "change"

    @property
    def heading(self) -> str:
        """Its heading, short enough for a column of numbers."""
        return _HEADINGS[self]

    @property
    def words(self) -> str:
        """What it is, in full."""
        return _WORDS[self]


_HEADINGS: Final = {
    Measure.CLEAN: "Clean",
    Measure.AUTOATTACK: "AA",
    Measure.HO_FMN: "HO-FMN",
    Measure.CHANGE: "Change",
}
_WORDS: Final = {
    Measure.CLEAN: "clean accuracy",
    Measure.AUTOATTACK: "robust accuracy under AutoAttack",
    Measure.HO_FMN: "robust accuracy under HO-FMN",
    Measure.CHANGE: "change of the AutoAttack accuracy from the published value, in points",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """One checkpoint: accuracies in percent as printed; `change` in points where published and verified values exist."""

    model_key: str
    clean: float
    aa_robust: float
    hofmn_robust: float | None
    change: float | None
    provenance: Provenance
    rank: int
    best: bool
    red_flags: tuple[str, ...]

    def value(self, measure: Measure) -> float | None:
        """The number that stands in the column of `measure`."""
        return {
            Measure.CLEAN: self.clean,
            Measure.AUTOATTACK: self.aa_robust,
            Measure.HO_FMN: self.hofmn_robust,
            Measure.CHANGE: self.change,
        }[measure]

    def text(self, measure: Measure) -> str:
        """The number as it is printed: two decimals, a change with its sign; a dash for none."""
        value = self.value(measure)
        if value is None:
            return "\N{EN DASH}"
        return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}") if measure is Measure.CHANGE else f"{value:.2f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One method; one cell per column of the table, None where there is no result."""

    entry: Entry
    cells: tuple[CellView | None, ...]

    @property
    def locality(self) -> tuple[str, ...]:
        """`L`, `G` or both; empty if not specified."""
        return tuple(self.entry.taxonomy["locality"] or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """One board: its table, the rows in the order in which the page first shows them, the measures it has."""

    results: ResultTable
    rows: tuple[RowView, ...]
    measures: tuple[Measure, ...]

    @property
    def stem(self) -> str:
        """Name of its page and of its data file, e.g. `apb-2024-cifar10-unstructured`."""
        return page_name(self.results).removesuffix(".md")

    @property
    def title(self) -> str:
        """e.g. `CIFAR10, unstructured pruning`."""
        return page_title(self.results)

    @property
    def architectures(self) -> tuple[str, ...]:
        """In the order of the columns."""
        return tuple(dict.fromkeys(column.architecture for column in self.results.columns))

    @property
    def sparsities(self) -> tuple[int, ...]:
        """In percent, in the order of the columns."""
        return tuple(dict.fromkeys(column.sparsity for column in self.results.columns))

    @property
    def cells(self) -> tuple[CellView, ...]:
        """All results, row by row."""
        return tuple(cell for row in self.rows for cell in row.cells if cell)

    @property
    def flagged(self) -> bool:
        """Whether any cell carries a red flag."""
        return any(cell.red_flags for cell in self.cells)

    @property
    def verified(self) -> int:
        """How many of the results were re-run by the bot."""
        return sum(cell.provenance is Provenance.VERIFIED for cell in self.cells)


def board_view(results: ResultTable) -> BoardView:
    """The view of one table; rows by robust accuracy in the first column, then by name, those without a result last."""
    rows = tuple(
        RowView(
            entry=row.entry,
            cells=tuple(
                None if cell is None else _cell(row.entry, results, column, cell)
                for column, cell in zip(results.columns, row.cells, strict=True)
            ),
        )
        for row in results.rows
    )
    ordered = tuple(sorted(rows, key=lambda row: -(row.cells[0].aa_robust if row.cells[0] else -1.0)))
    cells = [cell for row in rows for cell in row.cells if cell]
    return BoardView(
        results=results,
        rows=ordered,
        measures=tuple(m for m in Measure if any(cell.value(m) is not None for cell in cells)),
    )


def column_words(column: Column) -> str:
    """e.g. `ResNet-18 at 90 %`."""
    return f"{architecture_name(column.architecture)} at {column.sparsity}\N{NO-BREAK SPACE}%"


def board_data(view: BoardView) -> str:
    """The data file of a board: a script, since a page opened from disk may not fetch."""
    results = view.results
    document = {
        "protocol": results.protocol.name,
        "aa_eps": results.protocol.autoattack.eps_text,
        "hofmn_eps": results.protocol.ho_fmn.eps_text,
        "dataset": results.dataset,
        "structure": str(results.structure),
        "columns": [{"architecture": c.architecture, "sparsity": c.sparsity} for c in results.columns],
        "rows": [_row_json(row) for row in view.rows],
    }
    return f"window.apbotBoard = {json.dumps(document, separators=(',', ':'))};\n"


def _cell(entry: Entry, results: ResultTable, column: Column, cell: Cell) -> CellView:
    track = Track(
        dataset=results.dataset,
        structure=results.structure,
        architecture=column.architecture,
        sparsity=column.sparsity,
    )
    record = shown_record(entry, results.protocol.name, track)
    assert record is not None, "a cell shows a record"  # noqa: S101 - our own invariant
    return CellView(
        model_key=str(model_key(entry, record)),
        clean=cell.clean,
        aa_robust=cell.aa_robust,
        hofmn_robust=None if record.hofmn_robust is None else printed(record.hofmn_robust),
        change=_change(entry, record),
        provenance=cell.provenance,
        rank=cell.rank,
        best=cell.best,
        red_flags=cell.red_flags,
    )


def _change(entry: Entry, record: Record) -> float | None:
    """Points from the published robust accuracy to the measured one, of the numbers as printed."""
    if record.provenance is Provenance.PUBLISHED or record.aa_robust is None:
        return None
    same = (r for r in entry.results if (r.track, r.protocol_name) == (record.track, record.protocol_name))
    before = next((r for r in same if isinstance(r, PublishedRecord)), None)
    return None if before is None else round(printed(record.aa_robust) - printed(before.aa_robust), _DECIMALS)


def _row_json(row: RowView) -> dict[str, Any]:
    taxonomy = row.entry.taxonomy
    return {
        "ap_key": row.entry.ap_key,
        "name": row.entry.name,
        "pipeline": taxonomy["pipeline"],
        "criterion": taxonomy["criterion"],
        "locality": list(row.locality),
        "cells": [cell and _cell_json(cell) for cell in row.cells],
    }


def _cell_json(cell: CellView) -> dict[str, Any]:
    return {
        "model_key": cell.model_key,
        "clean": cell.clean,
        "aa": cell.aa_robust,
        "hofmn": cell.hofmn_robust,
        "change": cell.change,
        "provenance": str(cell.provenance),
        "rank": cell.rank,
        "best": cell.best,
        "red_flags": list(cell.red_flags),
    }
