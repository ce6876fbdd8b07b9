"""What has happened to the board: who entered, what was measured and moved, which protocol came into use.

It follows from the entries alone, by the days that stand in them, so it is the same in a shallow clone and without git. For each
day the board as it was before and as it was after are set side by side. What a later measurement of the same checkpoint took
the place of is in no entry any more, hence not here either; git has it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from bot.leaderboard.board import Board
from bot.leaderboard.entry import Entry, SubmittedTaxonomy
from bot.leaderboard.ranks import RankChange, changes_of_ranks
from bot.leaderboard.records import VerifiedRecord

OPENED_ON: Final = date(2026, 11, 23)
"""The day on which the published results were carried over: the first commit of `leaderboard/entries/`. They bear no day."""


class Kind(StrEnum):
    """What happened."""

    OPENED = "opened"
    PROTOCOL = "protocol"
    ENTERED = "entered"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened on one day.

    Args:
        day: of the measurement, or of the submission.
        kind: what it was.
        subject: the method's key, the protocol's name; empty for the opening.
        name: of the method, else the subject.
        results: how many checkpoints were measured, or carried over.
        moves: what became of the method's places, column by column.
        issues: numbers of the issues that brought it.
    """

    day: date
    kind: Kind
    subject: str
    name: str
    results: int = 0
    moves: tuple[RankChange, ...] = ()
    issues: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """Its name within the board, for addresses: `entered-HARP_Zhao2023Holistic`; what can come again has its day in it."""
        day = self.day.isoformat() if self.kind is Kind.MEASURED else ""
        return "-".join(filter(None, (self.kind, day, self.subject)))


def history(board: Board) -> tuple[Happening, ...]:
    """All that has happened, the latest day first; on one day protocols before methods, methods by name."""
    days = sorted({day for entry in board.entries for day in _days(entry)})
    found = [happening for day in days for happening in _on(board, day, days)]
    ordered = sorted(found, key=lambda one: one.day, reverse=True)
    return (*ordered, _opening(board, days))


def board_on(board: Board, day: date | None) -> Board:
    """The part of the board that was there when `day` was over; None: what was carried over at the opening."""
    entries = (_entry_on(entry, day) for entry in board.entries)
    return Board(entries=tuple(entry for entry in entries if entry is not None))


def last_change(board: Board) -> date:
    """The day of the latest change."""
    return max((day for entry in board.entries for day in _days(entry)), default=OPENED_ON)


def _opening(board: Board, days: list[date]) -> Happening:
    carried = sum(len(entry.results) for entry in board_on(board, None).entries)
    return Happening(day=min([OPENED_ON, *days]), kind=Kind.OPENED, subject="", name="", results=carried)


def _on(board: Board, day: date, days: list[date]) -> Iterator[Happening]:
    earlier = days[days.index(day) - 1] if day != days[0] else None
    before, after = board_on(board, earlier), board_on(board, day)
    for protocol in sorted(_protocols(after) - _protocols(before)):
        yield Happening(day=day, kind=Kind.PROTOCOL, subject=protocol, name=protocol)
    touched = {entry.ap_key: entry for entry in after.entries if day in _days(entry)}
    measured = {ap_key: _measured_on(entry, day) for ap_key, entry in touched.items()}
    # What others did on that day moves a method, too; told is what its own measurements did.
    columns = {
        ap_key: {(r.protocol_name, r.track) for r in records if r.left_out is None}
        for ap_key, records in measured.items()
    }
    moves = changes_of_ranks(before, after, columns)
    known = {entry.ap_key for entry in before.entries}
    for ap_key, entry in touched.items():
        yield Happening(
            day=day,
            kind=Kind.MEASURED if ap_key in known else Kind.ENTERED,
            subject=ap_key,
            name=entry.name,
            results=len(measured[ap_key]),
            moves=moves[ap_key],
            issues=_issues(entry, measured[ap_key], day),
        )


def _measured_on(entry: Entry, day: date) -> list[VerifiedRecord]:
    return [r for r in entry.results if isinstance(r, VerifiedRecord) and r.date == day]


def _issues(entry: Entry, measured: list[VerifiedRecord], day: date) -> tuple[int, ...]:
    source = entry.taxonomy_source
    brought_it = source.issue if isinstance(source, SubmittedTaxonomy) and source.date == day else None
    return tuple(sorted({issue for issue in (brought_it, *(record.issue for record in measured)) if issue is not None}))


def _days(entry: Entry) -> set[date]:
    """The days on which something about the method was submitted or measured."""
    found = {record.date for record in entry.results if isinstance(record, VerifiedRecord)}
    source = entry.taxonomy_source
    return found | ({source.date} if isinstance(source, SubmittedTaxonomy) else set())


def _entry_on(entry: Entry, day: date | None) -> Entry | None:
    if isinstance(entry.taxonomy_source, SubmittedTaxonomy) and (day is None or min(_days(entry)) > day):
        return None
    results = (r for r in entry.results if not isinstance(r, VerifiedRecord) or (day is not None and r.date <= day))
    return replace(entry, results=tuple(results))


def _protocols(board: Board) -> set[str]:
    return {record.protocol_name for entry in board.entries for record in entry.results}
