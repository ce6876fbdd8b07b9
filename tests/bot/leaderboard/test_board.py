"""All entries together: keys that nobody takes twice, results that have a column."""

from dataclasses import replace
from pathlib import Path

import pytest
from doubles.boards import DAY, entry, published, results, submission, track

from apcore.errors import MachineError
from bot.leaderboard.board import Board, model_key, read_board
from bot.leaderboard.entry import entry_bytes
from bot.leaderboard.merge import record
from bot.leaderboard.records import VerifiedRecord


@pytest.mark.parametrize(
    "twin",
    [
        "harp_Author2026Title",
        "HARP_Old2020Name",
        "HARP_Author2O26Title",
        "HARP_Author2026Tit1e",
        "HA-RP_Author2026Title",
    ],
    ids=["other case", "alias", "zero", "one", "separator"],
)
def test_a_key_cannot_be_taken_twice(twin: str) -> None:
    harp = entry("HARP", aliases=("HARP_Old2020Name",))
    with pytest.raises(MachineError) as caught:
        Board.of([harp, entry("Zebra", ap_key=twin)])
    assert caught.value.message == f"the key {twin} is taken by HARP_Author2026Title"


@pytest.mark.parametrize("key", ["HARP_Author2026Title", "harp_author2026title", "HARP_Old2020Name"])
def test_a_method_is_found_by_key_and_alias_whatever_the_case(key: str) -> None:
    harp = entry("HARP", aliases=("HARP_Old2020Name",))
    assert Board.of([harp]).find(key) == harp


def test_a_new_method_is_not_found() -> None:
    assert Board.of([entry("HARP")]).find("HYDRA_Sehwag2020Hydra") is None


def test_entries_stand_in_the_order_of_their_names() -> None:
    names = ["b", "C", "a"]
    assert [e.name for e in Board.of(entry(name) for name in names).entries] == ["a", "b", "C"]


@pytest.mark.parametrize(
    ("record_at", "protocol", "why"),
    [
        (track(80), "apb-2024", "protocol apb-2024 has no such column"),
        (track(90, dataset="DIGITS"), "apb-2024", "protocol apb-2024 has no such column"),
        (track(90, architecture="resnet6"), "apb-2024", "protocol apb-2024 has no such column"),
        (track(90), "apb-1999", "there is no protocol 'apb-1999'; there are apb-2024, apb-2026, demo"),
    ],
    ids=["sparsity", "dataset", "architecture", "protocol"],
)
def test_a_result_without_a_column_is_refused(record_at, protocol: str, why: str) -> None:
    with pytest.raises(MachineError) as caught:
        Board.of([entry("HARP", published(record_at, 80, 40, protocol))])
    assert caught.value.message.endswith(why)


def test_a_result_of_another_file_under_the_protocols_name_is_refused() -> None:
    claim = submission()
    method = record(None, claim, results(claim, {90: (5000, 2000)}), date=DAY, issue=None, run_url=None)
    (verified,) = method.results
    assert isinstance(verified, VerifiedRecord)
    stale = replace(verified, protocol=replace(verified.protocol, sha256="a" * 64))
    with pytest.raises(MachineError) as caught:
        Board.of([replace(method, results=(stale,))])
    assert "measured under another file of the name apb-2024 (aaaaaaaaaaaa)" in caught.value.message


def test_a_replaced_entry_leaves_the_others_alone() -> None:
    harp, zebra = entry("HARP"), entry("Zebra")
    after = Board.of([harp, zebra]).with_entry(replace(harp, owner="octocat"))
    assert [e.owner for e in after.entries] == ["octocat", None]


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    for method in (entry("HARP"), entry("Zebra")):
        (tmp_path / f"{method.ap_key}.json").write_bytes(entry_bytes(method))
    assert [e.name for e in read_board(tmp_path).entries] == ["HARP", "Zebra"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="the folder with the leaderboard's entries is missing"):
        read_board(tmp_path / "entries")


def test_a_record_knows_its_model_key() -> None:
    at = track(95, structure="US", architecture="vgg16", dataset="SVHN")
    assert str(model_key(entry("HARP"), published(at, 80, 40))) == "HARP_Author2026Title_V16_SVHN_US_95"
