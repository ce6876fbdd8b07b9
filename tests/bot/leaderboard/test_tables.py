"""Result tables: who stands where."""

import pytest
from doubles.boards import DAY, entry, published, results, submission, track

from apcore.model_key import Structure
from apcore.protocol import load_protocol
from bot.leaderboard.board import Board
from bot.leaderboard.merge import record
from bot.leaderboard.records import Provenance
from bot.leaderboard.result_page import column_name, result_page
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
