"""The result tables as values: one per protocol, dataset and structure, its best cells computed from the numbers.

A cell shows clean and AutoAttack robust accuracy of one checkpoint: as measured by the bot where it was, else as
published. HO-FMN stands in the entries and data files alone, as in the paper's tables: 128 samples rank nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from apcore.model_key import Structure
from apcore.protocol import Protocol, load_protocol
from bot.leaderboard.board import Board
from bot.leaderboard.entry import Entry
from bot.leaderboard.records import Provenance, Record, Track

# How many ranks of a column are marked: as in the tables of arXiv:2409.01249.
BEST_RANKS: Final = {Structure.UNSTRUCTURED: 3, Structure.STRUCTURED: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One architecture at one sparsity in percent."""

    architecture: str
    sparsity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a table shows of one checkpoint: accuracies in percent as printed, and its place in the column.

    `rank` counts from 1 by AutoAttack robust accuracy; cells that print the same number share it. `red_flags` say by name why the
    robust accuracy may be overstated.
    """

    clean: float
    aa_robust: float
    provenance: Provenance
    rank: int
    best: bool
    red_flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One method; one cell per column, None where there is no result."""

    entry: Entry
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTable:
    """Results that may be compared with each other: one protocol, one dataset, one structure."""

    protocol: Protocol
    dataset: str
    structure: Structure
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def cell(self, ap_key: str, column: Column) -> Cell | None:
        """The cell of a method; None if the method or its result is not in the table."""
        place = self.columns.index(column)
        return next((row.cells[place] for row in self.rows if row.entry.ap_key == ap_key), None)

    def ranked(self, column: Column) -> tuple[tuple[Entry, Cell], ...]:
        """Methods with a result in `column`, best first; equal ones in the order of their names."""
        place = self.columns.index(column)
        filled = [(row.entry, cell) for row in self.rows if (cell := row.cells[place]) is not None]
        return tuple(sorted(filled, key=lambda pair: pair[1].rank))


def result_tables(board: Board) -> tuple[ResultTable, ...]:
    """Every table that has a result, by protocol, then dataset and structure in the protocol's order.

    A method has a row in a protocol's tables of a structure once it has a result in any of them: an empty row says that
    nobody evaluated the method on that dataset.
    """
    used = sorted({record.protocol_name for entry in board.entries for record in entry.results})
    return tuple(table for name in used for table in _tables_of(board, load_protocol(name)))


def shown_record(entry: Entry, protocol: str, track: Track) -> Record | None:
    """The result that tables show: verified before published, none that is left out."""
    fitting = [r for r in entry.results if (r.track, r.protocol_name) == (track, protocol) and r.left_out is None]
    return max(fitting, key=lambda r: r.provenance is Provenance.VERIFIED, default=None)


def printed(fraction: float) -> float:
    """The percentage that tables print: two decimals. Ranks compare these, so that equal prints are equal ranks."""
    return float(f"{round(100 * fraction, 6):.2f}")


def _tables_of(board: Board, protocol: Protocol) -> Iterator[ResultTable]:
    for dataset in protocol.datasets:
        for structure, sparsities in protocol.sparsities:
            columns = tuple(Column(architecture=a.name, sparsity=s) for a in protocol.architectures for s in sparsities)
            tracks = [
                Track(dataset=dataset, structure=structure, architecture=c.architecture, sparsity=c.sparsity)
                for c in columns
            ]
            members = [entry for entry in board.entries if _takes_part(entry, protocol.name, structure)]
            grid = [[shown_record(entry, protocol.name, track) for track in tracks] for entry in members]
            if any(record for records in grid for record in records):
                yield ResultTable(
                    protocol=protocol,
                    dataset=dataset,
                    structure=structure,
                    columns=columns,
                    rows=_rows(members, grid, BEST_RANKS[structure]),
                )


def _takes_part(entry: Entry, protocol: str, structure: Structure) -> bool:
    return any(
        r.protocol_name == protocol and r.track.structure is structure and r.left_out is None for r in entry.results
    )


def _rows(members: Sequence[Entry], grid: Sequence[Sequence[Record | None]], best_ranks: int) -> tuple[Row, ...]:
    ranked = [_ranked(records, best_ranks) for records in zip(*grid, strict=True)]
    return tuple(Row(entry=entry, cells=cells) for entry, cells in zip(members, zip(*ranked, strict=True), strict=True))


def _ranked(records: Sequence[Record | None], best_ranks: int) -> list[Cell | None]:
    """The cells of one column."""
    scores = [None if record is None else printed(record.aa_robust or 0.0) for record in records]
    cells: list[Cell | None] = []
    for record, score in zip(records, scores, strict=True):
        if record is None or score is None:
            cells.append(None)
            continue
        rank = 1 + sum(other > score for other in scores if other is not None)
        cells.append(
            Cell(
                clean=printed(record.clean),
                aa_robust=score,
                provenance=record.provenance,
                rank=rank,
                best=rank <= best_ranks,
                red_flags=record.red_flags,
            )
        )
    return cells
