"""Result tables: who stands where, and that every file built from them tells the same."""

import csv
import io
import json
import random

import pytest
from doubles.boards import DAY, entry, published, results, submission, track

from apcore import json_shape
from apcore.model_key import Structure
from apcore.protocol import load_protocol
from bot.leaderboard.board import Board
from bot.leaderboard.exports import leaderboard_csv, leaderboard_json
from bot.leaderboard.merge import record
from bot.leaderboard.records import Provenance, Track
from bot.leaderboard.result_page import VERIFIED_MARK, column_name, result_page
from bot.leaderboard.tables import Column, ResultTable, result_tables

AT_90 = Column(architecture="resnet18", sparsity=90)


def one_column(structure: str, *robust: float) -> ResultTable:
    """Methods A, B, C … with these robust accuracies at 90 %."""
    at = track(90, structure=structure)
    (table,) = result_tables(Board.of(entry(chr(65 + i), published(at, 80, value)) for i, value in enumerate(robust)))
    return table


def best(table: ResultTable, column: Column = AT_90) -> list[str]:
    return [method.name for method, cell in table.ranked(column) if cell.best]


@pytest.mark.parametrize(
    ("structure", "robust", "expected"),
    [
        ("US", (10, 40, 30, 20), ["B", "C", "D"]),
        ("S", (10, 40, 30, 20), ["B"]),
        ("US", (40, 30, 30, 30, 10), ["A", "B", "C", "D"]),
        ("US", (40, 40, 30, 30, 10), ["A", "B", "C", "D"]),
        ("S", (40, 40, 30), ["A", "B"]),
        ("US", (10,), ["A"]),
    ],
    ids=["three of unstructured", "one of structured", "tie at third place", "two ties", "tie at first place", "alone"],
)
def test_the_best_of_a_column_are_marked_and_equal_numbers_share_a_place(structure, robust, expected) -> None:
    assert best(one_column(structure, *robust)) == expected


def test_numbers_that_print_alike_rank_alike() -> None:
    assert best(one_column("S", 34.375, 34.38, 34.37)) == ["A", "B"]


def test_a_verified_result_is_shown_in_place_of_the_published_one() -> None:
    claim = submission()
    old = entry("NarrowNet", published(track(90), 80, 40), ap_key=claim.ap_key)
    method = record(old, claim, results(claim, {90: (7000, 3500)}), date=DAY, issue=1, run_url=None)
    (table,) = result_tables(Board.of([method]))
    cell = table.cell(method.ap_key, AT_90)
    assert cell is not None
    assert (cell.clean, cell.aa_robust, cell.provenance) == (70.0, 35.0, Provenance.VERIFIED)


@pytest.mark.parametrize(
    ("measured", "options"),
    [({90: (8, 4)}, {"samples": 16}), ({90: (5000, None)}, {}), ({90: (5000, 2100)}, {"agrees": False})],
    ids=["partial", "not attacked", "sparsity disagrees"],
)
def test_what_is_left_out_leaves_the_published_cell_alone(measured, options) -> None:
    claim = submission()
    old = entry("NarrowNet", published(track(90), 80, 40), ap_key=claim.ap_key)
    method = record(old, claim, results(claim, measured, **options), date=DAY, issue=1, run_url=None)
    (table,) = result_tables(Board.of([method]))
    cell = table.cell(method.ap_key, AT_90)
    assert cell is not None
    assert (cell.aa_robust, cell.provenance) == (40.0, Provenance.PUBLISHED)


def test_only_partial_results_make_no_table() -> None:
    claim = submission()
    method = record(None, claim, results(claim, {90: (8, 4)}, samples=16), date=DAY, issue=1, run_url=None)
    assert result_tables(Board.of([method])) == ()


def test_numbers_of_two_protocols_never_meet() -> None:
    board = Board.of([entry("A", published(track(), 80, 40)), entry("B", published(track(), 80, 39, "apb-2026"))])
    tables = result_tables(board)
    assert [(t.protocol.name, best(t)) for t in tables] == [("apb-2024", ["A"]), ("apb-2026", ["B"])]
    assert "eps 0.031" in result_page(tables[0])
    assert "eps 8/255" in result_page(tables[1])


def test_another_benchmark_gets_its_own_columns() -> None:
    claim = submission(dataset="DIGITS", architecture="resnet6")
    demo = load_protocol("demo")
    measured = results(claim, {50: (30, 20), 75: (30, 20), 90: (30, 20)}, protocol=demo)
    method = record(None, claim, measured, date=DAY, issue=1, run_url=None)
    (table,) = result_tables(Board.of([method]))
    assert (table.protocol, table.dataset, table.structure) == (demo, "DIGITS", Structure.STRUCTURED)
    assert [column_name(c) for c in table.columns] == [
        "ResNet-6<br>50\N{NO-BREAK SPACE}%",
        "ResNet-6<br>75\N{NO-BREAK SPACE}%",
        "ResNet-6<br>90\N{NO-BREAK SPACE}%",
    ]


