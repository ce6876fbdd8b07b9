"""What has happened to the board, as its entries tell it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from doubles.boards import SOURCE, entry, published, track
from doubles.site_boards import verified

from bot.leaderboard.board import Board, read_board
from bot.leaderboard.entry import Entry, PublishedTaxonomy, SubmittedTaxonomy
from bot.leaderboard.history import OPENED_ON, Kind, board_on, history, last_change

LEADERBOARD = Path(__file__).parents[3] / "leaderboard"
FIRST, SECOND, THIRD = date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 9)


def measured(on: date, sparsity: int, robust: int, protocol: str = "apb-2024", issue: int | None = 12):
    return replace(verified(track(sparsity), 8100, robust, protocol), date=on, issue=issue)


def submitted(on: date, name: str, *records, issue: int | None = 7) -> Entry:
    source = SubmittedTaxonomy(submission_sha256="5" * 64, date=on, issue=issue)
    return entry(name, *records, taxonomy_source=source)


def told(board: Board) -> list[tuple[date, str, list[str]]]:
    return [(one.day, one.id, [move.words for move in one.moves]) for one in history(board)]


def test_a_board_that_was_carried_over_has_opened_and_no_more() -> None:
    (opening,) = history(read_board(LEADERBOARD / "entries"))
    assert (opening.day, opening.kind, opening.results) == (OPENED_ON, Kind.OPENED, 154)


def test_a_method_enters_moves_and_displaces_day_by_day() -> None:
    old = entry("Old", published(track(90), 80, 40), measured(SECOND, 90, 3000))
    new = submitted(FIRST, "New", measured(FIRST, 90, 3500), measured(FIRST, 75, 4500), measured(SECOND, 50, 2000))
    assert told(Board.of([old, new])) == [
        (
            SECOND,
            "measured-2026-12-02-New_Author2026Title",
            ["enters as 1st of 1 by AutoAttack robust accuracy (20.00 %), with nobody else to compare"],
        ),
        (
            SECOND,
            "measured-2026-12-02-Old_Author2026Title",
            [
                (
                    "moves from 1st to 2nd of 2 by AutoAttack robust accuracy (40.00 % published before, 30.00 % re-run now), "
                    "behind New (35.00 %)"
                )
            ],
        ),
        (
            FIRST,
            "entered-New_Author2026Title",
            [
                "enters as 1st of 1 by AutoAttack robust accuracy (45.00 %), with nobody else to compare",
                "enters as 2nd of 2 by AutoAttack robust accuracy (35.00 %), behind Old (40.00 %)",
            ],
        ),
        (OPENED_ON, "opened", []),
    ]


def test_a_protocol_comes_into_use_with_its_first_result_and_once() -> None:
    methods = [
        entry("A", published(track(90), 80, 40), measured(SECOND, 90, 3000, "apb-2026")),
        entry("B", measured(THIRD, 90, 3000, "apb-2026")),
    ]
    assert [one.id for one in history(Board.of(methods)) if one.kind is Kind.PROTOCOL] == ["protocol-apb-2026"]
    assert [(one.day, one.name) for one in history(Board.of(methods))][1:3] == [(SECOND, "apb-2026"), (SECOND, "A")]


def test_a_partial_run_is_told_with_its_reason() -> None:
    record = replace(verified(track(90), 50, 30, samples=100, partial=True), date=FIRST)
    happening = history(Board.of([entry("Part", published(track(90), 80, 40), record)]))[0]
    assert [move.words for move in happening.moves] == [
        "does not enter the tables, because the run was partial, AutoAttack attacked 100 samples only"
    ]


def test_the_issues_of_a_day_are_named_once() -> None:
    new = submitted(FIRST, "New", measured(FIRST, 90, 3500, issue=9), measured(FIRST, 75, 3500, issue=9))
    alone = submitted(FIRST, "Alone", measured(SECOND, 90, 3500, issue=None), issue=None)
    issues = {one.id: one.issues for one in history(Board.of([new, alone]))}
    assert issues["entered-New_Author2026Title"] == (7, 9)
    assert issues["entered-Alone_Author2026Title"] == issues["measured-2026-12-02-Alone_Author2026Title"] == ()


def test_the_board_of_a_day_holds_what_was_there_then() -> None:
    old = entry("Old", published(track(90), 80, 40), measured(SECOND, 90, 3000))
    board = Board.of([old, submitted(FIRST, "New", measured(SECOND, 90, 3500))])
    names = {day: [(e.name, len(e.results)) for e in board_on(board, day).entries] for day in (None, FIRST, SECOND)}
    assert names == {None: [("Old", 1)], FIRST: [("New", 0), ("Old", 1)], SECOND: [("New", 1), ("Old", 2)]}
    assert board_on(board, THIRD) == board


def test_a_measurement_from_before_the_opening_moves_the_opening() -> None:
    early = date(2026, 11, 20)
    board = Board.of([entry("Early", measured(early, 90, 3000), taxonomy_source=PublishedTaxonomy(source=SOURCE))])
    assert [one.day for one in history(board)] == [early, early, early]
    assert last_change(board) == early


def test_a_board_without_a_day_changed_last_when_it_opened() -> None:
    assert last_change(Board.of([])) == OPENED_ON
