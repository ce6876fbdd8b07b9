"""The status page: a status in words, honest about when it was taken and about what nobody asked."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from doubles.statuses import KEY, STATUS

from apcore.errors import MachineError
from bot.leaderboard.board import Board
from bot.leaderboard.site.build_site import build_site
from bot.leaderboard.site.pages import site_files
from bot.leaderboard.site.status_view import duration_words
from bot.lifecycle.status import MeanTime, Status, read_status, status_bytes

DASH = "\N{EN DASH}"


def page(status: Status | None) -> BeautifulSoup:
    return BeautifulSoup(site_files(Board.of([]), status=status)["status.html"], "html.parser")


def rows(section: str, found: BeautifulSoup) -> list[list[str]]:
    table = found.find(id=section).find_next("tbody")
    return [[cell.get_text(" ").strip() for cell in row.select("th, td")] for row in table.select("tr")]


def test_each_state_has_its_count_and_ages() -> None:
    lines = {line[0]: line[1:4] for line in rows("states", page(STATUS))}
    assert lines == {
        "Needs author": ["1", "9 days", "9 days"],
        "Awaiting approval": ["0", DASH, DASH],
        "Queued": ["3", "26 hours", "2 days"],
        "Running": ["0", DASH, DASH],
        "Waiting": ["0", DASH, DASH],
        "Verified": ["0", DASH, DASH],
        "Refuted": ["0", DASH, DASH],
        "Merged": ["2", DASH, DASH],
        "Cancelled": ["1", DASH, DASH],
    }


def test_the_queue_comes_first_then_the_oldest() -> None:
    assert rows("open", page(STATUS)) == [
        ["#7", KEY, "Queued", "1", DASH, "2 days"],
        ["#5", KEY, "Queued", "2", "5 minutes", "30 hours"],
        ["#3", DASH, "Needs author", DASH, DASH, "9 days"],
        ["#8", KEY, "Queued", "held", DASH, "3 minutes"],
    ]


def test_files_that_are_not_handed_out_are_named_the_closed_ones_first() -> None:
    found = page(STATUS)
    assert rows("files", found) == [
        ["c" * 30, "not shared, deleted, or no file", "K3 K4"],
        ["b" * 30, "none that says so", "K2"],
    ]
    assert "3 files of the board and of open submissions. Handed out to everyone: 1." in found.get_text()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "This site was built without a status."),
        (STATUS, "as it was at 2026-11-26 17:00 UTC"),
        (STATUS, "From the opening of an issue to its merge: 6 days, the mean of the latest 2 merges."),
        (replace(STATUS, to_merge=MeanTime(mean=timedelta(0), count=1)), "a minute, the mean of the one merge so far."),
        (replace(STATUS, to_merge=None), "No submission has been merged yet."),
        (replace(STATUS, left=3), "GitHub's hourly limit left 3 open submissions out."),
        (replace(STATUS, files=None), "Nobody asked about them when this status was taken."),
        (
            replace(STATUS, files=STATUS.files[:1]),
            "1 file of the board and of open submissions, all of them handed out",
        ),
    ],
)
def test_the_page_says_what_is_known_and_what_is_not(status: Status | None, words: str) -> None:
    assert words in " ".join(page(status).get_text().split())


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "a minute"), (2, "2 minutes"), (119, "119 minutes"), (120, "2 hours"), (2879, "47 hours"), (2880, "2 days")],
)
def test_a_duration_is_told_in_the_largest_unit_of_which_there_are_two(minutes: int, words: str) -> None:
    assert duration_words(timedelta(minutes=minutes)) == words


def test_a_status_reads_back_as_it_was_written() -> None:
    assert read_status(status_bytes(STATUS)) == STATUS


@pytest.mark.parametrize(
    "change",
    [
        (b"queued", b"lost"),
        (b"https://github.com/a/b/issues/7", b"javascript:alert(1)"),
        (KEY.encode(), b"<script>alert(1)</script>"),
        (b"a/b", b"a/b/../c"),
        (b'"K2"', b'"<b>"'),
        (b"}", b""),
    ],
    ids=["a state", "an address", "a key", "a repository", "a model key", "no JSON"],
)
def test_a_forged_status_is_refused_at_the_door(tmp_path: Path, change: tuple[bytes, bytes]) -> None:
    (tmp_path / "entries").mkdir()
    forged = status_bytes(STATUS).replace(*change)
    (tmp_path / "status.json").write_bytes(forged)
    with pytest.raises(MachineError) as caught:
        build_site(tmp_path / "entries", tmp_path / "site", status_file=tmp_path / "status.json")
    assert caught.value.message.startswith("this status cannot be used: ")
    assert not (tmp_path / "site").exists()


def test_a_status_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    with pytest.raises(MachineError) as caught:
        build_site(tmp_path / "entries", tmp_path / "site", status_file=tmp_path / "status.json")
    assert "No such file" in caught.value.message