def test_a_method_has_a_row_of_dashes_where_only_the_other_dataset_was_evaluated() -> None:
    board = Board.of([entry("A", published(track(), 80, 40)), entry("B", published(track(dataset="SVHN"), 80, 40))])
    cifar, svhn = result_tables(board)
    assert [cell for row in svhn.rows for cell in row.cells if row.entry.name == "A"] == [None] * 6
    assert len(cifar.rows) == 2


# --- thirty generated methods: Markdown, JSON and CSV agree cell by cell ---------------------------------------------


def thirty_methods(seed: int) -> Board:
    """Methods with results at random places, some published, some verified, some both, some partial, many ties."""
    draw = random.Random(seed)
    methods = []
    for number in range(30):
        name = f"Method{number:02d}"
        records = [
            published(
                Track(dataset=d, structure=s, architecture=a, sparsity=p), draw.randint(50, 99), draw.randint(10, 14)
            )
            for d in ("CIFAR10", "SVHN")
            for s, sparsities in load_protocol("apb-2024").sparsities
            for a in ("resnet18", "vgg16")
            for p in sparsities
            if draw.random() < 0.6
        ]
        claim = submission(name, ap_key=f"{name}_Author2026Title")
        method = entry(name, *records, ap_key=claim.ap_key)
        for sparsity in (50, 75, 90):
            samples = draw.choice([None, None, 64])
            of = samples or 10_000
            clean = draw.randint(of // 2, of)
            found = results(claim, {sparsity: (clean, draw.randint(of // 10, clean))}, samples=samples)
            if draw.random() < 0.5:
                method = record(method, claim, found, date=DAY, issue=number + 1, run_url=None)
        methods.append(method)
    return Board.of(methods)


@pytest.mark.parametrize("seed", range(3))
def test_markdown_json_and_csv_agree_cell_by_cell(seed: int) -> None:
    board = thirty_methods(seed)
    tables = result_tables(board)
    document = json.loads(leaderboard_json(board, tables))
    json_shape.check(document, "leaderboard")
    from_markdown = {key: cell for table in tables for key, cell in cells_of_page(table).items()}
    from_json = cells_of_json(document)
    from_csv = cells_of_csv(leaderboard_csv(board))
    assert len(from_csv) > 300
    assert {key: cell[:3] for key, cell in from_markdown.items()} == from_csv
    assert from_markdown == from_json


@pytest.mark.parametrize("seed", range(3))
def test_the_marked_cells_are_those_that_fewer_than_three_or_one_others_beat(seed: int) -> None:
    cells = {key: cell for table in result_tables(thirty_methods(seed)) for key, cell in cells_of_page(table).items()}
    for (method, *column), (_, robust, _, marked) in cells.items():
        beaten_by = sum(other[1] > robust for (name, *at), other in cells.items() if at == column and name != method)
        assert marked == (beaten_by < (3 if column[1] == "US" else 1))


def cells_of_page(table: ResultTable) -> dict:
    """(method, dataset, structure, column) -> (clean, robust, verified, best), read back from the page's text."""
    lines = [line for line in result_page(table).splitlines() if line.startswith("| ")]
    header, _, *rows = [[text.strip() for text in line.strip("|").split("|")] for line in lines]
    cells = {}
    for method, *texts, _ in rows:
        for column, text in zip(header[1:-1], texts, strict=True):
            if text != "-":
                clean, robust = text.removesuffix(VERIFIED_MARK).strip().strip("*").split("/")
                key = (method[1 : method.index("]")], table.dataset, str(table.structure), column)
                cells[key] = (float(clean), float(robust), text.endswith(VERIFIED_MARK), text.startswith("**"))
    return cells


def cells_of_json(document: dict) -> dict:
    return {
        (row["name"], table["dataset"], table["structure"], column_name(Column(**column))): (
            cell["clean_accuracy"],
            cell["aa_robust_accuracy"],
            cell["provenance"] == "verified",
            cell["best"],
        )
        for table in document["tables"]
        for row in table["rows"]
        for column, cell in zip(table["columns"], row["cells"], strict=True)
        if cell is not None
    }


def cells_of_csv(text: str) -> dict:
    return {
        (
            row["name"],
            row["dataset"],
            row["structure"],
            column_name(Column(architecture=row["architecture"], sparsity=int(row["sparsity"]))),
        ): (float(row["clean_accuracy"]), float(row["aa_robust_accuracy"]), row["provenance"] == "verified")
        for row in csv.DictReader(io.StringIO(text))
        if row["in_table"] == "true"
    }
