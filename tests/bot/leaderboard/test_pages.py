"""The pages as their readers see them."""

import re

import pytest
from doubles.boards import DAY, entry, published, results, submission, taxonomy, track
from doubles.site_boards import measured_entry

from apcore.result import Flag
from bot.leaderboard.board import Board
from bot.leaderboard.headings import architecture_name, counted, ordinal
from bot.leaderboard.index_page import index_page
from bot.leaderboard.links import link, method_name
from bot.leaderboard.merge import record
from bot.leaderboard.result_page import page_name, result_page
from bot.leaderboard.tables import result_tables
from bot.leaderboard.taxonomy_page import PIPELINES, taxonomy_page


def small_board() -> Board:
    """Two published methods, one of them re-run in one cell, and a new method with a partial result only."""
    claim = submission("HARP", ap_key="HARP_Author2026Title")
    harp = entry("HARP", published(track(50), 81.2, 45.1), published(track(90), 80.54, 43.68))
    harp = record(harp, claim, results(claim, {90: (8050, 4360)}), date=DAY, issue=7, run_url=None)
    narrow = submission()
    partial = record(None, narrow, results(narrow, {90: (8, 4)}, samples=16), date=DAY, issue=8, run_url=None)
    return Board.of([harp, entry("BCS-P", published(track(50), 75, 45.1), published(track(75), 70, 40)), partial])


def test_a_result_page_says_protocol_and_radius_above_the_numbers(golden) -> None:
    (table,) = result_tables(small_board())
    assert page_name(table) == "apb-2024-cifar10-structured.md"
    golden("leaderboard/result_page.md", result_page(table))


def test_a_flagged_cell_is_marked_and_stays() -> None:
    flagged = measured_entry("Flagged", (90,), flags=(Flag(name="zero-gradients", value=0.25, message="none at 32"),))[
        0
    ]
    plain = measured_entry("Plain", (90,), flags=(Flag(name="other-seed", value=7, message="seed 7"),))[0]
    text = result_page(result_tables(Board.of([flagged, plain]))[0])
    cells = {line.split(" | ")[0]: line for line in text.splitlines() if "81.00/41.04" in line}
    assert [line.count("✓ ⚑") for line in cells.values()] == [1, 0]
    assert "- ⚑: robustness may be overstated" in text


def test_the_front_page_links_every_table(golden) -> None:
    board = small_board()
    golden("leaderboard/index_page.md", index_page(board, result_tables(board)))


def test_a_taxonomy_page_explains_its_abbreviations(golden) -> None:
    after = {
        "pipeline": "after_training",
        "pretraining": ["AT", "CNI"],
        "finetuning": ["none"],
        "schedule": ["IT", "1S"],
    }
    own = {"criterion": "other", "criterion_detail": "sum of | squares @everyone", "locality": ["G", "L"]}
    unknown = {"finetuning": None, "schedule": None, "locality": None}
    methods = [
        entry("First", taxonomy=taxonomy("First", "First_Author2026Title") | after | own),
        entry("Second", taxonomy=taxonomy("Second", "Second_Author2026Title") | after | unknown),
        entry("During"),
    ]
    golden("leaderboard/taxonomy_page.md", taxonomy_page(Board.of(methods), PIPELINES[0]))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://arxiv.org/pdf/2009.05423", "https://arxiv.org/pdf/2009.05423"),
        ("https://x.org/a_b*c~d?e=f&g=h#i", "https://x.org/a_b*c~d?e=f&g=h#i"),
        ("https://x.org/)|[y](javascript:alert)", "https://x.org/%29%7C%5By%5D%28javascript:alert%29"),
        ('https://x.org/"onclick=<img>`$1$`\\', "https://x.org/%22onclick=%3Cimg%3E%60%241%24%60%5C"),
    ],
    ids=["plain", "harmless signs", "breaking out", "quotes and tags"],
)
def test_an_address_cannot_break_out_of_its_link(url: str, shown: str) -> None:
    assert link("BCS-P", url) == f"[BCS-P]({shown})"


def test_a_name_that_the_schema_would_refuse_is_defused_all_the_same() -> None:
    assert link("](x) @all", "https://x.org") == "[\\]\\(x\\) @\N{WORD JOINER}all](https://x.org)"


def test_a_name_that_is_an_address_does_not_become_a_link() -> None:
    assert method_name("www.example.org") == "www\\.example.org"
    assert method_name("BCS-P") == "BCS-P"


@pytest.mark.parametrize(("name", "shown"), [("resnet18", "ResNet-18"), ("vgg16", "VGG-16"), ("wrn_28_4", "wrn_28_4")])
def test_architectures_have_the_names_that_papers_use(name: str, shown: str) -> None:
    assert architecture_name(name) == shown


def test_ranks_are_spoken_in_english() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 111)] == [
        "1st",
        "2nd",
        "3rd",
        "4th",
        "11th",
        "12th",
        "13th",
        "21st",
        "22nd",
        "111th",
    ]
    assert (counted(1, "method"), counted(10_000, "sample")) == ("1 method", "10,000 samples")


def test_every_page_ends_with_one_newline_and_has_rows_of_equal_length() -> None:
    board = small_board()
    pages = [index_page(board, result_tables(board)), *map(result_page, result_tables(board))]
    pages += [taxonomy_page(board, pipeline) for pipeline in PIPELINES]
    for page in pages:
        assert re.search(r"[^\n]\n\Z", page)
        for block in page.split("\n\n"):
            if block.startswith("| "):
                assert len({line.count("|") for line in block.splitlines()}) == 1
