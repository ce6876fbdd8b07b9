"""The committed board holds every published cell and every published taxonomy row, and what is built from it is in step."""

import json
from pathlib import Path
from typing import Any

import pytest

from apcore import json_shape
from bot.leaderboard.board import Board, read_board
from bot.leaderboard.build import out_of_step
from bot.leaderboard.entry import PublishedTaxonomy, entry_bytes, read_entry
from bot.leaderboard.record_json import percent
from bot.leaderboard.records import Provenance, PublishedRecord
from bot.leaderboard.tables import Column, result_tables

LEADERBOARD = Path(__file__).parents[3] / "leaderboard"
STEPS = ("pipeline", "pretraining", "finetuning", "pruning_step", "training_step", "schedule")
FIELDS = (*STEPS, "structure", "locality", "criterion")
NEW_KEYS = {"BCSP_Özdenizc2021Training": "BCSP_Ozdenizci2021Training", "RSR_Lim2021Robustness": "RFP_Lim2021Robustness"}
# The published table links these names to code; an entry names the paper and keeps the repository as code_url.
LINKED_TO_CODE = {"Li20", "RST", "TwinRep"}


@pytest.fixture(scope="module")
def board() -> Board:
    return read_board(LEADERBOARD / "entries")


def facts(shared: Path, name: str) -> dict[str, Any]:
    return json.loads((shared / "facts" / name).read_text(encoding="utf-8"))


@pytest.mark.shared
def test_every_published_cell_is_there_and_no_other(board: Board, shared: Path) -> None:
    cells = facts(shared, "published_results.json")["records"]
    places = ("ap_key", "architecture", "dataset", "structure", "sparsity", "clean_accuracy", "aa_robust_accuracy")
    found = {
        (e.ap_key, t.architecture, t.dataset, str(t.structure), t.sparsity, percent(r.clean), percent(r.aa_robust or 0))
        for e in board.entries
        for r in e.results
        if (t := r.track) and isinstance(r, PublishedRecord) and r.protocol_name == "apb-2024"
    }
    assert len(cells) == 154
    assert found == {tuple(cell[place] for place in places) for cell in cells}


@pytest.mark.shared
def test_the_tables_show_every_published_cell_and_dash(board: Board, shared: Path) -> None:
    published = facts(shared, "published_results.json")
    tables = {(t.dataset, str(t.structure)): t for t in result_tables(board) if t.protocol.name == "apb-2024"}
    for cell in published["records"]:
        table = tables[cell["dataset"], cell["structure"]]
        shown = table.cell(cell["ap_key"], Column(architecture=cell["architecture"], sparsity=cell["sparsity"]))
        assert shown is not None
        assert (shown.clean, shown.aa_robust) == (cell["clean_accuracy"], cell["aa_robust_accuracy"])
    cells = [cell for table in tables.values() for row in table.rows for cell in row.cells]
    assert len(cells) - sum(cell is None for cell in cells) == 154
    assert sum(cell is None for cell in cells) == len(published["absent"]["cells"]) == 14
    assert sum(len(table.rows) for table in tables.values()) == 28


@pytest.mark.shared
def test_best_cells_are_the_published_bold_ones_but_for_two_where_the_numbers_disagree(
    board: Board, shared: Path
) -> None:
    published = facts(shared, "published_results.json")
    bold = {
        (c["method"], c["architecture"], c["dataset"], c["structure"], c["sparsity"])
        for c in published["records"]
        if c["bold"]
    }
    best = {
        (row.entry.name, column.architecture, table.dataset, str(table.structure), column.sparsity)
        for table in result_tables(board)
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if cell is not None and cell.best
    }
    assert bold - best == {("RADMM", "resnet18", "CIFAR10", "US", 95), ("HARP", "vgg16", "CIFAR10", "US", 95)}
    assert best - bold == {
        ("RobustBird", "resnet18", "CIFAR10", "US", 95),
        ("RobustBird", "vgg16", "CIFAR10", "US", 95),
    }


@pytest.mark.shared
def test_every_published_taxonomy_row_is_there_as_published(board: Board, shared: Path) -> None:
    rows = facts(shared, "taxonomy_published.json")["rows"]
    assert len(rows) == len(board.entries) == 26
    for row in rows:
        entry = board.find(row["ap_key"])
        assert entry is not None
        assert entry.ap_key == NEW_KEYS.get(row["ap_key"], row["ap_key"])
        assert entry.name == row["method"]
        old = row["taxonomy_json_normalised"]
        for field in FIELDS:
            assert entry.taxonomy.get(field, "absent") == row.get(field, "absent"), (entry.name, field)
        assert entry.taxonomy["paper_url"] == (old if entry.name in LINKED_TO_CODE else row)["paper_url"]
        assert entry.taxonomy.get("granularity") == old.get("structure_granularity")


@pytest.mark.shared
def test_every_place_where_the_sources_disagree_has_a_note(board: Board, shared: Path) -> None:
    for difference in facts(shared, "taxonomy_published.json")["discrepancies"]:
        if difference["method"] == "*":
            continue
        entry = board.find(difference["ap_key"])
        assert entry is not None
        assert isinstance(entry.taxonomy_source, PublishedTaxonomy)
        notes = " ".join(entry.taxonomy_source.notes)
        match difference["kind"]:
            case "conflict":
                assert f"disagree on the {difference['field']}" in notes
            case "url":
                assert (
                    difference["taxonomy_json"] in notes or difference["taxonomy_json"] == entry.taxonomy["paper_url"]
                )
            case "term":
                assert difference["taxonomy_json"] in notes
            case "key":
                assert "key" in notes
            case "free_text" | "format" | "scope":
                assert "older taxonomy file" in notes or "kernel" in notes or "structured results" in notes


@pytest.mark.parametrize(
    ("alias", "key"),
    [
        ("BCSP_Özdenizc2021Training", "BCSP_Ozdenizci2021Training"),
        ("RSR_Lim2021Robustness", "RFP_Lim2021Robustness"),
        ("RADMM_Ye2019Sparsity", "RADMM_Ye2019Adversarial"),
        ("RSR_Rakin2019Robust", "RSR_Rakin2019Robust"),
    ],
)
def test_old_keys_still_find_their_method(board: Board, alias: str, key: str) -> None:
    entry = board.find(alias)
    assert entry is not None
    assert entry.ap_key == key


def test_nothing_is_verified_that_the_bot_has_not_run(board: Board) -> None:
    assert {r.provenance for e in board.entries for r in e.results} == {Provenance.PUBLISHED}
    assert {e.owner for e in board.entries} == {None}


@pytest.mark.parametrize("path", sorted((LEADERBOARD / "entries").glob("*.json")), ids=lambda path: path.stem)
def test_an_entry_is_stored_in_the_one_form_that_the_bot_writes(path: Path) -> None:
    assert entry_bytes(read_entry(path)) == path.read_bytes()


def test_the_committed_tables_and_data_files_are_in_step() -> None:
    assert out_of_step(LEADERBOARD / "entries", LEADERBOARD) == []


def test_leaderboard_json_fits_its_schema() -> None:
    json_shape.check(json_shape.parse((LEADERBOARD / "leaderboard.json").read_bytes()), "leaderboard")
