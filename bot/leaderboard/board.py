"""The whole board: every entry, under keys that nobody can take twice."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from apcore.errors import MachineError
from apcore.model_key import ModelKey
from apcore.protocol import Protocol, ProtocolError, load_protocol
from bot.leaderboard.entry import Entry, read_entry
from bot.leaderboard.records import Record, VerifiedRecord
from bot.submission.look_alikes import skeleton


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All entries, in the order of their names."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """The board with these entries.

        Raises:
            MachineError: two methods share a key or an alias, or two that look alike, or a result belongs to no column of
                its protocol.
        """
        ordered = tuple(sorted(entries, key=lambda entry: (entry.name.casefold(), entry.ap_key)))
        _check_keys(ordered)
        for entry in ordered:
            _check_records(entry)
        return cls(entries=ordered)

    def find(self, ap_key: str) -> Entry | None:
        """The entry with that key or alias, whatever its case; None if the method is new."""
        wanted = _folded(ap_key)
        return next((e for e in self.entries if wanted in map(_folded, e.keys)), None)

    def with_entry(self, entry: Entry) -> "Board":
        """The board after `entry` has taken the place of the one with its key.

        Raises:
            MachineError: as for `of`.
        """
        return Board.of([*(e for e in self.entries if e.ap_key != entry.ap_key), entry])


def read_board(entries_dir: Path) -> Board:
    """Read every `*.json` of the folder.

    Raises:
        MachineError: the folder is missing, an entry cannot be used, or two of them clash.
    """
    if not entries_dir.is_dir():
        raise MachineError(
            where="leaderboard/entries",
            message="the folder with the leaderboard's entries is missing",
            fix="run the command in a clone of the project, or name the folder",
        )
    return Board.of(read_entry(path) for path in sorted(entries_dir.glob("*.json")))


def model_key(entry: Entry, record: Record) -> ModelKey:
    """The model key of one of the entry's results."""
    names = {a.name: a.short for a in load_protocol(record.protocol_name).architectures}
    return ModelKey(
        ap_key=entry.ap_key,
        architecture=names[record.track.architecture],
        dataset=record.track.dataset,
        structure=record.track.structure,
        sparsity=record.track.sparsity,
    )


def _folded(key: str) -> str:
    """One form for all spellings that look alike: case and composed letters must not make a second method."""
    return unicodedata.normalize("NFKC", key).casefold()


def _check_keys(entries: tuple[Entry, ...]) -> None:
    owners: dict[str, Entry] = {}
    for entry in entries:
        for key in entry.keys:
            # Keys that a reader would take for each other are one key: nobody stands beside a method under its twin.
            other = owners.setdefault(skeleton(key), entry)
            if other is not entry:
                raise MachineError(
                    where=f"leaderboard/entries/{entry.ap_key}.json",
                    message=f"the key {key} is taken by {other.ap_key}",
                    fix="give the method a key of its own",
                )


def _check_records(entry: Entry) -> None:
    for record in entry.results:
        if fault := _fault(record):
            raise MachineError(
                where=f"leaderboard/entries/{entry.ap_key}.json",
                message=f"{record.provenance} result for {record.track}: {fault}",
                fix="mend the result, or add the protocol file that it names",
            )


def _fault(record: Record) -> str | None:
    try:
        protocol = load_protocol(record.protocol_name)
    except ProtocolError as exc:
        return str(exc)
    if isinstance(record, VerifiedRecord) and record.protocol.sha256 != protocol.sha256:
        # A protocol in use never changes: the numbers of two versions would stand in one column.
        return f"it was measured under another file of the name {protocol.name} ({record.protocol.sha256[:12]})"
    return None if _has_column(protocol, record) else f"protocol {protocol.name} has no such column"


def _has_column(protocol: Protocol, record: Record) -> bool:
    track = record.track
    return (
        track.dataset in protocol.datasets
        and track.architecture in {a.name for a in protocol.architectures}
        and track.sparsity in protocol.sparsities_of(track.structure)
    )
