"""One entry of the board: a method, its taxonomy and its results. `leaderboard/entries/<ap_key>.json` holds one each.

Entries are the only source of truth; one file per method, so that two pull requests never touch the same file.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from apcore import json_shape
from apcore.errors import MachineError
from bot.leaderboard.record_json import record_from_json, record_to_json
from bot.leaderboard.records import Record, Source, Track, VerifiedRecord, sort_key

ENTRY_SCHEMA: Final = "urn:apbot:schema:entry:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTaxonomy:
    """The taxonomy is that of a publication; `notes` name each place where its sources differ, and which one is shown."""

    source: Source
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedTaxonomy:
    """The taxonomy is that of the submission which brought the method."""

    submission_sha256: str
    date: date
    issue: int | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A method on the board.

    Args:
        ap_key: its key, also the name of its file.
        aliases: other keys under which it was published.
        taxonomy: canonical JSON object of `schemas/taxonomy.schema.json`.
        taxonomy_source: where the taxonomy comes from.
        owner: GitHub login of the submitter; None for methods carried over from the paper.
        results: sorted; at most one per track, protocol and provenance.
    """

    ap_key: str
    name: str
    aliases: tuple[str, ...]
    taxonomy: dict[str, Any]
    taxonomy_source: PublishedTaxonomy | SubmittedTaxonomy
    owner: str | None
    results: tuple[Record, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The key and its aliases."""
        return (self.ap_key, *self.aliases)

    def verified(self, track: Track, protocol: str) -> VerifiedRecord | None:
        """The result that the bot measured for `track` under `protocol`, if there is one."""
        found = (r for r in self.results if (r.track, r.protocol_name) == (track, protocol))
        return next((r for r in found if isinstance(r, VerifiedRecord)), None)


def read_entry(path: Path) -> Entry:
    """Read an entry file.

    Raises:
        MachineError: it cannot be read, is not strict JSON, breaks the schema, or contradicts itself.
    """
    try:
        return parse_entry(path.read_bytes(), stem=path.stem)
    except (OSError, ValueError) as exc:
        raise MachineError(
            where=f"leaderboard/entries/{path.name}",
            message=f"this entry cannot be used: {exc}",
            fix="mend or restore the file, then run `apbot leaderboard check`",
        ) from exc


def parse_entry(raw: bytes, *, stem: str) -> Entry:
    """Read the bytes of an entry whose file is called `<stem>.json`.

    Raises:
        ValueError: the bytes are no entry, or contradict themselves or the file's name; the message says where.
    """
    document = json_shape.parse(raw)
    json_shape.check(document, "entry")
    entry = _entry(document)
    if entry.ap_key != stem:
        raise ValueError(f"its ap_key is {entry.ap_key}, so the file must be called {entry.ap_key}.json")
    for field in ("ap_key", "name"):
        if entry.taxonomy[field] != getattr(entry, field):
            raise ValueError(f"{field} is {getattr(entry, field)}, but taxonomy.{field} is {entry.taxonomy[field]}")
    if twin := _twin(entry.results):
        raise ValueError(f"two {twin.provenance} results for {twin.track} under {twin.protocol_name}")
    return entry


def entry_bytes(entry: Entry) -> bytes:
    """The entry's file: UTF-8, two-space indent, results sorted; the same bytes for the same entry."""
    return (json.dumps(_entry_json(entry), indent=2, ensure_ascii=False) + "\n").encode()


def _entry(raw: dict[str, Any]) -> Entry:
    return Entry(
        ap_key=raw["ap_key"],
        name=raw["name"],
        aliases=tuple(raw["aliases"]),
        taxonomy=raw["taxonomy"],
        taxonomy_source=_taxonomy_source(raw["taxonomy_source"]),
        owner=raw["owner"],
        results=tuple(sorted(map(record_from_json, raw["results"]), key=sort_key)),
    )


def _taxonomy_source(raw: dict[str, Any]) -> PublishedTaxonomy | SubmittedTaxonomy:
    fields = {name: value for name, value in raw.items() if name not in ("provenance", "notes")}
    if raw["provenance"] == "published":
        return PublishedTaxonomy(source=Source(**fields), notes=tuple(raw["notes"]))
    fields["date"] = date.fromisoformat(fields["date"])
    return SubmittedTaxonomy(**fields, notes=tuple(raw["notes"]))


def _twin(records: Iterable[Record]) -> Record | None:
    seen = set()
    for record in records:
        if sort_key(record) in seen:
            return record
        seen.add(sort_key(record))
    return None


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "$schema": ENTRY_SCHEMA,
        "ap_key": entry.ap_key,
        "name": entry.name,
        "aliases": sorted(entry.aliases),
        "taxonomy": dict(sorted(entry.taxonomy.items())),
        "taxonomy_source": _source_json(entry.taxonomy_source),
        "owner": entry.owner,
        "results": [record_to_json(record) for record in sorted(entry.results, key=sort_key)],
    }


def _source_json(source: PublishedTaxonomy | SubmittedTaxonomy) -> dict[str, Any]:
    if isinstance(source, PublishedTaxonomy):
        return {"provenance": "published", **asdict(source.source), "notes": list(source.notes)}
    return {
        "provenance": "submitted",
        "submission_sha256": source.submission_sha256,
        "date": source.date.isoformat(),
        "issue": source.issue,
        "notes": list(source.notes),
    }
