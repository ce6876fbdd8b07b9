"""Built files: the same bytes for the same entries, and nobody else's files touched."""

import subprocess
import sys
from pathlib import Path

import pytest
from doubles.boards import entry, published, track

from apcore.errors import MachineError
from bot.leaderboard.build import build, out_of_step
from bot.leaderboard.entry import entry_bytes
from bot.leaderboard.facts import board_facts

BUILT = [
    "README.md",
    "leaderboard.csv",
    "leaderboard.json",
    "tables/apb-2024-cifar10-structured.md",
    "tables/taxonomy-after-training.md",
    "tables/taxonomy-before-training.md",
    "tables/taxonomy-during-training.md",
]


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A folder with one entry, built."""
    folder = tmp_path / "leaderboard"
    (folder / "entries").mkdir(parents=True)
    method = entry("HARP", published(track(90), 80, 40), aliases=("HARP_Old2020Name",))
    (folder / "entries" / f"{method.ap_key}.json").write_bytes(entry_bytes(method))
    build(folder / "entries", folder)
    return folder


def test_every_derived_file_is_written_and_named(board: Path, tmp_path: Path) -> None:
    written = build(board / "entries", tmp_path / "elsewhere")
    assert [str(path.relative_to(tmp_path / "elsewhere")) for path in written] == BUILT
    assert all(path.read_bytes() == (board / name).read_bytes() for path, name in zip(written, BUILT, strict=True))


def test_what_was_just_built_is_in_step(board: Path) -> None:
    assert out_of_step(board / "entries", board) == []


@pytest.mark.parametrize("name", BUILT)
def test_a_file_edited_by_hand_is_named(board: Path, name: str) -> None:
    path = board / name
    path.write_bytes(path.read_bytes() + b" ")
    assert out_of_step(board / "entries", board) == [path]


@pytest.mark.parametrize("name", BUILT)
def test_a_missing_file_is_named_and_mended(board: Path, name: str) -> None:
    (board / name).unlink()
    assert out_of_step(board / "entries", board) == [board / name]
    build(board / "entries", board)
    assert out_of_step(board / "entries", board) == []


def test_a_page_that_no_entry_needs_any_more_is_named_and_removed(board: Path) -> None:
    (board / "entries" / "HARP_Author2026Title.json").write_bytes(entry_bytes(entry("HARP")))
    stale = board / "tables" / "apb-2024-cifar10-structured.md"
    assert stale in out_of_step(board / "entries", board)
    build(board / "entries", board)
    assert not stale.exists()


def test_a_page_that_we_did_not_build_is_left_alone(board: Path) -> None:
    notes = board / "tables" / "notes.md"
    notes.write_text("# Mine\n")
    build(board / "entries", board)
    assert notes.read_text() == "# Mine\n"
    assert out_of_step(board / "entries", board) == []


def test_a_folder_that_cannot_be_written_is_our_turn(board: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(MachineError) as caught:
        build(board / "entries", blocked)
    assert caught.value.message == "the leaderboard cannot be written: File exists"


def test_the_rules_learn_keys_aliases_names_and_papers(board: Path) -> None:
    (method,) = board_facts(board)
    assert (method.ap_key, method.aliases) == ("HARP_Author2026Title", ("HARP_Old2020Name",))
    assert (method.name, method.paper_url) == ("HARP", "https://arxiv.org/abs/2409.01249")


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"x", b'{"ap_key": "A_B2020C", "aliases": 3}'], ids=repr)
def test_an_entry_without_key_and_name_is_no_method(board: Path, raw: bytes) -> None:
    (board / "entries" / "broken.json").write_bytes(raw)
    with pytest.raises(MachineError) as caught:
        board_facts(board)
    assert caught.value.where == "leaderboard/entries/broken.json"


@pytest.mark.parametrize("module", ["bot.leaderboard.facts", "bot.leaderboard.build", "bot.reply.pull_request"])
def test_the_board_loads_without_anything_heavy(module: str) -> None:
    heavy = "{'torch', 'numpy', 'github', 'gdown', 'jsonschema', 'matplotlib'}"
    probe = f"import sys, {module}; print(sorted({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout == "[]\n"
