"""The board for programs: one JSON document and one CSV table, built from the same tables that people read."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any, Final

from apcore.protocol import Protocol, load_protocol
from bot.leaderboard.board import Board, model_key
from bot.leaderboard.entry import Entry, entry_bytes
from bot.leaderboard.history import last_change
from bot.leaderboard.record_json import percent
from bot.leaderboard.records import Record, VerifiedRecord
from bot.leaderboard.tables import Cell, ResultTable, shown_record

LEADERBOARD_SCHEMA: Final = "urn:apbot:schema:leaderboard:2"
CSV_COLUMNS: Final = (
    "ap_key", "name", "model_key", "dataset", "structure", "architecture", "sparsity", "protocol", "aa_eps", "hofmn_eps",
    "provenance", "clean_accuracy", "aa_robust_accuracy", "hofmn_robust_accuracy", "aa_samples", "partial", "in_table",
    "verdict", "date", "checkpoint_sha256", "submission_sha256", "flags", "red_flags",
)  # fmt: skip


def leaderboard_json(board: Board, tables: Sequence[ResultTable]) -> str:
    """`leaderboard.json`, in the shape of `schemas/leaderboard.schema.json`."""
    protocols = sorted({record.protocol_name for entry in board.entries for record in entry.results})
    document = {
        "$schema": LEADERBOARD_SCHEMA,
        "version": {"sha256": board_sha256(board), "date": last_change(board).isoformat()},
        "protocols": [_protocol(load_protocol(name)) for name in protocols],
        "methods": [_method(entry) for entry in board.entries],
        "results": [_record(entry, record) for entry in board.entries for record in entry.results],
        "tables": [_table(results) for results in tables],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def board_sha256(board: Board) -> str:
    """The version of the board's content: SHA-256 over the files of all entries, one behind the other, by their names."""
    hasher = hashlib.sha256()
    for entry in sorted(board.entries, key=lambda entry: entry.ap_key):
        hasher.update(entry_bytes(entry))
    return hasher.hexdigest()


def leaderboard_csv(board: Board) -> str:
    """`leaderboard.csv`: one row per result, empty fields where nothing was measured or published.

    Flags stand side by side with spaces between them, `none` where none was raised; empty says that nobody looked.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for entry in board.entries:
        for record in entry.results:
            row = _record(entry, record) | _csv_extras(record)
            writer.writerow({name: _csv_value(row[name]) for name in CSV_COLUMNS})
    return text.getvalue()


def _protocol(protocol: Protocol) -> dict[str, Any]:
    return {
        "name": protocol.name,
        "title": protocol.title,
        "description": protocol.description,
        "sha256": protocol.sha256,
        "aa_eps": protocol.autoattack.eps_text,
        "hofmn_eps": protocol.ho_fmn.eps_text,
        "aa_samples": protocol.autoattack.samples.count,
        "hofmn_samples": protocol.ho_fmn.samples.count,
    }


def _method(entry: Entry) -> dict[str, Any]:
    return {
        "ap_key": entry.ap_key,
        "name": entry.name,
        "aliases": sorted(entry.aliases),
        "owner": entry.owner,
        "taxonomy": dict(sorted(entry.taxonomy.items())),
    }


def _record(entry: Entry, record: Record) -> dict[str, Any]:
    verified = record if isinstance(record, VerifiedRecord) else None
    return {
        "ap_key": entry.ap_key,
        "name": entry.name,
        "model_key": str(model_key(entry, record)),
        "dataset": record.track.dataset,
        "structure": str(record.track.structure),
        "architecture": record.track.architecture,
        "sparsity": record.track.sparsity,
        "protocol": record.protocol_name,
        "provenance": str(record.provenance),
        "clean_accuracy": percent(record.clean),
        "aa_robust_accuracy": None if record.aa_robust is None else percent(record.aa_robust),
        "hofmn_robust_accuracy": None if record.hofmn_robust is None else percent(record.hofmn_robust),
        "partial": verified is not None and verified.partial,
        "in_table": shown_record(entry, record.protocol_name, record.track) is record,
        "verdict": verified and verified.verdict,
        "date": verified and verified.date.isoformat(),
        "checkpoint_sha256": verified and verified.checkpoint.sha256,
        "flags": _flag_names(record),
        "red_flags": None if _flag_names(record) is None else list(record.red_flags),
    }


def _flag_names(record: Record) -> list[str] | None:
    """Names of the flags of a result; None where nobody looked, or it was recorded before flags were."""
    if not isinstance(record, VerifiedRecord) or record.flags is None:
        return None
    return [flag.name for flag in record.flags]


def _csv_extras(record: Record) -> dict[str, Any]:
    protocol = load_protocol(record.protocol_name)
    verified = record if isinstance(record, VerifiedRecord) else None
    return {
        "aa_eps": protocol.autoattack.eps_text,
        "hofmn_eps": protocol.ho_fmn.eps_text,
        "aa_samples": verified and verified.measured.aa_robust and verified.measured.aa_robust.samples,
        "submission_sha256": verified and verified.submission_sha256,
    }


def _csv_value(value: Any) -> Any:
    """Truth values as JSON writes them, names of flags as words, `none` for no flag; None becomes an empty field."""
    if isinstance(value, list):
        return " ".join(value) or "none"
    return str(value).lower() if isinstance(value, bool) else value


def _table(results: ResultTable) -> dict[str, Any]:
    return {
        "protocol": results.protocol.name,
        "dataset": results.dataset,
        "structure": str(results.structure),
        "columns": [{"architecture": c.architecture, "sparsity": c.sparsity} for c in results.columns],
        "rows": [
            {"ap_key": row.entry.ap_key, "name": row.entry.name, "cells": [_cell(cell) for cell in row.cells]}
            for row in results.rows
        ],
    }


def _cell(cell: Cell | None) -> dict[str, Any] | None:
    if cell is None:
        return None
    return {
        "clean_accuracy": cell.clean,
        "aa_robust_accuracy": cell.aa_robust,
        "provenance": str(cell.provenance),
        "rank": cell.rank,
        "best": cell.best,
        "red_flags": list(cell.red_flags),
    }
