"""What a change does to the ranks, in words. Ranks live in one column of one table, hence within one protocol."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.leaderboard.board import Board
from bot.leaderboard.entry import Entry
from bot.leaderboard.headings import STRUCTURE_WORDS, architecture_name, ordinal
from bot.leaderboard.links import method_name
from bot.leaderboard.records import Provenance, Track, VerifiedRecord
from bot.leaderboard.tables import Cell, Column, ResultTable, result_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class RankChange:
    """One sentence about one column, as Markdown, and the protocol within which it holds."""

    protocol: str
    track: Track
    words: str

    def __str__(self) -> str:
        return f"{track_words(self.track)}: {self.words}."


def track_words(track: Track) -> str:
    """e.g. `CIFAR10, structured, ResNet-18 at 90 %`."""
    architecture = architecture_name(track.architecture)
    return f"{track.dataset}, {STRUCTURE_WORDS[track.structure]}, {architecture} at {track.sparsity} %"


def rank_changes(before: Board, after: Board, ap_key: str) -> tuple[RankChange, ...]:
    """What happens to the ranks of `ap_key` from one board to the next, column by column.

    A column whose cell keeps its number and its mark is not mentioned. A new result that the tables leave out is, with the
    reason.
    """
    return changes_of_ranks(before, after, {ap_key: None})[ap_key]


def changes_of_ranks(
    before: Board, after: Board, wanted: Mapping[str, Collection[tuple[str, Track]] | None]
) -> dict[str, tuple[RankChange, ...]]:
    """`rank_changes` of several methods, by their keys; the tables are made once.

    Args:
        before: the board as it was.
        after: the board as it is.
        wanted: for each method the columns to speak of, as protocol and track; None for all.
    """
    earlier = {(t.protocol.name, t.dataset, t.structure): t for t in result_tables(before)}
    pairs = [(earlier.get((now.protocol.name, now.dataset, now.structure)), now) for now in result_tables(after)]

    def changes(ap_key: str, columns: Collection[tuple[str, Track]] | None) -> tuple[RankChange, ...]:
        moves = [change for was, now in pairs for change in _moves(was, now, ap_key, columns)]
        absences = list(_absences(before.find(ap_key), after.find(ap_key)))
        return tuple(sorted([*moves, *absences], key=lambda change: (change.protocol, change.track)))

    return {ap_key: changes(ap_key, columns) for ap_key, columns in wanted.items()}


def _moves(
    was: ResultTable | None, now: ResultTable, ap_key: str, columns: Collection[tuple[str, Track]] | None
) -> Iterator[RankChange]:
    for column in now.columns:
        track = Track(
            dataset=now.dataset,
            structure=now.structure,
            architecture=column.architecture,
            sparsity=column.sparsity,
        )
        if columns is not None and (now.protocol.name, track) not in columns:
            continue
        old, new = was.cell(ap_key, column) if was else None, now.cell(ap_key, column)
        if new is None or old == new:
            continue
        words = (
            f"{_move(old, new, now, column)}, {_neighbours(now, column, ap_key)}{_unmarked(was, now, column, ap_key)}"
        )
        yield RankChange(protocol=now.protocol.name, track=track, words=words)


def _move(old: Cell | None, new: Cell, now: ResultTable, column: Column) -> str:
    ranked = now.ranked(column)
    joint = "joint " if sum(cell.rank == new.rank for _, cell in ranked) > 1 else ""
    place = f"{joint}{ordinal(new.rank)} of {len(ranked)} by AutoAttack robust accuracy"
    if old is None:
        return f"enters as {place} ({new.aa_robust:.2f} %)"
    verb = f"moves from {ordinal(old.rank)} to" if old.rank != new.rank else "stays"
    return f"{verb} {place} ({_value(old)} before, {_value(new)} now)"


def _value(cell: Cell) -> str:
    word = "re-run" if cell.provenance is Provenance.VERIFIED else "published"
    return f"{cell.aa_robust:.2f} % {word}"


def _neighbours(now: ResultTable, column: Column, ap_key: str) -> str:
    """The next better and the next worse method; those with the same number are neither."""
    ranked = now.ranked(column)
    own = next(cell for entry, cell in ranked if entry.ap_key == ap_key)
    better = [(entry, cell) for entry, cell in ranked if cell.rank < own.rank]
    worse = [(entry, cell) for entry, cell in ranked if cell.rank > own.rank]
    parts = [f"behind {_named(*better[-1])}"] if better else []
    parts += [f"ahead of {_named(*worse[0])}"] if worse else []
    return " and ".join(parts) or "with nobody else to compare"


def _named(entry: Entry, cell: Cell) -> str:
    return f"{method_name(entry.name)} ({cell.aa_robust:.2f} %)"


def _unmarked(was: ResultTable | None, now: ResultTable, column: Column, ap_key: str) -> str:
    """Other methods that were among the best of the column and no longer are."""
    lost = [
        method_name(entry.name)
        for entry, cell in (was.ranked(column) if was else ())
        if entry.ap_key != ap_key and cell.best and (left := now.cell(entry.ap_key, column)) and not left.best
    ]
    return f"; {' and '.join(lost)} no longer marked as best" if lost else ""


def _absences(before: Entry | None, after: Entry | None) -> Iterator[RankChange]:
    known = before.results if before else ()
    for record in after.results if after else ():
        if isinstance(record, VerifiedRecord) and record.left_out and record not in known:
            words = f"does not enter the tables, because {record.left_out}"
            yield RankChange(protocol=record.protocol_name, track=record.track, words=words)
