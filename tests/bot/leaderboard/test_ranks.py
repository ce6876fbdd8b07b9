"""Rank changes in words, column by column, within one protocol."""

from dataclasses import replace

from doubles.boards import DAY, entry, published, results, submission, track

from bot.leaderboard.board import Board
from bot.leaderboard.entry import Entry
from bot.leaderboard.merge import record
from bot.leaderboard.ranks import rank_changes

CLAIM = submission()
KEY = CLAIM.ap_key


def words(before: Board, after: Entry) -> list[str]:
    return [str(change) for change in rank_changes(before, before.with_entry(after), after.ap_key)]


def board(**robust: float) -> Board:
    return Board.of(entry(name, published(track(90), 80, value)) for name, value in robust.items())


def measured(before: Entry | None, robust: int, **options) -> Entry:
    return record(before, CLAIM, results(CLAIM, {90: (9000, robust)}, **options), date=DAY, issue=1, run_url=None)


def test_a_newcomer_enters_between_its_neighbours() -> None:
    assert words(board(Ahead=45, Behind=30, Far=20), measured(None, 3438)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: enters as 2nd of 4 by AutoAttack robust accuracy (34.38 %), "
            "behind Ahead (45.00 %) and ahead of Behind (30.00 %)."
        )
    ]


def test_a_new_first_takes_the_mark_of_the_old_one() -> None:
    assert words(board(Old=45), measured(None, 5000)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: enters as 1st of 2 by AutoAttack robust accuracy (50.00 %), "
            "ahead of Old (45.00 %); Old no longer marked as best."
        )
    ]


def test_a_last_place_is_behind_the_next_better_one() -> None:
    assert words(board(First=45, Second=40), measured(None, 1000)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: enters as 3rd of 3 by AutoAttack robust accuracy (10.00 %), "
            "behind Second (40.00 %)."
        )
    ]


def test_equal_numbers_share_a_place() -> None:
    assert words(board(First=45, Second=40), measured(None, 4000)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: enters as joint 2nd of 3 by AutoAttack robust accuracy (40.00 %), "
            "behind First (45.00 %)."
        )
    ]


def test_the_first_of_an_empty_column_has_nobody_to_compare_with() -> None:
    assert words(Board.of([]), measured(None, 4000)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: enters as 1st of 1 by AutoAttack robust accuracy (40.00 %), "
            "with nobody else to compare."
        )
    ]


def test_a_re_run_says_both_numbers_and_both_places() -> None:
    old = entry("NarrowNet", published(track(90), 80, 45), ap_key=KEY)
    before = Board.of([old, *board(Rival=42).entries])
    assert words(before, measured(old, 4100)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: moves from 1st to 2nd of 2 by AutoAttack robust accuracy "
            "(45.00 % published before, 41.00 % re-run now), behind Rival (42.00 %)."
        )
    ]


def test_a_confirmed_number_stays_and_is_mentioned_for_its_new_mark() -> None:
    old = entry("NarrowNet", published(track(90), 90, 45), ap_key=KEY)
    assert words(Board.of([old]), measured(old, 4500)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: stays 1st of 1 by AutoAttack robust accuracy "
            "(45.00 % published before, 45.00 % re-run now), with nobody else to compare."
        )
    ]


def test_nothing_is_said_where_nothing_changes() -> None:
    method = measured(None, 4000)
    assert words(Board.of([method]), method) == []


def test_a_partial_result_does_not_enter_and_says_why() -> None:
    claim = results(CLAIM, {90: (8, 4)}, samples=16)
    method = record(None, CLAIM, claim, date=DAY, issue=1, run_url=None)
    assert words(board(Old=45), method) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: does not enter the tables, because the run was partial, "
            "AutoAttack attacked 16 samples only."
        )
    ]


def test_a_checkpoint_of_another_sparsity_does_not_enter_and_says_why() -> None:
    assert words(board(Old=45), measured(None, 4600, agrees=False)) == [
        (
            "CIFAR10, structured, ResNet-18 at 90 %: does not enter the tables, because its measured sparsity does not agree "
            "with 90 %."
        )
    ]


def test_ranks_of_another_protocol_stay_out_of_it() -> None:
    other = entry("Other", published(track(90), 80, 20, "apb-2026"))
    before = Board.of([*board(Old=45).entries, other])
    changes = rank_changes(before, before.with_entry(measured(None, 3000)), KEY)
    assert [change.protocol for change in changes] == ["apb-2024"]
    assert "2nd of 2" in changes[0].words


def test_a_name_that_is_an_address_stays_text() -> None:
    rival = replace(entry("Rival", published(track(90), 80, 45)), name="www.example.org")
    assert "behind www\\.example.org (45.00 %)" in words(Board.of([rival]), measured(None, 3000))[0]
